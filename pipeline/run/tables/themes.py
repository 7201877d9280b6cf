"""Coded units, agreement of coders, scores of passages, and how common themes are."""

from __future__ import annotations

import dataframely as dy

from pipeline.run.tables.table import table

_SETTING = (
    "the coded set that was tested on, by models of all sets that are learnt from; or 'A to B': "
    "B by models of A alone"
)


class Units(dy.Schema):
    """One row a coded unit: a sentence of an article or a paragraph of another document.

    The set 'suggested' are passages that were drawn to be coded the more readily the more a
    classifier was in doubt: they are learnt from, nothing is judged by them, and shares are
    estimated with those of a draw that was read whole.
    """

    unit_id = dy.String(primary_key=True)
    unit_set = dy.String(description="a coded set of configs/study.yaml, or suggested")
    document_id = dy.String()
    group = dy.String(description="what cross-validation keeps together: paragraph, or document")
    text = dy.String(min_length=1)
    passage_ids = dy.List(
        dy.String(), description="passages that hold it, the one with most of it first"
    )
    labels = dy.List(dy.String(), description="theme_ids by the label rule")
    inclusion_probability = dy.Float64(
        min=0,
        max=1,
        nullable=True,
        description="probability of having been drawn; null where units were not drawn",
    )


class PassageCodes(dy.Schema):
    """Codes of a passage, inherited from the units that it holds."""

    passage_id = dy.String(primary_key=True)
    theme_id = dy.String(primary_key=True)
    n_units = dy.Int64(min=1, description="units in the passage with this code")


class CoderAgreement(dy.Schema):
    """Agreement of the codings of one unit set on one theme, on all, or on whole sets of codes.

    theme_id 'all' is the mean over themes in use; 'sets' compares all that was given to a unit.
    """

    unit_set = dy.String(primary_key=True, description="a coded set of configs/study.yaml")
    theme_id = dy.String(primary_key=True)
    n_units = dy.Int64(min=0)
    n_coders = dy.Int64(min=0)
    n_people = dy.Int64(min=0, description="codings by people, an adjudicated one among them")
    n_models = dy.Int64(min=0, description="codings by language models")
    n_unknown = dy.Int64(min=0, description="codings of which the study does not say who made them")
    support = dy.Int64(min=0, description="units that at least one coder gave the code")
    percent = dy.Float64(
        nullable=True, min=0, max=1, description="share of pairs of codings that say the same"
    )
    alpha = dy.Float64(
        nullable=True,
        description="Krippendorff's alpha, nominal (sets: MASI); null where nothing varies",
    )
    low = dy.Float64(nullable=True, description="interval of alpha, by resampling groups")
    high = dy.Float64(nullable=True)


class CoderConfusions(dy.Schema):
    """How often one coder gave one code where another gave the other one instead."""

    unit_set = dy.String(primary_key=True, description="a coded set of configs/study.yaml")
    theme_id = dy.String(primary_key=True)
    other_id = dy.String(primary_key=True, description="a later theme of the codebook")
    n = dy.Int64(min=1, description="units times pairs of codings")


class Scores(dy.Schema):
    """One row a passage and theme: the classifier's probability."""

    passage_id = dy.String(primary_key=True)
    theme_id = dy.String(primary_key=True)
    probability = dy.Float64(min=0, max=1, description="that the passage says the theme")
    assigned = dy.Bool(description="probability at or above the theme's threshold")
    out_of_fold = dy.Bool(description="scored by a model that never saw this passage's group")


class UnitScores(dy.Schema):
    """What the model in use says of each coded unit, held out: `evaluation` is made from these."""

    setting = dy.String(primary_key=True, description=_SETTING)
    unit_id = dy.String(primary_key=True)
    theme_id = dy.String(primary_key=True, description="a theme of the codebook")
    coded = dy.Bool(description="whether the unit has the theme, by the label rule")
    probability = dy.Float64(min=0, max=1, description="that the unit has the theme")
    assigned = dy.Bool(description="probability reaches the threshold of the fold's model")


class Evaluation(dy.Schema):
    """How good one model is on one theme ('macro' and 'micro' are over learnable themes)."""

    setting = dy.String(primary_key=True, description=_SETTING)
    model = dy.String(primary_key=True)
    theme_id = dy.String(primary_key=True)
    measure = dy.Enum(
        ["precision", "recall", "f1", "average_precision", "brier"],
        primary_key=True,
        description="brier: mean squared error of the probability; lower is better",
    )
    support = dy.Int64(min=0)
    learnable = dy.Bool(description="support reaches the least that themes.min_positives asks for")
    value = dy.Float64(min=0, max=1)
    low = dy.Float64(min=0, max=1)
    high = dy.Float64(min=0, max=1)


class Calibration(dy.Schema):
    """Reliability curve of the model in use: share that says the theme, by probability.

    theme_id 'all' is all learnable themes together.
    """

    setting = dy.String(primary_key=True, description=_SETTING)
    model = dy.String(primary_key=True)
    theme_id = dy.String(primary_key=True)
    bin = dy.Int64(primary_key=True, min=0, description="of the probability, lowest first")
    n = dy.Int64(min=1, description="units (times themes, for 'all') in the bin")
    predicted = dy.Float64(min=0, max=1, description="mean probability in the bin")
    observed = dy.Float64(min=0, max=1, description="share of them that say the theme")
    low = dy.Float64(min=0, max=1, description="interval, by resampling groups")
    high = dy.Float64(min=0, max=1)


class Prevalence(dy.Schema):
    """Share of passages on a theme, by kind of document, mission and year ('all', null: any)."""

    theme_id = dy.String()
    kind = dy.String()
    mission = dy.String()
    year = dy.Int32(nullable=True)
    n_passages = dy.Int64(min=0)
    n_coded = dy.Int64(min=0, description="coded units among them")
    method = dy.Enum(
        ["assigned", "corrected"], description="as classified, or corrected for its error"
    )
    share = dy.Float64(nullable=True, min=0, max=1)
    low = dy.Float64(nullable=True, min=0, max=1)
    high = dy.Float64(nullable=True, min=0, max=1)


UNITS = table("themes/units", Units)
PASSAGE_CODES = table("themes/passage_codes", PassageCodes)
CODER_AGREEMENT = table("themes/coder_agreement", CoderAgreement)
CODER_CONFUSIONS = table("themes/coder_confusions", CoderConfusions)
CALIBRATION = table("themes/calibration", Calibration)
SCORES = table("themes/scores", Scores)
UNIT_SCORES = table("themes/unit_scores", UnitScores)
EVALUATION = table("themes/evaluation", Evaluation)
PREVALENCE = table("themes/prevalence", Prevalence)
PREVALENCE_DEDUPLICATED = table("themes/prevalence_deduplicated", Prevalence)
