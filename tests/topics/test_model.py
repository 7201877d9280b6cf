"""The topics are a BERTopic: it is saved, anybody can load it, and its API works on it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from bertopic import BERTopic
from sklearn.metrics.pairwise import cosine_similarity

from pipeline.run.settings import load_settings
from pipeline.topics.finding import TopicFindings
from pipeline.topics.model import OurEncoder, saved_files
from tests.topics.test_finding import SubjectEncoder, corpus_of, found_in


@pytest.fixture(scope="module")
def findings() -> TopicFindings:
    return found_in(corpus_of(120), load_settings().topics)


@pytest.fixture(scope="module")
def folder(findings: TopicFindings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The saved model; its first topic has the name that a person gave it."""
    place = tmp_path_factory.mktemp("model")
    labels = ["Given by a person", *findings.whole.fitted.labels[1:]]
    for name, content in saved_files(findings.whole.fitted, labels, "an encoder").items():
        (place / name).write_bytes(content)
    return place


@pytest.mark.slow
def test_bertopic_loads_it_and_has_the_same_topics(findings: TopicFindings, folder: Path) -> None:
    loaded = BERTopic.load(str(folder))
    fitted = findings.whole.fitted
    assert loaded.topics_ == fitted.topic.tolist()
    assert loaded.custom_labels_[0] == "Given by a person"
    terms = findings.whole.topics["terms"].to_list()
    assert [[word for word, _ in loaded.get_topic(n)] for n in range(len(terms))] == terms
    assert loaded.get_topic_info()["Count"].tolist() == findings.whole.topics["n_texts"].to_list()


@pytest.mark.slow
def test_the_loaded_model_gives_fitted_texts_their_topics(
    findings: TopicFindings, folder: Path
) -> None:
    loaded = BERTopic.load(str(folder))
    texts = corpus_of(120).passages["text"].to_list()
    found, _ = loaded.transform(texts, SubjectEncoder().encode(texts))
    share = (np.array(found) == findings.whole.fitted.topic).mean()
    assert share == pytest.approx(findings.whole.fitted.reloaded)
    assert f"{share:.1%} of them" in (folder / "README.md").read_text()


@pytest.mark.slow
def test_the_fitted_model_gives_every_fitted_text_its_topic(findings: TopicFindings) -> None:
    fitted = findings.whole.fitted
    texts = corpus_of(120).passages["text"].to_list()
    found, _ = fitted.model.transform(texts, SubjectEncoder().encode(texts).astype(float))
    assert np.array_equal(found, fitted.topic)


@pytest.mark.slow
def test_its_pictures_are_drawn_from_the_saved_model(folder: Path) -> None:
    loaded = BERTopic.load(str(folder))
    texts = corpus_of(120).passages["text"].to_list()
    assert loaded.visualize_barchart().data
    assert loaded.visualize_heatmap().data
    over_time = loaded.topics_over_time(texts, [2000 + n % 5 for n in range(120)])
    assert over_time["Frequency"].sum() == 120


@pytest.mark.slow
def test_nothing_in_it_is_a_pickle_or_a_text_of_the_corpus(folder: Path) -> None:
    assert {one.suffix for one in folder.iterdir()} == {".safetensors", ".json", ".md"}
    assert "Officers spoke of" not in json.dumps(
        [one.read_text() for one in folder.iterdir() if one.suffix != ".safetensors"]
    )


@pytest.mark.slow
def test_saved_twice_it_has_the_same_bytes(findings: TopicFindings) -> None:
    fitted = findings.whole.fitted
    one, two = (saved_files(fitted, fitted.labels, "an encoder") for _ in range(2))
    assert one == two


@pytest.mark.slow
def test_new_texts_one_or_many_are_given_topics_and_wrong_shapes_are_refused(folder: Path) -> None:
    loaded = BERTopic.load(str(folder))
    texts = corpus_of(120).passages["text"].to_list()
    vectors = SubjectEncoder().encode(texts)
    one, _ = loaded.transform(texts[:1], vectors[:1])
    two, _ = loaded.transform(texts[:2], vectors[:2])
    assert one[0] == two[0]
    for given, beside in (
        (texts[:1], vectors[:2]),
        (texts[:2], vectors[0]),
        (texts[:1], [1, 2, 3]),
    ):
        with pytest.raises(ValueError, match=r"."):
            loaded.transform(given, beside)


def distances(means: np.ndarray) -> np.ndarray:
    """BERTopic's own may be a little less than 0 where two topics have the same words."""
    return np.clip(1 - cosine_similarity(means), 0, None)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pandas.errors.SettingWithCopyWarning")
def test_a_loaded_model_is_searched_reduced_merged_and_described_anew(folder: Path) -> None:
    loaded = BERTopic.load(str(folder), embedding_model=OurEncoder(SubjectEncoder()))
    texts = corpus_of(120).passages["text"].to_list()
    n_topics = len(set(loaded.topics_))
    assert len(loaded.get_document_info(texts)) == 120
    found, similarity = loaded.find_topics(texts[0], top_n=2)
    assert len(set(found)) == 2
    assert max(similarity) <= 1
    joined = loaded.hierarchical_topics(texts, distance_function=distances)
    assert joined["Parent_ID"].astype(int).min() > max(loaded.topics_)
    before = loaded.get_topic(0)
    loaded.update_topics(texts, n_gram_range=(2, 2))
    assert loaded.get_topic(0) != before
    loaded.reduce_topics(texts, nr_topics=n_topics - 1)
    assert len(loaded.get_topic_freq()) == n_topics - 1
    size = loaded.get_topic_freq(0)
    loaded.merge_topics(texts, [0, 1])
    assert loaded.get_topic_freq(0) > size
