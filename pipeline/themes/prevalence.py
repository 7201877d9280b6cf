"""How common each theme is in documents, as classified and corrected for the classifier's error.

Counting what a classifier assigns is biased, since it misses some passages and takes others
wrongly. The coded paragraphs were drawn with known probabilities, so they tell by how much: the
corrected share is the survey-sampling difference estimator that Egami, Hinck, Stewart and Wei
(2023, "Using Imperfect Surrogates for Downstream Inference", NeurIPS) call design-based supervised
learning, with the weight on the classifier tuned as in PPI++ (Angelopoulos, Duchi and Zrnic 2023):

    share = lambda * mean(f) + sum(w * (y - lambda * f)) / sum(w)

over all passages of the population (first term) and the coded ones (second), with f what the
classifier assigns out of fold, y the code given, w = 1 / inclusion probability, and lambda the
weighted regression of y on f, kept between 0 and 1. With lambda 0 the classifier is useless and
the share is that of the codes alone. Where the probabilities grow with the classifier's doubt, this
is active inference (Zrnic and Candes 2024, "Active Statistical Inference"). Several draws from one
population are pooled, each counting by its units (Hartley 1962, "Multiple frame surveys").

The variance comes from resampling coded documents. A symmetric or percentile interval would be too
short for rare themes (none at all for a theme that no coded paragraph has), so the interval is that
of Korn and Graubard (1998, "Confidence intervals for proportions with small expected number of
positive counts estimated from survey data"): the exact binomial interval of Clopper and Pearson for
the effective number of coded paragraphs, share * (1 - share) / variance. They bound that number by
the number of units, which throws away what the classifier adds; not so where units were drawn by
doubt (benchmarks/active_draws.py: 95 to 97% of intervals hold the share without the bound).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.run.settings import ThemeSettings
from pipeline.study.sets import SUGGESTED
from pipeline.themes.evaluation import group_weights
from pipeline.themes.samples import Booleans, Floats, pooled_weights
from pipeline.themes.units import CodedCorpus, Frame, frame_of
from pipeline.themes.validation import Judgement

FEWEST_DOCUMENTS = 20
"""Of coded units, for intervals that count a draw by doubt for more than its units."""

_DECIMALS = 6
_SHARES = ("share", "low", "high")


@dataclass(frozen=True)
class CodedPassages:
    """Coded units with what the classifier assigned to them, out of fold.

    Attributes:
        truth: bool [n, themes].
        assigned: bool [n, themes].
        weights: float [n], one over the probability of having been drawn.
        documents: the document of each unit, or a name for several that share near-duplicates;
            resampled whole.
        by_doubt: bool [n], the units of draws by doubt; None where there are none.
    """

    truth: Booleans
    assigned: Booleans
    weights: Floats
    documents: Sequence[str]
    by_doubt: Booleans | None = None

    @property
    def is_bounded(self) -> bool:
        """Whether the effective number of units is at most their number.

        Not where a draw by doubt takes part; but with few documents the variance over resampled
        documents is far too uncertain to do without the bound.
        """
        by_doubt = self.by_doubt is not None and bool(self.by_doubt.any())
        return not by_doubt or len(set(self.documents)) < FEWEST_DOCUMENTS

    def take(self, rows: Booleans) -> CodedPassages:
        """The units at these rows."""
        documents = [name for name, kept in zip(self.documents, rows, strict=True) if kept]
        return replace(
            self,
            truth=self.truth[rows],
            assigned=self.assigned[rows],
            weights=self.weights[rows],
            documents=documents,
            by_doubt=None if self.by_doubt is None else self.by_doubt[rows],
        )


@dataclass(frozen=True)
class CorrectedShares:
    """Share and interval a theme, each float [themes]."""

    share: Floats
    low: Floats
    high: Floats


def corrected_shares(
    assigned_share: Floats, coded: CodedPassages, settings: ThemeSettings, seed: int
) -> CorrectedShares:
    """The estimator of the module's docstring, for all themes of one population.

    Args:
        assigned_share: mean of what the classifier assigns over the population, float [themes].
        coded: the coded units of this population.
        settings: resamples and confidence.
        seed: of the resampling.
    """
    drawn = group_weights(coded.documents, settings.bootstrap, seed)
    weights = np.vstack([np.ones(len(coded.weights)), drawn]) * coded.weights
    estimates = _estimates(assigned_share, coded, weights)
    share, variance = estimates[0], estimates[1:].var(axis=0)
    most = len(coded.weights) if coded.is_bounded else np.inf
    low, high = survey_interval(share, variance, coded.weights, settings.confidence, most)
    return CorrectedShares(share, low, high)


def survey_interval(
    share: Floats, variance: Floats, weights: Floats, confidence: float, most: float = np.inf
) -> tuple[Floats, Floats]:
    """Korn and Graubard's interval of each share, both float [themes].

    Args:
        share: estimates, float [themes].
        variance: of each estimate.
        weights: of the coded units; they bound the effective number of units by Kish's
            (sum w)^2 / sum w^2, which counts alone where an estimate or its variance is 0.
        confidence: such as 0.95.
        most: the largest effective number of units.
    """
    from scipy.stats import beta

    kish = weights.sum() ** 2 / (weights**2).sum()
    spread = share * (1 - share)
    known = (spread > 0) & (variance > 0)
    effective = np.divide(spread, variance, out=np.full_like(share, kish), where=known)
    effective = np.clip(effective, 1, most)
    positives, tail = share * effective, (1 - confidence) / 2
    low = beta.ppf(tail, positives, effective - positives + 1)
    high = beta.ppf(1 - tail, positives + 1, effective - positives)
    return np.where(share > 0, low, 0.0), np.where(share < 1, high, 1.0)


def _estimates(assigned_share: Floats, coded: CodedPassages, weights: Floats) -> Floats:
    """One estimate a row of weights, float [rows, themes], inside 0..1."""
    truth, said = coded.truth.astype(np.float64), coded.assigned.astype(np.float64)
    total = np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    mean_truth, mean_said = weights @ truth / total, weights @ said / total
    covariance = weights @ (truth * said) / total - mean_truth * mean_said
    variance = mean_said * (1 - mean_said)
    tuned = np.divide(covariance, variance, out=np.zeros_like(covariance), where=variance > 1e-12)
    trust = np.clip(tuned, 0, 1)
    estimates: Floats = np.clip(mean_truth + trust * (assigned_share - mean_said), 0, 1)
    return estimates


def prevalence_tables(
    corpus: CodedCorpus,
    assigned: Booleans,
    judgements: Mapping[str, Judgement],
    theme_ids: Sequence[str],
    settings: ThemeSettings,
    seed: int,
) -> tuple[pl.DataFrame | None, pl.DataFrame | None]:
    """tables.Prevalence, counting each passage and once a group; None without documents.

    Args:
        corpus: its passages are the population, those of articles apart.
        assigned: bool [passages, themes], in the order of the corpus.
        judgements: what was made of each coded set.
        theme_ids: names of the themes.
        settings: resamples, confidence, fewest coded units for a corrected share.
        seed: of the resampling.
    """
    near_duplicates = corpus.near_duplicates.select("passage_id", "near_duplicate_group")
    facts = corpus.documents.select(
        "document_id", pl.col("kind").cast(pl.String), "missions", "year"
    )
    passages = _joined(
        _joined(corpus.passages, facts, "document_id"), near_duplicates, "passage_id"
    )
    of_documents = (passages["kind"] != "article").to_numpy()
    if not of_documents.any():
        return None, None
    units, coded = _coded_units(corpus, facts, judgements, len(theme_ids))
    first = pl.col("passage_ids").list.first()
    placed = _joined(units, facts, "document_id").with_columns(passage_id=first)
    counted = (
        passages.filter(pl.Series(of_documents)),
        assigned[of_documents],
        _joined(placed, near_duplicates, "passage_id"),
        coded,
        frame_of(corpus.study),
    )
    return (
        prevalence_table(*counted, theme_ids, settings, seed, once=False),
        prevalence_table(*counted, theme_ids, settings, seed, once=True),
    )


def _joined(frame: pl.DataFrame, other: pl.DataFrame, key: str) -> pl.DataFrame:
    return frame.join(other, on=key, how="left", maintain_order="left")


def _coded_units(
    corpus: CodedCorpus,
    facts: pl.DataFrame,
    judgements: Mapping[str, Judgement],
    n_themes: int,
) -> tuple[pl.DataFrame, CodedPassages]:
    """The units that shares are estimated with, as rows of tables.Units and as arrays.

    After those of a set, of documents in its population, come suggested ones drawn from it.
    """
    unit_set = pl.col("unit_set").cast(pl.String)
    suggested = _joined(corpus.units.filter(unit_set == SUGGESTED), facts, "document_id")
    none = np.zeros((0, n_themes), dtype=bool)
    frames, truth, assigned, weights = [corpus.units.clear()], [none], [none], [np.zeros(0)]
    for one in corpus.study.sets_of("paragraph", "estimated_with"):
        if one.id not in judgements:
            continue
        judgement, every = judgements[one.id], corpus.units.filter(unit_set == one.id)
        is_own = _holds(_joined(every, facts, "document_id"), one.drawn_units)
        drawn = one.population.rows if one.population else pl.lit(value=False)
        is_beside = _holds(suggested, drawn & pl.col("inclusion_probability").is_not_null())
        if len(judgement.sample) == every.height:  # a set not learnt from has none beside it
            is_beside[:] = False
        rows = np.append(np.flatnonzero(is_own), every.height + np.flatnonzero(is_beside))
        own = every.filter(pl.Series(is_own))
        beside = suggested.filter(pl.Series(is_beside)).select(own.columns)
        frames += [own, beside]
        truth.append(judgement.sample.labels[rows])
        assigned.append(judgement.said.assigned[rows])
        drawn_with = (frame["inclusion_probability"].fill_null(1.0) for frame in (own, beside))
        weights.append(pooled_weights(*(each.to_numpy() for each in drawn_with)))
    units = pl.concat(frames)
    by_doubt = (units["unit_set"].cast(pl.String) == SUGGESTED).to_numpy()
    arrays = (np.vstack(truth), np.vstack(assigned), np.concatenate(weights))
    return units, CodedPassages(*arrays, units["group"].to_list(), by_doubt=by_doubt)


def _holds(frame: pl.DataFrame, condition: pl.Expr) -> Booleans:
    held = frame.select(condition.fill_null(value=False).alias("held"))["held"]
    return held.to_numpy().astype(bool)


def prevalence_table(
    passages: pl.DataFrame,
    assigned: Booleans,
    coded_documents: pl.DataFrame,
    coded: CodedPassages,
    frame: Frame,
    theme_ids: Sequence[str],
    settings: ThemeSettings,
    seed: int,
    *,
    once: bool = False,
) -> pl.DataFrame:
    """tables.Prevalence.

    Args:
        passages: with kind, missions, year, role, n_words, near_duplicate_group.
        assigned: bool [passages, themes].
        coded_documents: kind, missions, year and near_duplicate_group of each coded unit, in the
            order of ``coded``.
        coded: the coded units.
        frame: what shares are given of.
        theme_ids: names of the themes.
        settings: resamples, confidence, fewest coded units for a corrected share.
        seed: of the resampling.
        once: count a near-duplicate group as one passage; otherwise each member counts.
    """
    rows: list[dict[str, Any]] = []
    for place in frame.places(passages):
        inside = passages.select(frame.belongs(place)).to_series().to_numpy()
        if not inside.any():
            continue
        sampled = coded_documents.select(frame.is_of(place)).to_series().to_numpy()
        here = coded.take(sampled.astype(bool))
        parts = np.ones(int(inside.sum()))
        if once:
            parts, of_coded = _group_parts(passages, inside, coded_documents, sampled)
            here = replace(here, weights=here.weights * of_coded)
        share = np.average(assigned[inside], axis=0, weights=parts)
        enough = len(here.documents) >= settings.min_coded
        corrected = corrected_shares(share, here, settings, seed) if enough else None
        for column, theme_id in enumerate(theme_ids):
            counts = {"n_passages": round(float(parts.sum())), "n_coded": len(here.documents)}
            common = {"theme_id": theme_id, **place, **counts}
            rows.append({**common, "method": "assigned", "share": _rounded(share[column])})
            rows.append({**common, "method": "corrected", **_corrected(corrected, column)})
    schema: dict[str, Any] = {"year": pl.Int32, **dict.fromkeys(_SHARES, pl.Float64)}
    return pl.DataFrame(rows, schema_overrides=schema, infer_schema_length=None).with_columns(
        *[pl.lit(None, pl.Float64).alias(name) for name in _SHARES[1:] if not rows]
    )


def _group_parts(
    passages: pl.DataFrame, inside: Booleans, coded: pl.DataFrame, sampled: Booleans
) -> tuple[Floats, Floats]:
    """What a passage counts: one over the members of its group in this place.

    Returns:
        of the passages inside and of the coded units that were sampled; a unit whose own passage
        is not in the place (it is longer or shorter than the unit) counts as one of a kind.
    """
    here = passages.filter(pl.Series(inside))
    sizes = here.group_by("near_duplicate_group").agg(size=pl.len())

    def parts(frame: pl.DataFrame) -> Floats:
        sized = frame.join(sizes, on="near_duplicate_group", how="left", maintain_order="left")
        return 1 / sized["size"].fill_null(1).to_numpy().astype(np.float64)

    return parts(here), parts(coded.filter(pl.Series(sampled.astype(bool))))


def _corrected(shares: CorrectedShares | None, column: int) -> dict[str, float | None]:
    if shares is None:
        return {"share": None, "low": None, "high": None}
    values = {"share": shares.share, "low": shares.low, "high": shares.high}
    return {name: _rounded(value[column]) for name, value in values.items()}


def _rounded(value: float) -> float:
    return round(float(value), _DECIMALS)
