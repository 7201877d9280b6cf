"""The bytes of a text file as text, or the reason why not."""

from __future__ import annotations

from pipeline.ingest.reading import UnreadableError

CP1252 = "not UTF-8; read as Windows-1252"


def decoded(content: bytes) -> tuple[str, tuple[str, ...]]:
    """The text, line ends as newlines, and a remark when it was not UTF-8.

    UTF-8 is tried first, with or without byte order mark, and UTF-16 where a mark says so; then
    Windows-1252, in which only text without control characters is believed.

    Raises:
        UnreadableError: in none of these encodings, or not text at all.
    """
    text, remarks = _text(content)
    controls = sum(character < " " and character not in "\t\n\r\f" for character in text)
    if "\0" in text or controls > len(text) // 1000:
        raise UnreadableError("is not text (it holds control characters)")
    return text.replace("\r\n", "\n").replace("\r", "\n"), remarks


def _text(content: bytes) -> tuple[str, tuple[str, ...]]:
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text, (CP1252,) if encoding == "cp1252" else ()
    raise UnreadableError("is in an unknown encoding; save it as UTF-8")
