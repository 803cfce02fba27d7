"""The folder for what this person's NN Studio keeps: autosaved projects, and tables larger than memory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

STATE_VARIABLE = "NNSTUDIO_STATE_DIR"


def state_directory() -> Path:
    """Return the folder, which may have to be made."""
    given = os.environ.get(STATE_VARIABLE)
    if given:
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "NN Studio"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "NN Studio"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "nnstudio"
