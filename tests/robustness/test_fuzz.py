"""Damaged documents are read or set aside with a reason, and no reader falls over."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from docx import Document

from tests.ingest.conftest import Ink, _small_pdf
from tests.ingest.word_files import rich_word_file
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


_PAGE = """<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head>
<title>Patrols</title><style>.tip { display: none }</style></head><body class="page"><form>
<nav><a href="/">Home</a></nav><table><tr><td><h1>Patrols</h1>One&shy;two<sup>1</sup><br /><br />
“Two” – three<a href="#n2"><sup>2</sup></a></td><td><table><caption>Men</caption><tr><th>Base</th>
<th>Men</th></tr><tr><td>Kidal</td><td>450</td></tr></table></td></tr></table><p class="tip">No</p>
<p><sup>1</sup> See the log.</p><p id="n2">2 Interview 4.</p><pre>\n1. As typed\n</pre></form>
<footer>Copyright</footer></body></html>"""
_NOTED = """^[Within.] One[^2] two [3].

[^2]:
    First.

    Second.

[3]: S/2018/541

<div><p>Page</p><table><tr><td>a</td></tr></table></div>
"""


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
    marked = f"---\ntitle: Patrols\ndate: 2031-04-06\n---\n{marked} {_NOTED}"
    record = "The President: I call the meeting to order.\n\nMr. Sow (Mali): We thank you.\n" * 6
    return [
        Sample("report.pdf", "report", _small_pdf(pages, pages)),
        Sample("report.docx", "report", (tmp_path / "report.docx").read_bytes()),
        Sample("report.html", "report", page.encode()),
        Sample("page.html", "other", _PAGE.encode()),
        Sample("windows.html", "other", _PAGE.replace("utf-8", "iso-8859-1").encode("cp1252")),
        Sample("report.md", "report", marked.encode()),
        Sample("wide.md", "other", marked.encode("utf-16")),
        Sample("mac.txt", "other", f"“{text}” – don’t".encode("mac_roman")),
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


def test_no_damaged_project_makes_an_import_fall_over() -> None:
    files = [file for ending in ("*.qdpx", "data.qda") for file in _FIELD_CASES.rglob(ending)]
    samples = [Sample(file.name, "other", file.read_bytes()) for file in sorted(files)]
    falls, outcomes = _falls(samples, 20 * len(samples))
    assert falls == []
    assert outcomes["read"] > len(samples)
    assert outcomes["set aside"] > len(samples)


@pytest.mark.mirror
def test_no_damaged_document_of_the_un_makes_a_reader_fall_over(mirror: Path) -> None:
    samples = samples_in(mirror, largest=200_000)[::25]
    falls, outcomes = _falls(samples, 2 * len(samples))
    assert falls == []
    assert outcomes["read"] > 10


def test_no_damaged_word_file_makes_the_reader_fall_over() -> None:
    samples = [
        Sample("rich.docx", "report", rich_word_file()),
        Sample("rich.docx", "article", rich_word_file()),
        *(one for one in samples_in(_FIELD_CASES) if one.name.endswith(".docx")),
    ]
    falls, outcomes = _falls(samples, 20 * len(samples))
    assert falls == []
    assert outcomes["read"] > len(samples)
    assert outcomes["set aside"] > len(samples)


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
