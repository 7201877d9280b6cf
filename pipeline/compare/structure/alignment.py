"""Topics and themes of the same passages, and which goes with which: counts, tests, matchings."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from pipeline.compare.material import fitted, from_rows
from pipeline.compare.statistics.chance import design_effects, one_sided
from pipeline.compare.statistics.measures import Booleans, Floats, Integers
from pipeline.run.tables.compare import Alignment, Explanation
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


_PASSAGES_TO_READ = 3


@dataclass(frozen=True)
class Cells:
    """The topic by theme table.

    Attributes:
        topic_ids: int [topics], outliers among them.
        n: int [topics, themes], passages with both.
        n_topic: int [topics].
        n_theme: int [themes].
        n_passages: passages in all.
        effects: float [topics, themes], as by `dependence.design_effects`.
    """

    topic_ids: Integers
    n: Integers
    n_topic: Integers
    n_theme: Integers
    n_passages: int
    effects: Floats

    @property
    def jaccard(self) -> Floats:
        """Passages with both over passages with either."""
        either = self.n_topic[:, None] + self.n_theme[None, :] - self.n
        jaccard: Floats = self.n / np.maximum(either, 1)
        return jaccard

    @property
    def lift(self) -> Floats:
        """Passages with both over those expected if topic and theme were unrelated."""
        expected = self.n_topic[:, None] * self.n_theme[None, :] / max(self.n_passages, 1)
        return np.divide(self.n, expected, where=expected > 0, out=np.zeros(self.n.shape))

    @property
    def p_value(self) -> Floats:
        """One-sided Fisher test of more passages with both than expected (hypergeometric).

        The test takes passages as independent; its result is corrected by the design effect of
        neighbours that resemble each other.
        """
        from scipy.stats import hypergeom

        p_value: Floats = hypergeom.sf(
            self.n - 1, self.n_passages, self.n_theme[None, :], self.n_topic[:, None]
        )
        return one_sided(np.clip(p_value, 0, 1), self.effects)


def topic_theme_cells(labelled: LabelledPassages) -> Cells:
    """Count passages by topic and theme; a passage counts for each of its themes."""
    topic_ids, row = np.unique(labelled.group, return_inverse=True)
    n = np.zeros((len(topic_ids), labelled.members.shape[1]), dtype=np.int64)
    np.add.at(n, row, labelled.members.astype(np.int64))
    return Cells(
        topic_ids=topic_ids,
        n=n,
        n_topic=np.bincount(row, minlength=len(topic_ids)),
        n_theme=labelled.members.sum(0),
        n_passages=len(labelled.passage_ids),
        effects=design_effects(labelled.group[:, None] == topic_ids, labelled.members),
    )


def false_discovery_rates(p_values: Floats, tested: Booleans) -> Floats:
    """Q-values of Benjamini and Hochberg (1995) over the tested cells; 1 elsewhere."""
    from scipy.stats import false_discovery_control

    q_values = np.ones(p_values.shape)
    if tested.any():
        q_values[tested] = false_discovery_control(p_values[tested], method="bh")
    return q_values


def one_to_one_matching(cells: Cells) -> Booleans:
    """Pairs of a topic and a theme that make the sum of Jaccard indices largest.

    Outliers take no part; nor do pairs without a common passage.
    Source: the assignment problem (Kuhn 1955), solved by scipy.
    """
    from scipy.optimize import linear_sum_assignment

    matched = np.zeros(cells.n.shape, dtype=bool)
    topics = np.flatnonzero(cells.topic_ids != OUTLIER)
    rows, columns = linear_sum_assignment(cells.jaccard[topics], maximize=True)
    matched[topics[rows], columns] = True
    return matched & (cells.n > 0)


def many_to_one_matching(cells: Cells) -> Booleans:
    """For each topic but the outliers the theme with the largest Jaccard index."""
    matched = np.zeros(cells.n.shape, dtype=bool)
    matched[np.arange(len(matched)), cells.jaccard.argmax(1)] = True
    matched &= (cells.n > 0) & (cells.topic_ids != OUTLIER)[:, None]
    return matched


def alignment_table(labelled: LabelledPassages) -> pl.DataFrame:
    """tables.Alignment of the cells that hold a passage; q-values are over all cells.

    The tested family is every topic (outliers among them) with every theme that occurs.
    """
    cells = topic_theme_cells(labelled)
    q_values = false_discovery_rates(cells.p_value, _testable(cells))
    filled = np.argwhere(cells.n > 0)
    rows, columns = filled[:, 0], filled[:, 1]
    frame = {
        "passages": [labelled.passages] * len(filled),
        "reference": [labelled.reference] * len(filled),
        "topic_id": cells.topic_ids[rows],
        "theme_id": np.array(labelled.theme_ids, dtype=object)[columns],
        "n": cells.n[rows, columns],
        "n_topic": cells.n_topic[rows],
        "n_theme": cells.n_theme[columns],
        "n_passages": np.full(len(filled), cells.n_passages),
        "jaccard": cells.jaccard[rows, columns].round(6),
        "lift": cells.lift[rows, columns].round(6),
        "p_value": cells.p_value[rows, columns].round(12),
        "q_value": q_values[rows, columns].round(12),
        "one_to_one": one_to_one_matching(cells)[rows, columns],
        "many_to_one": many_to_one_matching(cells)[rows, columns],
    }
    return fitted(Alignment, pl.DataFrame(frame))


def _testable(cells: Cells) -> Booleans:
    return (cells.n_topic[:, None] > 0) & (cells.n_theme[None, :] > 0)


def explanation_table(
    labelled: LabelledPassages, topics: Mapping[int, str], false_discovery_rate: float
) -> pl.DataFrame:
    """tables.Explanation: for every topic the theme that fits it best, or why none does.

    Args:
        labelled: passages with topics and themes.
        topics: the label of every topic, also of those without any labelled passage.
        false_discovery_rate: largest q-value of an association.
    """
    cells = topic_theme_cells(labelled)
    q_values = false_discovery_rates(cells.p_value, _testable(cells))
    row_of = {int(topic_id): row for row, topic_id in enumerate(cells.topic_ids)}
    which = {"passages": labelled.passages, "reference": labelled.reference}
    rows = []
    for topic_id, label in topics.items():
        row = row_of.get(topic_id)
        if row is None:
            rows.append(_unexplained(topic_id, label))
            continue
        best = int(cells.jaccard[row].argmax())
        explained = bool((q_values[row] <= false_discovery_rate).any())
        rows.append(
            {
                "topic_id": topic_id,
                "label": label,
                "n_topic": int(cells.n_topic[row]),
                "theme_id": labelled.theme_ids[best],
                "jaccard": round(float(cells.jaccard[row, best]), 6),
                "explained": explained,
                "reason": "" if explained else "no theme is more frequent in it than by chance",
                "passage_ids": _first_passages(labelled, topic_id),
            }
        )
    return from_rows(Explanation, [{**which, **each} for each in rows])


def _unexplained(topic_id: int, label: str) -> dict[str, object]:
    return {
        "topic_id": topic_id,
        "label": label,
        "n_topic": 0,
        "theme_id": None,
        "jaccard": None,
        "explained": False,
        "reason": "it holds no passage with a theme",
        "passage_ids": [],
    }


def _first_passages(labelled: LabelledPassages, topic_id: int) -> list[str]:
    places = np.flatnonzero(labelled.group == topic_id)[:_PASSAGES_TO_READ]
    return [labelled.passage_ids[place] for place in places]
