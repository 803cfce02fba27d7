"""What the import dialog does in threads: look at a file, look again, check all of it, load it. No Qt here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.declared import SettingError
from nnstudio.data import (
    Cancelled,
    Column,
    DataError,
    DataRecipe,
    ImportPlan,
    KeptTable,
    PreparedData,
    Preview,
    check_whole,
    detect,
    hashed_beside,
    prepare_anew,
    preview,
    with_choices,
)
from nnstudio.data.reading.formats import Format, contents
from ui.dialogs.table_import_work import Work

OF_TEXT = ("encoding", "delimiter", "quote", "decimal", "thousands", "header", "comment", "skip")
LOOK_SECONDS = 0.02  # between two looks at Cancel


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


def inspect(
    path: str, overruled: Mapping[str, Any], choices: Mapping[str, Column], before: ImportPlan | None = None
) -> Work:
    """Return the job that detects how a file is read, what was overruled left as it is, and shows its first rows.

    Nothing is detected that a plan says by which the file was loaded ``before``.
    """

    def work(progress: Any, cancelled: Any) -> Seen:
        found = contents(path)
        given = {**(_known(before, found[0]) if before is not None else {}), **overruled}
        try:
            plan = with_choices(detect(path, **given, cancelled=cancelled), choices)
        except SettingError as error:
            raise DataError(str(error)) from None
        return Seen(plan, preview(path, plan, cancelled=cancelled), found)

    return work


def _known(plan: ImportPlan, kind: Format) -> dict[str, Any]:
    """Return what a plan says of how a file of this kind is written."""
    names = {"workbook": ("sheet", "header", "skip"), "parquet": ("decimal", "thousands")}.get(kind, OF_TEXT)
    return {name: getattr(plan.dialect, name) for name in names} | {"missing_marks": plan.missing_marks}


def look_again(path: str, plan: ImportPlan, kind: tuple[Format, tuple[str, ...]]) -> Work:
    """Return the job that shows the first rows by another plan."""
    return lambda progress, cancelled: Seen(plan, preview(path, plan, cancelled=cancelled), kind)


class Handover:
    """The table that a check of all rows reads, for a load that is asked for meanwhile or later."""

    def __init__(self) -> None:
        self._table: Future[KeptTable | None] = Future()
        self._wanted = False

    @property
    def given(self) -> bool:
        """Whether the file was read, or will not be."""
        return self._table.done()

    @property
    def table(self) -> KeptTable | None:
        """The table, where it is there."""
        return self._table.result() if self.given else None

    def give(self, table: KeptTable) -> None:
        """Hand the table over; where a load waits for it, the check ends.

        Raises
        ------
        Cancelled
            Then.
        """
        self._table.set_result(table)
        if self._wanted:
            raise Cancelled

    def close(self) -> None:
        """Say that no table will come, if none has."""
        if not self._table.done():
            self._table.set_result(None)

    def take(self, cancelled: Callable[[], bool]) -> KeptTable | None:
        """Wait for the table and return it; None where there is none.

        Raises
        ------
        Cancelled
            When ``cancelled`` returned true.
        """
        self._wanted = True
        while not cancelled():
            try:
                return self._table.result(LOOK_SECONDS)
            except TimeoutError:
                continue
        raise Cancelled


def check(path: str, plan: ImportPlan, shown: Preview, handover: Handover, kept: KeptTable | None = None) -> Work:
    """Return the job that finds the figures of all rows; a load then needs neither to read the file nor to hash it.

    Nor does the check, where a table was kept of an earlier one.
    """

    def work(progress: Any, cancelled: Any) -> Preview:
        try:
            with hashed_beside(path, cancelled):
                return check_whole(
                    path, plan, shown, progress=progress, cancelled=cancelled, keep=handover.give, kept=kept
                )
        finally:
            handover.close()

    return work


def load(wish: DataRecipe, handover: Handover | None = None) -> Work:
    """Return the job that reads and prepares a table by a recipe whose source is known by its path alone.

    What a check has read, or is reading, is not read again.
    """

    def work(progress: Any, cancelled: Any) -> Loaded:
        kept = handover.take(cancelled) if handover is not None else None
        return Loaded(*prepare_anew(wish, progress=progress, cancelled=cancelled, kept=kept))

    return work
