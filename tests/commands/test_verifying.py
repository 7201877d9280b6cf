"""A run is held against the reference run, which has no text of a document in it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.commands import verifying
from pipeline.commands.verifying import DIFFERENT, IDENTICAL, TABLES, WITHIN, write_reference
from pipeline.run.tables.compare import GAP
from pipeline.run.tables.table import Table, write_table
from pipeline.run.tables.texts import ACQUIRED, BLOCKS, DOCUMENTS, PASSAGES, write_vectors
from pipeline.run.tables.topics import ASSIGNMENTS, TOPICS

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "outputs" / "reference"
SECRET = "Decides that nobody may read this paragraph in a public repository"
DOCUMENT_IDS = ("s-1", "s-2")
TOPIC_OF = [0, 0, 0, 1, 1, 2, 2, 2]
RUNNER = CliRunner()

Frames = dict[str, pl.DataFrame]


def rows_of(table: Table, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a table; what they do not say is null, none or nothing."""
    empty = table.schema.create_empty()
    blank = {pl.Int64: 1, pl.Int32: None, pl.Float64: 0.5, pl.Boolean: True, pl.String: "x"}
    filled = [
        {
            name: row.get(name, blank.get(kind.base_type(), []))
            for name, kind in empty.schema.items()
        }
        for row in rows
    ]
    return pl.DataFrame(filled, schema=empty.schema)


def gap_rows(**changed: Any) -> pl.DataFrame:
    shared = {"direction": "undecided", "part_direction": "undecided"}
    one = {"theme_id": "escorts", "policy": 0.25} | shared | changed
    return rows_of(GAP, [one, {"theme_id": "host_state", "policy": 0.5} | shared])


def topic_rows(topics: list[int], names: str = "abc") -> tuple[pl.DataFrame, pl.DataFrame]:
    passages = [{"passage_id": f"p{i}", "topic_id": topic} for i, topic in enumerate(topics)]
    found = [{"topic_id": i, "label": name, "terms": [name]} for i, name in enumerate(names)]
    return rows_of(ASSIGNMENTS, passages), rows_of(TOPICS, found)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a run of eight passages of two documents, kept as the reference."""
    folder = tmp_path_factory.mktemp("made")
    for name in ("configs", "corpus/article", "corpus/coding"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copyfile(ROOT / "dvc.yaml", folder / "dvc.yaml")
    with chdir(folder):
        make_run()
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that project, in which we then are."""
    folder = shutil.copytree(made, tmp_path / "project")
    monkeypatch.chdir(folder)
    return folder


def make_run() -> None:
    for table, _ in TABLES:
        write_table(table, pl.DataFrame(table.schema.create_empty()))
    about = [
        {"document_id": name, "kind": "report", "symbol": name.upper(), "title": SECRET}
        for name in DOCUMENT_IDS
    ]
    acquired = [
        {
            "document_id": name,
            "status": "present",
            "origin": "fetched",
            "sha256": name,
            "reason": "",
        }
        for name in DOCUMENT_IDS
    ]
    write_table(DOCUMENTS, rows_of(DOCUMENTS, [one | {"date": None} for one in about]))
    write_table(ACQUIRED, rows_of(ACQUIRED, acquired))
    passages = [
        {"passage_id": f"p{i}", "document_id": DOCUMENT_IDS[i // 4], "block_id": f"b{i}"}
        | {"text": f"{SECRET} {i}", "section": SECRET, "role": "operative", "order": i}
        for i in range(8)
    ]
    write_table(PASSAGES, rows_of(PASSAGES, passages))
    write_table(BLOCKS, rows_of(BLOCKS, [{**one, "paragraph": 3} for one in passages]))
    write_vectors(np.eye(8, dtype=np.float32), {"name": "an encoder"})
    write_table(GAP, gap_rows())
    assignments, topics = topic_rows(TOPIC_OF)
    write_table(ASSIGNMENTS, assignments)
    write_table(TOPICS, topics)
    write_reference()


def verified() -> tuple[int, list[str]]:
    done = RUNNER.invoke(app, ["verify"])
    return done.exit_code, done.output.splitlines()


def test_the_run_that_the_reference_was_made_of_is_identical(run: Path) -> None:
    code, lines = verified()
    assert code == 0
    assert lines[-1] == f"The reference run: all {len(TABLES) + 3} tables are identical"
    assert {line.partition(": ")[2] for line in lines[:-1]} == {IDENTICAL}


def test_settings_that_changed_since_the_run_are_said_though_no_table_differs(run: Path) -> None:
    file = run / "configs/params.yaml"
    settings = file.read_text(encoding="utf-8")
    file.write_text(settings.replace("  n_topics: 38", "  n_topics: 31"), encoding="utf-8")
    code, lines = verified()
    file.write_text(settings, encoding="utf-8")
    assert code == 0
    assert "tables are identical; other settings: topics.n_topics" in lines[-1]


def test_the_same_run_gives_the_same_bytes(run: Path) -> None:
    before = {file.name: file.read_bytes() for file in write_reference()}
    assert before == {file.name: file.read_bytes() for file in write_reference()}


def test_no_text_of_a_document_is_kept(run: Path) -> None:
    kept = "".join(
        str(pl.read_parquet(file).to_dicts()) if file.suffix == ".parquet" else file.read_text()
        for file in Path("outputs/reference").iterdir()
    )
    assert "p7" in kept
    assert SECRET not in kept


def test_a_number_that_is_another_one_is_named(run: Path) -> None:
    write_table(GAP, gap_rows(policy=0.35))
    code, lines = verified()
    assert code == 1
    assert "gap: different (1 row with other values)" in lines
    assert "    theme_id escorts: policy 0.35, not 0.25" in lines
    assert lines[-1].startswith("Not the reference run: 1 of")


def test_a_number_is_the_same_within_what_another_processor_does(run: Path) -> None:
    write_table(GAP, gap_rows(policy=0.254))
    code, lines = verified()
    assert code == 0
    assert f"gap: {WITHIN} (by 0.004 at most)" in lines
    assert lines[-1].startswith("The reference run, 1 of")


def test_a_decision_that_is_another_one_is_different_however_near_the_numbers(run: Path) -> None:
    write_table(GAP, gap_rows(direction="more in interviews"))
    code, lines = verified()
    assert code == 1
    assert "    theme_id escorts: direction more in interviews, not undecided" in lines


def test_a_document_that_is_missing_is_the_likely_reason(run: Path) -> None:
    for table in (DOCUMENTS, ACQUIRED, PASSAGES):
        frame = pl.read_parquet(table.path)
        write_table(table, frame.filter(pl.col("document_id") != "s-2"))
    write_vectors(np.eye(8, dtype=np.float32)[:4], {"name": "an encoder"})
    code, lines = verified()
    assert code == 1
    assert "    documents missing: 1 (s-2)" in lines
    assert "    passage_id p4: missing" in lines
    assert lines[-1].endswith("documents missing: 1 (s-2)")


def test_a_document_with_other_bytes_is_named(run: Path) -> None:
    frame = pl.read_parquet(ACQUIRED.path)
    write_table(ACQUIRED, frame.with_columns(sha256=pl.lit("another")))
    assert "    documents changed: 2 (s-1, s-2)" in verified()[1]


def test_topics_in_another_order_are_the_same_topics(run: Path) -> None:
    assignments, topics = topic_rows([{0: 2, 1: 0, 2: 1}[topic] for topic in TOPIC_OF], "bca")
    write_table(ASSIGNMENTS, assignments)
    write_table(TOPICS, topics)
    code, lines = verified()
    assert code == 0, lines
    assert f"topics: {IDENTICAL}" in lines


def test_topics_that_hold_other_passages_are_different(run: Path) -> None:
    write_table(ASSIGNMENTS, topic_rows([0, 1, 2, 0, 1, 2, 0, 1])[0])
    code, lines = verified()
    assert code == 1
    assert any(line.startswith("assignments: different (adjusted Rand index -") for line in lines)


def test_a_topic_with_another_label_is_different(run: Path) -> None:
    write_table(TOPICS, topic_rows(TOPIC_OF, "abd")[1])
    assert "    topic_id 2: label d, not c; terms ['d'], not ['c']" in verified()[1]


def test_another_setting_and_another_coding_are_named(run: Path) -> None:
    settings = Path("configs/params.yaml")
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("seed: 20260406", "seed: 7"), encoding="utf-8")
    Path("corpus/coding/article-coder-ada.csv").write_text("unit_id,codes\n", encoding="utf-8")
    write_table(GAP, gap_rows(policy=0.35))
    lines = verified()[1]
    assert "    other settings: seed 7, not 20260406" in lines
    assert "    other codings: corpus/coding/article-coder-ada.csv" in lines


def test_another_version_and_processor_are_named(run: Path) -> None:
    file = Path("outputs/reference/run.json")
    facts = json.loads(file.read_text(encoding="utf-8"))
    facts["versions"]["numpy"], facts["processor"] = "0.1", "an abacus"
    file.write_text(json.dumps(facts), encoding="utf-8")
    write_table(GAP, gap_rows(policy=0.251))
    lines = verified()[1]
    assert f"    other versions: numpy {np.__version__}, not 0.1" in lines
    assert any(line.endswith(", not an abacus") for line in lines)


def test_a_package_that_the_reference_did_not_have_is_said_in_words(run: Path) -> None:
    file = Path("outputs/reference/run.json")
    facts = json.loads(file.read_text(encoding="utf-8"))
    used = facts["versions"].pop("tqdm")
    file.write_text(json.dumps(facts), encoding="utf-8")
    assert verified()[1][-1].endswith(f"identical; other versions: tqdm {used}, not set there")


def test_of_many_settings_the_first_three_are_named_and_one_that_is_absent_is_not_set(
    run: Path,
) -> None:
    file = Path("outputs/reference/run.json")
    facts = json.loads(file.read_text(encoding="utf-8"))
    facts["settings"] = {"a.gone": 5, "b.gone": 6, "c.gone": 7}
    file.write_text(json.dumps(facts), encoding="utf-8")
    write_table(GAP, gap_rows(policy=0.9))
    last = verified()[1][-1]
    begins = "Not the reference run: 1 of 31 tables differ, other settings: a.gone not set, not 5; "
    assert last.startswith(begins)
    assert re.search(r"; and \d\d+ more$", last)
    assert last.count(", not ") == 3
    assert "None" not in last


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("outputs/reference/run.json", "holds no reference run; to fix: "),
        ("outputs/reference/gap.parquet", "cannot be read"),
        ("outputs/compare/gap.parquet", "is missing; to fix: run: dvc repro compare"),
    ],
)
def test_what_is_missing_is_said_with_the_way_to_mend_it(run: Path, gone: str, said: str) -> None:
    Path(gone).unlink()
    code, lines = verified()
    assert code == 2
    assert said in lines[-1]


def test_facts_that_are_cut_short_are_said_with_the_way_to_mend_it(run: Path) -> None:
    file = Path("outputs/reference/run.json")
    file.write_bytes(file.read_bytes()[:-40])
    code, lines = verified()
    assert code == 2
    assert lines[-1].startswith(f"peacetext: {file}: cannot be read (JSONDecodeError); to fix: ")


# The reference run itself, which is in git


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> Callable[[Frames], dict[str, str]]:
    """Takes tables that are not as in the reference; how each table of a run with them is held."""
    known = json.loads((REFERENCE / "run.json").read_text(encoding="utf-8"))
    frames = {file.stem: pl.read_parquet(file) for file in REFERENCE.glob("*.parquet")}
    monkeypatch.chdir(ROOT)

    def held(changed: Frames) -> dict[str, str]:
        monkeypatch.setattr(verifying.runs, "run_facts", lambda: known)
        monkeypatch.setattr(verifying, "_tables_of_run", lambda: frames | changed)
        return {one.name: one.status for one in verifying.verify()[0]}

    return held


def kept(name: str) -> pl.DataFrame:
    return pl.read_parquet(REFERENCE / f"{name}.parquet")


def test_another_seed_s_topics_are_the_same_within(
    reference: Callable[[Frames], dict[str, str]],
) -> None:
    n = kept("topics").height
    numbers = dict(zip(range(n), np.random.default_rng(0).permutation(n).tolist(), strict=True))
    other = {file.stem: pl.read_parquet(file) for file in REFERENCE.glob("[!a]*.parquet")}
    by_topic = {name: one for name, one in other.items() if "topic_id" in one.columns}
    by_topic |= {name: kept(name) for name in ("alignment", "assignments")}
    changed = {
        name: one.with_columns(pl.col("^(topic|other)_id$").replace(numbers))
        for name, one in by_topic.items()
    }
    texts = {str(one): str(new) for one, new in numbers.items()}
    label = pl.when(pl.col("labels") == "topics").then(pl.col("label").replace(texts))
    changed["speaker_groups"] = other["speaker_groups"].with_columns(label=label.otherwise("label"))
    moved = changed["assignments"]
    at = pl.int_range(pl.len()) % 100 == 0  # one passage in a hundred is in another topic
    new = pl.when(at).then((pl.col("topic_id") + 1) % n).otherwise("topic_id")
    status = reference(changed | {"assignments": moved.with_columns(topic_id=new)})
    assert {name for name, held in status.items() if held != IDENTICAL} == {"assignments"}
    assert status["assignments"] == WITHIN
    # a count may differ by as many passages as have changed their topic, and not otherwise
    fewer = changed["by_mission"].with_columns(pl.col("n") - 3)
    assert reference(changed | {"by_mission": fewer})["by_mission"] == DIFFERENT
    both = {"by_mission": fewer, "assignments": moved.with_columns(topic_id=new)}
    assert reference(changed | both)["by_mission"] == WITHIN


def test_numbers_of_the_real_run_may_wander_and_no_further(
    reference: Callable[[Frames], dict[str, str]],
) -> None:
    gap = kept("gap")
    for far, expected in ((0.004, WITHIN), (0.006, DIFFERENT)):
        status = reference({"gap": gap.with_columns(pl.col("policy") + far)})
        assert status["gap"] == expected


def test_a_score_at_its_threshold_may_fall_on_the_other_side_and_few_may(
    reference: Callable[[Frames], dict[str, str]],
) -> None:
    scores = kept("scores")
    for share, expected in ((0.004, WITHIN), (0.006, DIFFERENT)):
        flipped = pl.int_range(pl.len()) < int(share * scores.height)
        assigned = pl.col("assigned").xor(flipped)
        assert reference({"scores": scores.with_columns(assigned)})["scores"] == expected


def test_vectors_of_another_model_are_different(
    reference: Callable[[Frames], dict[str, str]],
) -> None:
    for far, expected in ((1e-6, WITHIN), (1e-4, DIFFERENT)):
        moved = kept("passages").with_columns(pl.col("place") + far)
        assert reference({"passages": moved})["passages"] == expected


def strings_of(frame: pl.DataFrame) -> set[str]:
    lists = [name for name, kind in frame.schema.items() if kind == pl.List(pl.String)]
    texts = [frame[name].explode() for name in lists] + list(frame.select(pl.col(pl.String)))
    return {text for column in texts for text in column.unique().drop_nulls()}


def test_the_reference_run_names_passages_and_quotes_none() -> None:
    text = {"text", "title", "section", "found_text", "remarks"}
    for file in REFERENCE.glob("*.parquet"):
        ours = {"text"} if file.stem == "sentences" else set()
        assert text & {*pl.read_parquet_schema(file)} == ours
    assert sum(file.stat().st_size for file in REFERENCE.iterdir()) < 5_000_000


def test_no_string_of_the_reference_run_is_in_a_passage() -> None:
    passages = ROOT / "outputs/segment/passages.parquet"
    if not passages.is_file():
        pytest.skip("outputs/segment/passages.parquet is not there: run make first")
    said = "\n".join(pl.read_parquet(passages)["text"].unique()).casefold()
    found = set()
    for file in REFERENCE.glob("*.parquet"):
        long = {text for text in strings_of(pl.read_parquet(file)) if len(text) > 40}
        found |= {text for text in long if text.casefold() in said}
    assert found == set()
