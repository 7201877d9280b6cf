"""The whole page as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.codebook import Family
from pipeline.report import (
    compare_view,
    corpus_view,
    finding_view,
    gap_view,
    plain_view,
    theme_view,
    topic_view,
    voice_view,
)
from pipeline.report.checking import check_passages
from pipeline.report.elements import Fact, Notice, Section, Sentence
from pipeline.report.export_view import Exports, exports
from pipeline.report.facts_view import RunFacts, run_facts
from pipeline.report.material import Material
from pipeline.report.shelf import Shelf, fill_shelf
from pipeline.report.topic_view import TopicCard, TopicMap


@dataclass(frozen=True)
class Page:
    """What the templates show.

    Attributes:
        facts: numbers of the first screen.
        notices: what is missing, on the first screen.
        findings: what was found, in plain sentences.
        sections: the reading path, in order.
    """

    facts: tuple[Fact, ...]
    notices: tuple[Notice, ...]
    findings: tuple[Sentence, ...]
    sections: tuple[Section, ...]
    topic_map: TopicMap
    topic_cards: tuple[TopicCard, ...]
    themes: tuple[Family, ...]
    exports: Exports
    run_facts: RunFacts
    shelf: Shelf
    n_listed: int
    max_words: int

    @property
    def charts(self) -> dict[str, Any]:
        """The specification of every chart that is drawn, by figure."""
        return {
            figure.figure_id: {"kind": figure.chart.kind, **figure.chart.spec}
            for section in self.sections
            for figure in section.figures
            if figure.chart is not None and not figure.absent
        }

    @property
    def absent(self) -> tuple[str, ...]:
        """The figures that this run could not draw."""
        return tuple(
            figure.figure_id
            for section in self.sections
            for figure in section.figures
            if figure.absent
        )


def compose(material: Material) -> Page:
    """Everything that the page says, from the tables of a run.

    Raises:
        StageError: tables of different runs are mixed.
    """
    check_passages(material)
    shelf = fill_shelf(material)
    places = _places(shelf)
    return Page(
        facts=corpus_view.facts(material),
        notices=corpus_view.notices(material),
        findings=finding_view.sentences(material),
        sections=(
            plain_view.section(material),
            corpus_view.section(material),
            gap_view.section(material),
            theme_view.section(material),
            topic_view.section(material),
            compare_view.section(material),
            voice_view.section(material),
        ),
        topic_map=topic_view.topic_map(material, places),
        topic_cards=topic_view.cards(material),
        themes=material.codebook.families,
        exports=exports(material),
        run_facts=run_facts(material),
        shelf=shelf,
        n_listed=material.settings.report.n_passages_listed,
        max_words=material.settings.segment.max_words,
    )


def _places(shelf: Shelf) -> pl.DataFrame:
    passage_ids = [passage_id for chunk in shelf.chunks for passage_id in chunk["id"]]
    return pl.DataFrame(
        {"passage_id": passage_ids}, schema={"passage_id": pl.String}
    ).with_row_index("place")
