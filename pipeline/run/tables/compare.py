"""Topics beside themes, and policy beside interviews."""

from __future__ import annotations

import dataframely as dy

from pipeline.run.tables.table import table
from pipeline.run.tables.topics import OUTLIER


class Agreement(dy.Schema):
    """How far machine groups and themes are the same structure, one row a measure.

    The figure that was declared beforehand: passages of the coded sentences, candidate 'topics',
    reference 'codes', measure 'adjusted_mutual_information', outliers true.
    """

    passages = dy.String(primary_key=True, description="passages compared: those of a coded set")
    candidate = dy.String(
        primary_key=True, description="what made the groups: topics, another view, or a baseline"
    )
    reference = dy.String(
        primary_key=True,
        description="codes, code_groups, sections, or classifier (descriptive only)",
    )
    measure = dy.String(primary_key=True)
    outliers = dy.Bool(primary_key=True, description="are outliers kept, as a group of their own")
    n_passages = dy.Int64(min=0)
    n_clusters = dy.Int64(min=0, description="paragraphs of articles, or documents")
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

    passages = dy.String(primary_key=True, description="passages counted: those of a coded set")
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
    n_policy_coded = dy.Int64(min=0, description="coded paragraphs among them")
    n_policy_positive = dy.Int64(min=0, description="coded paragraphs with the theme")
    policy_assigned = dy.Float64(nullable=True, description="share as the classifier assigns it")
    policy = dy.Float64(nullable=True, description="share corrected for the classifier's error")
    policy_low = dy.Float64(nullable=True)
    policy_high = dy.Float64(nullable=True)
    n_interviews = dy.Int64(
        min=0, description="coded passages of articles that report an interview"
    )
    n_paragraphs = dy.Int64(min=0, description="paragraphs of articles that these stand in")
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


class GapSides(dy.Schema):
    """Each theme on every two of the sides, where there are more than two.

    Shares of documents are corrected by the coded paragraphs that were drawn from the kinds of
    their side; kinds from which none were drawn enter no share. The sides of documents share a
    classifier, and are taken as independent. Where `side` is a further side of documents and
    `other` the interviews, the row also says whether it is nearer to them than the first side is:
    of the themes on which first side and interviews differ beyond chance.
    """

    side = dy.String(primary_key=True, description="a side of configs/study.yaml")
    other = dy.String(primary_key=True, description="a side named after it; interviews are last")
    question = dy.Enum(["passages", "parts"], primary_key=True, description="what is counted")
    basis = dy.String(primary_key=True, description="corrected, or another way of measuring")
    mission = dy.String(primary_key=True, description="of the documents: an acronym, or all")
    theme_id = dy.String(primary_key=True)
    n_side = dy.Int64(min=0, description="passages of the first side")
    n_other = dy.Int64(min=0, description="passages of the other")
    share = dy.Float64(nullable=True, description="on the first side")
    share_low = dy.Float64(nullable=True, description="lower end of its interval")
    share_high = dy.Float64(nullable=True, description="upper end of its interval")
    other_share = dy.Float64(nullable=True, description="on the other side")
    other_low = dy.Float64(nullable=True, description="lower end of its interval")
    other_high = dy.Float64(nullable=True, description="upper end of its interval")
    difference = dy.Float64(nullable=True, description="first minus other")
    low = dy.Float64(nullable=True)
    high = dy.Float64(nullable=True)
    p_value = dy.Float64(nullable=True, min=0, max=1)
    q_value = dy.Float64(
        nullable=True,
        min=0,
        max=1,
        description="over themes and pairs of a question, basis, mission",
    )
    larger = dy.String(description="the side with the larger share; undecided, or not computed")
    nearer_by = dy.Float64(
        nullable=True, description="distance of first side and interviews minus that of this side"
    )
    nearer_low = dy.Float64(nullable=True, description="lower end of its interval")
    nearer_high = dy.Float64(nullable=True, description="upper end of its interval")
    nearer_q = dy.Float64(nullable=True, min=0, max=1, description="over the themes that differ")
    nearer = dy.String(nullable=True, description="nearer, further, undecided; null: no gap")


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


class SpeakerShares(dy.Schema):
    """Who speaks of what: passages by speaker group and theme (as coded) or topic."""

    speaker_group = dy.String(primary_key=True, description="a speaker group of configs/study.yaml")
    labels = dy.Enum(
        ["themes", "topics"], primary_key=True, description="what the labels of this row are"
    )
    label = dy.String(primary_key=True, description="a theme_id, or a topic_id as text")
    n = dy.Int64(min=0, description="passages of the group with the label")
    n_speaker_group = dy.Int64(min=1, description="passages that report this group")
    n_notes = dy.Int64(min=0, description="notes of articles that cite the group")
    share = dy.Float64(min=0, max=1)
    low = dy.Float64(min=0, max=1, description="Wilson's interval on the effective sample size")
    high = dy.Float64(min=0, max=1)
    share_others = dy.Float64(
        nullable=True, description="among passages that report an interview without this group"
    )
    q_value = dy.Float64(nullable=True, min=0, max=1, description="two-sided Fisher, weakened, BH")


class Citations(dy.Schema):
    """One row a place where an article cites a UN document."""

    order = dy.Int64(primary_key=True, min=0)
    block_id = dy.String(description="block of an article")
    cited_as = dy.String(description="author and year, or the symbol itself")
    title = dy.String()
    symbol = dy.String(description="empty where the document has none")
    paragraphs = dy.List(dy.String(), description="paragraph numbers that the citation names")
    document_id = dy.String(nullable=True)
    status = dy.Enum(
        ["in the corpus", "in the manifest, not read", "not in the manifest", "without a symbol"]
    )


class Quotations(dy.Schema):
    """One row a quotation that an article takes from a UN document."""

    order = dy.Int64(primary_key=True, min=0)
    block_id = dy.String(description="block of an article")
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


class Sentences(dy.Schema):
    """What was found, in plain words: a row a piece of a paragraph, in the order of reading."""

    paragraph = dy.Int64(primary_key=True, min=0, description="place of the paragraph, from 0")
    piece = dy.Int64(primary_key=True, min=0, description="place in its paragraph, from 0")
    length = dy.Enum(["short", "long"], description="short: said first; long: with all figures")
    about = dy.String(description="heading of a long paragraph; empty for a short one")
    text = dy.String(description="the piece, with the blanks beside it")
    link = dy.String(description="where on the page it leads; empty for text without a link")


AGREEMENT = table("compare/agreement", Agreement)
ALIGNMENT = table("compare/alignment", Alignment)
RECOVERY = table("compare/recovery", Recovery)
EXPLANATION = table("compare/explanation", Explanation)
SEMANTIC_ALIGNMENT = table("compare/semantic_alignment", SemanticAlignment)
CURVE = table("compare/curve", Curve)
GAP = table("compare/gap", Gap)
GAP_SIDES = table("compare/gap_sides", GapSides)
GAP_SENSITIVITY = table("compare/gap_sensitivity", GapSensitivity)
GAP_SERIES = table("compare/gap_series", GapSeries)
SPEAKER_SHARES = table("compare/speaker_groups", SpeakerShares)
CITATIONS = table("compare/citations", Citations)
QUOTATIONS = table("compare/quotations", Quotations)
SENTENCES = table("compare/sentences", Sentences)
