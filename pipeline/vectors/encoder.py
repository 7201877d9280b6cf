"""Texts to vectors, the same bits whatever else is encoded beside them.

A matrix product may round differently when its shape changes, so with ordinary batching a vector
depends on the texts that share its batch. Here every call of the model has one of a few fixed
shapes (``batch_size`` rows, a multiple of ``length_step`` tokens; short batches are filled up), so
adding a document changes no other document's vectors, and a cached vector is bit for bit the one
that a fresh run computes.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from pipeline.run.arrays import Vectors
from pipeline.run.caches import ResultCache, VectorCache, cache_folder, code_hash
from pipeline.run.errors import StageError
from pipeline.run.files import read_json, text_hash
from pipeline.run.settings import EmbedSettings
from pipeline.run.tables.texts import MODEL_CARD, VECTORS
from pipeline.vectors import (
    FoundModel,
    ModelCard,
    check_against_library,
    find_device,
    find_model,
    load_model,
    max_tokens_of,
    processor,
    prompt_of,
    prompt_tokens_of,
)

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


_ROWS = {"cpu": 4, "cuda": 256}
"""Texts in one call: a processor gains nothing from more, a GPU is idle with fewer."""
_FULL_LENGTH = 512
"""Tokens; calls of longer texts have fewer rows, so that they fit into memory."""

_TEXTS_A_COMMIT = 400
_TEXTS_A_PART = 1000
_CODE = (Path(__file__), Path(__file__).with_name("__init__.py"))
_LIBRARIES = ("sentence-transformers", "torch", "transformers")

TokenNumbers = npt.NDArray[np.int32]


class Encoder(Protocol):
    """Anything that turns texts into unit vectors; tests may pass a small one of their own."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """float32 [len(texts), dimension], each row of length 1."""


@dataclass(frozen=True)
class SentenceEncoder:
    """A sentence-transformers model called in fixed shapes, without a cache.

    Attributes:
        model: in float32; for bfloat16 the factors of its matrix products are rounded.
        card: what decides the bits of its vectors.
        precision: of the matrix products, float32 or bfloat16; sums, norms and what one layer
            hands to the next stay float32.
        prompt_tokens: of the card's prompt, with the marker of the start.
    """

    model: SentenceTransformer
    card: ModelCard
    precision: str = "float32"
    prompt_tokens: int = 0

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
            (steps, by_length[steps][start : start + self._shape(steps)[0]])
            for steps in sorted(by_length)
            for start in range(0, len(by_length[steps]), self._shape(steps)[0])
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
            part = [self.card.prompt + text for text in texts[start : start + _TEXTS_A_PART]]
            for ids in self.model.tokenizer(part, **options)["input_ids"]:
                yield np.array(ids, dtype=np.int32)

    def _shape(self, steps: int) -> tuple[int, int]:
        """Rows and tokens of a call; nothing but the length of its texts decides them."""
        length = min(steps * self.card.length_step, self.card.max_tokens)
        return max(1, self.card.batch_size * _FULL_LENGTH // max(length, _FULL_LENGTH)), length

    def _call(self, tokens: list[TokenNumbers], steps: int) -> Vectors:
        """One call of the model in its fixed shape; rows past ``tokens`` are filling."""
        import torch

        shape = self._shape(steps)
        ids = np.full(shape, self.model.tokenizer.pad_token_id or 0, dtype=np.int64)
        mask = np.zeros(shape, dtype=np.int64)
        mask[:, 0] = 1  # a row of filling attends to one token, not to none
        for row, row_tokens in enumerate(tokens):
            ids[row, : len(row_tokens)] = row_tokens
            mask[row, : len(row_tokens)] = 1
        device = self.model.device
        features = {
            "input_ids": torch.from_numpy(ids).to(device),
            "attention_mask": torch.from_numpy(mask).to(device),
        }
        if self.prompt_tokens:
            features["prompt_length"] = torch.tensor([self.prompt_tokens])
        rounded = torch.autocast(device.type, torch.bfloat16, enabled=self.precision == "bfloat16")
        with torch.inference_mode(), rounded:
            output = self.model(features)["sentence_embedding"]
            output = torch.nn.functional.normalize(output.float(), dim=1)
        vectors: Vectors = output[: len(tokens)].cpu().numpy()
        return vectors


def _first_made(waiting: deque[tuple[list[int], Future[Vectors]]]) -> tuple[list[int], Vectors]:
    rows, made = waiting.popleft()
    return rows, made.result()


@dataclass(frozen=True)
class CachedEncoder:
    """An encoder that computes a text's vector once, ever.

    Attributes:
        card, dimension: of its model, and the length of its vectors.
        load: gives the model, which is slow, for the first text that has no vector yet.
        cache, counts: vectors, and numbers of tokens.
    """

    card: ModelCard
    dimension: int
    load: Callable[[], SentenceEncoder]
    cache: VectorCache
    counts: ResultCache

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
            counts = self.load().count_tokens(list(fresh.values()))
            made = {key: str(count).encode() for key, count in zip(fresh, counts, strict=True)}
            self.counts.add(made.items())
            known |= made
        return [int(known[key]) for key in hashes]

    def _compute(
        self, hashes: Sequence[str], texts: Sequence[str]
    ) -> Iterator[tuple[list[int], Vectors]]:
        """Row numbers and their vectors, which are kept in the cache some hundred at a time."""
        from tqdm import tqdm

        if not texts:
            return
        pending: list[tuple[list[str], Vectors]] = []
        with tqdm(total=len(texts), desc="embed", unit="text", disable=len(texts) < 50) as bar:
            for rows, vectors in self.load().encode_in_parts(texts):
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


def load_encoder(
    settings: EmbedSettings, *, query: bool = False, anew: bool = False
) -> CachedEncoder:
    """The model that settings name, with its cache.

    Args:
        settings: of the embed stage.
        query: whether it shall encode what is searched for, not what is searched in.
        anew: whether it may be another model than that of the vectors of the passages.

    Raises:
        InputError: the model is not there, is not the pinned one, or cannot be used.
        StageError: no such device is here, or the passages were embedded by another model.
    """
    device = find_device(settings.device)
    card, dimension, load = _known(settings, find_model(settings), device, query=query)
    made = read_json(MODEL_CARD) if MODEL_CARD.is_file() and not anew else vars(card)
    before = made.get("weights_sha256"), made.get("files_sha256", "")
    if before != (card.weights_sha256, card.files_sha256):  # a folder's files may have changed
        raise StageError(f"{VECTORS} was made by another model; run: dvc repro -f embed")
    kind = processor(device, settings.precision)
    vectors = VectorCache(cache_folder() / f"vectors-{card.fingerprint}-{kind}.sqlite")
    counts = ResultCache(cache_folder() / f"tokens-{card.fingerprint}.sqlite")
    return CachedEncoder(card, dimension, load, vectors, counts)


def _known(
    settings: EmbedSettings, found: FoundModel, device: str, *, query: bool
) -> tuple[ModelCard, int, Callable[[], SentenceEncoder]]:
    """Card and dimension of a model, kept by all that decides them, and what loads it later."""
    file = cache_folder() / f"cards-{code_hash(_CODE, _LIBRARIES)}.sqlite"
    files = code_hash(found.folder.rglob("*.json"), ())
    asked = (replace(found, folder=Path()), settings.batch_size, settings.length_step, files)
    key = text_hash(f"{(*asked, settings.precision, device, query)}")
    load = cache(partial(load_sentence_encoder, settings, query=query))
    try:
        known = (cards := ResultCache(file)).find([key])
        if not known:
            known = {key: json.dumps([vars(load().card), load().dimension]).encode()}
            cards.add(known.items())
    except StageError:  # what may not be written keeps nothing, and need not
        return load().card, load().dimension, load
    said, dimension = json.loads(known[key])
    card = ModelCard(**said)

    def the_same() -> SentenceEncoder:
        if load().card != card:
            raise StageError(f"{found.folder} has changed since the stage began; run it again")
        return load()

    return card, dimension, the_same


def load_sentence_encoder(settings: EmbedSettings, *, query: bool = False) -> SentenceEncoder:
    """The model that settings name, without a cache; arguments and errors as for `load_encoder`."""
    found = find_model(settings)
    os.environ["HF_HUB_OFFLINE"] = "1"  # it is on disk; from here on nothing may be fetched
    model = load_model(found, settings.device)
    device = model.device.type
    rows = _ROWS[device] if settings.batch_size == "auto" else settings.batch_size
    card = ModelCard(
        name=found.name,
        weights_sha256=found.weights_sha256,
        backend=f"torch {version('torch').split('+')[0]} {settings.precision} {device}",
        batch_size=rows,
        length_step=settings.length_step,
        max_tokens=max_tokens_of(model, found),
        prompt=prompt_of(model, found.use, query=query),
        files_sha256=found.files_sha256,
    )
    encoder = SentenceEncoder(
        model.eval(), card, prompt_tokens=prompt_tokens_of(model, card.prompt)
    )
    if found.files_sha256:
        check_against_library(encoder.model, encoder.encode, card)
    return _rounded(encoder) if settings.precision == "bfloat16" else encoder


def _rounded(encoder: SentenceEncoder) -> SentenceEncoder:
    """The same with bfloat16 factors; autocast would round the weights at every call."""
    import torch

    for layer in encoder.model.modules():
        if isinstance(layer, torch.nn.Linear):
            layer.to(torch.bfloat16)
    return replace(encoder, precision="bfloat16")
