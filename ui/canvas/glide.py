"""Cards that glide to their new places, so that the eye can follow a tidied or widened network."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QAbstractAnimation, QEasingCurve, QObject, QVariantAnimation

from nnstudio.document import Position
from ui.canvas.scene import NetworkScene

MILLISECONDS = 150
MOST_CARDS = 150  # more of them jump: moving all would take longer than the eye needs to find them


class Glide(QObject):
    """Moves items from where they are to where the document has them; the document knows nothing of it."""

    def __init__(self, scene: NetworkScene, parent: QObject) -> None:
        super().__init__(parent)
        self._scene = scene
        self._from: dict[str, Position] = {}
        self._to: dict[str, Position] = {}
        self._animation = QVariantAnimation(self)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setDuration(MILLISECONDS)
        self._animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._animation.valueChanged.connect(self._show)

    @property
    def running(self) -> bool:
        """Whether cards are on their way."""
        return self._animation.state() == QAbstractAnimation.State.Running

    def start(self, before: Mapping[str, Position], after: Mapping[str, Position]) -> None:
        """Let every card that stands elsewhere now go there from where it was."""
        self.stop()
        moved = {key: at for key, at in after.items() if key in before and before[key] != at}
        if not moved or len(moved) > MOST_CARDS:
            return
        self._from, self._to = {key: before[key] for key in moved}, moved
        self._scene.preview(self._from)
        self._animation.start()

    def stop(self) -> None:
        """Be there at once."""
        if self.running:
            self._animation.stop()
            self._scene.preview(self._to)

    def _show(self, share: float) -> None:
        self._scene.preview(
            {
                key: (x + (self._to[key][0] - x) * share, y + (self._to[key][1] - y) * share)
                for key, (x, y) in self._from.items()
            }
        )
