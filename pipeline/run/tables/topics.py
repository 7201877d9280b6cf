"""Topics, the passages in them, and how they lie beside each other, over time and by mission."""

from __future__ import annotations

import dataframely as dy

from pipeline.run.tables.table import table

OUTLIER = -1
"""The topic_id of a passage that belongs to no topic."""


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
    stability = dy.Float64(
        min=0, max=1, description="the harder one of stability_seeds and stability_samples"
    )
    stability_seeds = dy.Float64(
        min=0, max=1, description="mean best-match Jaccard with whole models of other seeds"
    )
    stability_samples = dy.Float64(
        min=0, max=1, description="the same with models of 90% of the texts, and other seeds"
    )
    stable = dy.Bool(description="stability reaches topics.stable_jaccard; otherwise fragile")


class Assignments(dy.Schema):
    """One row a passage that topics were looked for in."""

    passage_id = dy.String(primary_key=True)
    topic_id = dy.Int64(min=OUTLIER, description="-1 for an outlier")
    agreement = dy.Float64(
        min=0,
        max=1,
        description="of the texts that fits put in one group with this one, the share that is in "
        "its topic",
    )
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


class ZeroShot(dy.Schema):
    """Zero-shot view: the theme whose definition in the codebook is nearest to a passage."""

    passage_id = dy.String(primary_key=True)
    theme_id = dy.String()
    similarity = dy.Float64(min=-1, max=1, description="cosine with the definition")
    lead = dy.Float64(min=0, max=2, description="how much nearer than the second theme")


TOPICS = table("topics/topics", Topics)
ASSIGNMENTS = table("topics/assignments", Assignments)
HIERARCHY = table("topics/hierarchy", Hierarchy)
SIMILARITY = table("topics/similarity", Similarity)
OVER_TIME = table("topics/over_time", OverTime)
BY_MISSION = table("topics/by_mission", ByMission)
ZERO_SHOT = table("topics/zero_shot", ZeroShot)
ARTICLE_TOPICS = table("topics/article_topics", Topics)
ARTICLE_ASSIGNMENTS = table("topics/article_assignments", Assignments)
