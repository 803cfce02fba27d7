"""Forms made from declarations: every kind of setting can be typed, stepped, chosen and refused."""

from typing import Annotated, Literal

import pytest
from msgspec import Meta
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QLineEdit, QSpinBox

from engine.activations import LeakyRelu, Softmax, Tanh
from engine.declared import Declared, fields_of, replace
from engine.initializers import HeNormal, Normal
from engine.layers import LAYERS, Dense, Output
from engine.optimizers import OPTIMIZERS, Adam, Sgd
from engine.settings import TrainingSettings
from nnstudio import numbers
from ui.forms import DeclaredForm


class Everything(Declared, frozen=True):
    whole: Annotated[int, Meta(ge=1, le=9_999, title="Whole", extra={"unit": "epochs"})] = 12
    real: Annotated[float, Meta(ge=0.0, le=10.0, title="Real", description="A real number.")] = 0.5
    rate: Annotated[float, Meta(gt=0.0, le=1e3, title="Rate", extra={"logarithmic": True})] = 0.01
    on: bool = False
    mode: Literal["one_way", "both"] = "one_way"
    words: str = "hello"
    several: Annotated[
        tuple[Annotated[float, Meta(ge=0.1, le=9.0)], ...], Meta(title="Several", description="Some.", max_length=4)
    ] = ()


@pytest.fixture
def form(qtbot):
    made = DeclaredForm(Everything)
    qtbot.addWidget(made)
    made.show()
    return made


def edits_of(form):
    seen = []
    form.edited.connect(lambda value, path: seen.append((value, path)))
    return seen


def control(form, name, kind):
    return form.editor(name).findChild(kind, name)


def type_into(qtbot, line, text):
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, text)
    qtbot.keyClick(line, Qt.Key.Key_Return)


def wheel(widget, notches):
    point = QPointF(5, 5)
    event = QWheelEvent(
        point,
        QPointF(widget.mapToGlobal(QPoint(5, 5))),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


@pytest.mark.parametrize("kind", [*LAYERS.values(), *OPTIMIZERS.values(), TrainingSettings])
def test_every_declared_record_gets_a_form_that_shows_its_defaults(qtbot, kind):
    form = DeclaredForm(kind)
    qtbot.addWidget(form)
    assert form.value() == kind()
    for field in fields_of(kind):
        assert form.editor(field.name).value() == getattr(kind(), field.name)


def test_a_whole_number_is_sent_when_finished_and_not_at_each_key(qtbot, form):
    seen, spin = edits_of(form), control(form, "whole", QSpinBox)
    spin.setFocus()
    spin.selectAll()
    qtbot.keyClicks(spin, "345")
    assert not seen
    qtbot.keyClick(spin, Qt.Key.Key_Return)
    assert [(value.whole, path) for value, path in seen] == [(345, "whole")]


def test_arrow_keys_step_a_whole_number(qtbot, form):
    seen, spin = edits_of(form), control(form, "whole", QSpinBox)
    qtbot.keyClick(spin, Qt.Key.Key_Up)
    qtbot.keyClick(spin, Qt.Key.Key_Down)
    assert [value.whole for value, _ in seen] == [13, 12]


def test_thousands_of_a_whole_number_are_parted_and_its_unit_shown(form):
    form.set_value(Everything(whole=1204))
    assert control(form, "whole", QSpinBox).text() == "1\u202f204 epochs"


def test_a_number_with_thin_spaces_can_be_typed_back(qtbot, form):
    spin = control(form, "whole", QSpinBox)
    spin.setFocus()
    spin.selectAll()
    qtbot.keyClicks(spin, "2 000")
    qtbot.keyClick(spin, Qt.Key.Key_Return)
    assert form.value().whole == 2000


@pytest.mark.parametrize(("text", "value"), [("1e-3", 0.001), ("0,25", 0.25), ("0.25", 0.25), ("2", 2.0)])
def test_a_real_number_is_read_in_any_usual_writing(qtbot, form, text, value):
    seen = edits_of(form)
    type_into(qtbot, control(form, "real", QLineEdit), text)
    assert [(v.real, path) for v, path in seen] == [(value, "real")]
    assert form.problem("real") == ""


@pytest.mark.parametrize("text", ["abc", "11", "-1", "nan", "1e999"])
def test_a_wrong_number_is_marked_explained_and_not_taken(qtbot, form, text):
    seen, line = edits_of(form), control(form, "real", QLineEdit)
    type_into(qtbot, line, text)
    assert not seen
    assert form.value().real == 0.5
    assert line.property("invalid") is True
    assert "0.5 is kept" in form.problem("real")
    assert line.text() == text


def test_a_limit_is_named_when_it_is_broken(qtbot, form):
    type_into(qtbot, control(form, "real", QLineEdit), "11")
    assert "from 0 to 10" in form.problem("real")


def test_a_limit_that_only_the_record_knows_is_explained_too(qtbot, form):
    seen, line = edits_of(form), control(form, "rate", QLineEdit)
    type_into(qtbot, line, "0")  # the limit is open: more than 0
    assert not seen
    assert form.value().rate == 0.01
    assert form.editor("rate").value() == 0.01
    assert line.property("invalid") is True
    assert form.problem("rate")


def test_a_good_number_takes_the_mark_away(qtbot, form):
    line = control(form, "real", QLineEdit)
    type_into(qtbot, line, "abc")
    type_into(qtbot, line, "3")
    assert line.property("invalid") is False
    assert form.problem("real") == ""


def test_escape_gives_the_old_number_back(qtbot, form):
    line = control(form, "real", QLineEdit)
    type_into(qtbot, line, "abc")
    line.selectAll()
    qtbot.keyClicks(line, "xyz")
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert line.text() == "0.5"
    assert form.problem("real") == ""


def test_arrow_keys_step_a_rate_through_the_decades(qtbot, form):
    seen, line = edits_of(form), control(form, "rate", QLineEdit)
    for _ in range(3):
        qtbot.keyClick(line, Qt.Key.Key_Up)
    for _ in range(4):
        qtbot.keyClick(line, Qt.Key.Key_Down)
    assert [value.rate for value, _ in seen] == [0.02, 0.05, 0.1, 0.05, 0.02, 0.01, 0.005]


def test_arrow_keys_step_other_numbers_evenly_and_stop_at_the_limits(qtbot, form):
    seen, line = edits_of(form), control(form, "real", QLineEdit)
    qtbot.keyClick(line, Qt.Key.Key_Up)
    assert form.value().real == pytest.approx(0.6)
    for _ in range(20):
        qtbot.keyClick(line, Qt.Key.Key_PageUp)
    assert form.value().real == 10.0
    assert all(value.real <= 10.0 for value, _ in seen)


@pytest.mark.parametrize(("name", "kind"), [("whole", QSpinBox), ("real", QLineEdit), ("mode", QComboBox)])
def test_the_wheel_changes_only_what_has_the_focus(qtbot, form, name, kind):
    seen, widget = edits_of(form), control(form, name, kind)
    control(form, "words", QLineEdit).setFocus()
    wheel(widget, -1)
    assert not seen
    qtbot.waitUntil(lambda: form.isActiveWindow() or form.activateWindow() or form.isActiveWindow())
    widget.setFocus()
    wheel(widget, -1)
    assert [path for _, path in seen] == [name]


def test_a_switch_is_turned_by_the_keyboard(qtbot, form):
    seen, switch = edits_of(form), control(form, "on", QAbstractButton)
    qtbot.keyClick(switch, Qt.Key.Key_Space)
    assert [(value.on, path) for value, path in seen] == [(True, "on")]


def test_a_choice_and_a_text_are_sent(qtbot, form):
    seen = edits_of(form)
    qtbot.keyClick(control(form, "mode", QComboBox), Qt.Key.Key_Down)
    type_into(qtbot, control(form, "words", QLineEdit), "bye")
    assert [path for _, path in seen] == ["mode", "words"]
    assert (form.value().mode, form.value().words) == ("both", "bye")


def test_setting_a_value_sends_nothing(qtbot, form):
    seen = edits_of(form)
    form.set_value(Everything(whole=7, real=1.0, rate=0.3, on=True, mode="both", words="x"))
    assert not seen
    assert form.value().whole == 7
    assert control(form, "words", QLineEdit).text() == "x"


def test_what_is_being_typed_survives_news_of_other_settings(qtbot, form):
    line = control(form, "real", QLineEdit)
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, "0.7")
    form.set_value(replace(form.value(), whole=99))
    assert line.text() == "0.7"


def test_every_control_has_a_name_and_its_help(form):
    for field in fields_of(Everything):
        widget = form.editor(field.name).focusProxy()
        assert widget.accessibleName() == field.label
        assert widget.toolTip() == field.help


@pytest.fixture
def dense(qtbot):
    made = DeclaredForm(Dense())
    qtbot.addWidget(made)
    made.show()
    return made


def choose(form, name, title):
    combo = control(form, name, QComboBox)
    combo.setCurrentIndex(combo.findText(title))


def test_a_chosen_variant_brings_its_own_fields(qtbot, dense):
    seen = edits_of(dense)
    choose(dense, "activation", "leaky ReLU")
    assert seen[-1] == (Dense(activation=LeakyRelu()), "activation")
    below = dense.editor("activation").below
    assert below.isVisible()
    type_into(qtbot, control(below, "slope", QLineEdit), "0.2")
    assert seen[-1] == (Dense(activation=LeakyRelu(slope=0.2)), "activation.slope")


def test_a_variant_without_settings_shows_none(dense):
    choose(dense, "activation", "leaky ReLU")
    choose(dense, "activation", "sigmoid")
    assert not dense.editor("activation").below.isVisible()


def test_going_back_to_a_variant_finds_its_settings_again(qtbot, dense):
    choose(dense, "initializer", "normal")
    type_into(qtbot, control(dense.editor("initializer").below, "scale", QLineEdit), "0.3")
    choose(dense, "initializer", "He normal")
    assert dense.value().initializer == HeNormal()
    choose(dense, "initializer", "normal")
    assert dense.value().initializer == Normal(scale=0.3)


def test_a_variant_that_is_not_offered_is_shown_where_the_value_has_it(qtbot):
    form = DeclaredForm(Dense(), offers=lambda field, kind: not getattr(kind, "output_only", False))
    qtbot.addWidget(form)
    combo = control(form, "activation", QComboBox)
    assert combo.findText("softmax") == -1
    form.set_value(Dense(activation=Softmax()))
    assert combo.currentText() == "softmax"


def test_fields_of_a_variant_follow_it_in_tab_order(qtbot):
    form = DeclaredForm(TrainingSettings(optimizer=Sgd()))
    qtbot.addWidget(form)
    form.show()
    choose(form, "optimizer", "Adam")
    names = [widget.objectName() for widget in form.controls()]
    assert names[:6] == ["optimizer", "learning_rate", "beta1", "beta2", "epsilon", "schedule"]
    widget, walked = form.controls()[0], []
    while len(walked) < 5:
        widget = widget.nextInFocusChain()
        if widget in form.controls():
            walked.append(widget.objectName())
    assert walked == names[1:6]


def test_another_kind_of_record_rebuilds_the_form(qtbot, dense):
    seen = edits_of(dense)
    dense.set_value(Output())
    assert dense.value() == Output()
    assert dense.editor("loss").value() == Output().loss
    assert not seen
    choose(dense, "activation", "tanh")
    assert dense.value() == Output(activation=Tanh())


def test_only_some_fields_can_be_shown(qtbot):
    form = DeclaredForm(Dense(), only=("units",))
    qtbot.addWidget(form)
    with pytest.raises(KeyError):
        form.editor("activation")
    control(form, "units", QSpinBox).setValue(5)
    assert form.value() == Dense(units=5)


def test_a_setting_that_follows_the_data_cannot_be_typed(qtbot):
    form = DeclaredForm(Output())
    qtbot.addWidget(form)
    assert control(form, "units", QSpinBox).isReadOnly()


def test_a_nested_number_out_of_its_open_limit_is_refused_with_a_sentence(qtbot):
    form = DeclaredForm(TrainingSettings(optimizer=Adam()))
    qtbot.addWidget(form)
    form.show()
    seen, below = edits_of(form), form.editor("optimizer").below
    type_into(qtbot, control(below, "beta1", QLineEdit), "1")
    assert not seen
    assert below.problem("beta1")
    assert form.value().optimizer.beta1 == 0.9


@pytest.mark.parametrize("typed", ["0", "99999999", "many"])
def test_a_whole_number_out_of_its_limits_is_refused_with_a_sentence_and_not_bent(qtbot, form, typed):
    seen, line = edits_of(form), control(form, "whole", QSpinBox)
    type_into(qtbot, line, typed)
    assert seen == []
    assert line.value() == 12
    assert line.lineEdit().text() == "12 epochs"
    assert form.problem("whole").endswith("12 is kept.")
    if typed != "many":
        assert form.problem("whole") == "Whole must be from 1 to 9\u202f999. 12 is kept."
    line.clearFocus()
    assert form.problem("whole")  # it can still be read after a click elsewhere
    type_into(qtbot, line, "12")
    assert form.problem("whole") == ""
    assert seen == []


def test_a_typed_space_is_no_text_of_a_number(qtbot, form):
    real, whole = control(form, "real", QLineEdit), control(form, "whole", QSpinBox)
    for field, text in ((real, real.text), (whole, whole.lineEdit().text)):
        field.setFocus()
        before = text()
        qtbot.keyClicks(field, " ")
        assert text() == before


def test_a_note_below_a_field_comes_and_goes(form):
    form.set_note("real", "Takes effect later.")
    assert form.note("real") == "Takes effect later."
    form.set_note("real", "")
    assert form.note("real") == ""


def several(form):
    return form.editor("several").findChild(QLineEdit, "several")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("1 2 0.5", (1.0, 2.0, 0.5)),
        ("1, 2, 0.5", (1.0, 2.0, 0.5)),
        ("1,2,3", (1.0, 2.0, 3.0)),
        ("0,5 2", (0.5, 2.0)),
        ("0,5; 2", (0.5, 2.0)),
        ("1e0 .3", (1.0, 0.3)),
        ("  7 ", (7.0,)),
    ],
)
def test_several_numbers_are_read_as_people_write_them(qtbot, form, typed, read):
    seen = edits_of(form)
    type_into(qtbot, several(form), typed)
    assert [value.several for value, path in seen] == [read]
    assert seen[0][1] == "several"
    assert form.problem("several") == ""


def test_several_numbers_shown_and_taken_again_are_the_same(qtbot, form):
    values = (0.1, 1.0 / 3.0, 8.25, 1e-1 + 1e-9)
    form.set_value(replace(form.value(), several=values))
    line, seen = several(form), edits_of(form)
    line.setModified(True)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert form.editor("several").value() == values
    assert seen == []


def test_no_numbers_at_all_are_allowed(qtbot, form):
    form.set_value(replace(form.value(), several=(1.0, 2.0)))
    seen, line = edits_of(form), several(form)
    line.setFocus()
    line.selectAll()
    qtbot.keyClick(line, Qt.Key.Key_Delete)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert [value.several for value, _ in seen] == [()]
    assert line.placeholderText() == "none"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("1 two", "two is not a number"),
        ("1,2", "may be one number or two"),
        ("1,2, 3", "may be one number or two"),
        ("1 20", "each goes from 0.1 to 9, not 20"),
        ("1 2 3 4 5", "length <= 4"),
    ],
)
def test_several_numbers_that_cannot_be_taken_are_refused_with_a_reason(qtbot, form, typed, said):
    form.set_value(replace(form.value(), several=(1.0, 2.0)))
    seen, line = edits_of(form), several(form)
    type_into(qtbot, line, typed)
    assert said in form.problem("several")
    assert line.property("invalid") is True
    left = numbers.parse_list(line.text()) if said.startswith("length") else line.text()
    assert left == ((1.0, 2.0, 3.0, 4.0, 5.0) if said.startswith("length") else typed)
    assert form.value().several == (1.0, 2.0)
    assert seen == []
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert line.text() == "1, 2"
    assert form.problem("several") == ""


def test_the_line_of_several_numbers_tells_its_name(form):
    assert several(form).accessibleName() == "Several"
    assert several(form).accessibleDescription() == "Some."


def test_fields_of_a_group_stand_below_its_heading(qtbot):
    form = DeclaredForm(TrainingSettings)
    qtbot.addWidget(form)
    form.resize(280, 900)
    form.show()
    headings = [label for label in form.findChildren(QLabel) if label.property("role") == "heading"]
    assert [label.accessibleName() for label in headings] == ["Steps", "Penalties", "When to stop", "Run"]

    def top(name):
        return form.editor(name).geometry().top()

    firsts = [top(name) for name in ("optimizer", "l2", "epochs", "record_every")]
    lasts = [-1, *(top(name) for name in ("batch_size", "clip_norm", "time_limit"))]
    for heading, before, first in zip(headings, lasts, firsts, strict=True):
        assert before < heading.geometry().top() < first
