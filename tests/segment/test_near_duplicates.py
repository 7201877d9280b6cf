"""Near-duplicates are one near_duplicates, named by the earliest; what only sounds alike is not."""

from __future__ import annotations

import re
from datetime import date
from itertools import combinations

import polars as pl
import pytest

from pipeline.segment.__main__ import find_near_duplicates, shingle

EXTENDS = (
    "Decides to extend until {year} the mandate of MONUSCO in the Congo, "
    "including, on an exceptional basis and without creating a precedent or any prejudice to the "
    "basic principles of peacekeeping, its Force Intervention Brigade;"
)
CONDEMNS = (
    "Condemning the illicit flow of weapons within and into the Democratic Republic of the Congo "
    "in violation of resolutions 1533 (2004), 1807 (2008) and 1857 (2008),"
)
TEXTS = {
    "new": ["Expressing its appreciation to troops,", EXTENDS.format(year="20 December 2022")],
    "old": [CONDEMNS, EXTENDS.format(year="20 December 2018")],
    "undated": [EXTENDS.format(year="20 December 2018"), "Decides to remain seized"],
}
DATES = {"new": date(2021, 12, 20), "old": date(2018, 3, 27), "undated": None}


Triples = set[tuple[str, ...]]


def triples(text: str) -> Triples:
    """Worked with words and nothing of the pipeline."""
    words = re.findall(r"[^\W_]+", text.lower())
    return set(zip(words, words[1:], words[2:], strict=False)) or {tuple(words)}


def jaccard(left: Triples, right: Triples) -> float:
    """Shared over all."""
    return len(left & right) / len(left | right)


def _passages(texts: dict[str, list[str]]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"passage_id": f"{name}.{order}", "document_id": name, "order": order, "text": text}
            for name, paragraphs in texts.items()
            for order, text in enumerate(paragraphs)
        ]
    )


def _documents(dates: dict[str, date | None]) -> pl.DataFrame:
    return pl.DataFrame({"document_id": list(dates), "date": list(dates.values())})


def _near_duplicates(
    texts: dict[str, list[str]], threshold: float = 0.7
) -> dict[str, tuple[str, int]]:
    found = find_near_duplicates(_passages(texts), _documents(DATES), threshold)
    assert found["passage_id"].to_list() == _passages(texts)["passage_id"].to_list()
    rows = found.select("passage_id", "near_duplicate_group", "n_members").iter_rows()
    return {passage: (near_duplicates, members) for passage, near_duplicates, members in rows}


def test_a_mandate_extended_again_joins_the_earliest_and_undated_ones_come_last() -> None:
    found = _near_duplicates(TEXTS)
    assert found["new.1"] == found["undated.0"] == found["old.1"] == ("old.1", 3)
    assert found["old.0"] == ("old.0", 1)
    assert found["undated.1"] == ("undated.1", 1)


def test_with_a_threshold_of_one_only_the_same_words_are_near_duplicates() -> None:
    found = _near_duplicates(TEXTS, threshold=1.0)
    assert found["undated.0"] == ("old.1", 2)
    assert found["new.1"] == ("new.1", 1)


def test_small_changes_over_the_years_do_not_chain_texts_that_have_little_in_common() -> None:
    words = [f"word{number}" for number in range(60)]
    versions = [" ".join([*(["other"] * k), *words[k:]]) for k in range(0, 40, 5)]
    texts = {"old": versions}
    found = find_near_duplicates(_passages(texts), _documents(DATES), 0.7)
    assert jaccard(triples(versions[0]), triples(versions[-1])) < 0.5
    assert found["near_duplicate_group"].n_unique() > 1
    for near_duplicate_group, members in found.group_by("near_duplicate_group"):
        first = versions[int(str(near_duplicate_group[0]).split(".")[1])]
        for passage_id in members["passage_id"]:
            version = versions[int(passage_id.split(".")[1])]
            assert jaccard(triples(first), triples(version)) >= 0.7


def test_the_similarity_of_two_sentences_worked_by_hand() -> None:
    # 6 words have 4 triples; the last word differs, so 3 of 5 different triples are shared
    texts = {"old": ["one two three four five six", "One two, three four five seven."]}
    found = find_near_duplicates(_passages(texts), _documents(DATES), 3 / 5)
    assert found["near_duplicate_group"].unique().to_list() == ["old.0"]
    assert found["similarity"].to_list() == [1.0, 0.6]
    assert find_near_duplicates(_passages(texts), _documents(DATES), 0.61)[
        "n_members"
    ].to_list() == [1, 1]


def test_shingles_are_numbered_by_how_many_texts_have_them() -> None:
    texts = ["a b c d", "A, b-c!", "b c d", "c d", "c d e", "", "d"]
    shingles, lowest_shared = shingle(texts)
    numbers = [one.tolist() for one in shingles]
    assert numbers[1][0] in numbers[0]
    assert numbers[2][0] in numbers[0]
    # short texts are alike only where all their words are
    assert len({each for one in numbers for each in one}) == 6
    assert [len(one) for one in numbers] == [2, 1, 1, 1, 1, 1, 1]
    assert min(numbers[0]) > max(max(one) for one in numbers[3:])
    assert lowest_shared == min(numbers[0])


@pytest.mark.mirror
def test_similarity_is_that_of_sets_of_words_on_real_passages(mandates: pl.DataFrame) -> None:
    found = find_near_duplicates(mandates, _documents(dict.fromkeys(mandates["document_id"])), 0.5)
    sets = {row["passage_id"]: triples(row["text"]) for row in mandates.to_dicts()}
    for row in found.to_dicts():
        expected = jaccard(sets[row["passage_id"]], sets[row["near_duplicate_group"]])
        assert row["similarity"] == pytest.approx(expected, abs=1e-6)


def test_a_threshold_is_reached_exactly() -> None:
    # given 100 triples and a part of them, 55: to a computer .55 times 100 is more than 55
    words = [f"word{number}" for number in range(102)]
    texts = {"old": [" ".join(words), " ".join(words[:57])]}
    found = find_near_duplicates(_passages(texts), _documents(DATES), 0.55)
    assert found["similarity"].to_list() == [1.0, 0.55]


def test_no_passages_give_no_groups() -> None:
    found = find_near_duplicates(_passages(TEXTS).head(0), _documents(DATES), 0.7)
    assert found.is_empty()


@pytest.mark.mirror
def test_no_near_duplicate_is_overlooked_among_the_mandates_of_a_mission(
    mandates: pl.DataFrame,
) -> None:
    """Against the comparison of every passage with every other."""
    found = find_near_duplicates(mandates, _documents(dict.fromkeys(mandates["document_id"])), 0.7)
    sets = [triples(text) for text in mandates["text"]]
    near_duplicates = dict(found.select("passage_id", "near_duplicate_group").iter_rows())
    ids = mandates["passage_id"].to_list()
    firsts = {i for i, passage_id in enumerate(ids) if near_duplicates[passage_id] == passage_id}
    overlooked = [
        (ids[left], ids[right])
        for left, right in combinations(sorted(firsts), 2)
        if jaccard(sets[left], sets[right]) >= 0.7
    ]
    assert overlooked == []
    assert found.height > found["near_duplicate_group"].n_unique() > 100
