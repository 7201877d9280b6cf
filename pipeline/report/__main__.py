"""Read all tables, compose the page, write it."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.report.material import BY_PLACE, ManifestLine, PageMaterial, commit_of, versions
from pipeline.report.page import compose, render
from pipeline.report.vega import pictures, script
from pipeline.run.caches import ResultCache, cache_folder
from pipeline.run.files import read_json, sha256_of, write_folder
from pipeline.run.settings import load_settings
from pipeline.run.stage import Memory, run_stage, say, write_metrics
from pipeline.run.tables.dictionary import TABLES
from pipeline.run.tables.table import Table, read_table
from pipeline.run.tables.texts import (
    ACQUIRED,
    DOCUMENTS,
    MODEL_CARD,
    PASSAGES,
    SET_ASIDE,
    VECTORS,
    read_vectors,
)
from pipeline.study.checks import load_study
from pipeline.study.codebook import CODEBOOK_FILE, load_codebook
from pipeline.study.manifest import MANIFEST_FILE, read_manifest
from pipeline.study.study import MISSIONS_FILE, STUDY_FILE, load_missions

FOLDER = Path("outputs/report")
REQUIRED = (ACQUIRED, DOCUMENTS, SET_ASIDE, PASSAGES)
REFERENCE = Path("outputs/reference")
"""What the published run found, without any text; shown where this one has no UN document."""
_NOT_SHOWN = b"Where a run could read no UN document, the reference findings stand here.\n"


def main() -> None:
    """Make the page of this run."""
    own = read_material()
    reference = read_reference(own)
    page = compose(replace(own, beside="reference/index.html" if reference else ""))
    cache = ResultCache(cache_folder() / "pictures.sqlite")
    libraries, commit = {"vega.js": script(cache)}, commit_of(Path.cwd())
    rendered = render(page, libraries, commit)
    drawn = pictures(page.pictured, f"Source: {page.study.heading}", cache)
    rendered |= {f"figures/{name}": content for name, content in drawn.items()}
    beside = render(compose(reference), libraries, commit) if reference else {"README": _NOT_SHOWN}
    beside = {f"reference/{name}": content for name, content in beside.items()}
    write_folder(FOLDER, rendered | beside, last="index.html")
    # the size of commit.js is not the page's: it says whether files were changed
    content_of = {name: content for name, content in rendered.items() if name != "commit.js"}
    size = sum(len(content) for content in content_of.values())
    write_metrics(
        "report",
        {
            "files": len(rendered),
            "bytes": size,
            "bytes_first_view": _first_view(content_of),
            "pages": sum(name.endswith(".html") for name in rendered),
            "passages": page.index.n_passages,
            "sections": len(page.sections),
            "charts": sum(map(len, page.charts.values())),
            "not_computed": sorted(page.absent),
        },
    )
    say(f"report: {len(rendered)} files, {size / 1e6:.1f} MB; open {FOLDER / 'index.html'}")


def read_material() -> PageMaterial:
    """All that the pages are made from, as the stages have written it."""
    frames = {table: _read_if_made(table) for table in TABLES}
    n_passages = frames[PASSAGES].height
    return PageMaterial(
        frames=frames,
        not_made=frozenset(table for table in TABLES if not table.path.is_file()),
        study=load_study(),
        codebook=load_codebook(),
        missions=load_missions(),
        settings=load_settings(),
        model_card=read_json(MODEL_CARD) if MODEL_CARD.is_file() else {},
        metrics=_metrics(),
        manifest={
            entry.document_id: ManifestLine(
                entry.symbol or entry.title, entry.kind, entry.source_url
            )
            for entry in read_manifest()
        },
        versions=versions(),
        fingerprints={file.as_posix(): sha256_of(file) for file in _inputs()},
        vectors=read_vectors(n_passages) if VECTORS.is_file() else None,
    )


def _read_if_made(table: Table) -> pl.DataFrame:
    """The table, or one without rows when its stage has not made it and the page can do without."""
    if table in REQUIRED or table.path.is_file():
        return read_table(table)
    return pl.DataFrame(table.schema.create_empty())


def read_reference(own: PageMaterial) -> PageMaterial | None:
    """The reference run beside one that had no UN document to read; None when it had one.

    The article's own text is in both runs and stands beside the numbers. Of UN documents there is
    no word: a passage says in which document and paragraph it stands.
    """
    facts = REFERENCE / "run.json"
    if own.un_documents.height or not own.study.compares or not facts.is_file():
        return None
    known = read_json(facts)
    listed = [asdict(entry) for entry in read_manifest()]
    said = {DOCUMENTS: pl.DataFrame(listed), PASSAGES: own.frame(PASSAGES)}
    frames = {table: _of_reference(table, said.get(table)) for table in TABLES}
    return replace(
        own,
        frames=frames,
        not_made=frozenset(),
        of_reference=True,
        model_card=known["encoder"],
        metrics={stage: found for stage, found in known["metrics"].items() if stage != "export"},
        versions=known["versions"],
        fingerprints=known["inputs"],
        vectors=None,
    )


def _of_reference(table: Table, said: pl.DataFrame | None) -> pl.DataFrame:
    """What the reference run keeps of a table; ``said`` may fill columns that it leaves out."""
    empty = pl.DataFrame(table.schema.create_empty())
    file = REFERENCE / table.path.name
    if not file.is_file():
        return empty
    kept = pl.read_parquet(file)
    left_out = [name for name in empty.columns if name not in kept.columns]
    if said is not None:
        keys = table.schema.primary_key()
        known = said.select(*keys, *(name for name in left_out if name in said.columns))
        kept = kept.join(known, on=keys, how="left", maintain_order="left")
    if table is PASSAGES:
        kept = kept.with_columns(
            pl.coalesce("order", "paragraph").alias("order"),
            pl.coalesce("section", BY_PLACE).alias("section"),
        )
    absent = [pl.lit(None).alias(name) for name in left_out if name not in kept.columns]
    filled = [
        pl.col(name).fill_null(pl.lit(_NOTHING.get(kind.base_type()), kind))
        for name, kind in empty.schema.items()
        if name in left_out
    ]
    whole = kept.with_columns(absent).select(empty.columns)
    return whole.cast(empty.schema).with_columns(filled)


_NOTHING: dict[Any, Any] = {pl.String: "", pl.List: [], pl.Int64: 0}


def _metrics() -> dict[str, dict[str, Any]]:
    stages = sorted({"export", *(table.stage for table in TABLES)})
    places = {stage: Path("outputs") / stage / "metrics.json" for stage in stages}
    return {stage: read_json(place) for stage, place in places.items() if place.is_file()}


def _inputs() -> list[Path]:
    """What a person wrote, and the tables and vectors that were made of it."""
    written = [MANIFEST_FILE, CODEBOOK_FILE, MISSIONS_FILE, STUDY_FILE]
    made = [*(table.path for table in TABLES), VECTORS]
    return [file for file in [*written, *made] if file.is_file()]


def _first_view(rendered: dict[str, bytes]) -> int:
    """Bytes that the browser reads before the story can be read; the rest comes on demand."""
    late = ("data/passages-", "data/index.js", "data/map.js", "static/vega.js", "figures/")
    of_story = {"index.html", "data/charts-index.js"}
    of_others = (*late, "data/charts-")
    return sum(
        len(content)
        for name, content in rendered.items()
        if name in of_story or not (name.endswith(".html") or name.startswith(of_others))
    )


MEMORY = Memory(a_row=8_500, besides=500_000_000)

if __name__ == "__main__":
    run_stage("report", "Make the pages: outputs/report/index.html leads to all.", main, MEMORY)
