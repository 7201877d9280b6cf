"""The reference run: a run's numbers in git, without any text of a document; and one's own beside.

The same machine gives the same bytes. Vectors of two processors differ by up to 2e-7, and what is
allowed beside the reference run is what comes of that (docs/another-machine.md).
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

import pipeline.commands.new_study as runs
import pipeline.run.tables.compare as compared
import pipeline.run.tables.themes as themed
import pipeline.run.tables.topics as sorted_
from pipeline.run.errors import InputError
from pipeline.run.files import read_json, write_folder
from pipeline.run.stage import OUTPUTS
from pipeline.run.tables.table import Table, read_table
from pipeline.run.tables.texts import ACQUIRED, BLOCKS, DOCUMENTS, PASSAGES, read_vectors
from pipeline.run.wording import counted

REFERENCE = OUTPUTS / "reference"
FACTS = "run.json"
NUMBER = 0.005
"""By as much a share or a score may differ: it is made of vectors that differ by 2e-7."""
TOPIC_NUMBER = 0.05  # the same by topic, where passages at the edge of a topic have changed it
TOPICS_AGREE = 0.95  # adjusted Rand index of the topics of two processors, at least
PLACE = 1e-5  # of a vector along a fixed direction: 2e-7 in each of some hundred dimensions
FIRST = 3  # and as many of their columns
_REF = "_of_reference"

Status = Literal["identical", "same within what another processor does", "different"]
IDENTICAL: Status = "identical"
WITHIN: Status = "same within what another processor does"
DIFFERENT: Status = "different"


@dataclass(frozen=True)
class Kept:
    """How a table is kept and held against the reference.

    Attributes:
        name: of the file.
        keys: the columns that name a row.
        left_out: columns that are not kept: they hold text, or a place on UMAP's map.
        unheld: columns that follow from others, or name examples; another processor may choose.
        digits: that a number is rounded to.
        by_topic: counted by topic: where n passages changed theirs, a count may differ by n.
        may_differ: share of the rows that may, for all that, differ further.
    """

    name: str
    keys: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    unheld: tuple[str, ...] = ()
    digits: int = 6
    by_topic: bool = False
    may_differ: float = 0.0


@dataclass(frozen=True)
class Held:
    """What came of holding one table against the reference; `rows`: the first that differ."""

    name: str
    status: Status
    said: str = ""
    rows: tuple[str, ...] = ()


def _kept(table: Table, *keys: str, **how: Any) -> tuple[Table, Kept]:
    return table, Kept(table.path.stem, keys or tuple(table.schema.primary_key()), **how)


_EXAMPLES = ("weights", "representatives", "key", "made_label", "n_texts", "stability_seeds")
_SHARES = ("share", "low", "high")
_SERIES = ("theme_id", "kind", "mission", "year", "method")
_CELLS: dict[str, Any] = {"by_topic": True, "may_differ": 0.05}
TABLES: tuple[tuple[Table, Kept], ...] = (
    _kept(sorted_.ASSIGNMENTS, digits=3, left_out=("x", "y"), by_topic=True),
    _kept(sorted_.ARTICLE_ASSIGNMENTS, digits=3, left_out=("x", "y"), by_topic=True),
    _kept(sorted_.TOPICS, unheld=_EXAMPLES, by_topic=True),
    _kept(sorted_.ARTICLE_TOPICS, unheld=_EXAMPLES, by_topic=True),
    _kept(sorted_.HIERARCHY, unheld=("parent_id", "left_id", "right_id"), by_topic=True),
    _kept(sorted_.SIMILARITY, **_CELLS),
    _kept(sorted_.OVER_TIME, unheld=_SHARES, **_CELLS),
    _kept(sorted_.BY_MISSION, unheld=_SHARES, **_CELLS),
    _kept(themed.SCORES, digits=3, may_differ=NUMBER),
    _kept(themed.PASSAGE_CODES),
    _kept(themed.CODER_AGREEMENT),
    _kept(themed.CODER_CONFUSIONS),
    _kept(themed.EVALUATION, may_differ=0.01),
    _kept(themed.CALIBRATION, may_differ=0.02),
    _kept(themed.PREVALENCE, *_SERIES),
    _kept(themed.PREVALENCE_DEDUPLICATED, *_SERIES),
    _kept(compared.GAP),
    _kept(compared.GAP_SIDES),
    _kept(compared.GAP_SENSITIVITY),
    _kept(compared.GAP_SERIES, "theme_id", "mission", "year", "method"),
    _kept(compared.AGREEMENT, **_CELLS),
    _kept(compared.ALIGNMENT, **_CELLS),
    _kept(compared.SEMANTIC_ALIGNMENT, unheld=("rank",), **_CELLS),
    _kept(compared.EXPLANATION, unheld=("passage_ids",), **_CELLS),
    _kept(compared.RECOVERY, unheld=("topic_ids",), by_topic=True),
    _kept(compared.CURVE, "passages", "candidate", "reference", "n_groups", "seed", **_CELLS),
    _kept(compared.SPEAKER_SHARES, **_CELLS),
    _kept(compared.SENTENCES),
)
"""Kept of a run besides its documents, its passages and its metrics."""
_DOCUMENTS = Kept("documents", ("document_id",))
_PASSAGES = Kept("passages", ("passage_id",))
_METRICS = Kept("metrics", ("metric",), **_CELLS)
_NAMES = (_DOCUMENTS.name, _PASSAGES.name, *(kept.name for _, kept in TABLES))


def write_reference() -> list[Path]:
    """Keep the run in outputs/ as the reference run; the files.

    Raises:
        InputError: a stage has not run.
    """
    write_folder(REFERENCE, files := reference_files())
    return [REFERENCE / name for name in sorted(files)]


def reference_files() -> dict[str, bytes]:
    """The files of a reference run of the run in outputs/, the same bytes for the same run.

    Raises:
        InputError: a stage has not run.
    """
    facts = json.dumps(runs.run_facts(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    readme = (Path(__file__).parent / "REFERENCE.md").read_bytes()
    files = {FACTS: facts.encode(), "README.md": readme}
    for name, frame in _tables_of_run().items():
        content = io.BytesIO()
        frame.write_parquet(content, compression="zstd", compression_level=19)
        files[f"{name}.parquet"] = content.getvalue()
    return files


def _tables_of_run(*, places: bool = True) -> dict[str, pl.DataFrame]:
    """The tables as they are kept; a published run has no vectors, so no ``places`` of passages."""
    documents = read_table(DOCUMENTS)
    origins = read_table(ACQUIRED).select("document_id", "sha256")
    about = ("document_id", "kind", "symbol", "year", "missions", "n_blocks", "n_words")
    passages = read_table(PASSAGES)
    names = ["passage_id", "document_id", "role", "label", "n_words", "procedural", "block_id"]
    if places:
        vectors = read_vectors(passages.height).astype(np.float64)
        direction = np.cos(np.arange(vectors.shape[1]))
        place = (vectors @ direction / np.linalg.norm(direction)).round(6)
        passages = passages.with_columns(place=place)
        names.append("place")
    found = (
        passages.select(names)
        .join(read_table(BLOCKS).select("block_id", "paragraph"), on="block_id", how="left")
        .join(documents.select("document_id", "year", "missions"), on="document_id", how="left")
        .drop("block_id")
    )
    tables = {kept.name: _numbers(kept, read_table(table)) for table, kept in TABLES}
    listed = documents.select(about).join(origins, on="document_id")
    return tables | {
        "documents": _numbers(_DOCUMENTS, listed),
        "passages": _numbers(_PASSAGES, found),
    }


def _numbers(kept: Kept, frame: pl.DataFrame) -> pl.DataFrame:
    """A table as it is kept: without text, rounded, in the order of its keys."""
    whole = frame.drop(kept.left_out).with_columns(
        pl.col(pl.Float64).round(kept.digits), pl.col(pl.Enum).cast(pl.String)
    )
    return whole.sort(kept.keys)


def verify() -> tuple[list[Held], list[str]]:
    """Each table of the run in outputs/ beside the reference; and what else is not the same.

    In a replication package in which nothing has run yet, the tables that were published.

    Raises:
        InputError: there is no reference run, or a stage has not run.
        StageError: a table cannot be read.
    """
    if not (REFERENCE / FACTS).is_file():
        raise InputError(REFERENCE, "holds no reference run", "git checkout it, or: make reference")
    known = _of_reference(FACTS, read_json)
    theirs = {name: _of_reference(f"{name}.parquet", pl.read_parquet) for name in _NAMES}
    theirs["metrics"] = runs.metrics_frame(known)
    if runs.is_unrun():
        with chdir(runs.PUBLISHED):
            ours, facts = _tables_of_run(places=False), known | {"metrics": runs.metrics_of_run()}
        theirs["passages"] = theirs["passages"].drop("place")
    else:
        facts = runs.run_facts()
        ours = _tables_of_run()
    ours["metrics"] = runs.metrics_frame(facts)
    moved: dict[str, int] = {}
    for start in ("", "article_"):
        numbers, moved[start] = _matched(*(one[f"{start}assignments"] for one in (ours, theirs)))
        names = [name for name in ours if name.startswith("article_") == bool(start)]
        ours |= {name: _renumbered(ours[name], numbers) for name in names}
    held = []
    for kept in (_DOCUMENTS, _PASSAGES, *(kept for _, kept in TABLES), _METRICS):
        n_moved = moved["article_" if kept.name.startswith("article_") else ""]
        held.append(_held(kept, ours[kept.name], theirs[kept.name], n_moved))
    documents = (one["documents"].select("document_id", "sha256") for one in (ours, theirs))
    return held, [*runs.other_documents(*documents), *runs.other_facts(facts, known)]


def _of_reference(name: str, read: Callable[[Path], Any]) -> Any:
    file = REFERENCE / name
    try:
        return read(file)
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        fix = "git checkout outputs/reference"
        raise InputError(file, f"cannot be read ({type(error).__name__})", fix) from error


def _matched(ours: pl.DataFrame, theirs: pl.DataFrame) -> tuple[dict[int, int], int]:
    """The reference's number of each topic of ours, and how many passages are in another topic.

    Topics are matched so that most passages stay; one without a match gets a number of its own.
    """
    from scipy.optimize import linear_sum_assignment

    both = ours.join(theirs, on="passage_id", suffix=_REF)
    pairs = both.select("topic_id", f"topic_id{_REF}").to_numpy()
    n, n_theirs = (one["topic_id"].to_numpy().max(initial=-1) + 1 for one in (ours, theirs))
    counts = np.zeros((n, n_theirs), dtype=np.int64)
    inside = pairs[(pairs >= 0).all(axis=1)]
    np.add.at(counts, (inside[:, 0], inside[:, 1]), 1)
    numbers = dict(np.transpose(linear_sum_assignment(-counts)).tolist())
    new = iter(range(n_theirs, n_theirs + n))
    numbers = {-1: -1} | {one: numbers[one] if one in numbers else next(new) for one in range(n)}
    return numbers, sum(numbers[one] != other for one, other in pairs.tolist())


def _renumbered(frame: pl.DataFrame, numbers: Mapping[int, int]) -> pl.DataFrame:
    """A table with the reference's topic numbers, a pair of topics with the smaller one first."""
    pair = [name for name in ("topic_id", "other_id") if frame.schema.get(name) == pl.Int64]
    changed = frame.with_columns(pl.col(pair).replace(numbers))
    if len(pair) == 2:
        low, high = pl.min_horizontal(pair), pl.max_horizontal(pair)
        changed = changed.with_columns(low.alias(pair[0]), high.alias(pair[1]))
    if "speaker_group" in frame.columns:
        texts = {str(one): str(other) for one, other in numbers.items()}
        is_topic = pl.col("labels") == "topics"
        named = pl.when(is_topic).then(pl.col("label").replace(texts)).otherwise("label")
        changed = changed.with_columns(label=named)
    return changed


def _held(kept: Kept, ours: pl.DataFrame, theirs: pl.DataFrame, moved: int) -> Held:
    """A table beside the reference's; ``moved``: passages that are in another topic there."""
    if ours.columns != theirs.columns:
        odd = ", ".join(sorted({*ours.columns} ^ {*theirs.columns}))
        return Held(kept.name, DIFFERENT, f"other columns: {odd}")
    keys = list(kept.keys)
    ours, theirs = ours.sort(keys), theirs.sort(keys)
    if ours.equals(theirs):
        return Held(kept.name, IDENTICAL)
    moved *= kept.by_topic
    lost = theirs.join(ours, on=keys, how="anti", nulls_equal=True)
    more = ours.join(theirs, on=keys, how="anti", nulls_equal=True)
    both = ours.join(theirs, on=keys, suffix=_REF, nulls_equal=True, maintain_order="left")
    columns = [name for name in ours.columns if name not in {*keys, *kept.unheld}]
    flags = [_is_beyond(name, ours.schema[name], moved).alias(f"{name}?") for name in columns]
    far = both.with_columns(flags).filter(pl.any_horizontal(f"{name}?" for name in columns))
    sides = {"missing": lost, "more": more, "with other values": far}
    said = ", ".join(f"{counted(len(one), 'row')} {w}" for w, one in sides.items() if len(one))
    floats = [name for name in columns if ours.schema[name].is_float()]
    if floats and not said:
        apart = pl.max_horizontal((pl.col(name) - pl.col(f"{name}{_REF}")).abs() for name in floats)
        said = f"by {both.select(apart.max()).item() or 0:.1g} at most"
    if "agreement" in columns and "topic_id" in columns:
        agree, said = _topics_agree(both, far)
        is_near = not lost.height + more.height and agree >= TOPICS_AGREE
    else:
        allowed = kept.may_differ * theirs.height if moved or not kept.by_topic else 0
        gone = sum(max(one.height - moved, 0) for one in (lost, more))
        is_near = far.height + gone <= allowed
    rows = [f"{_named(row, keys)}: missing" for row in lost.head(FIRST).to_dicts()]
    rows += [f"{_named(row, keys)}: not in the reference" for row in more.head(FIRST).to_dicts()]
    rows += [_other_values(row, keys, columns) for row in far.head(FIRST).to_dicts()]
    return Held(kept.name, WITHIN if is_near else DIFFERENT, said, () if is_near else tuple(rows))


def _is_beyond(name: str, kind: pl.DataType, moved: int) -> pl.Expr:
    """Whether a value is further from the reference's than another processor would bring it."""
    one, other = pl.col(name), pl.col(f"{name}{_REF}")
    is_null = one.is_null() != other.is_null()
    if kind.is_float():
        near = PLACE if name == "place" else TOPIC_NUMBER if moved else NUMBER
        return is_null | ((one - other).abs() > near + 1e-9).fill_null(value=False)
    if kind.is_integer() and name != "topic_id":
        return is_null | ((one - other).abs() > moved).fill_null(value=False)
    if name == "terms":
        return one.list.set_intersection(other).list.len() * 2 < other.list.len()
    if name == "text":  # of findings: their figures are held in the tables that they come from
        one, other = (text.str.replace_all(r"[−\d.,]+", "") for text in (one, other))
    return one.ne_missing(other)


def _topics_agree(both: pl.DataFrame, far: pl.DataFrame) -> tuple[float, str]:
    from sklearn.metrics import adjusted_rand_score

    agree = float(adjusted_rand_score(both["topic_id"], both[f"topic_id{_REF}"]))
    others = far.filter(pl.col("topic_id?")).height
    return agree, f"adjusted Rand index {agree:.3f}, {others:,} passages in another topic"


def _named(row: Mapping[str, Any], keys: list[str]) -> str:
    return ", ".join(f"{key} {row[key]}" for key in keys)


def _other_values(row: Mapping[str, Any], keys: list[str], columns: list[str]) -> str:
    others = [name for name in columns if row[f"{name}?"]][:FIRST]
    said = (f"{name} {row[name]}, not {row[f'{name}{_REF}']}" for name in others)
    return f"{_named(row, keys)}: {'; '.join(said)}"


def verified_lines(held: list[Held], other: list[str]) -> Iterator[str]:
    """What `verify` found: a line a table, the rows that differ, what else does, and the sum."""
    for one in held:
        yield f"{one.name}: {one.status}" + (f" ({one.said})" if one.said else "")
        yield from (f"    {row}" for row in one.rows)
    statuses = Counter(one.status for one in held)
    if other or statuses[IDENTICAL] < len(held):
        yield "What went in:" if other else "What went in is the same; is outputs/ up to date?"
        yield from (f"    {line}" for line in other)
    n, n_within = len(held), statuses[WITHIN]
    what = f", {n_within} of {n} tables {WITHIN}" if n_within else f": all {n} tables are identical"
    reason = f"; {other[0]}" if other else ""
    if statuses[DIFFERENT]:
        reason = (other or ["what went in is the same"])[0]
        yield f"Not the reference run: {statuses[DIFFERENT]} of {n} tables differ, {reason}"
    else:
        yield f"The reference run{what}{reason}"
