"""Studies of other shapes than the one that ships."""

from __future__ import annotations

from typing import Any

from pipeline.study.sets import CodedSet
from pipeline.study.study import Study

ROLES = ("learnt_from", "judged_on", "estimated_with")


def sentences(set_id: str, **changed: Any) -> CodedSet:
    """A set of sentences, in SET-units.csv."""
    values = {"name": f"Sentences ({set_id})", "units": f"{set_id}-units.csv", "roles": ROLES}
    return CodedSet.model_validate({"id": set_id, "unit": "sentence", **values, **changed})


def paragraphs(set_id: str, *kinds: str, **changed: Any) -> CodedSet:
    """A set of paragraphs of documents of some kinds."""
    values = {"name": f"Paragraphs ({set_id})", "units": f"{set_id}-units.csv", "roles": ROLES}
    values |= {"population": {"kinds": kinds or ("resolution",)}}
    return CodedSet.model_validate({"id": set_id, "unit": "paragraph", **values, **changed})


def study_of(*sets: CodedSet, **changed: Any) -> Study:
    """A study with these coded sets, a side of resolutions and reports, and one of interviews."""
    sides = [
        {"id": "papers", "name": "papers", "documents": {"kinds": ["resolution", "report"]}},
        {"id": "talks", "name": "talks", "interviews": True},
    ]
    words = dict.fromkeys(("title", "question", "about", "project"), "Of another study")
    return Study.model_validate({**words, "sides": sides, "coded_sets": sets, **changed})
