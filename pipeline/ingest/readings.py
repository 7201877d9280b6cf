"""Documents that were read before, so that one more document costs the reading of one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import TypeAdapter

from pipeline.ingest.readers import format_of, read_file
from pipeline.ingest.reading import Reading
from pipeline.result_cache import ResultCache, cache_folder, code_hash
from pipeline.settings import IngestSettings

_LIBRARIES = ("lxml", "pypdfium2", "python-docx", "markdown-it-py")
_READING = TypeAdapter(Reading)


class KnownReadings:
    """Reads a file, or gives what the same code made of the same bytes before."""

    def __init__(self, limits: IngestSettings) -> None:
        """Open the cache of this version of the readers."""
        code = code_hash(Path(__file__).parent.glob("*.py"), _LIBRARIES)
        self._cache = ResultCache(cache_folder() / f"readings-{code}.sqlite")
        self._limits = limits.model_dump_json()

    def read(self, content: bytes, kind: str, suffix: str, limits: IngestSettings) -> Reading:
        """As `read_file`; a document that is refused is looked at again each time."""
        form = format_of(kind, suffix)
        reader = f"{form.suffix} {' '.join(form.kinds)}" if form else "none"
        asked = f"{hashlib.sha256(content).hexdigest()} {reader} {self._limits}"
        key = hashlib.sha256(asked.encode()).hexdigest()
        kept = self._cache.find([key]).get(key)
        if kept is not None:
            return _READING.validate_json(kept)
        reading = read_file(content, kind, suffix, limits)
        self._cache.add([(key, _READING.dump_json(reading))])
        return reading
