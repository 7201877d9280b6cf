"""Is a text in English? Told by its script and by the share of a language's commonest words.

The six languages of the United Nations and a few neighbours are told apart; a text too short or
too mixed to tell counts as English, so that nothing is set aside on a guess.
"""

from __future__ import annotations

import re
from collections import Counter

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
MIN_WORDS = 40  # shorter texts are not judged
MIN_SHARE = 0.12  # of the words must be stop words of a language for it to be named
_WORD = re.compile(r"[^\W\d_]+")
_LISTS = {language: frozenset(words.split()) for language, words in STOP_WORDS.items()}


def foreign_language(text: str) -> str:
    """The language of a text that is not in English; empty for English and for what is unclear.

    >>> foreign_language("Le Conseil de sécurité rappelle la résolution et prie les parties. " * 9)
    'French'
    """
    letters = sum(character.isalpha() for character in text)
    for language, script in SCRIPTS.items():
        if len(script.findall(text)) > 0.5 * letters > MIN_WORDS:
            return language
    words = Counter(word.lower() for word in _WORD.findall(text))
    total = words.total()
    if total < MIN_WORDS:
        return ""
    shares = {
        language: sum(words[word] for word in common) / total for language, common in _LISTS.items()
    }
    likeliest = max(sorted(shares), key=lambda language: shares[language])
    clear = shares[likeliest] >= MIN_SHARE and shares[likeliest] > 1.5 * shares["English"]
    return likeliest if clear else ""
