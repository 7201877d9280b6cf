"""Whether shares estimated with a draw by doubt are right, and nearer than with a plain draw.

Every population here is made: passages of documents, five themes, and a classifier whose
probabilities are noisy. Units are drawn in three ways, as many each time: all alike (`peacetext
draw`), by doubt (`peacetext suggest`), and half of them so, half so. Draws, estimator and intervals
are the functions that the commands and the themes stage call.

Run from the project's root:  python -m benchmarks.active_draws
Writes docs/active-draws.json; the table of docs/methods.md is made of it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.special import expit, logit

from pipeline.run.files import write_json
from pipeline.run.settings import ThemeSettings, load_settings
from pipeline.themes.prevalence import CodedPassages, corrected_shares
from pipeline.themes.samples import (
    Booleans,
    Floats,
    Integers,
    doubt,
    draw_units,
    inclusion_probabilities,
    pooled_weights,
    sizes_by_doubt,
)

FILE = Path("docs/active-draws.json")
DOCUMENTS, A_DOCUMENT = 200, 15
CENTRES = 2.2 * logit(np.array([0.03, 0.05, 0.1, 0.2, 0.3]))
"""Of the log-odds of five themes; with the spread below they are in 2 to 30% of passages."""

BETWEEN_PASSAGES, BETWEEN_DOCUMENTS, TELLING = 2.2, 0.7, 2.5
"""Spread of the log-odds; TELLING is how much passages differ in all themes alike.

So doubt differs as much between passages as in the core corpus: by its scores a draw by doubt
should have .86 of the variance of a plain one, here .87.
"""

NOISE, TIMIDITY, THRESHOLD = 0.8, 0.8, 0.4
"""The classifier's log-odds are the true ones times TIMIDITY plus normal noise."""

Drawn = tuple[Integers, Floats]


def main() -> None:
    """Draw from every population in every way, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000, help="populations")
    parser.add_argument("--units", type=int, default=200, help="drawn from each")
    parser.add_argument("--json", type=Path, default=FILE, help="where to write the figures")
    arguments = parser.parse_args()
    settings = load_settings().themes.model_copy(update={"bootstrap": 400, "confidence": 0.95})
    found = {
        name: experiment(way, bounded, arguments.runs, arguments.units, settings)
        for name, (way, bounded) in WAYS.items()
    }
    print("| draw | bias | coverage | lowest | highest | width | error |")
    for name, figures in found.items():
        print(f"| {name} | " + " | ".join(f"{value:.2f}" for value in figures.values()) + " |")
    write_json(arguments.json, {"runs": arguments.runs, "units": arguments.units, "ways": found})


def population(random: np.random.Generator) -> tuple[Booleans, Floats]:
    """What is true of each passage, and what a classifier says: bool and float [n, themes]."""
    n = DOCUMENTS * A_DOCUMENT
    of_document = random.normal(0, BETWEEN_DOCUMENTS, (DOCUMENTS, len(CENTRES)))
    telling = random.normal(0, TELLING, (n, 1))
    odds = (
        CENTRES
        + telling
        + random.normal(0, BETWEEN_PASSAGES, (n, len(CENTRES)))
        + np.repeat(of_document, A_DOCUMENT, axis=0)
    )
    truth = random.random(odds.shape) < expit(odds)
    return truth, expit(odds * TIMIDITY + random.normal(0, NOISE, odds.shape))


def _drawn(sizes: Floats, n: int, random: np.random.Generator) -> Drawn:
    probability = inclusion_probabilities(sizes, n)
    rows = draw_units(probability, ["all"] * len(sizes), random)
    return rows, probability[rows]


def plain(said: Floats, n: int, random: np.random.Generator) -> tuple[Integers, Floats]:
    """Rows and weights of a draw in which all are alike."""
    rows, probability = _drawn(np.ones(len(said)), n, random)
    return rows, 1 / probability


def by_doubt(said: Floats, n: int, random: np.random.Generator) -> tuple[Integers, Floats]:
    """Rows and weights of a draw whose probabilities grow with doubt."""
    rows, probability = _drawn(sizes_by_doubt(doubt(said)), n, random)
    return rows, 1 / probability


def half_and_half(said: Floats, n: int, random: np.random.Generator) -> tuple[Integers, Floats]:
    """Rows and weights of two draws that are pooled."""
    one, of_one = _drawn(np.ones(len(said)), n // 2, random)
    other, of_other = _drawn(sizes_by_doubt(doubt(said)), n - n // 2, random)
    return np.append(one, other), pooled_weights(of_one, of_other)


Way = Callable[[Floats, int, np.random.Generator], tuple[Integers, Floats]]
WAYS: dict[str, tuple[Way, bool]] = {
    "all alike": (plain, True),
    "all alike, without the bound": (plain, False),
    "half alike, half by doubt": (half_and_half, False),
    "by doubt": (by_doubt, False),
}
"""Each with whether the effective number of units is bounded by their number."""


def experiment(
    way: Way, bounded: bool, runs: int, n: int, settings: ThemeSettings
) -> dict[str, float]:
    """Largest bias of a theme, coverage of all and the extremes, mean width and error; percent."""
    errors, covered, widths = [], [], []
    documents = np.repeat(np.arange(DOCUMENTS), A_DOCUMENT)
    for seed in range(runs):
        random = np.random.default_rng([16, seed])
        truth, said = population(random)
        assigned, share = said >= THRESHOLD, truth.mean(axis=0)
        rows, weights = way(said, n, random)
        names = [f"d{document}" for document in documents[rows]]
        coded = CodedPassages(
            truth[rows], assigned[rows], weights, names, np.full(len(rows), not bounded)
        )
        found = corrected_shares(assigned.mean(axis=0), coded, settings, seed)
        errors.append(found.share - share)
        covered.append((found.low <= share) & (share <= found.high))
        widths.append(found.high - found.low)
    coverage = np.mean(covered, axis=0)
    figures = {
        "bias": np.abs(np.mean(errors, axis=0)).max(),
        "coverage": coverage.mean(),
        "lowest_coverage": coverage.min(),
        "highest_coverage": coverage.max(),
        "width": np.mean(widths),
        "error": np.sqrt(np.mean(np.square(errors))),
    }
    return {name: round(float(value) * 100, 3) for name, value in figures.items()}


if __name__ == "__main__":
    main()
