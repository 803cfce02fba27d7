"""A run's ends, and what comes back when it is resumed: the states in between, where mistakes like to hide."""

from __future__ import annotations

import numpy as np
import pytest
from test_trainer import rings, small

from engine import (
    Adam,
    BatchNorm,
    BinaryCrossEntropy,
    Dataset,
    Dense,
    Graph,
    Identity,
    Input,
    MeanSquaredError,
    Network,
    Output,
    ReduceOnPlateau,
    Sgd,
    Sigmoid,
    Trainer,
    TrainingSettings,
    chain,
    infer_shapes,
    training_problems,
)
from engine.declared import replace
from engine.walk import walk


def regression(rows: int = 60) -> Dataset:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, 2))
    return Dataset(X, np.c_[100 * X[:, 0], rng.normal(size=rows), np.ones(rows)], np.float64)


def regressor() -> Network:
    return Network(chain([Input(features=2), Output(units=3, activation=Identity(), loss=MeanSquaredError())]))


# -- ends -------------------------------------------------------------------------------------------------------------


def worsening(**settings) -> Trainer:
    """Return a trainer whose validation cost is lowest after the first epochs."""
    rng = np.random.default_rng(0)
    noise = Dataset(rng.normal(size=(30, 2)), rng.integers(0, 2, 30), np.float32)
    given = TrainingSettings(**{"optimizer": Adam(learning_rate=0.3), "batch_size": 10, **settings})
    return Trainer(small(), noise, given, rings(60, seed=8))


def test_a_time_limit_within_an_epoch_puts_the_best_weights_back_even_if_they_are_the_last_epochs():
    trainer = worsening(patience=1_000, epochs=1_000, time_limit=1e6)
    while trainer.epoch < 1:
        trainer.advance(1)
    best = trainer.network.theta.copy()
    trainer.advance(1)
    trainer.change_settings(replace(trainer.settings, time_limit=1e-9))
    trainer.advance(1)
    assert trainer.status.state == "finished"
    assert trainer.network.theta.tobytes() == best.tobytes()


def test_fewer_epochs_than_were_made_end_the_run_with_its_best_weights():
    trainer = worsening(patience=1_000, epochs=1_000)
    while trainer.epoch < 30:
        trainer.advance(1)
    costs = trainer.history.column("validation_cost")
    trainer.change_settings(replace(trainer.settings, epochs=10))
    held_out = trainer.splits["validation"]
    assert trainer.status.state == "finished"
    assert trainer.network.cost(held_out.X, held_out.Y) == pytest.approx(costs.min(), rel=1e-6)


def test_after_an_early_stop_other_settings_wait_the_whole_patience_anew():
    trainer = worsening(patience=5, epochs=1_000)
    trainer.train()
    ended = trainer.epoch
    trainer.change_settings(replace(trainer.settings, optimizer=Sgd(learning_rate=0.0)))
    trainer.go_on()
    trainer.train()
    assert trainer.epoch == ended + 5


def test_a_run_that_breaks_after_its_best_weights_were_put_back_stands_on_those():
    trainer = worsening(patience=3, epochs=1_000)
    trainer.train()
    best = trainer.network.theta.copy()
    trainer.go_on()
    trainer.change_settings(replace(trainer.settings, optimizer=Adam(learning_rate=1e3, beta2=0.0, epsilon=1e-30)))
    trainer.network.theta[:] = best
    trainer.settings = replace(trainer.settings, patience=0)
    trainer._steps.rate = float("inf")
    trainer.advance(1)
    assert trainer.status.state == "diverged"
    assert trainer.network.theta.tobytes() == best.tobytes()


def test_training_until_epoch_zero_trains_nothing():
    trainer = Trainer(small(), rings(), TrainingSettings(epochs=5))
    assert trainer.train(until_epoch=0).step == 0


# -- the same bits ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: Trainer(small(), rings(210), TrainingSettings(batch_size=7, epochs=3)),
        lambda: Trainer(regressor(), regression(), TrainingSettings(batch_size=7, epochs=3)),
        lambda: Trainer(
            Network(chain([Input(features=2), Output(class_weights=(0.3, 1.7))])),
            rings(210),
            TrainingSettings(batch_size=9, epochs=3),
        ),
    ],
    ids=["classes", "numbers", "class weights"],
)
def test_how_steps_are_cut_into_stretches_changes_no_figure_of_the_history(make):
    histories = []
    for stretch in (1, 3, 7, 64, 1000):
        trainer = make()
        while trainer.epoch < 3:
            trainer.advance(stretch)
        histories.append(np.delete(trainer.history.rows(), -1, axis=1))  # without the seconds
    for history in histories[1:]:
        np.testing.assert_array_equal(history, histories[0])


def test_the_running_r2_is_the_mean_over_outputs_like_the_true_one():
    settings = TrainingSettings(optimizer=Sgd(learning_rate=0.0), batch_size=7, epochs=1)
    trainer = Trainer(regressor(), regression(), settings)
    status = trainer.train()
    assert status.running_score == pytest.approx(status.training_score, rel=1e-5)


# -- resuming ---------------------------------------------------------------------------------------------------------


def test_a_run_that_goes_on_is_resumed_with_its_own_end():
    trainer, again = (Trainer(small(), rings(), TrainingSettings(epochs=2)) for _ in range(2))
    trainer.train()
    trainer.go_on()
    trainer.advance(3)
    again.restore(trainer.state())
    assert again.train().epoch == trainer.train().epoch == 4
    assert again.network.theta.tobytes() == trainer.network.theta.tobytes()


def test_the_best_cost_of_another_loss_is_forgotten():
    def trainer(loss) -> Trainer:
        layers = [Input(features=2), Dense(units=4), Output(activation=Sigmoid(), loss=loss)]
        settings = TrainingSettings(patience=5, epochs=40, schedule=ReduceOnPlateau(patience=1))
        return Trainer(Network(chain(layers)), rings(), settings, rings(50, seed=3))

    first, second = trainer(MeanSquaredError()), trainer(BinaryCrossEntropy())
    first.train()
    second.restore(first.state(), lenient=True)
    assert second.run.best.cost == np.inf
    assert second.run.plateau.factor == 1.0
    assert not any(flat.any() for flat in second.run.slots.values())


def test_an_optimizers_memory_is_restored_in_its_units():
    def trainer(beta: float) -> Trainer:
        settings = TrainingSettings(optimizer=Adam(beta1=beta), batch_size=20, epochs=9)
        return Trainer(small(), rings(), settings)

    live, first, restored = trainer(0.9), trainer(0.9), trainer(0.99)
    for one in (live, first):
        one.advance(5)
    live.change_settings(restored.settings)
    restored.restore(first.state())
    np.testing.assert_allclose(restored.run.slots["u"], live.run.slots["u"], rtol=1e-6)


def test_a_reset_or_restored_run_shows_no_gradient_of_the_one_before():
    trainer = Trainer(small(), rings(), TrainingSettings(epochs=5))
    trainer.advance(3)
    state = trainer.state()
    trainer.reset()
    assert not trainer.network.gradient.any()
    trainer.advance(3)
    trainer.restore(state)
    assert not trainer.network.gradient.any()


def test_a_live_rate_compiles_nothing_anew():
    trainer = Trainer(small(), rings(), TrainingSettings(epochs=9))
    steps = trainer._steps
    trainer.change_settings(replace(trainer.settings, optimizer=Adam(learning_rate=0.5), epochs=20))
    assert trainer._steps is steps
    assert trainer.status.learning_rate == 0.5
    trainer.change_settings(replace(trainer.settings, l2=0.1))
    assert trainer._steps is not steps


def test_many_sizes_keep_few_programs():
    network = small()
    for rows in range(1, 60):
        network.predict(np.zeros((rows, 2)))
    assert len(network._programs) <= 16


# -- problems ---------------------------------------------------------------------------------------------------------


def test_a_half_finished_graph_does_not_claim_that_its_layers_are_frozen():
    graph = chain([Input(features=2), Output()])
    lonely = Graph(nodes=graph.nodes[:1])
    assert not any("frozen" in problem.sentence for problem in infer_shapes(lonely).problems)
    unjoined = Graph(nodes=graph.nodes)
    assert not any("frozen" in problem.sentence for problem in infer_shapes(unjoined).problems)


def test_two_layers_of_one_identity_are_a_problem():
    graph = chain([Input(features=2), Dense(units=3), Output()])
    twice = Graph(nodes=(*graph.nodes, graph.nodes[1]), edges=graph.edges)
    assert any("identity dense_1" in problem.sentence for problem in infer_shapes(twice).problems)


def test_settings_have_nothing_to_say_of_layers_beside_the_way_or_without_rows():
    graph = chain([Input(features=2), Dense(units=3), Output()])
    stray = chain([Input(features=2), BatchNorm(), Output()]).nodes[1]
    beside = Graph(nodes=(*graph.nodes, stray), edges=graph.edges)
    assert training_problems(beside, TrainingSettings(batch_size=1), 10, 0) == ()
    through = chain([Input(features=2), BatchNorm(), Output()])
    assert training_problems(through, TrainingSettings(), 0, 0) == ()


def test_a_walk_of_one_example_through_batch_norm_ends_in_its_prediction():
    network = Network(chain([Input(features=2), Dense(units=4), BatchNorm(), Output()]), precision="float64")
    data = rings(40)
    Trainer(network, data, TrainingSettings(batch_size=10, epochs=3, precision="float64")).train()
    seen = walk(network, data.rows(np.array([7])))
    shown = [stop.wrote.values for stop in seen.stops if stop.wrote.symbol == "A[3]"][-1]
    np.testing.assert_allclose(shown.ravel(), network.predict(data.X[7:8]).ravel(), rtol=1e-12)
