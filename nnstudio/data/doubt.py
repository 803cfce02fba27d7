"""A doubt about a table or what was made of it: something to look at before training."""

from __future__ import annotations

from typing import Literal

from engine.declared import Declared

WarningKind = Literal[
    "gives_away",
    "constant",
    "identity",
    "duplicates",
    "small_class",
    "unseen_class",
    "few_rows",
    "lost_rows",
    "untrained",
    "unscaled",
]


class DataWarning(Declared, frozen=True):
    """Something to look at before training: what it is, in a sentence, and which columns it is about."""

    kind: WarningKind
    text: str
    columns: tuple[str, ...] = ()
