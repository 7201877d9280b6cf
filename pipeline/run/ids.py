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


N_MINIMA = 32
"""Numbers in a fingerprint; the likeness that two give is right to within .09 (standard error)."""

_N_LETTERS = 12
_BYTES = 8 * N_MINIMA


def fingerprint(text: str) -> str:
    """What a text can be recognised by, word for word or nearly, but not read: 128 digits.

    MinHash (Broder 1997, "On the resemblance and containment of documents"): of 32 hashes of every
    12 consecutive letters and digits the least, and of that the last 16 bits. Spaces, hyphens,
    punctuation and capitals do not count, so that another join of lines changes nothing.

    >>> fingerprint("decision-making, at last") == fingerprint("decision -making at LAST")
    True
    """
    import numpy as np

    letters = "".join(letter for letter in text.casefold() if letter.isalnum())
    pieces = {letters[at : at + _N_LETTERS] for at in range(max(len(letters) - _N_LETTERS, 0) + 1)}
    hashed = b"".join(hashlib.shake_128(piece.encode()).digest(_BYTES) for piece in sorted(pieces))
    least = np.frombuffer(hashed, dtype="<u8").reshape(-1, N_MINIMA).min(axis=0)
    return str((least & 0xFFFF).astype(">u2").tobytes().hex())


def likeness(one: str, other: str) -> float:
    """Which part of the pieces of either text is in both, 0 to 1, as two fingerprints tell.

    Raises:
        ValueError: one of them is no fingerprint.
    """
    import numpy as np

    numbers = [np.frombuffer(bytes.fromhex(each), dtype=">u2") for each in (one, other)]
    if {len(each) for each in numbers} != {N_MINIMA}:
        raise ValueError(f"is not a fingerprint of {4 * N_MINIMA} digits")
    return float((numbers[0] == numbers[1]).mean())
