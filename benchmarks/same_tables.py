"""Do two runs hold the same values, apart from names?

    python -m benchmarks.same_tables BEFORE/outputs outputs

Every Parquet table, vector file and JSON of metrics of the first run is held against its
counterpart in the second, rows in any order. `RENAMED` says what is called otherwise now. Exit
code 1 when a value differs or a table is missing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import polars as pl

RENAMED: Mapping[str, str] = {
    "segment/families.parquet": "segment/near_duplicates.parquet",
    "topics/guided.parquet": "topics/zero_shot.parquet",
    "themes/prevalence_of_families.parquet": "themes/prevalence_deduplicated.parquet",
    "compare/voices.parquet": "compare/speaker_groups.parquet",
}
"""Tables by their place under outputs/."""

COLUMNS: Mapping[str, str] = {
    "family_id": "near_duplicate_group",
    "voices": "speaker_groups",
    "voice": "speaker_group",
    "n_voice": "n_speaker_group",
}
OF_ONE_TABLE: Mapping[str, Mapping[str, str]] = {
    "topics/assignments.parquet": {"probability": "agreement"},
    "topics/article_assignments.parquet": {"probability": "agreement"},
}
VALUES: Mapping[str, str] = {
    "families": "code_groups",
    "each family once": "each near-duplicate group once",
    "each family once, as classified": "each near-duplicate group once, as classified",
}


def main() -> None:
    """Print one line a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    wanted = parser.parse_args()
    lines = list(compared(wanted.before, wanted.after))
    for said, _ in lines:
        print(said)
    differing = sum(not same for _, same in lines)
    print(f"{len(lines)} tables, {differing} differ")
    sys.exit(1 if differing else 0)


def compared(before: Path, after: Path) -> Iterator[tuple[str, bool]]:
    """A line for each table of the first run, and whether the second has the same values."""
    for file in sorted([*before.rglob("*.parquet"), *before.rglob("*.npy")]):
        name = file.relative_to(before).as_posix()
        there = after / RENAMED.get(name, name)
        if not there.is_file():
            yield f"{name}: missing ({there})", False
            continue
        problem = _arrays(file, there) if file.suffix == ".npy" else _tables(name, file, there)
        yield f"{name}: {problem or 'same'}", not problem


def _arrays(one: Path, other: Path) -> str:
    return "" if np.array_equal(np.load(one), np.load(other)) else "vectors differ"


def _tables(name: str, one: Path, other: Path) -> str:
    """The first difference in words; empty when there is none."""
    renamed = {**COLUMNS, **OF_ONE_TABLE.get(name, {})}
    old = pl.read_parquet(one)
    old = old.rename({a: b for a, b in renamed.items() if a in old.columns})
    new = pl.read_parquet(other)
    if set(old.columns) - set(new.columns):
        return f"lacks the columns {sorted(set(old.columns) - set(new.columns))}"
    old, new = _plain(old), _plain(new.select(old.columns))
    if old.height != new.height:
        return f"{old.height} rows, now {new.height}"
    for column in old.columns:
        n = (old[column].ne_missing(new[column])).sum()
        if n:
            return f"{n} of {old.height} rows differ in {column}"
    return ""


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Enumerations and lists as text, values renamed, rows sorted."""
    listed = [
        pl.col(name).cast(pl.List(pl.String)).list.join(";")
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.List) and not isinstance(kind.inner, (pl.Struct, pl.List))
    ]
    texts = [
        pl.col(name).cast(pl.String)
        for name, kind in frame.schema.items()
        if kind in (pl.Enum, pl.Categorical)
    ]
    nested = [
        pl.col(name).map_elements(lambda value: str(list(value)), return_dtype=pl.String)
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.List) and isinstance(kind.inner, (pl.Struct, pl.List))
    ]
    plain = frame.with_columns(*listed, *texts, *nested)
    plain = plain.with_columns(pl.col(pl.String).replace(dict(VALUES)))
    return plain.sort(plain.columns, nulls_last=True)


if __name__ == "__main__":
    main()
