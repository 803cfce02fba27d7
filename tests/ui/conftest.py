"""No test of the window leaves anything behind that waits to be deleted, least of all by another thread."""

from __future__ import annotations

import gc

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication


@pytest.fixture(autouse=True)
def _garbage_in_this_thread():
    """Delete and collect at the end of the test, here: Python would do it in any thread, in the midst of painting."""
    gc.freeze()  # what is there already need not be looked through again
    gc.disable()
    yield
    if QApplication.instance() is not None:
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    gc.unfreeze()
    gc.enable()
