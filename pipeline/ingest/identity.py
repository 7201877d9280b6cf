"""Symbol, date and language of a UN document; text in, value out.

The six languages of the United Nations and a few neighbours are told apart; a text too short or
too mixed to tell counts as English, so that nothing is set aside on a guess.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from pipeline.ingest.reading import seen
from pipeline.study.symbols import symbol_of, symbols_of_masthead

MONTHS = (
    "january february march april may june july august september october november december"
).split()
DATE = re.compile(rf"\b(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})\b", re.IGNORECASE)

STOP_WORDS = {
    "English": "the of and to in that for is on with by as at from it be was are its this which",
    "French": "de la le et les des en du que dans par pour est au une sur qui aux son avec ce",
    "Spanish": "de la que el en y los del las por con para una su se al lo como más sobre ha",
    "Portuguese": "de que o e do da em os no na dos para com uma as ao por das pelo são não",
    "Italian": "di che il la e del in per della un le con dei una al nel sono alla dal non gli",
    "German": "der die und den von zu das mit des auf für ist im dem nicht ein eine als auch sich",
    "Dutch": "de het van een en in is dat op te voor met zijn aan door om niet ook bij als",
}
SCRIPTS = {
    "Russian": re.compile(r"[\u0400-\u04ff]"),
    "Arabic": re.compile(r"[\u0600-\u06ff]"),
    "Chinese": re.compile(r"[\u4e00-\u9fff]"),
}
MIN_WORDS = 12  # shorter texts are not judged
FEW_WORDS = 40  # of as many or more, fewer need be stop words
MIN_SHARE = 0.12  # of the words must be stop words of a language for it to be named
MIN_SHARE_OF_FEW = 0.28
SURELY = 0.3  # of the words; no text with as many in English is in another language
_WORD = re.compile(r"[^\W\d_]+")
_LISTS = {language: frozenset(words.split()) for language, words in STOP_WORDS.items()}


def words_in(text: str) -> list[str]:
    """The words of a text in small letters."""
    return _WORD.findall(text.lower())


def share_of(language: str, words: Sequence[str]) -> float:
    """The share of the words that are among the commonest of a language."""
    return sum(map(_LISTS[language].__contains__, words)) / max(1, len(words))


def foreign_language(text: str) -> str:
    """The language of a text that is not in English; empty for English and for what is unclear.

    >>> foreign_language("Le Conseil de sécurité rappelle la résolution et prie les parties. " * 9)
    'French'
    """
    for language, script in SCRIPTS.items():
        if script.search(text) and len(script.findall(text)) > max(
            0.5 * sum(map(str.isalpha, text)), MIN_WORDS
        ):
            return language
    words = words_in(text)
    if len(words) < MIN_WORDS or share_of("English", words) > SURELY:
        return ""
    shares = {language: share_of(language, words) for language in _LISTS}
    likeliest = max(sorted(shares), key=lambda language: shares[language])
    enough = MIN_SHARE if len(words) >= FEW_WORDS else MIN_SHARE_OF_FEW
    clear = shares[likeliest] >= enough and shares[likeliest] > 1.5 * shares["English"]
    return likeliest if clear else ""


def first_symbol(lines: Iterable[str]) -> str:
    """The first symbol that a line of a masthead consists of, with "United Nations" or without.

    >>> first_symbol(["see S/2018/1", "United Nations     S/2025/54", "UN | S/2025/55"])
    'S/2025/54'
    """
    return next(symbols_of_masthead(map(seen, lines)), "")


def likeliest_symbol(lines: Iterable[str]) -> str:
    """The symbol that most of the lines are: of the running heads, say, of a noisy scan."""
    counts = Counter(filter(None, (symbol_of(line[:1].upper() + line[1:]) for line in lines)))
    return max(sorted(counts), key=lambda symbol: counts[symbol]) if counts else ""


def date_of(text: str) -> date | None:
    """The first date of the form 24 January 2025 in a text.

    >>> date_of("Adopted at its 9913th meeting, on 8 May 2025")
    datetime.date(2025, 5, 8)
    """
    for day, month, year in DATE.findall(seen(text)):
        try:
            return date(int(year), MONTHS.index(month.lower()) + 1, int(day))
        except ValueError:
            continue
    return None


def valid_date(text: str) -> date | None:
    """The day that a text begins with, year first.

    >>> valid_date("2031-04-06T10:00:00Z"), valid_date("2031/4/6"), valid_date("2031-13-01")
    (datetime.date(2031, 4, 6), datetime.date(2031, 4, 6), None)
    """
    found = re.match(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)", text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
