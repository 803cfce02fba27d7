"""Layers on the clipboard: what is put there, and reading what anybody may have put there."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QByteArray, QMimeData

from nnstudio.edits import EditError, Fragment

MIME = "application/x-nnstudio-fragment+json"
MOST_BYTES = 4_000_000

_NOTHING = "The clipboard holds no layers: copy some from a canvas first."


def to_mime(fragment: Fragment) -> QMimeData:
    """Return the fragment as JSON, under its own type and as text."""
    encoded = msgspec.json.encode(fragment)
    data = QMimeData()
    data.setData(MIME, QByteArray(encoded))
    data.setText(encoded.decode())
    return data


def from_mime(data: QMimeData | None) -> Fragment:
    """Return the fragment on the clipboard.

    Raises
    ------
    EditError
        When there is none, it is too large, or it is not what a canvas writes.
    """
    if data is None:
        raise EditError(_NOTHING)
    own = data.hasFormat(MIME)
    encoded = bytes(data.data(MIME).data()) if own else data.text().encode()
    if not encoded.strip():
        raise EditError(_NOTHING)
    if len(encoded) > MOST_BYTES:
        raise EditError("The clipboard holds too much to be layers: copy fewer of them.")
    try:
        return msgspec.json.decode(encoded, type=Fragment)
    except (ValueError, RecursionError) as error:
        if not own:
            raise EditError(_NOTHING) from None
        raise EditError(f"The layers on the clipboard cannot be read ({error}): copy them again.") from None
