"""An outside benchmark: hand codes of peacekeeping activities in reports (PACT, via PACT-ML).

Our best model class against the published baseline, run again on the same folds. FOLDER holds
codes.csv and pdfs/, as the PACT-ML repository has them; PEACETEXT_PACT may name it instead.

Example: python -m benchmarks.pact FOLDER --json docs/pact.json
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.pact_paragraphs import (
    Paragraph,
    activities_with,
    classified_text,
    described,
    headings_of,
    label_matrix,
    read_paragraphs,
)
from pipeline.run.errors import InputError
from pipeline.run.files import read_json, write_json
from pipeline.run.settings import Settings, load_settings
from pipeline.themes.combination import ThemeText
from pipeline.themes.evaluation import group_weights
from pipeline.themes.models import model_makers
from pipeline.themes.samples import Booleans, Floats, Integers, Sample
from pipeline.themes.validation import cross_validate
from pipeline.vectors.encoder import Encoder, load_encoder

PUBLISHED_LABELS = (
    "PoliceReform",
    "Operations_PatrolsInterventions",
    "StateAdministration",
    "RefugeeAssistance",
    "ElectionAssistance",
    "LegalReform",
    "CivilSocietyAssistance",
)
PUBLISHED = {"macro": 0.506, "micro": 0.528}
"""Balanced logistic regression on TF-IDF: 7 labels, 1,819 paragraphs, not grouped by report."""

FEWEST = 30
"""Positives that a label needs in the second set of labels."""


@dataclass(frozen=True)
class Run:
    """One set of labels and one way of making folds, with what was assigned out of fold.

    Attributes:
        labels: name of the set.
        grouped: whether whole reports are left out.
        truth, ours, baseline: bool [paragraphs, labels].
        fold: int [paragraphs].
    """

    labels: str
    grouped: bool
    activities: tuple[str, ...]
    truth: Booleans
    ours: Booleans
    baseline: Booleans
    fold: Integers


def main() -> None:
    """Print the table, and write it as JSON."""
    arguments = _arguments()
    settings = load_settings()
    try:
        paragraphs = read_paragraphs(_folder(arguments.folder))
    except InputError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None
    reports = [one.report for one in paragraphs]
    print(f"{len(paragraphs)} paragraphs of {len(set(reports))} reports", flush=True)
    known = _known(arguments.json) if arguments.only else {}
    for run in runs(paragraphs, settings, arguments.only):
        row = summary(run, reports, settings)
        known[f"{len(run.activities)}-{'grouped' if run.grouped else 'published'}"] = row
        print(line_of(row), flush=True)
        if arguments.json:
            counts = {"paragraphs": len(paragraphs), "reports": len(set(reports))}
            write_json(arguments.json, {**counts, "published": PUBLISHED, "runs": known})


def _known(file: Path | None) -> dict[str, Any]:
    """Runs that stand in the file already; each takes minutes, so they may be made one by one."""
    return dict(read_json(file)["runs"]) if file and file.is_file() else {}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="with codes.csv and pdfs/")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--only", default="", help="such as 7-grouped, 7-published, 27-grouped")
    return parser.parse_args()


def _folder(named: Path | None) -> Path:
    folder = named or Path(os.environ.get("PEACETEXT_PACT", ""))
    if not (folder / "codes.csv").is_file():
        raise InputError(folder, "has no codes.csv", "name the PACT folder, or set PEACETEXT_PACT")
    return folder


def runs(paragraphs: Sequence[Paragraph], settings: Settings, only: str) -> Iterator[Run]:
    """Both sets of labels, with whole reports left out and as published."""
    encoder = load_encoder(settings.embed)
    texts = tuple(classified_text(one) for one in paragraphs)
    vectors = _side_by_side(
        encoder.encode([one.text for one in paragraphs]),
        encoder.encode([headings_of(one) for one in paragraphs]),
    )
    many = tuple(activities_with(paragraphs, FEWEST))
    for activities in (PUBLISHED_LABELS, many):
        for grouped in (True, False):
            name = f"{len(activities)}-{'grouped' if grouped else 'published'}"
            if only not in ("", name):
                continue
            groups = [one.report if grouped else str(row) for row, one in enumerate(paragraphs)]
            labels = label_matrix(paragraphs, activities)
            sample = Sample(texts, vectors, labels, tuple(groups))
            plain = [one.text for one in paragraphs]
            yield validated(sample, plain, activities, encoder, settings, grouped=grouped)


def _side_by_side(*parts: Floats) -> Any:
    """Vectors of length 1 made of several: their products are the means of the parts' products."""
    return np.hstack(parts) / np.float32(np.sqrt(len(parts)))


def validated(
    sample: Sample,
    plain: Sequence[str],
    activities: Sequence[str],
    encoder: Encoder,
    settings: Settings,
    *,
    grouped: bool,
) -> Run:
    """Our model and the baseline, on the same folds; names of activities are all that defines."""
    names = tuple(described(activity) for activity in activities)
    defined = encoder.encode(names)
    themes = ThemeText(names, _side_by_side(defined, defined))
    make = model_makers(themes, settings.themes.regularisation)["combined"]
    ours = cross_validate(make, sample, settings.themes, settings.seed)
    return Run(
        labels=f"{len(activities)} labels",
        grouped=grouped,
        activities=tuple(activities),
        truth=sample.labels,
        ours=ours.predictions.assigned,
        baseline=published_baseline(plain, sample.labels, ours.fold),
        fold=ours.fold,
    )


def published_baseline(texts: Sequence[str], labels: Booleans, fold: Integers) -> Booleans:
    """The published baseline, with its settings, its vocabulary learnt inside the training part."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    assigned = np.zeros(labels.shape, dtype=bool)
    known = np.array(texts, dtype=object)
    for number in np.unique(fold):
        inside, outside = fold != number, fold == number
        vectorizer = TfidfVectorizer(stop_words="english", min_df=5, max_df=0.95)
        learnt, judged = (
            vectorizer.fit_transform(known[inside]),
            vectorizer.transform(known[outside]),
        )
        for column in range(labels.shape[1]):
            regression = LogisticRegression(class_weight="balanced", solver="liblinear")
            regression.fit(learnt, labels[inside, column])
            assigned[outside, column] = regression.predict(judged)
    return assigned


def summary(run: Run, reports: Sequence[str], settings: Settings) -> dict[str, Any]:
    """F1 of both, pooled over folds, and the interval of the difference over resampled reports."""
    drawn = group_weights(reports, settings.themes.bootstrap, settings.seed)
    weights = np.vstack([np.ones(len(reports)), drawn])
    tail = (1 - settings.themes.confidence) / 2
    ours, baseline = f1(run.truth, run.ours, weights), f1(run.truth, run.baseline, weights)
    found: dict[str, Any] = {
        "labels": run.labels,
        "folds": "whole reports" if run.grouped else "as published",
        "by_label": {
            name: {"support": int(run.truth[:, column].sum()), **_both(ours, baseline, column)}
            for column, name in enumerate(run.activities)
        },
    }
    for offset, average in ((-2, "macro"), (-1, "micro")):
        difference = ours[1:, offset] - baseline[1:, offset]
        low, high = np.quantile(difference, [tail, 1 - tail])
        found[average] = {
            **_both(ours, baseline, offset),
            "difference_low": round(float(low), 4),
            "difference_high": round(float(high), 4),
            "mean_of_folds": _mean_of_folds(run, offset),
        }
    return found


def _both(ours: Floats, baseline: Floats, column: int) -> dict[str, float]:
    return {
        "ours": round(float(ours[0, column]), 4),
        "baseline": round(float(baseline[0, column]), 4),
    }


def _mean_of_folds(run: Run, offset: int) -> dict[str, float]:
    """As the published figures are made: F1 in each fold, then the mean."""
    in_fold = np.array([run.fold == number for number in np.unique(run.fold)], dtype=np.float64)
    return {
        name: round(float(f1(run.truth, assigned, in_fold)[:, offset].mean()), 4)
        for name, assigned in (("ours", run.ours), ("baseline", run.baseline))
    }


def f1(truth: Booleans, assigned: Booleans, weights: Floats) -> Floats:
    """F1 of each label, then macro and micro, under each row of weights: [rows, labels + 2]."""
    right = weights @ (truth & assigned)
    said = weights @ truth.astype(float) + weights @ assigned.astype(float)
    by_label = 2 * right / np.maximum(said, 1e-9)
    micro = 2 * right.sum(axis=1) / said.sum(axis=1)
    return np.column_stack([by_label, by_label.mean(axis=1), micro])


def line_of(row: dict[str, Any]) -> str:
    """One line of the table."""
    parts = [f"{row['labels']:10}{row['folds']:15}"]
    for average in ("macro", "micro"):
        found = row[average]
        parts.append(
            f"{average}: ours {found['ours']:.3f}, baseline {found['baseline']:.3f}, difference "
            f"{found['difference_low']:+.3f} to {found['difference_high']:+.3f}"
        )
    published = f"published {PUBLISHED['macro']} and {PUBLISHED['micro']}"
    return "; ".join([*parts, published if row["labels"].startswith("7") else "none published"])


if __name__ == "__main__":
    main()
