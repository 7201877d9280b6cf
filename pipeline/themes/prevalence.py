"""How common each theme is in documents, as classified and corrected for the classifier's error.

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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.run.settings import ThemeSettings
from pipeline.study.study import DocumentFilter, Population, Study
from pipeline.themes.evaluation import group_weights
from pipeline.themes.samples import Booleans, Floats
from pipeline.themes.units import CodedCorpus
from pipeline.themes.validation import Judgement

POLICY, ALL = "policy", "all"
"""In the column `kind`: the side of documents as a whole. In `mission`: any."""

_DECIMALS = 6
_SHARES = ("share", "low", "high")


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
class Frame:
    """What shares are given of.

    Attributes:
        side: the side of documents.
        populations: what each set of paragraphs was drawn from that shares are estimated with;
            all of the side where there is no such set.
    """

    side: DocumentFilter | None
    populations: tuple[Population, ...]

    @property
    def _kinds(self) -> list[str]:
        return sorted({kind for one in self.populations for kind in one.kinds})

    def places(self, passages: pl.DataFrame) -> list[dict[str, Any]]:
        """Kinds, missions and years for which shares are given."""
        kinds = sorted(set(passages["kind"]))
        by_kind = [{"kind": kind, "mission": ALL, "year": None} for kind in kinds]
        if self.side is None:
            return by_kind
        whole = {"kind": POLICY, "mission": ALL, "year": None}
        years = sorted(set(passages["year"].drop_nulls()))
        by_mission = [{**whole, "mission": one} for one in self._missions(passages)]
        return [whole, *by_kind, *by_mission, *[{**whole, "year": year} for year in years]]

    def _missions(self, passages: pl.DataFrame) -> list[str]:
        """Those that the populations name and the passages have; all, where one names none."""
        there = set(passages["missions"].explode().drop_nulls())
        named = [mission for one in self.populations for mission in one.missions]
        if not all(one.missions for one in self.populations):
            named += sorted(there)
        return [mission for mission in dict.fromkeys(named) if mission in there]

    def is_of(self, place: dict[str, Any]) -> pl.Expr:
        """Documents of a place; of the side only kinds that coded units were drawn from."""
        of_place: pl.Expr = pl.lit(value=True)
        if place["mission"] != ALL:
            of_place &= pl.col("missions").list.contains(place["mission"])
        if place["year"] is not None:
            of_place &= pl.col("year") == place["year"]
        of_kind: pl.Expr = pl.col("kind") == place["kind"]
        if place["kind"] == POLICY and self.side:
            of_kind = self.side.rows & pl.col("kind").is_in(self._kinds)
        return of_place & of_kind

    def belongs(self, place: dict[str, Any]) -> pl.Expr:
        """Passages of a place: of kinds that were drawn from, what could have been drawn."""
        words = [length for one in self.populations for length in one.words]
        n_words = pl.col("n_words")
        drawable = pl.any_horizontal(
            pl.lit(value=False),
            *(one.rows & n_words.is_between(*one.words) for one in self.populations),
        )
        other_kind = ~pl.col("kind").is_in(self._kinds)
        as_long = n_words.is_between(min(words), max(words)) if words else pl.lit(value=True)
        return self.is_of(place) & (drawable | (other_kind & as_long))


def frame_of(study: Study) -> Frame:
    """What shares are given of in this study."""
    side = study.document_side.documents if study.document_side else None
    drawn = study.sets_of("paragraph", "estimated_with")
    populations = tuple(one.population for one in drawn if one.population)
    if not populations and side:
        populations = (Population(kinds=side.kinds, missions=side.missions),)
    return Frame(side, populations)


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
    drawn = corpus.study.sets_of("paragraph", "estimated_with")
    sets = [one.id for one in drawn if one.id in judgements]
    by_set = [corpus.units.filter(pl.col("unit_set").cast(pl.String) == name) for name in sets]
    units = pl.concat([corpus.units.clear(), *by_set])
    first = pl.col("passage_ids").list.first()
    placed = _joined(units, facts, "document_id").with_columns(passage_id=first)
    counted = (
        passages.filter(pl.Series(of_documents)),
        assigned[of_documents],
        _joined(placed, near_duplicates, "passage_id"),
        _coded_passages(units, [judgements[name] for name in sets], len(theme_ids)),
        frame_of(corpus.study),
    )
    return (
        prevalence_table(*counted, theme_ids, settings, seed, once=False),
        prevalence_table(*counted, theme_ids, settings, seed, once=True),
    )


def _joined(frame: pl.DataFrame, other: pl.DataFrame, key: str) -> pl.DataFrame:
    return frame.join(other, on=key, how="left", maintain_order="left")


def _coded_passages(
    units: pl.DataFrame, judgements: Sequence[Judgement], n_themes: int
) -> CodedPassages:
    """The units of these sets, in their order; suggested units come after those of a set."""
    counts = dict(units.group_by("unit_set", maintain_order=True).len().iter_rows())
    drawn = units["inclusion_probability"].fill_null(1.0).to_numpy()
    none = np.zeros((0, n_themes), dtype=bool)
    both = list(zip(judgements, counts.values(), strict=True))
    truth = np.vstack([none, *(one.sample.labels[:n] for one, n in both)])
    assigned = np.vstack([none, *(one.said.assigned[:n] for one, n in both)])
    return CodedPassages(truth, assigned, 1 / drawn, units["group"].to_list())


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
        assigned: bool [passages, themes], in the same order.
        coded_documents: kind, missions, year and near_duplicate_group of each coded unit, in the
            order of ``coded``.
        coded: the hand-coded units.
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
