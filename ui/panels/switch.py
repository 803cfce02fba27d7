"""A switch between the pages of a panel: a row of small words of which one is pressed."""

from __future__ import annotations

from PySide6.QtWidgets import QButtonGroup, QToolButton

from ui import theme


def switch_button(group: QButtonGroup, words: str, tip: str, name: str) -> QToolButton:
    """Return a button of a switch, in a group of which one is pressed at a time.

    Parameters
    ----------
    words, tip
        What stands on it, and what it shows.
    name
        What a screen reader calls it.
    """
    button = QToolButton()
    button.setText(words)
    button.setCheckable(True)
    button.setFont(theme.font(theme.SMALL))
    button.setToolTip(tip)
    button.setAccessibleName(name)
    group.addButton(button)
    return button
