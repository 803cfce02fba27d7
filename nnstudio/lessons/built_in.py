"""The lessons that come with the program, one for each chapter of the lecture notes, in their order."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

LESSONS: dict[str, str] = {
    "logistic-regression": "Logistic regression",
    "gradient-descent": "Gradient descent",
    "computation-graph": "Computation graph",
    "vectorization": "Vectorization",
    "one-hidden-layer": "One hidden layer",
    "activation-functions": "Activation functions",
    "initialization": "Initialization",
    "deep-networks": "Deep networks",
    "tuning": "Tuning",
}


def lesson_path(name: str) -> Path:
    """Return the file of a lesson by its name in :data:`LESSONS`."""
    return Path(str(importlib.resources.files("resources") / "lessons" / f"{name}.md"))
