"""`peacetext import`: codings of other programs as further codings in corpus/coding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.commands.coding import import_sheet, is_coding_sheet
from pipeline.imports.codes import Taken, Themes, coder_name, read_renamed, take
from pipeline.imports.found import FoundCoding
from pipeline.imports.placing import TextIndex
from pipeline.imports.qualcoder import DATABASE, read_qualcoder
from pipeline.imports.refi_project import read_refi_project
from pipeline.imports.sheet import read_sheet
from pipeline.run.errors import InputError
from pipeline.run.files import write_text
from pipeline.run.stage import say
from pipeline.run.tables.ingest import BLOCKS, DOCUMENTS
from pipeline.run.tables.table import read_table
from pipeline.study.anchors import anchor_units
from pipeline.study.checks import load_study
from pipeline.study.codebook import Codebook, load_codebook
from pipeline.study.codings import (
    ADJUDICATED,
    CODING_FOLDER,
    ID_COLUMN,
    Coding,
    read_codings,
    read_pass,
    unit_of,
)
from pipeline.study.manifest import read_manifest
from pipeline.study.refi import document_texts, ranges
from pipeline.study.study import STUDY_FILE


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
    if is_coding_sheet(file):
        coder = coder_name(options.coder) if options.coder else ""
        yield from import_sheet(file, coder, replace=options.replace)
        return
    # suggested units have no pass over all of them that another could stand beside
    every = read_codings(codebook.theme_ids, load_study().coded_sets)
    codings = [one for one in every if one.unit != "range"]
    if not codings:
        fix = "name a set of units that codings are of"
        raise InputError(STUDY_FILE, "has no coded set", fix, "coded_sets")
    if not file.exists():
        raise InputError(file, "is not there", "name a .qdpx, .qda or .csv file")
    own = _own_pass(file, codings, codebook, options)
    passes = own or _passes(file, codings, codebook, options)
    if not passes:
        raise InputError(file, "holds no coding by a coder", "code something, or name the --user")
    new = [each for each in passes if not _is_there(*each, options.replace)]
    for coding, coder, codes in passes:
        target = pass_file(coding, coder)
        if any(coding is each and coder == name for each, name, _ in new):
            write_text(target, pass_text(coding, codes, codebook.theme_ids))
            read = f"{codes['unit_id'].n_unique()} of {coding.units.height} units have a code"
            yield f"{target}: {codes.height} codes; {read}"
        else:
            yield f"{target}: is there already with the same codes"


_Pass = tuple[Coding, str, pl.DataFrame]
"""Which units were coded, by whom, and unit_id and theme_id of each code."""


def _own_pass(
    file: Path, codings: Sequence[Coding], codebook: Codebook, options: ImportOptions
) -> list[_Pass]:
    """The file as a pass in our own form (one row a unit); empty when it is not in it."""
    if file.suffix.casefold() != ".csv" or not file.is_file():
        return []
    with file.open(encoding="utf-8-sig", errors="replace") as lines:
        unit = unit_of([cell.strip() for cell in lines.readline().split(",")])
        ids = {line.partition(",")[0].strip().strip('"') for line in lines}
    alike = [coding for coding in codings if coding.unit == unit]
    if not alike:
        return []
    coding = max(alike, key=lambda one: len(ids & set(one.units["unit_id"])))
    name = options.coder or file.stem.removeprefix(f"{coding.unit_set}-coder-")
    return [(coding, coder_name(name), read_pass(file, coding, codebook.theme_ids))]


def pass_file(coding: Coding, coder: str, folder: Path = CODING_FOLDER) -> Path:
    """Where a coder's coding over the units of ``coding`` belongs."""
    return folder / f"{coding.unit_set}-coder-{coder}.csv"


def pass_text(coding: Coding, codes: pl.DataFrame, theme_ids: Sequence[str]) -> str:
    """A coding as its file holds it: a row a unit, its codes in the order of the codebook.

    Args:
        coding: whose units are listed, in their order.
        codes: unit_id, theme_id; a unit without a row was read and given no code.
        theme_ids: all codes, in the order of the codebook.
    """
    given: dict[str, set[str]] = {}
    for unit_id, theme_id in codes.select("unit_id", "theme_id").iter_rows():
        given.setdefault(unit_id, set()).add(theme_id)
    lines = [f"{ID_COLUMN[coding.unit]},codes"]
    for unit_id in coding.units["unit_id"]:
        ordered = [theme_id for theme_id in theme_ids if theme_id in given.get(unit_id, ())]
        lines.append(f"{unit_id},{';'.join(ordered)}")
    return "\n".join(lines) + "\n"


def _passes(
    file: Path, codings: Sequence[Coding], codebook: Codebook, options: ImportOptions
) -> list[_Pass]:
    def name_of(found: FoundCoding) -> str | None:
        if options.user and found.coder.casefold() != options.user.casefold():
            return None
        return coder_name(options.coder or found.coder or file.stem)

    themes = Themes(codebook, read_renamed(list(options.renamed), codebook))
    taken = take(file, _read(file), _shelf(codings), themes, name_of)
    _answer_for(file, taken, options)
    return [
        (coding, str(coder), rows.select("unit_id", "theme_id"))
        for (coder,), given in taken.codes.group_by("coder", maintain_order=True)
        for coding in codings
        if not (rows := given.join(coding.units, on="unit_id", how="semi")).is_empty()
    ]


def _read(file: Path) -> list[FoundCoding]:
    ending = file.suffix.casefold()
    if ending == ".qdpx":
        return read_refi_project(file)
    if ending == ".qda" or file.name == DATABASE:
        return read_qualcoder(file)
    if ending == ".csv":
        return read_sheet(file)
    raise InputError(file, f"ends in {ending or 'nothing'}", "name a .qdpx, .qda or .csv file")


def _shelf(codings: Sequence[Coding]) -> TextIndex:
    documents, blocks = read_table(DOCUMENTS), read_table(BLOCKS)
    symbols = {name for entry in read_manifest() for name in (entry.symbol, entry.document_id)}
    anchors = [anchor_units(coding, blocks, documents, symbols).anchors for coding in codings]
    anchored = pl.concat(anchors).rename({"unit_id": "name"})
    texts = document_texts(
        blocks.join(blocks.join(anchored, on="block_id", how="semi"), on="document_id", how="semi")
    )
    return TextIndex(documents, texts, ranges(anchored, texts))


def _answer_for(file: Path, taken: Taken, options: ImportOptions) -> None:
    """Say what was not taken, or stop at it."""
    if taken.of_machine:
        say(f"import: {taken.of_machine} codes of the classifier are no coder's and stay out")
    if taken.left_out and not options.leave_out:
        more = len(taken.left_out) - 1
        place, problem = taken.left_out[0]
        also = f" (and {more} more like it)" if more else ""
        fix = "code it in the corpus as it is, or take the rest with --leave-out"
        raise InputError(file, problem + also, fix, place)
    for place, problem in taken.left_out:
        say(f"import: left out: {place}: {problem}")


def _is_there(coding: Coding, coder: str, codes: pl.DataFrame, replace: bool) -> bool:
    """Is the coding there with the same codes?

    Raises:
        InputError: it is there with others, and the person did not say that it may go.
    """
    target = pass_file(coding, coder)
    before = coding.codes.filter(pl.col("coder") == coder).select("unit_id", "theme_id")
    known = coder in coding.coders or (coder == ADJUDICATED and coding.adjudicated)
    if known and set(before.rows()) == set(codes.rows()):
        return True
    if coder == ADJUDICATED:
        fix = "import it as a coder's coding: --coder NAME"
        raise InputError(target, "the adjudicated coding is made by people together", fix)
    if known and not replace:
        fix = "give another name with --coder, or say --replace"
        raise InputError(target, f"coder {coder} is there already with other codes", fix)
    return False
