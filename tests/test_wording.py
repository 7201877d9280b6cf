"""Texts that programs spoilt are read as they were meant, and no others."""

from __future__ import annotations

import pytest

from pipeline.ingest.reading import decoded
from pipeline.run.wording import once_encoded


def test_what_was_encoded_twice_is_read_as_it_was_meant_and_said() -> None:
    meant = "The mission’s “robust” posture – São Tomé’s, § 5 – was naïve."
    twice = "".join(
        one if one.isascii() else one.encode().decode("cp1252", "replace") for one in meant
    )
    assert "\ufffd" in twice  # a closing quotation mark has a byte that Windows-1252 lacks

    text, remarks = decoded(twice.replace("\ufffd", "\u009d").encode())

    assert text == meant
    assert remarks == ("10 characters were encoded twice; read as they were meant",)


@pytest.mark.parametrize("text", ["MINUSMA’s – “robust”", "Café à propos", "Ânimo «x»", "5 °C"])
def test_what_was_encoded_once_stays(text: str) -> None:
    assert once_encoded(text) == (text, ())
