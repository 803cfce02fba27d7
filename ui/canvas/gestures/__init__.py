"""One class a gesture: each previews in the scene and ends in one edit of the document."""

from ui.canvas.gestures.base import Gesture
from ui.canvas.gestures.drop_layer import DropLayer
from ui.canvas.gestures.move_cards import MoveCards
from ui.canvas.gestures.pan import Pan
from ui.canvas.gestures.rubber_band import RubberBand
from ui.canvas.gestures.wire import DrawWire

__all__ = ["DrawWire", "DropLayer", "Gesture", "MoveCards", "Pan", "RubberBand"]
