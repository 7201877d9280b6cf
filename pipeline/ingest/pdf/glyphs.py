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

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]
UNDRAWN = (raw.FPDF_TEXTRENDERMODE_INVISIBLE, raw.FPDF_TEXTRENDERMODE_CLIP)
CELL = 3  # points of the squares by which print over other print is found
MAX_CELLS = 600
TRIM = 5  # points, at most
COMPANY = 4  # letters, of eleven characters in a row, that come again
BREAKS = (ord("\r"), ord("\n"))
HYPHENS = {2: "-", 0xAD: "-", 0xFFFE: "-"}  # what pdfium gives for a hyphen at the end of a line
_LOOP = """
define void @measure(ptr %page, i32 %count, ptr %out) {{
start:
  br label %next
next:
  %index = phi i32 [0, %start], [%following, %next]
  %wide = zext i32 %index to i64
  %box = getelementptr [104 x i8], ptr %out, i64 %wide
  %matrix = getelementptr i8, ptr %box, i64 16
  %x = getelementptr i8, ptr %box, i64 40
  %y = getelementptr i8, ptr %box, i64 48
  %size = getelementptr i8, ptr %box, i64 56
  %owner = getelementptr i8, ptr %box, i64 64
  %red = getelementptr i8, ptr %box, i64 72
  %green = getelementptr i8, ptr %box, i64 76
  %blue = getelementptr i8, ptr %box, i64 80
  %alpha = getelementptr i8, ptr %box, i64 84
  %mode = getelementptr i8, ptr %box, i64 88
  %font = getelementptr i8, ptr %box, i64 96
  call i32 {FPDFText_GetLooseCharBox}(ptr %page, i32 %index, ptr %box)
  call i32 {FPDFText_GetMatrix}(ptr %page, i32 %index, ptr %matrix)
  call i32 {FPDFText_GetCharOrigin}(ptr %page, i32 %index, ptr %x, ptr %y)
  %points = call double {FPDFText_GetFontSize}(ptr %page, i32 %index)
  store double %points, ptr %size
  %object = call ptr {FPDFText_GetTextObject}(ptr %page, i32 %index)
  store ptr %object, ptr %owner
  %type = call ptr {FPDFTextObj_GetFont}(ptr %object)
  store ptr %type, ptr %font
  call i32 {FPDFPageObj_GetFillColor}(ptr %object, ptr %red, ptr %green, ptr %blue, ptr %alpha)
  %drawn = call i32 {FPDFTextObj_GetTextRenderMode}(ptr %object)
  %wider = sext i32 %drawn to i64
  store i64 %wider, ptr %mode
  %following = add i32 %index, 1
  %more = icmp slt i32 %following, %count
  br i1 %more, label %next, label %end
end:
  ret void
}}
"""
_MEASURED = np.dtype(
    [
        ("box", "f4", 4),
        ("matrix", "f4", 6),
        ("origin", "f8", 2),
        ("size", "f8"),
        ("owner", "u8"),
        ("fill", "u4", 4),
        ("mode", "i8"),
        ("font", "u8"),
    ]
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
    x0: Floats
    x1: Floats
    y: Floats
    size: Floats
    bold: Booleans
    italic: Booleans
    spaced: Booleans
    space: Floats


class CharacterSheet(NamedTuple):
    """A page as a person reads it.

    Attributes:
        glyphs: its characters, but for those that nobody sees or that stand there twice.
        height: in points, of the side along which the lines follow one another.
        turned: how many characters run another way than most.
        outside: how many stand beyond the edges of the page as shown.
    """

    glyphs: Glyphs
    height: float
    turned: int
    outside: int


def sheet_of(page: pdfium.PdfPage, text_page: pdfium.PdfTextPage) -> CharacterSheet:
    """The characters that run as most of the page does, turned upright."""
    text, measured = np.array(list(_texts(text_page)), dtype="U1"), _measured(text_page)
    edges = raw.FS_RECTF()
    raw.FPDF_GetPageBoundingBox(page.raw, edges)
    frame = np.array([edges.left, edges.top, edges.right, edges.bottom], dtype=np.float64)
    box, matrix = (measured[name].astype(np.float64).T for name in ("box", "matrix"))
    space = np.fromiter(map(str.isspace, text.tolist()), bool, len(text))
    inside = _inside(box, frame)
    seen = (inside & ~_under_print(measured, box, frame)) | (space & (box[2] <= box[0]))
    angles = np.rint(np.degrees(np.arctan2(matrix[1], matrix[0]))) % 360
    main, turned = _main_angle(angles[seen & ~space])
    x0, x1, y, height = _upright(main, box, measured["origin"].T, frame)
    scale = np.hypot(matrix[2], matrix[3])
    size = measured["size"] * np.where(scale, scale, 1.0)
    bold, italic = _styles(text_page, measured["font"])
    kept = seen & (angles == main) & ~np.isin(text.view(np.uint32), BREAKS)
    kept[kept] = ~_again(text[kept], x0[kept], y[kept], size[kept], measured["owner"][kept])
    shown = kept & ~space
    before = np.concatenate([[0.0], np.where(space, size, 0.0)[kept]])[:-1][~space[kept]]
    # pdfium adds a space of no width wherever letters stand a little apart
    spaces = np.cumsum(kept & space & (x1 > x0))[shown]
    every = (text, x0, x1, y, size, bold, italic)
    apart = np.diff(spaces, prepend=0) > 0
    glyphs = Glyphs._make([*(values[shown] for values in every), apart, before])
    return CharacterSheet(glyphs, height, turned, int(np.count_nonzero(~inside & ~space)))


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


def _main_angle(angles: Floats) -> tuple[int, int]:
    """The direction of most characters, in degrees, and how many run another way."""
    if not len(angles):
        return 0, 0
    found, counts = np.unique(angles, return_counts=True)
    main = int(found[counts.argmax()])
    main = main if main in (0, 90, 180, 270) else 0
    return main, int(np.count_nonzero(angles != main))


def _upright(
    angle: int, box: Floats, origin: Floats, frame: Floats
) -> tuple[Floats, Floats, Floats, float]:
    """Left end, right end and base line of characters on the page turned upright, and its height.

    ``box`` and ``frame`` are left, top, right, bottom. Where the page's own corner lies does not
    matter: places are counted from the lower left of what is shown. The trim of a scan, some other
    points on each page, is not counted: margins are steadier without.
    """
    left, top, right, bottom = box
    frame = np.where((np.abs(frame) < TRIM) & ([True, False, False, True]), 0.0, frame)
    x, y = origin
    if angle == 90:
        return bottom - frame[3], top - frame[3], frame[2] - x, frame[2] - frame[0]
    if angle == 270:
        return frame[1] - top, frame[1] - bottom, x - frame[0], frame[2] - frame[0]
    if angle == 180:
        return frame[2] - right, frame[2] - left, frame[1] - y, frame[1] - frame[3]
    return left - frame[0], right - frame[0], y - frame[3], frame[1] - frame[3]


def _inside(box: Floats, frame: Floats) -> Booleans:
    """Whose middle lies within the edges of the page as shown."""
    across, up = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    within: Booleans = (np.abs(across - (frame[0] + frame[2]) / 2) <= (frame[2] - frame[0]) / 2) & (
        np.abs(up - (frame[1] + frame[3]) / 2) <= (frame[1] - frame[3]) / 2
    )
    return within


def _under_print(measured: NDArray[Any], box: Floats, frame: Floats) -> Booleans:
    """Characters without ink (never drawn, transparent or white), if most have print over them.

    Otherwise they are the text of a scan, and are read.
    """
    owned, fill = measured["owner"] != 0, measured["fill"]
    white = (fill[:, :3] == 255).all(axis=1)
    blank: Booleans = owned & (np.isin(measured["mode"], UNDRAWN) | (fill[:, 3] == 0) | white)
    ink = owned & ~blank
    if np.count_nonzero(ink) < np.count_nonzero(blank) / 4 or not blank.any():
        return np.zeros(len(blank), dtype=bool)
    most = np.clip(np.array([frame[2] - frame[0], frame[1] - frame[3]]) / CELL, 1, MAX_CELLS)
    left, top, right, bottom = (
        np.clip((side - frame[edge]) / CELL, 0, most[number % 2]).astype(int)
        for number, (side, edge) in enumerate(zip(box, (0, 3, 0, 3), strict=True))
    )
    printed = np.zeros((int(most[1]) + 3, int(most[0]) + 3), dtype=np.int32)
    for row, column, step in (
        (bottom, left, 1), (bottom, right + 1, -1), (top + 1, left, -1), (top + 1, right + 1, 1)
    ):  # fmt: skip
        np.add.at(printed, (row[ink], column[ink]), step)
    covered = printed.cumsum(axis=0).cumsum(axis=1)[(bottom + top) // 2, (left + right) // 2] > 0
    if 2 * np.count_nonzero(blank & covered) > np.count_nonzero(blank):
        return blank
    return np.zeros(len(blank), dtype=bool)


def _again(
    text: NDArray[np.str_], x: Floats, y: Floats, size: Floats, owner: NDArray[np.uint64]
) -> Booleans:
    """Characters within a point of the same one before them: printed twice, as bold or shadow.

    Only in company, that is all of a text object or most of a stretch of words. In recognised
    text, whose boxes are guesses, a lone one is the other letter of a pair.
    """
    again = np.zeros(len(text), dtype=bool)
    places = np.stack([np.rint(x), np.rint(y)]).astype(np.int64) + 0x8000
    keys = (text.view(np.uint32).astype(np.int64) << 32) + (places[0] << 16) + places[1]
    if len(np.unique(keys)) == len(text):
        return again
    columns = (text.tolist(), x.tolist(), y.tolist(), np.minimum(1.0, 0.2 * size).tolist())
    met: dict[tuple[str, int, int], list[tuple[float, float]]] = {}
    for index, (letter, left, base, near) in enumerate(zip(*columns, strict=True)):
        column, row = round(left), round(base)
        again[index] = any(
            abs(left - other) < near and abs(base - under) < near
            for step in (-1, 0, 1)
            for rise in (-1, 0, 1)
            for other, under in met.get((letter, column + step, row + rise), ())
        )
        met.setdefault((letter, column, row), []).append((left, base))
    words = again & np.fromiter(map(str.isalnum, columns[0]), bool, len(text))
    _, number, counts = np.unique(owner, return_inverse=True, return_counts=True)
    whole = (np.bincount(number, again) == counts) & (counts > 1) & (np.bincount(number, words) > 0)
    in_company: Booleans = whole[number] | (np.convolve(words, np.ones(11), "same") >= COMPANY)
    return again & in_company


def _styles(text_page: pdfium.PdfTextPage, font: NDArray[np.uint64]) -> tuple[Booleans, Booleans]:
    """Bold and italic, by the name of the font; each is asked for once."""
    name, flags = ctypes.create_string_buffer(160), ctypes.c_int()
    _, first, number = np.unique(font, return_index=True, return_inverse=True)
    styles = []
    for index in first.tolist():
        raw.FPDFText_GetFontInfo(text_page.raw, index, name, 160, flags)
        called = name.value.lower()
        styles.append((b"bold" in called, b"italic" in called or b"oblique" in called))
    bold, italic = np.array(styles, dtype=bool).reshape(-1, 2)[number].T
    return bold, italic
