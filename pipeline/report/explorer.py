"""All passages for the explorer: a light index for filters, chunks with texts, nearest passages."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from pipeline.report.elements import kind_name
from pipeline.report.material import PageMaterial
from pipeline.run.arrays import Integers, Vectors
from pipeline.run.tables.texts import DOCUMENTS, KINDS, PASSAGES
from pipeline.run.tables.themes import PASSAGE_CODES, SCORES, UNITS
from pipeline.run.tables.topics import ASSIGNMENTS, TOPICS
from pipeline.study.sets import Side

N_NEIGHBOURS = 5
COMPARED_WHOLE = 40_000
"""Different texts up to which each is compared with all others; more are cut into parts."""
_BLOCK = 1024
_MOST_AT_ONCE = 25_000_000
"""Texts compared with all others at once, fewer of a large corpus: likenesses take 300 MB."""

_DECIMALS = 4
"""Likenesses are ordered by so many digits: further ones depend on the machine."""
_PARTS = 24
"""Parts in which the neighbours of a text are looked for (docs/scaling.md: how many are found)."""
_OF_A_PART = 50  # texts drawn to find the centre of each part
_ROUNDS = 10  # of k-means


def nearest_passages(vectors: Vectors, texts: Sequence[str], n: int = N_NEIGHBOURS) -> Integers:
    """The rows nearest to each row by cosine, nearest first, int [n_passages, at most n].

    Mandates repeat paragraphs, so each text counts once, by its first row, and a passage is no
    neighbour of its own text. With more different texts than COMPARED_WHOLE the neighbours are
    those in the parts of the corpus that are nearest to a text, of which a few may not be the
    nearest of all.

    Args:
        vectors: float32 [n_passages, dimension], L2-normalised.
        texts: one a row; equal texts have equal vectors.
        n: neighbours a passage.
    """
    first: dict[str, int] = {}
    for row, text in enumerate(texts):
        first.setdefault(text, row)
    different = np.fromiter(first.values(), dtype=np.int64, count=len(first))
    number = {text: place for place, text in enumerate(first)}
    kept = min(n, len(different) - 1)
    if kept < 1:
        return np.zeros((len(texts), 0), dtype=np.int64)
    compared = np.ascontiguousarray(vectors[different])
    whole = len(compared) <= COMPARED_WHOLE
    found = _among_all(compared, kept) if whole else _among_parts(compared, kept)
    nearest: Integers = different[found[[number[text] for text in texts]]]
    return nearest


def _among_all(vectors: Vectors, n: int) -> Integers:
    step = min(_BLOCK, max(1, _MOST_AT_ONCE // len(vectors)))
    blocks = [slice(start, start + step) for start in range(0, len(vectors), step)]
    return np.vstack([_of_block(vectors, block, n) for block in blocks])


def _of_block(vectors: Vectors, part: slice, n: int) -> Integers:
    likeness = vectors[part] @ vectors.T
    rows = np.arange(len(likeness))
    likeness[rows, part.start + rows] = -2  # not its own neighbour
    candidates = np.argpartition(likeness, -n, axis=1)[:, -n:]
    return _in_order(candidates, np.take_along_axis(likeness, candidates, axis=1))


def _in_order(candidates: Integers, likeness: Vectors) -> Integers:
    """Of each row the most like first, and of two that are as like the one that stands first."""
    by_place = np.argsort(candidates, axis=1)
    values = np.take_along_axis(likeness, by_place, axis=1).round(_DECIMALS)
    order = np.take_along_axis(by_place, np.argsort(-values, axis=1, kind="stable"), axis=1)
    return np.take_along_axis(candidates, order, axis=1)


def _among_parts(vectors: Vectors, n: int) -> Integers:
    """Neighbours of each row in the parts whose centres are nearest to it, int [n_rows, n].

    An inverted file (Sivic and Zisserman 2003, "Video Google"): as many parts as the root of the
    number of rows, so that the work grows with its power of 1.5. Rows are cut into blocks, a
    thread a block, and each product is one thread's: the bits do not depend on the cores.
    """
    with threadpool_limits(limits=1), ThreadPoolExecutor(os.cpu_count()) as threads:
        centres = _centres(vectors, int(len(vectors) ** 0.5))
        blocks = np.array_split(vectors, len(vectors) // _BLOCK + 1)
        part = np.concatenate([(block @ centres.T).argmax(axis=1) for block in blocks])
        filled = np.unique(part)
        rows = np.argsort(part, kind="stable")
        ends = np.searchsorted(part[rows], filled[1:])
        members, likest = np.split(rows, ends), min(max(_PARTS, n + 1), len(filled))
        search = partial(_in_parts, vectors, centres[filled], members, likest, n)
        # rows of a part are looked up together: they have most of their parts in common
        found = list(threads.map(search, np.array_split(rows, len(rows) // (8 * _BLOCK) + 1)))
    nearest = np.empty((len(vectors), n), dtype=np.int64)
    nearest[rows] = np.concatenate(found)
    return nearest


def _centres(vectors: Vectors, n_parts: int) -> Vectors:
    """Directions of the parts, by k-means on the sphere of a sample (Dhillon and Modha 2001)."""
    random = np.random.default_rng(0)
    n_drawn = min(len(vectors), _OF_A_PART * n_parts)
    drawn = vectors[np.sort(random.choice(len(vectors), n_drawn, replace=False))]
    centres = drawn[:: n_drawn // n_parts][:n_parts].copy()
    for _ in range(_ROUNDS):
        part = (drawn @ centres.T).argmax(axis=1)
        filled, starts = np.unique(np.sort(part), return_index=True)
        sums = np.add.reduceat(drawn[np.argsort(part, kind="stable")], starts, axis=0)
        centres[filled] = sums / np.linalg.norm(sums, axis=1, keepdims=True).clip(1e-9)
    return centres


def _in_parts(
    vectors: Vectors, centres: Vectors, members: Sequence[Integers], likest: int, n: int,
    rows: Integers,
) -> Integers:  # fmt: skip
    """Neighbours of some rows, each among the ``members`` of its ``likest`` parts."""
    asked = vectors[rows]
    parts = np.argpartition(asked @ centres.T, -likest, axis=1)[:, -likest:]
    likeness = np.full((len(rows), n), -3, dtype=np.float32)
    nearest = np.zeros((len(rows), n), dtype=np.int64)
    askers = np.split(
        np.argsort(parts, axis=None, kind="stable") // likest,
        np.searchsorted(np.sort(parts, axis=None), np.arange(1, len(centres))),
    )
    for among, by in zip(members, askers, strict=True):
        products = asked[by] @ vectors[among].T
        own = np.searchsorted(among, rows[by]).clip(max=len(among) - 1)
        itself = among[own] == rows[by]
        products[itself, own[itself]] = -2  # not its own neighbour
        best = np.argpartition(products, -min(n, len(among)), axis=1)[:, -n:]
        values = np.hstack([likeness[by], np.take_along_axis(products, best, axis=1)])
        kept = np.argpartition(values, -n, axis=1)[:, -n:]
        likeness[by] = np.take_along_axis(values, kept, axis=1)
        nearest[by] = np.take_along_axis(np.hstack([nearest[by], among[best]]), kept, axis=1)
    return _in_order(nearest, likeness)


CHUNK = 500
"""Passages in one file: about 200 kB, read in a few milliseconds from disk."""
NOT_CLUSTERED = -2
"""In place of a topic_id: topics were not fitted on this passage."""


@dataclass(frozen=True)
class ExplorerIndex:
    """What the explorer loads.

    Attributes:
        index: documents, topics, themes, and for every filter the passages that it keeps.
        chunks: the texts; passage i stands in chunk i // CHUNK at place i % CHUNK.
        n_passages: of all chunks.
    """

    index: dict[str, Any]
    chunks: tuple[dict[str, Any], ...]
    n_passages: int


def explorer_index(material: PageMaterial) -> ExplorerIndex:
    """All passages, articles first, then by date, kind and document, in order of reading."""
    documents = _ordered_documents(material.frame(DOCUMENTS))
    passages = _ordered_passages(material.frame(PASSAGES), documents)
    places = passages.select("passage_id", "place")
    near = _neighbours(material, passages)
    groups = material.study.interviews.speaker_groups
    index = {
        "chunk": CHUNK,
        "n": passages.height,
        "documents": list(_document_entries(documents, passages)),
        "topics": _topic_entries(material),
        "themes": _theme_entries(material),
        "kinds": [[kind, kind_name(kind).capitalize()] for kind in KINDS],
        "sides": [_side_entry(one) for one in material.study.sides],
        "speaker_groups": [[group.id, group.name] for group in groups],
        "topic": _topic_of_each(passages, material.frame(ASSIGNMENTS)),
        "procedural": _steps(passages.filter("procedural")["place"].to_list()),
        "by_speaker_group": {
            group.id: _steps(
                passages.filter(pl.col("speaker_groups").list.contains(group.id))["place"].to_list()
            )
            for group in groups
        },
        "scored": _scored(places, material.frame(SCORES)),
        "coded": _coded(places, material.frame(PASSAGE_CODES)),
        "read": _steps(_read_for_coding(places, material.frame(UNITS))),
    }
    chunks = tuple(
        _chunk(part, near[number * CHUNK : (number + 1) * CHUNK])
        for number, part in enumerate(passages.iter_slices(CHUNK))
    )
    return ExplorerIndex(index, chunks, passages.height)


def _neighbours(material: PageMaterial, passages: pl.DataFrame) -> list[list[int]]:
    """For each passage on the index the places of those nearest in meaning."""
    if material.vectors is None:
        return [[] for _ in range(passages.height)]
    vectors = material.vectors[passages["vector"].to_numpy()]
    nearest: list[list[int]] = nearest_passages(vectors, passages["text"].to_list()).tolist()
    return nearest


def _ordered_documents(documents: pl.DataFrame) -> pl.DataFrame:
    is_article = pl.col("kind").cast(pl.String) == "article"
    return documents.sort(
        ~is_article, "date", "document_id", nulls_last=True, maintain_order=True
    ).with_row_index("index")


def _ordered_passages(passages: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    return (
        passages.with_row_index("vector")
        .join(documents.select("document_id", "index"), on="document_id")
        .sort("index", "order")
        .with_row_index("place")
    )


def _document_entries(documents: pl.DataFrame, passages: pl.DataFrame) -> Iterator[dict[str, Any]]:
    n_passages = dict(passages.group_by("document_id").len().iter_rows())
    for row in documents.iter_rows(named=True):
        yield {
            "id": row["document_id"],
            "kind": row["kind"],
            "symbol": row["symbol"],
            "title": row["title"],
            "date": "" if row["date"] is None else row["date"].isoformat(),
            "year": row["year"],
            "missions": row["missions"],
            "url": row["source_url"],
            "n": n_passages.get(row["document_id"], 0),
        }


def _side_entry(side: Side) -> dict[str, Any]:
    """A side as the explorer filters by it: kinds and missions (none named: all), or interviews."""
    of = side.documents
    return {
        "id": side.id,
        "name": side.name,
        "kinds": list(of.kinds) if of else [],
        "missions": list(of.missions) if of else [],
        "interviews": side.interviews,
    }


def _topic_entries(material: PageMaterial) -> list[list[Any]]:
    topics = material.frame(TOPICS)
    return [list(row) for row in topics.select("topic_id", "label").iter_rows()]


def _theme_entries(material: PageMaterial) -> list[list[str]]:
    return [[theme_id, name] for theme_id, name in material.theme_names.items()]


def _topic_of_each(passages: pl.DataFrame, assignments: pl.DataFrame) -> list[int]:
    joined = passages.select("passage_id", "place").join(
        assignments.select("passage_id", "topic_id"), on="passage_id", how="left"
    )
    topics: list[int] = joined.sort("place")["topic_id"].fill_null(NOT_CLUSTERED).to_list()
    return topics


def _scored(places: pl.DataFrame, scores: pl.DataFrame) -> dict[str, Any]:
    """By theme: the passages at or above its threshold, their scores in percent, and for
    which of them the score comes from a model that never saw their group."""
    assigned = scores.filter("assigned").join(places, on="passage_id").sort("place")
    return {
        str(theme_id): {
            "at": _steps(rows["place"].to_list()),
            "score": (rows["probability"] * 100).round().cast(pl.Int64).to_list(),
            "fold": "".join("1" if unseen else "0" for unseen in rows["out_of_fold"]),
        }
        for (theme_id,), rows in assigned.sort("theme_id", "place").group_by(
            "theme_id", maintain_order=True
        )
    }


def _coded(places: pl.DataFrame, codes: pl.DataFrame) -> dict[str, list[int]]:
    joined = codes.join(places, on="passage_id").sort("theme_id", "place")
    return {
        str(theme_id): _steps(rows["place"].to_list())
        for (theme_id,), rows in joined.group_by("theme_id", maintain_order=True)
    }


def _read_for_coding(places: pl.DataFrame, units: pl.DataFrame) -> list[int]:
    """Passages that hold a unit which was coded, whether or not they gave it a code."""
    held = units.select(pl.col("passage_ids").alias("passage_id")).explode("passage_id")
    joined = held.drop_nulls().unique().join(places, on="passage_id")
    found: list[int] = joined["place"].sort().to_list()
    return found


def _steps(sorted_places: Sequence[int]) -> list[int]:
    """Differences from each place to the one before it: far fewer digits than the places."""
    steps = []
    last = 0
    for place in sorted_places:
        steps.append(place - last)
        last = place
    return steps


def _chunk(passages: pl.DataFrame, near: Sequence[Sequence[int]]) -> dict[str, Any]:
    """The columns of some passages; headings stand once."""
    sections, section = _numbered(passages["section"].to_list())
    roles, role = _numbered(passages["role"].to_list())
    return {
        "id": passages["passage_id"].to_list(),
        "sections": sections,
        "section": section,
        "roles": roles,
        "role": role,
        "label": passages["label"].to_list(),
        "text": passages["text"].to_list(),
        "near": list(near),
    }


def _numbered(values: Iterable[str]) -> tuple[list[str], list[int]]:
    """The different values, and for each value its number among them."""
    numbers: dict[str, int] = {}
    numbered = [numbers.setdefault(value, len(numbers)) for value in values]
    return list(numbers), numbered
