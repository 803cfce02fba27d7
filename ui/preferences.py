"""What the program remembers between two starts: window layout, theme, recent files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from nnstudio.data.room import DEFAULT_LIMIT, set_memory_limit
from nnstudio.project_file import DATA_LIMIT
from ui.theme import Choice

MOST_RECENT = 10
LAYOUT_VERSION = 1  # raised when docks are renamed, so that an old layout is not half applied


def settings() -> QSettings:
    """Return the settings file of this user."""
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "nnstudio", "nnstudio")


def theme_choice() -> Choice:
    """Return the theme a person chose, ``"system"`` before they did."""
    value = settings().value("theme", "system")
    return value if value in ("system", "light", "dark") else "system"


def set_theme_choice(choice: Choice) -> None:
    """Remember a theme."""
    settings().setValue("theme", choice)


def data_limit_megabytes() -> int:
    """Return up to which size prepared data travel inside a project file."""
    return int(str(settings().value("data_limit_mb", DATA_LIMIT // 1_000_000)))


def set_data_limit_megabytes(megabytes: int) -> None:
    """Remember that size."""
    settings().setValue("data_limit_mb", megabytes)


def table_memory_megabytes() -> int:
    """Return up to which size a table is kept in memory; a larger one is in a file."""
    return int(str(settings().value("table_memory_mb", DEFAULT_LIMIT)))


def set_table_memory_megabytes(megabytes: int) -> None:
    """Remember that size, and let it hold from now on."""
    settings().setValue("table_memory_mb", megabytes)
    set_memory_limit(megabytes)


def usual_folder() -> Path:
    """Return where a person keeps projects: the folder of the last one, or the home folder."""
    recent = recent_files()
    return Path(recent[0]).parent if recent else Path.home()


def recent_files() -> list[str]:
    """Return the projects opened or saved last, newest first, those that are gone left out."""
    value = settings().value("recent", [])
    paths = [value] if isinstance(value, str) else list(value or [])
    return [path for path in paths if isinstance(path, str) and Path(path).exists()]


def add_recent_file(path: str) -> None:
    """Remember a project as the newest."""
    paths = [path, *(other for other in recent_files() if other != path)]
    settings().setValue("recent", paths[:MOST_RECENT])


def table_folder() -> str:
    """Return the folder of the table chosen last, empty before there was one or when it is gone."""
    value = settings().value("table_folder", "")
    return value if isinstance(value, str) and value and Path(value).is_dir() else ""


def set_table_folder(path: str) -> None:
    """Remember the folder of a table."""
    settings().setValue("table_folder", str(Path(path).expanduser().absolute().parent))


def lesson_place(lesson: str) -> int:
    """Return the step, counted from 0, at which a lesson was left."""
    return int(str(settings().value(f"lessons/{lesson}", 0)))


def set_lesson_place(lesson: str, place: int) -> None:
    """Remember the step at which a lesson is."""
    settings().setValue(f"lessons/{lesson}", place)


def layout() -> tuple[QByteArray, QByteArray] | None:
    """Return the geometry and dock state of the last window, or None."""
    stored = settings()
    geometry, state = stored.value("geometry"), stored.value("state")
    if isinstance(geometry, QByteArray) and isinstance(state, QByteArray):
        return geometry, state
    return None


def set_layout(geometry: QByteArray, state: QByteArray) -> None:
    """Remember the geometry and dock state."""
    stored = settings()
    stored.setValue("geometry", geometry)
    stored.setValue("state", state)
