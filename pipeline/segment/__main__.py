"""Read blocks, cut them into passages, find near-duplicates, write both."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl

from pipeline.run.settings import load_settings
from pipeline.run.stage import run_stage, write_metrics
from pipeline.run.tables.table import read_table, write_table
from pipeline.run.tables.texts import BLOCKS, DOCUMENTS, NEAR_DUPLICATES, NOTES, PASSAGES
from pipeline.segment.near_duplicates import find_near_duplicates
from pipeline.segment.passages import (
    KnownSentences,
    Span,
    cut_passages,
    load_splitter,
    split_sentences,
)


def main() -> None:
    """Cut every block but headings, and link the passages that are near-duplicates."""
    from tqdm import tqdm

    whole = load_settings()
    blocks = read_table(BLOCKS).filter(pl.col("role") != "heading")
    sentences = KnownSentences().split(blocks["text"].to_list(), _split(whole.executor))
    passages = cut_passages(blocks, read_table(NOTES), sentences, whole.segment)
    near_duplicates = find_near_duplicates(
        passages,
        read_table(DOCUMENTS),
        whole.segment.near_duplicate,
        lambda numbers: tqdm(numbers, desc="near-duplicates", unit="text"),
    )
    write_table(PASSAGES, passages)
    write_table(NEAR_DUPLICATES, near_duplicates)
    write_metrics("segment", _metrics(passages, near_duplicates))


def _split(executor: str) -> Callable[[list[str]], Iterator[list[Span]]]:
    if executor == "ray":
        from pipeline.segment.passages import split_on_ray

        return split_on_ray
    return _split_here


def _split_here(texts: list[str]) -> Iterator[list[Span]]:
    from tqdm import tqdm

    return split_sentences(load_splitter(), tqdm(texts, desc="segment", unit="block"))


def _metrics(passages: pl.DataFrame, near_duplicates: pl.DataFrame) -> dict[str, object]:
    words = passages["n_words"]
    return {
        "passages": passages.height,
        "documents": passages["document_id"].n_unique(),
        "procedural": int(passages["procedural"].sum()),
        "with_speakers": int((passages["speaker_groups"].list.len() > 0).sum()),
        "repeated_texts": passages.height - passages["text"].n_unique(),
        "near_duplicate_groups": near_duplicates["near_duplicate_group"].n_unique(),
        "near_duplicates": passages.height - near_duplicates["near_duplicate_group"].n_unique(),
        "largest_group": near_duplicates["n_members"].max() or 0,
        "words": {"mean": round(words.mean() or 0, 1), "most": words.max() or 0},  # type: ignore[arg-type]
    }


if __name__ == "__main__":
    run_stage(
        "segment", "Cut blocks into passages of whole sentences, and find near-duplicates.", main
    )
