"""A table that was read whole: what is loaded from it needs no second reading while its file stays as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nnstudio.data.reading.content import FileState, state_of
from nnstudio.data.recipe import Column, ImportPlan
from nnstudio.data.table import Table


@dataclass(frozen=True)
class KeptTable:
    """The columns of a file as its ``plan`` reads them, but for texts that it ignores.

    ``state`` is that of the file before it was read.
    """

    file: Path
    state: FileState
    plan: ImportPlan
    table: Table

    def of(self, file: Path, plan: ImportPlan, columns: Sequence[Column]) -> Table | None:
        """Return the table that reading these columns would give; None where the file has to be read for it.

        That is where it is another file, has changed since, or is to be read in another way.
        """
        if file != self.file or (plan.dialect, plan.missing_marks) != (self.plan.dialect, self.plan.missing_marks):
            return None
        read = {column.name: column.read_as for column in self.plan.columns if column.name in self.table.columns}
        if any(read.get(column.name) != column.read_as for column in columns):
            return None
        try:
            stayed = state_of(file) == self.state
        except OSError:
            return None  # reading says what is wrong
        return self.table.of([column.name for column in columns]) if stayed else None
