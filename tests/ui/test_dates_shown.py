"""A feature made of a date is shown as dates: in the table's cells, on the columns' cards, and along axes."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from fake_training import TableTraining
from PySide6.QtCore import QPoint
from PySide6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from nnstudio.data import DataRecipe, TableSource, detect, with_roles
from ui import theme
from ui.panels.data import DataPanel
from ui.panels.plot import Plot
from ui.recipe_work import close_work

FIRST = datetime.date(2018, 1, 1)


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path):
    path = tmp_path / "table.csv"
    rows = [f"{FIRST + datetime.timedelta(days=20 * i)},{i % 7},{'ab'[i % 2]}" for i in range(74)]
    path.write_text("\n".join(["day,x,y", *rows]))
    plan = with_roles(detect(path), {"day"}, "feature")
    model = TableTraining(DataRecipe(source=TableSource(path=str(path)), plan=plan))
    made = DataPanel(model)
    qtbot.addWidget(made)
    made.resize(460, 700)
    made.show()
    qtbot.waitUntil(lambda: made.visibility.seen)
    yield made
    close_work(model)
    model.deleteLater()


def labels(axis, low: float, high: float) -> list[str]:
    ((spacing, places),) = axis.tickValues(low, high, 400)
    return axis.tickStrings(places, 1.0, spacing)


def test_cells_hold_the_dates_of_the_file(panel: DataPanel) -> None:
    cells = panel.table.cells
    assert [cells.data(cells.index(row, 3)) for row in (0, 1, 73)] == ["2018-01-01", "2018-01-21", "2021-12-31"]


def test_a_card_has_the_mean_date_and_the_spread_in_days(panel: DataPanel) -> None:
    panel.show_page("columns")
    view = panel.columns.view
    assert "day: 2020-01-01 ± 427 days, from 2018-01-01 to 2021-12-31" in view.accessibleDescription()
    card = view.card(1)
    at = QPoint(int(card.left()) + 14, int(card.center().y()) + 20)
    assert view.describe(at) == "day 2017-11-30 to 2018-03-10: 4 rows"


def test_the_axis_of_a_date_has_years_and_that_of_a_number_has_numbers(panel: DataPanel) -> None:
    panel.show_page("scatter")
    scatter = panel.scatter
    scatter.show_pair(0, 1)
    bottom, left = scatter.plot.axes["bottom"], scatter.plot.axes["left"]
    low, high = (datetime.datetime(year, 1, 1, tzinfo=datetime.UTC).timestamp() for year in (2018, 2022))
    assert labels(bottom, low, high) == ["2018", "2019", "2020", "2021", "2022"]
    assert labels(left, 0.0, 6.0)[0] == "0"
    assert scatter.readout(low, 0.0).splitlines()[1] == "day 2018-01-01"
    scatter.show_pair(1, 0)
    assert labels(left, low, high)[:2] == ["2018-01", "2018-07"]
    assert labels(bottom, 0.0, 6.0)[0] == "0"


@pytest.mark.parametrize("length", [60, 105, 160, 300])
@pytest.mark.parametrize("days", [1, 9, 40, 700])
def test_dates_along_a_short_axis_do_not_cover_each_other(qtbot: QtBot, length: int, days: int) -> None:
    plot = Plot("day", "y")
    qtbot.addWidget(plot)
    axis = plot.axes["bottom"]
    axis.show_dates(True)
    low = datetime.datetime(2024, 4, 3, tzinfo=datetime.UTC).timestamp()
    ((spacing, places),) = axis.tickValues(low, low + 86_400 * days, length)
    widths = [
        QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance(text) for text in axis.tickStrings(places, 1.0, spacing)
    ]
    assert places
    for at in range(1, len(places)):
        apart = (places[at] - places[at - 1]) * length / (86_400 * days)
        assert apart >= (widths[at] + widths[at - 1]) / 2


def test_the_table_has_room_for_days_with_their_time(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "times.csv"
    start = datetime.datetime(2024, 3, 30, 0, 15)
    rows = [f"{start + datetime.timedelta(hours=7 * i)},{i % 7},{'ab'[i % 2]}" for i in range(60)]
    path.write_text("\n".join(["day,x,y", *rows]))
    plan = with_roles(detect(path), {"day"}, "feature")
    model = TableTraining(DataRecipe(source=TableSource(path=str(path)), plan=plan))
    panel = DataPanel(model)
    qtbot.addWidget(panel)
    panel.resize(460, 700)
    panel.show()
    panel.show_page("table")
    qtbot.waitUntil(lambda: panel.table.cells.rowCount() == 60)
    at = panel.table.cells.names.index("day")
    text = panel.table.cells.index(1, at).data()
    assert text == "2024-03-30 07:15"
    assert panel.table.table.columnWidth(at) > QFontMetrics(theme.font()).horizontalAdvance(text)
    close_work(model)
    model.deleteLater()
