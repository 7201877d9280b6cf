"""What a person writes into configs/ is checked, and the message says what to fix."""

from pathlib import Path

import pytest

from pipeline.run.errors import InputError
from pipeline.run.settings import PARAMS_FILE, load_settings
from pipeline.study.missions import load_missions


def test_the_settings_that_ship_are_valid() -> None:
    assert load_settings().seed >= 0
    assert load_missions()["MINUSMA"].host == "Mali"


def test_every_setting_that_ships_has_a_comment() -> None:
    lines = PARAMS_FILE.read_text(encoding="utf-8").splitlines()
    knobs = [line for line in lines if ": " in line and not line.startswith("#")]
    assert [line for line in knobs if " # " not in line] == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  min_samples: 5", "  min_sample: 5", "topics.min_sample (line"),
        ("  min_cluster_size: 30", "  min_cluster_size: 0", "topics.min_cluster_size (line"),
        ("  min_cluster_size: 30", "  min_cluster_size: many", "topics.min_cluster_size (line"),
        ("  profile: core", "  profile: corps", "acquire.profile (line"),
        ("seed: 20260406", "seeds: 20260406", "seeds (line"),
    ],
)
def test_a_wrong_setting_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    # given the settings that ship, with one mistake
    text = PARAMS_FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "params.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    # when they are loaded, then one line names the place and the fix
    with pytest.raises(InputError) as caught:
        load_settings(file)
    assert said in str(caught.value)
    assert "; to fix: " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "topics: {\n"])
def test_a_file_that_is_not_a_mapping_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "params.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="fix"):
        load_settings(file)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(InputError, match=r"nowhere\.yaml: is missing"):
        load_settings(Path("nowhere.yaml"))
