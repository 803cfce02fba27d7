"""The inspector: what is selected on the canvas, its settings, its figures and its health."""

from ui.inspector.inspector import Inspector

__all__ = ["Inspector"]
