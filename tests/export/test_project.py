"""The exported project opens in other programs: valid, complete, and the same every time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
from lxml import etree

from pipeline.export.refi_qda import zipped
from pipeline.run.tables.table import csv_of
from pipeline.study.codebook import load_codebook
from tests.export.conftest import HOSTILE_TITLE, RESOLUTION, SYMBOL, UN_CODES, Project

SCHEMAS = Path(__file__).parent / "schemas"
NAMESPACES = {"q": "urn:QDA-XML:project:1.0", "c": "urn:QDA-XML:codebook:1.0"}


def schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMAS / name))


def project_xml(project: Project) -> etree._Element:
    with zipfile.ZipFile(project.exported / "peacetext.qdpx") as archive:
        return etree.fromstring(archive.read("project.qde"))


def coded_texts(project: Project, user: str) -> list[tuple[str, list[str]]]:
    """The words of each selection of a user, with the names of its codes, read as others would."""
    with zipfile.ZipFile(project.exported / "peacetext.qdpx") as archive:
        root = etree.fromstring(archive.read("project.qde"))
        users = {
            each.get("name"): each.get("guid") for each in root.iterfind(".//q:User", NAMESPACES)
        }
        codes = {
            each.get("guid"): each.get("name") for each in root.iterfind(".//q:Code", NAMESPACES)
        }
        found = []
        for selection in root.iterfind(".//q:PlainTextSelection", NAMESPACES):
            if selection.get("creatingUser") == users[user]:
                path = selection.getparent().get("plainTextPath").removeprefix("internal://")
                text = archive.read(f"Sources/{path}").decode("utf-8")
                start, end = int(selection.get("startPosition")), int(selection.get("endPosition"))
                given = selection.iterfind(".//q:CodeRef", NAMESPACES)
                found.append((text[start:end], [codes[each.get("targetGUID")] for each in given]))
        return found


def test_project_and_codebook_are_valid_against_the_published_schemas(exported: Project) -> None:
    schema("Project.xsd").assertValid(project_xml(exported))
    schema("Codebook.xsd").assertValid(etree.parse(exported.exported / "codebook.qdc"))


def test_the_schema_would_refuse_a_project_with_a_mistake(exported: Project) -> None:
    root = project_xml(exported)
    del root.find(".//q:PlainTextSelection", NAMESPACES).attrib["endPosition"]
    assert not schema("Project.xsd").validate(root)


def test_code_groups_are_parents_of_their_themes_and_hold_no_text(exported: Project) -> None:
    root = etree.parse(exported.exported / "codebook.qdc").getroot()
    code_groups = root.findall("./c:Codes/c:Code", NAMESPACES)
    for code_group, element in zip(load_codebook().code_groups, code_groups, strict=True):
        assert element.get("name") == code_group.name
        assert element.get("isCodable") == "false"
        themes = element.findall("./c:Code", NAMESPACES)
        assert [each.get("name") for each in themes] == [theme.name for theme in code_group.themes]
        assert {each.get("isCodable") for each in themes} == {"true"}
        definitions = [each.findtext("./c:Description", "", NAMESPACES) for each in themes]
        for theme, said in zip(code_group.themes, definitions, strict=True):
            assert theme.definition in said


def test_each_coder_is_a_user_and_selects_the_sentences_of_the_article(exported: Project) -> None:
    # given the first two sentences that coder 1 coded
    given = pl.read_csv(exported.coding / "article-coder-1.csv", infer_schema=False)
    texts = pl.read_csv(exported.coding / "article-sentences.csv", infer_schema=False)
    names = {theme.theme_id: theme.name for theme in load_codebook().themes}
    coded = given.drop_nulls("codes").join(texts, on="sentence_id", maintain_order="left")
    # then they are the first two selections of the user coder-1, word for word
    found = coded_texts(exported, "coder-1")
    for (text, codes), row in zip(found, coded.head(2).iter_rows(named=True), strict=False):
        assert text == row["text"]
        assert set(codes) == {names[each] for each in row["codes"].split(";")}
    n_un = len(UN_CODES["1"])
    assert len(found) == coded.height + n_un


def test_a_coder_of_the_resolution_selects_its_paragraphs(exported: Project) -> None:
    *_, (text, codes) = coded_texts(exported, "coder-3")  # what is of the article comes first
    blocks = pl.read_parquet(exported.folder / "outputs/ingest/blocks.parquet")
    assert text in blocks.filter(document_id=RESOLUTION)["text"].to_list()
    assert codes == [theme.name for theme in load_codebook().themes if theme.theme_id == "training"]


def test_the_classifier_is_a_user_of_its_own_with_its_probabilities(exported: Project) -> None:
    assert len(coded_texts(exported, "machine")) == 9
    said = project_xml(exported).xpath(
        "//q:PlainTextSelection[q:Description]/q:Description/text()", namespaces=NAMESPACES
    )
    assert said == ["host_state 0.88 (learnt from it)"] * 9


def test_documents_carry_their_symbol_and_hold_markup_as_text(exported: Project) -> None:
    names = [
        each.get("name") for each in project_xml(exported).iterfind(".//q:TextSource", NAMESPACES)
    ]
    assert names[1] == SYMBOL
    said = project_xml(exported).findtext(".//q:TextSource[2]/q:Description", "", NAMESPACES)
    assert said.startswith(HOSTILE_TITLE.replace("\x0b", " "))


def test_the_same_project_gives_the_same_bytes_in_another_place(
    exported: Project, tmp_path: Path, build: Callable[[Path], Project]
) -> None:
    other = build(tmp_path / "elsewhere")
    for file in exported.exported.rglob("*"):
        if file.is_file():
            assert (other.exported / file.relative_to(exported.exported)).read_bytes() == (
                file.read_bytes()
            )


def test_every_guid_is_there_once(exported: Project) -> None:
    found = project_xml(exported).xpath("//@guid")
    assert len(found) == len(set(found)) > 500


def test_a_zip_holds_no_time_and_no_machine() -> None:
    with zipfile.ZipFile(io.BytesIO(zipped({"a.txt": b"a"}))) as archive:
        (entry,) = archive.infolist()
    assert entry.date_time == (1980, 1, 1, 0, 0, 0)
    assert (entry.create_system, entry.external_attr >> 16) == (3, 0o644)


def test_every_table_that_was_made_is_there_as_csv(exported: Project) -> None:
    sheets = {file.name for file in (exported.exported / "tables").iterdir()}
    assert sheets == {
        "ingest-blocks.csv",
        "ingest-documents.csv",
        "segment-passages.csv",
        "themes-scores.csv",
    }
    documents = pl.read_csv(exported.exported / "tables/ingest-documents.csv")
    assert documents["missions"].to_list() == ["MINUSMA;MINUSCA;MONUSCO;UNMISS", "MINUSMA"]


def test_files_of_an_earlier_run_are_removed(project: Project) -> None:
    stale = project.exported / "tables/themes-gone.csv"
    stale.write_text("old")
    project.export()
    assert not stale.exists()


def test_no_text_of_a_document_is_a_formula_in_a_spreadsheet() -> None:
    texts = ["=1+1", "@cmd", "-x", "-0.5", "a=b", None]
    frame = pl.DataFrame(
        {"text": texts, "number": [-1.5, 0, 0, 0, 0, 0], "list": [["=a", "b"]] * 6}
    )
    rows = csv_of(frame).decode().splitlines()
    assert rows[1:] == [
        "'=1+1,-1.5,'=a;b",
        "'@cmd,0.0,'=a;b",
        "'-x,0.0,'=a;b",
        "-0.5,0.0,'=a;b",
        "a=b,0.0,'=a;b",
        ",0.0,'=a;b",
    ]
