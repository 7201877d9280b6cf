"""`make` runs acquire again only when a missing document could be had now."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.acquire.__main__ import acquire
from pipeline.commands.running import is_pending

CONFIGS = Path("configs").resolve()
ROOT = Path.cwd()


@pytest.fixture(autouse=True)
def in_project(project, monkeypatch: pytest.MonkeyPatch):
    shutil.copytree(CONFIGS, project.folder / "configs")
    monkeypatch.chdir(project.folder)
    return project


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What is wrong with each host; a host that is not here does not answer."""
    hosts: dict[str, str] = {}

    def probe(addresses: list[str], *_: object) -> dict[str, str]:
        found = {address.split("/")[2] for address in addresses}
        return {host: hosts.get(host, "did not answer") for host in found}

    monkeypatch.setattr("pipeline.acquire.sessions.probe", probe)
    monkeypatch.setattr("pipeline.acquire.sources.probe", probe)
    return hosts


def test_nothing_is_pending_when_all_is_there(project, monkeypatch) -> None:
    monkeypatch.setenv("PEACETEXT_MIRROR", str(project.mirror))
    acquire()

    monkeypatch.setattr("pipeline.acquire.sessions.probe", None)  # asking would fail
    assert not is_pending()


def test_missing_documents_are_pending_once_the_network_answers(project, network) -> None:
    acquire()
    assert not is_pending()

    network["documents.example"] = ""
    assert is_pending()


def test_missing_documents_are_pending_once_a_mirror_has_them(
    project, network, monkeypatch
) -> None:
    acquire()
    monkeypatch.setenv("PEACETEXT_MIRROR", str(project.mirror))
    assert is_pending()

    shutil.rmtree(project.mirror)
    project.mirror.mkdir()
    assert not is_pending()


def test_a_mirror_whose_copy_is_wrong_makes_nothing_pending(project, network, monkeypatch) -> None:
    for file in (project.mirror / "resolutions").iterdir():
        file.write_bytes(b"<a>Another text.</a>")
    monkeypatch.setenv("PEACETEXT_MIRROR", str(project.mirror))
    acquire()
    Path("corpus/un/resolutions").mkdir(parents=True, exist_ok=True)

    assert not is_pending()


def test_a_mirror_at_an_address_is_asked_whether_it_answers(
    project, web_mirror, monkeypatch
) -> None:
    server, _ = web_mirror
    acquire()
    monkeypatch.setenv("PEACETEXT_MIRROR", server.address)

    assert is_pending()


def test_a_corrupt_document_is_pending_like_a_missing_one(project, monkeypatch) -> None:
    monkeypatch.setenv("PEACETEXT_MIRROR", str(project.mirror))
    acquire()
    Path("corpus/un/resolutions/mali.xml").write_bytes(b"<akomaNtoso>")

    assert is_pending()


def test_an_optional_document_is_asked_for_when_the_network_comes_back_but_not_at_every_make(
    project, network, monkeypatch
) -> None:
    (project.mirror / "cited" / "report.pdf").unlink()
    monkeypatch.setenv("PEACETEXT_MIRROR", str(project.mirror))
    acquire()
    assert not is_pending()

    network["documents.example"] = ""
    assert is_pending()

    metrics = Path("outputs/acquire/metrics.json")
    refused = json.loads(metrics.read_text()) | {"missing": {"documents.example answered 404": {}}}
    metrics.write_text(json.dumps(refused))
    assert not is_pending()

    yesterday = time.time() - 86_400
    os.utime(metrics, (yesterday, yesterday))
    assert is_pending()


def test_before_the_first_run_nothing_optional_is_pending(project, network) -> None:
    network["documents.example"] = ""
    rows = Path("corpus/manifest.csv").read_text().splitlines()
    Path("corpus/manifest.csv").write_text("\n".join([*rows[:2], rows[-1]]) + "\n")

    assert not is_pending()


def test_to_ask_loads_no_heavy_library(project, monkeypatch) -> None:
    monkeypatch.setenv("PEACETEXT_MIRROR", str(project.mirror))
    acquire()
    ask = (
        "import sys\n"
        "from pipeline.commands.running import is_pending\n"
        "heavy = {'polars', 'requests', 'pypdfium2', 'numpy', 'torch'}\n"
        "print(is_pending(), sorted(heavy & set(sys.modules)))\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)

    assert done.stdout.strip() == "False []", done.stderr
