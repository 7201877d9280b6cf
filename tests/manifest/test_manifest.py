"""The manifest is read whole, or refused with the row, the problem and the fix."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.run.errors import InputError
from pipeline.study.manifest import COLUMNS, line_of, of_profile, read_manifest

MISSIONS = ("MINUSMA", "MONUSCO")
MALI = {
    "document_id": "s-res-2423",
    "symbol": "S/RES/2423 (2018)",
    "kind": "resolution",
    "title": "The situation in Mali, renewing the mandate of MINUSMA",
    "date": "2018-06-28",
    "missions": "MINUSMA",
    "themes": "mission_mandate",
    "profiles": "core;full",
    "required": "yes",
    "path": "un/resolutions/S-RES-2423.xml",
    "source_url": "https://example.org/S-RES-2423.xml",
    "sha256": "a" * 64,
    "licence": "United Nations; acknowledge the source",
}
CONGO = MALI | {
    "document_id": "s-res-2098",
    "symbol": "S/RES/2098 (2013)",
    "title": 'On the "intervention brigade"',
    "missions": "MONUSCO;MINUSMA",
    "profiles": "full",
    "path": "un/resolutions/S-RES-2098.xml",
}


def write(corpus: Path, *rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> Path:
    corpus.mkdir(parents=True, exist_ok=True)
    quoted = [",".join('"' + row[c].replace('"', '""') + '"' for c in columns) for row in rows]
    file = corpus / "manifest.csv"
    file.write_text("\n".join([",".join(columns), *quoted]) + "\n", encoding="utf-8")
    return file


def refusal(file: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_manifest(file, MISSIONS)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(file))
    assert "; to fix: " in message
    return message


def test_a_manifest_comes_back_row_by_row_as_it_was_written(tmp_path: Path) -> None:
    file = write(tmp_path / "corpus", MALI, CONGO)

    mali, congo = read_manifest(file, MISSIONS)

    assert mali.date == date(2018, 6, 28)
    assert mali.profiles == ("core", "full")
    assert mali.required
    assert mali.fetched
    assert congo.missions == ("MONUSCO", "MINUSMA")
    assert congo.row == 3
    assert [entry.document_id for entry in of_profile((mali, congo), "core")] == ["s-res-2423"]


def test_an_entry_is_written_as_it_was_read() -> None:
    file = Path("corpus/manifest.csv")

    lines = file.read_text(encoding="utf-8-sig").splitlines()

    assert all(line_of(entry) == lines[entry.row - 1] for entry in read_manifest(file))


def test_the_manifest_of_this_project_is_in_order() -> None:
    entries = read_manifest(Path("corpus/manifest.csv"))

    assert len(entries) >= 1243
    core = of_profile(entries, "core")
    assert len(core) >= 333
    assert "gilder-2026" in {entry.document_id for entry in core if not entry.fetched}


def test_what_is_published_is_pinned_and_reports_by_symbol_are_a_profile_of_their_own() -> None:
    entries = read_manifest(Path("corpus/manifest.csv"))
    core, full = of_profile(entries, "core"), of_profile(entries, "full")
    reports = of_profile(entries, "reports")

    assert all(entry.sha256 for entry in (*core, *full))
    assert set(core) <= set(reports)
    added = set(reports) - set(core)
    assert {"s-2014-403", "s-2016-819", "s-2017-271", "s-pv-7975"} <= {
        entry.document_id for entry in added
    }
    assert all(entry.by_symbol and not entry.required for entry in added)
    assert sum(entry.path.startswith("un/older-reports/") for entry in full) == 49
    on_missions = [entry for entry in reports if entry.kind == "report" and entry.fetched]
    assert len(on_missions) >= 146


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"document_id": "S/RES/2098"}, "document_id 'S/RES/2098' is not fit for a file name"),
        ({"document_id": ""}, "document_id '' is not fit"),
        ({"document_id": "../2098"}, "document_id '../2098' is not fit"),
        ({"document_id": MALI["document_id"]}, "document_id 's-res-2423' stands in row 2 already"),
        ({"path": MALI["path"]}, "stands in row 2 already"),
        ({"path": "un/resolutions/s-res-2423.XML"}, "stands in row 2 already"),
        ({"kind": "treaty"}, "kind 'treaty' is not known"),
        ({"date": "2018-02-30"}, "date '2018-02-30' is not a date"),
        ({"date": "28 June 2018"}, "date '28 June 2018' is not a date"),
        ({"missions": "MINUSMA;MINUSAM"}, "missions 'MINUSAM' is not known"),
        ({"profiles": "core;big"}, "profiles 'big' is not known"),
        ({"profiles": ""}, "profiles '' names no profile"),
        ({"required": "perhaps"}, "required 'perhaps' is neither yes nor no"),
        ({"sha256": "A" * 64}, "is not a SHA-256"),
        ({"sha256": "abc", "required": "no"}, "sha256 'abc' is not a SHA-256"),
        ({"sha256": ""}, "sha256 is empty"),
        ({"source_url": "ftp://example.org/a.xml"}, "is not an http or https address"),
        ({"source_url": "file:///etc/passwd"}, "is not an http or https address"),
        ({"source_url": "https://"}, "is not an http or https address"),
        ({"source_url": "https://[oops/a.xml"}, "is not an http or https address"),
        ({"path": "un/../../secret.xml"}, "leaves"),
        ({"path": "/etc/passwd"}, "leaves"),
        ({"path": ".."}, "leaves"),
        ({"path": ""}, "is not a plain path"),
        ({"path": "un//a.xml"}, "is not a plain path"),
        ({"path": "un\\..\\a.xml"}, "is not a plain path"),
        ({"path": "un/a\0.xml"}, "row 3: holds a byte that no text holds"),
    ],
)
def test_a_wrong_cell_is_refused_with_its_row(
    tmp_path: Path, change: dict[str, str], problem: str
) -> None:
    message = refusal(write(tmp_path / "corpus", MALI, CONGO | change))

    assert problem in message
    assert ": row 3: " in message


def test_an_unknown_mission_says_where_missions_are_listed(tmp_path: Path) -> None:
    message = refusal(write(tmp_path / "corpus", MALI | {"missions": "UNEF"}))

    assert "configs/missions.yaml" in message


def test_an_optional_document_needs_no_digest_and_no_date(tmp_path: Path) -> None:
    row = MALI | {"required": "no", "sha256": "", "date": ""}

    (entry,) = read_manifest(write(tmp_path / "corpus", row), MISSIONS)

    assert not entry.required
    assert entry.date is None


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    columns = tuple(column for column in COLUMNS if column != "sha256")

    message = refusal(write(tmp_path / "corpus", MALI, columns=columns))

    assert "row 1: column sha256 is missing" in message


def test_a_column_that_nobody_knows_is_named(tmp_path: Path) -> None:
    file = write(tmp_path / "corpus", MALI | {"colour": "blue"}, columns=(*COLUMNS, "colour"))

    assert "column 'colour' is not known" in refusal(file)


def test_a_row_with_a_cell_too_few_is_named_by_its_line_even_after_a_title_of_two_lines(
    tmp_path: Path,
) -> None:
    file = write(tmp_path / "corpus", MALI | {"title": "The situation\nin Mali"})
    with file.open("a", encoding="utf-8") as end:
        end.write("\ns-res-2098,S/RES/2098,resolution\n")

    assert "row 5: has 3 cells, and the first row names 13" in refusal(file)


def test_a_quotation_mark_that_is_never_closed_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "corpus", MALI)
    with file.open("a", encoding="utf-8") as end:
        end.write('s-res-2098,"S/RES/2098\n')

    assert "row 3: is not CSV" in refusal(file)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_manifest_that_a_spreadsheet_saved_is_read_as_it_was(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    file = write(tmp_path / "corpus", MALI | {"title": "La Côte d'Ivoire, in one cell"}, CONGO)
    before = read_manifest(file, MISSIONS)
    text = file.read_text(encoding="utf-8").replace('","', f'"{separator}"')
    header, rows = text.split("\n", 1)
    text = f"{header.replace(',', separator)}\n{rows}".replace("\n", "\r\n")

    file.write_bytes(text.encode(encoding))

    assert read_manifest(file, MISSIONS) == before


def test_a_byte_order_mark_and_blank_lines_do_no_harm(tmp_path: Path) -> None:
    file = write(tmp_path / "corpus", MALI)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes() + b"\r\n\n")

    assert len(read_manifest(file, MISSIONS)) == 1


def test_an_empty_or_missing_manifest_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "manifest.csv"
    assert "is missing" in refusal(file)

    file.write_bytes(b"")
    assert "column document_id is missing" in refusal(file)


def test_a_link_out_of_the_corpus_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "corpus", MALI)
    outside = tmp_path / "outside"
    outside.mkdir()
    (file.parent / "un").mkdir()
    (file.parent / "un" / "resolutions").symlink_to(outside)

    assert "row 2: path 'un/resolutions/S-RES-2423.xml' leaves" in refusal(file)


def test_a_link_in_a_circle_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "corpus", MALI)
    (file.parent / "un").symlink_to(file.parent / "un")

    assert "leaves" in refusal(file)


def test_links_inside_the_corpus_and_into_the_cache_of_dvc_are_followed(tmp_path: Path) -> None:
    file = write(tmp_path / "corpus", MALI, CONGO)
    kept = tmp_path / ".dvc" / "cache" / "S-RES-2423.xml"
    kept.parent.mkdir(parents=True)
    kept.touch()
    (file.parent / "un" / "resolutions").mkdir(parents=True)
    (file.parent / "un" / "resolutions" / "S-RES-2423.xml").symlink_to(kept)

    assert len(read_manifest(file, MISSIONS)) == 2
