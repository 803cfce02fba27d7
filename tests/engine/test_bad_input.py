"""What cannot be trained is refused before training, with what is wrong, where, and what to do."""

from __future__ import annotations

import numpy as np
import pytest
from test_trainer import rings, small

from engine import (
    PAIRS,
    BatchNorm,
    CategoricalCrossEntropy,
    DataError,
    Dataset,
    Dense,
    GraphError,
    Hinge,
    Identity,
    Input,
    MeanSquaredError,
    Network,
    Output,
    Softmax,
    Tanh,
    Trainer,
    TrainingSettings,
    chain,
    infer_shapes,
    training_problems,
    wired,
)
from engine.activations import ACTIVATIONS
from engine.declared import SettingError
from engine.layers import LayerNorm
from engine.losses import LOSSES
from engine.optimizers import Adam

THREE = Output(units=3, activation=Softmax(), loss=CategoricalCrossEntropy())


def classifier(**others) -> Network:
    return Network(chain([Input(features=2), Dense(units=4), THREE]), **others)


@pytest.mark.parametrize(
    ("network", "Y", "row"),
    [
        (classifier(), [[1, 0, 0], [0, 1, 0], [0, 2, 0]], 2),
        (classifier(), [[1, 0, 0], [0, 0, 0], [0, 1, 0]], 1),
        (classifier(), [[-1, 1, 1], [0, 1, 0], [0, 1, 0]], 0),
        (small(), [[0], [1], [2]], 2),
        (Network(chain([Input(features=2), Output(activation=Tanh(), loss=Hinge())])), [[0], [-1], [1]], 1),
    ],
    ids=["two", "no class", "negative", "a label outside yes and no", "minus one"],
)
def test_a_label_outside_the_classes_is_refused_with_its_row_and_split(network, Y, row):
    X = np.zeros((3, 2))
    good, bad = Dataset(X, np.eye(network.n_outputs)[[0, 0, 0]]), Dataset(X, Y)
    with pytest.raises(DataError, match=rf"validation data have a target in row {row} .*choose another loss"):
        Trainer(network, good, validation=bad)


def test_a_batch_of_one_row_is_a_problem_for_batch_norm_and_for_no_other_layer():
    graph = chain([Input(features=2), Dense(units=4), BatchNorm(), Output()])
    for settings, rows, said in (
        (TrainingSettings(batch_size=1), 10, "a batch has 1"),
        (TrainingSettings(batch_size=3), 10, "leave a last one of 1"),
    ):
        (problem,) = training_problems(graph, settings, rows, 0)
        assert problem.node == "batchnorm_1"
        assert said in problem.sentence
        assert "batch" in problem.sentence.rpartition(":")[2]  # what to do
        with pytest.raises(ValueError, match=said):
            Trainer(Network(graph), rings(rows), settings)
        assert training_problems(chain([Input(features=2), LayerNorm(), Output()]), settings, rows, 0) == ()
    assert training_problems(graph, TrainingSettings(batch_size=5), 10, 0) == ()
    frozen = chain([Input(features=2), Dense(units=4), BatchNorm(frozen=True), Output()])
    assert training_problems(frozen, TrainingSettings(batch_size=1), 10, 0) == ()


def test_settings_that_do_not_go_with_the_rows_are_refused_while_running_and_nothing_changes():
    graph = chain([Input(features=2), Dense(units=4), BatchNorm(), Output()])
    trainer = Trainer(Network(graph), rings(20), TrainingSettings(batch_size=5))
    trainer.advance(2)
    before = trainer.network.theta.copy()
    with pytest.raises(ValueError, match="batches of at least 2"):
        trainer.change_settings(TrainingSettings(batch_size=1))
    assert trainer.settings.batch_size == 5
    assert trainer.network.theta.tobytes() == before.tobytes()
    assert trainer.advance(1) == 1


def test_patience_without_validation_rows_is_a_problem():
    with pytest.raises(ValueError, match="no validation rows: hold some rows out"):
        Trainer(small(), rings(), TrainingSettings(patience=3))
    Trainer(small(), rings(), TrainingSettings(patience=3), validation=rings(10))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_after_an_activation_is_a_problem_unless_the_table_has_the_pair(loss, activation):
    layer = Output(units=2, activation=ACTIVATIONS[activation](), loss=LOSSES[loss]())
    problems = infer_shapes(chain([Input(features=2), layer])).problems
    assert bool(problems) is (activation not in PAIRS[loss])
    if problems:
        assert LOSSES[loss].title in problems[0].sentence
        assert "choose" in problems[0].sentence


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (Output(units=3, activation=Softmax(), loss=CategoricalCrossEntropy(), class_weights=(1.0, 2.0)), "3 classes"),
        (Output(units=1, class_weights=(1.0, 2.0, 3.0)), "2 classes"),
        (Output(units=2, class_weights=(1.0, 2.0)), "one yes-or-no output"),
        (Output(activation=Identity(), loss=MeanSquaredError(), class_weights=(1.0, 2.0)), "is for numbers"),
    ],
)
def test_class_weights_that_fit_no_classes_are_a_problem(layer, said):
    (problem,) = infer_shapes(chain([Input(features=2), layer])).problems
    assert said in problem.sentence
    assert problem.node == "output"


@pytest.mark.parametrize("weights", [(0.0, 1.0), (-1.0, 1.0), (float("nan"), 1.0), (float("inf"), 1.0), ("a", "b")])
def test_a_class_weight_that_is_no_positive_number_is_refused(weights):
    with pytest.raises(SettingError, match=r"(?i)class weights"):
        Output(class_weights=weights)


def test_a_setting_of_another_kind_is_refused_by_name():
    with pytest.raises(SettingError, match=r"(?i)activation cannot be adam"):
        Dense(activation=Adam())


def test_nothing_to_learn_is_a_problem():
    graph = chain([Input(features=2), Dense(units=4, frozen=True), Output(frozen=True)])
    with pytest.raises(GraphError, match="unfreeze one"):
        Network(graph)


def test_a_cycle_and_a_dangling_layer_are_listed_by_name():
    layers = {"x": Input(features=2), "a": Dense(units=3), "b": Dense(units=3), "lost": Dense(units=3), "y": Output()}
    problems = infer_shapes(wired(layers, ("x", "y"), ("a", "b", "a"), ("lost", "y"))).problems
    named = {problem.node: problem.sentence for problem in problems}
    assert "remove one wire of the loop" in named["a"]
    assert "no input" in named["lost"]


@pytest.mark.parametrize(
    "X", [np.zeros((4, 3)), np.zeros(4), np.zeros((2, 2, 2)), np.array([[np.inf, 0.0]])], ids=lambda X: str(X.shape)
)
def test_predicting_something_else_than_finite_rows_of_features_is_refused(X):
    with pytest.raises(DataError):
        small().predict(X)


def test_infinite_costs_and_gradients_stop_a_run_with_batch_norm_and_restore_its_statistics():
    graph = chain(
        [Input(features=2), Dense(units=4), BatchNorm(), Output(activation=Identity(), loss=MeanSquaredError())]
    )
    rng = np.random.default_rng(0)
    data = Dataset(rng.normal(size=(60, 2)), rng.normal(size=(60, 1)) * 5e19)
    trainer = Trainer(Network(graph), data, TrainingSettings(batch_size=20, epochs=50))
    status = trainer.train()
    assert status.state == "diverged"
    assert np.isfinite(trainer.network.theta).all()
    assert "step" in status.message
