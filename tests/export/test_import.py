"""Codings come back from other programs as they were, or the place that does not fit is named."""

from __future__ import annotations

import csv
import io
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.imports import archive as archives
from pipeline.study.codings import read_suggested
from tests.export.conftest import SYMBOL, Project

GUID = "00000000-0000-4000-8000-{:012d}".format
ARTICLE = "A Lack of Strategic Vision: Robust Peacekeeping's Unintended Consequences"
FIRST = (
    "This article shows the UN's 'robust' peacekeeping mandates have led to a clear mismatch "
    "between robustness in organisational policy and the realities of how a robust mandate is "
    "implemented by the UN."
)


def codes_of(project: Project, name: str) -> dict[str, str]:
    """The units with a code in a pass."""
    lines = (project.coding / name).read_text(encoding="utf-8").splitlines()[1:]
    return dict(line.split(",") for line in lines if not line.endswith(","))


def qde(text: str, selections: str, *, code: str = "Host state", source: str = ARTICLE) -> str:
    """A project as another program writes it: its own GUIDs, names and order."""
    return f"""<?xml version="1.0" encoding="utf-8"?>
    <Project name="theirs" xmlns="urn:QDA-XML:project:1.0">
      <Users><User guid="{GUID(1)}" name="Ada Lovelace"/></Users>
      <CodeBook><Codes><Code guid="{GUID(2)}" name="{code}" isCodable="true"/></Codes></CodeBook>
      <Sources><TextSource guid="{GUID(3)}" name="{source}.docx">
        <PlainTextContent>{text}</PlainTextContent>{selections}
      </TextSource></Sources>
    </Project>"""


def selection(start: int, end: int) -> str:
    return f"""<PlainTextSelection guid="{GUID(start + 100)}" startPosition="{start}"
      endPosition="{end}" creatingUser="{GUID(1)}"><Coding guid="{GUID(start + 5000)}">
      <CodeRef targetGUID="{{{GUID(2)}}}"/></Coding></PlainTextSelection>"""


def archive(path: Path, files: dict[str, str | bytes]) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return str(path)


def theirs(path: Path, text: str, start: int, end: int, **other: str) -> str:
    return archive(path, {"project.qde": qde(text, selection(start, end), **other)})


def test_what_was_exported_comes_back_as_the_same_codings(project: Project) -> None:
    # given the export, and a project from which every pass but one is gone
    before = project.codings()
    for name in before:
        if name not in ("article-coder-1.csv", "un-coder-1.csv"):
            (project.coding / name).unlink()
    # when it is imported
    code, said = project.run("import", str(project.exported / "peacetext.qdpx"))
    # then all passes are there, byte for byte, and the classifier is no coder
    assert code == 0, said
    assert project.codings() == before
    assert "9 codes of the classifier are no coder's and stay out" in said


def test_coders_keep_their_names_through_a_program_that_gives_new_ids(project: Project) -> None:
    # given the export with every GUID replaced, as ATLAS.ti does, and its .qde named otherwise
    with zipfile.ZipFile(project.exported / "peacetext.qdpx") as original:
        files = {name: original.read(name) for name in original.namelist()}
    xml = files.pop("project.qde").decode()
    from pipeline.study.refi import guid

    for kind, names in (("user", "123"), ("code", ["host_state", "training"])):
        for number, name in enumerate(names):
            xml = xml.replace(guid(kind, name), GUID(number + len(kind) * 1000))
    files["Robust peacekeeping.qde"] = xml.encode()
    before = project.codings()
    (project.coding / "article-coder-2.csv").unlink()
    code, said = project.run("import", archive(project.folder / "new.qdpx", files))
    assert code == 0, said
    assert project.codings() == before


def test_a_copy_with_other_line_ends_and_quotation_marks_finds_its_sentence(
    project: Project,
) -> None:
    text = "Journal, page 1\r\n\r\n" + FIRST.replace("'robust'", "‘robust’").replace(
        " led", "\r\nled"
    )
    xml = qde("", selection(text.index("This"), len(text)))
    outside = xml.replace("<PlainTextContent></PlainTextContent>", "").replace(
        "<TextSource ", '<TextSource plainTextPath="internal://Ada.TXT" '
    )
    files = {"project.qde": outside, "sources/ada.txt": b"\xef\xbb\xbf" + text.encode()}
    file = archive(project.folder / "t.qdpx", files)
    code, said = project.run("import", file, "--code", "Host state=host_state")
    assert code == 0, said
    assert codes_of(project, "article-coder-ada-lovelace.csv") == {"g26-s001": "host_state"}


def test_words_inside_a_sentence_code_the_sentence(project: Project) -> None:
    start = FIRST.index("mismatch")
    file = theirs(project.folder / "t.qdpx", FIRST, start, start + 16, code="training")
    assert project.run("import", file, "--coder", "ada")[0] == 0
    assert codes_of(project, "article-coder-ada.csv") == {"g26-s001": "training"}


def test_a_few_words_of_the_next_sentence_do_not_code_it(project: Project) -> None:
    texts = (project.coding / "article-sentences.csv").read_text(encoding="utf-8").splitlines()
    second = next(csv.reader([texts[2]]))[4]
    text = f"{FIRST} {second}"
    file = theirs(
        project.folder / "t.qdpx", text, 0, text.index(" ", len(FIRST) + 40), code="training"
    )
    assert project.run("import", file, "--coder", "ada")[0] == 0
    assert codes_of(project, "article-coder-ada.csv") == {"g26-s001": "training"}


def test_every_unit_has_a_row_in_a_pass_that_was_imported(project: Project) -> None:
    file = theirs(project.folder / "t.qdpx", FIRST, 0, len(FIRST), code="training")
    project.run("import", file, "--coder", "ada")
    rows = (project.coding / "article-coder-ada.csv").read_text().splitlines()
    assert len(rows) == 1 + 282
    code, said = project.run("check")
    assert code == 0
    assert "coders 1, 2, 3, ada; 1, 2 and 3 by a language model, ada by nobody knows whom" in said


@pytest.mark.parametrize(
    ("text", "source", "said"),
    [
        ("Nobody ever wrote this sentence.", ARTICLE, "its words are not in gilder-2026"),
        ("2,000 (1998)", ARTICLE, "its words are not in gilder-2026"),
        (
            FIRST,
            "Another paper",
            "a document that no coded unit is in cannot be taken: Another paper",
        ),
        ("Alexander Gilder", ARTICLE, "gilder-2026"),
    ],
)
def test_a_coding_without_a_place_stops_the_import_and_writes_nothing(
    project: Project, text: str, source: str, said: str
) -> None:
    before = project.codings()
    file = theirs(project.folder / "t.qdpx", text, 0, len(text), code="training", source=source)
    code, output = project.run("import", file)
    assert code == 2
    assert f"{source}.docx" in output
    assert said in output
    assert project.codings() == before


def test_the_rest_is_taken_and_each_coding_left_out_is_named(project: Project) -> None:
    text = f"{FIRST} Nobody ever wrote this sentence."
    both = selection(0, len(FIRST)) + selection(len(FIRST) + 1, len(text))
    file = archive(project.folder / "t.qdpx", {"project.qde": qde(text, both, code="training")})
    code, said = project.run("import", file, "--leave-out", "--coder", "ada")
    assert code == 0
    assert f"left out: {ARTICLE}.docx, characters {len(FIRST) + 1}" in said
    assert codes_of(project, "article-coder-ada.csv") == {"g26-s001": "training"}


def test_an_unknown_code_is_named_with_the_nearest_theme(project: Project) -> None:
    file = theirs(project.folder / "t.qdpx", FIRST, 0, 28, code="The hosts state")
    code, said = project.run("import", file)
    assert code == 2
    assert "1 coding of 1 code that is no theme cannot be taken" in said
    assert "'The hosts state' (1, did you mean host_state?)" in said


def test_a_pass_that_is_there_is_not_replaced_unless_asked(project: Project) -> None:
    before = project.codings()
    file = theirs(project.folder / "t.qdpx", FIRST, 0, len(FIRST), code="training")
    code, said = project.run("import", file, "--coder", "1")
    assert (code, project.codings()) == (2, before)
    assert "coder 1 is there already with other codes" in said
    assert project.run("import", file, "--coder", "1", "--replace")[0] == 0
    assert codes_of(project, "article-coder-1.csv") == {"g26-s001": "training"}


def test_only_one_person_of_a_file_is_taken_when_asked(project: Project) -> None:
    for name in ("un-coder-2.csv", "un-coder-3.csv"):
        (project.coding / name).unlink()
    file = str(project.exported / "peacetext.qdpx")
    assert project.run("import", file, "--user", "coder-3", "--coder", "eve")[0] == 0
    assert set(project.codings()) >= {"un-coder-eve.csv"}
    assert "un-coder-2.csv" not in project.codings()


# what an archive may try


@pytest.mark.parametrize("name", ["../../evil.txt", "/etc/evil", "C:\\evil.txt", "a/..\\..\\evil"])
def test_an_archive_that_leaves_its_place_is_refused(project: Project, name: str) -> None:
    files = {"project.qde": qde(FIRST, selection(0, 40), code="training"), name: "x"}
    code, said = project.run("import", archive(project.folder / "t.qdpx", files))
    assert code == 2
    assert "packs a file that leaves the archive" in said
    assert not list(project.folder.parent.rglob("*evil*"))


def test_a_file_that_unpacks_to_too_much_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 1_000_000)
    bomb = archive(project.folder / "t.qdpx", {"project.qde": b" " * 1_000_001})
    assert Path(bomb).stat().st_size < 10_000
    code, said = project.run("import", bomb)
    assert code == 2
    assert "project.qde unpacks to more than 1 MB" in said


def test_an_archive_of_too_many_files_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_ENTRIES", 2)
    many = archive(project.folder / "t.qdpx", {f"{number}.txt": "" for number in range(3)})
    assert "packs 3 files, more than 2" in project.run("import", many)[1]


@pytest.mark.parametrize(
    "entity", ['<!ENTITY a "aaaaaaaaaa">', '<!ENTITY a SYSTEM "file:///etc/passwd">']
)
def test_xml_entities_are_refused(project: Project, entity: str) -> None:
    xml = qde("&a;", selection(0, 3), code="training")
    declared = xml.replace("?>", f"?><!DOCTYPE Project [{entity}]>", 1)
    code, said = project.run(
        "import", archive(project.folder / "t.qdpx", {"project.qde": declared})
    )
    assert code == 2
    assert "declares a document type or entities" in said
    assert "root:" not in said


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.write_bytes(b"no zip"), "is no .qdpx archive"),
        (lambda path: archive(path, {"a.txt": "x"}), "holds no project.qde"),
        (lambda path: archive(path, {"project.qde": "<Project"}), "its XML is broken"),
        (lambda path: archive(path, {"project.qde": "<other/>"}), "its root is other"),
        (lambda path: theirs(path, FIRST, 10, 9_999), "no such place in a text of 199 characters"),
        (
            lambda path: archive(
                path,
                {
                    "project.qde": qde("", selection(0, 5))
                    .replace("<PlainTextContent></PlainTextContent>", "")
                    .replace("<TextSource ", '<TextSource plainTextPath="internal://gone.txt" ')
                },
            ),
            "internal://gone.txt is not in the archive",
        ),
    ],
)
def test_what_is_no_project_is_said_in_one_line(
    project: Project, make: Callable[[Path], object], said: str
) -> None:
    file = project.folder / "t.qdpx"
    make(file)
    code, output = project.run("import", str(file))
    assert code == 2
    assert said in output
    assert "fix: " in output


# QualCoder and tables


def qualcoder(folder: Path, words: str = "mismatch between robustness") -> str:
    """A QualCoder project (version 14 of its database), with one coding."""
    folder.mkdir()
    start = FIRST.index("mismatch")
    with sqlite3.connect(folder / "data.qda") as database:
        database.executescript(
            """
            create table source (id integer primary key, name text, fulltext text, mediapath text,
                memo text, owner text, date text, av_text_id integer, risid integer, unique(name));
            create table code_name (cid integer primary key, name text, memo text, catid integer,
                owner text, date text, color text, unique(name));
            create table code_text (ctid integer primary key, cid integer, fid integer,
                seltext text, pos0 integer, pos1 integer, owner text, date text, memo text,
                avid integer, important integer, unique(cid, fid, pos0, pos1, owner));
            """
        )
        database.execute(
            "insert into source (id, name, fulltext) values (1, 'gilder-2026.txt', ?)", [FIRST]
        )
        database.execute("insert into code_name (cid, name) values (1, 'leadership')")
        database.execute(
            "insert into code_text (cid, fid, seltext, pos0, pos1, owner)"
            " values (1, 1, ?, ?, ?, ?)",
            [words, start, start + len("mismatch between robustness"), "Zoë"],
        )
    return str(folder)


@pytest.mark.parametrize("named", ["", "/data.qda"])
def test_a_qualcoder_project_is_read_where_it_lies(project: Project, named: str) -> None:
    file = qualcoder(project.folder / "mine.qda") + named
    code, said = project.run("import", file)
    assert code == 0, said
    assert codes_of(project, "article-coder-zoe.csv") == {"g26-s001": "leadership"}


def test_words_that_moved_in_qualcoder_are_named(project: Project) -> None:
    file = qualcoder(project.folder / "mine.qda", words="something else")
    code, said = project.run("import", file)
    assert code == 2
    assert "the coded words are not in the text there" in said


def test_what_is_no_qualcoder_project_is_said(project: Project) -> None:
    (project.folder / "data.qda").write_bytes(b"no database")
    assert "is no QualCoder project" in project.run("import", str(project.folder / "data.qda"))[1]
    (project.folder / "empty.qda").mkdir()
    assert "holds no data.qda" in project.run("import", str(project.folder / "empty.qda"))[1]


def test_a_table_of_codings_is_read_whatever_it_calls_its_columns(project: Project) -> None:
    file = project.folder / "taguette.csv"
    file.write_text(
        f'id,Document,Tag,Content\n1,gilder-2026,leadership,"{FIRST}"\n', encoding="utf-8"
    )
    assert project.run("import", str(file))[0] == 0
    assert codes_of(project, "article-coder-taguette.csv") == {"g26-s001": "leadership"}


@pytest.mark.parametrize(
    "header",
    ["Document name,Code,Segment", "Document,Codes,Quotation Content", "Dokumentname,Code,Segment"],
)
def test_segments_of_other_programs_with_several_codes_are_taken(
    project: Project, header: str
) -> None:
    cells = dict.fromkeys(header.split(","), f'"{FIRST}"')
    first, code = header.split(",")[0], next(name for name in cells if name.startswith("Code"))
    cells |= {first: "gilder-2026", code: "leadership; training"}
    file = project.folder / "segments.csv"
    file.write_text(f"{header}\n{','.join(cells.values())}\n", encoding="utf-8")
    assert project.run("import", str(file))[0] == 0
    assert set(codes_of(project, "article-coder-segments.csv")["g26-s001"].split(";")) == {
        "leadership",
        "training",
    }


@pytest.mark.parametrize(
    ("words", "said"), [("pean", "its words are not in"), ("NA", "no text in this row")]
)
def test_letters_within_a_word_are_no_words(project: Project, words: str, said: str) -> None:
    file = project.folder / "t.csv"
    file.write_text(f"document,code,text\ngilder-2026,leadership,{words}\n")
    code, printed = project.run("import", str(file))
    assert code == 2
    assert said in printed


def test_two_people_are_not_taken_under_one_name(project: Project) -> None:
    file = str(project.exported / "peacetext.qdpx")
    code, said = project.run("import", file, "--coder", "eve")
    assert code == 2
    assert "say whose with --user" in said


def test_words_that_stand_in_several_units_are_not_guessed_at(project: Project) -> None:
    file = project.folder / "t.csv"
    file.write_text("document,code,text\ngilder-2026,leadership,peacekeeping\n")
    code, said = project.run("import", str(file))
    assert code == 2
    assert "row 2: its words stand" in said


def test_a_paragraph_is_found_by_the_symbol_of_its_document(project: Project) -> None:
    import polars as pl

    blocks = pl.read_parquet(project.folder / "outputs/ingest/blocks.parquet")
    index = (project.coding / "un-units.csv").read_text().splitlines()[2].split(",")[2]
    words = blocks.filter(pl.col("source_index") == int(index))["text"].item()
    frame = pl.DataFrame({"file": [SYMBOL], "quote": [words], "code": ["training"], "user": ["Ö."]})
    frame.write_csv(project.folder / "t.csv")
    assert project.run("import", str(project.folder / "t.csv"))[0] == 0
    assert codes_of(project, "un-coder-o.csv") == {"un-1": "training"}


def test_a_pass_in_our_own_form_is_checked_and_taken(project: Project) -> None:
    content = project.codings()["article-coder-1.csv"]
    (project.folder / "article-coder-maria.csv").write_text(content)
    assert project.run("import", str(project.folder / "article-coder-maria.csv"))[0] == 0
    assert project.codings()["article-coder-maria.csv"] == content
    (project.folder / "bad.csv").write_text(content.replace("g26-s001", "g26-s999", 1))
    code, said = project.run("import", str(project.folder / "bad.csv"))
    assert code == 2
    assert "no unit 'g26-s999'" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"document,text\na,b\n", "column code is missing"),
        (b"document,text,code\na,,x\n", "row 2: no text in this row"),
        (b"document,text,code\na,\x81,x\n", "is not UTF-8, and not Windows-1252 either"),
        (b'document,text,code\na,"b,x\n', "unexpected end of data"),
    ],
)
def test_a_table_with_a_mistake_names_its_row(project: Project, content: bytes, said: str) -> None:
    (project.folder / "t.csv").write_bytes(content)
    code, output = project.run("import", str(project.folder / "t.csv"))
    assert code == 2
    assert said in output


def test_a_kind_of_file_that_is_not_read_is_said(project: Project) -> None:
    (project.folder / "t.nvp").write_bytes(io.BytesIO(b"x").getvalue())
    assert (
        "name a .qdpx, .qda, .csv or .xlsx file"
        in project.run("import", str(project.folder / "t.nvp"))[1]
    )


NOTES = """\
  - {id: notes, name: Field notes, unit: paragraph, units: notes-units.csv, roles: [learnt_from]}

# The theme whose course"""


def test_a_pass_goes_to_the_set_of_paragraphs_whose_units_it_names(project: Project) -> None:
    # given a second set of paragraphs, coded by one person
    study = project.folder / "configs/study.yaml"
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace("# The theme whose course", NOTES, 1), encoding="utf-8")
    for name in ("units", "coder-1"):
        rows = (project.coding / f"un-{name}.csv").read_text(encoding="utf-8")
        other = project.coding / f"notes-{name}.csv"
        other.write_text(rows.replace("\nun-", "\nre-"), encoding="utf-8")
    # when somebody's pass over its units is imported, whatever its file is called
    file = project.folder / "zoe.csv"
    file.write_text("unit_id,codes\nre-0,training\nre-1,\nre-2,\n", encoding="utf-8")
    code, said = project.run("import", str(file))
    # then it stands beside the others of that set
    assert code == 0, said
    assert codes_of(project, "notes-coder-zoe.csv") == {"re-0": "training"}


FIELD_CASES = Path(__file__).parents[1] / "field_cases"


@pytest.mark.parametrize("name", ["excel-ansi", "excel", "r", "sep"])
def test_a_pass_that_a_spreadsheet_or_r_saved_is_the_same_pass(project: Project, name: str) -> None:
    # field case 12
    file = FIELD_CASES / "12-pass-quoted-or-from-european-excel" / f"article-coder-{name}.csv"

    code, said = project.run("import", str(file), "--coder", "ada")

    assert code == 0, said
    assert "3 codes; 2 of" in said
    assert codes_of(project, "article-coder-ada.csv") == {
        "g26-s001": "robust_force;effectiveness",
        "g26-s002": "humanitarian_space",
    }
    n = len(project.codings()["article-coder-1.csv"].splitlines()) - 1
    code, said = project.run("agreement", str(file), str(project.coding / "article-coder-1.csv"))
    assert (code, said.startswith(f"{n} of {n} units were read by both")) == (0, True), said


@pytest.mark.parametrize("suffix", [".xlsx", ".ods", ".tsv"])
def test_a_pass_of_a_workbook_is_imported_and_counts_where_it_lies(
    project: Project, suffix: str
) -> None:
    file = FIELD_CASES / "workbooks" / f"article-coder-workbook{suffix}"

    code, said = project.run("import", str(file), "--coder", "ada")

    assert code == 0, said
    assert codes_of(project, "article-coder-ada.csv") == {
        "g26-s001": "robust_force;effectiveness",
        "g26-s002": "humanitarian_space",
    }
    shutil.copy(file, project.coding)
    assert "coders 1, 2, 3, ada, workbook" in project.run("check")[1]
    shutil.copy(file, project.coding / f"article-coder-ada{suffix}")
    assert "is the same coding in another form" in project.run("check")[1]


def test_a_suggestion_that_is_filled_in_is_imported_like_any_coding(project: Project) -> None:
    import polars as pl

    blocks = pl.read_parquet(project.folder / "outputs/ingest/blocks.parquet").tail(3)
    columns = "document_id;block_id;start;end;codes;label;text"
    rows = [f"{row['document_id']};{row['block_id']};0;5" for row in blocks.iter_rows(named=True)]
    file = project.folder / "to-code.csv"
    file.write_text(
        "\n".join(
            [columns, f'{rows[0]};"leadership;escorts";;x', f"{rows[1]};?;;=y", f"{rows[2]};;;z"]
        )
    )

    code, said = project.run("import", str(file), "--coder", "ada")

    assert code == 0, said
    assert "suggested-coder-ada.csv: 2 codes; 2 of 3 passages were read" in said
    assert "suggested: 2 units, coders ada" in project.run("check")[1]
    # given what she had not read, the rest stays; what she coded is not changed unasked
    file.write_text("\n".join([columns, f"{rows[1]};training;;=y"]))
    assert project.run("import", str(file), "--coder", "ada")[0] == 0
    assert "suggested: 3 units, coders ada" in project.run("check")[1]
    file.write_text("\n".join([columns, f"{rows[0]};training;;x"]))
    code, said = project.run("import", str(file), "--coder", "ada")
    assert (code, "codes this passage otherwise" in said) == (2, True)
    assert project.run("import", str(file), "--coder", "ada", "--replace")[0] == 0


def test_a_suggestion_that_nobody_has_filled_in_is_refused(project: Project) -> None:
    file = project.folder / "to-code.csv"
    file.write_text("document_id,block_id,start,end,codes\na,a.1,0,9,?\n")
    assert "no passage that somebody has read" in project.run("import", str(file))[1]


def test_a_draw_by_doubt_keeps_its_probabilities_when_it_is_imported(project: Project) -> None:
    import polars as pl

    blocks = pl.read_parquet(project.folder / "outputs/ingest/blocks.parquet").tail(2)
    columns = "document_id,block_id,start,end,codes,label,text,draw,n_drawn,inclusion_probability"
    places = [f"{row['document_id']},{row['block_id']},0,5" for row in blocks.iter_rows(named=True)]
    file = project.folder / "to-code.csv"
    rows = [f"{places[0]},training,,x,7,2,0.25", f"{places[1]},,,y,7,2,0.5"]
    file.write_text("\n".join([columns, *rows]))

    code, said = project.run("import", str(file), "--coder", "ada")

    assert code == 0, said
    coded = read_suggested({"ada": project.coding / "suggested-coder-ada.csv"}, ["training"])
    assert coded.units["inclusion_probability"].to_list() == [0.25, 0.5]
    # half of the draw is learnt from, and nothing is estimated with it
    half = project.folder / "half.csv"
    half.write_text("\n".join([columns, rows[0]]))
    coded = read_suggested({"ada": half}, ["training"])
    assert coded.units["inclusion_probability"].to_list() == [None]
