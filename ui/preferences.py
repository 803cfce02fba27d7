"""What the program remembers between two starts: window layout, theme, recent files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

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


def recent_files() -> list[str]:
    """Return the projects opened or saved last, newest first, those that are gone left out."""
    value = settings().value("recent", [])
    paths = [value] if isinstance(value, str) else list(value or [])
    return [path for path in paths if isinstance(path, str) and Path(path).exists()]


def add_recent_file(path: str) -> None:
    """Remember a project as the newest."""
    paths = [path, *(other for other in recent_files() if other != path)]
    settings().setValue("recent", paths[:MOST_RECENT])


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
