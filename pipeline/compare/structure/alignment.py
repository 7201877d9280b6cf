"""Which topic goes with which theme: counts, tests with false-discovery control, matchings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.compare.material import fitted, from_rows
from pipeline.compare.statistics.chance import design_effects, one_sided
from pipeline.compare.statistics.measures import Booleans, Floats, Integers
from pipeline.compare.structure.labels import LabelledPassages
from pipeline.run.tables.compare import Alignment, Explanation
from pipeline.run.tables.topics import OUTLIER

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
