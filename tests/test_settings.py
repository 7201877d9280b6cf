"""What a person writes into configs/ is checked, and the message says what to fix."""

from pathlib import Path

import pytest

from pipeline.run.errors import InputError
from pipeline.run.settings import PARAMS_FILE, load_settings, way_back
from pipeline.study.study import load_missions


def test_the_settings_that_ship_are_valid() -> None:
    assert load_settings().seed >= 0
    assert load_missions()["MINUSMA"].host == "Mali"


def test_every_setting_that_ships_has_a_comment() -> None:
    lines = PARAMS_FILE.read_text(encoding="utf-8").splitlines()
    knobs = [line for line in lines if ": " in line and not line.startswith("#")]
    assert [line for line in knobs if " # " not in line] == []


def _refused(tmp_path: Path, old: str, new: str) -> str:
    """What is said of the settings that ship, with one mistake."""
    text = PARAMS_FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "params.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_settings(file)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  refits: 2", "  refit: 2", "topics.refit (line"),
        ("  n_groups: 40", "  n_groups: 0", "topics.n_groups (line"),
        ("  n_topics: 38", "  n_topics: many", "topics.n_topics (line"),
        ("  profile: core", "  profile: corps", "acquire.profile (line"),
        ("seed: 20260406", "seeds: 20260406", "seeds (line"),
    ],
)
def test_a_wrong_setting_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    refused = _refused(tmp_path, old, new)

    assert said in refused
    assert "; to fix: " in refused
    assert "\n" not in refused


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "topics: {\n"])
def test_a_file_that_is_not_a_mapping_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "params.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="fix"):
        load_settings(file)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(InputError, match=r"nowhere\.yaml: is missing"):
        load_settings(Path("nowhere.yaml"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  n_groups: 40", "  n_groups: '40'", "'40' is not a whole number; to fix: write a nu"),
        ("  n_groups: 40", "  n_groups: 0", "0 is below 2; to fix: write a larger number"),
        ("  profile: core", "  profile: corps", "'corps' is none of 'core', 'reports', 'full'"),
        ("  leave_out_procedural: true", "  leave_out_procedural: 1", "is neither true nor false"),
        ("  n_topics: 38", "  n_topics: many", "'many' is not a whole number, nor 'auto'; to"),
        ("seed: 20260406", "seed: 20260406\nseed: 1", "seed is there twice, first in line"),
        ("seed: 20260406", "seed: [1", "to fix: correct this line or the one above"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert said in _refused(tmp_path, old, new)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "  weights: {model.safetensors: 78",
            "  #",
            "has a revision and no weights; to fix: add weights: {model.safetensors: its",
        ),
        ("revision: e8c3b", "revision: main #", "'main' has not 40 hexadecimal digits; to fix: "),
        ("safetensors: 78c0", "safetensors: 78C0", "has not 64 hexadecimal digits; to fix: write"),
        ("{model.safetensors: 78", "{model.bin: 78", "'model.bin' is no safetensors file of a mod"),
        ('prompt: "query: "', "prompts: query", "prompts (line"),
        ("batch_size: auto", "batch_size: 0", "embed.batch_size"),
    ],
)
def test_a_model_that_is_not_pinned_rightly_is_named(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    refused = _refused(tmp_path, old, new)
    assert said in refused
    assert "params.yaml: embed." in refused


def test_an_entry_of_a_list_has_its_own_line(tmp_path: Path) -> None:
    file = tmp_path / "missions.yaml"
    file.write_text("ONE:\n  names:\n    - First\n    - 2\n  host: Mali\n  period: [1, 2]\n")
    with pytest.raises(InputError, match=r"ONE\.names\.1 \(line 4\): 2 is not text; to fix: put"):
        load_missions(file)
    file.write_text("ONE:\n  names: First\n  host: Mali\n  period: [1, 2]\n")
    with pytest.raises(InputError, match=r"ONE\.names \(line 2\): 'First' is not a list; to fix:"):
        load_missions(file)


def test_another_encoding_is_no_matter_of_indentation(tmp_path: Path) -> None:
    file = tmp_path / "missions.yaml"
    file.write_bytes("ONE: é\n".encode("latin-1"))
    with pytest.raises(InputError, match="is not UTF-8; to fix: save it as UTF-8"):
        load_missions(file)


def test_the_way_back_to_a_file_is_one_that_is_open_to_the_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert way_back(PARAMS_FILE).startswith("go into the folder of a study")
    (tmp_path / "dvc.yaml").touch()
    assert way_back(PARAMS_FILE).startswith("see configs/params.yaml of a new study")
    (tmp_path / ".git").mkdir()
    assert way_back(PARAMS_FILE) == "see how it was: git show HEAD:./configs/params.yaml"
