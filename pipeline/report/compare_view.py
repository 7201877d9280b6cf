"""The comparison: do the machine's topics recover the themes that readers coded?"""

from __future__ import annotations

from pipeline.report.agreement_view import agreement_figure
from pipeline.report.alignment_view import alignment_figure
from pipeline.report.comparison_names import COMPARED
from pipeline.report.curve_view import curve_figure
from pipeline.report.elements import Section, said
from pipeline.report.material import Material
from pipeline.report.measures_view import measures_figure
from pipeline.report.recovery_view import explanation_figure, recovery_figure


def section(material: Material) -> Section:
    """Agreement, the tables of topics by themes, and what each side misses."""
    return Section(
        "comparison",
        "Comparison",
        "Do the machine’s topics find the article’s themes?",
        (
            said(
                "Topics come from the texts alone, themes from readers. If both saw the same "
                "structure, the passages of a theme would fall into a few topics of their own."
            ),
        ),
        (
            agreement_figure(material),
            measures_figure(material),
            curve_figure(material),
            *(alignment_figure(material, *pair) for pair in COMPARED),
            *(recovery_figure(material, *pair) for pair in COMPARED if pair[1] == "codes"),
            explanation_figure(material),
        ),
    )
