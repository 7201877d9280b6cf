"""The page as files: whole, repeatable, honest about what is absent."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from hashlib import sha256
from html import unescape
from importlib.metadata import version
from pathlib import Path

import pytest

from pipeline.report.page import Commit, commit_of, registering_script, script_json
from pipeline.run.errors import StageError


def files_of(project: Path) -> dict[str, bytes]:
    folder = project / "outputs/report"
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_text_of_a_document_cannot_leave_its_string() -> None:
    hostile = "</script><script>alert(1)</script>\u2028\u2029<!-- &"
    script = registering_script("name", {"text": hostile})
    assert not re.search(r"[<>&\u2028\u2029]", script)
    assert json.loads(script_json(hostile)) == hostile


def test_markup_in_titles_is_escaped_in_the_html(project: Path) -> None:
    html = (project / "outputs/report/index.html").read_text(encoding="utf-8")
    assert "<img src=x" not in html
    assert "<b>Patrols</b>" not in html
    assert "&lt;b&gt;Patrols&lt;/b&gt;" in html


def test_no_address_in_the_html_leads_to_a_script(project: Path) -> None:
    html = (project / "outputs/report/index.html").read_text(encoding="utf-8")
    addresses = re.findall(r'(?:href|src)="([^"]*)"', html)
    allowed = ("#", "https://", "static/", "data/", "data:,", "commit.js", "../export/")
    assert addresses
    assert [each for each in addresses if not each.startswith(allowed)] == []


def test_a_further_side_is_drawn_beside_the_others_and_held_against_the_interviews(
    project: Path,
) -> None:
    script = (project / "outputs/report/data/charts.js").read_text(encoding="utf-8")
    charts = json.loads(script.removeprefix('peacetext.register("charts",').rstrip(");\n"))

    marks = {
        row["name"]: {mark["name"]: mark for mark in row["marks"]}
        for row in charts["gap-parts"]["rows"]
    }
    assert marks["The host state"]["reports"]["value"] == 0.2
    assert marks["The host state"]["reports"]["link"] == ("#passages?theme=host_state&side=reports")
    # nearer to what interviews say of the host state, further from what they say of force
    nearer = {
        row["name"]: (row["faint"], [mark["value"] for mark in row["marks"]])
        for row in charts["gap-reports"]["rows"]
    }
    assert nearer["The host state"] == (False, [-0.2, 0.2])
    assert nearer["Robust mandates and the use of force"] == (True, [-0.05, -0.05])
    assert len(charts["gap-reports"]["rows"]) == 2
    assert charts["gap-reports-ways"]["columns"][0]["name"] == "Mandates: corrected"


def test_missing_documents_stand_on_the_first_screen(project: Path) -> None:
    html = (project / "outputs/report/index.html").read_text(encoding="utf-8")
    opening = html[html.index('class="opening"') : html.index('id="corpus"')]
    assert "1 document of the manifest is unavailable: the network did not answer." in opening
    assert "S/2014/403" in opening


def test_findings_are_said_with_the_figures_of_the_run(project: Path) -> None:
    html = (project / "outputs/report/index.html").read_text(encoding="utf-8")
    found = html[html.index('id="found"') : html.index('id="gap"')]
    text = " ".join(re.sub(r"<[^>]+>", "", found).split())
    assert "In interviews more is said of “Robust mandates and the use of force” (10% of" in text
    assert "In mandates more is said of “The host state” (40% of passages in mandates" in text


def test_the_sentences_come_first_and_the_half_page_keeps_its_run_in_heads(project: Path) -> None:
    html = (project / "outputs/report/index.html").read_text(encoding="utf-8")
    assert html.index('id="found"') < html.index('id="plain-words"') < html.index('id="corpus"')
    assert "<strong>Speaker groups.</strong> Soldiers say &lt;b&gt;most&lt;/b&gt;." in html


def test_a_difference_in_points_is_worth_its_points(project: Path) -> None:
    html = (project / "outputs/report/index.html").read_text(encoding="utf-8")
    gap = html[html.index('id="gap-chart"') : html.index('id="gap-parts"')]
    assert 'data-value="30.0">+30<' in re.sub(r"<a [^>]*>", "", gap)


def test_what_was_not_computed_is_said_and_breaks_nothing(bare_project: Path) -> None:
    html = (bare_project / "outputs/report/index.html").read_text(encoding="utf-8")
    assert "Not computed in this run: the stage “compare” has not written it yet." in html
    assert "Nothing was computed in this run that could be said in a sentence." in html
    metrics = json.loads((bare_project / "outputs/report/metrics.json").read_text())
    assert "gap-chart" in metrics["not_computed"]


def test_the_page_of_a_study_without_interviews_does_not_speak_of_any(silent_project: Path) -> None:
    html = (silent_project / "outputs/report/index.html").read_text(encoding="utf-8")
    text = re.sub(r"<label hidden>.*?</label>|<[^>]+>", "", html)
    assert not re.search("interview|speaker", text, re.IGNORECASE)
    assert "Papers over the years" in text


def test_same_tables_give_the_same_bytes(project: Path, rebuild: Callable[[Path], None]) -> None:
    before = files_of(project)
    rebuild(project)
    assert files_of(project) == before


def test_files_of_an_earlier_larger_run_are_removed(
    project: Path, rebuild: Callable[[Path], None]
) -> None:
    stale = project / "outputs/report/data/passages-999.js"
    stale.write_text("old")
    rebuild(project)
    assert not stale.exists()


def test_no_path_of_this_machine_is_in_the_page(project: Path) -> None:
    for name, content in files_of(project).items():
        if name not in ("static/plotly.min.js", "static/vega.js"):
            assert str(project).encode() not in content


def test_tables_of_different_runs_are_refused_and_the_page_stays(
    mixed_project: Path, rebuild: Callable[[Path], None]
) -> None:
    before = files_of(mixed_project)
    with pytest.raises(StageError, match=r"7 passages that are not in .*dvc repro topics"):
        rebuild(mixed_project)
    assert files_of(mixed_project) == before


@pytest.mark.parametrize("name", ["index.html", "data/index.js", "data/passages-000.js"])
def test_files_are_utf8(project: Path, name: str) -> None:
    files_of(project)[name].decode("utf-8")


def test_the_exports_are_offered_with_their_figures(project: Path, bare_project: Path) -> None:
    html = (project / "outputs/report/index.html").read_text(encoding="utf-8")
    offered = html[html.index('id="take"') : html.index('id="cite"')]
    assert 'href="../export/peacetext.qdpx"' in offered
    assert "161 documents with the codebook, 1,200 coded places" in offered
    without = (bare_project / "outputs/report/index.html").read_text(encoding="utf-8")
    assert "the stage “export” has not written it yet" in without
    assert "../export/" not in without


def test_the_page_names_versions_and_fingerprints_of_what_it_was_made_from(project: Path) -> None:
    html = (project / "outputs/report/index.html").read_text(encoding="utf-8")
    facts = html[html.index('id="facts"') :]
    gap = sha256((project / "outputs/compare/gap.parquet").read_bytes()).hexdigest()
    assert gap in facts
    assert version("polars") in facts
    assert version("bertopic") in facts


def test_the_commit_is_told_beside_the_page_not_in_it(tmp_path: Path, project: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)

    # given a folder that git does not know
    assert commit_of(tmp_path) == Commit()
    # when it has a commit, and then a change that is not committed
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline/code.py").write_text("1")
    git("init", "-q")
    git("add", ".")
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one")
    made = commit_of(tmp_path)
    (tmp_path / "pipeline/code.py").write_text("2")
    # then both are told
    assert re.fullmatch("[0-9a-f]{12}", made.id)
    assert not made.changed
    assert commit_of(tmp_path) == Commit(made.id, changed=True)
    assert (project / "outputs/report/commit.js").is_file()


def test_the_page_of_another_study_speaks_of_that_study(another_project: Path) -> None:
    html = (another_project / "outputs/report/index.html").read_text(encoding="utf-8")
    text = " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())

    assert "<title>Borrowed hours</title>" in html
    assert "Whose voice a mission lends an ear to" in text
    assert "“Off the Air”, <em>Journal of Radio</em>." in html
    assert "The codebook was made from the articles, which favours interviews." in text
    assert "Two articles are few." in text
    assert "Technicians" in text
    assert [
        word for word in ("the article ", "article’s", "Gilder", "UN civilians") if word in text
    ] == []
