"""The paragraphs of the PACT reports, read by our PDF reader, with their hand codes."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.ingest.readers import read_file
from pipeline.ingest.reading import Block
from pipeline.run.errors import InputError
from pipeline.run.settings import load_settings
from pipeline.themes.samples import Booleans

_NOT_AN_ACTIVITY = 3
"""The first columns of codes.csv name the paragraph; the others are activities."""

_MISSION = re.compile(
    r"\b(?:MINUSTAH|UNMIT|UNOMIG|UNMISET|UNIKOM|UNMIK|MINUJUSTH|[Tt]he (?:United Nations )?Mission"
    r"|[Mm]y (?:Deputy )?Special Representative|UNPOL|United Nations)\b"
)
"""Who acts when the mission does. A code is given to what the mission does, not to the subject."""

_SENTENCE_END = re.compile(r"(?<=[.;])\s+(?=[A-Z])")
_WORD = re.compile(r"\w\w+")
_HEADING_NUMBER = re.compile(r"^[IVXLA-Z\d]{1,5}\.\s+")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A numbered paragraph: report, number, the headings above it, text, codes."""

    report: str
    number: int
    headings: tuple[str, ...]
    text: str
    codes: frozenset[str]


def read_paragraphs(folder: Path) -> list[Paragraph]:
    """All numbered paragraphs, outside annexes, of the reports of which any paragraph is coded.

    A paragraph that has no row in codes.csv has no code.

    Raises:
        InputError: the folder lacks codes.csv or the PDF of a coded report.
    """
    codes = read_codes(folder / "codes.csv")
    limits = load_settings().ingest
    paragraphs: list[Paragraph] = []
    for report in sorted({report for report, _ in codes}):
        file = folder / "pdfs" / f"{report}.pdf"
        if not file.is_file():
            raise InputError(file, "is missing", "fetch what manifest.csv names")
        blocks = read_file(file.read_bytes(), "report", ".pdf", limits).blocks
        paragraphs += numbered_paragraphs(report, blocks, codes)
    return paragraphs


def read_codes(file: Path) -> dict[tuple[str, int], frozenset[str]]:
    """The activities of each coded paragraph, by report (as its PDF is named) and number.

    Raises:
        InputError: the file is missing.
    """
    if not file.is_file():
        raise InputError(file, "is missing", "name the folder with the PACT files")
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    activities = list(rows[0])[_NOT_AN_ACTIVITY:]
    return {
        (row["report_namePKO"].replace("/", "_"), int(row["paragraphNumber"])): frozenset(
            activity for activity in activities if row[activity].strip()
        )
        for row in rows
    }


def numbered_paragraphs(
    report: str, blocks: Iterable[Block], codes: dict[tuple[str, int], frozenset[str]]
) -> list[Paragraph]:
    """Blocks joined by the number that their labels begin with, in the order of the report."""
    parts: dict[int, list[Block]] = {}
    for block in blocks:
        number = re.match(r"\d+", block.label)
        if number and block.role != "annex":
            parts.setdefault(int(number.group()), []).append(block)
    return [
        Paragraph(
            report,
            number,
            found[0].section,
            " ".join(block.text for block in found),
            codes.get((report, number), frozenset()),
        )
        for number, found in parts.items()
    ]


def label_matrix(paragraphs: Sequence[Paragraph], activities: Sequence[str]) -> Booleans:
    """Bool [paragraphs, activities]."""
    return np.array([[name in one.codes for name in activities] for one in paragraphs])


def activities_with(paragraphs: Sequence[Paragraph], fewest: int) -> list[str]:
    """Activities that at least so many paragraphs are coded with, most frequent first."""
    names = sorted({name for one in paragraphs for name in one.codes})
    counts = {name: sum(name in one.codes for one in paragraphs) for name in names}
    return sorted((n for n in names if counts[n] >= fewest), key=lambda name: -counts[name])


def described(activity: str) -> str:
    """An activity's name as words: there is no codebook, so this is all that defines it.

    >>> described("Operations_PatrolsInterventions")
    'operations patrols interventions'
    """
    return " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+", activity)).lower()


def mission_sentences(text: str) -> str:
    """The sentences that name the mission or the United Nations."""
    return " ".join(one for one in _SENTENCE_END.split(text) if _MISSION.search(one))


def headings_of(paragraph: Paragraph) -> str:
    """The headings above a paragraph without their numbers, outermost first."""
    return " ".join(_HEADING_NUMBER.sub("", heading) for heading in paragraph.headings)


def classified_text(paragraph: Paragraph) -> str:
    """What the classifier reads: the text, then marked words of two kinds.

    Words of the headings are marked ``h_``. Words of the sentences in which the mission acts stand
    a second time, marked ``_``: "police" in such a sentence is evidence that a police said by
    somebody else is not.
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    acted = _WORD.findall(mission_sentences(paragraph.text).lower())
    marked = [f"_{word}" for word in acted if word not in ENGLISH_STOP_WORDS]
    marked += [f"h_{word}" for word in _WORD.findall(headings_of(paragraph).lower())]
    return " ".join([paragraph.text, *marked])
