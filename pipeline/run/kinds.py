"""What a document may be, and what a part of it: words that settings, tables and readers share."""

from __future__ import annotations

from typing import Literal

Kind = Literal[
    "article",
    "resolution",
    "presidential_statement",
    "report",
    "verbatim_record",
    "doctrine",
    "other",
]
Role = Literal["heading", "paragraph", "preambular", "operative", "quotation", "note", "annex"]
