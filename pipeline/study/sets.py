"""Coded sets of configs/study.yaml: what they were drawn from, and who coded: people or models."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from pipeline.run.settings import CheckedModel
from pipeline.run.wording import Kind, counted, listed

if TYPE_CHECKING:
    import polars as pl

SUGGESTED = "suggested"
"""The set of passages that a classifier was in doubt about: they are coded without being drawn."""
_NUMBER = r"^\d+\.?$"
"""What a numbered paragraph is called: 12, but not 12 (a)."""
Role = Literal["learnt_from", "judged_on", "estimated_with"]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Words = Annotated[str, Field(min_length=1)]
Maker = Literal["person", "language_model", "unknown"]
"""Who made a coding; unknown where the study does not say."""

COUNTS: dict[Maker, str] = {
    "person": "n_people",
    "language_model": "n_models",
    "unknown": "n_unknown",
}
"""The column that counts the codings of each."""

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class DocumentFilter(CheckedModel):
    """Documents by what they are: their kinds, and their missions (none named: all)."""

    kinds: tuple[Kind, ...] = Field(min_length=1, strict=False)
    missions: tuple[str, ...] = Field(default=(), strict=False)

    def include(self, kind: str, missions: Collection[str]) -> bool:
        """Whether a document of this kind, on these missions, is one of them."""
        return kind in self.kinds and (not self.missions or bool(set(missions) & {*self.missions}))

    @property
    def rows(self) -> pl.Expr:
        """The same for rows with the columns kind and missions."""
        import polars as pl

        of_kind = pl.col("kind").cast(pl.String).is_in(self.kinds)
        if not self.missions:
            return of_kind
        return of_kind & pl.any_horizontal(
            pl.col("missions").list.contains(mission) for mission in self.missions
        )


class Side(CheckedModel):
    """What is compared: passages of documents, or those of the articles that report interviews."""

    id: Id
    name: Words
    documents: DocumentFilter | None = None
    interviews: bool = False

    @model_validator(mode="after")
    def _one_kind(self) -> Side:
        if (self.documents is None) == (not self.interviews):
            problem = "is of documents or of interviews, and of one of them"
            raise ValueError(problem, "write either documents: or interviews: true")
        return self


class Population(DocumentFilter):
    """What coded units were drawn from.

    Attributes:
        words: fewest and most words of a paragraph.
        numbered: only paragraphs that carry a printed number.
        documents: only of these, by document_id; none named: of all of these kinds and missions.
    """

    words: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = Field(
        default=(1, 10_000), strict=False
    )
    numbered: bool = False
    documents: tuple[str, ...] = Field(default=(), strict=False)

    @property
    def document_rows(self) -> pl.Expr:
        """Documents that could have been drawn from, of the columns kind, missions, document_id."""
        import polars as pl

        named = pl.col("document_id").is_in(self.documents)
        return self.rows & named if self.documents else self.rows

    @property
    def drawable(self) -> pl.Expr:
        """Rows that could have been drawn, of the columns kind, missions and n_words.

        Where it needs them, of document_id and label too.
        """
        import polars as pl

        found = self.document_rows & pl.col("n_words").is_between(*self.words)
        return found & pl.col("label").str.contains(_NUMBER) if self.numbered else found

    @model_validator(mode="after")
    def _fewest_first(self) -> Population:
        fewest, most = self.words
        if fewest > most:
            problem = f"no paragraph has {fewest} words or more and {most} or fewer"
            raise ValueError(problem, f"write words: [{most}, {fewest}]")
        return self


class CodedSet(CheckedModel):
    """Units that were coded, in one file of units, with a file a coder.

    Attributes:
        id: also the beginning of the names of its files, ``<id>-coder-NAME.csv``.
        name: for a reader.
        unit: a sentence of an article, or a paragraph of another document.
        units: file of units in corpus/coding.
        roles: what it serves for.
        population: what the units were drawn from; None for all units of the articles.
        articles: document_ids of those whose sentences they are; empty for all.
    """

    id: Id
    name: Words
    unit: Literal["sentence", "paragraph"]
    units: Words
    roles: tuple[Role, ...] = Field(min_length=1, strict=False)
    population: Population | None = None
    articles: tuple[str, ...] = Field(default=(), strict=False)

    @property
    def drawn_units(self) -> pl.Expr:
        """Units of this set, of documents in its population, of the columns of both."""
        import polars as pl

        own = pl.col("unit_set").cast(pl.String) == self.id
        return own & self.population.rows if self.population else own

    @model_validator(mode="after")
    def _can_serve(self) -> CodedSet:
        if self.id == SUGGESTED:
            problem = f"{SUGGESTED} is the set of what `peacetext suggest` wrote"
            raise ValueError(problem, "give it another id")
        if self.unit == "paragraph" and "estimated_with" in self.roles and not self.population:
            problem = "nothing can be estimated with paragraphs of no known population"
            raise ValueError(problem, "say what they were drawn from: population")
        return self


class CoderNames(CheckedModel):
    """Coders of one kind.

    Attributes:
        kind: what they are.
        names: NAME of the files ``SET-coder-NAME.csv``, or ``adjudicated``.
        sets: of which coded sets (``suggested`` is one); none named: of all.
    """

    kind: Literal["person", "language_model"]
    names: tuple[str, ...] = Field(min_length=1, strict=False)
    sets: tuple[str, ...] = Field(default=(), strict=False)


class Coders(CheckedModel):
    """Who made which coding.

    Attributes:
        made_by: coders by what they are; the first that names one counts.
        people_decide: where people coded a unit, their codings alone are its codes.
        note: what else a reader should know of the coding; printed behind who coded.
    """

    made_by: tuple[CoderNames, ...] = Field(default=(), strict=False)
    people_decide: bool = True
    note: str = ""

    @model_validator(mode="after")
    def _named_once(self) -> Coders:
        seen: set[tuple[str, str]] = set()
        for one in self.made_by:
            named = {(name, of) for name in one.names for of in one.sets or ("",)}
            if seen & named:
                name = min(seen & named)[0]
                raise ValueError(f"says twice who made the codings of {name!r}")
            seen |= named
        return self

    def maker(self, set_id: str, name: str) -> Maker:
        """Who a coder of a set is; what names the set counts before what names none."""
        of_name = [one for one in self.made_by if name in one.names]
        of_set = [one for one in of_name if set_id in one.sets]
        for one in of_set or [one for one in of_name if not one.sets]:
            return one.kind
        return "unknown"


@dataclass(frozen=True)
class WhoCoded:
    """Who gave the codes of a run, in words.

    Attributes:
        people, models, unknown: codings of each set by each; a set without any counts as 0.
        people_decide: as for `Coders`.
        note: as for `Coders`.
    """

    people: tuple[int, ...] = ()
    models: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()
    people_decide: bool = True
    note: str = ""

    @property
    def sentence(self) -> str:
        """Who coded, in one plain sentence, and the study's note; empty where nothing is coded."""
        said = self._said()
        return " ".join(filter(None, [f"{said[0].upper()}{said[1:]}." if said else "", self.note]))

    @property
    def one_against_another(self) -> str:
        """What the agreement of two codings is called in a sentence."""
        if self._only(self.people):
            return "one person’s codes against another’s"
        return "one coding pass against another"

    @property
    def codings(self) -> str:
        """What a sentence calls all codings of a set."""
        return "people’s codings" if self._only(self.people) else "coding passes"

    @property
    def reader(self) -> str:
        """What a sentence calls whoever made one of them."""
        return "person" if self._only(self.people) else "coding pass"

    def _only(self, these: Sequence[int]) -> bool:
        every = sum(self.people) + sum(self.models) + sum(self.unknown)
        return 0 < sum(these) == every

    def _said(self) -> str:
        if not any((*self.people, *self.models, *self.unknown)):
            return ""
        if self._only(self.unknown):
            return "the study does not say whether people or language models gave the codes"
        if self._only(self.models):
            passes = "pass" if max(self.models) == 1 else "passes"
            return (
                f"large language models gave the codes, in {_numbers(self.models)} {passes} over "
                "each unit; no person has checked them"
            )
        if self._only(self.people):
            return f"people gave the codes; {_numbers(self.people)} of them coded each unit"
        makers = [
            name
            for name, these in (("people", self.people), ("large language models", self.models))
            if any(these)
        ]
        said = f"{listed(makers)} gave the codes"
        if len(makers) > 1:
            decides = "where people coded, their codes decide" if self.people_decide else ""
            said += f"; {decides or 'each coding counts alike'}"
        n = sum(self.unknown)
        open_ones = f"; of {counted(n, 'coding')} the study does not say who made it" if n else ""
        return said + (open_ones.replace("made it", "made them") if n > 1 else open_ones)


def _numbers(counts: Iterable[int]) -> str:
    """Fewest and most of what there is any of, in words.

    >>> _numbers((3, 3)), _numbers((1, 0, 2))
    ('three', 'one to two')
    """
    found = sorted({count for count in counts if count})
    words = [_NUMBERS[n] if n < len(_NUMBERS) else str(n) for n in found]
    return f"{words[0]} to {words[-1]}" if len(words) > 1 else words[0]


def makers_text(makers: Mapping[str, Maker]) -> str:
    """Who made which coding, for a person at the terminal, with a fix where it is not known.

    >>> makers_text({"1": "language_model", "ada": "person"})
    'ada by a person, 1 by a language model'
    """
    said = {"person": "by a person", "language_model": "by a language model"}
    named = [
        f"{listed([name for name, made in makers.items() if made == maker])} {by}"
        for maker, by in said.items()
        if maker in makers.values()
    ]
    open_ones = [name for name, made in makers.items() if made == "unknown"]
    if open_ones:
        fix = "to fix: name it under coders in configs/study.yaml"
        named.append(f"{listed(open_ones)} by nobody knows whom ({fix})")
    return ", ".join(named)


def who_coded(sets: pl.DataFrame, coders: Coders) -> WhoCoded:
    """Who gave the codes of this run.

    Args:
        sets: unit_set, n_people, n_models, n_unknown, as in tables.CoderAgreement.
        coders: of the study.
    """
    once = sets.unique("unit_set", keep="first", maintain_order=True)
    people, models, unknown = (once[name] for name in COUNTS.values())
    return WhoCoded(tuple(people), tuple(models), tuple(unknown), coders.people_decide, coders.note)
