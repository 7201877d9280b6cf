"""Everything beside the topics that is compared with the study's structures.

A random partition of the same sizes is there already: it is what shuffling freely makes.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.compare.material import Material, empty, fitted
from pipeline.compare.statistics.measures import Floats, Integers, RealNumbers
from pipeline.compare.structure.alignment import NO_THEME, LabelledPassages
from pipeline.run.tables.compare import SemanticAlignment
from pipeline.run.tables.topics import OUTLIER
from pipeline.study.codebook import Theme


def definition_text(theme: Theme) -> str:
    """What is embedded for a theme: its name and definition, not its lists of cases."""
    return f"{theme.name}. {theme.definition}"


def nearest_definitions(vectors: RealNumbers, definitions: RealNumbers) -> Integers:
    """The definition nearest to each passage, int [n]; a classifier that was never trained.

    The mean of the definitions is taken from them, and that of the passages from the passages:
    definitions share a tone, and so do passages, and the difference in tone is not a theme.
    """
    passages = vectors - vectors.mean(0)
    nearest: Integers = (passages @ _directions(definitions).T).round(6).argmax(1)
    return nearest


def _directions(vectors: RealNumbers) -> Floats:
    centred = vectors - vectors.mean(0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    directions: Floats = centred / np.where(lengths > 0, lengths, 1)
    return directions


def semantic_table(
    topic_ids: Sequence[int],
    group: Integers,
    vectors: RealNumbers,
    theme_ids: Sequence[str],
    definitions: RealNumbers,
) -> pl.DataFrame:
    """tables.SemanticAlignment: cosine of a topic's mean vector with each theme's definition.

    No coding is used, so this covers topics without a coded passage. A similarity says that the
    words are of one field, not that the topic says what the theme says. As some definitions are
    near to everything, themes are ranked with the mean topic and the mean definition taken off.

    Args:
        topic_ids: topics.
        group: int [n], the topic of each passage.
        vectors: float [n, dimension], of length 1.
        theme_ids: themes, in the order of ``definitions``.
        definitions: float [themes, dimension], of length 1.
    """
    found = [topic_id for topic_id in topic_ids if (group == topic_id).any()]
    if not found:
        return empty(SemanticAlignment)
    means = np.array([vectors[group == topic_id].astype(np.float64).mean(0) for topic_id in found])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    similarity = np.clip(means @ definitions.T, -1, 1).round(4)
    relative = np.clip(_directions(means) @ _directions(definitions).T, -1, 1).round(4)
    rank = np.argsort(np.argsort(-relative, axis=1, kind="stable"), axis=1, kind="stable") + 1
    n_themes = len(theme_ids)
    frame = {
        "topic_id": np.repeat(found, n_themes),
        "theme_id": list(theme_ids) * len(found),
        "similarity": similarity.reshape(-1),
        "relative": relative.reshape(-1),
        "rank": rank.reshape(-1),
    }
    return fitted(SemanticAlignment, pl.DataFrame(frame).sort("topic_id", "rank"))


_STARTS = 3
_NMF_ROUNDS = 200
_FEWEST_PASSAGES_A_WORD = 5
_SMALL_CORPUS = 500


def regrouped(
    labelled: LabelledPassages, groups: Mapping[str, int], candidate: str
) -> LabelledPassages:
    """The same passages and themes with other groups, by passage_id; OUTLIER where none is."""
    found = [groups.get(passage_id, OUTLIER) for passage_id in labelled.passage_ids]
    return replace(labelled, group=np.array(found, dtype=np.int64), candidate=candidate)


def groups_by_text(passages: pl.DataFrame, groups_of_texts: Integers) -> dict[str, int]:
    """Groups of different texts given to every passage that has the text.

    Args:
        passages: passage_id, text.
        groups_of_texts: int, one a different text, in the order of `different_texts`.
    """
    texts = different_texts(passages)
    of_text = dict(zip(texts["text"].to_list(), groups_of_texts.tolist(), strict=True))
    return {passage_id: of_text[text] for passage_id, text in passages.iter_rows()}


def different_texts(passages: pl.DataFrame) -> pl.DataFrame:
    """passage_id and text, each text once, in an order that does not depend on the corpus's."""
    return passages.sort("passage_id").unique("text", keep="first", maintain_order=True)


def kmeans_groups(
    vectors: RealNumbers, n_groups: int, seed: int, n_starts: int = _STARTS
) -> Integers:
    """k-means (Lloyd) on the vectors, int [n]; it works in their place, and they wander a bit."""
    from sklearn.cluster import KMeans

    with one_thread():
        model = KMeans(
            min(n_groups, len(vectors)), n_init=n_starts, random_state=seed, copy_x=False
        )
        groups: Integers = model.fit_predict(vectors).astype(np.int64)
    return groups


def nmf_groups(texts: Sequence[str], n_groups: int, seed: int) -> Integers:
    """The strongest part of a non-negative factorisation of TF-IDF weights, int [n].

    Source: Lee and Seung (1999). It sees words, not vectors: a baseline without a language model.
    A text without any word of the vocabulary is an OUTLIER.
    """
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer

    fewest = _FEWEST_PASSAGES_A_WORD if len(texts) >= _SMALL_CORPUS else 2
    weights = TfidfVectorizer(
        stop_words="english", min_df=fewest, max_df=0.5, sublinear_tf=True
    ).fit_transform(texts)
    n_parts = min(n_groups, *weights.shape)
    model = NMF(n_parts, init="nndsvda", max_iter=_NMF_ROUNDS, random_state=seed)
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the strongest part has long settled
        strength = model.fit_transform(weights)
    return np.where(strength.max(1) > 0, strength.argmax(1), OUTLIER).astype(np.int64)


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums in a fixed order: several threads add up in the order in which they finish.

    It is faster, too: the many small products of permutations spend their time on waking threads.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


class Baselines:
    """Groupings of the whole corpus, made once: as many groups as there are topics."""

    def __init__(self, material: Material, seed: int) -> None:
        """Group every text that topics were fitted on."""
        self._material, self._seed = material, seed
        texts = different_texts(material.clustered)
        n_topics = max(material.topics.height, 1)
        vectors = material.vectors_of(texts["passage_id"])
        self.kmeans = groups_by_text(material.clustered, kmeans_groups(vectors, n_topics, seed))
        words = nmf_groups(texts["text"].to_list(), n_topics, seed)
        self.nmf = groups_by_text(material.clustered, words)
        self._of_article = dict(
            material.article_assignments.select("passage_id", "topic_id").iter_rows()
        )

    def beside(self, labelled: LabelledPassages) -> Iterator[LabelledPassages]:
        """The same passages and themes, grouped in other ways.

        k-means and NMF on the whole corpus, with as many groups as there are topics; on the article
        alone, with as many as there are themes to find; its sections; the topics that were fitted
        on it alone. For what people coded, the nearest definition of the codebook, and the
        zero-shot view of the topics stage, which is the same from texts without names.
        """
        yield regrouped(labelled, self.kmeans, "k-means")
        yield regrouped(labelled, self.nmf, "nmf")
        if self._material.is_of_articles(labelled.passages):
            yield from self._of_the_article(labelled)
        if labelled.reference in ("codes", "code_groups"):
            yield self._by_definition(labelled)
            yield from self._zero_shot(labelled)

    def _of_the_article(self, labelled: LabelledPassages) -> Iterator[LabelledPassages]:
        n_themes = len(np.unique(labelled.primary[labelled.primary != NO_THEME]))
        ids = list(labelled.passage_ids)
        by_vector = kmeans_groups(self._material.vectors_of(ids), n_themes, self._seed)
        by_word = nmf_groups(self._texts(ids), n_themes, self._seed)
        yield regrouped(labelled, _numbered(ids, by_vector), "k-means, article alone")
        yield regrouped(labelled, _numbered(ids, by_word), "nmf, article alone")
        if self._of_article:
            yield regrouped(labelled, self._of_article, "topics of the article alone")
        if labelled.reference != "sections":
            yield regrouped(labelled, _numbered(ids, labelled.stratum), "sections")

    def _by_definition(self, labelled: LabelledPassages) -> LabelledPassages:
        ids = list(labelled.passage_ids)
        nearest = nearest_definitions(self._material.vectors_of(ids), self._material.definitions)
        theme_ids = self._material.codebook.theme_ids
        found = {ids[row]: theme_ids[place] for row, place in enumerate(nearest)}
        return regrouped(labelled, self._places(found, labelled.reference), "nearest definition")

    def _zero_shot(self, labelled: LabelledPassages) -> Iterator[LabelledPassages]:
        found = dict(self._material.zero_shot.select("passage_id", "theme_id").iter_rows())
        if found:
            yield regrouped(labelled, self._places(found, labelled.reference), "zero-shot")

    def _places(self, themes: Mapping[str, str], reference: str) -> dict[str, int]:
        """Themes by passage as numbers, of themselves or of their code groups."""
        codebook = self._material.codebook
        number_of = {theme_id: at for at, theme_id in enumerate(codebook.theme_ids)}
        if reference == "code_groups":
            place_of = {group.code_group_id: at for at, group in enumerate(codebook.code_groups)}
            number_of = {
                each: place_of[codebook.code_group_of[each]] for each in codebook.theme_ids
            }
        return {passage_id: number_of[theme] for passage_id, theme in themes.items()}

    def _texts(self, passage_ids: list[str]) -> list[str]:
        of_passage = dict(self._material.clustered.iter_rows())
        return [of_passage[passage_id] for passage_id in passage_ids]


def _numbered(passage_ids: list[str], groups: np.ndarray) -> dict[str, int]:
    return dict(zip(passage_ids, groups.tolist(), strict=True))
