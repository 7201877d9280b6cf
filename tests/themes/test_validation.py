"""Folds, thresholds and measures, worked by hand and on data with nothing in it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, precision_recall_fscore_support
from threadpoolctl import threadpool_info, threadpool_limits

from pipeline.run.settings import ThemeSettings, load_settings
from pipeline.themes import scoring
from pipeline.themes.combination import ThemeText
from pipeline.themes.evaluation import (
    evaluation_table,
    group_weights,
    weighted_average_precision,
)
from pipeline.themes.models import Majority, Tfidf, model_makers
from pipeline.themes.samples import Sample
from pipeline.themes.scoring import score_passages, unit_scores_table
from pipeline.themes.validation import (
    CrossValidation,
    Judged,
    Judgement,
    Predictions,
    TrainedThemes,
    cross_validate,
    grouped_folds,
    train,
    tuned_thresholds,
)

THEMES = ThemeText(
    ("Patrols. Patrolling by night.", "Justice. Courts and crimes."),
    np.eye(8, dtype=np.float32)[:2],
)


@pytest.fixture(scope="module")
def settings() -> ThemeSettings:
    return load_settings().themes.model_copy(
        update={"bootstrap": 200, "folds": 3, "min_positives": 8, "min_positives_un": 11}
    )


def _sample(n: int = 90, seed: int = 0) -> Sample:
    """Units on two subjects that words and vectors both tell, in groups of three."""
    random = np.random.default_rng(seed)
    subject = random.integers(0, 2, n)
    words = np.array(["patrols reach villages at night", "courts try grave crimes"])
    texts = tuple(f"{words[s]} sector {i % 7}" for i, s in enumerate(subject))
    vectors = np.eye(8)[subject] + random.normal(scale=0.1, size=(n, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = np.column_stack([subject == 0, subject == 1])
    return Sample(texts, vectors.astype(np.float32), labels, tuple(f"g{i // 3}" for i in range(n)))


# folds


def test_no_group_is_split_and_rare_labels_are_spread() -> None:
    # given 40 groups of 1 to 5 units, and a label that 5 of the groups have
    random = np.random.default_rng(0)
    groups = [f"g{g}" for g in range(40) for _ in range(random.integers(1, 6))]
    rare = np.array([group in {"g1", "g9", "g17", "g25", "g33"} for group in groups])
    common = random.random(len(groups)) < 0.4
    folds = grouped_folds(groups, np.column_stack([rare, common]), 5, seed=1)
    # then each fold has one of the five, and no group is in two folds
    assert {
        len({f for g, f in zip(groups, folds, strict=True) if g == name}) for name in groups
    } == {1}
    assert (
        sorted(len(set(np.array(groups)[rare & (folds == fold)])) for fold in range(5)) == [1] * 5
    )
    sizes = np.bincount(folds)
    assert sizes.max() - sizes.min() <= 8


def test_folds_are_the_same_in_every_run() -> None:
    sample = _sample()
    first, again = (grouped_folds(sample.groups, sample.labels, 3, seed=4) for _ in range(2))
    assert np.array_equal(first, again)


# thresholds


def test_a_threshold_lies_where_f1_is_highest() -> None:
    # given one theme whose three positives rank first, second and fourth of six
    labels = np.array([[1], [1], [0], [1], [0], [0]], dtype=bool)
    probability = np.array([[0.9], [0.8], [0.7], [0.6], [0.2], [0.1]])
    # when all are pooled, the theme's own threshold and that of all themes are the same:
    # cutting after the fourth gives F1 = 6/7, after the second 4/5
    assert tuned_thresholds(labels, probability)[0] == pytest.approx((0.6 + 0.2) / 2)


def test_a_theme_without_positives_takes_the_threshold_of_all() -> None:
    labels = np.array([[1, 0], [0, 0], [0, 0]], dtype=bool)
    probability = np.array([[0.9, 0.5], [0.3, 0.4], [0.2, 0.1]])
    assert tuned_thresholds(labels, probability)[1] == pytest.approx((0.9 + 0.5) / 2)


# measures


def test_average_precision_is_that_of_scikit_learn_under_any_weights() -> None:
    random = np.random.default_rng(0)
    truth = random.random(60) < 0.3
    probability = random.random(60).round(1)  # many ties
    weights = group_weights([f"g{i // 4}" for i in range(60)], 20, seed=1)
    ours = weighted_average_precision(truth[:, None], probability[:, None], weights)
    theirs = [average_precision_score(truth, probability, sample_weight=w) for w in weights]
    assert ours == pytest.approx(theirs)
    # pooled, each unit of three columns has its weight three times
    pairs = truth.reshape(20, 3), probability.reshape(20, 3)
    pooled = weighted_average_precision(*pairs, weights[:, :20])
    theirs = [
        average_precision_score(truth, probability, sample_weight=np.repeat(w[:20], 3))
        for w in weights
    ]
    assert pooled == pytest.approx(theirs)
    # and nothing right gives nothing
    assert not weighted_average_precision(pairs[0] & False, pairs[1], weights[:, :20]).any()


def test_measures_are_those_of_scikit_learn_and_lie_in_their_intervals(
    settings: ThemeSettings,
) -> None:
    random = np.random.default_rng(0)
    truth = random.random((80, 3)) < 0.4
    said = truth ^ (random.random((80, 3)) < 0.2)
    judged = Judged(
        "article",
        "m",
        truth,
        Predictions(said.astype(float), said),
        [f"g{i // 2}" for i in range(80)],
    )
    table = evaluation_table([judged], ["a", "b", "c"], settings, seed=1)
    value = {(r["theme_id"], r["measure"]): r for r in table.iter_rows(named=True)}
    by_theme = precision_recall_fscore_support(truth, said, average=None)
    for column, theme in enumerate("abc"):
        for place, measure in enumerate(("precision", "recall", "f1")):
            row = value[theme, measure]
            assert row["value"] == pytest.approx(by_theme[place][column], abs=1e-6)
            assert row["low"] <= row["value"] <= row["high"]
    assert value["macro", "f1"]["value"] == pytest.approx(by_theme[2].mean(), abs=1e-6)
    micro = precision_recall_fscore_support(truth, said, average="micro")[2]
    assert value["micro", "f1"]["value"] == pytest.approx(micro, abs=1e-6)


def test_rare_themes_are_listed_but_not_averaged(settings: ThemeSettings) -> None:
    truth = np.zeros((30, 2), dtype=bool)
    truth[:10, 0], truth[0, 1] = True, True
    said = Predictions(truth.astype(float), truth)
    judged = Judged("article", "m", truth, said, ["g"] * 30, unit="sentence")
    table = evaluation_table([judged], ["often", "rare"], settings, seed=1)
    assert table.filter(pl.col("theme_id") == "rare")["learnable"].to_list() == [False] * 5
    assert table.filter(pl.col("theme_id") == "macro")["support"].unique().to_list() == [10]


def test_what_is_learnable_is_asked_by_its_own_measure_of_paragraphs(
    settings: ThemeSettings,
) -> None:
    # given ten positives where eight make a theme of sentences learnable, and eleven of paragraphs
    truth = np.zeros((30, 1), dtype=bool)
    truth[:10] = True
    said = Predictions(truth.astype(float), truth)
    judged = [
        Judged("quotes", "m", truth, said, ["g"] * 30, unit="sentence"),
        Judged("papers", "m", truth, said, ["g"] * 30),
        Judged("papers", "m", truth, said, ["g"] * 30, trained_on=("quotes", "notes")),
    ]
    table = evaluation_table(judged, ["often"], settings, seed=1)
    rows = table.filter((pl.col("theme_id") == "often") & (pl.col("measure") == "f1"))
    assert dict(rows.select("setting", "learnable").iter_rows()) == {
        "quotes": True,
        "papers": False,
        "quotes and notes to papers": False,
    }


# models


def test_models_find_what_is_there_and_nothing_where_nothing_is(settings: ThemeSettings) -> None:
    # given two subjects that can be told apart, and the same units with shuffled labels
    sample = _sample()
    random = np.random.default_rng(1)
    shuffled = Sample(
        sample.texts, sample.vectors, random.permutation(sample.labels), sample.groups
    )
    make = model_makers(THEMES, 10.0)["combined"]
    # when both are cross-validated
    found = cross_validate(make, sample, settings, seed=1).predictions
    nothing = cross_validate(make, shuffled, settings, seed=1).predictions
    # then the first is recognised and the second is at chance
    assert average_precision_score(sample.labels, found.probability) > 0.99
    assert (found.assigned == sample.labels).mean() > 0.95
    chance = shuffled.labels.mean()
    assert average_precision_score(shuffled.labels, nothing.probability) == pytest.approx(
        chance, abs=0.15
    )


def test_tfidf_on_the_units_coordinates_gives_what_the_plain_regression_gives() -> None:
    sample = _sample(40)
    model = Tfidf(10.0)
    model.fit(sample)
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, stop_words="english")
    parts = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2, sublinear_tf=True)
    terms = np.hstack([v.fit_transform(sample.texts).toarray() for v in (words, parts)])
    plain = LogisticRegression(C=10.0, class_weight="balanced", solver="liblinear", tol=1e-8)
    plain.fit(terms, sample.labels[:, 0])
    ours = model.predict(sample.texts, sample.vectors)[:, 0]
    assert ours == pytest.approx(plain.predict_proba(terms)[:, 1], abs=1e-3)


def test_majority_is_the_share_of_the_coded_units() -> None:
    model = Majority()
    model.fit(_sample())
    assert model.predict(["any"], np.zeros((1, 8), np.float32))[0].sum() == pytest.approx(1)


def _judgement(sample: Sample, validated: CrossValidation, whole: TrainedThemes) -> Judgement:
    return Judgement(
        "article", "sentence", sample, [], validated.predictions, validated, {"m": whole}
    )


@pytest.mark.parametrize("at_once", [1000, 7])
def test_no_passage_is_scored_by_a_model_that_saw_its_group(
    settings: ThemeSettings, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "_PASSAGES_AT_ONCE", at_once)
    # given units in groups, each group with a word of its own that gives its label away
    sample = _sample(60)
    make = model_makers(THEMES, 10.0)["embeddings"]
    validated = cross_validate(make, sample, settings, seed=1)
    # when the units themselves are scored as passages
    whole = train(Majority, sample, settings, seed=1)
    scores = score_passages(
        sample.texts, sample.vectors, sample.groups, _judgement(sample, validated, whole), "m"
    )
    # then each has exactly its out-of-fold prediction, whatever is scored beside it
    assert np.array_equal(scores.probability, validated.predictions.probability)
    assert np.array_equal(scores.assigned, validated.predictions.assigned)


def test_a_passage_of_a_group_that_nobody_coded_is_scored_by_the_model_of_all(
    settings: ThemeSettings,
) -> None:
    sample = _sample(60)
    make = model_makers(THEMES, 10.0)["embeddings"]
    validated = cross_validate(make, sample, settings, seed=1)
    whole = train(make, sample, settings, seed=1)
    judgement = _judgement(sample, validated, whole)
    scores = score_passages(sample.texts[:1], sample.vectors[:1], ["other"], judgement, "m")
    assert np.array_equal(
        scores.probability, whole.model.predict(sample.texts[:1], sample.vectors[:1])
    )


def test_models_add_up_in_one_order_however_many_cores_there_are(settings: ThemeSettings) -> None:
    threads = []

    class Watched(Majority):
        def fit(self, sample: Sample) -> None:
            threads.extend(pool["num_threads"] for pool in threadpool_info())
            super().fit(sample)

    with threadpool_limits(limits=2):
        train(Watched, _sample(), settings, 0)
    assert set(threads) == {1}


def test_what_was_said_of_each_coded_unit_can_be_read_again(settings: ThemeSettings) -> None:
    sample = _sample(12)
    validated = cross_validate(Majority, sample, settings, seed=1)
    judged = Judged("article", "majority", sample.labels, validated.predictions, sample.groups)
    units = pl.DataFrame({"unit_id": [f"u{i}" for i in range(12)], "unit_set": ["article"] * 12})
    table = unit_scores_table([judged], units, ["patrols", "courts"])
    assert table.select("unit_id", "theme_id").rows()[:3] == [
        ("u0", "patrols"),
        ("u0", "courts"),
        ("u1", "patrols"),
    ]
    assert np.array_equal(table["coded"].to_numpy().reshape(12, 2), sample.labels)
    assert np.array_equal(
        table["assigned"].to_numpy().reshape(12, 2), validated.predictions.assigned
    )
