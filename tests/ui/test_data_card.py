"""The data block says what is loaded, and asks for something else."""

import pytest
from fake_training import FakeTraining, sample
from PySide6.QtCore import Qt

from engine.declared import replace
from nnstudio.data import SAMPLES, ColumnSteps, Preparation, SampleSource, TableSource, TimeSplit, with_steps
from ui.data_card import DataCard, facts, groups, source_name
from ui.sample_sliders import ROWS


@pytest.fixture
def card(qtbot):
    def show(name="spirals"):
        made = DataCard(FakeTraining(name))
        qtbot.addWidget(made)
        made.resize(208, 360)
        made.show()
        qtbot.waitExposed(made)
        return made

    return show


def test_a_sample_is_told_in_words(card):
    shown = card("spirals")
    assert shown.name.whole() == "Two spirals"
    assert shown.facts.text().splitlines() == [
        "1\u202f000 rows, 2 features",
        "predicts class, 2 classes",
        "800 training, 200 validation",
        "scaled: standard",
    ]
    assert shown.axes.whole() == "x1 × x2"


def test_a_regression_names_the_number_that_is_predicted():
    recipe, data = sample("sine")
    assert "predicts the number y" in facts(recipe, data)


def test_several_targets_are_named_and_one_gives_the_colors(card):
    assert "predicts the numbers first, second" in card("two numbers").facts.text()
    shown = card("two answers")
    assert "predicts first, second, yes or no each" in shown.facts.text()
    assert shown.axes.whole() == "log(1 + x) × z, color: first"


def test_how_rows_were_divided_and_weighted_is_told_where_it_is_not_the_usual_way():
    recipe, data = sample("iris")
    plan = with_steps(recipe.plan, recipe.plan.columns[0].name, ColumnSteps(scaling="robust"))
    preparation = Preparation(split=TimeSplit(column="when"), class_weights="balanced")
    lines = facts(replace(recipe, plan=plan, preparation=preparation), data).splitlines()
    assert lines[-3:] == ["divided in the order of when", "scaled: standard, some otherwise", "classes balanced"]


def test_the_first_warning_is_shown_and_all_of_them_in_its_tooltip(card):
    shown = card("two answers")
    texts = [warning.text for warning in sample("two answers")[1].report.warnings]
    assert len(texts) == 3
    assert shown.warnings.isVisible()
    assert shown.warnings.text() == f"{texts[0]} 2 more warnings."
    assert shown.warnings.toolTip().splitlines() == texts
    assert not card("spirals").warnings.isVisible()


def test_the_first_note_is_shown_and_how_many_more_there_are(card):
    shown = card("spirals")
    data = shown._model.data
    assert shown.notes.text() == data.report.notes[0]
    shown._model.data = data.with_report(replace(data.report, notes=("Two rows are set aside.", "b", "c")))
    shown._model.data_changed.emit()
    assert shown.notes.text() == "Two rows are set aside. 2 more notes."
    assert shown.notes.toolTip().splitlines() == ["Two rows are set aside.", "b", "c"]
    warned = card("two answers")
    data = warned._model.data
    warned._model.data = data.with_report(replace(data.report, notes=("a",)))
    warned._model.data_changed.emit()  # warnings go first
    assert warned.notes.text() == "1 note on how it was read and prepared."


def test_a_table_is_called_by_its_file():
    recipe, _ = sample("spirals")
    named = replace(recipe, source=TableSource(path="/somewhere/far/houses.csv"))
    assert source_name(named) == ("houses.csv", "/somewhere/far/houses.csv")
    unknown = replace(recipe, source=SampleSource(name="gone"))
    assert source_name(unknown)[0] == "gone"


def test_without_data_it_says_how_to_begin(card):
    shown = card(None)
    assert shown.name.whole() == "No data yet"
    assert not shown.picture.isVisible()
    assert "sample" in shown.facts.text()


def test_a_table_that_is_not_there_any_more_is_said_so():
    recipe, _ = sample("spirals")
    assert "load it again" in facts(recipe, None)


def test_load_and_samples_ask_the_window(qtbot, card):
    shown = card()
    with qtbot.waitSignal(shown.load_requested):
        qtbot.mouseClick(shown.load, Qt.MouseButton.LeftButton)
    menu = shown.samples.menu()
    assert [action.text() for action in menu.actions()] == [entry.title for entry in SAMPLES.values()]
    for name, action in zip(SAMPLES, menu.actions(), strict=True):
        with qtbot.waitSignal(shown.sample_requested) as heard:
            action.trigger()
        assert heard.args == [name]


def test_other_data_are_shown_at_once(card):
    shown = card("spirals")
    shown._model.set_data("wine")
    assert shown.name.whole() == "Wine"
    assert "13 features" in shown.facts.text()


@pytest.mark.parametrize("name", ["spirals", "wine", "sine"])
def test_the_picture_has_a_color_for_every_row(card, name):
    shown = card(name)
    data = shown._model.data
    rows = range(0, len(data.X), 7)
    members = sum(mask.astype(int) for _, mask in groups(data, list(rows)))
    assert (members == 1).all()
    image = shown.picture.grab().toImage()
    colors = {image.pixel(x, y) for x in range(image.width()) for y in range(0, image.height(), 2)}
    assert len(colors) > 4


def test_one_feature_becomes_a_histogram(qtbot):
    from dataclasses import replace as with_fields

    import numpy as np

    model = FakeTraining("spirals")
    model.data = with_fields(model.data, X=np.ascontiguousarray(model.data.X[:, :1]), features=("x1",))
    made = DataCard(model)
    qtbot.addWidget(made)
    made.resize(208, 360)
    made.show()
    assert not made.picture.grab().isNull()
    assert made.axes.whole() == "x1"


def test_digits_are_painted_as_pictures(card):
    shown = card("digits")
    assert shown.axes.whole() == "rows as pictures of 8 × 8 pixels"
    image = shown.picture.grab().toImage()
    colors = {image.pixel(x, y) for x in range(image.width()) for y in range(0, image.height(), 2)}
    assert len(colors) > 8


# -- the settings of a generated sample ---------------------------------------------------------------------------


def test_a_generated_sample_has_sliders_for_its_size_and_noise_and_a_table_has_none(card):
    shown = card("spirals")
    assert shown.sliders.isVisible()
    assert (ROWS[shown.sliders.rows.value()], shown.sliders.noise.value()) == (1_000, 3)
    shown._model.set_data("wine")
    assert not shown.sliders.isVisible()
    shown._model.set_data("moons")
    assert shown.sliders.noise.value() == 15
    assert not card(None).sliders.isVisible()


def test_moving_a_slider_asks_for_the_sample_anew_and_one_drag_has_one_key(qtbot, card):
    shown = card("spirals")
    heard = []
    shown.shape_requested.connect(lambda *asked: heard.append(asked))
    shown.sliders.noise.sliderPressed.emit()
    for value in (10, 20):
        shown.sliders.noise.setValue(value)
        qtbot.waitUntil(lambda value=value: bool(heard) and heard[-1][1] == value / 100)
    assert {rows for rows, _, _ in heard} == {1_000}
    keys = {key for _, _, key in heard}
    shown.sliders.noise.sliderPressed.emit()
    shown.sliders.noise.setValue(30)
    qtbot.waitUntil(lambda: heard[-1][1] == 0.3)
    assert len(keys) == 1
    assert heard[-1][2] not in keys


def test_a_size_between_the_steps_of_the_slider_stays_as_it_is_when_the_noise_is_moved(qtbot, card):
    shown = card("spirals")
    recipe, _ = sample("spirals")
    shown.sliders.show_source(replace(recipe.source, rows=777, noise=0.123))
    with qtbot.waitSignal(shown.shape_requested) as heard:
        shown.sliders.rows.setValue(0)
    assert heard.args[:2] == [50, 0.123]
    shown.sliders.show_source(replace(recipe.source, rows=777, noise=0.123))
    with qtbot.waitSignal(shown.shape_requested) as heard:
        shown.sliders.noise.setValue(40)
    assert heard.args[:2] == [777, 0.4]
