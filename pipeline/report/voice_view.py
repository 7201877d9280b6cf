"""Voices: which groups of interviewees speak of what, as the article reports them."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline import tables
from pipeline.report.elements import Cell, Chart, Figure, Key, Section, grid, passages_link, said
from pipeline.report.material import Material
from pipeline.report.numbers import count_cell, counted, percent, rounded, share_cell, voice_name
from pipeline.tables import VOICES


def section(material: Material) -> Section:
    """Themes and topics by speaker group."""
    return Section(
        "voices",
        "Voices",
        "Who speaks of what",
        (
            said(
                "The article’s endnotes name who was interviewed. Each passage that cites an "
                "interview is counted for every group that its notes name."
            ),
        ),
        (_how_often(material), _figure(material, "themes"), _figure(material, "topics")),
    )


def _how_often(material: Material) -> Figure:
    passages = material.frame(tables.PASSAGES)
    notes = material.frame(tables.NOTES)
    rows = []
    for voice in VOICES:
        n = passages.filter(pl.col("voices").list.contains(voice)).height
        n_notes = notes.filter(pl.col("voices").list.contains(voice)).height
        if n:
            rows.append((voice, n, n_notes))
    rows.sort(key=lambda row: -row[1])
    return Figure(
        "voices-passages",
        "How often each group is cited",
        "Passages of the article that cite an interview with each group, or with several.",
        "It is how often the author cites a group, not how many people were interviewed.",
        Chart(
            "bars",
            {
                "axis": "Passages",
                "rows": [
                    {
                        "name": voice_name(voice),
                        "value": n,
                        "note": counted(n_notes, "note"),
                        "link": passages_link(voice=voice),
                    }
                    for voice, n, n_notes in rows
                ],
            },
        ),
        grid(
            ["Group", "Passages", "Notes"],
            [
                (
                    Cell(voice_name(voice)),
                    count_cell(n, passages_link(voice=voice)),
                    count_cell(n_notes),
                )
                for voice, n, n_notes in rows
            ],
        ),
        absent="" if rows else "No passage that was read cites an interview.",
    )


def _figure(material: Material, labels: str) -> Figure:
    shares = material.frame(tables.VOICE_SHARES).filter(pl.col("labels").cast(pl.String) == labels)
    keyed = {(row["label"], str(row["voice"])): row for row in shares.iter_rows(named=True)}
    voices = [voice for voice in VOICES if any(voice == key[1] for key in keyed)]
    totals = shares.group_by("label", maintain_order=True).agg(pl.col("n").sum())
    ordered = totals.sort("n", descending=True, maintain_order=True)["label"].to_list()
    themes = labels == "themes"
    rate = material.settings.compare.false_discovery_rate
    differ = any(_differs(row, rate) for row in keyed.values())
    sizes = {str(row["voice"]): row["n_voice"] for row in keyed.values()}
    absent = material.why_absent(tables.VOICE_SHARES)
    if not absent and not keyed:
        absent = f"Not computed in this run: no passage that cites an interview has {labels}."
    return Figure(
        f"voices-{labels}",
        f"{labels.capitalize()} by group",
        "Share of a group’s passages that carry "
        + ("a theme, as coded by hand." if themes else "a topic, as the machine found it.")
        + " In brackets: how many passages report the group."
        + (f" A dot marks groups that differ from all others (q below {rate:g})." if differ else "")
        + (
            ""
            if differ
            else f" No group differs from all others by more than chance (q below {rate:g})."
        ),
        "There are few passages a group, chosen and arranged by one author: without a dot, read a "
        "cell as an invitation to read its passages, not as a finding.",
        Chart(
            "heat",
            {
                "across": "Group",
                "down": "Theme" if themes else "Topic",
                "format": "percent",
                "scale": "sequential",
                "columns": [
                    {
                        "name": f"{voice_name(voice)} ({sizes[voice]})",
                        "link": passages_link(voice=voice),
                    }
                    for voice in voices
                ],
                "rows": [{"name": _named(material, labels, label)} for label in ordered],
                "cells": [
                    [_cell(keyed.get((label, voice)), labels, rate) for voice in voices]
                    for label in ordered
                ],
            },
        ),
        grid(
            ["Theme" if themes else "Topic", *(voice_name(voice) for voice in voices)],
            [
                (
                    Cell(_named(material, labels, label)),
                    *(_grid_cell(keyed.get((label, voice)), labels) for voice in voices),
                )
                for label in ordered
            ],
        ),
        (Key("differs from all others", "dot"),) if differ else (),
        absent,
    )


def _named(material: Material, labels: str, label: str) -> str:
    return material.theme_name(label) if labels == "themes" else material.topic_name(int(label))


def _link(row: Any, labels: str) -> str:
    voice = str(row["voice"])
    if labels == "themes":
        return passages_link(code=row["label"], voice=voice)
    return passages_link(topic=row["label"], voice=voice)


def _cell(row: Any, labels: str, rate: float) -> list[Any] | None:
    if row is None or not row["n"]:
        return None
    note = (
        f"{row['n']} of {counted(row['n_voice'], 'passage')}; "
        f"{percent(row['low'])} to {percent(row['high'])}"
    )
    return [rounded(row["share"]), _link(row, labels), 1 if _differs(row, rate) else 0, note]


def _differs(row: Any, rate: float) -> bool:
    return row["q_value"] is not None and bool(row["q_value"] < rate)


def _grid_cell(row: Any, labels: str) -> Cell:
    if row is None:
        return share_cell(None)
    text = f"{row['n']} of {row['n_voice']} ({percent(row['share'])})"
    return Cell(text, rounded(row["share"]), _link(row, labels) if row["n"] else "")
