"""The corpus as a person looks at it: its documents, its mistakes, what may be passed on."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import get_args

import polars as pl

from pipeline.commands.printing import checked_filters, entry_lines, said
from pipeline.ingest.readers import KnownReadings, read_file
from pipeline.ingest.reading import Reading, UnreadableError
from pipeline.ingest.recognising import Recognition, kind_of
from pipeline.report.material import BY_PLACE
from pipeline.run.errors import InputError
from pipeline.run.settings import IngestSettings, Profile, load_settings
from pipeline.run.stage import OUTPUTS
from pipeline.run.tables.compare import QUOTATIONS
from pipeline.run.tables.table import csv_of, read_table
from pipeline.run.tables.texts import BLOCKS, DOCUMENTS, NOTES, PASSAGES
from pipeline.run.tables.themes import UNITS
from pipeline.study.checks import check_corpus, check_milestone, load_study, uncompared
from pipeline.study.codebook import load_codebook
from pipeline.study.codings import read_codings
from pipeline.study.manifest import (
    MANIFEST_FILE,
    Entry,
    located,
    named,
    of_profile,
    read_manifest,
)
from pipeline.study.sets import CodedSet, makers_text
from pipeline.study.study import STUDY_FILE, Study, load_missions
from pipeline.study.symbols import keys_of, symbols_in

Content = Path | bytes
"""Of a file: where it lies, or what is in it."""
LEFT_OUT = "[left out]"
"""In place of a text; where a table may do without one, there is nothing."""
WORDS = {
    BLOCKS: ("text", "section"),
    PASSAGES: ("text", "section"),
    NOTES: ("text",),
    UNITS: ("text",),
    QUOTATIONS: ("found_text",),
}
"""Every column of a table that holds text of the document which its row names."""
_OPEN = re.compile(
    r"(?i)cc0\b.*|cc[ -](by|zero|pdm)\b.*|creative commons .*|public domain|"
    r"mit( licen[cs]e)?|apache([ -]licen[cs]e)?[ -]2(\.0)?|odc-by\b.*|pddl\b.*"
)
"""How a licence begins by which anybody may pass a text on."""
_SECTION = re.compile(r"(?:(\d+(?:\.\d+)*)\.? )?(.*)")
_CHUNK = re.compile(r'peacetext\.register\("(?P<name>passages-\d+)",(?P<value>.*)\);\s*', re.DOTALL)


def read_lines(recognition: Recognition | None, *, as_json: bool) -> Iterator[str]:
    """The blocks of a file: a JSON object each, or lines for a person."""
    if recognition is None:
        return
    if as_json:
        for record in block_records(recognition.reading):
            yield json.dumps(record, ensure_ascii=False)
        return
    for name in ("kind", "symbol", "title", "date", "missions"):
        yield f"{name + ':':<12}{said(getattr(recognition, name))}"
    yield from reading_lines(recognition.reading)


def reading_lines(reading: Reading) -> Iterator[str]:
    """Remarks, then blocks with role and label, headings set off, then the notes."""
    yield from (f"remark:     {remark}" for remark in reading.remarks)
    for block in reading.blocks:
        if block.role == "heading":
            yield ""
        label = f" {block.label}" if block.label else ""
        yield f"[{block.role}{label}] {block.text}"
    yield ""
    yield from (f"[note {note.number}] {note.text}" for note in reading.notes)


def block_records(reading: Reading) -> Iterator[dict[str, object]]:
    """Each block as `peacetext read --json` prints it; notes as number and text."""
    texts = {note.number: note.text for note in reading.notes}
    for block in reading.blocks:
        yield {
            "role": block.role,
            "label": block.label,
            "section": " > ".join(block.section),
            "text": block.text,
            "notes": [
                {"number": mark.number, "text": texts.get(mark.number, "")} for mark in block.marks
            ],
        }


def _check_milestones(study: Study, entries: Sequence[Entry], limits: IngestSettings) -> None:
    """Words of each milestone are looked up in its source, where that is here and can be read."""
    of_id = {entry.document_id: located(entry) for entry in entries}
    known = KnownReadings(limits, study.interviews)
    for place, milestone in enumerate(study.milestones):
        entry = of_id[milestone.source]
        file = MANIFEST_FILE.parent / entry.path
        try:
            reading = known.read(file.read_bytes(), entry.kind, file.suffix, limits)
        except (OSError, UnreadableError):
            continue  # not fetched yet, or what a run says of it
        paragraphs = [(block.label, block.text) for block in reading.blocks]
        check_milestone(STUDY_FILE, place, milestone, paragraphs)


PROFILES: tuple[Profile, ...] = get_args(Profile)


def check_inputs() -> Iterator[str]:
    """Read all that a person may edit; a line for each that is in order.

    Raises:
        InputError: the first mistake.
    """
    settings, study, entries = load_settings(), load_study(), read_manifest()
    yield "configs/params.yaml: in order"
    yield f"configs/missions.yaml: {len(load_missions())} missions"
    yield f"corpus/manifest.csv: {len(entries)} documents"
    codebook = load_codebook()
    check_corpus(STUDY_FILE, study, entries, settings.acquire.profile, codebook.theme_ids)
    _check_milestones(study, entries, settings.ingest)
    n_sets, n_milestones = len(study.coded_sets), len(study.milestones)
    yield f"configs/study.yaml: {n_sets} coded sets, {n_milestones} milestones"
    yield from (f"configs/study.yaml: {said}" for said in uncompared(study))
    yield f"corpus/coding/codebook.yaml: {len(codebook.themes)} codes"
    for coding in read_codings(codebook.theme_ids, study.coded_sets, coders=study.coders):
        coders = ", ".join(coding.coders)
        decides = "; the adjudicated coding decides" if coding.adjudicated else ""
        said = f"{coding.units.height} units, coders {coders}{decides}"
        yield f"corpus/coding, {coding.unit_set}: {said}; {makers_text(coding.makers_of)}"
        yield from (f"corpus/coding, {coding.unit_set}: {one}" for one in coding.remarks)


def documents_table(profile: str, kind: str, mission: str) -> pl.DataFrame:
    """One row a document of the profile, with whether its file is on disk.

    Raises:
        InputError: no such profile, kind or mission.
    """
    chosen = [name for name in PROFILES if name == profile]
    if not chosen:
        raise InputError(
            "--profile", f"{profile!r} is not a profile", f"one of {', '.join(PROFILES)}"
        )
    mission, kind = checked_filters(mission, kind)
    rows = [
        {
            "document_id": entry.document_id,
            "kind": entry.kind,
            "date": str(entry.date or ""),
            "missions": ", ".join(entry.missions),
            "on_disk": "yes" if Path("corpus", located(entry).path).is_file() else "no",
            "title": entry.title,
        }
        for entry in of_profile(read_manifest(), chosen[0])
        if kind in ("", entry.kind) and (not mission or mission in entry.missions)
    ]
    names = ("document_id", "kind", "date", "missions", "on_disk", "title")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String))


WHO = 3
"""Documents named as citing another one; the others are counted."""


def cited_table() -> pl.DataFrame:
    """Documents that the corpus cites and does not hold, those that most documents cite first.

    Raises:
        StageError: the corpus was not read yet.
    """
    documents = read_table(DOCUMENTS)
    names = {key: symbol or key for key, symbol in documents.select("document_id", "symbol").rows()}
    held = {key for symbol in documents["symbol"] if symbol for key in _undated(symbol)}
    texts = pl.concat(
        [read_table(table).select("document_id", "text") for table in (BLOCKS, NOTES)]
    )
    citing: dict[str, dict[str, None]] = {}
    for document_id, text in texts.iter_rows():
        for symbol in symbols_in(text):
            if not _undated(symbol) & held:
                citing.setdefault(symbol, {})[names[document_id]] = None
    listed = {entry.symbol: entry for entry in read_manifest()}
    rows = [
        {
            "symbol": symbol,
            "cited_by": len(who),
            "kind": listed[symbol].kind if symbol in listed else kind_of(symbol, ""),
            "in_manifest": ", ".join(listed[symbol].profiles) if symbol in listed else "",
            "who": first_of(list(who), WHO),
        }
        for symbol, who in citing.items()
    ]
    order = {"symbol": pl.String, "cited_by": pl.Int64, "kind": pl.String}
    schema = order | {"in_manifest": pl.String, "who": pl.String}
    return pl.DataFrame(rows, schema=schema).sort("cited_by", "symbol", descending=[True, False])


def _undated(symbol: str) -> set[str]:
    """Keys of a symbol; a resolution's number is enough."""
    return {re.sub(r"^(S/RES/\d+)\(\d+\)$", r"\1", key) for key in keys_of(symbol)}


def first_of(names: Sequence[str], n: int) -> str:
    """The first of the names, and how many more there are.

    >>> first_of(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    rest = f" and {len(names) - n} more" if len(names) > n else ""
    return ", ".join(names[:n]) + rest


def document_lines(name: str) -> Iterator[str]:
    """What the manifest says of a document, named by id or symbol, then its blocks, read anew.

    Raises:
        InputError: no such document.
    """
    entry = located(named(read_manifest(), name))
    yield from entry_lines(entry)
    file = Path("corpus", entry.path)
    if not file.is_file():
        yield "(not on disk: run make, or see outputs/acquire/acquired.parquet)"
        return
    suffix = PurePosixPath(entry.path).suffix
    try:
        limits, interviews = load_settings().ingest, load_study().interviews
        reading = read_file(file.read_bytes(), entry.kind, suffix, limits, interviews)
    except UnreadableError as error:
        yield f"(set aside: {error})"
        return
    yield from reading_lines(reading)


def article_sentences(coded: CodedSet) -> Iterator[tuple[str, str, int, str]]:
    """Section number, its title, paragraph and text of each sentence of the set's articles."""
    from pipeline.segment.passages import load_splitter, split_sentences
    from pipeline.study.anchors import NO_PROSE

    splitter = load_splitter()
    entries = {entry.document_id: entry for entry in read_manifest()}
    before = 0
    for article in load_study().articles:
        if coded.articles and article.document_id not in coded.articles:
            continue
        if article.document_id not in entries:
            fix = "correct it, or add the article: peacetext add FILE --kind article"
            raise InputError(STUDY_FILE, f"no document {article.document_id!r}", fix, "articles")
        blocks = [block for block in _reading(entries[article.document_id]).blocks if block.text]
        body = [block for block in blocks if block.role not in NO_PROSE]
        texts = split_sentences(splitter, [block.text for block in body])
        for place, (block, spans) in enumerate(zip(body, texts, strict=True), 1):
            numbered = _SECTION.match(block.section[-1] if block.section else "")
            section = (numbered[1] or "", numbered[2]) if numbered else ("", "")
            for start, end in spans:
                yield (*section, before + (block.paragraph or place), block.text[start:end])
        before += len(body)


def _reading(entry: Entry) -> Reading:
    file = MANIFEST_FILE.parent / entry.path
    try:
        limits, interviews = load_settings().ingest, load_study().interviews
        return read_file(file.read_bytes(), entry.kind, file.suffix, limits, interviews)
    except (OSError, UnreadableError) as error:
        raise InputError(
            file, str(error), "add another copy of it: peacetext add FILE --replace"
        ) from None


def shared_documents(entries: Sequence[Entry], study: Study, *, with_texts: bool) -> frozenset[str]:
    """The documents whose text is packed."""
    said = {article.document_id: article.licence for article in study.articles}
    return frozenset(
        one.document_id
        for one in entries
        if with_texts or _OPEN.fullmatch((one.licence or said.get(one.document_id, "")).strip())
    )


def tables_to_share(made: Mapping[str, Content], shared: Collection[str]) -> dict[str, Content]:
    """Those of a run's files that hold text, without that of documents that are not ``shared``.

    Nothing (b"") in place of a file that cannot be without.
    """
    found: dict[str, Content] = {name: b"" for name in made if name.endswith(".qdpx")}
    there = {table: names for table, names in WORDS.items() if table.path.as_posix() in made}
    for table, columns in there.items():
        frame = without_words(read_table(table), columns, shared)
        frame.write_parquet(content := io.BytesIO(), compression="zstd")
        beside = OUTPUTS / "export/tables" / f"{table.stage}-{table.path.stem}.csv"
        csv = {one.as_posix(): csv_of(frame) for one in (table.path.with_suffix(".csv"), beside)}
        found |= {table.path.as_posix(): content.getvalue(), **csv}
    passages = read_table(PASSAGES).filter(~pl.col("document_id").is_in(list(shared)))
    placed = passages.join(read_table(BLOCKS), on="block_id", how="left", suffix="_of_block")
    withheld = dict(placed.select("passage_id", BY_PLACE.fill_null("")).iter_rows())
    for name in made:
        if re.search(r"/data/passages-\d+\.js$", name):
            found[name] = without_texts(Path(name), withheld)
    return {name: content for name, content in found.items() if name in made}


def without_words(
    frame: pl.DataFrame, columns: Sequence[str], shared: Collection[str]
) -> pl.DataFrame:
    """A table without the words of documents that are not ``shared``."""
    is_shared = pl.col("document_id").is_in(list(shared)).fill_null(value=False)
    return frame.with_columns(
        pl.when(is_shared).then(name).otherwise(pl.lit(LEFT_OUT if name == "text" else ""))
        for name in columns
    ).select(frame.columns)


def without_texts(file: Path, withheld: Mapping[str, str]) -> bytes:
    """A file of the explorer's passages: what stands in place of a heading, by withheld passage."""
    found = _CHUNK.fullmatch(file.read_text(encoding="utf-8"))
    if found is None:
        raise InputError(file, "is not as the report writes it", "run: dvc repro -f report")
    chunk = json.loads(found["value"])
    ids, headings = chunk["id"], [chunk["sections"][at] for at in chunk["section"]]
    headings = [withheld.get(one, heading) for one, heading in zip(ids, headings, strict=True)]
    texts = zip(ids, chunk["text"], strict=True)
    chunk["text"] = ["" if one in withheld else text for one, text in texts]
    chunk["sections"] = sections = list(dict.fromkeys(headings))
    chunk["section"] = [sections.index(heading) for heading in headings]
    value = json.dumps(chunk, separators=(",", ":"))
    return f'peacetext.register("{found["name"]}",{value});\n'.encode()
