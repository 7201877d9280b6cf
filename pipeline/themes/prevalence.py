"""How common each theme is in UN documents, as classified and corrected for the classifier's error.

Counting what a classifier assigns is biased, since it misses some passages and takes others
wrongly. The coded paragraphs were drawn with known probabilities, so they tell by how much: the
corrected share is the survey-sampling difference estimator that Egami, Hinck, Stewart and Wei
(2023, "Using Imperfect Surrogates for Downstream Inference", NeurIPS) call design-based supervised
learning, with the weight on the classifier tuned as in PPI++ (Angelopoulos, Duchi and Zrnic 2023):

    share = lambda * mean(f) + sum(w * (y - lambda * f)) / sum(w)

over all passages of the population (first term) and the coded ones (second), with f what the
classifier assigns out of fold, y the hand code, w = 1 / inclusion probability, and lambda the
weighted regression of y on f, kept between 0 and 1. With lambda 0 the classifier is useless and
the share is that of the hand codes alone.

The variance comes from resampling coded documents. A symmetric or percentile interval would be too
short for rare themes (none at all for a theme that no coded paragraph has), so the interval is that
of Korn and Graubard (1998, "Confidence intervals for proportions with small expected number of
positive counts estimated from survey data"): the exact binomial interval of Clopper and Pearson for
the effective number of coded paragraphs, share * (1 - share) / variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.run.settings import ThemeSettings
from pipeline.run.tables.ingest import POLICY_KINDS
from pipeline.themes.evaluation import group_weights
from pipeline.themes.samples import Booleans, Floats

POLICY, ALL = "policy", "all"

CODED_MISSIONS = ("MINUSMA", "MINUSCA", "MONUSCO", "UNMISS", "MONUC")
CODED_KINDS = ("resolution", "presidential_statement")
_CODED_WORDS = (18, 160)
"""The population from which the coded paragraphs were drawn: corpus/coding, un-units.csv."""

_DECIMALS = 6


@dataclass(frozen=True)
class CodedPassages:
    """Hand-coded units with what the classifier assigned to them, out of fold.

    Attributes:
        truth: bool [n, themes].
        assigned: bool [n, themes].
        weights: float [n], one over the probability of having been drawn.
        documents: the document of each unit, or a name for several that share near-duplicates;
            resampled whole.
    """

    truth: Booleans
    assigned: Booleans
    weights: Floats
    documents: Sequence[str]

    def take(self, rows: Booleans) -> CodedPassages:
        """The units at these rows."""
        documents = [name for name, kept in zip(self.documents, rows, strict=True) if kept]
        return CodedPassages(self.truth[rows], self.assigned[rows], self.weights[rows], documents)


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
        coded: the hand-coded units of this population.
        settings: resamples and confidence.
        seed: of the resampling.
    """
    drawn = group_weights(coded.documents, settings.bootstrap, seed)
    weights = np.vstack([np.ones(len(coded.weights)), drawn]) * coded.weights
    estimates = _estimates(assigned_share, coded, weights)
    share, variance = estimates[0], estimates[1:].var(axis=0)
    low, high = survey_interval(share, variance, coded.weights, settings.confidence)
    return CorrectedShares(share, low, high)


def survey_interval(
    share: Floats, variance: Floats, weights: Floats, confidence: float
) -> tuple[Floats, Floats]:
    """Korn and Graubard's interval of each share, both float [themes].

    Args:
        share: estimates, float [themes].
        variance: of each estimate.
        weights: of the coded units; they bound the effective number of units by Kish's
            (sum w)^2 / sum w^2, which counts alone where an estimate or its variance is 0.
        confidence: such as 0.95.
    """
    from scipy.stats import beta

    kish = weights.sum() ** 2 / (weights**2).sum()
    spread = share * (1 - share)
    known = (spread > 0) & (variance > 0)
    effective = np.divide(spread, variance, out=np.full_like(share, kish), where=known)
    effective = np.clip(effective, 1, len(weights))
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


def prevalence_table(
    passages: pl.DataFrame,
    assigned: Booleans,
    coded_documents: pl.DataFrame,
    coded: CodedPassages,
    theme_ids: Sequence[str],
    settings: ThemeSettings,
    seed: int,
    *,
    once: bool = False,
) -> pl.DataFrame:
    """tables.Prevalence.

    Args:
        passages: UN passages of the run, with kind, missions, year, role, n_words and
            near_duplicate_group.
        assigned: bool [passages, themes], in the same order.
        coded_documents: kind, missions, year and near_duplicate_group of each coded unit, in the
            order of             ``coded``.
        coded: the hand-coded units.
        theme_ids: names of the themes.
        settings: resamples, confidence, fewest coded units for a corrected share.
        seed: of the resampling.
        once: count a near-duplicate groups as one passage; otherwise each member counts.
    """
    rows: list[dict[str, Any]] = []
    for place in _places(passages):
        inside = passages.select(_belongs(place)).to_series().to_numpy()
        if not inside.any():
            continue
        sampled = coded_documents.select(_is_of(place)).to_series().to_numpy()
        here = coded.take(sampled.astype(bool))
        parts = np.ones(int(inside.sum()))
        if once:
            parts, of_coded = _group_parts(passages, inside, coded_documents, sampled)
            here = replace(here, weights=here.weights * of_coded)
        share = np.average(assigned[inside], axis=0, weights=parts)
        enough = len(here.documents) >= settings.min_coded
        corrected = corrected_shares(share, here, settings, seed) if enough else None
        for column, theme_id in enumerate(theme_ids):
            common = {
                "theme_id": theme_id,
                **place,
                "n_passages": round(float(parts.sum())),
                "n_coded": len(here.documents),
            }
            rows.append({**common, "method": "assigned", "share": _rounded(share[column])})
            rows.append({**common, "method": "corrected", **_corrected(corrected, column)})
    schema: dict[str, Any] = {"year": pl.Int32, "share": pl.Float64}
    schema |= {"low": pl.Float64, "high": pl.Float64}
    return pl.DataFrame(rows, schema_overrides=schema, infer_schema_length=None).with_columns(
        *[pl.lit(None, pl.Float64).alias(name) for name in ("low", "high") if not rows]
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


def _places(passages: pl.DataFrame) -> list[dict[str, Any]]:
    """Kinds, missions and years for which shares are given."""
    kinds = [POLICY, *sorted(set(passages["kind"]))]
    missions = [name for name in CODED_MISSIONS if passages["missions"].list.contains(name).any()]
    years = sorted(set(passages["year"].drop_nulls()))
    return [
        *[{"kind": kind, "mission": ALL, "year": None} for kind in kinds],
        *[{"kind": POLICY, "mission": mission, "year": None} for mission in missions],
        *[{"kind": POLICY, "mission": ALL, "year": year} for year in years],
    ]


def _is_of(place: dict[str, Any]) -> pl.Expr:
    kinds = POLICY_KINDS if place["kind"] == POLICY else (place["kind"],)
    of_kind = pl.col("kind").is_in(kinds)
    if place["kind"] == POLICY:
        # only kinds that were sampled: a correction says nothing of kinds that were not
        of_kind &= pl.col("kind").is_in(CODED_KINDS)
    of_mission = (
        pl.lit(value=True)
        if place["mission"] == ALL
        else pl.col("missions").list.contains(place["mission"])
    )
    of_year = pl.lit(value=True) if place["year"] is None else pl.col("year") == place["year"]
    return of_kind & of_mission & of_year


def _belongs(place: dict[str, Any]) -> pl.Expr:
    """Passages of the population: for sampled kinds, what could have been drawn for coding."""
    drawable = pl.any_horizontal(
        pl.col("missions").list.contains(mission) for mission in CODED_MISSIONS
    )
    words = pl.col("n_words").is_between(*_CODED_WORDS)
    sampled_kind = pl.col("kind").is_in(CODED_KINDS)
    return _is_of(place) & words & (drawable | ~sampled_kind)


def _rounded(value: float) -> float:
    return round(float(value), _DECIMALS)
