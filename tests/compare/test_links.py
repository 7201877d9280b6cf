"""Citations of UN documents are resolved, and quotations found in them or said to be not found."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline.acquire.verifying import file_in
from pipeline.compare.material import from_rows
from pipeline.compare.sources import find_quotation, link_tables, shelf_of, un_references, unified
from pipeline.ingest.corpus import corpus_of
from pipeline.ingest.readers import read_file
from pipeline.run.settings import load_settings
from pipeline.run.tables.texts import Blocks, Documents
from pipeline.study.manifest import read_manifest

REFERENCES = """
Body of the article.

References

- Dorn, A. Walter. 2023. "Attack Helicopters." *Journal* 1 (2): 3–4. <https://doi.org/10.1/2>.
- Department of Peacekeeping Operations. 2010. *Draft Concept Note*. United Nations, January.
- UN Security Council. 2014. *Report on the Situation in Mali*. United Nations. <https://docs.un.org/en/S/2014/999>.
- UN Security Council. 2015. *Resolution 9227*. United Nations. [https://docs.un.org/en/S/RES/9227\\(2015\\)](https://docs.un.org/en/S/RES/9227(2015)).
- UN Security Council. 2017a. *9975th Meeting*. United Nations, June 16. <https://documents.un.org/x.pdf>.
"""

ARTICLE = [
    ("paragraph", ("The Council ‘requests the mission to move to a more active posture’ in the "
     "north (UN Security Council 2015, paras 3, 14). It was “rather robust” (Dorn 2023). Others "
     "‘should never have been written by anybody’ (UN Security Council 2015).")),
    ("paragraph", ("The report speaks of ‘main supply routes and the people who live along them’ "
     "(UN Security Council 2014, para. 66).")),
    ("quotation", ("the mission shall deter threats ... and prevent the return of armed elements "
     "(UN Security Council 2015).")),
    ("paragraph", ("A record exists (UN Security Council 2017a, 3), and a note (Department of "
     "Peacekeeping Operations 2010); see also S/RES/9999 (2020).")),
]  # fmt: skip

RESOLUTION = [
    ("13", "Decides to remain seized of the matter and of all its many other aspects besides;"),
    ("14 (b)", "Requests the Mission to move to a more active posture, and to report on it;"),
    ("14 (c)", ("The Mission shall deter threats, take steps, and prevent the return of armed "
     "elements to those areas;")),
]  # fmt: skip


def blocks(document_id: str, rows: list[tuple[str, str]]) -> list[dict[str, object]]:
    return [
        {
            "block_id": f"{document_id}.{order}",
            "document_id": document_id,
            "order": order,
            "section": "",
            "label": first if first[:1].isdigit() else "",
            "role": "operative" if first[:1].isdigit() else first,
            "text": text,
            "notes": [],
            "note_offsets": [],
            "paragraph": None,
            "source_index": None,
        }
        for order, (first, text) in enumerate(rows)
    ]


def document(document_id: str, kind: str, symbol: str) -> dict[str, object]:
    return {
        "document_id": document_id,
        "kind": kind,
        "symbol": symbol,
        "title": "",
        "date": date(2015, 6, 29),
        "year": 2015,
        "missions": [],
        "themes": [],
        "source_url": "",
        "n_blocks": 1,
        "n_words": 1,
        "remarks": [],
    }


@pytest.fixture(scope="module")
def linked() -> tuple[pl.DataFrame, pl.DataFrame]:
    documents = from_rows(
        Documents,
        [document("article", "article", ""), document("res", "resolution", "S/RES/9227 (2015)")],
    )
    all_blocks = from_rows(Blocks, blocks("article", ARTICLE) + blocks("res", RESOLUTION))
    index = shelf_of(documents, all_blocks, ["S/RES/9227 (2015)", "S/2014/999", ""])
    article = all_blocks.filter(pl.col("document_id") == "article").sort("order")
    return link_tables(REFERENCES, article, index)


def test_only_the_un_s_own_documents_are_references_with_their_symbols() -> None:
    found = {reference.key: reference.symbol for reference in un_references(REFERENCES)}

    assert found == {
        "Department of Peacekeeping Operations 2010": "",
        "UN Security Council 2014": "S/2014/999",
        "UN Security Council 2015": "S/RES/9227 (2015)",
        "UN Security Council 2017a": "S/PV.9975",
    }


def test_each_citation_is_resolved_or_says_why_not(
    linked: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    rows = linked[0].select("cited_as", "paragraphs", "document_id", "status").rows()

    council = "UN Security Council"
    assert rows == [
        (f"{council} 2015", ["3", "14"], "res", "in the corpus"),
        (f"{council} 2015", [], "res", "in the corpus"),
        (f"{council} 2014", ["66"], None, "in the manifest, not read"),
        (f"{council} 2015", [], "res", "in the corpus"),
        (f"{council} 2017a", [], None, "not in the manifest"),
        ("Department of Peacekeeping Operations 2010", [], None, "without a symbol"),
        ("S/RES/9999 (2020)", [], None, "not in the manifest"),
    ]


def test_quotations_are_found_with_their_paragraph_or_said_to_be_not_found(
    linked: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    rows = linked[1].select("text", "status", "label").rows()

    assert rows == [
        ("requests the mission to move to a more active posture", "found", "14 (b)"),
        ("should never have been written by anybody", "not found", ""),
        (
            "main supply routes and the people who live along them",
            "the cited document was not read",
            "",
        ),
        (
            "the mission shall deter threats ... and prevent the return of armed elements",
            "found",
            "14 (c)",
        ),
    ]


@pytest.mark.parametrize(
    ("quotation", "found"),
    [
        ("Requests the Mission to move to a more active posture", True),
        ("requests the mission to move to a more-active posture", True),
        ("requests the mission to go over to a less active stance", False),
        ("go back to barracks ... and prevent the return of armed elements", False),
        ("deter threats ... and bring the matter before a court of law", False),
    ],
)
def test_a_hyphen_may_differ_but_not_the_words(quotation: str, found: bool) -> None:
    texts = [unified(text) for _, text in RESOLUTION]

    assert (find_quotation(quotation, texts) is not None) == found


def test_six_shuffled_words_are_found_nowhere() -> None:
    import random

    words = sorted({word for _, text in RESOLUTION for word in text.split()})
    texts = [unified(text) for _, text in RESOLUTION]
    shuffled = random.Random(0)

    assert not any(find_quotation(" ".join(shuffled.sample(words, 6)), texts) for _ in range(200))


@pytest.mark.mirror
def test_what_the_article_quotes_from_un_documents_stands_in_them(mirror: Path) -> None:
    """Four of its seven quotations; the others are from doctrine that has no symbol."""
    cited = {
        entry: file_in(mirror, entry)
        for entry in read_manifest()
        if entry.path.startswith("un/cited/")
    }
    if not all(file.is_file() for file in cited.values()):
        pytest.skip("the mirror does not hold what the article cites")
    limits = load_settings().ingest
    article = next(entry for entry in read_manifest() if entry.kind == "article")
    place = Path("corpus", article.path)
    read = corpus_of(
        (entry, read_file(file.read_bytes(), entry.kind, file.suffix, limits))
        for entry, file in {article: place, **cited}.items()
    )
    blocks = read.blocks.filter(document_id=article.document_id)
    index = shelf_of(read.documents, read.blocks, [entry.symbol for entry in cited])

    citations, quotations = link_tables(place.read_text(encoding="utf-8"), blocks, index)

    found = quotations.filter(pl.col("status").cast(pl.String) == "found")
    assert dict(found.select("cited_as", "document_id").rows()) == {
        "UN Security Council 2014": "s-2014-403",
        "UN Security Council 2016": "s-2016-819",
        "UN Security Council 2017a": "s-pv-7975",
        "UN Security Council 2017b": "s-2017-271",
    }
    assert quotations.height == 7
    assert citations["document_id"].n_unique() == 5  # the four, and none for doctrine
