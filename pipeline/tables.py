"""The schema of every table that passes from one stage to the next, and where it lies.

A table is checked when it is written and again when it is read, so a stage may rely on its
columns. `read_table` and `write_table` are the only ways in and out.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import dataframely as dy
import polars as pl

from pipeline.errors import InputError, StageError
from pipeline.files import write_bytes
from pipeline.settings import Kind

KINDS: tuple[str, ...] = get_args(Kind)
POLICY_KINDS = ("resolution", "presidential_statement", "report", "doctrine")
"""Kinds in which the UN speaks as an organisation: the policy side of the gap."""

ROLES = ("heading", "paragraph", "preambular", "operative", "quotation", "note", "annex")
VOICES = ("military", "un_civilian", "ngo", "government", "police", "anonymous")
"""Speaker groups of the interviewees whom the article quotes."""

OUTLIER = -1
"""The topic_id of a passage that belongs to no topic."""


class Acquired(dy.Schema):
    """One row a document of the profile: is it on disk, and if not, why not.

    It says how things stand, not how they came about, so that two clones that end with the same
    files have the same table whether these came from a mirror, the network or an earlier run.
    """

    document_id = dy.String(primary_key=True)
    status = dy.Enum(["present", "unavailable", "corrupt"])
    required = dy.Bool(description="is it an error of the manifest when nobody has pinned it")
    origin = dy.Enum(["project", "fetched"], description="part of the project, or under corpus/un")
    bytes = dy.Int64(min=0, description="size on disk; 0 when not present")
    sha256 = dy.String(description="of the file on disk; empty when not present")
    reason = dy.String(description="why the document is not present; empty when it is")


class Documents(dy.Schema):
    """One row a document that was read."""

    document_id = dy.String(primary_key=True)
    kind = dy.Enum(KINDS)
    symbol = dy.String(description="UN symbol such as S/RES/2423 (2018); empty when there is none")
    title = dy.String()
    date = dy.Date(nullable=True)
    year = dy.Int32(nullable=True)
    missions = dy.List(dy.String(), description="acronyms, the one most concerned first")
    themes = dy.List(dy.String(), description="agenda themes of the manifest; not a coding")
    source_url = dy.String()
    n_blocks = dy.Int64(min=0)
    n_words = dy.Int64(min=0)
    remarks = dy.List(
        dy.String(), description="what a person should know: recovered markup, dates that disagree"
    )


class SetAside(dy.Schema):
    """One row a document that is on disk but was not read, with the reason."""

    document_id = dy.String(primary_key=True)
    reason = dy.String()


class Blocks(dy.Schema):
    """One row a paragraph, heading, quotation, note or table cell, in document order."""

    block_id = dy.String(primary_key=True)
    document_id = dy.String()
    order = dy.Int64(min=0, description="place in the document, from 0")
    section = dy.String(
        description="headings above it, outermost first, joined by ' > '; may be empty"
    )
    label = dy.String(description="its own number, such as 14 (b) (ii); may be empty")
    role = dy.Enum(ROLES)
    text = dy.String(min_length=1, description="white space collapsed, note markers taken out")
    notes = dy.List(dy.String(), description="numbers of the notes that its text carries, in order")
    note_offsets = dy.List(
        dy.Int64(), description="where in text each of these markers stood, in characters"
    )
    paragraph = dy.Int64(
        nullable=True,
        description="number of the paragraph it belongs to; blocks of one share it",
    )
    source_index = dy.Int64(
        nullable=True,
        description="for Akoma Ntoso: number of its p element in the file, from 1",
    )


class Notes(dy.Schema):
    """One row an endnote or footnote, with the interviewees that it names."""

    document_id = dy.String(primary_key=True)
    number = dy.String(primary_key=True)
    text = dy.String()
    voices = dy.List(
        dy.String(), description="speaker groups of the interviewees named; may be empty"
    )


class Passages(dy.Schema):
    """One row a passage: whole sentences of one block. Row i has vector i."""

    passage_id = dy.String(primary_key=True)
    document_id = dy.String()
    block_id = dy.String()
    order = dy.Int64(min=0, description="place in the document, from 0")
    section = dy.String()
    label = dy.String()
    role = dy.Enum(ROLES)
    text = dy.String(min_length=1)
    start = dy.Int64(min=0, description="first character in the text of its block")
    end = dy.Int64(min=1, description="one past its last character in the text of its block")
    n_words = dy.Int64(min=1)
    voices = dy.List(dy.String(), description="speaker groups of the interviews that it cites")
    procedural = dy.Bool(description="an adoption line, a recital that only cites, or the like")


class Families(dy.Schema):
    """One row a passage: the near-identical passages, over all documents, that it belongs to."""

    passage_id = dy.String(primary_key=True)
    family_id = dy.String(description="the earliest passage of the family; itself for most")
    similarity = dy.Float64(
        min=0, max=1, description="Jaccard similarity of word triples with that passage"
    )
    n_members = dy.Int64(min=1, description="passages in the family")


class Topics(dy.Schema):
    """One row a topic, largest first; outliers have no row."""

    topic_id = dy.Int64(primary_key=True, min=0)
    label = dy.String()
    terms = dy.List(dy.String(), description="most typical first")
    weights = dy.List(
        dy.Float64(min=0, max=1),
        description="of each term: Jaccard of the passages that hold it and those of the topic",
    )
    n_passages = dy.Int64(min=1, description="every passage counts, repeats too")
    n_texts = dy.Int64(min=1, description="the same with repeats and near repeats counted once")
    representatives = dy.List(dy.String(), description="passage_ids, most typical first")
    key = dy.String(
        description="the most typical passage; configs/topic_labels.yaml names topics by it"
    )
    made_label = dy.String(description="the label that the machine made; `label` may be a person's")
    stability = dy.Float64(min=0, max=1, description="mean best-match Jaccard over refits")
    stable = dy.Bool(description="stability reaches topics.stable_jaccard; otherwise fragile")


class Assignments(dy.Schema):
    """One row a passage that topics were fitted on."""

    passage_id = dy.String(primary_key=True)
    topic_id = dy.Int64(min=OUTLIER, description="-1 for an outlier")
    probability = dy.Float64(min=0, max=1, description="share of refits that agree")
    x = dy.Float64(description="place on the topic map")
    y = dy.Float64(description="place on the topic map")


class Hierarchy(dy.Schema):
    """One row a merge of two groups of topics, closest first (scipy linkage)."""

    parent_id = dy.Int64(primary_key=True)
    left_id = dy.Int64()
    right_id = dy.Int64()
    distance = dy.Float64(min=0)
    n_topics = dy.Int64(min=2)


class Similarity(dy.Schema):
    """One row a pair of topics, each pair once, by topic_id."""

    topic_id = dy.Int64(primary_key=True, min=0)
    other_id = dy.Int64(primary_key=True, min=1, description="a topic with a larger id")
    similarity = dy.Float64(
        min=-1, max=1, description="cosine of mean vectors, the mean of all topics taken off"
    )


class OverTime(dy.Schema):
    """Passages of a topic by year and mission; `share` is of the year's or mission's passages."""

    topic_id = dy.Int64(primary_key=True)
    year = dy.Int32(primary_key=True)
    mission = dy.String(primary_key=True, description="a mission's acronym, or 'all'")
    n = dy.Int64(min=0)
    n_passages = dy.Int64(min=1, description="passages of this year and mission")
    share = dy.Float64(min=0, max=1)
    low = dy.Float64(min=0, max=1, description="Wilson's 95% interval")
    high = dy.Float64(min=0, max=1)


class ByMission(dy.Schema):
    """Passages of a topic by mission over all years; `share` is of the mission's passages."""

    topic_id = dy.Int64(primary_key=True, min=0)
    mission = dy.String(primary_key=True, description="a mission's acronym, or 'all'")
    n = dy.Int64(min=0)
    n_passages = dy.Int64(min=1)
    share = dy.Float64(min=0, max=1)
    low = dy.Float64(min=0, max=1, description="Wilson's 95% interval")
    high = dy.Float64(min=0, max=1)


class Guided(dy.Schema):
    """Zero-shot view: the theme whose definition in the codebook is nearest to a passage."""

    passage_id = dy.String(primary_key=True)
    theme_id = dy.String()
    similarity = dy.Float64(min=-1, max=1, description="cosine with the definition")
    lead = dy.Float64(min=0, max=2, description="how much nearer than the second theme")


class Units(dy.Schema):
    """One row a coded unit: a sentence of the article or a paragraph of a UN document.

    The set 'suggested' are UN passages that were coded because a classifier was in doubt: they are
    learnt from, and nothing is judged or estimated by them.
    """

    unit_id = dy.String(primary_key=True)
    unit_set = dy.Enum(["article", "un", "suggested"])
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
        description="probability of having been drawn; null for all but the set un",
    )


class PassageCodes(dy.Schema):
    """Hand codes of a passage, inherited from the units that it holds."""

    passage_id = dy.String(primary_key=True)
    theme_id = dy.String(primary_key=True)
    n_units = dy.Int64(min=1, description="units in the passage with this code")


class CoderAgreement(dy.Schema):
    """Agreement of the coders of one unit set on one theme, on all, or on whole sets of codes.

    theme_id 'all' is the mean over themes in use; 'sets' compares all that was given to a unit.
    """

    unit_set = dy.Enum(["article", "un"], primary_key=True)
    theme_id = dy.String(primary_key=True)
    n_units = dy.Int64(min=0)
    n_coders = dy.Int64(min=0)
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

    unit_set = dy.Enum(["article", "un"], primary_key=True)
    theme_id = dy.String(primary_key=True)
    other_id = dy.String(primary_key=True, description="a later theme of the codebook")
    n = dy.Int64(min=1, description="units times pairs of coders")


class Scores(dy.Schema):
    """One row a passage and theme: the classifier's probability."""

    passage_id = dy.String(primary_key=True)
    theme_id = dy.String(primary_key=True)
    probability = dy.Float64(min=0, max=1, description="that the passage says the theme")
    assigned = dy.Bool(description="probability at or above the theme's threshold")
    out_of_fold = dy.Bool(description="scored by a model that never saw this passage's group")


class UnitScores(dy.Schema):
    """What the model in use says of each coded unit, held out: `evaluation` is made from these."""

    setting = dy.Enum(
        ["article", "un", "transfer"],
        primary_key=True,
        description="what was trained on and tested on",
    )
    unit_id = dy.String(primary_key=True)
    theme_id = dy.String(primary_key=True, description="a theme of the codebook")
    coded = dy.Bool(description="whether the unit has the theme, by the label rule")
    probability = dy.Float64(min=0, max=1, description="that the unit has the theme")
    assigned = dy.Bool(description="probability reaches the threshold of the fold's model")


class Evaluation(dy.Schema):
    """How good one model is on one theme ('macro' and 'micro' are over learnable themes)."""

    setting = dy.Enum(["article", "un", "transfer"], primary_key=True)
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

    setting = dy.Enum(["article", "un", "transfer"], primary_key=True)
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
    n_coded = dy.Int64(min=0, description="hand-coded units among them")
    method = dy.Enum(
        ["assigned", "corrected"], description="as classified, or corrected for its error"
    )
    share = dy.Float64(nullable=True, min=0, max=1)
    low = dy.Float64(nullable=True, min=0, max=1)
    high = dy.Float64(nullable=True, min=0, max=1)


class Agreement(dy.Schema):
    """How far machine groups and themes are the same structure, one row a measure.

    The figure that was declared beforehand: passages 'article', candidate 'topics', reference
    'codes', measure 'adjusted_mutual_information', outliers true.
    """

    passages = dy.String(primary_key=True, description="passages compared: article, or un")
    candidate = dy.String(
        primary_key=True, description="what made the groups: topics, another view, or a baseline"
    )
    reference = dy.String(
        primary_key=True, description="codes, families, sections, or classifier (descriptive only)"
    )
    measure = dy.String(primary_key=True)
    outliers = dy.Bool(primary_key=True, description="are outliers kept, as a group of their own")
    n_passages = dy.Int64(min=0)
    n_clusters = dy.Int64(min=0, description="paragraphs (article) or documents (un)")
    n_groups = dy.Int64(min=0, description="groups of the candidate, outliers not counted")
    n_themes = dy.Int64(min=0, description="themes that these passages carry")
    value = dy.Float64(nullable=True)
    low = dy.Float64(nullable=True, description="interval by half-samples of clusters")
    high = dy.Float64(nullable=True)
    chance = dy.Float64(nullable=True, description="mean when groups are shuffled freely")
    chance_high = dy.Float64(nullable=True, description="95th percentile of the same")
    p_value = dy.Float64(nullable=True, min=0, max=1)
    within_chance = dy.Float64(nullable=True, description="shuffled within sections or missions")
    within_chance_high = dy.Float64(nullable=True, description="95th percentile of the same")
    within_p_value = dy.Float64(nullable=True, min=0, max=1, description="against the same")
    shifted_chance = dy.Float64(
        nullable=True, description="groups shifted along the text, forwards and backwards"
    )
    shifted_chance_high = dy.Float64(nullable=True, description="95th percentile of the same")
    shifted_p_value = dy.Float64(nullable=True, min=0, max=1, description="against the same")


class Alignment(dy.Schema):
    """One row a topic and theme that share at least one passage."""

    passages = dy.String(primary_key=True, description="passages counted: article, or un")
    reference = dy.String(primary_key=True, description="themes: codes, or classifier")
    topic_id = dy.Int64(primary_key=True, min=OUTLIER)
    theme_id = dy.String(primary_key=True)
    n = dy.Int64(min=1)
    n_topic = dy.Int64(min=1, description="passages of the topic among those counted")
    n_theme = dy.Int64(min=1)
    n_passages = dy.Int64(min=1, description="passages counted")
    jaccard = dy.Float64(min=0, max=1)
    lift = dy.Float64(min=0, description="n over the n expected if both were unrelated")
    p_value = dy.Float64(
        min=0, max=1, description="one-sided Fisher test, weakened where neighbours are alike"
    )
    q_value = dy.Float64(min=0, max=1, description="Benjamini-Hochberg, over all cells")
    one_to_one = dy.Bool(description="pair of the best one-to-one matching (largest Jaccard sum)")
    many_to_one = dy.Bool(description="the theme is the topic's best match")


class Recovery(dy.Schema):
    """For each theme the topics that together recover it best."""

    passages = dy.String(primary_key=True)
    reference = dy.String(primary_key=True)
    theme_id = dy.String(primary_key=True)
    support = dy.Int64(min=0, description="passages with the theme")
    topic_ids = dy.List(dy.Int64(), description="the one that adds most precision first")
    precision = dy.Float64(min=0, max=1)
    recall = dy.Float64(min=0, max=1)
    f1 = dy.Float64(min=0, max=1, description="harmonic mean of precision and recall")
    chance = dy.Float64(min=0, max=1, description="mean F1 when topics are shuffled")
    p_value = dy.Float64(
        min=0, max=1, description="the larger one of topics shuffled freely and of topics shifted"
    )
    q_value = dy.Float64(
        nullable=True, min=0, max=1, description="null: too few passages to be tested"
    )
    recovered = dy.Bool(description="F1 at least compare.recovered_f1 and q small enough")


class Explanation(dy.Schema):
    """For each topic the theme that fits it best, or none."""

    passages = dy.String(primary_key=True)
    reference = dy.String(primary_key=True)
    topic_id = dy.Int64(primary_key=True, min=0)
    label = dy.String(description="of the topic")
    n_topic = dy.Int64(min=0, description="passages of the topic among those counted")
    theme_id = dy.String(nullable=True, description="the theme with the largest Jaccard")
    jaccard = dy.Float64(nullable=True, min=0, max=1)
    explained = dy.Bool(description="some theme is more frequent in the topic than by chance")
    reason = dy.String(description="why it is not explained; empty when it is")
    passage_ids = dy.List(dy.String(), description="passages to read, of those counted")


class SemanticAlignment(dy.Schema):
    """How near a topic's mean vector is to what the codebook says of a theme."""

    topic_id = dy.Int64(primary_key=True, min=0)
    theme_id = dy.String(primary_key=True)
    similarity = dy.Float64(min=-1, max=1, description="cosine")
    relative = dy.Float64(
        min=-1, max=1, description="cosine after the means of topics and definitions are taken off"
    )
    rank = dy.Int64(min=1, description="1 for the theme with the largest relative similarity")


class Curve(dy.Schema):
    """Adjusted mutual information by number of groups and seed; outliers are a group too."""

    passages = dy.String()
    candidate = dy.String(description="topics (merged along their hierarchy), or a baseline")
    reference = dy.String()
    n_groups = dy.Int64(min=1, description="groups over the whole corpus, or that were asked for")
    n_groups_here = dy.Int64(min=0, description="groups that these passages fall into")
    seed = dy.Int64(nullable=True, description="of the grouping; null where it is that of the run")
    n_passages = dy.Int64(min=0)
    value = dy.Float64()
    chance_high = dy.Float64(description="95th percentile under shuffling")
    p_value = dy.Float64(min=0, max=1)


class Gap(dy.Schema):
    """For each theme its share in policy against its share in what practitioners say.

    The unit is the passage on both sides. Two questions: how many of the passages say the theme
    (`policy`, `interviews`, `difference`), and how much of all that is said of the codebook's
    themes is said of this one (`policy_part`, `interviews_part`, `part_difference`). The codebook
    was made from the article, so that nearly every theme is in more of its passages; the second
    question is free of that.
    """

    theme_id = dy.String(primary_key=True)
    n_policy = dy.Int64(min=0, description="passages of policy documents")
    n_policy_coded = dy.Int64(min=0, description="hand-coded paragraphs among them")
    n_policy_positive = dy.Int64(min=0, description="hand-coded paragraphs with the theme")
    policy_assigned = dy.Float64(nullable=True, description="share as the classifier assigns it")
    policy = dy.Float64(nullable=True, description="share corrected for the classifier's error")
    policy_low = dy.Float64(nullable=True)
    policy_high = dy.Float64(nullable=True)
    n_interviews = dy.Int64(
        min=0, description="coded passages of the article that report an interview"
    )
    n_paragraphs = dy.Int64(min=0, description="paragraphs of the article that these stand in")
    interviews = dy.Float64(nullable=True)
    interviews_low = dy.Float64(nullable=True)
    interviews_high = dy.Float64(nullable=True)
    difference = dy.Float64(nullable=True, description="policy minus interviews")
    low = dy.Float64(nullable=True)
    high = dy.Float64(nullable=True)
    p_value = dy.Float64(nullable=True, min=0, max=1)
    q_value = dy.Float64(nullable=True, min=0, max=1)
    direction = dy.Enum(
        ["more in policy", "more in interviews", "undecided", "not computed"],
        description="undecided: q-value above compare.false_discovery_rate",
    )
    policy_part = dy.Float64(nullable=True, description="of all mentions of themes in policy")
    interviews_part = dy.Float64(nullable=True, description="of all mentions of themes there")
    part_difference = dy.Float64(nullable=True, description="policy_part minus the other")
    part_low = dy.Float64(nullable=True, description="lower end of its interval")
    part_high = dy.Float64(nullable=True, description="upper end of its interval")
    part_q_value = dy.Float64(nullable=True, min=0, max=1, description="of part_difference")
    part_direction = dy.Enum(
        ["more in policy", "more in interviews", "undecided", "not computed"],
        description="which side has the larger part",
    )


class GapSensitivity(dy.Schema):
    """The gap measured in other ways; `basis` says which."""

    basis = dy.String(primary_key=True, description="in which other way the gap is measured")
    theme_id = dy.String(primary_key=True)
    n_policy = dy.Int64(min=0)
    policy = dy.Float64(nullable=True)
    policy_low = dy.Float64(nullable=True)
    policy_high = dy.Float64(nullable=True)
    n_interviews = dy.Int64(min=0)
    interviews = dy.Float64(nullable=True)
    interviews_low = dy.Float64(nullable=True)
    interviews_high = dy.Float64(nullable=True)
    difference = dy.Float64(nullable=True)
    low = dy.Float64(nullable=True)
    high = dy.Float64(nullable=True)
    p_value = dy.Float64(nullable=True, min=0, max=1)
    q_value = dy.Float64(nullable=True, min=0, max=1)
    direction = dy.Enum(["more in policy", "more in interviews", "undecided", "not computed"])


class GapSeries(dy.Schema):
    """The policy side by mission and year, each beside the same interview share.

    Rows with a mission and a year show the course of resolutions and statements as classified,
    uncorrected; they carry no interview share and no difference.
    """

    theme_id = dy.String()
    mission = dy.String(description="an acronym, or 'all'")
    year = dy.Int32(nullable=True, description="null: all years")
    n_policy = dy.Int64(min=0)
    method = dy.Enum(["assigned", "corrected"])
    policy = dy.Float64(min=0, max=1)
    policy_low = dy.Float64(nullable=True, min=0, max=1, description="null: as assigned")
    policy_high = dy.Float64(nullable=True, min=0, max=1)
    interviews = dy.Float64(nullable=True)
    difference = dy.Float64(nullable=True)
    low = dy.Float64(nullable=True)
    high = dy.Float64(nullable=True)
    mark = dy.String(description="what happened in this year; empty when nothing is marked")


class VoiceShares(dy.Schema):
    """Who speaks of what: passages by speaker group and theme (hand codes) or topic."""

    voice = dy.Enum(VOICES, primary_key=True)
    labels = dy.Enum(
        ["themes", "topics"], primary_key=True, description="what the labels of this row are"
    )
    label = dy.String(primary_key=True, description="a theme_id, or a topic_id as text")
    n = dy.Int64(min=0, description="passages of the group with the label")
    n_voice = dy.Int64(min=1, description="passages that report this group")
    n_notes = dy.Int64(min=0, description="notes of the article that cite the group")
    share = dy.Float64(min=0, max=1)
    low = dy.Float64(min=0, max=1, description="Wilson's interval on the effective sample size")
    high = dy.Float64(min=0, max=1)
    share_others = dy.Float64(nullable=True, description="among voiced passages without this group")
    q_value = dy.Float64(nullable=True, min=0, max=1, description="two-sided Fisher, weakened, BH")


class Citations(dy.Schema):
    """One row a place where the article cites a UN document."""

    order = dy.Int64(primary_key=True, min=0)
    block_id = dy.String(description="block of the article")
    cited_as = dy.String(description="author and year, or the symbol itself")
    title = dy.String()
    symbol = dy.String(description="empty where the document has none")
    paragraphs = dy.List(dy.String(), description="paragraph numbers that the citation names")
    document_id = dy.String(nullable=True)
    status = dy.Enum(
        ["in the corpus", "in the manifest, not read", "not in the manifest", "without a symbol"]
    )


class Quotations(dy.Schema):
    """One row a quotation that the article takes from a UN document."""

    order = dy.Int64(primary_key=True, min=0)
    block_id = dy.String(description="block of the article")
    text = dy.String(min_length=1)
    cited_as = dy.String()
    status = dy.Enum(
        [
            "found",
            "found in another document",
            "not found",
            "the cited document was not read",
        ]
    )
    document_id = dy.String(nullable=True, description="where it was found")
    found_block_id = dy.String(nullable=True, description="block in which it was found")
    label = dy.String(description="number of the paragraph in which it was found")
    likeness = dy.Float64(nullable=True, min=0, max=100, description="in percent; 100: the same")
    found_text = dy.String(description="the words there, in lower case")


@dataclass(frozen=True)
class Table:
    """A table's place in the project and its schema."""

    path: Path
    schema: type[dy.Schema]

    @property
    def stage(self) -> str:
        """The stage that makes it."""
        return self.path.parent.name


def _table(place: str, schema: type[dy.Schema]) -> Table:
    return Table(Path("outputs") / f"{place}.parquet", schema)


ACQUIRED = _table("acquire/acquired", Acquired)
DOCUMENTS = _table("ingest/documents", Documents)
SET_ASIDE = _table("ingest/set_aside", SetAside)
BLOCKS = _table("ingest/blocks", Blocks)
NOTES = _table("ingest/notes", Notes)
PASSAGES = _table("segment/passages", Passages)
FAMILIES = _table("segment/families", Families)
TOPICS = _table("topics/topics", Topics)
ASSIGNMENTS = _table("topics/assignments", Assignments)
HIERARCHY = _table("topics/hierarchy", Hierarchy)
SIMILARITY = _table("topics/similarity", Similarity)
OVER_TIME = _table("topics/over_time", OverTime)
BY_MISSION = _table("topics/by_mission", ByMission)
GUIDED = _table("topics/guided", Guided)
ARTICLE_TOPICS = _table("topics/article_topics", Topics)
ARTICLE_ASSIGNMENTS = _table("topics/article_assignments", Assignments)
UNITS = _table("themes/units", Units)
PASSAGE_CODES = _table("themes/passage_codes", PassageCodes)
CODER_AGREEMENT = _table("themes/coder_agreement", CoderAgreement)
CODER_CONFUSIONS = _table("themes/coder_confusions", CoderConfusions)
CALIBRATION = _table("themes/calibration", Calibration)
SCORES = _table("themes/scores", Scores)
UNIT_SCORES = _table("themes/unit_scores", UnitScores)
EVALUATION = _table("themes/evaluation", Evaluation)
PREVALENCE = _table("themes/prevalence", Prevalence)
PREVALENCE_OF_FAMILIES = _table("themes/prevalence_of_families", Prevalence)
AGREEMENT = _table("compare/agreement", Agreement)
ALIGNMENT = _table("compare/alignment", Alignment)
RECOVERY = _table("compare/recovery", Recovery)
EXPLANATION = _table("compare/explanation", Explanation)
SEMANTIC_ALIGNMENT = _table("compare/semantic_alignment", SemanticAlignment)
CURVE = _table("compare/curve", Curve)
GAP = _table("compare/gap", Gap)
GAP_SENSITIVITY = _table("compare/gap_sensitivity", GapSensitivity)
GAP_SERIES = _table("compare/gap_series", GapSeries)
VOICE_SHARES = _table("compare/voices", VoiceShares)
CITATIONS = _table("compare/citations", Citations)
QUOTATIONS = _table("compare/quotations", Quotations)

TABLES = tuple(value for value in list(globals().values()) if isinstance(value, Table))


_FORMULA = r"^(?:[=+@\t\r]|-(?:[^\d.]|$))"
"""How a cell begins that a spreadsheet takes for a formula; numbers below zero are none."""


def write_table(table: Table, frame: pl.DataFrame) -> None:
    """Check ``frame`` against its schema and write it whole or not at all.

    Raises:
        StageError: a column is missing, of another type or out of range.
    """
    # by way of memory: a full disk is then an OSError like everywhere else, and not one of polars
    content = io.BytesIO()
    _checked(table, frame).write_parquet(content, compression="zstd")
    write_bytes(table.path, content.getvalue())


def csv_of(frame: pl.DataFrame) -> bytes:
    """A frame as CSV in UTF-8; lists are joined by semicolons, because CSV has none.

    Text of a document that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    lists = [
        pl.col(name).cast(pl.List(pl.String)).list.join(";")
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.List)
    ]
    joined = frame.with_columns(lists)
    text = pl.col(pl.String)
    safe = pl.when(text.str.contains(_FORMULA)).then("'" + text).otherwise(text).name.keep()
    return joined.with_columns(safe).write_csv().encode()


def read_table(table: Table) -> pl.DataFrame:
    """Read a table of an earlier stage and check it against its schema.

    Raises:
        InputError: the stage that makes it has not run.
        StageError: the file is not what its schema says.
    """
    if not table.path.is_file():
        raise InputError(table.path, "is missing", f"run: dvc repro {table.stage}")
    try:
        frame = pl.read_parquet(table.path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise StageError(
            f"{table.path} cannot be read ({error}); run: dvc repro -f {table.stage}"
        ) from error
    return _checked(table, frame)


def _checked(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    columns = table.schema.column_names()
    absent = [column for column in columns if column not in frame.columns]
    if absent:
        raise StageError(f"{table.path}: column {absent[0]} is missing")
    try:
        return table.schema.validate(frame.select(columns), cast=True)
    except (dy.exc.ValidationError, dy.exc.SchemaError, pl.exceptions.PolarsError) as error:
        raise StageError(f"{table.path}: {' '.join(str(error).split())}") from error
