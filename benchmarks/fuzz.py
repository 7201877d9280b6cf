"""Damage documents and read them for as long as you like: `make fuzz`.

What a reader falls over is kept in .cache/fuzz with its seed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import sys
from collections import Counter
from pathlib import Path

from tests.robustness.fuzzing import damaged, fuzz, samples_in, seeds_until

MEMORY = 6_000_000_000
"""Bytes of address space: a reader that wants more has blown up."""


def main() -> None:
    """Fuzz all readers on the tests' documents, the article, and the mirror when one is named."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fuzz",
        description=__doc__,
        epilog="Example: python -m benchmarks.fuzz --seconds 600 --seed 7",
    )
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    folders = ["tests/ingest/documents", "corpus/article", os.environ.get("PEACETEXT_MIRROR")]
    samples = [sample for name in folders if name for sample in samples_in(Path(name))]
    random.Random(wanted.seed).shuffle(samples)
    outcomes: Counter[str] = Counter()
    for fall in fuzz(samples, seeds_until(wanted.seed, wanted.seconds), outcomes):
        kept = Path(".cache/fuzz") / f"{fall.seed}-{fall.sample.name}"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(damaged(fall.sample, random.Random(fall.seed)))
        print(f"{kept}\n{fall.error}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    print(
        f"{outcomes.total()} damaged copies of {len(samples)} documents: {counts}; peak {peak} MB"
    )
    sys.exit(1 if outcomes["fell"] else 0)


if __name__ == "__main__":
    main()
