"""`peacetext import`: codings of other programs as further codings in corpus/coding."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.commands import STARTED_IN
from pipeline.commands.printing import NO_CODE
from pipeline.commands.scoring import import_sheet, refuse_name
from pipeline.imports import Found
from pipeline.imports.codes import (
    KNOWN,
    NO_THEME,
    Taken,
    Themes,
    coder_name,
    codes_table,
    codings_of,
    read_renamed,
    report,
    take,
)
from pipeline.imports.placing import TextIndex
from pipeline.imports.projects import DATABASE, read_qualcoder, read_refi_project
from pipeline.run.errors import InputError
from pipeline.run.files import sheet_bytes, write_bytes
from pipeline.run.sheet import SUFFIXES, Sheet, read_sheet
from pipeline.run.stage import say
from pipeline.run.tables.table import read_table
from pipeline.run.tables.texts import BLOCKS, DOCUMENTS
from pipeline.run.wording import counted
from pipeline.study.anchors import anchor_suggested, anchor_units
from pipeline.study.checks import load_study
from pipeline.study.codebook import Codebook, load_codebook
from pipeline.study.codings import (
    ADJUDICATED,
    CODING_FOLDER,
    Coding,
    read_codings,
    read_pass,
    read_suggested,
)
from pipeline.study.refi import MACHINE, document_texts, ranges
from pipeline.study.sets import SUGGESTED
from pipeline.study.study import STUDY_FILE
from pipeline.study.unit_files import (
    DRAW_COLUMNS,
    ID_COLUMN,
    SUGGESTED_COLUMNS,
    UNREAD,
    coder_files,
    unit_of,
)


@dataclass(frozen=True)
class ImportOptions:
    """What the person asks for.

    Attributes:
        coder: the name of the coding; empty for the name that the file gives.
        user: only this person's codings; empty for all.
        renamed: options such as 'Use of force=use_of_force'.
        leave_out: take what fits and say what does not, instead of stopping.
        replace: a coding that is there may be replaced.
    """

    coder: str = ""
    user: str = ""
    renamed: Sequence[str] = ()
    leave_out: bool = False
    replace: bool = False


def import_codings(file: Path, options: ImportOptions) -> Iterator[str]:
    """Take the codings of a file into corpus/coding; a line for each coding.

    Nothing is written before everything was read and found.

    Raises:
        InputError: the file cannot be read, a coding has no place in the corpus, or a coding of
            this name is there already and differs.
    """
    codebook = load_codebook()
    if not file.exists():
        raise InputError(file, "is not there", _NAME_ONE)
    table = _table(file)
    if table and {"unit_id", NO_CODE} <= set(table.columns):
        coder = coder_name(options.coder) if options.coder else ""
        yield from import_sheet(file, coder, replace=options.replace)
        return
    # suggested units have no pass over all of them that another could stand beside
    study = load_study()
    every = read_codings(codebook.theme_ids, study.coded_sets, coders=study.coders, every_unit=True)
    codings = [one for one in every if one.unit != "range"]
    if not codings:
        fix = "name a set of units that codings are of"
        raise InputError(STUDY_FILE, "has no coded set", fix, "coded_sets")
    if table and set(SUGGESTED_COLUMNS) <= set(table.columns):
        yield from _suggestion(file, table, codebook, options)
        return
    own = _own_pass(file, table, codings, codebook, options.coder)
    passes = own or _passes(file, table, codings, codebook, options)
    if not passes:
        raise InputError(file, "holds no coding that can be taken", "code something in it")
    new = [each for each in passes if not _is_there(*each, options.replace)]
    for coding, coder, codes, read_ids in passes:
        target = pass_file(coding, coder)
        if any(coding is each and coder == name for each, name, *_ in new):
            rows = pass_rows(coding, codes, codebook.theme_ids, read_ids)
            write_bytes(target, sheet_bytes(rows))
            read = f"{codes['unit_id'].n_unique()} of {coding.units.height} units have a code"
            unread = coding.units.height - len(read_ids)
            read += f", {unread} are still to be read ({UNREAD})" if unread else ""
            yield f"{target}: {codes.height} codes; {read}"
        else:
            yield f"{target}: is there already with the same codes"
        if study.coders.maker(coding.unit_set, coder) == "unknown":
            yield f"{STUDY_FILE}: say under coders whether {coder} is a person or a language model"


_Pass = tuple[Coding, str, pl.DataFrame, frozenset[str]]
"""Which units were coded, by whom, unit_id and theme_id of each code, and which units were read."""


_NAME_ONE = "name a .qdpx, .qda, .csv or .xlsx file"
_NO_PROJECT = (*SUFFIXES, ".txt")


def _table(file: Path) -> Sheet | None:
    """A file of rows; None for a project of another program."""
    if file.suffix.casefold() not in _NO_PROJECT or not file.is_file():
        return None
    return read_sheet(file, {*ID_COLUMN.values(), *SUGGESTED_COLUMNS, *KNOWN, NO_CODE})


def _own_pass(
    file: Path, table: Sheet | None, codings: Sequence[Coding], codebook: Codebook, name: str
) -> list[_Pass]:
    """The file as a pass in our own form (one row a unit); empty when it is not in it."""
    unit = unit_of(table.columns) if table else None
    alike = [coding for coding in codings if coding.unit == unit]
    if not table or not unit or not alike:
        return []
    ids = {cells[ID_COLUMN[unit]] for _, cells in table.rows}
    coding = max(alike, key=lambda one: len(ids & set(one.units["unit_id"])))
    name = name or file.stem.removeprefix(f"{coding.unit_set}-coder-")
    codes, read = read_pass(file, coding, codebook.theme_ids)
    if not read:
        fix = f"put codes in the place of each {UNREAD} that was read, or nothing where none fits"
        raise InputError(file, "holds no unit that somebody has read", fix)
    return [(coding, coder_name(name), codes, frozenset(read))]


def _suggestion(
    file: Path, table: Sheet, codebook: Codebook, options: ImportOptions
) -> Iterator[str]:
    """What `peacetext suggest` wrote, filled in, as a coder's file of suggested units.

    Units that the coder's file holds already stay, unless they come again.
    """
    name = coder_name(options.coder or file.stem.removeprefix(f"{SUGGESTED}-coder-"))
    refuse_name(file, SUGGESTED, name)
    coding = read_suggested({name: file}, codebook.theme_ids)
    if coding.units.is_empty():
        fix = f"put codes in the place of each {UNREAD} that you read, or nothing where none fits"
        raise InputError(file, "holds no passage that somebody has read", fix)
    anchor_suggested(coding.units, read_table(BLOCKS))
    target = CODING_FOLDER / f"{SUGGESTED}-coder-{name}.csv"
    columns = (*SUGGESTED_COLUMNS, "label", "text", *DRAW_COLUMNS)
    there = read_sheet(target, columns, may_be_empty=True).rows if target.is_file() else ()
    rows: dict[tuple[str, ...], tuple[str, ...]] = {}
    for line, cells in (*there, *table.rows):
        row = tuple(cells.get(column, "") for column in columns)
        place = (*row[:4], cells.get("draw", ""))
        codes, before = row[4], rows.get(place, row)[4]
        if UNREAD not in (codes, before) and codes != before and not options.replace:
            fix = "give another name with --coder, or say --replace"
            raise InputError(file, f"{target} codes this passage otherwise", fix, line)
        if codes != UNREAD or before == UNREAD:
            rows[place] = row
    write_bytes(target, sheet_bytes([columns, *rows.values()]))
    read = f"{coding.units.height} of {counted(len(table.rows), 'passage')} were read"
    yield f"{target}: {counted(coding.codes.height, 'code')}; {read}"
    files = coder_files(CODING_FOLDER, f"{SUGGESTED}-coder-")
    yield from read_suggested(files, codebook.theme_ids).remarks


def pass_file(coding: Coding, coder: str, folder: Path = CODING_FOLDER) -> Path:
    """Where a coder's coding over the units of ``coding`` belongs."""
    return folder / f"{coding.unit_set}-coder-{coder}.csv"


def pass_rows(
    coding: Coding, codes: pl.DataFrame, theme_ids: Sequence[str], read: Collection[str]
) -> Iterator[tuple[str, str]]:
    """A coding as its file holds it: a row a unit, its codes in the order of the codebook.

    Args:
        coding: whose units are listed, in their order.
        codes: unit_id, theme_id; a unit that was read and has no row was given no code.
        theme_ids: all codes, in the order of the codebook.
        read: the units that were read.
    """
    given: dict[str, set[str]] = {}
    for unit_id, theme_id in codes.select("unit_id", "theme_id").iter_rows():
        given.setdefault(unit_id, set()).add(theme_id)
    yield ID_COLUMN[coding.unit], "codes"
    for unit_id in coding.units["unit_id"]:
        ordered = [theme_id for theme_id in theme_ids if theme_id in given.get(unit_id, ())]
        yield unit_id, ";".join(ordered) if unit_id in read else UNREAD


def _passes(
    file: Path,
    table: Sheet | None,
    codings: Sequence[Coding],
    codebook: Codebook,
    options: ImportOptions,
) -> list[_Pass]:
    def name_of(coder: str) -> str | None:
        if options.user and coder.casefold() != options.user.casefold():
            return None
        return coder_name(options.coder or coder or file.stem)

    renamed = read_renamed(options.renamed, codebook)
    found = codings_of(table, file) if table else _read(file)
    for remark in found.remarks:
        say(f"import: {remark}")
    named = [*(one.coder for one in found.codings), *(one.coder for one in found.not_taken)]
    people = set(named) - {""}
    if options.user and options.user.casefold() not in map(str.casefold, people):
        fix = f"name one of them: {', '.join(sorted(people)) or 'it names nobody'}"
        raise InputError(file, f"nobody in it is called {options.user!r}", fix, "--user")
    coded = {one.coder for one in found.codings} - {"", MACHINE}
    if options.coder and not options.user and len(coded) > 1:
        problem = f"holds the codings of {counted(len(coded), 'person', 'people')}"
        fix = f"say whose with --user ({', '.join(sorted(coded))}), or leave --coder out for each"
        raise InputError(file, problem, fix, "--coder")
    themes = Themes(codebook, renamed)
    shelf = _shelf(codings)
    taken = take(found, shelf, themes, name_of)
    for name, document in shelf.recognised.items():
        if document is not None:
            say(f"import: {name!r} is {document.document_id}, by its text")
    _answer_for(file, taken, themes, renamed, options)
    return [
        (coding, str(coder), rows.select("unit_id", "theme_id"), _read_in(coding, rows))
        for (coder,), given in taken.codes.group_by("coder", maintain_order=True)
        for coding in codings
        if not (rows := given.join(coding.units, on="unit_id", how="semi")).is_empty()
    ]


def _read_in(coding: Coding, rows: pl.DataFrame) -> frozenset[str]:
    """A unit without a code counts as read, but not one that nobody at all has coded yet."""
    new = set(coding.uncoded) if coding.coders else set()
    return frozenset(set(coding.units["unit_id"]) - new | set(rows["unit_id"]))


def _read(file: Path) -> Found:
    ending = file.suffix.casefold()
    if ending in (".qdpx", ".qdc", ".zip"):
        return read_refi_project(file)
    if ending == ".qda" or file.name == DATABASE:
        return read_qualcoder(file)
    raise InputError(file, f"ends in {ending or 'nothing'}", _NAME_ONE)


def _shelf(codings: Sequence[Coding]) -> TextIndex:
    documents, blocks = read_table(DOCUMENTS), read_table(BLOCKS)
    anchors = [anchor_units(coding, blocks, documents).anchors for coding in codings]
    anchored = pl.concat(anchors).rename({"unit_id": "name"})
    texts = document_texts(
        blocks.join(blocks.join(anchored, on="block_id", how="semi"), on="document_id", how="semi")
    )
    return TextIndex(documents, texts, ranges(anchored, texts))


def _answer_for(
    file: Path, taken: Taken, themes: Themes, renamed: Mapping[str, str], options: ImportOptions
) -> None:
    """Say what is not taken, all of it; and stop at it unless it may be left out.

    Raises:
        InputError: something is not taken, and the person did not say that it may be left out.
    """
    if taken.of_machine:
        say(f"import: {taken.of_machine} codes of the classifier are no coder's and stay out")
    if taken.alike:
        also = "the words that were stored differ a little from the text, or stand elsewhere in it"
        which = counted(len(taken.alike), "coding")
        say(f"import: {which} found by likeness: {'; '.join(taken.alike)}; {also}")
    table = STARTED_IN.get(Path()) / f"{file.stem}-codes.csv"
    if any(one.kind == NO_THEME for one in taken.not_taken):
        before = read_renamed([str(table)], themes.codebook) if table.is_file() else {}
        write_bytes(table, codes_table(taken.not_taken, themes, {**before, **renamed}))
    lines = report(taken.not_taken, themes, table.name, left=options.leave_out)
    for line in lines:
        say(f"import: {line}")
    if lines and not options.leave_out:
        n = len(taken.not_taken)
        problem = f"{n} of {n + taken.n_taken} codings cannot be taken; no coding was written"
        rest = f", or take the other {taken.n_taken} with --leave-out" if taken.n_taken else ""
        raise InputError(file, problem, f"do what the lines above say{rest}")


def _is_there(
    coding: Coding, coder: str, codes: pl.DataFrame, read: frozenset[str], replace: bool
) -> bool:
    """Is the coding there with the same codes?

    Raises:
        InputError: it is there with others, and the person did not say that it may go.
    """
    target = pass_file(coding, coder)
    others = [file for file in target.parent.glob(f"{target.stem}.*") if file != target]
    if coder in coding.coders and not target.is_file() and others:
        fix = "save it as CSV UTF-8 and delete it, or give another name with --coder"
        raise InputError(others[0], "is where this coder's coding is", fix)
    before = coding.codes.filter(pl.col("coder") == coder).select("unit_id", "theme_id")
    known = coder in coding.coders or (coder == ADJUDICATED and coding.adjudicated)
    read_before = {unit_id for unit_id, names in coding.readers.items() if coder in names}
    if known and set(before.rows()) == set(codes.rows()) and read <= read_before:
        return True
    if coder == ADJUDICATED:
        fix = "import it as a coder's coding: --coder NAME"
        raise InputError(target, "the adjudicated coding is made by people together", fix)
    if known and not replace:
        fix = "give another name with --coder, or say --replace"
        raise InputError(target, f"coder {coder} is there already with other codes", fix)
    return False
