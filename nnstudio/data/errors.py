"""What loading a table says when it cannot go on."""

from __future__ import annotations


class DataError(Exception):
    """One or two plain sentences: which file, which row or column, what is wrong and what to do."""


class Cancelled(DataError):  # noqa: N818 - not an error
    """The person pressed Cancel; nothing is wrong with the table."""

    def __init__(self) -> None:
        super().__init__("Loading was cancelled.")
