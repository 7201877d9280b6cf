"""UN document symbols: read from what a person pastes, printed, compared, named and addressed.

A symbol is a string as the United Nations prints it: S/2014/403, S/RES/2423 (2018), S/PV.8703,
A/RES/377(V), S/2002/80/Corr.1, S/PV.4072 (Resumption 1), A/70/95-S/2015/446 (one document with a
symbol of each organ). Light on purpose: the command line reads it at every start.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote

_ORGANS = (
    "A|S|E|T|ST|TD|DP|DC|JIU|PBC|CCPR|CEDAW|CRC|CAT|CERD|CMW|CRPD|CED|HRI|HSP|UNEP|UNW|FCCC|ICCD"
    "|SPLOS|ISBA|LOS|NPT|CD|ECE"
)
_NUMBERED = r"(?:(?:[A-Z][A-Za-z]*(?:\.[A-Z]?|-))?\d+[A-Z]?)"
_ONE = rf"(?:{_ORGANS})(?:/(?:{_NUMBERED}|[A-Z][A-Za-z]*))*/{_NUMBERED}"
_TAIL = (
    r" ?\((?:\d{4}|[IVXL]+(?:-[A-Z])?|Resumption ?(?:\d+|[IVX]+)|Part [IVX]+|Vol\. ?[IVX]+|SUPP)\)"
)
# a resolution in parts: A/RES/52/12 B, A/RES/377 A (V)
_LETTERED = r"A/RES/(?:\d+/\d+ [A-Z](?![\w.])|\d+ [A-Z] ?\([IVXL]+\))"
SYMBOL = re.compile(rf"{_LETTERED}|{_ONE}\*{{0,3}}(?:[-–—]{_ONE}\*{{0,3}})?(?:{_TAIL})?\*{{0,3}}")
_IN_TEXT = re.compile(rf"(?<![\w/.-])(?:{SYMBOL.pattern})(?![\w/])")
_ADOPTED = re.compile(r"\b[Rr]esolutions? ((?:\d{1,4} ?\(\d{4}\)(?:,? and |, |,)?)+)")
_NUMBER_AND_YEAR = re.compile(r"(\d{1,4}) ?\((\d{4})\)")
_COUNCIL_RESOLUTION = re.compile(r"S/RES/(\d+)(?: \((\d{4})\))?")

_HOST = re.compile(
    r"(?:https?://)?(?:(?:www\.)?undocs|docs\.un|documents\.un|(?:www|daccess-ods)\.un)\.org/", re.I
)
_IN_QUERY = re.compile(r"[?&](?:s|m|symbol|ds|finalsymbol)=([^&#]+)", re.I)
_LANGUAGE = re.compile(r"(?:ar|de|en|es|fr|ru|zh)/", re.I)
_CALLED = re.compile(r"(?:U\.?N\.? )?doc(?:ument|s)?\.? ", re.I)
_JOINT = re.compile(r"(?<=\d) ?([-–—]) ?(?=[A-Za-z]+/)")
_AFTER = re.compile(r", [^/]*$")  # ", para. 5"
_MIXED = {word.lower(): word for word in "Add Corr Rev Amend Sub Resumption Part Vol".split()}


def parse_symbol(pasted: str) -> str:
    """The symbol, as it is printed, that a person pasted; empty when it is none.

    Small letters, percent-encoding and addresses of docs.un.org, undocs.org, documents.un.org and
    their forerunners are understood.

    >>> parse_symbol("s/2002/80/corr.1"), parse_symbol("S/RES/2423(2018)"), parse_symbol("S/1 to 3")
    ('S/2002/80/Corr.1', 'S/RES/2423 (2018)', '')
    >>> parse_symbol("https://documents.un.org/api/symbol/access?s=S%2F2014%2F403&l=en&t=pdf")
    'S/2014/403'
    """
    plain = unicodedata.normalize("NFKC", unquote(unquote(pasted)))
    text = " ".join(plain.split()).strip(" <>[]\"'“”‘’.,;")
    text = _JOINT.sub(r"\1", re.sub(r" ?[/⁄∕] ?", "/", _AFTER.sub("", text)))
    text = re.sub(r"(?<=/)((?:Add|Corr|Rev|Amend|PV|SR|L)\.) (?=\d)", r"\1", text, flags=re.I)
    text = text[1:-1] if text.startswith("(") and text.endswith(")") else text
    if host := _HOST.match(text):
        text = _of_address(text[host.end() :])
    elif named := _CALLED.match(text):
        text = text[named.end() :]
    return printed(_cased(text.strip(" /*")))


def _of_address(path: str) -> str:
    """What stands for the symbol in an address, after its host."""
    asked = _IN_QUERY.search(path)
    named = asked[1].replace("+", " ") if asked else re.split(r"[?&#]", path)[0]
    language = _LANGUAGE.match(named)
    return named[language.end() :] if language else named


def _cased(text: str) -> str:
    """Capitals, but for Add., Corr., Rev. and their like."""
    return re.sub(r"[A-Za-z]+", lambda word: _MIXED.get(word[0].lower(), word[0].upper()), text)


def printed(text: str) -> str:
    """A symbol with its spaces and hyphens as they are printed; empty when the text is none.

    >>> printed("S/RES/2423(2018)"), printed("A/RES/377 (V)"), printed("A/70/95–S/2015/446*")
    ('S/RES/2423 (2018)', 'A/RES/377(V)', 'A/70/95-S/2015/446')
    """
    if not SYMBOL.fullmatch(text):
        return ""
    plain = re.sub(r"[–—]", "-", text.replace("*", ""))
    plain = re.sub(r"(Resumption|Vol\.) ?", r"\1 ", plain)
    return re.sub(r" ?\((?![IVXL]+[-)])", " (", re.sub(r" \((?=[IVXL]+[-)])", "(", plain))


def symbol_of(line: str) -> str:
    """The symbol that a line consists of, or an empty string.

    >>> symbol_of("S/2002/80/Corr.1"), symbol_of("S/RES/2779 (2025)"), symbol_of("see S/2025/54")
    ('S/2002/80/Corr.1', 'S/RES/2779 (2025)', '')
    """
    return printed(line.strip())


def symbols_of_masthead(lines: Iterable[str]) -> Iterator[str]:
    """The symbols of which lines, or parts of lines set off by white space, consist.

    >>> list(symbols_of_masthead(["see S/2018/1", "United Nations     S/2025/54", "A/1 | S/2"]))
    ['S/2025/54', 'A/1', 'S/2']
    """
    for line in lines:
        for part in re.split(r"\||\t|\s{3,}", line):
            named = re.sub(r"^\s*(?:United Nations|UNITED NATIONS)\s", "", part)
            if found := symbol_of(named):
                yield found


def symbols_in(text: str) -> Iterator[str]:
    """Every symbol in a running text, and every resolution of the Council that it names.

    >>> list(symbols_in("Its resolutions 2100 (2013) and 2164 (2014), and S/2014/403, para. 5"))
    ['S/2014/403', 'S/RES/2100 (2013)', 'S/RES/2164 (2014)']
    """
    for _, symbol in printed_symbols(text):
        yield symbol
    for several in _ADOPTED.finditer(text):
        for number, year in _NUMBER_AND_YEAR.findall(several[1]):
            yield f"S/RES/{number} ({year})"


def printed_symbols(text: str) -> Iterator[tuple[int, str]]:
    """Where in a running text each symbol begins, and the symbol.

    >>> list(printed_symbols("See S/2014/403, para. 5."))
    [(4, 'S/2014/403')]
    """
    for found in _IN_TEXT.finditer(text):
        yield found.start(), printed(found[0])


def is_said_in(symbol: str, text: str) -> bool:
    """Does a text say this symbol, or name the meeting or resolution for which it stands?

    >>> is_said_in("S/PV.8703", "the 8703rd meeting"), is_said_in("A/12", "Page 12 of annex A")
    (True, False)
    """
    meeting = re.fullmatch(r"S/PV\.(\d+)", symbol)
    if meeting and re.search(rf"\b{meeting[1]}(?:st|nd|rd|th) meeting\b", text, re.I):
        return True
    return any(is_same(symbol, other) for other in symbols_in(text))


def is_same(symbol: str, other: str) -> bool:
    """Do two symbols name one document? One of a joint pair is enough; a year may be left out.

    >>> is_same("S/RES/2423", "S/RES/2423 (2018)"), is_same("S/2018/5", "S/2018/54")
    (True, False)
    >>> is_same("A/45/706-S/21931", "S/21931")
    True
    """
    ours, others = keys_of(symbol), keys_of(other)
    if ours & others:
        return True
    short = {key.partition("(")[0] for key in ours}, {key.partition("(")[0] for key in others}
    undated = ours == short[0] or others == short[1]
    return undated and any(key.startswith("S/RES/") for key in short[0] & short[1])


def keys_of(symbol: str) -> frozenset[str]:
    """The symbol, or each of a joint pair, so that spaces and capitals do not count.

    >>> sorted(keys_of("A/45/706-S/21931"))
    ['A/45/706', 'S/21931']
    """
    plain = re.sub(r"\s", "", symbol).upper()
    return frozenset(re.split(r"-(?=[A-Z]+/)", plain))


def wrong_year(symbol: str, known: Iterable[str]) -> str:
    """Why a resolution of the Council cannot be of the year that is written; empty when it can.

    Resolutions are numbered without a gap since 1946, so the known ones on either side of a number
    bound its year.

    >>> wrong_year("S/RES/2423 (2019)", ["S/RES/2423 (2018)", "S/RES/2500 (2019)"])
    'S/RES/2423 is of 2018'
    """
    found = _COUNCIL_RESOLUTION.fullmatch(symbol)
    if found is None or found[2] is None:
        return ""
    first, last = _years(int(found[1]), known)
    if first <= int(found[2]) <= last:
        return ""
    if first == last:
        return f"S/RES/{found[1]} is of {first}"
    years = f"between {first} and {last}" if last < _NO_YEAR else f"not before {first}"
    return f"S/RES/{found[1]} was adopted {years}"


def dated(symbol: str, known: Iterable[str]) -> str:
    """A resolution of the Council with its year, where the known ones leave no doubt.

    >>> dated("S/RES/2424", ["S/RES/2423 (2018)", "S/RES/2429 (2018)"])
    'S/RES/2424 (2018)'
    """
    found = _COUNCIL_RESOLUTION.fullmatch(symbol)
    if found is None or found[2]:
        return symbol
    first, last = _years(int(found[1]), known)
    return f"{symbol} ({first})" if first == last else symbol


_FIRST_YEAR, _NO_YEAR = 1946, 9999


def _years(number: int, known: Iterable[str]) -> tuple[int, int]:
    """The first and the last year in which a resolution of this number can have been adopted."""
    matches = filter(None, map(_COUNCIL_RESOLUTION.fullmatch, known))
    year_of = {int(found[1]): int(found[2]) for found in matches if found[2]}
    before = [one for one in year_of if one <= number]
    after = [one for one in year_of if one >= number]
    first = year_of[max(before)] if before else _FIRST_YEAR
    return first, year_of[min(after)] if after else _NO_YEAR


def slug(name: str) -> str:
    """Fit for an id and a file name, whatever the document calls itself.

    >>> slug("S/RES/2423 (2018)"), slug("../Rapport Nº 3")
    ('s-res-2423-2018', 'rapport-n-3')
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80].strip("-") or "document"


def symbol_in_name(stem: str) -> str:
    """The symbol that a file may be named after, which its text has to confirm; empty for none.

    >>> symbol_in_name("S_2018_541-EN"), symbol_in_name("S-PV-8703"), symbol_in_name("mali")
    ('S/2018/541', 'S/PV.8703', '')
    """
    once = re.sub(r" \(\d\)$", "", stem)  # what a browser adds to a second copy
    named = re.sub(r"[-_ ]?\b\[?(?:EN?|en)\]?$", "", once.replace("_", "-"))
    text = re.sub(r"[-/ ()]+", "/", named).strip("/")
    text = re.sub(r"\b(PV|SR|L|Add|Corr|Rev)/(?=\d)", r"\1.", text, flags=re.I)
    text = re.sub(r"(?<=\d)/(?=[AS]/\d)", "-", text)
    text = re.sub(r"^(S/RES/\d+)/(\d{4})$", r"\1 (\2)", text, flags=re.I)
    return parse_symbol(text)


def address(symbol: str) -> str:
    """Where a person finds a document, in English.

    >>> address("S/RES/2423 (2018)")
    'https://docs.un.org/en/S/RES/2423(2018)'
    """
    return f"https://docs.un.org/en/{_quoted(symbol)}"


COPIES = (
    "https://raw.githubusercontent.com/yuiseki/undocs/2d22550bf2f08e7ae1c8b7644a57959a8b599e44"
    "/en/pdfs"
)
"""Public copies, as text, of some 3,000 documents of the Security Council."""


def candidates(symbol: str) -> tuple[str, ...]:
    """Where a program may ask for a document, the likeliest first.

    >>> candidates("S/2014/403")[0]
    'https://documents.un.org/api/symbol/access?s=S/2014/403&l=en&t=pdf'
    """
    path = _quoted(symbol)
    official = (
        f"https://documents.un.org/api/symbol/access?s={path}&l=en&t=pdf",
        f"{address(symbol)}?direct=true",
    )
    copy = (f"{COPIES}/{path}/resolution.txt",) if symbol.startswith("S/") else ()
    return official + copy


def _quoted(symbol: str) -> str:
    return quote(re.sub(r"\s(?=\(\d)", "", symbol), safe="/()")
