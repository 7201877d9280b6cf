"""Blinded sheets in which a person checks codes and topics; which documents codings rest on, and
what of a sheet may be passed on.

Topics are checked as Chang et al. (2009, "Reading tea leaves") and Lau, Newman and Baldwin (2014)
do: who understands a topic finds the word, or the passage, that is not of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import polars as pl

from pipeline.commands.printing import check_free, codebook_sheet, coding_sheet, write_sheets
from pipeline.run.errors import InputError
from pipeline.run.files import sheet_bytes, write_json
from pipeline.run.sheet import SUFFIXES, read_sheet
from pipeline.run.tables.table import read_table
from pipeline.run.tables.texts import PASSAGES
from pipeline.run.tables.themes import UNITS
from pipeline.run.tables.topics import TOPICS
from pipeline.study.checks import load_study
from pipeline.study.codebook import load_codebook
from pipeline.study.codings import CODING_FOLDER, read_codings
from pipeline.study.manifest import Entry
from pipeline.themes.samples import Floats, Integers, draw_units, inclusion_probabilities

CODES, WORDS, PASSAGES_OF, NAMES = "codes", "topic-words", "topic-passages", "topic-names"
"""The sheets."""

KEY = "check-key.json"
SHOWN_WORDS, SHOWN_PASSAGES = 5, 3
"""Of a topic, beside one that is not of it."""

INTRUDER, NAME = "intruder", "name"
"""The columns to be filled in."""


def write_check_sheets(
    folder: Path, key: Path, n_units: int, n_topics: int, seed: int
) -> list[Path]:
    """Write the sheets into a folder and the key beside it; the files.

    Args:
        folder: for the person who checks.
        key: what must not be looked at before the sheets are filled in.
        n_units: coded units, half of them with codes, half without.
        n_topics: topics, where there are so many.
        seed: of the choice and of all orders.

    Raises:
        InputError: a file is there already, or topics and themes have not run.
    """
    if key.exists():
        raise InputError(key, "is there already", "name another with --key, or delete it")
    stems = {name: folder / name for name in (CODES, WORDS, PASSAGES_OF, NAMES)}
    for stem in stems.values():
        check_free(stem)
    random = np.random.default_rng(seed)
    codebook = load_codebook()
    units = _drawn_units(n_units, random)
    topics = read_table(TOPICS)
    chosen = random.permutation(topics.height)[:n_topics]
    words = _word_questions(topics, chosen, random)
    passages = _passage_questions(topics, chosen, random)
    names = _name_questions(topics, random.permutation(chosen))
    sheet = coding_sheet(units.select("row", "text").iter_rows(), codebook)
    files = write_sheets(stems[CODES], sheet, {"codebook": codebook_sheet(codebook)})
    for name, questions in ((WORDS, words), (PASSAGES_OF, passages), (NAMES, names)):
        files += write_sheets(stems[name], questions.rows)
    answers = {WORDS: words.answers, PASSAGES_OF: passages.answers, NAMES: names.answers}
    passes = _passes(units["unit_id"].to_list())
    known = [{**unit, "passes": passes[unit["unit_id"]]} for unit in units.drop("text").to_dicts()]
    write_json(key, {"seed": seed, "shares": _shares(), "units": known} | answers)
    return [*files, key]


def _drawn_units(n: int, random: np.random.Generator) -> pl.DataFrame:
    """Coded units in random order: row, and what the key must know of each."""
    sets = [one.id for one in load_study().coded_sets]
    units = read_table(UNITS).with_columns(pl.col("unit_set").cast(pl.String))
    units = units.filter(pl.col("unit_set").is_in(sets))
    rows: list[Integers] = []
    chance = np.zeros(units.height)
    for has_codes, n_drawn in ((True, (n + 1) // 2), (False, n // 2)):
        inside = np.flatnonzero((units["labels"].list.len() > 0).to_numpy() == has_codes)
        if len(inside):
            codes, sizes = _rarest(units[inside])
            chance[inside] = inclusion_probabilities(sizes, n_drawn)
            drawn = draw_units(chance[inside], codes, random)
            rows.append(inside[drawn])
    order = random.permutation(np.concatenate(rows))
    found = units.with_columns(chance=chance)[order]
    numbers = [f"u{number:03}" for number in range(1, found.height + 1)]
    return found.select(
        pl.Series("row", numbers),
        "unit_id",
        "unit_set",
        "group",
        "text",
        "labels",
        "chance",
        pl.col("inclusion_probability").fill_null(1.0),
    )


def _rarest(units: pl.DataFrame) -> tuple[list[str], Floats]:
    """The rarest code of each unit, and one over how many units have it.

    In proportion to that, and spread over these codes, each code is drawn about as often.
    """
    counts = dict(units["labels"].explode().drop_nulls().value_counts().iter_rows())
    codes = [min(given, key=counts.__getitem__, default="") for given in units["labels"].to_list()]
    return codes, np.array([1 / counts.get(code, 1) for code in codes])


def _passes(unit_ids: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    """The codes of each unit by coder."""
    given: dict[str, dict[str, list[str]]] = {unit_id: {} for unit_id in unit_ids}
    for coding in read_codings(load_codebook().theme_ids, load_study().coded_sets):
        for unit_id in set(coding.units["unit_id"]) & given.keys():
            readers = coding.readers.get(unit_id, coding.coders)
            given[unit_id] = {coder: [] for coder in coding.coders if coder in readers}
        for coder, unit_id, code in coding.codes.iter_rows():
            if unit_id in given and coder in coding.coders:
                given[unit_id][coder].append(code)
    return given


def _shares() -> dict[str, dict[str, float]]:
    """Share of each code in each coded set, by its codings, weighted as it was drawn."""
    theme_ids = load_codebook().theme_ids
    weight = 1 / pl.col("inclusion_probability").fill_null(1.0)
    found = {}
    for (unit_set,), units in read_table(UNITS).group_by(pl.col("unit_set").cast(pl.String)):
        weights = units.select(weight).to_series().to_numpy()
        has = {code: units["labels"].list.contains(code).to_numpy() for code in theme_ids}
        found[str(unit_set)] = {
            code: float(np.average(has[code], weights=weights)) for code in theme_ids
        }
    return found


@dataclass(frozen=True)
class Questions:
    """A sheet and what is right.

    Attributes:
        rows: the sheet, its head first.
        answers: by question.
    """

    rows: list[list[str]]
    answers: dict[str, dict[str, Any]]


def _word_questions(
    topics: pl.DataFrame, chosen: Integers, random: np.random.Generator
) -> Questions:
    """Five words of a topic and one of another."""
    every = topics["terms"].to_list()
    terms = [[*dict.fromkeys([*_apart(words, ()), *words])][:SHOWN_WORDS] for words in every]

    def intruder(topic: int) -> str:
        for other in random.permutation(len(terms)):
            foreign = _apart(terms[other], every[topic])
            if other != topic and foreign:
                return foreign[0]
        return ""

    shown = [(int(topic), terms[topic], intruder(int(topic))) for topic in chosen]
    return _questions("w", "word", shown, topics, random)


def _apart(terms: Sequence[str], others: Sequence[str]) -> list[str]:
    """Terms that have no word in common with those before them, or with others."""
    seen = {word for term in others for word in term.split()}
    found = []
    for term in terms:
        if not seen & {*term.split()}:
            found.append(term)
            seen |= {*term.split()}
    return found


def _passage_questions(
    topics: pl.DataFrame, chosen: Integers, random: np.random.Generator
) -> Questions:
    """Three passages of a topic and one of another."""
    texts = _texts(topics)
    shown = []
    for topic in map(int, chosen):
        others = [other for other in range(len(texts)) if other != topic and texts[other]]
        if others:
            foreign = texts[others[int(random.integers(len(others)))]]
            shown.append((topic, texts[topic], foreign[int(random.integers(len(foreign)))]))
    return _questions("p", "passage", shown, topics, random)


def _texts(topics: pl.DataFrame) -> list[list[str]]:
    """The most typical passages of each topic."""
    of = dict(read_table(PASSAGES).select("passage_id", "text").iter_rows())
    return [
        [of[passage] for passage in names[:SHOWN_PASSAGES] if passage in of]
        for names in topics["representatives"].to_list()
    ]


def _questions(
    letter: str,
    what: str,
    shown: Sequence[tuple[int, Sequence[str], str]],
    topics: pl.DataFrame,
    random: np.random.Generator,
) -> Questions:
    """Questions of topic, what is of it, and what is not; each in an order of its own."""
    asked = [each for each in shown if each[1] and each[2]]
    most = max((len(own) for _, own, _ in asked), default=0) + 1
    head = ["question", *(f"{what}_{number}" for number in range(1, most + 1)), INTRUDER]
    rows, answers = [head], {}
    for number, (topic, own, foreign) in enumerate(asked, 1):
        both = [*own, foreign]
        order = random.permutation(len(both))
        name = f"{letter}{number:02}"
        cells = [both[place] for place in order]
        rows.append([name, *cells, *[""] * (most - len(cells)), ""])
        answers[name] = {
            "topic_id": int(topics["topic_id"][topic]),
            "intruder": int(np.flatnonzero(order == len(own))[0]) + 1,
            "options": cells,
        }
    return Questions(rows, answers)


def _name_questions(topics: pl.DataFrame, chosen: Integers) -> Questions:
    """All words of a topic and its most typical passages."""
    texts = _texts(topics)
    head = ["question", "words", *(f"passage_{n}" for n in range(1, SHOWN_PASSAGES + 1)), NAME]
    rows, answers = [head], {}
    for number, topic in enumerate(map(int, chosen), 1):
        name = f"n{number:02}"
        blank = [""] * (SHOWN_PASSAGES - len(texts[topic]))
        rows.append([name, ", ".join(topics["terms"][topic]), *texts[topic], *blank, ""])
        said = {"topic_id": int(topics["topic_id"][topic]), "label": topics["label"][topic]}
        answers[name] = said
    return Questions(rows, answers)


def check_not_article(entry: Entry) -> None:
    """An article is what everything is compared with.

    Raises:
        InputError: this is it.
    """
    if PurePosixPath(entry.path).parts[0] == "article":
        raise InputError(entry.document_id, "is a coded article", "leave it in the corpus")


def check_not_coded(entry: Entry) -> None:
    """A coding whose text is gone could not be used any more.

    Raises:
        InputError: units of this document are coded.
    """
    check_not_article(entry)
    theme_ids, sets = load_codebook().theme_ids, load_study().coded_sets
    for coding in read_codings(theme_ids, sets, every_unit=True):
        if coding.unit == "paragraph" and entry.symbol:
            coded = int((coding.units["symbol"] == entry.symbol).sum())
            if coded:
                problem = f"{coded} paragraphs of {entry.document_id} are coded or to be coded"
                fix = "take their rows out of this file and of the coders' files first"
                raise InputError(coding.file, problem, fix)
        elif coding.unit == "range":
            for document_id, file, row in coding.units.select("document_id", "file", "row").rows():
                if document_id == entry.document_id:
                    raise InputError(file, f"codes {document_id}", "take it out there first", row)


_PROJECTS = (".qda", ".qdpx")


def sheet_to_share(file: Path, *, quoted: tuple[str, ...], whole: bool) -> dict[str, Path | bytes]:
    """A file of the project, of a table without its texts unless ``whole``: all are shared.

    Codings of articles that are ``quoted``, by how their names begin, keep their sentences; a
    project of another program is left out.
    """
    ending = file.suffix.casefold()
    if whole or file.parts[0] == "tests" or ending not in (*SUFFIXES, *_PROJECTS):
        return {file.as_posix(): file}
    if ending in _PROJECTS:
        return {}
    sheet = read_sheet(file, ("text",), may_be_empty=True)
    is_quoted = file.parent == CODING_FOLDER and file.name.startswith(quoted)
    if "text" not in sheet.columns or is_quoted:
        return {file.as_posix(): file}
    rows = (
        ["" if name == "text" else cells.get(name, "") for name in sheet.columns]
        for _, cells in sheet.rows
    )
    return {file.with_suffix(".csv").as_posix(): sheet_bytes([sheet.columns, *rows])}
