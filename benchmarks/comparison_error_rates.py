"""How often the comparison finds something where nothing is, and misses what was planted.

Every corpus here is made: labels of an article of 120 passages, and two sides of a gap. In some
nothing was planted; in the harder ones of these, topics and themes run along the text, each for
itself, as real ones do. The functions that are asked are those of the compare stage.

Run from the project's root:  python -m benchmarks.comparison_error_rates
Writes docs/comparison-error-rates.json; the table of docs/methods.md is made of it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.compare.gap.gap import gap_table
from pipeline.compare.gap.sides import CodedUnits, PolicyShare
from pipeline.compare.statistics.measures import Booleans, Floats, Integers
from pipeline.compare.structure.agreement import agreement_table
from pipeline.compare.structure.alignment import LabelledPassages, alignment_table
from pipeline.compare.structure.comparing import recovery_table
from pipeline.run.arrays import UNKNOWN, Share
from pipeline.run.files import write_json
from pipeline.run.settings import Settings, load_settings
from pipeline.themes.prevalence import CodedPassages, corrected_shares

FILE = Path("docs/comparison-error-rates.json")
LEVEL = 0.05
PASSAGES, A_PARAGRAPH = 120, 2
GROUPS, THEMES = 8, 6
ALIGNED = 0.7
"""Probability that a passage's group is that of its theme, where structure is planted."""

SHARES = np.array([0.05, 0.1, 0.2, 0.3, 0.4])
"""Of five themes, on both sides where there is no gap; the third gains 30 points where there is."""

GAP_THEME, GAP = 2, 0.3
DOCUMENTS, A_DOCUMENT, CODED_A_DOCUMENT = 100, 15, 2
INTERVIEW_PARAGRAPHS = 45
SPREAD = 8.0
"""Passages of a document or paragraph resemble each other (beta-binomial, intraclass 1/9)."""

HIT, FALSE_ALARM = 0.8, 0.05
"""How often the planted classifier finds a theme, and how often it claims one wrongly."""

Rates = dict[str, float]


def main() -> None:
    """Run every experiment, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200, help="corpora of each kind")
    parser.add_argument("--json", type=Path, default=FILE, help="where to write the figures")
    arguments = parser.parse_args()
    settings = quick(load_settings())
    found = {name: experiment(arguments.runs, settings) for name, experiment in EXPERIMENTS.items()}
    print_table(found)
    write_json(arguments.json, {"runs": arguments.runs, "level": LEVEL, "rates": found})


def quick(settings: Settings) -> Settings:
    """The project's own settings with fewer resamples, which costs some power and no level."""
    few = {"permutations": 199, "bootstrap": 100}
    return settings.model_copy(
        update={
            "compare": settings.compare.model_copy(update=few),
            "themes": settings.themes.model_copy(update={"bootstrap": 200}),
        }
    )


def running(random: np.random.Generator, n_labels: int, mean_run: float) -> Integers:
    """Labels of the passages in the order of the text; each stays for ``mean_run`` on average."""
    starts = random.random(PASSAGES) < 1 / mean_run
    return random.integers(n_labels, size=PASSAGES + 1)[np.cumsum(starts)]


def labelled(groups: Integers, themes: Integers) -> LabelledPassages:
    """An article with these topics and themes, one theme a passage."""
    place = np.arange(PASSAGES)
    return LabelledPassages(
        passages="article",
        candidate="topics",
        reference="codes",
        passage_ids=tuple(f"p{number:03}" for number in place),
        group=groups,
        theme_ids=tuple(f"theme {number}" for number in range(THEMES)),
        members=themes[:, None] == np.arange(THEMES),
        primary=themes,
        cluster=place // A_PARAGRAPH,
        stratum=place // (PASSAGES // 4),
    )


def unrelated(seed: int, mean_run: float) -> LabelledPassages:
    """Topics and themes that were drawn apart."""
    random = np.random.default_rng([1, seed])
    return labelled(running(random, GROUPS, mean_run), running(random, THEMES, mean_run))


def planted(seed: int, mean_run: float) -> LabelledPassages:
    """Topics that follow the themes, with errors."""
    random = np.random.default_rng([2, seed])
    themes, other = running(random, THEMES, mean_run), running(random, GROUPS, 1)
    return labelled(np.where(random.random(PASSAGES) < ALIGNED, themes, other), themes)


def agreement(corpora: Callable[[int], LabelledPassages], runs: int, settings: Settings) -> Rates:
    """Share of corpora in which adjusted mutual information is above chance, by each chance."""
    names = {"free": "p_value", "within sections": "within_p_value", "shifted": "shifted_p_value"}
    seen: dict[str, list[bool]] = {name: [] for name in (*names, "all three")}
    for seed in range(runs):
        table = agreement_table(corpora(seed), settings.compare, seed)
        row = table.filter(measure="adjusted_mutual_information", outliers=True).row(0, named=True)
        for name, column in names.items():
            seen[name].append(row[column] <= LEVEL)
        seen["all three"].append(all(row[column] <= LEVEL for column in names.values()))
    return {name: float(np.mean(values)) for name, values in seen.items()}


def false_findings(
    corpora: Callable[[int], LabelledPassages], runs: int, settings: Settings
) -> Rates:
    """Share of corpora with any cell, or any theme, that is called found."""
    cells, themes = [], []
    for seed in range(runs):
        corpus = corpora(seed)
        cells.append(bool((alignment_table(corpus)["q_value"] <= LEVEL).any()))
        recovery = recovery_table(corpus, settings.compare, seed)
        themes.append(bool((recovery["q_value"] <= LEVEL).fill_null(value=False).any()))
    return {
        "alignment, any cell": float(np.mean(cells)),
        "recovery, any theme": float(np.mean(themes)),
    }


def true_findings(
    corpora: Callable[[int], LabelledPassages], runs: int, settings: Settings
) -> Rates:
    """Share of planted cells, and of planted themes with enough passages, that are found."""
    cells: list[bool] = []
    themes: list[bool] = []
    for seed in range(runs):
        corpus = corpora(seed)
        own = pl.col("theme_id") == pl.format("theme {}", "topic_id")
        cells += (alignment_table(corpus).filter(own)["q_value"] <= LEVEL).to_list()
        tested = recovery_table(corpus, settings.compare, seed).drop_nulls("q_value")
        themes += tested["recovered"].to_list()
    return {"alignment, a cell": float(np.mean(cells)), "recovery, a theme": float(np.mean(themes))}


def gaps(runs: int, settings: Settings, planted_gap: float) -> Rates:
    """What the gap decides when the third theme gains this much in the interviews."""
    any_theme, third = [], []
    for seed in range(runs):
        decided = gap_of(seed, settings, planted_gap).get_column("q_value") <= LEVEL
        any_theme.append(bool(decided.any()))
        third.append(bool(decided[GAP_THEME]))
    if planted_gap:
        return {"gap, the theme": float(np.mean(third))}
    return {"gap, any theme": float(np.mean(any_theme))}


def gap_of(seed: int, settings: Settings, planted_gap: float) -> pl.DataFrame:
    """tables.Gap of two made sides: coded interviews, and policy classified and corrected."""
    random = np.random.default_rng([3, seed])
    spoken_shares = SHARES + planted_gap * (np.arange(len(SHARES)) == GAP_THEME)
    sizes = random.integers(1, 3, size=INTERVIEW_PARAGRAPHS)
    paragraph = np.repeat(np.arange(INTERVIEW_PARAGRAPHS), sizes)
    interviews = CodedUnits(
        clustered(random, spoken_shares, paragraph), paragraph, np.ones(len(paragraph))
    )
    document = np.repeat(np.arange(DOCUMENTS), A_DOCUMENT)
    truth = clustered(random, SHARES, document)
    said = np.where(
        truth, random.random(truth.shape) < HIT, random.random(truth.shape) < FALSE_ALARM
    )
    coded = (np.arange(len(document)) % A_DOCUMENT) < CODED_A_DOCUMENT
    weight = np.full(int(coded.sum()), A_DOCUMENT / CODED_A_DOCUMENT)
    paragraphs = CodedUnits(truth[coded], document[coded], weight)
    sample = CodedPassages(
        truth[coded], said[coded], weight, [str(each) for each in document[coded]]
    )
    corrected = corrected_shares(said.mean(0), sample, settings.themes, seed)
    policy = {
        f"theme {place}": PolicyShare(
            n=len(document),
            n_coded=int(coded.sum()),
            assigned=UNKNOWN,
            corrected=Share(
                *(float(end[place]) for end in (corrected.share, corrected.low, corrected.high))
            ),
        )
        for place in range(len(SHARES))
    }
    return gap_table(policy, paragraphs, interviews, list(policy), settings.compare)


def clustered(random: np.random.Generator, shares: Floats, cluster: Integers) -> Booleans:
    """Which passages carry which theme, bool [n, themes]; those of one cluster resemble."""
    n_clusters = int(cluster.max()) + 1
    of_cluster = random.beta(shares * SPREAD, (1 - shares) * SPREAD, size=(n_clusters, len(shares)))
    carried: Booleans = random.random((len(cluster), len(shares))) < of_cluster[cluster]
    return carried


EXPERIMENTS: dict[str, Callable[[int, Settings], Rates]] = {
    "nothing planted, passages independent": lambda runs, settings: {
        **agreement(lambda seed: unrelated(seed, 1), runs, settings),
        **false_findings(lambda seed: unrelated(seed, 1), runs, settings),
        **gaps(runs, settings, 0.0),
    },
    "nothing planted, labels run for 3 passages": lambda runs, settings: {
        **agreement(lambda seed: unrelated(seed, 3), runs, settings),
        **false_findings(lambda seed: unrelated(seed, 3), runs, settings),
    },
    "planted, passages independent": lambda runs, settings: {
        **agreement(lambda seed: planted(seed, 1), runs, settings),
        **true_findings(lambda seed: planted(seed, 1), runs, settings),
        **gaps(runs, settings, GAP),
    },
    "planted, labels run for 3 passages": lambda runs, settings: {
        **agreement(lambda seed: planted(seed, 3), runs, settings),
        **true_findings(lambda seed: planted(seed, 3), runs, settings),
    },
}


def print_table(found: dict[str, Rates]) -> None:
    """One row a test: the share of corpora (or of planted cells and themes) in which it speaks."""
    for name, rates in found.items():
        print(name)
        for test, rate in rates.items():
            print(f"    {test:24}{100 * rate:6.1f} %")


if __name__ == "__main__":
    main()
