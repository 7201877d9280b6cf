"""The corpus as a list of references: BibTeX, and RIS for Zotero, EndNote and others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from pipeline.study.study import Article
from pipeline.study.symbols import address

_DOI = re.compile(r"https?://(?:dx\.)?doi\.org/(?P<doi>10\.\S+)")
_AUTHOR_OF_SYMBOL = (
    ("S/RES/", "United Nations Security Council"),
    ("S/PRST/", "United Nations Security Council"),
    ("S/PV.", "United Nations Security Council"),
    ("A/RES/", "United Nations General Assembly"),
)
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)


@dataclass(frozen=True)
class BibliographyEntry:
    """One document as a bibliography needs it; what is not known is empty or None."""

    key: str
    is_article: bool
    author: str
    journal: str
    title: str
    day: date | None
    symbol: str
    doi: str
    url: str
    note: str


def references(
    documents: pl.DataFrame, licences: Mapping[str, str], articles: Sequence[Article]
) -> tuple[BibliographyEntry, ...]:
    """One reference a document, articles first, then by id.

    Args:
        documents: `pipeline.tables.Documents`.
        licences: the licence of each document_id, as the manifest gives it.
        articles: the study's, with their authors and journals.
    """
    is_article = pl.col("kind").cast(pl.String) == "article"
    rows = documents.sort(~is_article, "document_id", maintain_order=True)
    article_of = {article.document_id: article for article in articles}
    return tuple(
        _reference(row, licences, article_of.get(row["document_id"]))
        for row in rows.iter_rows(named=True)
    )


def _reference(
    row: dict[str, object], licences: Mapping[str, str], article: Article | None
) -> BibliographyEntry:
    url, symbol = str(row["source_url"]), str(row["symbol"])
    is_article = str(row["kind"]) == "article"
    licence = licences.get(str(row["document_id"]), "")
    found = _DOI.match(url)
    day = row["date"]
    return BibliographyEntry(
        key=str(row["document_id"]),
        is_article=is_article,
        author=(article.author if article else "") if is_article else _author(symbol),
        journal=article.journal if article else "",
        title=str(row["title"]),
        day=day if isinstance(day, date) else None,
        symbol=symbol,
        doi=found["doi"] if found else "",
        url=url if is_article or not symbol else address(symbol),
        note=licence if is_article or not url else f"{licence}; read from {url}",
    )


def _author(symbol: str) -> str:
    for start, author in _AUTHOR_OF_SYMBOL:
        if symbol.startswith(start):
            return author
    return "United Nations"


def bibtex(all_references: Iterable[BibliographyEntry]) -> str:
    """The references as BibTeX in UTF-8; braces keep names of organs and capitals as they are."""
    return "\n".join(_bibtex_entry(reference) for reference in all_references)


def _bibtex_entry(reference: BibliographyEntry) -> str:
    kind = "article" if reference.is_article else "techreport"
    author = _latex(reference.author)
    fields = {
        "author": author if reference.is_article else f"{{{author}}}",
        "title": f"{{{_latex(reference.title)}}}",
        "journal": _latex(reference.journal),
        "institution": "" if reference.is_article else "United Nations",
        "type": "" if reference.is_article else "Document",
        "number": _latex(reference.symbol),
        "year": str(reference.day.year) if reference.day else "",
        "month": reference.day.strftime("%b").lower() if reference.day else "",
        "day": str(reference.day.day) if reference.day else "",
        "doi": _latex(reference.doi),
        "url": _url(reference.url),
        "note": _latex(reference.note),
    }
    lines = [
        f"  {name} = {value}," if name == "month" else f"  {name} = {{{value}}},"
        for name, value in fields.items()
        if value
    ]
    return "\n".join([f"@{kind}{{{reference.key},", *lines, "}", ""])


def _latex(text: str) -> str:
    return " ".join(text.translate(_LATEX).split())


def _url(place: str) -> str:
    """As it is but for what would close or open a brace, which an address writes as %7B."""
    return place.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C")


def ris(all_references: Iterable[BibliographyEntry]) -> str:
    """The references as RIS: a tag, two blanks, a dash and a value on each line, ended by ER."""
    return "".join(f"{line}\r\n" for each in all_references for line in _ris_lines(each))


def _ris_lines(reference: BibliographyEntry) -> Sequence[str]:
    fields = (
        ("TY", "JOUR" if reference.is_article else "RPRT"),
        ("ID", reference.key),
        # a comma at the end keeps EndNote from taking an organ for a person's names
        ("AU", f"{reference.author}," if reference.author and not reference.is_article else ""),
        *(("AU", name) for name in reference.author.split(" and ") if reference.is_article),
        ("TI", reference.title),
        ("T2", reference.journal),
        ("PB", "" if reference.is_article else "United Nations"),
        ("SN", reference.symbol),
        ("PY", str(reference.day.year) if reference.day else ""),
        ("DA", reference.day.strftime("%Y/%m/%d") if reference.day else ""),
        ("DO", reference.doi),
        ("UR", reference.url),
        ("N1", reference.note),
    )
    lines = [f"{tag}  - {' '.join(value.split())}" for tag, value in fields if value]
    return [*lines, "ER  - ", ""]
