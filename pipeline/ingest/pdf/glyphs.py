"""The characters of a page of a PDF, and where they stand.

Coordinates are points (1/72 inch) from the lower left corner of the page as a person reads it: a
page whose text runs sideways is turned first.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray
from pypdfium2 import raw

HYPHENS = {2: "-", 0xAD: "-", 0xFFFE: "-"}  # what pdfium gives for a hyphen at the end of a line
_LOOP = """
define void @measure(ptr %page, i32 %count, ptr %out) {{
start:
  br label %next
next:
  %index = phi i32 [0, %start], [%following, %next]
  %wide = zext i32 %index to i64
  %box = getelementptr [72 x i8], ptr %out, i64 %wide
  %matrix = getelementptr i8, ptr %box, i64 16
  %x = getelementptr i8, ptr %box, i64 40
  %y = getelementptr i8, ptr %box, i64 48
  %size = getelementptr i8, ptr %box, i64 56
  %owner = getelementptr i8, ptr %box, i64 64
  call i32 {FPDFText_GetLooseCharBox}(ptr %page, i32 %index, ptr %box)
  call i32 {FPDFText_GetMatrix}(ptr %page, i32 %index, ptr %matrix)
  call i32 {FPDFText_GetCharOrigin}(ptr %page, i32 %index, ptr %x, ptr %y)
  %points = call double {FPDFText_GetFontSize}(ptr %page, i32 %index)
  store double %points, ptr %size
  %object = call ptr {FPDFText_GetTextObject}(ptr %page, i32 %index)
  store ptr %object, ptr %owner
  %following = add i32 %index, 1
  %more = icmp slt i32 %following, %count
  br i1 %more, label %next, label %end
end:
  ret void
}}
"""
_MEASURED = np.dtype(
    [("box", "f4", 4), ("matrix", "f4", 6), ("origin", "f8", 2), ("size", "f8"), ("owner", "u8")]
)
"""What is asked of each character: the bytes that `_LOOP` writes, one after the other."""


@cache
def _compiled() -> tuple[Any, Callable[[Any, int, int], None]]:
    """The loop as machine code, with what keeps it alive.

    PDFium answers for one character at a time, and a call from Python takes fifty times as long
    as the answer: half of the time of reading a report.
    """
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    names = re.findall(r"{(\w+)}", _LOOP)
    places = {name: ctypes.cast(getattr(raw, name), ctypes.c_void_p).value for name in names}
    calls = {name: f"inttoptr (i64 {place} to ptr)" for name, place in places.items()}
    machine = binding.Target.from_default_triple().create_target_machine()
    engine = binding.create_mcjit_compiler(binding.parse_assembly(_LOOP.format(**calls)), machine)
    engine.finalize_object()
    form = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
    return engine, form(engine.get_function_address("measure"))


def _measured(text_page: pdfium.PdfTextPage) -> NDArray[Any]:
    """One record for each character of a page."""
    records = np.zeros(text_page.count_chars(), dtype=_MEASURED)
    if len(records):
        _compiled()[1](text_page.raw, len(records), records.ctypes.data)
    return records


class Glyphs(NamedTuple):
    """The visible characters of a page in the order of the file, each array one value a character.

    Attributes:
        text: the characters.
        x0: left end; ``x1`` is the right end.
        y: base line.
        size: of the type; ``bold`` and ``italic`` are its style.
        spaced: does a space stand before it; ``space`` is its size, 0 where none does.
    """

    text: NDArray[np.str_]
    x0: NDArray[np.float64]
    x1: NDArray[np.float64]
    y: NDArray[np.float64]
    size: NDArray[np.float64]
    bold: NDArray[np.bool_]
    italic: NDArray[np.bool_]
    spaced: NDArray[np.bool_]
    space: NDArray[np.float64]


def glyphs_of(text_page: pdfium.PdfTextPage) -> tuple[Glyphs, int]:
    """The characters that run as most of the page does, turned upright, and how many do not."""
    text, measured = np.array(list(_texts(text_page)), dtype="U1"), _measured(text_page)
    matrix = measured["matrix"].astype(np.float64).T
    angles = np.rint(np.degrees(np.arctan2(matrix[1], matrix[0]))) % 360
    space = np.fromiter(map(str.isspace, text.tolist()), bool, len(text))
    main, odd = _main_angle(angles[~space])
    x0, x1, y = _turned(main, measured["box"].astype(np.float64).T, measured["origin"].T)
    scale = np.hypot(matrix[2], matrix[3])
    size = measured["size"] * np.where(scale, scale, 1.0)
    bold, italic = _styles(text_page, measured["owner"])
    upright = (angles == main) & ~np.isin(text, ["\r", "\n"])
    shown = upright & ~space
    before = np.where(space, size, 0.0)[upright]
    before = np.concatenate([[0.0], before])[:-1][~space[upright]]
    # pdfium adds a space of no width wherever letters stand a little apart
    spaces = np.cumsum(upright & space & (x1 > x0))[shown]
    spaced = np.diff(spaces, prepend=0) > 0
    every = (text, x0, x1, y, size, bold, italic)
    return Glyphs._make([*(values[shown] for values in every), spaced, before]), odd


def _texts(text_page: pdfium.PdfTextPage) -> str:
    """All characters of a page, one for each index."""
    count = text_page.count_chars()
    buffer = (ctypes.c_ushort * (count + 1))()
    raw.FPDFText_GetText(text_page.raw, 0, count, buffer)
    text = bytes(buffer)[:-2].decode("utf-16-le", "replace")
    if len(text) != count or "\0" in text:
        singly = (raw.FPDFText_GetUnicode(text_page.raw, index) for index in range(count))
        text = "".join(chr(code) if code < 0x110000 else "\ufffd" for code in singly)
    return text.translate(HYPHENS)


def _main_angle(angles: NDArray[np.float64]) -> tuple[int, int]:
    """The direction of most characters, in degrees, and how many run another way."""
    if not len(angles):
        return 0, 0
    found, counts = np.unique(angles, return_counts=True)
    main = int(found[counts.argmax()])
    main = main if main in (0, 90, 180, 270) else 0
    return main, int(np.count_nonzero(angles != main))


def _turned(
    angle: int, box: NDArray[np.float64], origin: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Left end, right end and base line of characters after their text was turned upright."""
    left, top, right, bottom = box
    x, y = origin
    if angle == 90:
        return bottom, top, -x
    if angle == 270:
        return -top, -bottom, x
    if angle == 180:
        return -right, -left, -y
    return left, right, y


def _styles(text_page: pdfium.PdfTextPage, owner: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Bold and italic, by the name of the type; the characters of one text object share it."""
    name, flags = ctypes.create_string_buffer(160), ctypes.c_int()
    new = np.diff(owner, prepend=owner[:1] + 1) != 0
    styles = []
    for index in np.flatnonzero(new).tolist():
        raw.FPDFText_GetFontInfo(text_page.raw, index, name, 160, flags)
        font = name.value.lower()
        styles.append((b"bold" in font, b"italic" in font or b"oblique" in font))
    bold_italic: NDArray[np.bool_] = np.array(styles, dtype=bool).reshape(-1, 2)
    return bold_italic[np.cumsum(new) - 1].T
