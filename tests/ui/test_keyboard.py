"""Keys that both the window and a focused control know: who takes them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QMainWindow, QPushButton, QSpinBox, QVBoxLayout, QWidget

from ui.keyboard import SharedKeys


@pytest.fixture
def window(qtbot, qapp):
    """A window with a shortcut for Undo and one for Space, a field, a spin box and a button."""
    made = QMainWindow()
    made.done = []
    for name, key in (("undo", "Ctrl+Z"), ("train", "Space")):
        action = QAction(name, made, shortcut=key)
        action.triggered.connect(lambda _, name=name: made.done.append(name))
        made.addAction(action)
    made.field, made.spin, made.button = QLineEdit("12"), QSpinBox(), QPushButton("press")
    made.button.clicked.connect(lambda: made.done.append("press"))
    inside = QWidget()
    column = QVBoxLayout(inside)
    for widget in (made.field, made.spin, made.button):
        column.addWidget(widget)
    made.setCentralWidget(inside)
    keys = SharedKeys()
    qapp.installEventFilter(keys)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitActive(made)
    yield made
    qapp.removeEventFilter(keys)


@pytest.mark.parametrize("name", ["field", "spin"])
def test_undo_in_a_field_is_the_windows_unless_something_is_being_typed(qtbot, window, name):
    field = getattr(window, name)
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.done == ["undo"]
    before = field.text()
    qtbot.keyClicks(field, "3")
    assert field.text() != before
    qtbot.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.done == ["undo"]
    assert field.text() == before


def test_space_presses_the_focused_button_and_is_the_windows_elsewhere(qtbot, window):
    window.button.setFocus()
    qtbot.keyClick(window.button, Qt.Key.Key_Space)
    assert window.done == ["press"]
