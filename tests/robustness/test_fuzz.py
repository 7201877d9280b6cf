"""Damaged documents are read or set aside with a reason, and no reader falls over."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from docx import Document

from tests.ingest.conftest import Ink, _small_pdf
from tests.robustness.fuzzing import TABLE, Sample, fuzz, samples_in

_ARTICLE = Path("corpus/article/gilder-2026.txt")
_RESOLUTIONS = Path("tests/ingest/documents")
_FIELD_CASES = Path("tests/field_cases")


def _seeds(count: int) -> list[str]:
    return [f"8-{number}" for number in range(count)]


def _falls(samples: list[Sample], count: int) -> tuple[list[str], Counter[str]]:
    outcomes: Counter[str] = Counter()
    falls = [
        f"{fall.sample.name}, seed {fall.seed}: {fall.error}"
        for fall in fuzz(samples, iter(_seeds(count)), outcomes)
    ]
    return falls, outcomes


def _made(tmp_path: Path) -> list[Sample]:
    """A small file of every other format, with lists, tables and notes."""
    lines = ["1. First paragraph of the report.", "(a) An item;", "2. Second paragraph."]
    pages = [Ink(123, 700 - 24 * row, line) for row, line in enumerate(lines * 8)]
    word = Document()
    word.add_heading("Security", 1)
    for line in lines:
        word.add_paragraph(line, style="List Number")
    word.add_table(2, 2).cell(0, 0).text = "Chad"
    word.save(str(tmp_path / "report.docx"))
    text = "\n\n".join(["I. Mandate", *lines])
    page = f"<html><body><h1>Mandate</h1><ul><li>{'</li><li>'.join(lines)}</li></ul></body></html>"
    marked = (
        "# Mandate\n\n" + "\n".join(lines) + "[^1]\n\n| a | b |\n|---|---|\n| c | d |\n\n[^1]: N."
    )
    record = "The President: I call the meeting to order.\n\nMr. Sow (Mali): We thank you.\n" * 6
    return [
        Sample("report.pdf", "report", _small_pdf(pages, pages)),
        Sample("report.docx", "report", (tmp_path / "report.docx").read_bytes()),
        Sample("report.html", "report", page.encode()),
        Sample("report.md", "report", marked.encode()),
        Sample("report.txt", "report", text.encode()),
        Sample("meeting.txt", "verbatim_record", record.encode()),
        Sample("article.txt", "article", _ARTICLE.read_bytes()),
        *samples_in(_RESOLUTIONS),
    ]


def test_no_damaged_table_makes_the_reader_fall_over() -> None:
    samples = [each for each in samples_in(_FIELD_CASES) if each.kind == TABLE]
    falls, outcomes = _falls(samples, 40 * len(samples))
    assert falls == []
    assert outcomes["read"] > len(samples)
    assert outcomes["set aside"] > len(samples)


def test_no_damaged_document_makes_a_reader_fall_over(tmp_path: Path) -> None:
    samples = _made(tmp_path)
    falls, outcomes = _falls(samples, 20 * len(samples))
    assert falls == []
    # both ends were met, or the damage was of no use
    assert outcomes["read"] > len(samples)
    assert outcomes["set aside"] > len(samples)


@pytest.mark.mirror
def test_no_damaged_document_of_the_un_makes_a_reader_fall_over(mirror: Path) -> None:
    samples = samples_in(mirror, largest=200_000)[::25]
    falls, outcomes = _falls(samples, 2 * len(samples))
    assert falls == []
    assert outcomes["read"] > 10


def test_the_fuzzer_sees_a_reader_that_falls_and_one_that_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fall(*_: object) -> None:
        raise RecursionError("too deep")

    def hang(*_: object) -> None:
        while True:
            pass

    sample = Sample("a.txt", "other", b"The Council decides.")
    monkeypatch.setattr("tests.robustness.fuzzing.PATIENCE", 0.1)
    for reader, said in ((fall, "RecursionError"), (hang, "SlowError")):
        monkeypatch.setattr("tests.robustness.fuzzing.read_file", reader)
        falls, outcomes = _falls([sample], 1)
        assert said in falls[0]
        assert outcomes["fell"] == 1
