"""What the import dialog does in threads: look at a file, look again, check all of it, load it. No Qt here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.declared import SettingError
from nnstudio.data import (
    Column,
    DataError,
    DataRecipe,
    ImportPlan,
    PreparedData,
    Preview,
    check_whole,
    detect,
    hashed_beside,
    prepare_anew,
    preview,
    with_choices,
)
from nnstudio.data.formats import Format, contents
from ui.dialogs.table_import_work import Work


class Seen(NamedTuple):
    """What a look at a file found; ``contents`` is its format and the names of its sheets."""

    plan: ImportPlan
    preview: Preview
    contents: tuple[Format, tuple[str, ...]]


@dataclass(frozen=True)
class Loaded:
    """A table ready to train on, and its recipe."""

    recipe: DataRecipe
    prepared: PreparedData


def inspect(path: str, overruled: Mapping[str, Any], choices: Mapping[str, Column]) -> Work:
    """Return the job that detects how a file is read, what was overruled left as it is, and shows its first rows."""

    def work(progress: Any, cancelled: Any) -> Seen:
        try:
            plan = with_choices(detect(path, **overruled, cancelled=cancelled), choices)
        except SettingError as error:
            raise DataError(str(error)) from None
        return Seen(plan, preview(path, plan, cancelled=cancelled), contents(path))

    return work


def look_again(path: str, plan: ImportPlan, kind: tuple[Format, tuple[str, ...]]) -> Work:
    """Return the job that shows the first rows by another plan."""
    return lambda progress, cancelled: Seen(plan, preview(path, plan, cancelled=cancelled), kind)


def check(path: str, plan: ImportPlan, shown: Preview) -> Work:
    """Return the job that finds the figures of all rows; the file's hash is then known, too, when it is loaded."""

    def work(progress: Any, cancelled: Any) -> Preview:
        with hashed_beside(path, cancelled):
            return check_whole(path, plan, shown, progress=progress, cancelled=cancelled)

    return work


def load(wish: DataRecipe) -> Work:
    """Return the job that reads and prepares a table by a recipe whose source is known by its path alone."""

    def work(progress: Any, cancelled: Any) -> Loaded:
        return Loaded(*prepare_anew(wish, progress=progress, cancelled=cancelled))

    return work
