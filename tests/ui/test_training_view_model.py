"""Between document and engine: training, edits while it trains, undo of weights, and an engine that dies."""

from __future__ import annotations

from dataclasses import fields

import psutil
import pytest

from engine import Dense, Network, SettingError
from engine.activations import Relu
from engine.declared import replace
from engine.graph import Edge
from engine.layers import BatchNorm
from engine.ledger import LedgerRequest
from engine.plane import Axis, PlaneRequest
from engine.snapshot import ProbeRequest, Probes
from nnstudio import edits
from nnstudio.checkpoints import CheckpointStore
from nnstudio.data import prepare, sample_recipe
from nnstudio.document import starting_document
from nnstudio.engine_host import EngineHost
from nnstudio.prepared_store import PreparedStore
from ui.document_store import DocumentStore
from ui.training_view_model import TrainingViewModel

PATIENCE = 30_000


@pytest.fixture
def model(qtbot):
    recipe = sample_recipe("moons", rows=200)
    prepared = prepare(recipe)
    stores = PreparedStore()
    stores.put(recipe, prepared)
    document = edits.use_data(starting_document(), recipe, prepared.task, 2, 1)
    store = DocumentStore(document)
    made = TrainingViewModel(store, EngineHost(), CheckpointStore(store.checkpoints_in_use), stores)
    made.set_training(replace(document.training, epochs=1_000_000), "Epochs")
    qtbot.waitUntil(lambda: made.status.state == "ready", timeout=PATIENCE)
    yield made
    made.close()


def train_a_little(model, qtbot):
    model.start()
    before = model.status.epoch
    qtbot.waitUntil(lambda: model.status.epoch > before + 2, timeout=PATIENCE)


def rest(model, qtbot):
    model.pause()
    qtbot.waitUntil(lambda: model.status.state in ("paused", "finished"), timeout=PATIENCE)


def test_training_fills_the_history_and_pause_names_a_checkpoint(model, qtbot):
    train_a_little(model, qtbot)
    rest(model, qtbot)
    assert model.checkpoint() is not None
    assert model.store.undo_stack.undoText().startswith("Train")
    assert model.history.column("epoch")[-1] == model.status.epoch
    assert model.checkpoint().state.meta["step"] == model.status.step


def test_undo_brings_the_earlier_weights_back_and_training_goes_on_from_them(model, qtbot):
    model.run_epoch()
    qtbot.waitUntil(lambda: model.checkpoint() is not None, timeout=PATIENCE)
    first = model.store.document.checkpoint
    train_a_little(model, qtbot)
    rest(model, qtbot)
    assert model.store.document.checkpoint != first
    model.undo()
    assert model.store.document.checkpoint == first
    qtbot.waitUntil(lambda: model.status.epoch == 1, timeout=PATIENCE)
    assert len(model.history) == 1
    model.run_epoch()
    qtbot.waitUntil(lambda: model.status.epoch == 2 and model.status.state == "paused", timeout=PATIENCE)


def test_undo_while_training_undoes_what_the_menu_names_and_the_training_since(model, qtbot):
    model.store.apply(lambda d: edits.set_layer(d, "dense_2", Dense(units=5)), "Units")
    train_a_little(model, qtbot)
    model.undo()
    qtbot.waitUntil(lambda: model.status.state == "ready", timeout=PATIENCE)
    assert model.store.document.graph.node("dense_2").layer.units == 16
    assert model.store.document.checkpoint is None
    assert model.store.undo_stack.canRedo()


def test_undoing_a_learning_rate_leaves_the_training_running(model, qtbot):
    training = model.store.document.training
    model.set_training(replace(training, optimizer=replace(training.optimizer, learning_rate=0.002)), "Rate")
    train_a_little(model, qtbot)
    model.undo()
    assert model.store.document.training.optimizer.learning_rate == 0.01
    before = model.status.epoch
    qtbot.waitUntil(lambda: model.status.epoch > before, timeout=PATIENCE)
    assert model.training


def test_an_edit_between_a_step_and_its_answer_waits_for_it(model, qtbot):
    model.step_once()
    model.store.apply(lambda d: edits.set_layer(d, "dense_2", Dense(units=5)), "Units")
    qtbot.waitUntil(lambda: model.store.document.graph.node("dense_2").layer.units == 5, timeout=PATIENCE)
    assert model.checkpoint().weights["dense_2.Theta"].shape == (16, 17)
    assert model.store.undo_stack.undoText() == "Units"


def test_reading_the_data_again_while_training_keeps_the_training(model, qtbot):
    train_a_little(model, qtbot)
    model.when_at_rest(model.take_data_again)
    qtbot.waitUntil(lambda: not model.busy, timeout=PATIENCE)
    epoch = model.status.epoch
    assert epoch > 0
    assert model.checkpoint() is not None
    model.run_epoch()
    qtbot.waitUntil(lambda: model.status.epoch == epoch + 1 and not model.busy, timeout=PATIENCE)


def test_stopping_after_fewer_epochs_than_were_made_ends_the_training(model, qtbot):
    train_a_little(model, qtbot)
    model.set_training(replace(model.store.document.training, epochs=1), "Epochs")
    qtbot.waitUntil(lambda: model.status.state == "finished", timeout=PATIENCE)
    assert not model.busy


def test_the_weights_of_some_seconds_ago_survive_the_engine(model, qtbot, monkeypatch):
    monkeypatch.setattr("ui.training_view_model.KEEP_SECONDS", 0.1)
    train_a_little(model, qtbot)
    qtbot.waitUntil(lambda: model.latest_checkpoint() is not None, timeout=PATIENCE)
    psutil.Process(model.host.process_id).kill()
    qtbot.waitUntil(lambda: model.status.state == "failed", timeout=PATIENCE)
    assert model.checkpoint().state.meta["step"] > 0


def test_an_edit_while_training_waits_for_the_weights_and_keeps_those_that_fit(model, qtbot):
    said = []
    model.message.connect(lambda text, kind: said.append(text))
    train_a_little(model, qtbot)
    model.store.apply(lambda d: edits.set_layer(d, "dense_2", Dense(units=5)), "Units")
    qtbot.waitUntil(lambda: said != [], timeout=PATIENCE)
    assert model.store.document.graph.node("dense_2").layer.units == 5
    assert said == ["Dense 2, Output start from new weights; all other layers keep theirs."]
    assert model.status.epoch > 0
    model.undo()
    assert model.store.document.graph.node("dense_2").layer.units == 16
    assert model.checkpoint() is not None


def test_moving_a_node_does_not_disturb_training(model, qtbot):
    train_a_little(model, qtbot)
    model.store.apply(lambda d: edits.move(d, {"dense_1": (5.0, 5.0)}), "Move")
    assert model.store.document.position("dense_1") == (5.0, 5.0)
    assert model.training
    before = model.status.epoch
    qtbot.waitUntil(lambda: model.status.epoch > before, timeout=PATIENCE)


def test_the_learning_rate_changes_while_training_and_leaves_a_mark(model, qtbot):
    train_a_little(model, qtbot)
    training = model.store.document.training
    model.set_training(replace(training, optimizer=replace(training.optimizer, learning_rate=0.002)), "Rate")
    assert model.training
    assert model.marks[-1][1] == "α 0.01 → 0.002"
    qtbot.waitUntil(lambda: model.history.column("learning_rate")[-1] == 0.002, timeout=PATIENCE)


def test_reset_goes_back_to_the_start_and_can_be_undone(model, qtbot):
    model.run_epoch()
    qtbot.waitUntil(lambda: model.checkpoint() is not None, timeout=PATIENCE)
    model.reset()
    qtbot.waitUntil(lambda: model.status.state == "ready" and model.status.step == 0, timeout=PATIENCE)
    assert model.checkpoint() is None
    assert len(model.history) == 0
    model.undo()
    qtbot.waitUntil(lambda: model.status.epoch == 1, timeout=PATIENCE)


def test_the_training_that_follows_a_reset_is_the_same_again(model, qtbot):
    model.run_epoch()
    qtbot.waitUntil(lambda: model.checkpoint() is not None, timeout=PATIENCE)
    first = model.checkpoint().weights
    model.reset()
    qtbot.waitUntil(lambda: model.status.state == "ready", timeout=PATIENCE)
    model.run_epoch()
    qtbot.waitUntil(lambda: model.checkpoint() is not None, timeout=PATIENCE)
    for key, array in model.checkpoint().weights.items():
        assert array.tobytes() == first[key].tobytes()


def test_a_wrong_graph_is_said_before_anything_runs(model, qtbot):
    said = []
    model.message.connect(lambda text, kind: said.append((text, kind)))
    wire = Edge(source="dense_1", target="dense_2")
    model.store.apply(lambda d: edits.remove(d, edges=[wire]), "Cut")
    model.start()
    assert not model.training
    assert said == [(model.problem, "bad")]
    assert "Dense 2 has no input" in model.problem
    model.undo()
    qtbot.waitUntil(lambda: model.status.state == "ready", timeout=PATIENCE)
    assert model.problem == ""


def test_what_a_view_asks_for_arrives_before_training_too(model, qtbot):
    model.request("test", ProbeRequest(weights=True, boundary=(0, 1)))
    qtbot.waitUntil(lambda: bool(model.probes.weights) and model.probes.boundary is not None, timeout=PATIENCE)
    assert set(model.probes.weights) == {"dense_1", "dense_2", "output"}


def test_every_kind_of_probe_arrives(model, qtbot):
    switches = dict.fromkeys(("weights", "activations", "gradients", "thumbnails", "metrics", "z"), True)
    everything = ProbeRequest(
        **switches,
        boundary=(0, 1),
        detail="dense_1",
        walk=(0,),
        worst=3,
        ledgers=(LedgerRequest((0,)),),
        plane=PlaneRequest((Axis("filter"), Axis("step"))),
        units="dense_2",
        unit=1,
    )
    assert all(getattr(everything, field) for field in ProbeRequest.__struct_fields__), "a new one is not asked for"
    model.request("test", everything)
    kinds = [field.name for field in fields(Probes) if field.name != "step"]
    qtbot.waitUntil(lambda: all(getattr(model.probes, kind) for kind in kinds), timeout=PATIENCE)


def test_at_rest_a_plane_is_looked_at_until_all_of_it_is_known_and_then_no_more(model, qtbot, monkeypatch):
    model.request("test", ProbeRequest(plane=PlaneRequest((Axis("filter"), Axis("step")))))
    qtbot.waitUntil(lambda: model.probes.plane is not None and not model.probes.plane.growing, timeout=PATIENCE)
    looks, look = [], model.host.look
    monkeypatch.setattr(model.host, "look", lambda request: looks.append(1) or look(request))
    for _ in range(3):
        model._tick()
    assert not looks


def test_an_engine_that_dies_is_reported_and_train_starts_another(model, qtbot):
    said = []
    model.message.connect(lambda text, kind: said.append(text))
    model.run_epoch()
    qtbot.waitUntil(lambda: model.checkpoint() is not None, timeout=PATIENCE)
    model.start()
    psutil.Process(model.host.process_id).kill()
    qtbot.waitUntil(lambda: model.status.state == "failed", timeout=PATIENCE)
    assert "process has stopped" in said[-1]
    assert len(model.history) >= 1
    train_a_little(model, qtbot)
    assert model.status.epoch > 1
    rest(model, qtbot)


def test_a_finished_training_goes_on_for_as_many_epochs_again(model, qtbot):
    model.set_training(replace(model.store.document.training, epochs=3), "Epochs")
    model.start()
    qtbot.waitUntil(lambda: model.status.state == "finished", timeout=PATIENCE)
    assert (model.status.epoch, model.status.epochs) == (3, 3)
    model.start()
    qtbot.waitUntil(lambda: model.status.epoch == 6 and model.status.state == "finished", timeout=PATIENCE)
    model.set_training(replace(model.store.document.training, epochs=8), "Epochs")
    model.start()
    qtbot.waitUntil(lambda: model.status.epoch == 8 and model.status.state == "finished", timeout=PATIENCE)


def test_figures_are_measured_anew_when_the_network_changes_under_its_weights(model, qtbot):
    train_a_little(model, qtbot)
    rest(model, qtbot)
    before = model.status.training_cost
    model.store.apply(lambda d: edits.set_layer(d, "dense_1", Dense(units=16, activation=Relu())), "Activation")
    # While it is measured the cost is not known.
    qtbot.waitUntil(lambda: model.status.training_cost != before and model.status.measured, timeout=PATIENCE)
    network = Network(model.store.document.graph)
    network.set_weights(model.checkpoint().weights)
    rows = model.data.training
    assert model.status.training_cost == pytest.approx(network.cost(model.data.X[rows], model.data.Y[rows]), rel=1e-4)
    model.undo()
    qtbot.waitUntil(lambda: model.status.training_cost == before, timeout=PATIENCE)


def test_at_rest_the_true_figures_reach_the_status_and_the_last_epochs_row(model, qtbot):
    qtbot.waitUntil(lambda: model.status.measured, timeout=PATIENCE)
    model.run_epoch()
    qtbot.waitUntil(lambda: model.status.epoch == 1 and model.status.measured, timeout=PATIENCE)
    network, rows = Network(model.store.document.graph), model.data.training
    network.set_weights(model.checkpoint().weights)
    true = network.cost(model.data.X[rows], model.data.Y[rows])
    assert model.status.training_cost == pytest.approx(true, rel=1e-4)
    assert model.status.running_cost != model.status.training_cost
    assert model.history.column("training_cost")[-1] == model.status.training_cost
    assert model.history.column("running_cost")[-1] == model.status.running_cost


def test_a_setting_that_does_not_go_with_network_and_rows_pauses_training_until_it_is_mended(model, qtbot):
    said = []
    model.message.connect(lambda text, kind: said.append((text, kind)))
    wire = Edge(source="dense_1", target="dense_2")
    model.store.apply(
        lambda d: edits.insert_on_edge(d, edits.new_node(d.graph, BatchNorm()), (0.0, 0.0), wire), "Normalize"
    )
    train_a_little(model, qtbot)
    good = model.store.document.training
    model.set_training(replace(good, batch_size=1), "Batch")
    assert "needs batches of at least 2 rows" in model.problem
    qtbot.waitUntil(lambda: model.status.state == "empty", timeout=PATIENCE)
    assert not model.busy
    assert said == [(f"Training is paused. {model.problem}", "bad")]
    assert [problem.node for problem in model.shapes.problems] == ["batchnorm_1"]
    epoch = int(model.checkpoint().state.meta["epoch"])
    assert epoch > 2
    model.start()
    assert not model.training
    model.set_training(good, "Batch")
    assert model.problem == ""
    qtbot.waitUntil(lambda: model.status.state == "paused" and model.status.epoch == epoch, timeout=PATIENCE)
    train_a_little(model, qtbot)
    assert model.status.epoch > epoch


def test_settings_mended_before_training_has_come_to_rest_let_it_go_on(model, qtbot):
    wire = Edge(source="dense_1", target="dense_2")
    model.store.apply(
        lambda d: edits.insert_on_edge(d, edits.new_node(d.graph, BatchNorm()), (0.0, 0.0), wire), "Normalize"
    )
    train_a_little(model, qtbot)
    good = model.store.document.training
    model.set_training(replace(good, batch_size=1), "Batch")
    model.set_training(replace(good, batch_size=16), "Batch")
    qtbot.waitUntil(lambda: not model.busy, timeout=PATIENCE)
    train_a_little(model, qtbot)
    assert model.training
    rest(model, qtbot)


def test_what_is_asked_between_a_problem_and_rest_loses_no_training(model, qtbot):
    wire = Edge(source="dense_1", target="dense_2")
    model.store.apply(
        lambda d: edits.insert_on_edge(d, edits.new_node(d.graph, BatchNorm()), (0.0, 0.0), wire), "Normalize"
    )
    train_a_little(model, qtbot)
    trained, good = model.status.epoch, model.store.document.training
    model.set_training(replace(good, batch_size=1), "Batch")
    model.set_training(good, "Batch")
    model.step_once()
    qtbot.waitUntil(lambda: model.status.state == "paused" and not model.busy, timeout=PATIENCE)
    qtbot.waitUntil(lambda: model.checkpoint() is not None and not model.busy, timeout=PATIENCE)
    assert int(model.checkpoint().state.meta["epoch"]) >= trained


def test_a_problem_of_settings_at_rest_goes_when_it_is_mended(model, qtbot):
    good = model.store.document.training
    model.run_epoch()
    qtbot.waitUntil(lambda: model.checkpoint() is not None, timeout=PATIENCE)
    wire = Edge(source="dense_1", target="dense_2")
    model.store.apply(
        lambda d: edits.insert_on_edge(d, edits.new_node(d.graph, BatchNorm()), (0.0, 0.0), wire), "Normalize"
    )
    model.set_training(replace(good, batch_size=1), "Batch")
    qtbot.waitUntil(lambda: model.status.state == "empty", timeout=PATIENCE)
    model.set_training(replace(good, batch_size=8), "Batch")
    qtbot.waitUntil(lambda: model.status.state == "paused", timeout=PATIENCE)
    model.run_epoch()
    qtbot.waitUntil(lambda: model.status.epoch == 2 and not model.busy, timeout=PATIENCE)


def test_a_run_that_ends_early_says_why(model, qtbot):
    said = []
    model.message.connect(lambda text, kind: said.append((text, kind)))
    model.set_training(replace(model.store.document.training, target_cost=1e3), "Target")
    model.start()
    qtbot.waitUntil(lambda: model.status.state == "finished", timeout=PATIENCE)
    assert model.status.message == "Stopped after epoch 1. The validation cost has reached 1000."
    assert said == [(model.status.message, "info")]
    model.set_training(replace(model.store.document.training, target_cost=0.0), "Target")
    qtbot.waitUntil(lambda: model.status.state == "paused" and not model.status.message, timeout=PATIENCE)


def test_a_run_that_ends_after_its_last_epoch_needs_no_words(model, qtbot):
    said = []
    model.message.connect(lambda text, kind: said.append(text))
    model.set_training(replace(model.store.document.training, epochs=2), "Epochs")
    model.start()
    qtbot.waitUntil(lambda: model.status.state == "finished", timeout=PATIENCE)
    assert said == []


def test_the_rate_that_a_schedule_makes_of_the_one_set_is_told_at_rest_and_while_training(model, qtbot):
    training = model.store.document.training
    model.set_training(replace(training, warm_up=10), "Warm-up")
    first = training.optimizer.learning_rate / 10
    qtbot.waitUntil(lambda: model.status.learning_rate == pytest.approx(first), timeout=PATIENCE)
    train_a_little(model, qtbot)
    assert model.status.learning_rate == pytest.approx(training.optimizer.learning_rate)


def test_a_setting_outside_its_limits_never_reaches_the_document(model):
    with pytest.raises(SettingError):
        replace(model.store.document.training, batch_size=0)


def test_closing_while_training_leaves_no_process(model, qtbot):
    train_a_little(model, qtbot)
    process_id = model.host.process_id
    model.close()
    assert not psutil.pid_exists(process_id)


def test_a_weight_set_by_hand_is_a_step_of_undo_and_reaches_every_view(model, qtbot):
    row = model.data.training[0]
    model.request("test", ProbeRequest(ledgers=(LedgerRequest((0,)),)))

    def value():
        book = model.probes.ledgers.get((0,))
        return None if book is None else float(book.quantities["W[1]"].values[1, 0])

    qtbot.waitUntil(lambda: value() is not None, timeout=PATIENCE)
    first = value()
    model.set_entry("W[1]", 1, 0, 2.5)
    qtbot.waitUntil(lambda: value() == 2.5, timeout=PATIENCE)
    assert model.store.undo_stack.undoText() == "Set W[1], row 2, column 1"
    assert model.checkpoint().state.arrays["parameters/dense_1.Theta"][1, 1] == 2.5
    assert model.status.step == 0
    quantities = model.probes.ledgers[0,].quantities
    x = model.data.X[row]
    z = 2.5 * x[0] + quantities["W[1]"].values[1, 1] * x[1] + quantities["b[1]"].values[1, 0]
    assert quantities["Z[1]"].values[1, 0] == pytest.approx(z, rel=1e-5)
    model.undo()
    qtbot.waitUntil(lambda: value() == first, timeout=PATIENCE)


def test_a_weight_set_while_training_pauses_it(model, qtbot):
    model.start()
    qtbot.waitUntil(lambda: model.status.step > 0, timeout=PATIENCE)
    model.set_entry("b[1]", 0, 0, -3.0)
    qtbot.waitUntil(lambda: model.store.undo_stack.undoText() == "Set b[1], row 1, column 1", timeout=PATIENCE)
    assert not model.busy
    assert model.checkpoint().state.arrays["parameters/dense_1.Theta"][0, 0] == -3.0
    assert model.status.step > 0


def test_a_value_that_the_precision_cannot_hold_is_refused_in_words(model):
    said = []
    model.message.connect(lambda text, kind: said.append(text))
    model.set_entry("W[1]", 0, 0, 1e300)
    assert said == ["The value was not taken: 1e+300 is not a finite number in float32."]
    assert not model.busy
