"""The import dialog on the table in use: as it was loaded, changed from there, or detected anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from import_hands import Open, give, load, place, settle
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.declared import replace
from nnstudio.data import (
    ColumnSplit,
    ColumnSteps,
    DataRecipe,
    GroupSplit,
    ImportPlan,
    Preparation,
    ShareSplit,
    TableSource,
    TimeSplit,
    detect,
    with_column,
)


def with_steps(plan: ImportPlan, steps: ColumnSteps) -> ImportPlan:
    """Return the plan with these steps in its first column."""
    first, *others = plan.columns
    return replace(plan, columns=(replace(first, steps=steps), *others))


def chosen(path: Path, **preparation: object) -> DataRecipe:
    """Return a recipe that differs in everything from what is proposed for a table."""
    plan = detect(path, missing_marks=("", "oops"))
    plan = with_column(plan, "city", role="target")
    plan = with_steps(plan, ColumnSteps(missing="median", log="log1p"))
    plan = with_column(plan, "when", role="feature")
    plan = with_column(plan, "same", role="ignore")
    settings = {"missing": "mean", "scaling": "robust", "seed": 7, "class_weights": "balanced", **preparation}
    return DataRecipe(
        source=TableSource(path=str(path)),
        plan=replace(plan, dialect=replace(plan.dialect, comment="#")),
        preparation=Preparation(**settings),  # type: ignore[arg-type]
        task="multiclass",
    )


@pytest.mark.parametrize(
    "split",
    [
        ShareSplit(validation=0.5, test=0.3, stratified=False),
        ColumnSplit(column="part", validation=("check",)),
        TimeSplit(column="when", validation=0.1, test=0.1),
        GroupSplit(column="part", validation=0.25, test=0.0),
    ],
    ids=["share", "column", "time", "group"],
)
def test_the_table_in_use_is_shown_as_it_was_loaded_and_loads_the_same_again(
    qtbot: QtBot, open_import: Open, mixed_table: Path, split: object
) -> None:
    before = chosen(mixed_table, split=split)
    dialog = open_import(mixed_table, before)
    assert dialog.bar.anew.isVisible()
    assert dialog.bar.marks.text() == "oops"
    load(qtbot, dialog)
    found = dialog.recipe()
    assert (found.plan.dialect, found.plan.columns) == (before.plan.dialect, before.plan.columns)
    assert found.plan.missing_marks == before.plan.missing_marks
    assert (found.preparation, found.task) == (before.preparation, before.task)


def test_one_thing_is_changed_and_all_else_stays(qtbot: QtBot, open_import: Open, mixed_table: Path) -> None:
    before = chosen(mixed_table)
    dialog = open_import(mixed_table, before)
    dialog.bar.overruled.emit("missing_marks", ("", "oops", "no"))
    settle(qtbot, dialog)
    dialog.side.open_column(place(dialog, "income"))
    give(dialog.side.column.steps.form, "log", None)
    load(qtbot, dialog)
    expected = with_steps(before.plan, ColumnSteps(missing="median"))
    expected = replace(expected, missing_marks=("", "oops", "no"))
    found = dialog.recipe().plan
    assert (found.dialect, found.missing_marks) == (expected.dialect, expected.missing_marks)
    assert found.columns == expected.columns


def test_everything_is_detected_anew_when_asked(qtbot: QtBot, open_import: Open, mixed_table: Path) -> None:
    dialog = open_import(mixed_table, chosen(mixed_table))
    qtbot.mouseClick(dialog.bar.anew, Qt.MouseButton.LeftButton)
    settle(qtbot, dialog)
    assert not dialog.bar.anew.isVisible()
    load(qtbot, dialog)
    plan = detect(mixed_table)
    assert (dialog.recipe().plan.dialect, dialog.recipe().plan.columns) == (plan.dialect, plan.columns)


def test_of_another_table_nothing_is_known(open_import: Open, mixed_table: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text(mixed_table.read_text())
    dialog = open_import(other, chosen(mixed_table))
    assert not dialog.bar.anew.isVisible()
    assert dialog.columns_model.plan.columns == detect(other).columns


def test_a_table_that_has_lost_a_column_is_shown_with_the_others_as_they_were(
    open_import: Open, mixed_table: Path
) -> None:
    before = chosen(mixed_table)
    lines = [line.rpartition(",")[0] for line in mixed_table.read_text().splitlines()]
    mixed_table.write_text("\n".join(lines) + "\n")
    dialog = open_import(mixed_table, before)
    assert dialog.columns_model.plan.columns == before.plan.columns[:-1]
