"""How far the places of other programs can be believed, on many texts made of the article.

docs/importing.md gives the figures of a longer run.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from pipeline.imports.counting import PLAIN, Counting, ProgramText, Stretch, place_selections
from tests.export.test_import_kinds import SENTENCES

Span = tuple[int, int]
AS_ONE, MARK = "a line end as one", "the byte order mark too"


def a_text(chance: random.Random, line_end: str, mark: str, emoji: str) -> tuple[str, list[Span]]:
    """Forty sentences of the article in lines, and where each stands without the mark."""
    first = chance.randrange(len(SENTENCES) - 40)
    text, spans = "", []
    for words in SENTENCES[first : first + 40]:
        text += emoji if chance.random() < 0.2 else ""
        spans.append((len(text), len(text) + len(words)))
        text += words + (line_end if chance.random() < 0.6 else " ")
    return mark + text, spans


def a_phrase(chance: random.Random, text: str, sentence: Span) -> Span:
    """Three to twelve words of a sentence."""
    words = text[slice(*sentence)].split(" ")
    first = chance.randrange(max(1, len(words) - 6))
    start = sentence[0] + len(" ".join([*words[:first], ""]))
    taken = " ".join(words[first : first + chance.randrange(3, 12)])
    return start, start + len(taken)


def outcomes(
    seed: int, n: int, counting: Counting, made: tuple[str, str, str], *, phrase: bool, shift: int
) -> Counter[str]:
    """What becomes of ``n`` selections of a text: right, refused, or wrong."""
    chance = random.Random(seed)
    raw, spans = a_text(chance, *made)
    text = ProgramText(raw)
    edges = text.edges(counting)
    true = [a_phrase(chance, text.text, one) if phrase else one for one in chance.sample(spans, n)]
    given = [Stretch(int(edges[a]) + shift, int(edges[b]) + shift) for a, b in true]
    found: Counter[str] = Counter()
    for (start, end), span in zip(true, place_selections({0: (text, given)})[0].spans, strict=True):
        if isinstance(span, str):
            found["refused"] += 1
        else:
            shared = min(end, span[1]) - max(start, span[0])
            found["right" if shared > 0.8 * (end - start) else "wrong"] += 1
    return found


@pytest.mark.parametrize("phrase", [False, True])
@pytest.mark.parametrize(
    ("counting", "made"),
    [
        (PLAIN, ("\n", "", "")),
        (PLAIN, ("\r\n", "", "")),
        (Counting("characters", AS_ONE, ""), ("\r\n", "", "")),
        (Counting("characters", "", MARK), ("\n", "\ufeff", "")),
        (Counting("UTF-16 units", "", ""), ("\n", "", "🙂 ")),
        (Counting("UTF-16 units", AS_ONE, MARK), ("\r\n", "\ufeff", "🙂 ")),
        (Counting("characters", "a line end as two", ""), ("\n", "", "")),
        (Counting("bytes", "", ""), ("\n", "", "é ")),
    ],
)
def test_four_selections_tell_how_a_program_counts(
    counting: Counting, made: tuple[str, str, str], phrase: bool
) -> None:
    found: Counter[str] = Counter()
    for seed in range(25):
        found += outcomes(seed, 4, counting, made, phrase=phrase, shift=0)
    assert found["right"] >= 0.98 * found.total(), found


@pytest.mark.parametrize("phrase", [False, True])
@pytest.mark.parametrize("made", [("\n", "", ""), ("\r\n", "\ufeff", "🙂 ")])
def test_four_selections_that_nothing_explains_are_refused(
    made: tuple[str, str, str], phrase: bool
) -> None:
    found: Counter[str] = Counter()
    for seed in range(50):
        found += outcomes(seed, 4, PLAIN, made, phrase=phrase, shift=30 + 7 * seed)
    assert found["refused"] >= 0.97 * found.total(), found


def test_one_selection_is_not_believed_where_a_text_can_be_counted_in_many_ways() -> None:
    made = ("\r\n", "\ufeff", "🙂 ")
    found: Counter[str] = Counter()
    for seed in range(100):
        found += outcomes(seed, 1, PLAIN, made, phrase=True, shift=30 + 3 * seed)
    assert found["refused"] >= 98, found


def test_a_language_without_spaces_has_no_words_to_begin_at() -> None:
    text = ProgramText("维和行动的部署很慢。没有直升机。\n营地很远。")
    placed = place_selections({0: (text, [Stretch(10, 16)])})[0]
    assert placed.spans == ((10, 16),)
