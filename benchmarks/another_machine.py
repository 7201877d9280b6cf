"""Whether topics and findings are the same on another processor, under noise, with another seed.

Run from the project's root, after `dvc repro`:  python -m benchmarks.another_machine
Prints the tables of docs/another-machine.md: models with other seeds, under noise and of 90%
samples by number of topics; then, for each emulated processor, a run from vectors to findings held
against outputs/. Such a run computes every vector anew, in a quarter of an hour or more; `--quick`
leaves these out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.run.arrays import Floats, Integers
from pipeline.run.settings import TopicSettings, load_settings
from pipeline.run.tables.compare import GAP, GAP_SIDES, RECOVERY, SENTENCES
from pipeline.run.tables.table import Table
from pipeline.run.tables.texts import VECTORS
from pipeline.run.tables.topics import ASSIGNMENTS, TOPICS
from pipeline.topics.__main__ import read_corpus
from pipeline.topics.clustering import agreement_of
from pipeline.topics.finding import score
from pipeline.topics.fitting import NOT_SEEN, REFITTED, clustering, fitting_settings, projection
from pipeline.topics.selection import TopicMaterial, prepare
from pipeline.topics.terms import count_terms
from pipeline.vectors.encoder import load_encoder

PROCESSORS: dict[str, dict[str, str]] = {
    "AVX without FMA, Sandy Bridge": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "AVX",
        "MKL_CBWR": "AVX",
        "OPENBLAS_CORETYPE": "Sandybridge",
        "NUMBA_CPU_NAME": "sandybridge",
    },
    "no vector units, Nehalem": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "MKL_CBWR": "SSE4_2",
        "OPENBLAS_CORETYPE": "Nehalem",
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "",
    },
    "one thread": {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "LOKY_MAX_CPU_COUNT": "1",
    },
}
"""Environment of a process that computes as another processor would."""
STAGES = ("embed", "topics", "themes", "compare")
DECISIONS: dict[Table, tuple[tuple[str, ...], tuple[str, ...]]] = {
    GAP: (("theme_id",), ("direction", "part_direction")),
    GAP_SIDES: (
        ("side", "other", "question", "basis", "mission", "theme_id"),
        ("larger", "nearer"),
    ),
    RECOVERY: (("passages", "reference", "theme_id"), ("recovered",)),
    TOPICS: (("topic_id",), ("label", "stable")),
    SENTENCES: (("length", "paragraph", "piece"), ("text",)),
}
"""By table what a row is called, and what must be the same on every processor."""
SEEDS = {"this": 0, "seed 1": 1000, "seed 2": 2000, "seed 3": 3000}
NOISE = {"noise 1": 1, "noise 2": 2, "noise 3": 3}
SAMPLES = {"sample 1": 4000, "sample 2": 5000, "sample 3": 6000, "sample 4": 7000}
AMPLITUDE = 1e-6
"""Of the noise; vectors of two processors differ by at most 2e-7."""


def main() -> None:
    """Fit a model a condition, and compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="no emulated processors")
    parser.add_argument("--one", nargs=2, metavar=("CONDITION", "FILE"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        np.save(asked.one[1], fitted(asked.one[0]))
        return
    conditions = [*SEEDS, *NOISE, *SAMPLES]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = {condition: _in_a_process(condition, folder) for condition in conditions}
        report(models, load_settings().topics)
        if not asked.quick:
            for processor, environment in PROCESSORS.items():
                run = folder / "run"
                run_on(environment, run)
                print("\n".join(differences(processor, Path.cwd(), run)), flush=True)
                shutil.rmtree(run)


def _in_a_process(name: str, folder: Path) -> Integers:
    file = folder / f"{name.replace(' ', '-')}.npy"
    command = [sys.executable, "-m", "benchmarks.another_machine", "--one", name, str(file)]
    subprocess.run(command, check=True)
    found: Integers = np.load(file)
    print(f"fitted: {name}", file=sys.stderr)
    return found


def run_on(environment: Mapping[str, str], run: Path) -> None:
    """Everything from vectors to findings, computed anew in a folder, as if on a processor."""
    for needed in ("configs", "corpus", "outputs/acquire", "outputs/ingest", "outputs/segment"):
        shutil.copytree(needed, run / needed)
    ours = {"PYTHONPATH": str(Path.cwd()), "PEACETEXT_CACHE": str(run / "cache")}
    for stage in STAGES:
        print(f"running: {stage}", file=sys.stderr)
        command = [sys.executable, "-m", f"pipeline.{stage}"]
        subprocess.run(command, check=True, cwd=run, env=os.environ | environment | ours)


def differences(processor: str, here: Path, there: Path) -> Iterator[str]:
    """What a run elsewhere says otherwise: the agreement of topics, then each differing row."""
    topic = [
        pl.read_parquet(root / ASSIGNMENTS.path).sort("passage_id")["topic_id"].to_numpy()
        for root in (here, there)
    ]
    vectors = [np.load(root / VECTORS) for root in (here, there)]
    far = float(np.abs(vectors[0] - vectors[1]).max())
    agreement = agreement_of(topic)
    yield f"\n{processor}: vectors differ by up to {far:.1e}, topics agree to {agreement:.4f}"
    for table, (names, decided) in DECISIONS.items():
        one, other = (
            pl.read_parquet(root / table.path).select(*names, *decided).sort(names)
            for root in (here, there)
        )
        lost = one.join(other, on=[*names, *decided], how="anti", nulls_equal=True)
        yield f"{table.path.name}: {lost.height} of {one.height} rows decide otherwise"
        yield from (f"  {row}" for row in lost.rows())


def fitted(condition: str) -> Integers:
    """Topics under a condition for each number of topics from 30 to 50, int [numbers, n]."""
    settings = load_settings()
    material = material_of_run()
    rows, vectors = material.rows, material.vectors[material.rows].astype(np.float64)
    seed = settings.seed + (SEEDS | SAMPLES).get(condition, 0)
    seen = np.ones(len(rows), dtype=np.bool_)
    if condition in NOISE:
        vectors += np.random.default_rng(NOISE[condition]).normal(0, AMPLITUDE, vectors.shape)
    if condition in SAMPLES:
        left_out = round((1 - REFITTED) * len(rows))
        seen[np.random.default_rng(seed).permutation(len(rows))[:left_out]] = False
    return _models(vectors, seen, fitting_settings(settings.topics, *vectors.shape), seed)


def _models(vectors: Floats, seen: Integers, settings: TopicSettings, seed: int) -> Integers:
    model = clustering(settings, settings.n_groups, seed)
    model.fit(projection(settings).fit_transform(vectors[seen]))
    topics = np.full((len(numbers(settings)), len(vectors)), NOT_SEEN)
    for row, number in enumerate(numbers(settings)):
        topics[row, seen] = model.join(number).labels_
    return topics


def numbers(settings: TopicSettings) -> range:
    """The numbers of topics that are compared."""
    return range(round(0.75 * settings.n_groups), round(1.25 * settings.n_groups) + 1)


def material_of_run() -> TopicMaterial:
    """What the stage of topics fits."""
    settings = load_settings()
    return prepare(read_corpus(), load_encoder(settings.embed), settings.topics, settings.seed)[0]


def report(models: Mapping[str, Integers], settings: TopicSettings) -> None:
    """Print a row a number of topics: agreement of models (mean, lowest), words, missions."""
    material = material_of_run()
    material = material.of(material.rows)
    words = count_terms(material.masked.counted, max_ngram=1, fewest_passages=5)
    head = ["topics", "seeds", "noise", "samples", "NPMI", "diversity", "mission NMI"]
    print("| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
    for row, number in enumerate(numbers(settings)):
        topic = {name: topics[row] for name, topics in models.items()}
        own = topic["this"]
        found = score(own, words, material.origins["mission"])
        cells = [
            str(number),
            _agreement([topic[name] for name in SEEDS], None),
            _agreement([topic[name] for name in NOISE], own),
            _agreement([topic[name] for name in SAMPLES], None),
            *(f"{found[name]:.3f}" for name in ("npmi", "diversity", "mission_nmi")),
        ]
        print("| " + " | ".join(cells) + " |", flush=True)


def _agreement(models: Sequence[Integers], beside: Integers | None) -> str:
    """Adjusted Rand index of each pair, or of each model with ``beside``: mean (lowest)."""
    if beside is not None:
        values = [agreement_of([beside, one]) for one in models]
    else:
        pairs = [(one, two) for place, one in enumerate(models) for two in models[:place]]
        values = [agreement_of(pair) for pair in pairs]
    return f"{np.mean(values):.3f} ({min(values):.3f})" if values else "–"


if __name__ == "__main__":
    main()
