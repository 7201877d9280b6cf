"""The whole stage on small made tables, in studies of other shapes than the one that ships."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from pipeline.run.arrays import Vectors
from pipeline.run.settings import ThemeSettings, load_settings
from pipeline.study.codebook import Codebook, CodeGroup, Theme
from pipeline.study.codings import Coding
from pipeline.study.sets import SUGGESTED
from pipeline.study.study import Study
from pipeline.themes.study import ThemeFindings, study_themes
from pipeline.themes.units import CodedCorpus
from tests.studies import paragraphs, sentences, study_of

N_DOCUMENTS, N_PARAGRAPHS = 8, 4
SUBJECTS = ("patrols reach the villages at night", "courts try the gravest crimes")
CODEBOOK = Codebook(
    (
        CodeGroup(
            id="all",
            name="All",
            article_sections=(),
            codes=(
                Theme(id="patrols", name="Patrols", definition="Soldiers on patrol at night."),
                Theme(id="courts", name="Courts", definition="Judges who try grave crimes."),
            ),
        ),
    )
)


class Letters:
    """An encoder that counts letters: enough to tell two subjects apart."""

    dimension = 26

    def encode(self, texts: Sequence[str]) -> Vectors:
        counts = np.array([[text.lower().count(chr(97 + i)) for i in range(26)] for text in texts])
        return (counts / np.linalg.norm(counts, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def settings() -> ThemeSettings:
    fewer = {"bootstrap": 100, "folds": 3, "min_coded": 5}
    return load_settings().themes.model_copy(update=fewer)


def _passages(kinds: Sequence[str]) -> pl.DataFrame:
    """Four passages a document, which take turns at two subjects; with what they are coded."""
    rows = [
        {
            "document_id": f"{kind}-{document}",
            "passage_id": f"{kind}-{document}.{place}",
            "block_id": f"{kind}-{document}.{place}",
            "kind": kind,
            "text": f"{SUBJECTS[(document + place) % 2]} in sector {document} {place}",
            "labels": [("patrols", "courts")[(document + place) % 2]],
            "paragraph": place,
            "n_words": 8,
            "section": "",
        }
        for kind in kinds
        for document in range(N_DOCUMENTS)
        for place in range(N_PARAGRAPHS)
    ]
    return pl.DataFrame(rows)


def _found(
    study: Study, coded: dict[str, str], kinds: Sequence[str], settings: ThemeSettings
) -> ThemeFindings:
    """The stage on documents of these kinds; ``coded`` names the set of each coded kind."""
    passages = _passages(kinds)
    documents = (
        passages.select("document_id", "kind")
        .unique(maintain_order=True)
        .with_columns(missions=pl.lit(["UNFICYP"]), year=pl.lit(2014, pl.Int32))
    )
    units = passages.filter(pl.col("kind").is_in(list(coded))).select(
        pl.col("passage_id").alias("unit_id"),
        pl.col("kind").replace_strict(coded, return_dtype=pl.String).alias("unit_set"),
        "document_id",
        pl.col("document_id").alias("group"),
        "text",
        pl.concat_list("passage_id").alias("passage_ids"),
        "labels",
        pl.lit(0.5).alias("inclusion_probability"),
    )
    given = units.select(
        pl.lit("ada").alias("coder"), "unit_id", pl.col("labels").alias("theme_id")
    ).explode("theme_id")
    codings = [
        Coding(one, "range" if one == SUGGESTED else "paragraph", units, ("ada",), given, False)
        for one in coded.values()
    ]
    near = passages.select("passage_id", pl.col("passage_id").alias("near_duplicate_group"))
    vectors = Letters().encode(passages["text"].to_list())
    corpus = CodedCorpus(
        passages.drop("kind", "labels", "paragraph"),
        documents,
        passages.select("block_id", "paragraph"),
        near,
        vectors,
        units,
        codings,
        study,
    )
    return study_themes(corpus, CODEBOOK, Letters(), settings, seed=1)


def _settings_of(table: pl.DataFrame) -> set[str]:
    return set(table["setting"])


def _share(found: ThemeFindings, kind: str) -> dict[str, object]:
    """The corrected share of patrols over all missions and years."""
    assert found.prevalence is not None
    rows = found.prevalence.filter(
        (pl.col("kind") == kind)
        & (pl.col("mission") == "all")
        & pl.col("year").is_null()
        & (pl.col("method") == "corrected")
        & (pl.col("theme_id") == "patrols")
    )
    return rows.row(0, named=True)


def test_one_set_of_paragraphs_without_any_article_is_enough(settings: ThemeSettings) -> None:
    study = study_of(paragraphs("papers", "resolution"))
    found = _found(study, {"resolution": "papers"}, ["resolution"], settings)
    assert _settings_of(found.evaluation) == _settings_of(found.calibration) == {"papers"}
    assert found.scores.height == 2 * N_DOCUMENTS * N_PARAGRAPHS
    assert found.unit_scores.filter(pl.col("coded") == pl.col("assigned")).height > 50
    assert _share(found, "policy")["share"] == pytest.approx(0.5, abs=0.05)
    assert found.remarks == ["passages of articles are scored by what was learnt from documents"]


def test_two_sets_of_paragraphs_train_judge_and_calibrate_each_apart(
    settings: ThemeSettings,
) -> None:
    study = study_of(paragraphs("mandates", "resolution"), paragraphs("reports", "report"))
    coded = {"resolution": "mandates", "report": "reports"}
    found = _found(study, coded, ["resolution", "report"], settings)
    expected = {"mandates", "reports", "mandates to reports", "reports to mandates"}
    assert _settings_of(found.evaluation) == _settings_of(found.calibration) == expected
    of_set = dict(found.unit_scores.group_by("setting").len().iter_rows())
    assert set(of_set.values()) == {2 * N_DOCUMENTS * N_PARAGRAPHS}
    # each kind is estimated with the units that were drawn from it, the side with both
    n = N_DOCUMENTS * N_PARAGRAPHS
    assert [_share(found, kind)["n_coded"] for kind in ("resolution", "report")] == [n, n]
    assert _share(found, "policy")["n_coded"] == 2 * n


def test_a_set_whose_documents_are_not_here_is_named(settings: ThemeSettings) -> None:
    study = study_of(sentences("quotes"), paragraphs("papers", "resolution"))
    found = _found(study, {"resolution": "papers"}, ["resolution"], settings)
    assert "Sentences (quotes): nothing is judged or estimated with this set" in found.remarks
    assert _settings_of(found.evaluation) == {"papers"}


def test_suggested_units_alone_score_everything_and_judge_nothing(settings: ThemeSettings) -> None:
    found = _found(study_of(), {"resolution": SUGGESTED}, ["resolution", "article"], settings)
    assert found.scores.height == 4 * N_DOCUMENTS * N_PARAGRAPHS
    assert found.evaluation.is_empty()
    assert found.calibration.is_empty()
    assert _share(found, "policy")["share"] is None
    assert found.remarks == [
        "no classifier is judged, since no set of this run is judged on",
        "passages of articles are scored by what was learnt from documents",
        "shares are as classified: no set of paragraphs is estimated with",
    ]


@pytest.mark.parametrize(
    ("kinds", "n_more"), [(("resolution", "report"), True), (("report",), False)]
)
def test_suggested_units_of_a_draw_count_in_the_shares_of_their_population(
    settings: ThemeSettings, kinds: tuple[str, ...], n_more: bool
) -> None:
    # given a coded set of reports, and resolutions drawn by doubt, of its population or not
    coded = {"report": "un", "resolution": SUGGESTED}
    found = _found(study_of(paragraphs("un", *kinds)), coded, ["report", "resolution"], settings)
    # then shares of the population rest on both, and otherwise on the set alone
    n = N_DOCUMENTS * N_PARAGRAPHS
    row = _share(found, "policy")
    assert row["n_coded"] == (2 * n if n_more else n)
    assert row["share"] == pytest.approx(0.5, abs=0.05)
