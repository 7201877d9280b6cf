"""Passages with two sides: the group that the machine put them in, and the themes they carry."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from pipeline.compare.statistics.measures import Booleans, Integers
from pipeline.run.tables.topics import OUTLIER

NO_THEME = -1
"""The primary theme of a passage that was read and carries none."""


@dataclass(frozen=True)
class LabelledPassages:
    """Passages that were clustered and read for themes, in the order of their documents.

    Attributes:
        passages: which passages these are: those of a coded set, by its id.
        candidate: what made the groups: ``topics``, or the name of a baseline.
        reference: what the themes are: ``codes``, ``code_groups``, ``sections`` or ``classifier``.
        passage_ids: n ids.
        group: int [n]; OUTLIER for a passage that belongs to no group.
        theme_ids: names of the columns of ``members``.
        members: bool [n, themes], all themes of a passage; it may have none.
        primary: int [n], the column of the theme that speaks for the passage; NO_THEME for none.
        cluster: int [n]; passages of one paragraph (article) or document share a number.
        stratum: int [n]; passages of one section (article) or mission (document) share a number.
    """

    passages: str
    candidate: str
    reference: str
    passage_ids: tuple[str, ...]
    group: Integers
    theme_ids: tuple[str, ...]
    members: Booleans
    primary: Integers
    cluster: Integers
    stratum: Integers

    @property
    def name(self) -> str:
        """A key that no other comparison has."""
        return f"{self.passages}/{self.candidate}/{self.reference}"

    def themed(self) -> LabelledPassages:
        """Only the passages that carry a theme; the measures of agreement need one."""
        return self.only(self.primary != NO_THEME)

    def without_outliers(self) -> LabelledPassages:
        """Only the passages that belong to a group."""
        return self.only(self.group != OUTLIER)

    def only(self, kept: Booleans) -> LabelledPassages:
        """The passages for which ``kept`` is true."""
        return replace(
            self,
            passage_ids=tuple(np.array(self.passage_ids, dtype=object)[kept]),
            group=self.group[kept],
            members=self.members[kept],
            primary=self.primary[kept],
            cluster=self.cluster[kept],
            stratum=self.stratum[kept],
        )


def random_for(seed: int, name: str) -> np.random.Generator:
    """A source of randomness of its own for each name, so that no part disturbs another."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def primary_themes(labels: pl.DataFrame, theme_ids: Sequence[str]) -> pl.DataFrame:
    """The one theme that speaks for a passage: passage_id, theme_id.

    Rule, declared before results were seen: the theme carried by most units of the passage; of
    several, the one that fewer passages carry over all (the more telling one); of these, the one
    that stands first in ``theme_ids``.

    Args:
        labels: passage_id, theme_id, weight (units with the theme, or a probability).
        theme_ids: all themes in the order of the codebook.
    """
    order = pl.DataFrame({"theme_id": theme_ids}, {"theme_id": pl.String}).with_row_index("place")
    spread = labels.group_by("theme_id").agg(pl.len().alias("spread"))
    return (
        labels.join(spread, on="theme_id")
        .join(order, on="theme_id")
        .sort("passage_id", -pl.col("weight"), "spread", "place")
        .unique("passage_id", keep="first", maintain_order=True)
        .select("passage_id", "theme_id")
    )


def label_passages(
    placed: pl.DataFrame,
    labels: pl.DataFrame,
    theme_ids: Sequence[str],
    *,
    passages: str,
    reference: str,
    candidate: str = "topics",
) -> LabelledPassages:
    """Join groups and themes of passages.

    Args:
        placed: passage_id, group (null: never clustered), cluster, stratum, in document order; all
            passages that were read for themes, whether they carry any or not.
        labels: passage_id, theme_id, weight.
        theme_ids: all themes in the order of the codebook.
        passages: see `LabelledPassages`; so are the two names that follow.
        reference: what the themes are.
        candidate: what made the groups.
    """
    kept_labels = labels.join(placed.select("passage_id"), on="passage_id", how="semi")
    primary = primary_themes(kept_labels, theme_ids)
    clustered = placed.filter(pl.col("group").is_not_null())
    rows = clustered.join(primary, on="passage_id", how="left", maintain_order="left")
    return LabelledPassages(
        passages=passages,
        candidate=candidate,
        reference=reference,
        passage_ids=tuple(rows["passage_id"]),
        group=rows["group"].cast(pl.Int64).to_numpy(),
        theme_ids=tuple(theme_ids),
        members=_members(rows["passage_id"], kept_labels, theme_ids),
        primary=_places(rows["theme_id"], theme_ids),
        cluster=_numbered(rows["cluster"]),
        stratum=_numbered(rows["stratum"]),
    )


def _members(passage_ids: pl.Series, labels: pl.DataFrame, theme_ids: Sequence[str]) -> Booleans:
    members = np.zeros((len(passage_ids), len(theme_ids)), dtype=bool)
    row_of = {passage_id: row for row, passage_id in enumerate(passage_ids)}
    column_of = {theme_id: column for column, theme_id in enumerate(theme_ids)}
    for passage_id, theme_id in labels.select("passage_id", "theme_id").iter_rows():
        if passage_id in row_of:
            members[row_of[passage_id], column_of[theme_id]] = True
    return members


def _places(values: pl.Series, theme_ids: Sequence[str]) -> Integers:
    column_of = {theme_id: column for column, theme_id in enumerate(theme_ids)}
    return np.array([column_of.get(value, NO_THEME) for value in values], dtype=np.int64)


def _numbered(values: pl.Series) -> Integers:
    return np.unique(values.cast(pl.String).fill_null("").to_numpy(), return_inverse=True)[1]
