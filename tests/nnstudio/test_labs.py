"""The labs: jobs in a process of their own, told, canceled and mourned; and what the three experiments find."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from engine import (
    ACTIVATIONS,
    PAIRS,
    ActivationLayer,
    BatchNorm,
    Dense,
    Dropout,
    Gelu,
    HeNormal,
    Input,
    LeakyRelu,
    MeanSquaredError,
    Network,
    Ones,
    Output,
    Relu,
    Sgd,
    Sigmoid,
    TrainingSettings,
    XavierNormal,
    chain,
)
from engine.losses import LOSSES
from engine.snapshot import ProbeRequest
from nnstudio.data import PreparedData, prepare, sample_recipe
from nnstudio.engine_host import EngineHost
from nnstudio.engine_messages import Looked
from nnstudio.labs.initialization import STARTS, compare_starts, identical_units, with_initializer
from nnstudio.labs.messages import Event, Failed, Progress, Result
from nnstudio.labs.pool import LabPool
from nnstudio.labs.proof import prove
from nnstudio.labs.rules import layers_of, rules_for_arrays, rules_for_lists
from nnstudio.labs.three_ways import step_by_examples, step_by_matrices, step_by_units
from nnstudio.labs.vectorization import EXAMPLES, MATRICES, UNITS, WAYS, code_of, compare, first_parameters, sizes_up_to

PATIENCE = 30.0
SAME = 1e-12
GRAPH = chain([Input(features=2), Dense(units=6), Dense(units=5, activation=Relu()), Output()])


# -- jobs: functions that the labs' process finds by their names ------------------------------------------------------


def add(report, one, other):
    report(0.5, "adding")
    return one + other


def where(report):
    return os.getpid(), os.nice(0) if hasattr(os, "nice") else None


def work_forever(report):
    number = 0
    while True:
        number += 1
        report(0.1, "working")


def complain(report):
    raise ValueError("The network has no output.")


def break_down(report):
    return [][0]


def run_out(report):
    raise MemoryError


def die(report):
    os.kill(os.getpid(), signal.SIGKILL)


def answer_without_pickle(report):
    return lambda: None


class Listening(LabPool):
    """Keeps what came in and was not asked for yet."""

    def __init__(self) -> None:
        super().__init__()
        self.unread: deque[Event] = deque()


@pytest.fixture
def pool() -> Iterator[Listening]:
    made = Listening()
    yield made
    number = made.process_id
    made.close()
    assert number is None or not psutil.pid_exists(number)


def wait_for(pool: Listening, kind: type):
    """Return the next event of a kind; those before it are dropped."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        pool.unread.extend(pool.poll())
        while pool.unread:
            event = pool.unread.popleft()
            if isinstance(event, kind):
                return event
            assert isinstance(event, Progress), event
        time.sleep(0.005)
    raise AssertionError(f"no {kind.__name__} came")


# -- the pool ---------------------------------------------------------------------------------------------------------


def test_there_is_no_process_before_the_first_job(pool):
    assert pool.process_id is None
    assert not pool.busy


def test_a_job_tells_how_far_it_is_and_what_it_found(pool):
    job = pool.submit(add, 1, 2)
    assert pool.busy
    assert wait_for(pool, Progress) == Progress(job, 0.5, "adding")
    assert wait_for(pool, Result) == Result(job, 3)
    assert not pool.busy


def test_a_job_runs_in_another_process_at_low_priority(pool):
    pool.submit(where)
    number, niceness = wait_for(pool, Result).value
    assert number == pool.process_id != os.getpid()
    assert niceness is None or niceness > os.nice(0)


def test_jobs_run_one_after_the_other_in_one_process(pool):
    jobs = [pool.submit(where), pool.submit(where)]
    results = [wait_for(pool, Result), wait_for(pool, Result)]
    assert [result.job for result in results] == jobs
    assert results[0].value == results[1].value


def test_cancel_ends_the_work_and_leaves_no_process(pool):
    job = pool.submit(work_forever)
    wait_for(pool, Progress)
    number = pool.process_id
    assert psutil.pid_exists(number)
    pool.cancel(job)
    assert not psutil.pid_exists(number)
    assert not pool.busy
    assert pool.poll() == []


def test_after_a_cancel_the_next_job_gets_a_fresh_process(pool):
    job = pool.submit(work_forever)
    wait_for(pool, Progress)
    number = pool.process_id
    waiting = pool.submit(where)
    pool.cancel(job)
    result = wait_for(pool, Result)
    assert result.job == waiting
    assert result.value[0] != number


def test_a_job_that_waits_can_be_canceled_without_ending_the_one_that_runs(pool):
    pool.submit(work_forever)
    wait_for(pool, Progress)
    number = pool.process_id
    waiting = pool.submit(add, 1, 2)
    pool.cancel(waiting)
    assert pool.process_id == number
    assert wait_for(pool, Progress).job != waiting


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (complain, "The network has no output."),
        (break_down, "IndexError: list index out of range (in break_down)"),
        (run_out, "not enough memory"),
        (answer_without_pickle, "could not be handed over"),
        (lambda report: None, "could not be given its work"),
    ],
    ids=["value", "error", "memory", "result", "function"],
)
def test_a_job_that_fails_says_why_and_the_next_one_runs(pool, job, words):
    failing = pool.submit(job)
    failed = wait_for(pool, Failed)
    assert failed.job == failing
    assert words in failed.sentence
    pool.submit(add, 1, 2)
    assert wait_for(pool, Result).value == 3


@pytest.mark.skipif(sys.platform == "win32", reason="a signal of POSIX")
def test_a_process_that_dies_is_mourned_and_the_next_job_gets_another(pool):
    pool.submit(die)
    assert "was ended by signal 9" in wait_for(pool, Failed).sentence
    pool.submit(add, 1, 2)
    assert wait_for(pool, Result).value == 3


def test_closing_twice_ends_a_job_and_those_that_wait(pool):
    pool.submit(work_forever)
    pool.submit(add, 1, 2)
    wait_for(pool, Progress)
    number = pool.process_id
    pool.close()
    pool.close()
    assert not psutil.pid_exists(number)
    assert not pool.busy


@pytest.mark.skipif(sys.platform == "win32", reason="ended as POSIX systems do")
def test_a_window_that_is_killed_takes_its_lab_with_it(tmp_path):
    program = tmp_path / "window.py"
    program.write_text(
        "import time\n"
        "from nnstudio.labs.pool import LabPool\n"
        "from test_labs import work_forever\n"
        "if __name__ == '__main__':\n"
        "    pool = LabPool()\n"
        "    pool.submit(work_forever)\n"
        "    while not pool.poll():\n"
        "        time.sleep(0.01)\n"
        "    print(pool.process_id, flush=True)\n"
        "    time.sleep(60)\n"
    )
    here = str(Path(__file__).parent)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([here, *filter(None, sys.path)])}
    window = subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, env=environment)
    assert window.stdout is not None
    lab = psutil.Process(int(window.stdout.readline()))
    assert lab.is_running()
    window.kill()
    window.wait()
    window.stdout.close()
    deadline = time.monotonic() + PATIENCE
    while lab.is_running() and lab.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not lab.is_running() or lab.status() == psutil.STATUS_ZOMBIE


def test_training_goes_on_beside_a_lab(pool, moons):
    host = EngineHost()
    host.load(GRAPH, TrainingSettings(epochs=1_000_000), moons)
    host.ask("start")
    try:
        pool.submit(work_forever)
        wait_for(pool, Progress)
        steps: list[int] = []
        deadline = time.monotonic() + PATIENCE
        while len(set(steps)) < 5 and time.monotonic() < deadline:
            host.look(ProbeRequest())
            steps += [event.snapshot.status.step for event in host.poll() if isinstance(event, Looked)]
            pool.poll()
            time.sleep(0.01)
        assert len(set(steps)) >= 5
        assert pool.busy
    finally:
        host.close()


# -- proof ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def moons() -> PreparedData:
    return prepare(sample_recipe("moons", rows=120))


def rows_of(data: PreparedData, most: int = 20):
    return data.X[data.training[:most]], data.Y[data.training[:most]]


def unheard(share, words):
    pass


def test_a_right_gradient_is_proved_array_by_array(moons):
    heard = []
    found = prove(lambda *news: heard.append(news), GRAPH, {}, TrainingSettings(), *rows_of(moons), 1_000)
    assert found.right
    assert found.verdict.startswith("Right. In 3 arrays")
    assert not found.trained
    assert [array.symbol for array in found.arrays] == [f"Θ[{level}] = [b W]" for level in (1, 2, 3)]
    assert [array.layer for array in found.arrays] == ["Dense 1", "Dense 2", "Output"]
    assert found.compared + found.skipped == Network(GRAPH).parameter_count
    for array in found.arrays:
        assert array.numeric == pytest.approx(array.computed, rel=1e-5, abs=1e-8)
        assert len(array.numeric) == array.compared
    assert heard[-1] == (1.0, "Θ[3] = [b W] of Output")
    assert [share for share, _ in heard] == sorted(share for share, _ in heard)


def test_the_proof_is_of_the_weights_it_is_given(moons):
    weights = {key: 1.5 * array for key, array in Network(GRAPH).weights().items()}
    found = prove(unheard, GRAPH, weights, TrainingSettings(), *rows_of(moons), 50)
    network = Network(GRAPH, precision="float64")
    network.set_weights(weights)
    computed = network.gradients(*rows_of(moons))["dense_1.Theta"]
    assert found.trained
    assert found.arrays[0].computed == pytest.approx(computed.reshape(-1))


def test_layers_whose_weights_do_not_fit_are_named_as_initial(moons):
    weights = Network(GRAPH).weights() | {"dense_2.Theta": np.zeros((1, 1))}
    found = prove(unheard, GRAPH, weights, TrainingSettings(), *rows_of(moons), 5)
    assert found.trained
    assert found.initial == ("Dense 2",)


def test_a_wrong_gradient_is_found_and_named(moons, monkeypatch):
    whole = Network.gradients

    def wrong(network, X, Y):
        return {key: 1.01 * array if "dense_2" in key else array for key, array in whole(network, X, Y).items()}

    monkeypatch.setattr(Network, "gradients", wrong)
    found = prove(unheard, GRAPH, {}, TrainingSettings(), *rows_of(moons), 50)
    assert not found.right
    assert found.verdict.startswith("Not right. Θ[2] = [b W] of Dense 2: the relative error is 0.0099")


def test_where_every_parameter_stands_at_a_kink_nothing_is_proved():
    output = Output(activation=ACTIVATIONS["identity"](), loss=LOSSES["mean_absolute_error"](), initializer=Ones())
    one = np.ones((1, 1))
    found = prove(unheard, chain([Input(features=1), output]), {}, TrainingSettings(), one, one, 5)
    assert found.skipped == 2
    assert not found.right
    assert found.verdict.startswith("Nothing is proved")


def test_data_of_another_network_are_refused_in_words(moons):
    graph = chain([Input(features=3), Output()])
    with pytest.raises(ValueError, match="do not go with the network"):
        prove(unheard, graph, {}, TrainingSettings(), *rows_of(moons), 5)


# -- vectorization ----------------------------------------------------------------------------------------------------

PAIRED = [(activation, loss) for loss, activations in PAIRS.items() for activation in activations]


@pytest.mark.parametrize(("activation", "loss"), PAIRED, ids=["-".join(pair) for pair in PAIRED])
@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "relu", "leaky_relu", "identity"])
def test_three_ways_come_to_the_same_weights_and_to_those_of_the_engine(activation, loss, hidden):
    n_y, m, alpha = 3, 11, 0.1
    layers = [Dense(units=4, activation=ACTIVATIONS[hidden]()), Dense(units=5, activation=LeakyRelu(slope=0.2))]
    output = Output(units=n_y, activation=ACTIVATIONS[activation](), loss=LOSSES[loss]())
    graph = chain([Input(features=2), *layers, output])
    rng = np.random.default_rng(4)
    X, classes = rng.normal(size=(m, 2)), rng.integers(0, n_y, m)
    Y = np.eye(n_y)[classes] if output.loss.classes else rng.normal(size=(m, n_y))
    network = Network(graph, seed=1, precision="float64")
    W, b = first_parameters(network)
    known = layers_of(graph)
    nested = [matrix.tolist() for matrix in W], [column.reshape(-1).tolist() for column in b]
    by_units = step_by_units(*nested, rules_for_lists(known), X.tolist(), Y.tolist(), alpha)
    by_examples = step_by_examples(list(W), list(b), rules_for_arrays(known), X.T, Y.T, alpha)
    by_matrices = step_by_matrices(list(W), list(b), rules_for_arrays(known), X.T, Y.T, alpha)
    gradients = network.gradients(X, Y)
    for level, key in enumerate(["dense_1.Theta", "dense_2.Theta", "output.Theta"], start=1):
        stepped = network.parameters[key] - alpha * gradients[key]
        for weights, biases in (by_units, by_examples, by_matrices):
            assert np.asarray(weights[level]) == pytest.approx(stepped[:, 1:], rel=SAME, abs=SAME)
            assert np.asarray(biases[level]).reshape(-1) == pytest.approx(stepped[:, 0], rel=SAME, abs=SAME)


def test_every_way_is_timed_at_every_size_and_the_results_agree(moons):
    X, Y = rows_of(moons, 40)
    found = compare(unheard, GRAPH, 0, X, Y, 5, 0.1, 10.0)
    assert list(found.timings) == [UNITS, EXAMPLES, MATRICES]
    for timings in found.timings.values():
        assert [timing.m for timing in timings] == sizes_up_to(40)
        assert not any(timing.extrapolated for timing in timings)
        assert all(timing.seconds > 0 for timing in timings)
    assert found.compared == 40
    assert found.worst < SAME
    assert found.ratio(UNITS) > found.ratio(MATRICES) == 1.0
    assert "extrapolated" not in found.verdict


def test_what_would_take_too_long_is_measured_on_fewer_examples_and_said_to_be_extrapolated(moons):
    found = compare(unheard, GRAPH, 0, *rows_of(moons, 90), 50, 0.1, 1e-3)
    last = found.timings[UNITS][-1]
    assert last.m == 90
    assert last.extrapolated
    assert last.measured < 90
    assert "extrapolated" in found.verdict
    assert found.cut
    assert found.compared < 90
    assert found.worst < SAME


def test_sizes_grow_evenly_and_end_with_all():
    assert sizes_up_to(1) == [1]
    assert sizes_up_to(1_000) == [1, 3, 10, 32, 100, 316, 1_000]


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([Dense(units=3), BatchNorm()], "BatchNorm 1 is of the kind BatchNorm"),
        ([Dense(units=3), Dropout()], "Dropout 1 is of the kind Dropout"),
        ([ActivationLayer()], "Activation 1 is of the kind Activation"),
        ([Dense(units=3, activation=Gelu())], "does not know GELU, the activation of Dense 1"),
        ([Dense(units=3, frozen=True)], "Dense 1 is frozen"),
    ],
)
def test_a_network_it_does_not_know_is_refused_in_words(moons, layers, words):
    graph = chain([Input(features=2), *layers, Output()])
    with pytest.raises(ValueError, match=words):
        compare(unheard, graph, 0, *rows_of(moons), 1, 0.1, 1.0)


def test_a_learning_rate_that_is_too_large_is_named_instead_of_an_agreement(moons):
    graph = chain([Input(features=2), Dense(units=3, activation=Relu()), Output(activation=ACTIVATIONS["identity"](),
                   loss=LOSSES["mean_squared_error"]())])  # fmt: skip
    found = compare(unheard, graph, 0, *rows_of(moons), 60, 1e30, 10.0)
    assert "choose a smaller learning rate" in found.verdict


@pytest.mark.parametrize("way", list(WAYS))
def test_the_code_shown_is_the_code_that_runs(way):
    assert code_of(way).startswith(f"def {WAYS[way].__name__}(")


# -- initialization ---------------------------------------------------------------------------------------------------


def test_five_trainings_differ_in_their_first_weights_only(moons):
    X, Y = rows_of(moons, 80)
    heard = []
    found = compare_starts(lambda *news: heard.append(news), GRAPH, TrainingSettings(seed=3), X, Y, 4)
    assert [outcome.start for outcome in found.outcomes] == list(STARTS)
    for outcome, initializer in zip(found.outcomes, STARTS.values(), strict=True):
        first = Network(with_initializer(GRAPH, initializer), seed=3)
        assert outcome.costs.shape == (5,)
        assert outcome.costs[0] == pytest.approx(first.cost(X, Y), rel=1e-5)
        assert [layer.layer for layer in outcome.layers] == ["Dense 1", "Dense 2", "Output"]
    assert {words for _, words in heard} == {f"{start} weights" for start in STARTS}


def test_the_same_random_numbers_are_scaled_for_xavier_and_for_he():
    xavier, he = (
        Network(with_initializer(GRAPH, rule), seed=5, precision="float64").parameters["dense_1.Theta"][:, 1:]
        for rule in (XavierNormal(), HeNormal())
    )
    assert he / xavier == pytest.approx(np.full(he.shape, np.sqrt((2 + 6) / 2)))


@pytest.mark.parametrize("hidden", [Relu(), Sigmoid(), ACTIVATIONS["tanh"]()])
def test_units_that_start_from_zeros_stay_identical_and_others_do_not(moons, hidden):
    graph = chain([Input(features=2), Dense(units=6, activation=hidden), Dense(units=5, activation=hidden), Output()])
    found = compare_starts(unheard, graph, TrainingSettings(), *rows_of(moons, 80), 10)
    symmetric = {outcome.start: [layer.identical for layer in outcome.layers] for outcome in found.outcomes}
    assert symmetric.pop("zeros") == [6, 5, None]
    assert all(counts == [0, 0, None] for counts in symmetric.values())
    assert (
        "From zeros: symmetry not broken, units are identical in Dense 1 (6 of 6), Dense 2 (5 of 5)." in found.verdict
    )


def test_a_training_that_diverges_says_so_and_the_others_go_on(moons):
    graph = chain([Input(features=2), Dense(units=6, activation=Relu()),
                   Output(activation=ACTIVATIONS["identity"](), loss=MeanSquaredError())])  # fmt: skip
    settings = TrainingSettings(optimizer=Sgd(learning_rate=0.5))
    found = compare_starts(unheard, graph, settings, *rows_of(moons, 80), 30)
    large = found.outcomes[2]
    assert large.message.startswith("Training diverged")
    assert f"From too large: {large.message}" in found.verdict
    assert len(found.outcomes[0].costs) == 31


def test_rows_are_identical_to_within_rounding_only():
    theta = np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0 + 1e-7], [1.0, 2.1], [3.0, 4.0], [1.0, 2.0]])
    assert identical_units(theta) == 5
    assert identical_units(theta[[0, 1, 3]]) == 0
    assert identical_units(theta[:1]) == 0
    assert identical_units(np.zeros((4, 3))) == 4
