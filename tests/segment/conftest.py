"""Real passages for the tests of segmentation."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipeline.ingest.akoma.reader import read_akoma_ntoso


@pytest.fixture(scope="session")
def mandates(mirror: Path) -> pl.DataFrame:
    """The paragraphs of twelve resolutions on MINUSMA's and MINUSCA's mandates, one a passage."""
    numbers = "2100-2013 2164-2014 2227-2015 2295-2016 2364-2017 2423-2018 2480-2019 2531-2020"
    numbers += " 2149-2014 2217-2015 2387-2017 2448-2018"
    rows = []
    for number in numbers.split():
        name = f"S-RES-{number}"
        reading = read_akoma_ntoso((mirror / "resolutions" / f"{name}.xml").read_bytes())
        texts = [block.text for block in reading.blocks if block.role != "heading"]
        rows += [
            {"passage_id": f"{name}.{order}", "document_id": name, "order": order, "text": text}
            for order, text in enumerate(texts)
        ]
    return pl.DataFrame(rows)
