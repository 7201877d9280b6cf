"""Hand codes and machine codes as ranges of the texts of documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.codings import Coding
from pipeline.document_text import DocumentText, ranges
from pipeline.refi import MACHINE


@dataclass(frozen=True, slots=True)
class Selection:
    """A range of a document's text to which one coder gave codes.

    Attributes:
        start: first character in the document's text; `end` is one past the last.
        name: what is coded: a unit_id, or a passage_id.
        codes: theme_ids, in the order of the codebook.
        remark: what else is known, such as the classifier's probabilities; may be empty.
    """

    document_id: str
    start: int
    end: int
    coder: str
    name: str
    codes: tuple[str, ...]
    remark: str = ""


def hand_selections(
    coding: Coding,
    anchors: pl.DataFrame,
    texts: Mapping[str, DocumentText],
    theme_ids: Sequence[str],
) -> list[Selection]:
    """One selection a coder and unit that they gave a code, in the order of the units.

    Args:
        coding: the passes over one set of units.
        anchors: unit_id, block_id, start, end of its units.
        texts: by document_id.
        theme_ids: all codes, in the order of the codebook.
    """
    places = ranges(anchors.rename({"unit_id": "name"}), texts)
    given = _given(coding.codes.rename({"unit_id": "name"}), theme_ids, ["coder", "name"])
    rows = places.join(given, on="name", maintain_order="left").sort("coder", maintain_order=True)
    columns = ("document_id", "start", "end", "coder", "name", "codes")
    return [
        Selection(document_id, start, end, coder, name, tuple(codes))
        for document_id, start, end, coder, name, codes in rows.select(columns).iter_rows()
    ]


def machine_selections(
    scores: pl.DataFrame,
    passages: pl.DataFrame,
    texts: Mapping[str, DocumentText],
    theme_ids: Sequence[str],
) -> list[Selection]:
    """One selection a passage of these documents to which the classifier assigned a theme.

    The remark gives each theme's probability and says when it comes from a model that had learnt
    from this passage (its paragraph or document).
    """
    anchors = passages.select(pl.col("passage_id").alias("name"), "block_id", "start", "end")
    assigned = scores.filter("assigned").rename({"passage_id": "name"})
    given = _given(assigned, theme_ids, ["name"])
    rows = ranges(anchors, texts).join(given, on="name", maintain_order="left")
    columns = ("document_id", "start", "end", "name", "codes", "probability", "out_of_fold")
    return [
        Selection(document, start, end, MACHINE, name, tuple(codes), _said(codes, shares, unseen))
        for document, start, end, name, codes, shares, unseen in rows.select(columns).iter_rows()
    ]


def _given(codes: pl.DataFrame, theme_ids: Sequence[str], keys: list[str]) -> pl.DataFrame:
    """One row for each of the keys, with lists of the other columns in the codebook's order."""
    order = pl.DataFrame({"theme_id": list(theme_ids)}, schema={"theme_id": pl.String})
    numbered = codes.join(order.with_row_index("number"), on="theme_id").sort(*keys, "number")
    others = [name for name in codes.columns if name not in {*keys, "theme_id"}]
    return numbered.group_by(keys, maintain_order=True).agg(
        pl.col("theme_id").alias("codes"), *others
    )


def _said(codes: Sequence[str], probabilities: Sequence[float], unseen: Sequence[bool]) -> str:
    parts = zip(codes, probabilities, unseen, strict=True)
    return "; ".join(
        f"{theme_id} {probability:.2f}" + ("" if out_of_fold else " (learnt from it)")
        for theme_id, probability, out_of_fold in parts
    )
