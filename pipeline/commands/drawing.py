"""Units drawn to be coded, each with its probability: alike, spread over strata, or by doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.commands.corpus import article_sentences
from pipeline.commands.new_study import TO_FILL_IN
from pipeline.commands.printing import write_csv
from pipeline.run.errors import InputError
from pipeline.run.files import text_hash
from pipeline.run.settings import load_settings
from pipeline.run.sheet import read_sheet
from pipeline.run.stage import say
from pipeline.run.tables.table import read_table
from pipeline.run.tables.texts import BLOCKS, DOCUMENTS, PASSAGES
from pipeline.run.tables.themes import SCORES
from pipeline.run.wording import counted
from pipeline.study.anchors import NO_PROSE, anchor_paragraphs, paragraph_places
from pipeline.study.checks import load_study
from pipeline.study.codings import CODING_FOLDER, suggested_draws
from pipeline.study.sets import CodedSet, Population
from pipeline.study.study import STUDY_FILE
from pipeline.study.unit_files import ID_COLUMN, UNREAD, fingerprint, read_units
from pipeline.themes.samples import (
    Floats,
    doubt,
    draw_units,
    in_either,
    inclusion_probabilities,
    sizes_by_doubt,
    sizes_by_stratum,
)
from pipeline.themes.units import frame_of

STRATA = ("kind", "mission", "year")
"""What a draw can be spread over."""

_DECIMALS = 6
_RECORD = ("draw", "seed", "by", "document", "inclusion_probability")


def set_of(set_id: str) -> CodedSet:
    """A coded set of the study.

    Raises:
        InputError: the study has no set of this name.
    """
    sets = {one.id: one for one in load_study().coded_sets}
    if set_id not in sets:
        fix = f"name one of them: {', '.join(sets) or 'there is none'}"
        raise InputError(STUDY_FILE, f"has no set {set_id!r}", fix, "coded_sets")
    return sets[set_id]


def draw(set_id: str, n: int, by: Sequence[str], seed: int | None) -> pl.DataFrame:
    """Write what is to be coded of a set; unit_id and text of the new units, as a sheet shows them.

    Of a set of sentences all are listed, in their order. Of a set of paragraphs n are drawn from
    its population, and come in random order. A second draw is joined with the first: each unit
    then has the probability of being in either.

    Args:
        set_id: of configs/study.yaml.
        n: how many paragraphs are drawn.
        by: what the draw is spread over, of `STRATA`; a part gets units by the root of its size.
        seed: of the draw; None for one that no earlier draw of the set had.

    Raises:
        InputError: no such set, its sentences were listed already, or nothing can be drawn.
    """
    coded = set_of(set_id)
    file = CODING_FOLDER / coded.units
    is_there = file.is_file() and TO_FILL_IN.encode() not in file.read_bytes()
    if coded.unit == "sentence":
        if is_there:
            raise InputError(file, "is there already", "move it elsewhere or delete it")
        columns = ("section", "section_title", "paragraph", "text")
        found = list(article_sentences(coded))
        if not found:
            problem, fix = "no sentence was found that the set could be of", "add an article"
            raise InputError(STUDY_FILE, problem, fix, f"coded_sets.{coded.id}")
        listed = pl.DataFrame(found, schema=columns, orient="row")
        units = _numbered(coded, listed, 0)
        write_csv(units, file)
        return units.select(pl.col(ID_COLUMN[coded.unit]).alias("unit_id"), "text")
    if coded.population is None:
        fix = "say what its paragraphs are drawn from"
        raise InputError(STUDY_FILE, "has no population", fix, f"coded_sets.{coded.id}")
    before = _table(file) if is_there else None
    return _draw_paragraphs(coded, coded.population, n, by, seed, before)


def _table(file: Path) -> pl.DataFrame:
    """A table with all cells as text."""
    sheet = read_sheet(file, ("unit_id", *_RECORD), may_be_empty=True)
    rows = [list(cells.values()) for _, cells in sheet.rows]
    return pl.DataFrame(rows, schema=dict.fromkeys(sheet.columns, pl.String), orient="row")


def _draw_paragraphs(
    coded: CodedSet,
    population: Population,
    n: int,
    by: Sequence[str],
    seed: int | None,
    before: pl.DataFrame | None,
) -> pl.DataFrame:
    file, paragraphs = CODING_FOLDER / coded.units, _paragraphs([population])
    record = _record_of(coded, before, paragraphs)
    used = load_settings().seed + record["draw"].n_unique() if seed is None else seed
    if str(used) in set(record["seed"]):
        raise InputError("--seed", f"{used} was the seed of an earlier draw", "give another number")
    random = np.random.default_rng(used)
    strata = _strata(paragraphs, by)
    chance = inclusion_probabilities(sizes_by_stratum(strata), n)
    drawn = paragraphs[draw_units(chance, strata, random)]
    now = _chances(used, by, paragraphs.with_columns(chance=chance), record)
    joined = pl.concat([record, now])
    known = pl.DataFrame() if before is None else before
    new = drawn
    if before is not None:
        documents = read_table(DOCUMENTS)
        new = _not_drawn_before(drawn, documents, file)
        symbols = documents.filter(pl.col("symbol") != "").select("symbol", "document_id")
        known = before.with_columns(_either(before["symbol"], joined, dict(symbols.iter_rows())))
    listed = new.select(
        pl.col("name").alias("symbol"),
        pl.col("place").cast(pl.String).alias("xml_p_index"),
        pl.Series("text_sha256", [text_hash(text) for text in new["text"]], dtype=pl.String),
        pl.Series("fingerprint", [fingerprint(text) for text in new["text"]], dtype=pl.String),
        _either(new["name"], joined),
        pl.lit(now["draw"][0]).alias("draw"),
        "text",
    )
    numbered = _numbered(coded, listed, known.height)
    added = numbered.drop("text")
    kept = [*known.columns, *(name for name in added.columns if name not in known.columns)]
    write_csv(pl.concat([known, added], how="diagonal").select(kept), file)
    write_csv(joined, _record_file(coded))
    return numbered.select("unit_id", "text")[random.permutation(numbered.height)]


def _not_drawn_before(drawn: pl.DataFrame, documents: pl.DataFrame, file: Path) -> pl.DataFrame:
    """The paragraphs of a draw that are not in the file of units.

    Raises:
        InputError: there is none.
    """
    units = read_units("paragraph", file)
    anchors = anchor_paragraphs(units, documents, read_table(BLOCKS), file).anchors
    new = drawn.join(anchors, on="block_id", how="anti", maintain_order="left")
    if new.is_empty():
        problem = f"{drawn.height} paragraphs were drawn, and each was drawn before too"
        raise InputError("--n", problem, "draw more, or from a wider population")
    if new.height < drawn.height:
        again = counted(drawn.height - new.height, "paragraph was", "paragraphs were")
        say(f"{again} drawn before too: joined, and not on the sheet")
    return new


def _numbered(coded: CodedSet, units: pl.DataFrame, n_before: int) -> pl.DataFrame:
    ids = [f"{coded.id}-{n_before + number:04}" for number in range(1, units.height + 1)]
    return units.insert_column(0, pl.Series(ID_COLUMN[coded.unit], ids, dtype=pl.String))


def _record_file(coded: CodedSet) -> Path:
    return CODING_FOLDER / f"draws-{coded.id}.csv"


def _record_of(
    coded: CodedSet, before: pl.DataFrame | None, paragraphs: pl.DataFrame
) -> pl.DataFrame:
    """How each earlier draw of the set was made: a row a draw and document, all as text.

    Raises:
        InputError: there are units, and nothing says how likely the others were.
    """
    file = _record_file(coded)
    if before is None:
        return pl.DataFrame(schema=dict.fromkeys(_RECORD, pl.String))
    if file.is_file():
        return _table(file).select(_RECORD)
    chances = before["inclusion_probability"].unique().to_list()
    if len(chances) != 1:
        problem = f"is missing, and the units of {coded.id} were drawn with several probabilities"
        fix = f"write it ({','.join(_RECORD)}: a row a document), or draw for another set"
        raise InputError(file, problem, fix)
    # and documents that were not read in this run, or that the population leaves out
    ids = dict(read_table(DOCUMENTS).select("symbol", "document_id").iter_rows())
    there = {ids.get(name, name) for name in paragraphs["name"]}
    others = [name for name in before["symbol"] if ids.get(name, name) not in there]
    named = dict.fromkeys([*paragraphs["name"], *others])
    return pl.DataFrame({"document": list(named)}).select(
        pl.lit("1").alias("draw"),
        pl.lit("").alias("seed"),
        pl.lit("").alias("by"),
        "document",
        pl.lit(chances[0]).alias("inclusion_probability"),
    )


def _chances(
    seed: int, by: Sequence[str], paragraphs: pl.DataFrame, record: pl.DataFrame
) -> pl.DataFrame:
    """The record of this draw: strata are of documents, so each document has one probability."""
    return (
        paragraphs.group_by(pl.col("name").alias("document"), maintain_order=True)
        .agg(
            pl.lit(str(record["draw"].n_unique() + 1)).alias("draw"),
            pl.lit(str(seed)).alias("seed"),
            pl.lit(";".join(by)).alias("by"),
            pl.col("chance").first().round(9).cast(pl.String).alias("inclusion_probability"),
        )
        .select(_RECORD)
    )


def _either(
    documents: pl.Series, record: pl.DataFrame, ids: Mapping[str, str] | None = None
) -> pl.Series:
    """The probability that a paragraph of each document was in any of the draws, as text.

    Args:
        documents: symbol or document_id of each.
        record: of the draws.
        ids: the document_id of a symbol, since a document may be named by either.
    """
    names = ids or {}
    chance = np.zeros(len(documents))
    for (_,), one in record.group_by("draw", maintain_order=True):
        given = one.select("document", pl.col("inclusion_probability").cast(pl.Float64)).rows()
        of = {names.get(name, name): value for name, value in given}
        drawn = np.array([of.get(names.get(name, name), 0.0) for name in documents])
        chance = in_either(chance, drawn)
    said = [str(round(float(value), _DECIMALS)) for value in chance]
    return pl.Series("inclusion_probability", said, dtype=pl.String)


def _strata(paragraphs: pl.DataFrame, by: Sequence[str]) -> list[str]:
    unknown = [name for name in by if name not in STRATA]
    if unknown:
        raise InputError("--by", f"has {unknown[0]!r}", f"name some of {','.join(STRATA)}")
    named = paragraphs.select(pl.col(name).cast(pl.String).fill_null("") for name in by)
    return ["|".join(row) for row in named.iter_rows()] if by else [""] * paragraphs.height


def _paragraphs(populations: Sequence[Population]) -> pl.DataFrame:
    """The paragraphs of some populations.

    Returns:
        name, place (as a coding names a paragraph), block_id, label, text, document_id, kind,
        mission (the first that a population names), year; in a fixed order.

    Raises:
        InputError: there is none.
    """
    documents, blocks = read_table(DOCUMENTS), read_table(BLOCKS)
    facts = documents.select("document_id", pl.col("kind").cast(pl.String), "missions", "year")
    texts = (
        blocks.filter(~pl.col("role").cast(pl.String).is_in(NO_PROSE))
        .with_columns(n_words=pl.col("text").str.split(" ").list.len())
        .join(facts, on="document_id", maintain_order="left")
    )
    inside = [one.drawable for one in populations]
    missions = sorted({mission for one in populations for mission in one.missions})
    named = pl.col("missions").list.eval(pl.element().filter(pl.element().is_in(missions)))
    found = texts.filter(pl.any_horizontal(pl.lit(value=False), *inside)).select(
        "block_id",
        "document_id",
        "kind",
        (named if missions else pl.col("missions")).list.first().alias("mission"),
        "year",
    )
    placed = paragraph_places(documents, blocks)
    paragraphs = placed.join(found, on="block_id", maintain_order="left")
    if paragraphs.is_empty():
        problem = "no paragraph that was read is in the population"
        fix = "widen it (kinds, missions, words), or add documents"
        raise InputError(STUDY_FILE, problem, fix, "coded_sets")
    return paragraphs


def suggest(n: int, set_id: str, seed: int | None) -> pl.DataFrame:
    """Paragraphs drawn by doubt, in random order, as a file to be filled in.

    Args:
        n: how many.
        set_id: from whose population; empty for all that shares are given of.
        seed: of the draw; None for one by the number of suggested draws on record.

    Returns:
        document_id, block_id, start, end, codes (all "?"), label, text, and of the draw its name,
        its number of units, and the probability of each.

    Raises:
        InputError: the themes stage has not run, or there is no population.
    """
    study = load_study()
    named = [set_of(set_id).population] if set_id else frame_of(study).populations
    scores = read_table(SCORES)
    paragraphs = _paragraphs([one for one in named if one])
    used = load_settings().seed + len(suggested_draws()) if seed is None else seed
    # a stream of its own: a draw of `draw` with the same seed is independent of it
    random = np.random.default_rng((used, 1))
    chance = inclusion_probabilities(sizes_by_doubt(_doubts(paragraphs, scores)), n)
    rows = random.permutation(draw_units(chance, _strata(paragraphs, STRATA), random))
    return paragraphs[rows].select(
        "document_id",
        "block_id",
        pl.lit(0).alias("start"),
        pl.col("text").str.len_chars().alias("end"),
        pl.lit(UNREAD).alias("codes"),
        "label",
        "text",
        pl.lit(f"{set_id or 'all'}-{used}-{n}").alias("draw"),
        pl.lit(len(rows)).alias("n_drawn"),
        pl.Series("inclusion_probability", chance[rows].round(_DECIMALS)),
    )


def _doubts(paragraphs: pl.DataFrame, scores: pl.DataFrame) -> Floats:
    """Doubt of each paragraph: a theme is in it as surely as in the passage that says it most."""
    passages = read_table(PASSAGES).select("passage_id", "block_id")
    surest = scores.join(passages, on="passage_id").group_by("block_id", "theme_id").max()
    by_block = surest.sort("theme_id").group_by("block_id").agg("probability")
    found = paragraphs.select("block_id").join(
        by_block, on="block_id", how="left", maintain_order="left"
    )["probability"]
    known = found.is_not_null().to_numpy()
    doubts = np.zeros(len(found))
    doubts[known] = doubt(np.array(found.drop_nulls().to_list(), dtype=np.float64))
    doubts[~known] = doubts[known].mean() if known.any() else 1.0
    return doubts
