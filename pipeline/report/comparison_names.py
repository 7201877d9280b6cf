"""What the figures of the comparison share: names, links, and which comparisons are shown."""

from __future__ import annotations

from pipeline.report.elements import passages_link

COMPARED = (("article", "codes"), ("un", "codes"), ("un", "classifier"))
"""Passages and themes of the topic by theme tables; the first two against hand codes."""

_PASSAGES = {"article": "Article", "un": "UN documents"}
_REFERENCES = {
    "codes": "hand codes",
    "families": "families of codes",
    "sections": "sections of the article",
    "classifier": "the classifier’s themes",
}


def passages_name(passages: str) -> str:
    """Which passages were compared."""
    return _PASSAGES.get(passages, passages)


def reference_name(reference: str) -> str:
    """What the topics were compared with."""
    return _REFERENCES.get(reference, reference)


def reference_order(reference: str) -> int:
    """Hand codes first."""
    known = list(_REFERENCES)
    return known.index(reference) if reference in known else len(known)


def compared_link(passages: str, reference: str, topic_id: int | None, theme_id: str | None) -> str:
    """Passages of a topic and a theme, by hand codes or by the classifier.

    Without a theme: of those that coders read, or that the classifier scored.
    """
    by_hand = reference != "classifier"
    return passages_link(
        topic=topic_id,
        kind=passages,
        code=theme_id if by_hand else None,
        theme=None if by_hand else theme_id,
        read="yes" if by_hand and theme_id is None else None,
    )
