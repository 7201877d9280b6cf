"""Words that all share: kinds of documents, and numbers as a sentence says them.

The comparison writes sentences and the report shows them: both speak so, and give the addresses of
the passages behind what they say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlencode

Kind = Literal[
    "article",
    "resolution",
    "presidential_statement",
    "report",
    "verbatim_record",
    "doctrine",
    "other",
]
"""What a document may be."""
Role = Literal["heading", "paragraph", "preambular", "operative", "quotation", "note", "annex"]
"""What a part of a document may be."""


KIND_NAMES = {
    "article": ("article", "articles"),
    "resolution": ("resolution", "resolutions"),
    "presidential_statement": ("presidential statement", "presidential statements"),
    "report": ("report", "reports"),
    "verbatim_record": ("verbatim record", "verbatim records"),
    "doctrine": ("doctrine text", "doctrine texts"),
    "other": ("other document", "other documents"),
    "all": ("document", "documents"),
}
NOTHING = "–"
EXPLORER = "explorer.html#passages"
_TWICE = re.compile(
    "[\u00c2-\u00df\u00e2][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc"
    "\u2013\u2014\u2018-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]{1,2}"
)
"""What two or three bytes of UTF-8 look like to a program that takes them for Windows-1252."""
_NO_ANSWER = re.compile(
    r"\W*(?:na|n/a|n\.a\.?|nan|null|none|nil|\\n|#(?:na|ref!|value!|name\?|div/0!|null!|num!))\W*",
    re.IGNORECASE,
)
"""What programs and people put in a cell that has no text."""


def kind_name(kind: str, n: int = 2) -> str:
    """A kind's noun in the number that fits ``n``."""
    one, many = KIND_NAMES.get(kind, (kind.replace("_", " "), kind.replace("_", " ")))
    return one if n == 1 else many


def count(n: int) -> str:
    """A count with thin groups: 21,806."""
    return f"{n:,}"


def counted(n: int, one: str, many: str = "") -> str:
    """A count and its noun: 1 document, 2 documents."""
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def percent(share: float | None) -> str:
    """A share as a percentage, with a decimal where it is small."""
    if share is None:
        return NOTHING
    hundredths = 100 * share
    return f"{hundredths:.1f}%" if abs(hundredths) < 9.95 else f"{hundredths:.0f}%"


def points(difference: float | None) -> str:
    """A difference of shares in percentage points, with its sign."""
    if difference is None:
        return NOTHING
    value = 100 * difference
    text = f"{value:+.{1 if abs(value) < 9.95 else 0}f}"
    return "0" if float(text) == 0 else text.replace("-", "−")


def decimal(value: float | None, digits: int = 2) -> str:
    """A score such as 0.62."""
    return NOTHING if value is None else f"{value:.{digits}f}".replace("-", "−")


def p_text(value: float | None) -> str:
    """A p- or q-value; tiny ones by their bound."""
    if value is None:
        return NOTHING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def listed(names: Sequence[str]) -> str:
    """Names in a row: a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def grouping_name(candidate: str) -> str:
    """A way of grouping passages as a sentence names it.

    >>> grouping_name("nmf, article alone")
    'NMF, article alone'
    """
    return candidate.replace("nmf", "NMF")


def lowered(name: str) -> str:
    """A name inside a sentence; capitals that are not only its first letter stay.

    >>> lowered("Article sentences"), lowered("UN paragraphs")
    ('article sentences', 'UN paragraphs')
    """
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def passages_link(**filters: str | int | None) -> str:
    """The address of the explorer that shows these passages; filters that are None are left out.

    >>> passages_link(theme="access", kind="resolution", mission=None)
    'explorer.html#passages?theme=access&kind=resolution'
    """
    given = {name: value for name, value in filters.items() if value is not None}
    return f"{EXPLORER}?{urlencode(given)}" if given else EXPLORER


def policy_link(theme_id: str) -> str:
    """Passages of policy documents that the classifier assigns to a theme."""
    return passages_link(theme=theme_id, kind="policy")


def interview_link(theme_id: str) -> str:
    """Coded passages that cite an interview and were given a theme."""
    return passages_link(code=theme_id, kind="article", speaker_group="any")


def has_words(text: str) -> bool:
    """Does a cell hold a text, and not what stands for none?

    >>> [has_words(text) for text in ("Patrols at night", "", "-", "NA", "n/a", "12")]
    [True, False, False, False, False, False]
    """
    return any(map(str.isalpha, text)) and not stands_for_nothing(text)


def stands_for_nothing(cell: str) -> bool:
    """Is a cell blank, a dash, or what programs put there for a value that is not there?

    >>> [stands_for_nothing(cell) for cell in ("", " - ", "NA", "#N/A", "12", "?", ";")]
    [True, True, True, True, False, False, False]
    """
    return cell.strip() in ("", "-", "–", "—") or bool(_NO_ANSWER.fullmatch(cell))


def once_encoded(text: str) -> tuple[str, tuple[str, ...]]:
    """A text of which some characters were encoded twice, as they were meant, and a remark on them.

    >>> once_encoded("the missionâ€™s")
    ('the mission’s', ('1 character was encoded twice; read as it was meant',))
    """
    whole = _TWICE.sub(_meant, text)
    n = sum(1 for found in _TWICE.finditer(text) if _meant(found) != found[0])
    said = f"{counted(n, 'character was', 'characters were')} encoded twice; read as "
    return whole, (f"{said}{'it was' if n == 1 else 'they were'} meant",) if n else ()


def _meant(found: re.Match[str]) -> str:
    try:
        octets = b"".join(one.encode("latin-1" if one < "\u0100" else "cp1252") for one in found[0])
        return octets.decode()
    except UnicodeError:
        return found[0]
