"""Vectors are those of the published model, and never depend on what else is encoded."""

import csv
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import pipeline.vectors.encoder as encoder_module
from pipeline.run.caches import ResultCache, VectorCache
from pipeline.run.errors import StageError
from pipeline.run.files import text_hash
from pipeline.run.settings import EmbedSettings, load_settings
from pipeline.vectors import device_of
from pipeline.vectors.encoder import (
    CachedEncoder,
    SentenceEncoder,
    load_encoder,
    load_sentence_encoder,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return load_sentence_encoder(load_settings().embed)


@pytest.fixture(scope="module")
def rounder() -> SentenceEncoder:
    settings = load_settings().embed
    return load_sentence_encoder(settings.model_copy(update={"precision": "bfloat16"}))


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    with Path("corpus/coding/article-sentences.csv").open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)][:60]


def _few(which: str, sentences: list[str]) -> list[str]:
    """Every third, still several calls, for the model that most processors are slow with."""
    return sentences if which == "encoder" else sentences[::3]


def test_vectors_are_those_of_sentence_transformers(
    encoder: SentenceEncoder, sentences: list[str]
) -> None:
    ours = encoder.encode(sentences)
    theirs = encoder.model.encode(sentences, normalize_embeddings=True)
    assert (ours * theirs).sum(axis=1).min() > 0.999999
    assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("which", ["encoder", "rounder"])
def test_a_vector_has_the_same_bits_alone_and_in_any_company(
    which: str, sentences: list[str], request: pytest.FixtureRequest
) -> None:
    encoder: SentenceEncoder = request.getfixturevalue(which)
    sentences = _few(which, sentences)
    together = encoder.encode(sentences)
    backwards = encoder.encode(sentences[::-1])[::-1]
    n = len(sentences) // 6
    alone = np.vstack([encoder.encode([text]) for text in sentences[:n]])
    assert np.array_equal(together, backwards)
    assert np.array_equal(together[:n], alone)


@pytest.mark.parametrize("which", ["encoder", "rounder"])
def test_a_vector_has_the_same_bits_on_any_number_of_cores(
    which: str, sentences: list[str], request: pytest.FixtureRequest
) -> None:
    encoder: SentenceEncoder = request.getfixturevalue(which)
    sentences = _few(which, sentences)
    before = torch.get_num_threads()
    vectors = []
    try:
        for n_cores in (1, 3):
            torch.set_num_threads(n_cores)
            vectors.append(encoder.encode(sentences))
            assert torch.get_num_threads() == n_cores  # others in this process keep their threads
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(*vectors)


def test_calls_that_nobody_waits_for_are_not_made(
    encoder: SentenceEncoder, sentences: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # given texts for many calls
    made: list[int] = []
    call = SentenceEncoder._call

    def counted(self: SentenceEncoder, tokens: list[np.ndarray], steps: int) -> np.ndarray:
        made.append(len(tokens))
        return call(self, tokens, steps)

    monkeypatch.setattr(SentenceEncoder, "_call", counted)
    # when only the first is taken, as on a keyboard interrupt
    parts = encoder.encode_in_parts(sentences * 20)
    next(parts)
    parts.close()
    # then no more were made than were begun
    assert len(made) <= 2 * torch.get_num_threads() + 1


def test_bfloat16_is_near_float32_and_has_a_cache_of_its_own(
    encoder: SentenceEncoder, rounder: SentenceEncoder, sentences: list[str]
) -> None:
    sentences = _few("rounder", sentences)
    exact, rounded = encoder.encode(sentences), rounder.encode(sentences)
    cosines = (exact * rounded).sum(axis=1)
    assert not np.array_equal(exact, rounded)
    assert cosines.min() > 0.9999
    assert np.allclose(np.linalg.norm(rounded, axis=1), 1, atol=1e-6)
    assert rounder.card.fingerprint != encoder.card.fingerprint


@pytest.mark.parametrize(
    ("wanted", "cuda", "device"),
    [("auto", True, "cuda"), ("auto", False, "cpu"), ("cpu", True, "cpu"), ("cuda", True, "cuda")],
)
def test_auto_takes_a_gpu_where_there_is_one(wanted: str, cuda: bool, device: str) -> None:
    assert device_of(wanted, cuda=cuda) == device


def test_a_gpu_that_is_not_there_is_named_with_its_fix() -> None:
    with pytest.raises(StageError, match=r"embed\.device is cuda.*set it to auto or cpu"):
        device_of("cuda", cuda=False)


def test_nothing_gives_no_rows(encoder: SentenceEncoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_tokens_are_counted_before_the_cut(encoder: SentenceEncoder) -> None:
    assert encoder.count_tokens(["peace " * 400])[0] > encoder.card.max_tokens


@pytest.fixture
def cached(encoder: SentenceEncoder, tmp_path: Path) -> CachedEncoder:
    return CachedEncoder(
        encoder.card,
        encoder.dimension,
        lambda: encoder,
        VectorCache(tmp_path / "vectors.sqlite"),
        ResultCache(tmp_path / "tokens.sqlite"),
    )


def test_only_new_texts_are_computed(cached: CachedEncoder, sentences: list[str]) -> None:
    # given ten texts, one of them twice, encoded once
    first = cached.encode([*sentences[:10], sentences[0]])
    # when one more is added
    fresh: list[int] = []
    again = cached.encode(sentences[:11], fresh.append)
    # then the others come from the cache, bit for bit
    assert np.array_equal(again[:10], first[:10])
    cached.encode(sentences[:11], fresh.append)
    assert fresh == [1, 0]


def test_tokens_are_counted_once(
    cached: CachedEncoder, encoder: SentenceEncoder, sentences: list[str]
) -> None:
    counts = encoder.count_tokens(sentences)
    assert cached.count_tokens(sentences) == counts
    assert cached.count_tokens([*sentences[::-1], sentences[0]]) == [*counts[::-1], counts[0]]


def test_the_model_is_loaded_for_a_new_text_alone(
    sentences: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEACETEXT_CACHE", str(tmp_path))
    loaded: list[EmbedSettings] = []
    load = encoder_module.load_sentence_encoder

    def counting(settings: EmbedSettings, *, query: bool = False) -> SentenceEncoder:
        loaded.append(settings)
        return load(settings, query=query)

    monkeypatch.setattr(encoder_module, "load_sentence_encoder", counting)
    settings = load_settings().embed
    # given texts that were embedded and counted once
    first = load_encoder(settings, anew=True)
    vectors, counts = first.encode(sentences[:3]), first.count_tokens(sentences[:3])
    assert len(loaded) == 1
    # when they are asked for again, then no model is loaded
    again = load_encoder(settings, anew=True)
    assert (again.card, again.dimension) == (first.card, first.dimension)
    assert np.array_equal(again.encode(sentences[:3]), vectors)
    assert again.count_tokens(sentences[:3]) == counts
    assert again.encode([]).shape == (0, first.dimension)
    assert len(loaded) == 1
    # but for one more text, once
    again.encode(sentences[:4])
    again.encode(sentences[:5])
    assert len(loaded) == 2
    # and other settings, or the other side of a search, have a card of their own
    other = settings.model_copy(update={"length_step": 32})
    assert load_encoder(other, anew=True).card.length_step == 32
    assert load_encoder(settings, query=True, anew=True).card == first.card
    assert len(loaded) == 4


def test_a_model_that_changed_since_its_card_was_read_makes_no_vector(
    sentences: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEACETEXT_CACHE", str(tmp_path))
    settings = load_settings().embed
    load_encoder(settings, anew=True)
    load = encoder_module.load_sentence_encoder
    changed = settings.model_copy(update={"length_step": 32})
    monkeypatch.setattr(
        encoder_module, "load_sentence_encoder", lambda *_, query: load(changed, query=query)
    )
    with pytest.raises(StageError, match="has changed since the stage began; run it again"):
        load_encoder(settings, anew=True).encode(sentences[:1])
    vectors = next(tmp_path.glob("vectors-*.sqlite"))
    assert not VectorCache(vectors).find([text_hash(sentences[0])], 384)[1].any()


def test_a_card_that_cannot_be_kept_stops_nothing(
    encoder: SentenceEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEACETEXT_CACHE", str(tmp_path))
    settings = load_settings().embed
    load_encoder(settings, anew=True)
    (cards,) = tmp_path.glob("cards-*.sqlite")
    cards.unlink()
    cards.mkdir()  # SQLite cannot open it, as in a folder that may not be written
    assert load_encoder(settings, anew=True).card == encoder.card


def test_one_wrong_bit_in_the_cache_is_found_and_computed_again(
    cached: CachedEncoder, sentences: list[str], tmp_path: Path
) -> None:
    # given a file that SQLite takes for whole, with one bit of one vector another
    good = cached.encode(sentences[:3])
    file = tmp_path / "vectors.sqlite"
    vector = bytearray(good[0].tobytes())
    content = file.read_bytes()
    place = content.index(vector)
    vector[700] ^= 1
    file.write_bytes(content[:place] + vector + content[place + len(vector) :])
    # when it is asked, then one text is new and all vectors are as they were
    fresh: list[int] = []
    assert np.array_equal(cached.encode(sentences[:3], fresh.append), good)
    assert fresh == [1]


def test_a_damaged_index_gives_no_vector_of_another_text(
    cached: CachedEncoder, sentences: list[str], tmp_path: Path
) -> None:
    good = cached.encode(sentences[:3])
    # given two entries whose keys a damaged index has exchanged
    one, other = text_hash(sentences[0]), text_hash(sentences[1])
    with sqlite3.connect(tmp_path / "vectors.sqlite") as connection:
        for old, new in ((one, "between"), (other, one), ("between", other)):
            connection.execute("UPDATE entries SET hash = ? WHERE hash = ?", (new, old))
    connection.close()
    fresh: list[int] = []
    assert np.array_equal(cached.encode(sentences[:3], fresh.append), good)
    assert fresh == [2]


@pytest.mark.parametrize("damaged", [lambda _: 0xC3, lambda _: 0, lambda byte: byte ^ 1])
def test_no_damaged_byte_gives_a_wrong_result_or_stops_a_run(
    damaged: Callable[[int], int], tmp_path: Path
) -> None:
    kept = {text_hash(str(number)): f"result {number}".encode() for number in range(40)}
    file = tmp_path / "results.sqlite"
    ResultCache(file).add(kept.items())
    whole = file.read_bytes()
    places = [place for place, byte in enumerate(whole) if byte]
    for place in places[:160] + places[160::11]:  # the first are SQLite's own
        content = bytearray(whole)
        content[place] = damaged(content[place])
        file.write_bytes(content)
        found = ResultCache(file).find(sorted(kept))
        assert found.items() <= kept.items(), place


def test_a_vector_of_another_length_counts_as_absent(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "vectors.sqlite")
    cache.add(["a"], np.ones((1, 10), np.float32))
    assert not cache.find(["a"], 384)[1].any()


def test_a_cache_in_a_form_that_sqlite_does_not_know_is_begun_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "vectors.sqlite"
    VectorCache(file).add(["a"], np.ones((1, 4), np.float32))
    content = bytearray(file.read_bytes())
    content[47] = 9  # number of the schema format in the header
    file.write_bytes(content)
    assert not VectorCache(file).find(["a"], 4)[1].any()
    assert "rebuilt" in capsys.readouterr().err


def test_a_cache_below_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StageError, match="no cache can be kept in"):
        VectorCache(tmp_path / "file" / "cache" / "vectors.sqlite")


def test_a_cache_file_that_is_no_database_is_set_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "vectors.sqlite"
    file.write_bytes(b"this is no database, only text that is long enough to be looked at" * 20)
    cache = VectorCache(file)
    assert not cache.find(["a"], 4)[1].any()
    assert "rebuilt" in capsys.readouterr().err
    assert file.with_suffix(".unreadable").is_file()


def test_a_damaged_page_of_the_cache_costs_its_vectors_and_no_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a cache whose first page is whole and whose others are not
    file = tmp_path / "vectors.sqlite"
    keys = [text_hash(str(number)) for number in range(300)]
    unit = np.full((300, 384), 384**-0.5, np.float32)
    VectorCache(file).add(keys, unit)
    content = bytearray(file.read_bytes())
    content[4096 : len(content) // 2] = b"\x5a" * (len(content) // 2 - 4096)
    file.write_bytes(content)
    # when it is opened and asked, then it is set aside and works again
    cache = VectorCache(file)
    assert not cache.find(keys, 384)[1].any()
    assert "rebuilt" in capsys.readouterr().err
    cache.add(keys[:3], unit[:3])
    vectors, known = cache.find(keys, 384)
    assert known.tolist() == [True] * 3 + [False] * (len(keys) - 3)
    assert np.array_equal(vectors[:3], unit[:3])


def test_a_full_disk_sets_no_good_cache_aside(tmp_path: Path) -> None:
    # given a cache that may not grow
    file = tmp_path / "vectors.sqlite"
    unit = np.full((50, 384), 384**-0.5, np.float32)
    keys = [text_hash(str(number)) for number in range(100)]
    VectorCache(file).add(keys[:50], unit)
    size = file.stat().st_size
    code = (
        "import resource, signal, sys, numpy as np; from pathlib import Path\n"
        "from pipeline.run.caches import VectorCache\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        f"VectorCache(Path({str(file)!r}))"
        f".add({keys[50:]!r}, np.full((50, 384), 384**-0.5, np.float32))"
    )
    # when more is added
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    # then that is an error with the reason, and what was there is there
    assert "StageError: the cache" in done.stderr
    assert "cannot be used" in done.stderr
    assert VectorCache(file).find(keys, 384)[1].sum() == 50
    assert not file.with_suffix(".unreadable").exists()
