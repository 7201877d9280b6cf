"""Which speaker groups an endnote of the article names.

A note such as "Interview with a senior NGO official; Interview with ..." names one interviewee
after each "Interview with". The first pattern of the table that an interviewee's description
matches gives the group, so that a police adviser who once commanded a mission is police. A note
without "Interview with" names nobody.
"""

from __future__ import annotations

import re

SPEAKERS: tuple[tuple[str, str], ...] = (
    ("anonymous", r"anonymous"),
    ("police", r"(?i:police)"),
    ("ngo", r"\bNGO\b|\bPAX\b"),
    ("government", r"Government official"),
    (
        "military",
        r"\b(Colonel|General|commander|staff officer|Defence Forces)\b|Reconnaissance Group",
    ),
    ("un_civilian", r"\bUN\b"),
)
"""Speaker group and the pattern of a description, the most telling first."""

_INTERVIEW = re.compile(r"\bInterview with ")


def speaker_groups(note: str) -> tuple[str, ...]:
    """The groups of the interviewees that a note names, in its order, each once.

    >>> speaker_groups("Interview with a senior NGO official; Interview with a UN official.")
    ('ngo', 'un_civilian')
    """
    described = _INTERVIEW.split(note)[1:]
    return tuple(dict.fromkeys(filter(None, (_group(text) for text in described))))


def _group(described: str) -> str:
    return next((group for group, pattern in SPEAKERS if re.search(pattern, described)), "")
