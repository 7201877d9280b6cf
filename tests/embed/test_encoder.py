"""Vectors are those of the published model, and never depend on what else is encoded."""

import csv
from pathlib import Path

import numpy as np
import pytest

from pipeline.encoder import CachedEncoder, SentenceEncoder, load_sentence_encoder
from pipeline.ids import text_hash
from pipeline.settings import load_settings
from pipeline.vector_cache import VectorCache

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return load_sentence_encoder(load_settings().embed)


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    with Path("corpus/coding/article-sentences.csv").open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)][:60]


def test_vectors_are_those_of_sentence_transformers(
    encoder: SentenceEncoder, sentences: list[str]
) -> None:
    ours = encoder.encode(sentences)
    theirs = encoder.model.encode(sentences, normalize_embeddings=True)
    assert (ours * theirs).sum(axis=1).min() > 0.999999
    assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-6)


def test_a_vector_has_the_same_bits_alone_and_in_any_company(
    encoder: SentenceEncoder, sentences: list[str]
) -> None:
    together = encoder.encode(sentences)
    backwards = encoder.encode(sentences[::-1])[::-1]
    alone = np.vstack([encoder.encode([text]) for text in sentences[:10]])
    assert np.array_equal(together, backwards)
    assert np.array_equal(together[:10], alone)


def test_nothing_gives_no_rows(encoder: SentenceEncoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_tokens_are_counted_before_the_cut(encoder: SentenceEncoder) -> None:
    assert encoder.count_tokens(["peace " * 400])[0] > encoder.card.max_tokens


@pytest.fixture
def cached(encoder: SentenceEncoder, tmp_path: Path) -> CachedEncoder:
    return CachedEncoder(encoder, VectorCache(tmp_path / "vectors.sqlite", encoder.dimension))


def test_only_new_texts_are_computed(cached: CachedEncoder, sentences: list[str]) -> None:
    # given ten texts, one of them twice, encoded once
    first = cached.encode([*sentences[:10], sentences[0]])
    # when one more is added
    assert cached.count_fresh(sentences[:11]) == 1
    again = cached.encode(sentences[:11])
    # then the others come from the cache, bit for bit
    assert np.array_equal(again[:10], first[:10])
    assert cached.count_fresh(sentences[:11]) == 0


def test_a_corrupt_entry_is_computed_again(cached: CachedEncoder, sentences: list[str]) -> None:
    good = cached.encode(sentences[:3])
    cached.cache.add([text_hash(sentences[0])], np.zeros((1, 384), np.float32))
    assert cached.count_fresh(sentences[:3]) == 1
    assert np.array_equal(cached.encode(sentences[:3]), good)


def test_a_cache_file_that_is_no_database_is_set_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "vectors.sqlite"
    file.write_bytes(b"this is no database, only text that is long enough to be looked at" * 20)
    cache = VectorCache(file, 384)
    assert cache.find(["a"]) == {}
    assert "begun again" in capsys.readouterr().err
    assert file.with_suffix(".unreadable").is_file()
