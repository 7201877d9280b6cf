"""A small project with real sentences of the article and UN paragraphs written for the purpose."""

from __future__ import annotations

import csv
import datetime
import io
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.compare.findings.words import in_short
from pipeline.compare.gap.gap import side_pairs
from pipeline.compare.gap.sides import SideShares
from pipeline.compare.material import Account, Findings, Phrase, Words, as_table, empty
from pipeline.report.__main__ import main
from pipeline.run.arrays import UNKNOWN, Share
from pipeline.run.files import write_json, write_text
from pipeline.run.settings import load_settings
from pipeline.run.tables.compare import GAP, GAP_SIDES, SENTENCES
from pipeline.run.tables.table import Table, read_table, write_table
from pipeline.run.tables.texts import ACQUIRED, DOCUMENTS, PASSAGES, SET_ASIDE
from pipeline.run.tables.themes import PASSAGE_CODES, SCORES, Evaluation
from pipeline.run.tables.topics import ASSIGNMENTS, TOPICS
from pipeline.study.checks import load_study
from pipeline.study.codebook import load_codebook
from pipeline.study.manifest import COLUMNS
from tests.browser import Visit
from tests.report.topic_material import write_topic_tables

ROOT = Path(__file__).parents[2]
SCRIPT = "<script>document.title='run'</script> and \"><img src=x onerror=\"document.title='run'\">"
HOSTILE = f"Requests the mission to report on {SCRIPT} within its area of responsibility;"
MANDATES = [
    "Authorizes the mission to take all necessary measures to protect civilians under threat.",
    "Requests the mission to adopt a proactive and robust posture in carrying out its mandate.",
    "Calls upon the host State to extend its authority over all of its territory.",
    "Urges all parties to allow safe and unhindered humanitarian access to people in need.",
    "Stresses the need for better intelligence and the mission’s co‑operation in Côte d’Ivoire.",
    "Requests the Secretary-General to ensure that contingents patrol on foot and at night.",
]
EXAMPLES = [
    # document_id, kind, symbol, missions, year
    ("gilder-2026", "article", "", ["MINUSMA", "MINUSCA"], 2026),
    ("s-res-9001-2014", "resolution", "S/RES/9001 (2014)", ["MINUSMA"], 2014),
    ("s-res-9002-2018", "resolution", "S/RES/9002 (2018)", ["MINUSCA"], 2018),
    ("s-prst-2018-99", "presidential_statement", "S/PRST/2018/99", ["MINUSCA"], 2018),
    ("hostile", "report", "S/2019/999", ["UNMISS"], 2019),
]
THEMES = ("protection_of_civilians", "host_state", "robust_force")
TOPIC_LABELS = (
    "Protect, civilians, threat",
    "Host, state, authority",
    "<b>Patrols</b>, foot, night",
)

EXPORTED = {
    "documents_in_project": 161,
    "selections_coded": 1200,
    "selections_by_machine": 8000,
    "references": 333,
}


def article_sentences(n: int) -> list[str]:
    with (ROOT / "corpus/coding/article-sentences.csv").open(encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)][:n]


def passage_rows() -> list[dict[str, Any]]:
    rows = []
    for document_id, kind, _, _, _ in EXAMPLES:
        if kind == "article":
            texts = article_sentences(60)
        elif document_id == "hostile":
            texts = [HOSTILE, *MANDATES]
        else:
            texts = MANDATES * 5
        for order, text in enumerate(texts):
            rows.append(
                {
                    "passage_id": f"{document_id}.p{order:03d}",
                    "document_id": document_id,
                    "block_id": f"{document_id}.b{order:03d}",
                    "order": order,
                    "section": "2. Interviews" if kind == "article" else "",
                    "label": "" if kind == "article" else str(order + 1),
                    "role": "paragraph" if kind == "article" else "operative",
                    "text": text,
                    "start": 0,
                    "end": len(text),
                    "n_words": len(text.split()),
                    "speaker_groups": ["military", "ngo"]
                    if kind == "article" and order % 3 == 0
                    else [],
                    "procedural": False,
                }
            )
    return rows


def document_rows() -> list[dict[str, Any]]:
    return [
        {
            "document_id": document_id,
            "kind": kind,
            "symbol": symbol,
            "title": f"Title of {symbol or document_id}"
            + (f" {SCRIPT}" if document_id == "hostile" else ""),
            "date": datetime.date(year, 6, 1),
            "year": year,
            "missions": missions,
            "themes": [],
            # a manifest is written by people: an address may be anything
            "source_url": "javascript:document.title='run'"
            if document_id == "hostile"
            else f"https://documents.un.org/{symbol}",
            "n_blocks": 7,
            "n_words": 500,
            "remarks": [],
        }
        for document_id, kind, symbol, missions, year in EXAMPLES
    ]


def acquired_rows() -> list[dict[str, Any]]:
    present = [(document_id, "present", "") for document_id, *_ in EXAMPLES]
    return [
        {
            "document_id": document_id,
            "status": status,
            "required": status == "present",
            "origin": "fetched",
            "bytes": 0,
            "sha256": "",
            "address": "",
            "reason": reason,
        }
        for document_id, status, reason in [
            *present,
            ("s-2014-403", "unavailable", "the network did not answer"),
        ]
    ]


def vectors_of(texts: list[str]) -> np.ndarray:
    """Equal texts have equal vectors; all others point anywhere."""
    drawn = {
        text: np.random.default_rng(number).normal(size=8)
        for number, text in enumerate(dict.fromkeys(texts))
    }
    vectors = np.array([drawn[text] for text in texts], dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def theme_of(row: dict[str, Any]) -> str:
    return THEMES[row["order"] % len(THEMES)]


def topic_of(row: dict[str, Any]) -> int:
    return row["order"] % (len(TOPIC_LABELS) + 1) - 1


def score_rows(passages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "passage_id": row["passage_id"],
            "theme_id": theme_id,
            "probability": 0.9 - row["order"] / 1000 if theme_id == theme_of(row) else 0.1,
            "assigned": theme_id == theme_of(row),
            "out_of_fold": True,
        }
        for row in passages
        for theme_id in THEMES
    ]


def assignment_rows(passages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "passage_id": row["passage_id"],
            "topic_id": topic_of(row),
            "agreement": 0.8,
            "x": float(topic_of(row)) + row["order"] / 100,
            "y": float(row["order"] % 7),
        }
        for row in passages
    ]


def topic_rows(passages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "topic_id": number,
            "label": label,
            "terms": label.lower().split(", "),
            "weights": [0.6, 0.5, 0.4],
            "n_texts": 3,
            "n_passages": sum(topic_of(row) == number for row in passages),
            "key": label,
            "made_label": label,
            "stability": 0.4 if number else 0.9,
            "stability_seeds": 0.4 if number else 0.9,
            "stability_samples": 0.4 if number else 0.9,
            "stable": number == 0,
            "representatives": [row["passage_id"] for row in passages if topic_of(row) == number][
                :2
            ],
        }
        for number, label in enumerate(TOPIC_LABELS)
    ]


def gap_rows() -> list[dict[str, Any]]:
    shares = {"host_state": (0.4, 0.1), "robust_force": (0.1, 0.5)}
    rows = []
    for theme_id, (policy, interviews) in shares.items():
        rows.append(
            {
                "theme_id": theme_id,
                "n_policy": 67,
                "n_policy_coded": 30,
                "policy_assigned": policy,
                "policy": policy,
                "policy_low": policy - 0.05,
                "policy_high": policy + 0.05,
                "n_interviews": 20,
                "n_paragraphs": 10,
                "interviews": interviews,
                "interviews_low": max(0.0, interviews - 0.1),
                "interviews_high": interviews + 0.1,
                "difference": policy - interviews,
                "low": policy - interviews - 0.1,
                "high": policy - interviews + 0.1,
                "p_value": 0.001,
                "q_value": 0.002,
                "direction": "more in policy" if policy > interviews else "more in interviews",
                "n_policy_positive": 10,
                "policy_part": policy,
                "interviews_part": interviews,
                "part_difference": policy - interviews,
                "part_low": policy - interviews - 0.1,
                "part_high": policy - interviews + 0.1,
                "part_q_value": 0.2,
                "part_direction": "undecided",
            }
        )
    return rows


def sides() -> pl.DataFrame:
    """The three sides of two themes; nothing is known of the others."""

    def side(name: str, **shares: float) -> SideShares:
        known = [
            Share(shares[theme], max(0.0, shares[theme] - 0.05), shares[theme] + 0.05)
            if theme in shares
            else UNKNOWN
            for theme in load_codebook().theme_ids
        ]
        return SideShares(name, 90, known, known)

    three = (
        side("mandates", host_state=0.4, robust_force=0.1),
        side("reports", host_state=0.2, robust_force=0.05),
        side("interviews", host_state=0.1, robust_force=0.5),
    )
    return side_pairs(three, load_codebook().theme_ids, load_settings().compare)


def sentences() -> pl.DataFrame:
    """What the compare stage says of these tables, with a paragraph that tries to be markup."""
    findings = Findings()
    findings.add(GAP, read_table(GAP))
    account = Account(
        findings=findings,
        study=load_study(),
        codebook=load_codebook(),
        settings=load_settings(),
        topics=read_table(TOPICS),
        assignments=read_table(ASSIGNMENTS),
        evaluation=empty(Evaluation),
    )
    short = [Words("", pieces) for pieces in in_short(account)]
    return as_table([*short, Words("Speaker groups", (Phrase("Soldiers say <b>most</b>."),))])


def write_rows(table: Table, rows: list[dict[str, Any]]) -> None:
    empty = pl.DataFrame(table.schema.create_empty())
    frame = pl.DataFrame(rows, infer_schema_length=None) if rows else empty
    write_table(table, frame)


def build_project(folder: Path, with_findings: bool = True, study: str = "") -> Path:
    """A project whose stages before the report have run; without findings only up to segment.

    With ``study`` as its configs/study.yaml, where that is not ours.
    """
    shutil.copytree(ROOT / "configs", folder / "configs")
    if study:
        (folder / "configs/study.yaml").write_text(study, encoding="utf-8")
    (folder / "corpus/coding").mkdir(parents=True)
    shutil.copy(ROOT / "corpus/coding/codebook.yaml", folder / "corpus/coding/codebook.yaml")
    content = io.StringIO()
    lines = csv.writer(content)
    lines.writerow(COLUMNS)
    lines.writerow(
        "s-2014-403|S/2014/403|report|Report on Mali|2014-06-09|MINUSMA|country_situation"
        "|core;full|no|un/cited/S-2014-403.pdf|https://docs.un.org/en/S/2014/403||UN".split("|")
    )
    passages = passage_rows()
    with chdir(folder):
        Path("outputs/embed").mkdir(parents=True)
        np.save("outputs/embed/vectors.npy", vectors_of([row["text"] for row in passages]))
        write_text(Path("corpus/manifest.csv"), content.getvalue())
        write_rows(ACQUIRED, acquired_rows())
        write_rows(DOCUMENTS, document_rows())
        write_rows(SET_ASIDE, [])
        write_rows(PASSAGES, passages)
        if with_findings:
            write_rows(ASSIGNMENTS, assignment_rows(passages))
            write_rows(TOPICS, topic_rows(passages))
            write_topic_tables(
                passages, assignment_rows(passages), topic_rows(passages), document_rows()
            )
            write_rows(SCORES, score_rows(passages))
            write_rows(GAP, gap_rows())
            write_table(GAP_SIDES, sides())
            write_json(Path("outputs/export/metrics.json"), EXPORTED)
            write_table(SENTENCES, sentences())
            write_rows(
                PASSAGE_CODES,
                [
                    {"passage_id": row["passage_id"], "theme_id": theme_of(row), "n_units": 1}
                    for row in passages[:30]
                ],
            )
    make_page(folder)
    return folder


_CACHE = tempfile.TemporaryDirectory(prefix="pictures-")


def make_page(folder: Path) -> None:
    """Run the stage in a project; what it draws and bundles is drawn once for all of them."""
    with chdir(folder), pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEACETEXT_CACHE", _CACHE.name)
        main()


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small project, its page made."""
    return build_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def bare_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with no table of topics, themes or compare."""
    return build_project(tmp_path_factory.mktemp("bare"), with_findings=False)


@pytest.fixture(scope="session")
def alone_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that could read the article alone, in a checkout with the reference run."""
    folder = tmp_path_factory.mktemp("alone")
    for place in ("configs", "corpus/coding", "outputs/reference"):
        shutil.copytree(ROOT / place, folder / place)
    shutil.copy(ROOT / "corpus/manifest.csv", folder / "corpus/manifest.csv")
    own = [row for row in passage_rows() if row["document_id"] == "gilder-2026"]
    with chdir(folder):
        write_rows(ACQUIRED, acquired_rows()[:1])
        write_rows(DOCUMENTS, document_rows()[:1])
        write_rows(SET_ASIDE, [])
        write_rows(PASSAGES, own)
        main()
    return folder


ANOTHER_STUDY = """
title: Borrowed hours
question: Whose voice a mission lends an ear to
about: Two articles on radio beside missions.
project: Radio
articles:
  - {document_id: one, short: Teller (2017), citation: "Nora Teller (2017), “On the Air”"}
  - document_id: two
    short: Osei (2018)
    citation: "Ama Osei (2018), “Off the Air”, Journal of Radio"
    journal: Journal of Radio
interviews:
  pattern: '[(]P'
  speaker_groups: [{id: military, name: Technicians, pattern: technician}]
sides:
  - {id: papers, name: papers, documents: {kinds: [report]}}
coded_sets:
  - {id: article, name: Sentences, unit: sentence, units: s.csv, roles: [judged_on]}
caveats: [Two articles are few.]
"""


@pytest.fixture(scope="session")
def another_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same tables, but of a study with two articles and one speaker group."""
    return build_project(tmp_path_factory.mktemp("another"), study=ANOTHER_STUDY)


@pytest.fixture
def mixed_project(project: Path, tmp_path: Path) -> Path:
    """A project whose passages were made anew, without a document, after everything else."""
    folder = shutil.copytree(project, tmp_path / "mixed")
    with chdir(folder):
        kept = [row for row in passage_rows() if row["document_id"] != "hostile"]
        write_rows(PASSAGES, kept)
        Path("outputs/embed/vectors.npy").unlink()
    return folder


@pytest.fixture(scope="session")
def rebuild() -> Callable[[Path], None]:
    """Runs the stage again in a project."""
    return make_page


@pytest.fixture
def visit(browser: Any, project: Path) -> Iterator[Visit]:
    one = Visit(browser, project, viewport={"width": 1280, "height": 900})
    yield one
    one.context.close()


@pytest.fixture(scope="session")
def silent_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a study without interviews and with two sides of documents."""
    before, _, after = ANOTHER_STUDY.partition("interviews:")
    field = "  - {id: field, name: field notes, documents: {kinds: [doctrine]}}\ncoded_sets:"
    study = before + after[after.index("sides:") :].replace("coded_sets:", field)
    folder = tmp_path_factory.mktemp("silent")
    return build_project(folder, with_findings=False, study=study)
