"""Predicting from the window: a table that cannot be predicted is refused before a place to save is asked for."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from nnstudio.data import prepare, sample_recipe
from ui import preferences
from ui.dialogs.predict import predict_table_from


def test_a_table_without_the_columns_is_refused_before_asking_where_to_save(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "other.csv"
    table.write_text("a,b\n1,2\n")
    preferences.set_table_folder(str(table))
    asked: list[str] = []

    def answer(parent: object, title: str, folder: str, filters: str) -> tuple[str, str]:
        asked.append(folder)
        return str(table), ""

    def must_not_ask(*_: object) -> tuple[str, str]:
        raise AssertionError("asked where to save")

    monkeypatch.setattr("ui.dialogs.predict.QFileDialog.getOpenFileName", answer)
    monkeypatch.setattr("ui.dialogs.predict.QFileDialog.getSaveFileName", must_not_ask)
    window = QWidget()
    qtbot.addWidget(window)
    project = SimpleNamespace(checkpoint=object(), prepared=prepare(sample_recipe("xor")), record=None)
    said: list[tuple[object, ...]] = []
    predict_table_from(window, project, "x.nnstudio", lambda *words: said.append(words))  # type: ignore[arg-type]
    assert asked == [str(tmp_path)]
    ((sentence, kind),) = said
    assert kind == "bad"
    assert "other.csv has no column 'x1', 'x2'" in str(sentence)
