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
from typing import Any

import polars as pl
import pytest

from pipeline.report.material import Commit, commit_of
from pipeline.report.page import PAGES, registering_script, script_json
from pipeline.run.errors import StageError

ROOT = Path(__file__).parents[2]


def files_of(project: Path) -> dict[str, bytes]:
    folder = project / "outputs/report"
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def page_of(project: Path, name: str = "index") -> str:
    return (project / f"outputs/report/{name}.html").read_text(encoding="utf-8")


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def pages_of(project: Path) -> dict[str, str]:
    return {
        name.removesuffix(".html"): content.decode()
        for name, content in files_of(project).items()
        if name.endswith(".html")
    }


def test_text_of_a_document_cannot_leave_its_string() -> None:
    hostile = "</script><script>alert(1)</script>\u2028\u2029<!-- &"
    script = registering_script("name", {"text": hostile})
    assert not re.search(r"[<>&\u2028\u2029]", script)
    assert json.loads(script_json(hostile)) == hostile


def test_markup_in_titles_is_escaped_in_the_html(project: Path) -> None:
    html = "".join(pages_of(project).values())
    assert "<img src=x" not in html
    assert "<b>Patrols</b>" not in html
    assert "&lt;b&gt;Patrols&lt;/b&gt;" in html


def test_no_address_in_the_html_leads_to_a_script(project: Path) -> None:
    pages = pages_of(project)
    own = tuple(f"{name}.html" for name in pages)
    allowed = (
        "#",
        "https://",
        "static/",
        "figures/",
        "data/",
        "data:,",
        "commit.js",
        "../export/",
        *own,
    )
    for html in pages.values():
        addresses = re.findall(r'(?:href|src)="([^"]*)"', html)
        assert addresses
        assert [each for each in addresses if not each.startswith(allowed)] == []


def test_every_link_to_a_place_names_the_page_on_which_it_stands(project: Path) -> None:
    pages = pages_of(project)
    assert set(pages) == {"index", *PAGES, "methods", "explorer"}
    lost = []
    for name, html in pages.items():
        for file, place in re.findall(r'href="(?:([a-z]+)\.html)?#([^"?]+)"', html):
            if f'id="{place}"' not in pages[file or name] and place != "passages":
                lost.append((name, file, place))
    assert lost == []
    assert 'href="gap.html#gap-chart"' in pages["index"]


def test_every_page_marks_itself_in_the_one_navigation(project: Path) -> None:
    for name, html in pages_of(project).items():
        assert re.findall(r'href="(\w+).html" aria-current="page"', html) == [name]
        assert html.count("<h1") == 1


def test_the_story_is_short_and_shows_what_an_editor_would_keep(project: Path) -> None:
    figures = re.findall(r'<figure id="([^"]+)"', page_of(project))
    assert 1 <= len(figures) <= 4
    assert {"story-gap", "story-topics"} <= set(figures)
    found = page_of(project).partition('id="found"')[2].partition("</section>")[0]
    sentences = re.findall(r"[^.]+\.", text_of(found))
    assert len(set(sentences)) == len(sentences)


def test_a_further_side_is_drawn_beside_the_others_and_held_against_the_interviews(
    project: Path,
) -> None:
    script = (project / "outputs/report/data/charts-gap.js").read_text(encoding="utf-8")
    charts = json.loads(script.removeprefix('peacetext.register("charts",').rstrip(");\n"))

    def marks(figure_id: str, *keys: str) -> list[dict[str, Any]]:
        data = charts[figure_id]["datasets"].values()
        return [row for rows in data for row in rows if set(keys) <= set(row)]

    host = {row["series"]: row for row in marks("gap-parts", "series") if "host" in row["row"]}
    assert host["Reports"]["value"] == 0.2
    assert host["Reports"]["link"] == "explorer.html#passages?theme=host_state&side=reports"
    # nearer to what interviews say of the host state, further from what they say of force
    nearer: dict[tuple[str, bool], list[float]] = {}
    for row in marks("gap-reports", "value"):
        nearer.setdefault((row["row"], row.get("faint", False)), []).append(row["value"])
    assert nearer == {
        ("The host state", False): [-20, 20],
        ("Robust mandates and the use of force", True): [-5, -5],
    }
    columns = {row["column"] for row in marks("gap-reports-ways", "column")}
    assert "Mandates: corrected" in columns


def test_missing_documents_stand_on_the_first_screen(project: Path) -> None:
    html = page_of(project)
    opening = html[html.index('class="opening"') : html.index('id="found"')]
    assert "1 document of the manifest is unavailable: the network did not answer." in opening
    assert "S/2014/403" in opening


def test_findings_are_said_with_the_figures_of_the_run(project: Path) -> None:
    text = text_of(page_of(project))
    assert (
        "In interviews more is said of “Robust mandates and the use of force”, which is in 50% of "
        "passages against 10% in mandates." in text
    )
    assert "In mandates more is said of “The host state”, which is in 40% of passages" in text


def test_what_the_findings_say_at_length_stands_on_the_page_it_is_about(project: Path) -> None:
    said = "<strong>Speaker groups.</strong> Soldiers say &lt;b&gt;most&lt;/b&gt;."
    assert [name for name, html in pages_of(project).items() if said in html] == ["speakers"]


def test_a_difference_in_points_is_worth_its_points(project: Path) -> None:
    html = page_of(project, "gap")
    gap = html[html.index('id="gap-chart"') : html.index('id="gap-reports"')]
    assert 'data-value="30.0">+30<' in re.sub(r"<a [^>]*>", "", gap)


def test_what_was_not_computed_is_said_and_breaks_nothing(bare_project: Path) -> None:
    gap = page_of(bare_project, "gap")
    assert "Not computed in this run: the stage “compare” has not written it yet." in gap
    story = page_of(bare_project)
    assert "Nothing was computed in this run that could be said in a sentence." in story
    metrics = json.loads((bare_project / "outputs/report/metrics.json").read_text())
    assert "gap-chart" in metrics["not_computed"]


def test_the_page_of_a_study_without_interviews_does_not_speak_of_any(silent_project: Path) -> None:
    for html in pages_of(silent_project).values():
        text = re.sub(r"<label hidden>.*?</label>|<[^>]+>", "", html)
        assert not re.search("interview|speaker", text, re.IGNORECASE)
    assert "Papers over the years" in page_of(silent_project, "gap")
    assert "Not part of this study" in page_of(silent_project, "speakers")


def test_same_tables_give_the_same_bytes_and_no_file_of_a_larger_run_is_left(
    project: Path, rebuild: Callable[[Path], None]
) -> None:
    before = files_of(project)
    (project / "outputs/report/data/passages-999.js").write_text("old")
    rebuild(project)
    assert files_of(project) == before


def test_no_path_of_this_machine_is_in_the_page(project: Path) -> None:
    for name, content in files_of(project).items():
        if name != "static/vega.js":
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
    html = page_of(project, "methods")
    offered = html[html.index('id="take"') : html.index('id="cite"')]
    assert 'href="../export/peacetext.qdpx"' in offered
    assert "161 documents with the codebook, 1,200 coded places" in offered
    without = page_of(bare_project, "methods")
    assert "the stage “export” has not written it yet" in without
    assert "../export/" not in without


def test_the_page_names_versions_and_fingerprints_of_what_it_was_made_from(project: Path) -> None:
    html = page_of(project, "methods")
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
    html = "".join(pages_of(another_project).values())
    text = text_of(html)

    assert "<title>Borrowed hours</title>" in html
    assert "Whose voice a mission lends an ear to" in text
    assert "“Off the Air”, <em>Journal of Radio</em>." in html
    assert "made from the articles, so this count leans towards interviews." in text
    assert "Two articles are few." in text
    assert "Technicians" in text
    assert [
        word for word in ("the article ", "article’s", "Gilder", "UN civilians") if word in text
    ] == []


def reference(name: str) -> pl.DataFrame:
    return pl.read_parquet(ROOT / f"outputs/reference/{name}.parquet")


def test_a_run_without_un_documents_shows_what_the_published_run_found(
    alone_project: Path, project: Path
) -> None:
    assert 'href="reference/index.html"' in page_of(alone_project)
    story = text_of(page_of(alone_project, "reference/index"))
    assert "Reference findings." in story
    # the sentences and figures of the published run, not of this one
    for piece in reference("sentences").filter(pl.col("length") == "short")["text"]:
        assert " ".join(piece.split()) in story
    assert f"{reference('passages').height:,}" in story
    # a run that read UN documents has findings of its own
    assert not (project / "outputs/report/reference/index.html").exists()
    assert 'href="reference/' not in page_of(project)


def test_reference_findings_hold_every_passage_and_no_word_of_a_un_document(
    alone_project: Path,
) -> None:
    chunks = [
        json.loads(content.split(b",", 1)[1].removesuffix(b");\n"))
        for name, content in files_of(alone_project).items()
        if name.startswith("reference/data/passages-")
    ]
    of_article = reference("passages").filter(pl.col("document_id") == "gilder-2026")
    assert sum(len(chunk["id"]) for chunk in chunks) == reference("passages").height
    for chunk in chunks:
        for passage_id, text in zip(chunk["id"], chunk["text"], strict=True):
            assert not text or passage_id in set(of_article["passage_id"])


def test_no_link_of_the_reference_pages_is_dead(alone_project: Path) -> None:
    folder = alone_project / "outputs/report/reference"
    for page in folder.glob("*.html"):
        links = re.findall(r'(?:href|src)="([^"#?:]+)[^":]*"', page.read_text(encoding="utf-8"))
        assert links
        assert [link for link in links if not (folder / link).is_file()] == []
