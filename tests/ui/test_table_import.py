"""The dialog that loads a table: everything detected is shown, can be overruled, and nothing freezes or leaks."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from import_hands import WAIT_MS, Open, choose, column, listed, load, settle
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.data import Cancelled, DataError, ShareSplit, prepare
from ui import preferences, theme
from ui.dialogs import table_import_jobs
from ui.dialogs.table_import_models import DISTINCT, KIND, MISSING, ROLE

IRIS = Path(__file__).parents[2] / "resources" / "samples" / "iris.csv"


def test_without_a_file_it_says_what_will_be_here_and_cannot_load(open_import: Open) -> None:
    dialog = open_import(None)
    assert dialog.left.waiting.isVisible()
    assert "Choose a table" in dialog.left.waiting.text()
    assert not dialog.footer.load_button.isEnabled()


def test_a_table_is_loaded_with_the_recipe_that_makes_the_same_arrays(qtbot: QtBot, open_import: Open) -> None:
    dialog = open_import(IRIS)
    assert dialog.left.size_label.text() == "150 rows, 5 columns"
    assert dialog.settings.task.currentText().startswith("Several classes")
    load(qtbot, dialog)
    assert dialog.result() == QDialog.DialogCode.Accepted
    recipe, prepared = dialog.recipe(), dialog.prepared()
    assert prepared.task == "multiclass"
    assert prepared.X.shape == (150, 4)
    assert recipe.source.sha256  # type: ignore[union-attr]
    assert prepare(recipe).sha256 == prepared.sha256


def test_letters_change_the_selected_columns(qtbot: QtBot, open_import: Open) -> None:
    dialog = open_import(IRIS)
    view = dialog.columns_view
    view.setFocus()
    view.selectRow(0)
    qtbot.keyClick(view, Qt.Key.Key_T)
    settle(qtbot, dialog)
    assert column(dialog, 0, ROLE).startswith("Target")
    assert column(dialog, 4, ROLE).startswith("Feature")  # one target at a time
    assert dialog.settings.task.currentText().startswith("A number")
    assert dialog.settings.rules.knows("scale_target")
    select = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    view.selectRow(1)
    view.selectionModel().select(view.model().index(2, 0), select)
    qtbot.keyClick(view, Qt.Key.Key_I)
    settle(qtbot, dialog)
    assert [column(dialog, row, ROLE).split()[0] for row in range(5)] == [
        "Target",
        "Ignore",
        "Ignore",
        "Feature",
        "Feature",
    ]
    load(qtbot, dialog)
    assert dialog.prepared().features[0] == "petal width (cm)"
    assert dialog.prepared().target == "sepal length (cm)"


def test_a_role_is_chosen_from_the_list_in_the_cell(qtbot: QtBot, open_import: Open) -> None:
    dialog = open_import(IRIS)
    view = dialog.columns_view
    view.setCurrentIndex(view.model().index(3, ROLE))
    qtbot.keyClick(view, Qt.Key.Key_Return)
    editor = view.findChild(QComboBox)
    assert isinstance(editor, QComboBox)
    editor.setCurrentIndex(editor.findData("ignore"))
    editor.activated.emit(editor.currentIndex())
    settle(qtbot, dialog)
    assert column(dialog, 3, ROLE).startswith("Ignore")
    assert dialog.isVisible()  # Return did not press the default button


def test_missing_distinct_and_unreadable_cells_are_counted(qtbot: QtBot, open_import: Open, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n" + "".join(f"{i},{'oops' if i == 5 else '' if i == 7 else i},u\n" for i in range(20)))
    dialog = open_import(path)
    assert column(dialog, 1, MISSING) == "10 % ✕"
    assert column(dialog, 1, DISTINCT) == "18"
    model = dialog.left.model
    assert model.data(model.index(5, 1)) == "✕ oops"
    assert model.data(model.index(7, 1)) == "missing"


def test_where_most_rows_will_be_dropped_that_stands_out_and_says_what_to_do(open_import: Open, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n" + "".join(f"{i * 2},{i % 7 if i % 10 == 0 else ''},{i % 2}\n" for i in range(400)))
    dialog = open_import(path)
    assert dialog.settings.dropped.text() == ""  # a column of so few values is proposed to be ignored
    assert dialog.side.roles.text() == "1 feature, target y, 1 ignored"
    dialog.columns_model.change([1], "feature")
    assert dialog.settings.dropped.text() == "360 rows dropped, most for 'b'"
    assert dialog.settings.dropped.property("role") == "warn"
    assert "fill missing cells" in dialog.settings.dropped.toolTip()
    assert dialog.side.roles.text() == "2 features, target y"


def test_a_share_that_cannot_be_is_refused_in_words_and_the_one_before_is_kept(
    qtbot: QtBot, open_import: Open, mixed_table: Path
) -> None:
    dialog = open_import(mixed_table)
    form = dialog.settings
    for box, typed, words in (
        (form.validation, "150", "Validation share must be from 0 to 90. 20 is kept."),
        (form.test, "75", "Test share must be from 0 to 70. 0 is kept."),
        (form.seed, "-5x", "Seed of the split: type a whole number such as 0. 0 is kept."),
    ):
        box.setFocus()
        box.selectAll()
        qtbot.keyClicks(box, typed)
        qtbot.keyClick(box, Qt.Key.Key_Return)
        assert dialog.footer.message.text().replace("\u202f", " ") == f"✕ {words}"
    assert (form.validation.value(), form.test.value(), form.seed.value()) == (20, 0, 0)
    form.test.selectAll()
    qtbot.keyClicks(form.test, "30 %")
    qtbot.keyClick(form.test, Qt.Key.Key_Return)
    assert form.test.value() == 30
    assert "is kept" not in dialog.footer.message.text()


def test_of_many_notes_the_first_stand_there_and_a_button_lists_all(
    qtbot: QtBot, open_import: Open, tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,c,d,e,v,y\n" + "".join(f"{i},x{i},y{i},z{i},w{i},{i % 7},{i % 2}\n" for i in range(40)))
    notes = open_import(path).left.notes
    assert notes.text().count("proposed to be ignored") == 3
    assert notes.more.text() == "Show all 5 notes"
    qtbot.mouseClick(notes.more, Qt.MouseButton.LeftButton)
    assert notes.text().count("proposed to be ignored") == 5
    assert notes.all.isVisible()
    assert not notes.glance.isVisible()
    qtbot.mouseClick(notes.more, Qt.MouseButton.LeftButton)
    assert notes.glance.isVisible()


def test_rows_that_will_be_dropped_are_not_divided(open_import: Open, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n" + "".join(f"{i * 2},{'' if i % 10 == 0 else i % 7},{i % 2}\n" for i in range(400)))
    dialog = open_import(path)
    form = dialog.settings
    assert dialog.left.size_label.text() == "400 rows, 3 columns"
    assert [label.text() for label in form.counts] == ["288 rows", "72 rows", "0 rows"]
    assert form.dropped.text() == "40 rows dropped"
    assert "So most of them go" not in form.dropped.toolTip()
    form.missing.setCurrentIndex(form.missing.findData("mean"))
    assert [label.text() for label in form.counts] == ["320 rows", "80 rows", "0 rows"]
    assert form.dropped.text() == ""
    form.missing.setCurrentIndex(form.missing.findData("drop"))
    dialog.columns_model.change([1], "ignore")
    assert form.counts[0].text() == "320 rows"
    assert column(dialog, 0, DISTINCT) == "400"
    assert not dialog.side.check.isVisible()


def test_every_cell_and_row_that_cannot_be_read_is_listed_with_its_row_and_text(
    qtbot: QtBot, open_import: Open, tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    lines = [f"{'oops' if i % 20 == 7 else i * 2},2024-01-{i % 28 + 1:02},{i % 2}" for i in range(400)]
    lines[9] += ",odd"
    lines[11] = lines[11].replace("2024-01", "2024-99")
    path.write_text("\n".join(["a,d,y", *lines]))
    dialog = open_import(path)
    wrong = [(i + 2, "a", "oops") for i in range(7, 400, 20)]
    assert listed(dialog) == [wrong[0], (11, "", lines[9]), (13, "d", "2024-99-12"), *wrong[1:]]
    assert dialog.left.problems.isVisible()
    assert dialog.left.problems.count.text() == "21 cells and 1 row"
    model = dialog.left.problems.model
    assert [model.data(model.index(2, at)) for at in range(4)] == [
        "13",
        "d",
        "2024-99-12",
        "no date, counts as missing",
    ]
    dialog.left.problems.table.clicked.emit(model.index(2, 0))
    current = dialog.left.view.currentIndex()
    assert dialog.left.model.data(current) == "✕ 2024-99-12"
    dialog.columns_model.change([0], "category")
    settle(qtbot, dialog)
    assert len(listed(dialog)) == 2
    dialog.set_path(str(IRIS))
    settle(qtbot, dialog)
    assert not dialog.left.problems.isVisible()


def test_the_order_of_a_date_is_shown_and_can_be_chosen(qtbot: QtBot, open_import: Open, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("d,a,y\n" + "".join(f"{i % 9 + 1:02}/04/2024,{i * 2},{i % 2}\n" for i in range(30)))
    dialog = open_import(path)
    assert column(dialog, 0, KIND) == "Date, m.d.y ▾"
    assert "read with the month first" in dialog.left.notes.text()
    model = dialog.columns_model
    assert model.setData(model.index(0, KIND), "date:dmy")
    settle(qtbot, dialog)
    assert column(dialog, 0, KIND) == "Date, d.m.y ▾"
    choose(qtbot, dialog, dialog.bar.encoding, "latin-1")  # the choice survives another look at the file
    assert column(dialog, 0, KIND) == "Date, d.m.y ▾"


def test_a_column_read_as_a_date_by_its_letter_shows_the_order_that_its_cells_tell(
    qtbot: QtBot, open_import: Open, tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    cells = [f"{i % 28 + 1}/04/2024" if i % 3 else f"about {i}" for i in range(60)]
    path.write_text("d,a,y\n" + "".join(f"{cell},{i * 2},{i % 2}\n" for i, cell in enumerate(cells)))
    dialog = open_import(path)
    assert column(dialog, 0, KIND) == "Category ▾"
    dialog.columns_view.selectRow(0)
    qtbot.keyClick(dialog.columns_view, Qt.Key.Key_D)
    settle(qtbot, dialog)
    assert column(dialog, 0, KIND) == "Date, d.m.y ▾"
    assert [text for _, _, text in listed(dialog)] == [cells[i] for i in range(0, 60, 3)]
    assert dialog.left.model.data(dialog.left.model.index(14, 0)) == "15/04/2024"
    assert dialog.left.model.data(dialog.left.model.index(15, 0)) == "✕ about 15"


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_the_list_in_a_cell_goes_when_it_is_closed(qtbot: QtBot, open_import: Open, key: Qt.Key) -> None:
    dialog = open_import(IRIS)
    view = dialog.columns_view
    view.setCurrentIndex(view.model().index(1, ROLE))
    qtbot.keyClick(view, Qt.Key.Key_Return)
    editor = view.findChild(QComboBox)
    assert isinstance(editor, QComboBox)
    qtbot.waitUntil(lambda: editor.view().isVisible())
    assert editor.width() >= editor.sizeHint().width()  # no text is cut
    qtbot.keyClick(editor.view(), key)
    qtbot.waitUntil(lambda: view.findChild(QComboBox) is None)
    assert column(dialog, 1, ROLE).startswith("Feature")
    assert dialog.isVisible()


def test_a_choice_made_while_the_last_one_is_looked_at_is_not_lost(qtbot: QtBot, open_import: Open) -> None:
    dialog = open_import(IRIS)
    encoding = dialog.bar.encoding
    encoding.setCurrentIndex(encoding.findData("latin-1"))
    encoding.activated.emit(encoding.currentIndex())
    dialog.columns_model.change([0], "category")
    dialog.columns_model.change([1], "ignore")
    settle(qtbot, dialog)
    assert column(dialog, 0, KIND).startswith("Category")
    assert column(dialog, 1, ROLE).startswith("Ignore")
    assert dialog.bar.encoding.currentData() == "latin-1"


def test_a_second_click_on_an_open_cell_is_no_failure(qtbot: QtBot, open_import: Open, qtlog: object) -> None:
    dialog = open_import(IRIS)
    view = dialog.columns_view
    index = view.model().index(1, ROLE)
    view.clicked.emit(index)
    view.clicked.emit(index)
    assert [record.message for record in qtlog.records if "edit" in record.message] == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_the_corners_of_a_list_are_not_left_in_another_color(qtbot: QtBot, open_import: Open, choice: str) -> None:
    dialog = open_import(IRIS)
    theme.apply(QApplication.instance(), choice)  # type: ignore[arg-type]
    box = dialog.settings.scaling
    box.showPopup()
    qtbot.waitUntil(lambda: box.view().isVisible())
    image = box.view().window().grab().toImage()
    box.hidePopup()
    edge = image.pixelColor(image.width() // 2, 0)
    corners = [image.pixelColor(x, y) for x in (0, image.width() - 1) for y in (0, image.height() - 1)]
    assert corners == [edge] * 4


def test_choosing_begins_in_the_folder_of_the_last_table(
    qtbot: QtBot, open_import: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(parent: object, title: str, folder: str, filters: str) -> tuple[str, str]:
        asked.append(folder)
        return (str(tmp_path / "t.csv"), "")

    monkeypatch.setattr("ui.dialogs.table_import_bars.QFileDialog.getOpenFileName", answer)
    (tmp_path / "t.csv").write_bytes(IRIS.read_bytes())
    preferences.set_table_folder(str(IRIS))
    for _ in range(2):
        dialog = open_import(None)
        browse = next(b for b in dialog.findChildren(QPushButton) if b.accessibleName() == "Choose a file")
        qtbot.mouseClick(browse, Qt.MouseButton.LeftButton)
        settle(qtbot, dialog)
    assert asked == [str(IRIS.parent), str(tmp_path)]
    preferences.settings().setValue("table_folder", str(tmp_path / "gone"))
    assert preferences.table_folder() == ""


def test_shares_always_add_up_and_are_shown_as_rows(open_import: Open) -> None:
    dialog = open_import(IRIS)
    form = dialog.settings
    form.validation.setValue(30)
    form.test.setValue(70)  # more than is left: the field stops at what is
    assert form.test.value() == 60
    assert form.training.text().startswith("10")
    assert [label.text() for label in form.counts] == ["15 rows", "45 rows", "90 rows"]
    form.test.setValue(0)
    assert [label.text() for label in form.counts] == ["105 rows", "45 rows", "0 rows"]


def test_every_setting_reaches_the_recipe(qtbot: QtBot, open_import: Open) -> None:
    dialog = open_import(IRIS)
    form = dialog.settings
    form.missing.setCurrentIndex(form.missing.findData("mean"))
    form.scaling.setCurrentIndex(form.scaling.findData("min_max"))
    form.validation.setValue(25)
    form.test.setValue(10)
    form.seed.setValue(7)
    load(qtbot, dialog)
    settings = dialog.recipe().preparation
    assert (settings.missing, settings.scaling, settings.seed) == ("mean", "min_max", 7)
    assert settings.split == ShareSplit(validation=0.25, test=0.1)


def test_a_task_that_cannot_be_is_said_and_cannot_be_loaded(qtbot: QtBot, open_import: Open) -> None:
    dialog = open_import(IRIS)
    form = dialog.settings
    form.task.setCurrentIndex(form.task.findData("regression"))
    assert "cannot be predicted as a number" in dialog.footer.message.text()
    assert not dialog.footer.load_button.isEnabled()
    form.task.setCurrentIndex(0)
    assert dialog.footer.message.text() == ""
    assert dialog.footer.load_button.isEnabled()


def test_an_error_while_loading_stands_in_the_dialog_and_goes_with_the_next_change(
    qtbot: QtBot, open_import: Open
) -> None:
    dialog = open_import(IRIS)
    form = dialog.settings
    form.task.setCurrentIndex(form.task.findData("binary"))
    qtbot.mouseClick(dialog.footer.load_button, Qt.MouseButton.LeftButton)
    settle(qtbot, dialog)
    assert "has 3 classes" in dialog.footer.message.text()
    assert dialog.isVisible()
    form.task.setCurrentIndex(0)
    assert dialog.footer.load_button.isEnabled()
    load(qtbot, dialog)


@pytest.mark.parametrize(
    ("content", "expected"),
    [(None, "There is no file"), (b"", "is empty"), (b"a,b\n", "no rows"), (b"PK\x03\x04", "zip")],
)
def test_a_file_that_is_no_table_is_said_in_the_dialog(
    open_import: Open, tmp_path: Path, content: bytes | None, expected: str
) -> None:
    path = tmp_path / "t.csv"
    if content is not None:
        path.write_bytes(content)
    dialog = open_import(path)
    assert expected in dialog.footer.message.text()
    assert dialog.footer.message.property("role") == "bad"
    assert not dialog.footer.load_button.isEnabled()


def test_a_long_load_shows_progress_stays_alive_and_can_be_cancelled(
    qtbot: QtBot, open_import: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(
        recipe: object, *, progress: Callable[[float], None], cancelled: Callable[[], bool], **how: object
    ) -> None:
        for step in range(1000):
            progress(step / 1000)
            time.sleep(0.01)
            if cancelled():
                raise Cancelled
        raise DataError("nobody cancelled.")

    monkeypatch.setattr(table_import_jobs, "prepare_anew", slow)
    dialog = open_import(IRIS)
    qtbot.mouseClick(dialog.footer.load_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.footer.progress.value() > 20, timeout=WAIT_MS)
    assert dialog.footer.progress.isVisible()
    assert not dialog.footer.load_button.isEnabled()
    qtbot.mouseClick(dialog.footer.cancel_button, Qt.MouseButton.LeftButton)
    settle(qtbot, dialog)
    assert dialog.isVisible()  # cancelling a load is not closing
    assert not dialog.footer.progress.isVisible()
    assert dialog.footer.load_button.isEnabled()
    qtbot.mouseClick(dialog.footer.load_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.footer.progress.value() > 5, timeout=WAIT_MS)
    dialog.close()  # the fixture finds a thread that would outlive this


def test_every_control_has_an_accessible_name(open_import: Open) -> None:
    dialog = open_import(IRIS)
    unnamed = [
        widget
        for kind in (QComboBox, QAbstractSpinBox, QPushButton)
        for widget in dialog.findChildren(kind)
        if isinstance(widget, QWidget) and not widget.accessibleName()
    ]
    assert unnamed == []
    assert dialog.bar.path_edit.accessibleName()
    assert dialog.columns_view.accessibleName()
    assert dialog.left.view.accessibleName()


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_nothing_is_cut_off_at_the_smallest_size(qtbot: QtBot, open_import: Open, choice: str) -> None:
    dialog = open_import(IRIS)
    theme.apply(QApplication.instance(), choice)  # type: ignore[arg-type]
    dialog.columns_model.change([0], "target")
    settle(qtbot, dialog)
    dialog.resize(dialog.minimumSize())
    QApplication.processEvents()
    assert dialog.width() <= 1280
    assert dialog.height() <= 720
    for box in dialog.findChildren(QComboBox):
        if box.isVisible():
            assert box.fontMetrics().horizontalAdvance(box.currentText()) < box.width() - 28, box.accessibleName()
    assert dialog.settings.geometry().bottom() < dialog.footer.load_button.parentWidget().geometry().top()
