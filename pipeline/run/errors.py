"""The one error that a person can fix: it names the file, the row, the problem and the fix."""

from __future__ import annotations

from pathlib import Path


class InputError(Exception):
    """Something that a person wrote (a setting, a manifest row, a coding) cannot be used."""

    def __init__(self, file: Path | str, problem: str, fix: str, row: str | int = "") -> None:
        """Put the four parts into one line.

        Args:
            file: the file at fault, as the person would name it (relative to the project).
            problem: what is wrong, in a few words.
            fix: what to do about it, in a few words.
            row: where in the file: the number of a line, or a key as ``topics.n_topics``.
        """
        place = f"row {row}" if isinstance(row, int) else row
        super().__init__(": ".join(filter(None, (str(file), place, problem))) + f"; to fix: {fix}")


class StageError(Exception):
    """A stage cannot do its work although what people wrote is in order; exit code 1."""
