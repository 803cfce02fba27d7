"""Garbage is collected in the window's thread, and nowhere else."""

import gc
import threading

import pytest
from PySide6.QtCore import QObject

from ui.garbage import GarbageCollector


class Loop:
    """Something in a cycle that tells in which thread it was taken apart."""

    def __init__(self, told):
        self.itself, self._told = self, told

    def __del__(self):
        self._told.append(threading.current_thread())


def allocate_a_lot():
    kept = [[] for _ in range(10 * gc.get_threshold()[0])]
    del kept


@pytest.fixture
def collector(qtbot):
    gc.enable()
    made = GarbageCollector()
    yield made
    made.stop()
    made.deleteLater()


def test_a_thread_that_allocates_collects_nothing(collector):
    told = []
    Loop(told)
    thread = threading.Thread(target=allocate_a_lot)
    thread.start()
    thread.join()
    assert told == []


def test_the_event_loop_collects(qtbot, collector):
    told = []
    Loop(told)
    kept = [[] for _ in range(2 * gc.get_threshold()[0])]
    qtbot.waitUntil(lambda: told == [threading.main_thread()])
    assert kept


def test_python_collects_by_itself_again_once_it_is_stopped(qtbot):
    garbage = GarbageCollector(parent := QObject())
    assert not gc.isenabled()
    garbage.stop()
    assert gc.isenabled()
    parent.deleteLater()
