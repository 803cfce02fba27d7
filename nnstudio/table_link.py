"""Where the table of a project is now: looked at without reading it, and checked, when that is asked for."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from engine.declared import replace
from nnstudio import numbers
from nnstudio.data import DataError, DataRecipe, TableSource, one_line, table_source
from nnstudio.data.reading.encoding import check_file
from nnstudio.data.reading.formats import plain
from nnstudio.data.reading.head import read_head
from nnstudio.data.reading.scan import Cancel
from nnstudio.data.recipe import listed, read_columns
from nnstudio.document import Document

State = Literal["same", "newer", "size", "moved", "gone"]
HEAD_ROWS = 100  # read to find the header
LONGEST_PATH = 120  # characters in a sentence
ON_A_SERVER = "\\\\"
CLOCK_SECONDS = 2.0  # file systems keep times no finer than this


@dataclass(frozen=True)
class Place:
    """Where a table is, as far as its name, size and time tell; ``sentence`` is empty where all is as it was."""

    state: State
    path: Path
    sentence: str = ""


@dataclass(frozen=True)
class Checked:
    """A file that was read to compare it: its source record, and which columns of the recipe it lacks."""

    source: TableSource
    same: bool
    missing: tuple[str, ...]

    @property
    def name(self) -> str:
        """The file's name."""
        return Path(self.source.path).name

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        if self.missing:
            return f"{self.name} has no column {listed(self.missing)}, which the recipe of this project reads."
        if self.same:
            return f"{self.name} has the content that this project was made with."
        return f"{self.name} has other content than when this project was made, and all its columns."


def look(source: TableSource, project: Path | None) -> Place:
    """Look for a project's table without opening it: where it was, and beside the project.

    Parameters
    ----------
    source
        The table, as the recipe names it.
    project
        The project's file, None where it has none. A table that was written after it may have changed.

    Returns
    -------
    Where it is. Of a place on another computer nothing is asked: a project that somebody sent could name any server.
    """
    path = Path(source.path)
    if source.path.replace("/", "\\").startswith(ON_A_SERVER):
        return Place("same", path)
    name = re.split(r"[\\/]", source.path)[-1]
    about = _about(path)
    if about is None:
        beside = project.parent / name if project is not None else None
        if beside is not None and _about(beside) is not None:
            return Place("moved", beside, f"{shown(name)} is not where it was any more, but beside the project.")
        return Place("gone", path, f"The table of this project, {shown(source.path)}, is not there any more.")
    name = shown(name)
    if source.size and about.st_size != source.size:
        now, then = numbers.size(about.st_size), numbers.size(source.size)
        sizes = "" if now == then else f": it has {now} in place of {then}"
        return Place("size", path, f"{name} has changed since this project was made{sizes}.")
    own = _about(project) if project is not None else None
    if own is not None and about.st_mtime > own.st_mtime + CLOCK_SECONDS:
        return Place("newer", path, f"{name} was written after this project was saved and may have changed.")
    return Place("same", path)


def shown(path: str) -> str:
    """Return a path as a sentence has it, its end where it is long."""
    path = one_line(path)
    return path if len(path) <= LONGEST_PATH else f"…{path[1 - LONGEST_PATH :]}"


def _about(path: Path) -> os.stat_result | None:
    """Return what the file system tells of a file, None where there is none that can be asked about."""
    try:
        about = path.stat()
    except (OSError, ValueError):  # no such file, a name that cannot be one
        return None
    return about if stat.S_ISREG(about.st_mode) else None


def check(recipe: DataRecipe, path: Path, cancelled: Cancel | None = None) -> Checked:
    """Read a file to compare it with the one that a recipe names: its header and its content's hash.

    Raises
    ------
    DataError
        When the file cannot be read.
    """
    source = recipe.source
    if not isinstance(source, TableSource):
        raise DataError("These data are a sample that comes with the program, and have no file.")
    with plain(check_file(path), recipe.plan.dialect) as (readable, dialect):
        names = read_head(readable, dialect, HEAD_ROWS).names
    missing = tuple(column.name for column in read_columns(recipe) if column.name not in names)
    found = table_source(path, cancelled=cancelled)
    return Checked(found, not source.sha256 or found.sha256 == source.sha256, missing)


def relinked(document: Document, path: str) -> Document:
    """Return the document with its table somewhere else; the content that the recipe was prepared from stays named.

    Raises
    ------
    ValueError
        When the document has no table.
    """
    recipe = document.data
    if recipe is None or not isinstance(recipe.source, TableSource):
        raise ValueError("This project has no table that could be somewhere else. Load one first.")
    source = replace(recipe.source, path=path)
    return msgspec.structs.replace(document, data=replace(recipe, source=source))
