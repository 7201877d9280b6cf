"""Ids that stay: the same text in the same document has the same id in every run."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable


def text_hash(text: str) -> str:
    """The SHA-256 of a text's UTF-8 bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def content_ids(prefix: str, texts: Iterable[str]) -> list[str]:
    """An id a text: the prefix, ten digits of the text's hash, and a count from the second repeat.

    A text added or taken away changes no other text's id, unless it is the same text.

    >>> content_ids("d", ["a", "b", "a"])
    ['d.ca978112ca', 'd.3e23e81600', 'd.ca978112ca-2']
    """
    seen: Counter[str] = Counter()
    ids = []
    for text in texts:
        stem = f"{prefix}.{text_hash(text)[:10]}"
        seen[stem] += 1
        ids.append(stem if seen[stem] == 1 else f"{stem}-{seen[stem]}")
    return ids
