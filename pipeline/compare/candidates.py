"""Everything that is compared with the article's structures beside the topics themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from pipeline.compare import placing
from pipeline.compare.baselines import (
    different_texts,
    groups_by_text,
    kmeans_groups,
    nmf_groups,
    regrouped,
)
from pipeline.compare.labels import NO_THEME, LabelledPassages
from pipeline.compare.material import Material
from pipeline.compare.semantic import nearest_definitions


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
        if labelled.passages == placing.ARTICLE:
            yield from self._of_the_article(labelled)
        if labelled.reference in ("codes", "families"):
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
        found = dict(self._material.guided.select("passage_id", "theme_id").iter_rows())
        if found:
            yield regrouped(labelled, self._places(found, labelled.reference), "zero-shot")

    def _places(self, themes: Mapping[str, str], reference: str) -> dict[str, int]:
        """Themes by passage as numbers, of themselves or of their families."""
        codebook = self._material.codebook
        number_of = {theme_id: at for at, theme_id in enumerate(codebook.theme_ids)}
        if reference == "families":
            place_of = {family.family_id: at for at, family in enumerate(codebook.families)}
            number_of = {each: place_of[codebook.family_of[each]] for each in codebook.theme_ids}
        return {passage_id: number_of[theme] for passage_id, theme in themes.items()}

    def _texts(self, passage_ids: list[str]) -> list[str]:
        of_passage = dict(self._material.clustered.iter_rows())
        return [of_passage[passage_id] for passage_id in passage_ids]


def _numbered(passage_ids: list[str], groups: np.ndarray) -> dict[str, int]:
    return dict(zip(passage_ids, groups.tolist(), strict=True))
