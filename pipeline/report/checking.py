"""Tables that do not belong together are refused: numbers would lead to other passages."""

from __future__ import annotations

from pipeline.errors import StageError
from pipeline.report.material import Material
from pipeline.tables.segment import PASSAGES
from pipeline.tables.themes import PASSAGE_CODES, SCORES
from pipeline.tables.topics import ASSIGNMENTS

_NAMING = (ASSIGNMENTS, SCORES, PASSAGE_CODES)


def check_passages(material: Material) -> None:
    """Every table that names passages names those of this run.

    Raises:
        StageError: a table is of an earlier run.
    """
    known = material.frame(PASSAGES).select("passage_id")
    for table in _NAMING:
        strange = material.frame(table).join(known, on="passage_id", how="anti")
        if not strange.is_empty():
            raise StageError(
                f"{table.path} names {strange['passage_id'].n_unique()} passages that are not in "
                f"{PASSAGES.path}; run: dvc repro {table.stage}"
            )
