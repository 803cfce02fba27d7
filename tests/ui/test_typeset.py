"""Typeset equations: sharp at every scale, in the theme's color, copied, and plain where they cannot be set."""

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QApplication

from engine import ACTIVATIONS, LAYERS, LOSSES, OPTIMIZERS, Dense, Input, Output, TrainingSettings, chain, infer_shapes
from nnstudio.equations import sections
from ui import theme, typeset

LATEX, TEXT = r"Z^{[1]} = \frac{1}{m} \sum W^{[1]} X", "Z[1] = 1/m Σ W[1] X"
BROKEN = r"\frac{1}"


@pytest.fixture
def equation(qtbot):
    def make(latex=LATEX, text=TEXT, **settings):
        made = typeset.Equation(latex, text, **settings)
        qtbot.addWidget(made)
        made.resize(made.sizeHint())
        return made

    return make


def image_of(widget, ratio=1.0):
    image = QImage(widget.size() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.white)
    widget.render(image)
    return image


def inked(image):
    """Return the rectangle (left, top, right, bottom) of what is not white."""
    rows = [
        (x, y) for y in range(image.height()) for x in range(image.width()) if image.pixelColor(x, y).lightness() < 200
    ]
    return min(x for x, _ in rows), min(y for _, y in rows), max(x for x, _ in rows), max(y for _, y in rows)


def test_an_equation_takes_the_room_that_it_fills(equation):
    made = equation()
    left, top, right, bottom = inked(image_of(made))
    assert 0 <= left < 8
    assert 0 <= top < 8
    assert made.width() - 8 < right < made.width()
    assert made.height() - 8 < bottom < made.height()


def test_at_200_percent_it_has_the_same_place_and_twice_the_pixels(equation):
    made = equation()
    plain, sharp = inked(image_of(made)), inked(image_of(made, 2.0))
    for one, other in zip(plain, sharp, strict=True):
        assert abs(2 * one - other) <= 4
    # Sharp: finer than the picture at 100 % enlarged.
    enlarged = image_of(made).scaled(made.size() * 2)
    image = image_of(made, 2.0)
    image.setDevicePixelRatio(1.0)
    enlarged.setDevicePixelRatio(1.0)
    assert image != enlarged.convertToFormat(image.format())


def test_a_larger_size_takes_more_room(equation):
    small, large = equation(), equation(size=2 * typeset.POINT_SIZE)
    assert large.sizeHint().width() > 1.8 * small.sizeHint().width()


def test_an_equation_without_room_is_made_smaller_and_stays_whole(equation):
    made = equation()
    made.setFixedSize(made.width() // 2, made.height())
    left, _, right, _ = inked(image_of(made))
    assert left >= 0
    assert right < made.width()
    assert right - left > made.width() // 2


def test_it_takes_the_theme_color_and_the_role_given(equation):
    made = equation()
    theme.apply(QApplication.instance(), "dark")
    try:
        made.set_color("bad")
        image = image_of(made)
    finally:
        theme.apply(QApplication.instance(), "light")
    colors = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert QColor(theme.DARK.bad).name() in colors


def test_it_is_read_out_and_copied_as_latex_and_as_text(equation):
    made = equation()
    assert made.accessibleName() == TEXT
    for action in made.menu().actions():
        action.trigger()
        expected = LATEX if action.text() == "Copy as LaTeX" else TEXT
        assert QGuiApplication.clipboard().text() == expected


def test_showing_another_one_changes_its_size_and_its_words(equation):
    made = equation()
    before = made.sizeHint()
    made.show_equation("x")
    assert made.sizeHint().width() < before.width()
    assert made.accessibleName() == "x"


def test_nothing_to_show_takes_no_room(equation):
    made = equation("", "")
    assert made.sizeHint().isEmpty()
    made.grab()


def test_what_cannot_be_set_is_shown_in_plain_characters(equation):
    with pytest.raises(ValueError, match="cannot be set"):
        typeset.svg_of(BROKEN, typeset.POINT_SIZE, "#000000")
    made = equation(BROKEN, "one over nothing")
    assert made.sizeHint().width() > 20
    assert inked(image_of(made))
    assert made.accessibleName() == "one over nothing"


def test_one_setting_serves_every_color():
    black, red = (typeset.svg_of(LATEX, typeset.POINT_SIZE, color) for color in ("#000000", "#ff0000"))
    assert black.replace(b"#000000", b"") == red.replace(b"#ff0000", b"")
    assert black != red


def test_a_setter_sets_in_the_background_and_says_when(qtbot):
    latex = [rf"q_{{{number}}} + s" for number in range(5)]
    setter = typeset.Setter()
    with qtbot.waitSignal(setter.ready):
        for one in (*latex, BROKEN + "{"):
            setter.ask(one)
            setter.ask(one)
    qtbot.waitUntil(lambda: all(typeset.is_set(one) for one in latex))
    image = QImage(80, 40, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    typeset.draw(painter, QRectF(0, 0, 80, 40), latex[0], QColor("black"))
    painter.end()
    assert inked(image)


def test_the_setter_goes_on_after_something_that_cannot_be_set(qtbot):
    setter = typeset.Setter()
    setter.ask(r"\frac{2}")
    setter.ask("r^2 + 7")
    qtbot.waitUntil(lambda: typeset.is_set("r^2 + 7"))


def test_latex_without_a_text_is_read_out_without_its_marks():
    assert typeset.plain(r"\frac{a}{b} = c") == "a b = c"


def pairs():
    for name, activation in ACTIVATIONS.items():
        yield f"activation {name}", activation.latex
        yield f"derivative {name}", activation.derivative_latex
    for name, loss in LOSSES.items():
        yield f"loss {name}", loss.latex


@pytest.mark.parametrize("latex", [latex for _, latex in pairs()], ids=[name for name, _ in pairs()])
def test_every_declared_formula_can_be_set(latex):
    assert typeset.size_of(latex).width() > 1


def every_network():
    for name, kind in LAYERS.items():
        if kind not in (Input, Output) and kind.least_inputs == 1:
            yield name, chain([Input(features=2), Dense(units=3), kind(), Output()])


@pytest.mark.parametrize("graph", [graph for _, graph in every_network()], ids=[name for name, _ in every_network()])
def test_every_equation_of_every_layer_can_be_set(graph):
    for section in sections(graph, infer_shapes(graph), TrainingSettings(l1=0.1, l2=0.2, clip_norm=1.0)):
        for formula in section.formulas:
            assert typeset.size_of(formula.latex).width() > 1
            assert not formula.latex_detail or typeset.size_of(formula.latex_detail).width() > 1
            assert "−" not in formula.latex


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_update_can_be_set(name):
    graph = chain([Input(features=2), Output()])
    settings = TrainingSettings(optimizer=OPTIMIZERS[name]())
    for formula in sections(graph, infer_shapes(graph), settings)[-1].formulas:
        assert typeset.size_of(formula.latex).width() > 1
