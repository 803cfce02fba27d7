"""The canvas itself: what cards say, what actions do, keyboard, clipboard, view, and following the document."""

from __future__ import annotations

import itertools

import msgspec
import numpy as np
import pytest
from canvas_hands import Hands
from fake_training import FakeTraining
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QImage, QPainter, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QStyleOptionGraphicsItem, QToolButton

from engine.activations import LeakyRelu
from engine.declared import replace
from engine.graph import Edge, Node
from engine.initializers import XavierNormal
from engine.layers import Add, BatchNorm, Dense, Input
from engine.snapshot import Probes
from nnstudio import edits
from nnstudio.document import Document, starting_document
from nnstudio.edits import Fragment
from ui import theme
from ui.canvas.card import shape_text
from ui.canvas.clipboard import MIME
from ui.canvas.glide import MILLISECONDS
from ui.canvas.overlays import ZoomBar
from ui.canvas.view import Canvas

THIN = "\u202f"


@pytest.fixture
def hands(qtbot) -> Hands:
    QGuiApplication.clipboard().clear()
    return Hands(qtbot)


def card(hands: Hands, node_id: str):
    return hands.canvas.network.nodes[node_id].card


# -- cards --------------------------------------------------------------------------------------------------------


def test_a_card_says_shape_and_parameters_in_the_notes_form():
    assert shape_text(16, 272) == "(16, m) · 272 par."
    assert shape_text(1_024, 1_049_600) == f"(1{THIN}024, m) · 1{THIN}049{THIN}600 par."
    assert shape_text(2, 0, is_data=True) == "(2, m) · data"
    assert shape_text(None, 0) == "(?, m)"


def test_cards_follow_the_document(hands):
    assert card(hands, "dense_2").shape == "(16, m) · 272 par."
    layer = hands.document.graph.node("dense_1").layer
    hands.store.apply(lambda d: edits.set_layer(d, "dense_1", replace(layer, units=4)), "Units")
    assert card(hands, "dense_1").shape == "(4, m) · 12 par."
    assert card(hands, "dense_2").shape == "(16, m) · 80 par."


def test_a_problem_stands_on_its_card_in_words_and_goes_with_its_cause(hands):
    hands.canvas.add_layer("add")
    item = hands.canvas.network.nodes["add_1"]
    assert item.card.severity == "bad"
    assert "needs at least 2 inputs" in " ".join(item.layout.note_lines)
    assert "needs at least 2 inputs" in item.tooltip()
    hands.canvas.join("dense_1", "add_1")
    assert card(hands, "add_1").severity == ""


def test_a_problem_of_settings_stands_on_its_card_until_it_is_mended(qtbot):
    document = starting_document()
    wire = Edge(source="dense_1", target="dense_2")
    document = edits.insert_on_edge(document, edits.new_node(document.graph, BatchNorm()), (0.0, 300.0), wire)
    model = FakeTraining(document=document)
    canvas = Canvas(model.store, model)
    qtbot.addWidget(canvas)
    training = document.training
    model.set_training(replace(training, batch_size=1), "Batch")
    assert "at least 2 rows" in " ".join(canvas.network.nodes["batchnorm_1"].layout.note_lines)
    model.set_training(training, "Batch")
    assert canvas.network.nodes["batchnorm_1"].card.severity == ""
    model.deleteLater()


def test_a_frozen_layer_is_marked_by_a_sign_and_in_words(hands):
    def drawn():
        item = hands.canvas.network.nodes["dense_1"]
        image = QImage(200, 60, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(0)
        painter = QPainter(image)
        item.paint(painter, QStyleOptionGraphicsItem())
        painter.end()
        return image

    before, layer = drawn(), hands.document.graph.node("dense_1").layer
    assert "frozen" not in hands.canvas.accessibleDescription()
    hands.store.apply(lambda d: edits.set_layer(d, "dense_1", replace(layer, frozen=True)), "Freeze")
    assert drawn() != before
    assert "Frozen: training leaves its parameters" in hands.canvas.network.nodes["dense_1"].tooltip()
    assert "frozen" in hands.canvas.accessibleDescription()


def test_a_warning_stands_below_its_card_too(hands):
    hands.canvas.add_layer_at("dense", QPointF(0, 300))
    hands.canvas.join("input", "dense_3")
    item = hands.canvas.network.nodes["dense_3"]
    assert item.card.severity == "warn"
    assert "not on a way" in " ".join(item.layout.note_lines)


def test_unchanged_cards_are_not_made_anew(hands):
    kept = dict(hands.canvas.network.nodes)
    hands.canvas.add_layer("dropout")
    assert all(hands.canvas.network.nodes[key] is item for key, item in kept.items())


def test_live_pictures_show_the_probes_and_say_their_range(hands):
    values = {"dense_1": np.array([-0.5, 0.25]), "output": np.array([3, 1])}
    hands.model.probes = Probes(thumbnails=values)
    hands.model.refreshed.emit()
    item = hands.canvas.network.nodes["dense_1"]
    assert item.thumbnail.values is values["dense_1"]
    assert "−0.5 to 0.25" in item.tooltip()
    assert not hands.canvas.grab().isNull()


def test_live_pictures_are_asked_for_only_while_the_canvas_is_visible(hands):
    assert hands.model.requests["canvas"].thumbnails
    hands.canvas.hide()
    assert "canvas" not in hands.model.requests


def stripe_colors(hands: Hands) -> list[str]:
    hands.model.probes = Probes(thumbnails={"dense_1": np.array([1.0, 0.0, -1.0])})
    hands.model.refreshed.emit()
    QTest.qWait(20)
    image = hands.canvas.viewport().grab().toImage()
    picture = hands.canvas.network.nodes["dense_1"].thumbnail
    box = picture.sceneBoundingRect()
    points = [QPointF(box.left() + box.width() * at, box.center().y()) for at in (1 / 6, 1 / 2, 5 / 6)]
    scale = image.devicePixelRatio()
    return [image.pixelColor(hands.pixel(point) * scale).name().upper() for point in points]


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_positive_is_blue_zero_the_surface_and_negative_orange_in_both_themes(hands, choice):
    theme.apply(QApplication.instance(), choice)
    try:
        t = theme.tokens()
        assert stripe_colors(hands) == [t.positive, t.surface, t.negative]
    finally:
        theme.apply(QApplication.instance(), "light")


def test_values_that_are_not_finite_are_drawn_all_the_same(hands):
    values = {"dense_1": np.array([np.nan, np.inf, 1.0]), "output": np.array([np.nan, 0.0])}
    hands.model.probes = Probes(thumbnails=values)
    hands.model.refreshed.emit()
    assert not hands.canvas.grab().isNull()


# -- actions ------------------------------------------------------------------------------------------------------


def test_a_layer_is_added_behind_the_selected_one_and_selected(hands):
    seen = []
    hands.canvas.selection_changed.connect(seen.append)
    hands.canvas.select(["dense_1"])
    hands.canvas.add_layer("dropout")
    assert {("dense_1", "dropout_1"), ("dropout_1", "dense_2")} <= hands.wires
    assert seen == [("dense_1",), ("dropout_1",)]


def test_a_layer_put_off_while_training_is_selected_when_it_comes(hands):
    waiting = []
    hands.store.gate = lambda before, after, retry: bool(waiting.append(retry)) or len(waiting) > 1
    hands.canvas.add_layer("dropout")
    assert "dropout_1" not in hands.ids
    waiting[0]()
    assert hands.canvas.selected() == ("dropout_1",)


def test_deleting_keeps_input_and_output_and_is_undone_in_one_step(hands):
    before = hands.document
    hands.canvas.select_all()
    hands.canvas.delete_selected()
    assert hands.ids == ["input", "output"]
    hands.undo()
    assert hands.document == before


def test_deleting_the_input_alone_is_refused_in_a_bubble(hands):
    hands.canvas.select(["input"])
    hands.canvas.delete_selected()
    assert "stays" in hands.canvas.bubble_text
    assert "input" in hands.ids


def test_undo_takes_a_node_out_of_the_selection(hands):
    hands.canvas.add_layer("dropout")
    hands.undo()
    assert hands.canvas.selected() == ()


def test_tidy_is_one_step_and_the_cards_arrive_where_the_document_has_them(hands, qtbot):
    scattered = {key: (float(37 * i), float(91 * i)) for i, key in enumerate(hands.ids)}
    hands.store.apply(lambda d: edits.move(d, scattered), "Scatter")
    hands.canvas.tidy()
    assert hands.store.undo_stack.count() == 2
    assert len({hands.document.position(key)[1] for key in hands.ids}) == 1
    qtbot.waitUntil(
        lambda: all(hands.canvas.network.position(key) == hands.document.position(key) for key in hands.ids)
    )
    hands.undo()
    assert hands.document.positions == scattered


def test_a_document_without_positions_is_laid_out_without_a_change(qtbot):
    document = msgspec.structs.replace(starting_document(), positions={})
    hands = Hands(qtbot, document)
    places = {hands.canvas.network.position(key) for key in hands.ids}
    assert len(places) == 4
    assert hands.document is document


def test_another_document_is_shown_whole(hands):
    far = Document(graph=hands.document.graph, positions={key: (5_000.0, 900.0 * i) for i, key in enumerate(hands.ids)})
    hands.store.replace_all(far)
    assert hands.canvas.visible_area().contains(hands.canvas.network.content())


def test_a_deleted_network_shows_an_empty_canvas(hands):
    hands.store.replace_all(Document())
    assert hands.canvas.network.nodes == {}
    hands.canvas.fit()
    hands.canvas.tidy()
    assert not hands.canvas.grab().isNull()


# -- clipboard ----------------------------------------------------------------------------------------------------


def test_copied_layers_are_pasted_beside_them_and_again_further_on(hands):
    hands.canvas.select(["dense_1", "dense_2"])
    hands.canvas.copy()
    hands.canvas.paste()
    assert hands.canvas.selected() == ("dense_3", "dense_4")
    assert ("dense_3", "dense_4") in hands.wires
    hands.canvas.paste()
    first, second, third = (hands.document.position(key) for key in ("dense_1", "dense_3", "dense_5"))
    assert (second[0] - first[0], third[0] - second[0]) == (32.0, 32.0)
    assert third[1] > second[1] > first[1]


def covered(hands: Hands) -> list[tuple[str, str]]:
    boxes = {key: hands.canvas.network.nodes[key].box() for key in hands.ids}
    return [pair for pair in itertools.combinations(hands.ids, 2) if boxes[pair[0]].intersects(boxes[pair[1]])]


def test_pasted_and_duplicated_layers_cover_no_card_and_keep_their_distances(hands):
    hands.canvas.select(["dense_1", "dense_2"])
    hands.canvas.copy()
    hands.canvas.duplicate()
    hands.canvas.paste()
    hands.canvas.paste()
    hands.move(hands.card("dense_1"))
    hands.canvas.paste()
    hands.canvas.settle()
    assert len(hands.ids) == 12
    assert covered(hands) == []
    ways = [
        (hands.document.position(f"dense_{n + 1}")[0] - hands.document.position(f"dense_{n}")[0])
        for n in range(1, 10, 2)
    ]
    assert len(set(ways)) == 1


def test_cards_with_two_rows_of_chips_do_not_cover_each_other_in_a_tidy_column(hands):
    for number in range(3, 6):
        hands.canvas.add_layer_at("dense", QPointF(0, 300 * number))
        hands.canvas.join("input", f"dense_{number}")
    for key in ("dense_1", "dense_3", "dense_4", "dense_5"):
        layer = replace(
            hands.document.graph.node(key).layer, activation=LeakyRelu(), initializer=XavierNormal(), units=512
        )
        hands.store.apply(lambda d, key=key, layer=layer: edits.set_layer(d, key, layer), "Grow")
    hands.canvas.tidy()
    hands.canvas.settle()
    assert max(item.box().height() for item in hands.canvas.network.nodes.values()) > 128
    assert covered(hands) == []


def test_layers_are_pasted_at_the_pointer(hands):
    hands.canvas.select(["dense_1"])
    hands.canvas.copy()
    hands.move(QPointF(300, 300))
    hands.canvas.paste()
    x, y = hands.document.position("dense_3")
    assert abs(x + 80 - 300) <= 16
    assert abs(y + 40 - 300) <= 16


def test_cut_takes_the_layers_out_and_closes_the_gap(hands):
    hands.canvas.select(["dense_1"])
    hands.canvas.cut()
    assert ("input", "dense_2") in hands.wires
    hands.canvas.paste()
    assert "dense_1" in hands.ids


def test_duplicate_leaves_the_clipboard_alone(hands):
    QGuiApplication.clipboard().setText("mine")
    hands.canvas.select(["dense_1"])
    hands.canvas.duplicate()
    assert hands.canvas.selected() == ("dense_3",)
    assert QGuiApplication.clipboard().text() == "mine"


def test_copying_the_input_alone_says_why_nothing_is_copied(hands):
    hands.canvas.select(["input"])
    assert not hands.canvas.copy()
    assert "not copied" in hands.canvas.bubble_text


NODE = b'{"id":"a","name":"a","layer":{"type":"dense"}}'


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\xff\xfe\x00",
        b"{",
        b"[" * 100_000,
        b'{"nodes":[],"edges":[],"positions":{}}',
        b'{"nodes":[{"id":"a","name":"a","layer":{"type":"boom"}}],"edges":[],"positions":{}}',
        b'{"nodes":[{"id":"a","name":"a","layer":{"type":"dense","units":-5}}],"edges":[],"positions":{}}',
        b'{"nodes":[' + NODE + b'],"edges":[],"positions":{"a":[1e999,0]}}',
        b'{"nodes":[' + NODE + b'],"edges":[],"positions":{},"extra":1}',
        b" " * 5_000_000 + b"{}",
    ],
)
def test_a_broken_clipboard_is_one_sentence_and_no_change(hands, broken):
    data = QMimeData()
    data.setData(MIME, broken)
    QGuiApplication.clipboard().setMimeData(data)
    hands.canvas.paste()
    assert hands.canvas.bubble_text
    assert hands.store.undo_stack.count() == 0


def test_layers_are_pasted_from_plain_text_and_other_text_is_refused(hands):
    fragment = Fragment(nodes=(Node(id="x", name="X", layer=Dense(units=3)),), edges=(), positions={})
    QGuiApplication.clipboard().setText(msgspec.json.encode(fragment).decode())
    hands.canvas.paste()
    assert hands.document.graph.node("dense_3").layer == Dense(units=3)
    QGuiApplication.clipboard().setText("a shopping list")
    hands.canvas.paste()
    assert "no layers" in hands.canvas.bubble_text


# -- keyboard -----------------------------------------------------------------------------------------------------


def test_arrows_walk_along_the_wires(hands):
    hands.canvas.setFocus()
    walked = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
        hands.key(key)
        walked += hands.canvas.selected()
    assert walked == ["input", "dense_1", "dense_2", "dense_1"]


def test_up_and_down_reach_the_cards_beside_the_wires(hands):
    hands.canvas.add_layer_at("dense", QPointF(192 + 80, 300))
    hands.canvas.select(["dense_1"])
    hands.key(Qt.Key.Key_Down)
    assert hands.canvas.selected() == ("dense_3",)
    hands.key(Qt.Key.Key_Up)
    assert hands.canvas.selected() == ("dense_1",)


def test_tab_goes_from_card_to_card_and_on_past_the_last(qtbot, hands):
    behind = QLineEdit(hands.canvas.window())
    behind.show()
    hands.canvas.activateWindow()
    hands.canvas.setFocus()
    walked = []
    for _ in range(4):
        hands.key(Qt.Key.Key_Tab)
        walked += hands.canvas.selected()
    assert walked == ["input", "dense_1", "dense_2", "output"]
    hands.key(Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert hands.canvas.selected() == ("dense_2",)


def test_alt_and_arrows_move_the_selected_cards_in_one_step_of_undo(hands):
    x, y = hands.document.position("dense_1")
    hands.canvas.select(["dense_1"])
    for _ in range(3):
        hands.key(Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert hands.document.position("dense_1") == (x, y + 48)
    hands.undo()
    assert hands.document.position("dense_1") == (x, y)


def editor(hands: Hands) -> QLineEdit:
    return next(field for field in hands.canvas.findChildren(QLineEdit) if field.isVisible())


def test_f2_renames_on_the_card(hands):
    hands.canvas.select(["dense_1"])
    hands.key(Qt.Key.Key_F2)
    QTest.keyClicks(editor(hands), "Hidden")
    QTest.keyClick(editor(hands), Qt.Key.Key_Return)
    assert hands.document.graph.node("dense_1").name == "Hidden"
    hands.undo()
    assert hands.document.graph.node("dense_1").name == "Dense 1"


def test_a_double_click_renames_and_escape_gives_up(hands):
    point = hands.pixel(hands.card("dense_1"))
    QTest.mouseDClick(hands.canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, point)
    QTest.keyClicks(editor(hands), "Other")
    QTest.keyClick(editor(hands), Qt.Key.Key_Escape)
    assert hands.document.graph.node("dense_1").name == "Dense 1"


def test_a_name_that_is_taken_keeps_the_field_open_and_says_why(hands):
    hands.canvas.rename("dense_1")
    field = editor(hands)
    field.setText("Dense 2")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert "called Dense 2 already" in hands.canvas.bubble_text
    assert field.isVisible()
    assert field.property("invalid") == "true"


# -- menus --------------------------------------------------------------------------------------------------------


def menu_at(hands: Hands, point: QPoint) -> QMenu:
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, hands.canvas.viewport().mapToGlobal(point))
    QApplication.sendEvent(hands.canvas.viewport(), event)
    return QApplication.activePopupWidget()


def entry(menu: QMenu, text: str):
    return next(action for action in menu.actions() if action.text().split("\t")[0] == text)


def test_the_menu_of_a_card_inserts_a_layer_behind_it(hands):
    menu = menu_at(hands, hands.pixel(hands.card("dense_1")))
    assert hands.canvas.selected() == ("dense_1",)
    entry(entry(menu, "Insert layer after").menu(), "Dropout").trigger()
    menu.close()
    assert {("dense_1", "dropout_1"), ("dropout_1", "dense_2")} <= hands.wires


def test_the_menu_of_a_card_joins_and_unjoins_without_a_mouse(hands):
    hands.canvas.add_layer_at("dense", QPointF(0, 300))
    menu = menu_at(hands, hands.pixel(hands.card("input")))
    entry(entry(menu, "Connect to").menu(), "Dense 3").trigger()
    menu.close()
    assert ("input", "dense_3") in hands.wires
    menu = menu_at(hands, hands.pixel(hands.card("input")))
    entry(entry(menu, "Remove wire").menu(), "Input to Dense 3").trigger()
    menu.close()
    assert ("input", "dense_3") not in hands.wires


def test_the_menu_of_the_canvas_adds_a_layer_where_it_was_opened(hands):
    point = QPointF(300, 300)
    menu = menu_at(hands, hands.pixel(point))
    entry(entry(menu, "Add layer").menu(), "Dense").trigger()
    menu.close()
    x, y = hands.document.position("dense_3")
    assert abs(x + 80 - 300) <= 16
    assert abs(y + 40 - 300) <= 16


# -- the view -----------------------------------------------------------------------------------------------------


def wheel(hands: Hands, pixel: QPointF, keys) -> None:
    event = QWheelEvent(
        pixel,
        hands.canvas.viewport().mapToGlobal(pixel),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(hands.canvas.viewport(), event)


def test_ctrl_and_the_wheel_zoom_about_the_pointer(hands):
    pixel = QPointF(300, 200)
    under = hands.canvas.to_scene(pixel)
    wheel(hands, pixel, Qt.KeyboardModifier.ControlModifier)
    assert hands.canvas.zoom > 1.0
    way = hands.canvas.to_scene(pixel) - under
    assert way.manhattanLength() < 3


def test_the_wheel_alone_scrolls(hands):
    before = hands.canvas.visible_area().top()
    wheel(hands, QPointF(300, 200), Qt.KeyboardModifier.NoModifier)
    assert hands.canvas.visible_area().top() < before
    assert hands.canvas.zoom == 1.0


def test_zoom_buttons_show_and_change_the_zoom(hands):
    buttons = {button.accessibleName(): button for button in hands.canvas.findChildren(QToolButton)}
    buttons["Zoom in"].click()
    assert hands.canvas.zoom > 1.0
    assert buttons["Zoom to 100 %"].text() == f"{round(100 * hands.canvas.zoom)} %"
    buttons["Zoom to 100 %"].click()
    assert hands.canvas.zoom == 1.0
    buttons["Zoom out"].click()
    assert hands.canvas.zoom < 1.0


@pytest.mark.parametrize("size", [(1280, 720), (700, 420)])
def test_overlays_keep_their_corners_at_any_size(hands, size):
    hands.canvas.resize(*size)
    minimap = hands.canvas.minimap.geometry()
    assert (size[0] - minimap.right(), size[1] - minimap.bottom()) == (13, 13)
    assert hands.canvas.rect().contains(minimap)


def test_a_click_on_the_map_goes_there(hands):
    minimap = hands.canvas.minimap
    hands.canvas.pan(-500, 0)
    before = hands.canvas.visible_area().center()
    QTest.mouseClick(minimap, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(10, 10))
    assert hands.canvas.visible_area().center() != before


def test_the_canvas_tells_the_network_in_words(hands):
    told = hands.canvas.accessibleDescription()
    assert "Dense 1, 16 units, tanh, Xavier normal, reads Input." in told
    hands.canvas.select(["dense_2"])
    assert hands.canvas.accessibleDescription().startswith("Selected: Dense 2")


def test_a_far_away_position_in_a_file_is_shown_inside_the_canvas(qtbot):
    document = msgspec.structs.replace(starting_document(), positions={"input": (1e12, -1e12)})
    hands = Hands(qtbot, document)
    x, y = hands.canvas.network.position("input")
    assert hands.canvas.sceneRect().contains(QPointF(x, y))


def test_a_tooltip_names_layer_and_formula(hands):
    assert "A = g(W A + b)" in hands.canvas.network.nodes["dense_1"].tooltip()


def test_leaving_the_canvas_ends_its_hint(hands):
    said = []
    hands.canvas.status_hint.connect(said.append)
    hands.move(hands.card("dense_1"))
    QApplication.sendEvent(hands.canvas, QEvent(QEvent.Type.Leave))
    assert said[0]
    assert said[-1] == ""


def test_a_wire_around_a_card_does_not_pass_below_it(qtbot):
    document, add = edits.append_layer(starting_document(), Add())
    hands = Hands(qtbot, edits.connect(document, "input", add))
    course = hands.canvas.network.wires[hands.wire("input", add)].course()
    boxes = [hands.canvas.network.nodes[key].box() for key in ("dense_1", "dense_2")]
    points = [course.pointAtPercent(step / 40) for step in range(41)]
    assert not any(box.adjusted(4, 4, -4, -4).contains(point) for box in boxes for point in points)


def test_the_input_card_names_the_first_features(qtbot):
    hands = Hands(qtbot)
    assert card(hands, "input").chips == ()
    assert isinstance(hands.document.graph.node("input").layer, Input)
    from fake_training import sample

    hands.model.data = sample("spirals")[1]
    hands.model.data_changed.emit()
    assert all(name in card(hands, "input").chips[0] for name in hands.model.data.features)


def test_the_input_card_tells_the_recipe_and_so_does_its_description(qtbot):
    from fake_training import sample

    hands = Hands(qtbot)
    recipe, hands.model.data = sample("iris")
    hands.model.store.apply(lambda document: msgspec.structs.replace(document, data=recipe), "data")
    hands.model.data_changed.emit()
    assert card(hands, "input").chips[-1].replace("\u00a0", " ") == "standardize 4"
    assert "The table: " in card(hands, "input").tooltip
    hands.canvas.select(("input",))
    assert "standardize 4" in hands.canvas.accessibleDescription()


def test_a_note_goes_above_its_card_where_below_it_would_cover_another(hands):
    x, y = hands.document.position("dense_1")
    hands.canvas.add_layer_at("dropout", QPointF(x + 80, y - 100))
    item, below = hands.canvas.network.nodes["dropout_1"], hands.canvas.network.nodes["dense_1"]
    assert not item.note().isEmpty()
    assert not item.note().intersects(below.box())
    assert item.note().bottom() < item.box().top()


def test_a_note_with_no_free_place_is_folded_until_its_card_is_selected(hands):
    x, y = hands.document.position("dense_1")
    hands.canvas.add_layer_at("dropout", QPointF(x + 80, y - 100))
    hands.canvas.add_layer_at("dense", QPointF(x + 80, y - 260))
    hands.canvas.select(())
    item = hands.canvas.network.nodes["dropout_1"]
    assert item.note().isEmpty()
    hands.canvas.select(["dropout_1"])
    assert not item.note().isEmpty()
    assert item.boundingRect().translated(item.pos()).contains(item.note())


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., :3].astype(int)


def stale(hands: Hands) -> int:
    """Return how many pixels of the window differ from what it would show if all of it were painted anew."""
    QTest.qWait(50)
    canvas = hands.canvas
    window = pixels(canvas.screen().grabWindow(canvas.winId()).toImage())
    return int((np.abs(window - pixels(canvas.grab().toImage())).sum(axis=2) > 30).sum())


def paint_a_little(hands: Hands, node_id: str) -> None:
    """Paint one pixel of a card at once, as the window does for a live picture that came a moment earlier."""
    point = hands.pixel(hands.card(node_id))
    hands.canvas.viewport().repaint(QRect(point, QSize(1, 1)))


def test_the_note_of_a_solved_problem_leaves_the_screen_though_a_live_picture_is_painted_first(hands):
    hands.canvas.remove((), [hands.wire("dense_2", "output")])
    assert stale(hands) == 0
    hands.undo()
    paint_a_little(hands, "dense_2")
    assert stale(hands) == 0


def test_a_moved_card_leaves_its_place_though_a_live_picture_is_painted_first(hands):
    assert stale(hands) == 0
    hands.store.apply(lambda d: edits.move(d, {"dense_2": (384.0, -96.0)}), "Move")
    hands.canvas.settle()
    paint_a_little(hands, "dense_2")
    assert stale(hands) == 0


def test_cards_are_as_smooth_behind_a_histogram_as_before_it(hands):
    hands.canvas.select(["dense_1"])  # drawn last
    area = hands.canvas.mapFromScene(hands.canvas.network.nodes["dense_1"].box()).boundingRect()
    before = pixels(hands.canvas.viewport().grab().toImage().copy(area))
    hands.model.probes = Probes(thumbnails={"output": np.array([3, 1, 2])})
    hands.model.refreshed.emit()
    hands.canvas.select(())
    hands.canvas.viewport().grab()
    hands.canvas.select(["dense_1"])
    assert (pixels(hands.canvas.viewport().grab().toImage().copy(area)) == before).all()


def test_the_map_shows_only_while_a_part_of_the_network_is_out_of_view(hands):
    assert not hands.canvas.minimap.isVisible()
    hands.canvas.pan(-900, 0)
    assert hands.canvas.minimap.isVisible()
    hands.canvas.fit()
    assert not hands.canvas.minimap.isVisible()
    hands.canvas.resize(500, 300)
    assert not hands.canvas.minimap.isVisible()
    assert hands.canvas.visible_area().contains(hands.canvas.network.content())


def test_tidy_brings_the_network_out_from_under_the_map_and_the_bar(hands):
    hands.canvas.pan(-900, 0)
    hands.canvas.tidy()
    hands.canvas.settle()
    assert not hands.canvas.minimap.isVisible()
    hands.canvas.pan(0, 270)  # in view, but level with the zoom bar
    hands.canvas.tidy()
    bar = hands.canvas.findChild(ZoomBar).geometry()
    boxes = [hands.canvas.mapFromScene(item.box()).boundingRect() for item in hands.canvas.network.nodes.values()]
    assert all(box.bottom() < bar.top() for box in boxes)


def test_a_fitted_network_stays_in_view_when_it_grows(hands):
    hands.canvas.fit()
    hands.store.apply(lambda d: edits.move(d, {"dense_2": (384.0, -900.0)}), "Move")
    hands.canvas.settle()
    assert hands.canvas.visible_area().contains(hands.canvas.network.content())


def test_the_map_follows_moves_glides_undo_and_the_camera(hands):
    hands.canvas.pan(-900, 0)

    def drawn() -> np.ndarray:
        QTest.qWait(2 * MILLISECONDS)
        assert stale(hands) == 0
        canvas = hands.canvas
        return pixels(canvas.screen().grabWindow(canvas.winId()).toImage().copy(canvas.minimap.geometry()))

    seen = [drawn()]
    hands.store.apply(lambda d: edits.move(d, {"dense_2": (384.0, -480.0)}), "Move")
    seen.append(drawn())
    hands.canvas.pan(40, 30)
    seen.append(drawn())
    hands.store.apply(lambda d: edits.move(d, {"dense_1": (192.0, 480.0)}), "Move")
    seen.append(drawn())
    assert all((one != other).any() for one, other in itertools.pairwise(seen))
    hands.undo()
    assert (drawn() == seen[2]).all()


def test_a_network_that_was_wholly_in_view_stays_so_when_a_layer_makes_it_wider(hands):
    for _ in range(4):
        hands.canvas.add_layer("dropout")
    hands.canvas.settle()
    assert hands.canvas.visible_area().contains(hands.canvas.network.content())


def test_cards_that_make_room_for_a_new_one_glide_there(hands, qtbot):
    x = hands.canvas.network.position("output")[0]
    hands.canvas.add_layer("dropout")
    there = hands.document.position("output")
    assert there[0] > x
    assert hands.canvas.network.position("output")[0] == x
    qtbot.waitUntil(lambda: hands.canvas.network.position("output") == there)
