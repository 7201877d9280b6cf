"""Further members of the kinds that the field cases stand for, made of the real article.

How programs count, pack and name is taken from their users' threads: QualCoder's issues 37 (places
of NVivo do not match), 281 (an archive renamed), 803 (paths without internal://), 1027 (codings
without a code), 1207 and 1482 (emoji counted as two), 1279 (text edited after it was coded), 1369
(a .qde of another name).
"""

from __future__ import annotations

import csv
import sqlite3
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.export.conftest import ROOT, Project

GUID = "00000000-0000-4000-8000-{:012d}".format
with (ROOT / "corpus/coding/article-sentences.csv").open(encoding="utf-8") as _file:
    SENTENCES = [row["text"] for row in csv.DictReader(_file)]
CODES = {2: "Leadership", 3: "Training and learning", 4: "Bunkerisation"}


def units(*numbers: int) -> dict[str, str]:
    """What an import of these sentences under the code Leadership comes to."""
    return {f"g26-s{number:03}": "leadership" for number in numbers}


def coding(code: int = 2) -> str:
    return f'<Coding guid="{GUID(90)}"><CodeRef targetGUID="{GUID(code)}"/></Coding>'


def selections(places: Sequence[tuple[int, int]], code: int = 2, more: str = "") -> str:
    return "".join(
        f'<PlainTextSelection guid="{GUID(100 + number)}" startPosition="{start}" '
        f'endPosition="{end}" {more}>{coding(code)}</PlainTextSelection>'
        for number, (start, end) in enumerate(places)
    )


def project_xml(sources: str, elsewhere: str = "") -> str:
    codes = "".join(f'<Code guid="{GUID(n)}" name="{name}"/>' for n, name in CODES.items())
    return (
        '<?xml version="1.0" encoding="utf-8"?><Project xmlns="urn:QDA-XML:project:1.0" name="p">'
        f'<Users><User guid="{GUID(1)}" name="Ada"/></Users><CodeBook><Codes>{codes}</Codes>'
        f"</CodeBook>{elsewhere}<Sources>{sources}</Sources></Project>"
    )


def source(inside: str, path: str = "internal://a.txt", name: str = "gilder-2026.txt") -> str:
    return (
        f'<TextSource guid="{GUID(50)}" name="{name}" plainTextPath="{path}">{inside}</TextSource>'
    )


def pack(path: Path, files: dict[str, str | bytes]) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return str(path)


def imported(project: Project, file: str, *options: str) -> tuple[int, dict[str, str], str]:
    """Exit code, the units with a code, and what was said."""
    code, said = project.run("import", file, "--coder", "ada", *options)
    lines = project.codings().get("article-coder-ada.csv", "").splitlines()[1:]
    return code, dict(line.split(",") for line in lines if not line.endswith(",")), said


# places are believed only when the text agrees


def counted(text: str, place: int, unit: str, line_end: int, mark: int) -> int:
    """How a program counts a place of a text."""
    before = text[:place]
    if line_end == 1:
        before = before.replace("\r\n", "\n")
    elif line_end == 2:
        before = before.replace("\r\n", "\n").replace("\n", "\r\n")
    sizes = {"characters": len, "UTF-16": lambda words: len(words.encode("utf-16-le")) // 2}
    return mark + sizes[unit](before)


@pytest.mark.parametrize("unit", ["characters", "UTF-16"])
@pytest.mark.parametrize("line_end", [0, 1])
@pytest.mark.parametrize("mark", [0, 1])
def test_however_a_program_counts_its_selections_are_found(
    project: Project, unit: str, line_end: int, mark: int
) -> None:
    # given Windows line ends, a byte order mark and an emoji on every tenth line
    lines = [f"{'🕊️ ' * (number % 10 == 0)}{words}" for number, words in enumerate(SENTENCES[:90])]
    text = "\r\n".join(lines)
    given = [
        (
            counted(text, text.index(words), unit, line_end, mark),
            counted(text, text.index(words) + len(words), unit, line_end, mark),
        )
        for words in (SENTENCES[19], SENTENCES[44], SENTENCES[69])
    ]
    xml = project_xml(source(selections(given)))
    files = {"project.qde": xml, "Sources/a.txt": b"\xef\xbb\xbf" + text.encode()}
    # when it is imported
    code, codes, said = imported(project, pack(project.folder / "t.qdpx", files))
    # then the sentences have the code, and how places are counted is said
    assert code == 0, said
    assert codes == units(20, 45, 70)
    assert f"places count {unit}" in said
    assert ("a line end as one" in said) == bool(line_end)
    assert ("byte order mark too" in said) == bool(mark)


def test_line_ends_that_xml_made_one_are_counted_as_the_program_counted_them(
    project: Project,
) -> None:
    # given text inside of the project file, where a parser turns \r\n into \n
    text = "\r\n".join(SENTENCES[:60])
    places = [
        (text.index(one), text.index(one) + len(one)) for one in (SENTENCES[29], SENTENCES[49])
    ]
    inside = f"<PlainTextContent>{text}</PlainTextContent>{selections(places)}"
    file = pack(project.folder / "t.qdpx", {"project.qde": project_xml(source(inside, ""))})
    code, codes, said = imported(project, file)
    assert (code, codes) == (0, units(30, 50)), said
    assert "a line end as two" in said


@pytest.mark.parametrize("shift", [3, 37, 160])
def test_places_that_nothing_explains_give_no_neighbour_a_code(
    project: Project, shift: int
) -> None:
    text = "\n".join(SENTENCES[:60])
    places = [
        (text.index(one) + shift, text.index(one) + shift + len(one)) for one in SENTENCES[10:50:8]
    ]
    files = {"project.qde": project_xml(source(selections(places))), "sources/a.txt": text}
    code, codes, said = imported(project, pack(project.folder / "t.qdpx", files))
    assert (code, codes) == (2, {})
    assert "5 codings whose place cannot be believed cannot be taken" in said
    assert "by no way of counting" in said


def test_of_a_text_that_was_edited_in_the_middle_only_the_beginning_is_taken(
    project: Project,
) -> None:
    # given 40 letters more after the 30th sentence than when the text was coded
    text = "\n".join(SENTENCES[:60])
    starts = [text.index(one) for one in SENTENCES[5:55:5]]
    places = [(start, start + len(SENTENCES[5 + 5 * n])) for n, start in enumerate(starts)]
    edited = text.replace(
        f"\n{SENTENCES[29]}", f"\nWe added these words here a little later. {SENTENCES[29]}"
    )
    files = {"project.qde": project_xml(source(selections(places))), "sources/a.txt": edited}
    file = pack(project.folder / "t.qdpx", files)
    code, codes, said = imported(project, file, "--leave-out")
    assert (code, codes) == (0, units(6, 11, 16, 21, 26)), said
    assert "5 codings whose place cannot be believed left out" in said


def test_the_first_words_that_a_program_calls_a_selection_by_are_believed(
    project: Project,
) -> None:
    # given places 25 characters too far, and names as ATLAS.ti gives them
    text = "\n".join(SENTENCES[:40])
    at = text.index(SENTENCES[19]) + 25
    name = SENTENCES[19][:60].replace("'", "&apos;") + "…"
    places = selections([(at, at + len(SENTENCES[19]))], more=f"name='{name}'")
    files = {"project.qde": project_xml(source(places)), "sources/a.txt": text}
    code, codes, _ = imported(project, pack(project.folder / "t.qdpx", files))
    assert (code, codes) == (2, {})


# archives as they come

TEXT = "\n".join(SENTENCES[:20])
PLACE = [(TEXT.index(SENTENCES[8]), TEXT.index(SENTENCES[8]) + len(SENTENCES[8]))]


def with_path(path: str, inside: str = "") -> str:
    return project_xml(source(inside or selections(PLACE), path))


def in_an_encoding_unsaid(path: Path, encoding: str) -> None:
    """An archive whose names are encoded so, without the flag that says it."""
    stands_in = b"Gespr" + b"~" * len("ä".encode(encoding)) + b"ch.txt"
    name = f"sources/{stands_in.decode()}"
    pack(path, {"project.qde": with_path("internal://Gespräch.txt"), name: TEXT})
    path.write_bytes(path.read_bytes().replace(stands_in, "Gespräch.txt".encode(encoding)))


@pytest.mark.parametrize(
    "files",
    [
        {"project.qde": with_path("a.txt"), "sources/a.txt": TEXT},
        {"project.qde": with_path("relative:///a.txt"), "Sources/A.TXT": TEXT},
        {"project.qde": with_path("relative://sources/a.txt"), "sources/a.txt": TEXT},
        {"PROJECT.QDE": with_path("internal://sources/a.txt"), "SOURCES/A.txt": TEXT},
        {"mine\\project.qde": with_path("internal://a.txt"), "mine\\Sources\\a.txt": TEXT},
        {"project.qde": with_path("internal://my%20text.txt"), "Sources/my text.txt": TEXT},
        {"project.qde": with_path("C:\\Users\\ada\\a.txt"), "sources/a.txt": TEXT},
        {"a/b/My study.qde": with_path("internal://a.txt"), "a/b/sources/a.txt": TEXT},
        {"project.qde": with_path("internal://ä.txt"), "sources/ä.txt": TEXT},  # decomposed
        {"project.qde": with_path("internal://a.txt"), "sources/a.txt": TEXT.encode("utf-16")},
        {"project.qde": with_path("internal://a.pdf"), "sources/a.pdf": "%PDF-1.7", "a.txt": TEXT},
    ],
)
def test_an_archive_is_read_however_it_was_packed(
    project: Project, files: dict[str, str | bytes]
) -> None:
    if "a.txt" in files:  # the text beside its PDF twin
        xml = str(files["project.qde"]).replace("plainTextPath", "path")
        files = {**files, "project.qde": xml}
    code, codes, said = imported(project, pack(project.folder / "t.qdpx", files))
    assert (code, codes) == (0, units(9)), said


@pytest.mark.parametrize("encoding", ["utf-8", "cp437", "cp1252"])
def test_names_are_found_in_whatever_encoding_they_are(project: Project, encoding: str) -> None:
    in_an_encoding_unsaid(project.folder / "t.qdpx", encoding)
    code, codes, said = imported(project, str(project.folder / "t.qdpx"))
    assert (code, codes) == (0, units(9)), said


def test_of_two_texts_of_one_name_none_is_guessed_at(project: Project) -> None:
    files = {"project.qde": with_path("internal://x/a.txt"), "b/a.txt": TEXT, "c/a.txt": "Other."}
    code, codes, said = imported(project, pack(project.folder / "t.qdpx", files))
    assert (code, codes) == (2, {})
    assert "internal://x/a.txt is several times in the archive" in said


def truncated(path: Path) -> None:
    pack(path, {"project.qde": with_path("internal://a.txt"), "sources/a.txt": TEXT})
    path.write_bytes(path.read_bytes()[:-40])


def damaged(path: Path) -> None:
    pack(path, {"project.qde": with_path("internal://a.txt")})
    packed = bytearray(path.read_bytes())
    packed[60:80] = b"\xff" * 20
    path.write_bytes(bytes(packed))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.mkdir(), "is a folder; to fix: name the .qdpx file"),
        (lambda path: path.write_bytes(b""), "is no .qdpx archive"),
        (truncated, "is no .qdpx archive"),
        (damaged, "is no .qdpx archive"),
        (lambda path: pack(path, {"./": "", "inner.qdpx": b"PK"}), "packs another archive"),
        (
            lambda path: pack(path, {"a.qde": with_path("a"), "b.qde": with_path("b")}),
            "holds 2 projects",
        ),
    ],
)
def test_a_broken_archive_is_a_sentence(
    project: Project, make: Callable[[Path], object], said: str
) -> None:
    make(project.folder / "t.qdpx")
    code, output = project.run("import", str(project.folder / "t.qdpx"))
    assert code == 2
    assert said in output
    assert "to fix: " in output


def test_a_text_that_is_damaged_leaves_the_others_in_place(project: Project) -> None:
    other = source(selections(PLACE), "internal://b.txt", "gilder-2026.docx")
    xml = project_xml(source(selections(PLACE)) + other)
    file = project.folder / "t.qdpx"
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("project.qde", xml)
        made.writestr("sources/a.txt", TEXT)
        made.writestr("sources/b.txt", TEXT)
    packed = bytearray(file.read_bytes())
    packed[packed.index(TEXT.encode()) + 5] ^= 1
    file.write_bytes(bytes(packed))
    code, codes, said = imported(project, str(file), "--leave-out")
    assert (code, codes) == (0, units(9)), said
    assert "1 coding in a text that is missing left out" in said
    assert "cannot be unpacked" in said


# everything that cannot be taken is listed at once

MEDIA = f"""
  <PictureSource guid="{GUID(60)}" name="gate.jpg"><PictureSelection guid="{GUID(61)}" firstX="1"
    firstY="1" secondX="2" secondY="2">{coding()}</PictureSelection></PictureSource>
  <AudioSource guid="{GUID(62)}" name="talk.mp3"><AudioSelection guid="{GUID(63)}" begin="1"
    end="2">{coding()}</AudioSelection><Transcript guid="{GUID(64)}"><TranscriptSelection
    guid="{GUID(65)}">{coding()}</TranscriptSelection></Transcript></AudioSource>
  <VideoSource guid="{GUID(66)}" name="patrol.mp4"><VideoSelection guid="{GUID(67)}" begin="1"
    end="2">{coding()}</VideoSelection></VideoSource>
  <PDFSource guid="{GUID(68)}" name="report.pdf"><PDFSelection guid="{GUID(69)}" page="3" firstX="1"
    firstY="1" secondX="2" secondY="2">{coding()}</PDFSelection></PDFSource>
  <TextSource guid="{GUID(70)}" name="gone" plainTextPath="internal://gone.txt">
    {selections([(0, 9)])}</TextSource>
  <TextSource guid="{GUID(71)}" name="other"><PlainTextContent>Nobody read this document.
    </PlainTextContent>{selections([(0, 26)])}</TextSource>"""
ELSEWHERE = f"""<Cases><Case guid="{GUID(30)}" name="Interviewee 04"/></Cases>
  <Notes><Note guid="{GUID(31)}" name="memo"><PlainTextContent>a b</PlainTextContent>
  {selections([(0, 1)])}</Note></Notes>"""


def everything() -> str:
    spare = "Nobody ever wrote this sentence."
    text = f"{SENTENCES[0]}\n{SENTENCES[1]}\n{spare}"
    own = len(SENTENCES[0]) + 1
    inside = (
        f"<PlainTextContent>{text}</PlainTextContent>{coding()}"
        + selections([(0, len(SENTENCES[0])), (7, 7), (len(text) - len(spare), len(text))])
        + selections([(own, own + len(SENTENCES[1]))], code=4)
        + selections([(own, own + len(SENTENCES[1]))], code=30)
        + selections([(own, own + len(SENTENCES[1]))], code=99)
        + selections([(0, 99999)])
    )
    return project_xml(source(inside, "") + MEDIA, ELSEWHERE)


def test_one_run_lists_everything_that_cannot_be_taken(project: Project) -> None:
    file = pack(project.folder / "all.qdpx", {"project.qde": everything()})
    before = project.codings()
    code, said = project.run("import", file, "--coder", "ada")
    assert code == 2
    assert project.codings() == before
    for line in (
        "1 coding of 1 code that is no theme cannot be taken: 'Bunkerisation'",
        "1 coding of a code that the project does not define cannot be taken",
        "1 coding of a case cannot be taken: Interviewee 04",
        "1 coding of a part of a picture cannot be taken: gate.jpg",
        "3 codings of a recording cannot be taken: talk.mp3 (2); patrol.mp4",
        "1 coding of an area of a PDF without words cannot be taken: report.pdf, page 3",
        "1 coding of a memo cannot be taken: memo",
        "1 coding of a whole document cannot be taken: gilder-2026.txt",
        "1 coding of an empty selection cannot be taken: gilder-2026.txt, characters 7 to 7",
        "1 coding in a text that is missing cannot be taken: gone",
        "1 coding whose place cannot be believed cannot be taken",
        "1 coding in a document that no coded unit is in cannot be taken: other",
        "1 coding whose words are not in the document cannot be taken",
        "15 of 16 codings cannot be taken; no coding was written",
        "take the other 1 with --leave-out",
    ):
        assert line in said
    code, codes, said = imported(project, file, "--leave-out")
    assert (code, codes) == (0, units(1)), said
    assert said.count(" left out: ") == 13


def many_codes(project: Project) -> str:
    """A project with 200 codes of its own, all on one sentence, and one theme."""
    own = "".join(f'<Code guid="{GUID(1000 + n)}" name="Own {n:03}"/>' for n in range(200))
    given = "".join(selections([(0, len(SENTENCES[0]))], 1000 + n) for n in range(200))
    text = f"<PlainTextContent>{SENTENCES[0]}</PlainTextContent>"
    xml = project_xml(source(f"{text}{given}{selections([(0, len(SENTENCES[0]))])}", ""))
    return pack(
        project.folder / "many.qdpx", {"project.qde": xml.replace("<Codes>", f"<Codes>{own}")}
    )


def test_two_hundred_codes_of_ones_own_come_as_a_table_to_fill_in(project: Project) -> None:
    file = many_codes(project)
    code, said = project.run("import", file, "--coder", "ada")
    assert code == 2
    assert "200 codings of 200 codes that are no theme cannot be taken" in said
    assert "and 180 more; to fix: say which themes they are in many-codes.csv" in said
    table = project.folder / "many-codes.csv"
    rows = list(csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines()))
    assert {row["code"] for row in rows} == {f"Own {n:03}" for n in range(200)}
    # when some of it is filled in, and the rest is to be left out
    filled = table.read_text(encoding="utf-8-sig").replace("Own 007,", "Own 007,training")
    table.write_text(filled.replace("Own 008,", "Own 008,-"), encoding="utf-8-sig")
    code, said = project.run("import", file, "--coder", "ada", "--codes", str(table))
    assert code == 2
    assert "198 codings of 198 codes" in said
    assert "Own 007,training" in table.read_text(encoding="utf-8-sig")
    code, codes, said = imported(project, file, "--codes", str(table), "--leave-out")
    assert (code, codes) == (0, {"g26-s001": "leadership;training"}), said


def test_codes_are_mapped_in_one_option(project: Project) -> None:
    file = many_codes(project)
    every = ";".join(f"Own {n:03}=" for n in range(2, 200))
    both = f"Own 000=Training and learning;Own 001=escorts;{every}"
    code, codes, said = imported(project, file, "--codes", both)
    assert (code, codes) == (0, {"g26-s001": "escorts;leadership;training"}), said
    code, said = project.run("import", file, "--codes", "Own 000=trainin")
    assert (code, "no theme 'trainin'; to fix: did you mean training?" in said) == (2, True)


def test_codes_of_one_name_under_two_others_are_told_apart(project: Project) -> None:
    nested = "".join(
        f'<Code guid="{GUID(80 + n)}" name="{above}">'
        f'<Code guid="{GUID(82 + n)}" name="Other"/></Code>'
        for n, above in enumerate(("Staff", "State"))
    )
    text = f"<PlainTextContent>{SENTENCES[0]}</PlainTextContent>"
    place = [(0, len(SENTENCES[0]))]
    xml = project_xml(source(text + selections(place, 82) + selections(place, 83), ""))
    xml = xml.replace("<Codes>", f"<Codes>{nested}")
    file = pack(project.folder / "t.qdpx", {"project.qde": xml})
    code, said = project.run("import", file)
    assert (code, "'Staff > Other' (1); 'State > Other' (1)" in said) == (2, True), said
    code, codes, _ = imported(project, file, "--codes", "Staff > Other=training;State > Other=-")
    assert (code, codes) == (0, {"g26-s001": "training"})


def test_an_area_of_a_pdf_that_carries_its_words_is_found_by_them(project: Project) -> None:
    words = f"<Representation><PlainTextContent>{SENTENCES[4]}</PlainTextContent></Representation>"
    area = f'<PDFSelection guid="{GUID(61)}" page="2" firstX="1">{words}{coding()}</PDFSelection>'
    pdf = f'<PDFSource guid="{GUID(60)}" name="gilder-2026.pdf">{area}</PDFSource>'
    file = pack(project.folder / "t.qdpx", {"project.qde": project_xml(pdf)})
    code, codes, said = imported(project, file)
    assert (code, codes) == (0, units(5)), said


def test_a_code_on_all_words_of_a_document_is_of_the_document(project: Project) -> None:
    file = pack(
        project.folder / "t.qdpx",
        {"project.qde": project_xml(source(selections([(0, len(TEXT))]))), "sources/a.txt": TEXT},
    )
    code, codes, said = imported(project, file)
    assert (code, codes) == (2, {})
    assert "1 coding of a whole document cannot be taken" in said


# QualCoder, and words that differ by a letter


def qualcoder(folder: Path, text: str | None, rows: Sequence[tuple[object, ...]]) -> str:
    """A project of QualCoder: code, words, start, end of each coding."""
    folder.mkdir()
    with sqlite3.connect(folder / "data.qda") as database:
        database.executescript(
            "create table source (id integer primary key, name text, fulltext text);"
            "create table code_name (cid integer primary key, name text);"
            "create table code_text (cid integer, fid integer, seltext text, pos0 integer,"
            " pos1 integer, owner text);"
            "create table code_av (avid integer, id integer, pos0 integer, pos1 integer,"
            " cid integer, owner text);"
            "insert into code_name values (1, 'leadership'), (2, 'Bunkerisation');"
        )
        database.execute("insert into source values (1, 'gilder-2026.txt', ?)", [text])
        database.executemany("insert into code_text values (?, 1, ?, ?, ?, 'ada')", rows)
    return str(folder)


def test_qualcoder_counts_an_emoji_as_two_and_a_line_end_as_one(project: Project) -> None:
    text = "🕊️🕊️\r\n" + "\r\n".join(SENTENCES[:40])
    start = text.index(SENTENCES[29])
    rows = [
        (1, words.replace(" ", "\u2029", 1), *(counted(text, at, "UTF-16", 1, 0) for at in place))
        for words, place in ((SENTENCES[29], (start, start + len(SENTENCES[29]))),)
    ]
    code, codes, said = imported(project, qualcoder(project.folder / "m.qda", text, rows))
    assert (code, codes) == (0, units(30)), said
    assert "UTF-16 units, a line end as one" in said


@pytest.mark.parametrize(
    "words",
    [
        SENTENCES[3].replace("robust", "robst"),
        SENTENCES[3][3:-8],
        SENTENCES[3].replace("United Nations", "Untied Nations"),
    ],
)
def test_stored_words_with_a_slip_are_the_words_at_their_place(
    project: Project, words: str
) -> None:
    text = "\n".join(SENTENCES[:10])
    start = text.index(SENTENCES[3])
    rows = [(1, words, start, start + len(SENTENCES[3]))]
    code, codes, said = imported(project, qualcoder(project.folder / "m.qda", text, rows))
    assert (code, codes) == (0, units(4)), said
    assert "1 coding found by likeness: gilder-2026.txt, characters" in said


def test_words_that_moved_are_found_where_they_stand_now(project: Project) -> None:
    # given places as they were before a paragraph was put in front
    text = "A paragraph that was put in front, later on.\n" + "\n".join(SENTENCES[:10])
    old = "\n".join(SENTENCES[:10]).index(SENTENCES[3])
    rows = [(1, SENTENCES[3], old, old + len(SENTENCES[3]))]
    code, codes, said = imported(project, qualcoder(project.folder / "m.qda", text, rows))
    assert (code, codes) == (0, units(4)), said
    assert "found by likeness" in said


def test_a_text_that_qualcoder_lost_and_codes_of_ones_own_are_listed(project: Project) -> None:
    rows = [(1, "x", 0, 1), (9, "x", 0, 1)]
    said = imported(project, qualcoder(project.folder / "m.qda", None, rows))[2]
    assert "1 coding in a text that is missing" in said
    assert "1 coding of a code that the project does not define" in said


def test_words_of_a_table_that_differ_by_a_letter_are_found_and_it_is_said(
    project: Project,
) -> None:
    file = project.folder / "t.csv"
    words = SENTENCES[3].replace("policies", "policys")
    file.write_text(f'document,code,text\ngilder-2026,leadership,"{words}"\n', encoding="utf-8")
    code, codes, said = imported(project, str(file))
    assert (code, codes) == (0, units(4)), said
    assert "1 coding found by likeness: row 2" in said


def test_words_that_are_like_two_sentences_are_not_guessed_at(project: Project) -> None:
    # given words as far from one sentence of the article as from another
    file = project.folder / "t.csv"
    file.write_text("document,code,text\ngilder-2026,leadership,robust peacekeepingx\n")
    code, codes, said = imported(project, str(file))
    assert (code, codes) == (2, {})
    assert "whose words stand in several places" in said


def test_a_document_of_another_name_is_known_by_its_text(project: Project) -> None:
    xml = project_xml(source(selections(PLACE), name="1_Gilder final (2).docx"))
    files = {"project.qde": xml, "sources/a.txt": TEXT}
    code, codes, said = imported(project, pack(project.folder / "t.qdpx", files))
    assert (code, codes) == (0, units(9)), said
    assert "'1_Gilder final (2).docx' is gilder-2026, by its text" in said


def test_somebody_who_is_not_in_the_file_is_not_taken_for_nobody(project: Project) -> None:
    places = selections(PLACE, more=f'creatingUser="{GUID(1)}"')
    files = {"project.qde": project_xml(source(places)), "sources/a.txt": TEXT}
    file = pack(project.folder / "t.qdpx", files)
    code, said = project.run("import", file, "--user", "Eve")
    assert (code, "nobody in it is called 'Eve'; to fix: name one of them: Ada" in said) == (
        2,
        True,
    )
    assert project.run("import", file, "--user", "ada")[0] == 0
    assert "article-coder-ada.csv" in project.codings()
