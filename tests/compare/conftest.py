"""A small corpus whose structure is known, because it was planted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.compare.material import Material, empty, from_rows
from pipeline.run.settings import CompareSettings, Settings, load_settings
from pipeline.run.tables.texts import Blocks, Documents, NearDuplicates, Notes, Passages
from pipeline.run.tables.themes import PassageCodes, Prevalence, Scores, Units
from pipeline.run.tables.topics import OUTLIER, Assignments, Hierarchy, Topics, ZeroShot
from pipeline.study.checks import load_study
from pipeline.study.codebook import load_codebook
from pipeline.study.study import Study

THEMES = ("robust_force", "protection_of_civilians", "humanitarian_space", "intelligence")
PARAGRAPHS = 40
PASSAGES_A_PARAGRAPH = 3


@pytest.fixture(scope="session")
def settings() -> CompareSettings:
    """The project's own, with fewer resamples."""
    return load_settings().compare.model_copy(update={"permutations": 100, "bootstrap": 100})


@pytest.fixture(scope="session")
def all_settings() -> Settings:
    return load_settings()


class Planter:
    """Makes a corpus: an article of 40 paragraphs in 4 sections, and 40 resolutions.

    Each paragraph has a theme, which its passages carry with the given probability, and topics
    follow themes with the probability ``aligned``; 0 is a corpus with nothing in it.
    """

    def __init__(self, seed: int, aligned: float, study: Study) -> None:
        self.study = study
        self.random = np.random.default_rng(seed)
        self.aligned = aligned
        self.passages: list[dict[str, Any]] = []
        self.documents: list[dict[str, Any]] = []
        self.blocks: list[dict[str, Any]] = []
        self.assignments: list[dict[str, Any]] = []
        self.units: list[dict[str, Any]] = []
        self.codes: list[dict[str, Any]] = []
        self.scores: list[dict[str, Any]] = []

    def document(self, document_id: str, kind: str, mission: str) -> None:
        self.documents.append(
            {
                "document_id": document_id,
                "kind": kind,
                "symbol": "",
                "title": document_id,
                "date": None,
                "year": 2015,
                "missions": [mission],
                "themes": [],
                "source_url": "",
                "n_blocks": 1,
                "n_words": 1,
                "remarks": [],
            }
        )

    def paragraph(self, document_id: str, number: int, section: str) -> str:
        block_id = f"{document_id}.b{number:03}"
        self.blocks.append(
            {
                "block_id": block_id,
                "document_id": document_id,
                "order": number,
                "section": section,
                "label": "",
                "role": "paragraph",
                "text": f"paragraph {number}",
                "notes": [],
                "note_offsets": [],
                "paragraph": number,
                "source_index": None,
            }
        )
        return block_id

    def passage(self, block_id: str, theme: int, *, place: int, speaker_groups: list[str]) -> str:
        block = next(each for each in reversed(self.blocks) if each["block_id"] == block_id)
        passage_id = f"{block_id}.{place}"
        self.passages.append(
            {
                "passage_id": passage_id,
                "document_id": block["document_id"],
                "block_id": block_id,
                "order": block["order"] * PASSAGES_A_PARAGRAPH + place,
                "section": block["section"],
                "label": "",
                "role": "paragraph",
                "text": f"{THEMES[theme]} as said in {passage_id}",
                "start": place,
                "end": place + 1,
                "n_words": 5,
                "speaker_groups": speaker_groups,
                "procedural": False,
            }
        )
        topic = theme if self.random.random() < self.aligned else int(self.random.integers(5)) - 1
        self.assignments.append(
            {"passage_id": passage_id, "topic_id": topic, "agreement": 1.0, "x": 0.0, "y": 0.0}
        )
        return passage_id

    def code(
        self, passage_id: str, unit_set: str, document_id: str, group: str, theme: int
    ) -> None:
        labels = [THEMES[theme]] if self.random.random() < 0.9 else []
        if labels and self.random.random() < 0.3:
            labels.append("leadership")
        self.units.append(
            {
                "unit_id": f"u.{passage_id}",
                "unit_set": unit_set,
                "document_id": document_id,
                "group": group,
                "text": "coded",
                "passage_ids": [passage_id],
                "labels": labels,
                "inclusion_probability": None if unit_set == "article" else 0.1,
            }
        )
        self.codes += [
            {"passage_id": passage_id, "theme_id": label, "n_units": 1} for label in labels
        ]

    def article(self) -> None:
        self.document("article", "article", "MINUSMA")
        for number in range(PARAGRAPHS):
            block_id = self.paragraph("article", number, f"{number // 10 + 1}. Section")
            theme = int(self.random.integers(len(THEMES)))
            for place in range(PASSAGES_A_PARAGRAPH):
                speaker_groups = [["military"], ["ngo"], []][place]
                passage_id = self.passage(
                    block_id, theme, place=place, speaker_groups=speaker_groups
                )
                self.code(passage_id, "article", "article", block_id, theme)
                self.score(passage_id, theme)

    def resolutions(self) -> None:
        for document in range(40):
            document_id = f"s-res-{document}"
            self.document(document_id, "resolution", ("MINUSMA", "UNMISS")[document % 2])
            for number in range(6):
                theme = int(self.random.integers(2))  # the policy side knows two themes only
                block_id = self.paragraph(document_id, number, "")
                passage_id = self.passage(block_id, theme, place=0, speaker_groups=[])
                if number == 0:
                    self.code(passage_id, "un", document_id, document_id, theme)
                self.score(passage_id, theme)

    def score(self, passage_id: str, theme: int) -> None:
        self.scores += [
            {
                "passage_id": passage_id,
                "theme_id": theme_id,
                "probability": 0.9 if place == theme else 0.1,
                "assigned": place == theme,
                "out_of_fold": True,
            }
            for place, theme_id in enumerate(THEMES)
        ]

    def prevalence(self) -> list[dict[str, Any]]:
        shares = dict(zip(THEMES, (0.5, 0.5, 0.02, 0.02), strict=True))
        return [
            {
                "theme_id": theme_id,
                "kind": "policy",
                "mission": "all",
                "year": None,
                "n_passages": 120,
                "n_coded": 20,
                "method": method,
                "share": share,
                "low": max(0.0, share - 0.1),
                "high": share + 0.1,
            }
            for theme_id, share in shares.items()
            for method in ("assigned", "corrected")
        ]

    def zero_shot(self) -> list[dict[str, Any]]:
        """The nearest definition is that of the topic, where the topic is a theme's."""
        return [
            {
                "passage_id": row["passage_id"],
                "theme_id": THEMES[row["topic_id"]],
                "similarity": 0.5,
                "lead": 0.1,
            }
            for row in self.assignments
        ]

    def near_duplicates(self) -> list[dict[str, Any]]:
        """The first paragraphs of all resolutions are one near_duplicates; else each is its own."""
        return [
            {
                "passage_id": row["passage_id"],
                "near_duplicate_group": "s-res-0.b000.0"
                if row["passage_id"].endswith(".b000.0") and row["document_id"] != "article"
                else row["passage_id"],
                "similarity": 1.0,
                "n_members": 1,
            }
            for row in self.passages
        ]

    def topics(self) -> list[dict[str, Any]]:
        ids = sorted({row["topic_id"] for row in self.assignments} - {OUTLIER})
        return [
            {
                "topic_id": each,
                "label": "t",
                "terms": ["t"],
                "weights": [0.5],
                "n_passages": 1,
                "n_texts": 1,
                "representatives": [],
                "key": f"p{each}",
                "made_label": "t",
                "stability": 1.0,
                "stability_seeds": 1.0,
                "stability_samples": 1.0,
                "stable": True,
            }
            for each in ids
        ]

    def material(self, *, un: bool = True) -> Material:
        notes = [
            {
                "document_id": "article",
                "number": "1",
                "text": "Interview.",
                "speaker_groups": ["ngo"],
            },
            {
                "document_id": "article",
                "number": "2",
                "text": "Interview.",
                "speaker_groups": ["military"],
            },
        ]
        direction = np.eye(len(THEMES) + 1, 16)
        vectors = np.array(
            [direction[row["topic_id"]] for row in self.assignments], dtype=np.float32
        ) + self.random.normal(scale=0.05, size=(len(self.passages), 16)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        codebook = load_codebook()
        definitions = np.roll(np.eye(21, 16), 3, axis=1).astype(np.float32)
        for place, theme_id in enumerate(THEMES):
            definitions[codebook.theme_ids.index(theme_id)] = np.eye(16)[place]
        merges = [
            {"parent_id": 4, "left_id": 0, "right_id": 1, "distance": 0.1, "n_topics": 2},
            {"parent_id": 5, "left_id": 2, "right_id": 4, "distance": 0.2, "n_topics": 3},
            {"parent_id": 6, "left_id": 3, "right_id": 5, "distance": 0.3, "n_topics": 4},
        ]
        return Material(
            passages=from_rows(Passages, self.passages),
            documents=from_rows(Documents, self.documents),
            blocks=from_rows(Blocks, self.blocks),
            notes=from_rows(Notes, notes),
            assignments=from_rows(Assignments, self.assignments),
            topics=from_rows(Topics, self.topics()),
            units=from_rows(Units, self.units),
            coder_codes=pl.DataFrame(
                [
                    {
                        "unit_set": "article",
                        "coder": "1",
                        "unit_id": unit["unit_id"],
                        "theme_id": each,
                    }
                    for unit in self.units
                    for each in unit["labels"]
                ],
                schema=dict.fromkeys(("unit_set", "coder", "unit_id", "theme_id"), pl.String),
            ),
            passage_codes=from_rows(PassageCodes, self.codes),
            scores=from_rows(Scores, self.scores) if un else empty(Scores),
            prevalence=from_rows(Prevalence, self.prevalence()) if un else empty(Prevalence),
            prevalence_deduplicated=from_rows(Prevalence, self.prevalence()[2:])
            if un
            else empty(Prevalence),
            hierarchy=from_rows(Hierarchy, merges),
            zero_shot=from_rows(ZeroShot, self.zero_shot()),
            article_assignments=from_rows(
                Assignments,
                [row for row in self.assignments if row["passage_id"].startswith("article")],
            ),
            near_duplicates=from_rows(NearDuplicates, self.near_duplicates()),
            codebook=codebook,
            vectors=vectors,
            definitions=definitions,
            study=self.study,
        )


@pytest.fixture(scope="session")
def plant() -> Callable[..., Material]:
    """plant(seed, aligned, un): material whose topics follow themes with this probability.

    Without an ``article`` or ``un`` documents, and in a ``study`` of another shape, if asked.
    """

    def planted(
        seed: int = 1,
        aligned: float = 0.8,
        *,
        article: bool = True,
        un: bool = True,
        study: Study | None = None,
    ) -> Material:
        planter = Planter(seed, aligned, study or load_study())
        if article:
            planter.article()
        if un:
            planter.resolutions()
        return planter.material(un=un)

    return planted


@pytest.fixture(scope="session")
def without() -> Callable[..., Material]:
    """without(material, 'units', ...): the same with these tables empty."""
    schemas = {
        "units": Units,
        "passage_codes": PassageCodes,
        "assignments": Assignments,
        "topics": Topics,
        "hierarchy": Hierarchy,
        "scores": Scores,
        "prevalence": Prevalence,
        "prevalence_deduplicated": Prevalence,
        "zero_shot": ZeroShot,
        "article_assignments": Assignments,
        "near_duplicates": NearDuplicates,
    }

    def emptied(material: Material, *names: str) -> Material:
        values = {name: getattr(material, name) for name in Material.__dataclass_fields__} | {
            name: empty(schemas[name]) for name in names
        }
        return Material(**values)

    return emptied


def rows_where(frame: pl.DataFrame, **values: object) -> pl.DataFrame:
    return frame.filter(*[pl.col(name) == value for name, value in values.items()])
