"""``nnstudio check``: shapes, parameters and problems, and a gradient that is compared with numeric differences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest

from engine import (
    ACTIVATIONS,
    BatchNorm,
    Dense,
    Dropout,
    Graph,
    Input,
    LayerNorm,
    Network,
    Output,
    Tanh,
    TrainingSettings,
    chain,
)
from engine.declared import replace
from engine.losses import BinaryCrossEntropy
from nnstudio import cli, edits
from nnstudio.checkpoints import checkpoint_of
from nnstudio.data import DataWarning, PreparedData, prepare, sample_recipe
from nnstudio.document import Document, in_a_row
from nnstudio.headless import trainer_for
from nnstudio.project_file import open_project, save


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def found(self) -> dict[str, Any]:
        def refuse(constant: str) -> None:
            raise AssertionError(f"{constant} in JSON")

        (line,) = self.out.splitlines()
        loaded = json.loads(line, parse_constant=refuse)
        assert isinstance(loaded, dict)
        return loaded


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: object) -> Ran:
        code = cli.main(["check", *map(str, arguments)], lambda project: 0)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Ran(code, captured.out, captured.err)

    return call


def document_of(*hidden: Any, sample: str = "moons", **settings: Any) -> tuple[Document, PreparedData]:
    """Return a document of a chain on a sample, and its data."""
    recipe = sample_recipe(sample)
    prepared = prepare(recipe)
    graph = chain([Input(), *hidden, Output()])
    document = Document(graph=graph, positions=in_a_row(graph), training=TrainingSettings(epochs=3, **settings))
    features, outputs = prepared.X.shape[1], prepared.Y.shape[1]
    return edits.use_data(document, recipe, prepared.task, features, outputs), prepared


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A trained project of one hidden layer of tanh."""
    document, prepared = document_of(Dense(units=4, activation=Tanh()))
    trainer = trainer_for(document, prepared)
    trainer.train()
    save(tmp_path / "p.nnstudio", document, checkpoint_of(trainer.state()), prepared)
    return tmp_path / "p.nnstudio"


def test_layers_parameters_and_a_right_gradient_are_told(run: Any, path: Path) -> None:
    done = run(path)
    assert done.code == 0
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert "Dense 1 Dense (4, m) Theta (4, 3) 12" in lines
    assert "Output Output (1, m) Theta (1, 5) 5" in lines
    assert "17 parameters in all." in lines
    assert "No problems." in lines
    assert "17 parameters compared, 0 skipped beside a kink." in lines
    assert lines[-1].endswith("below 1e-06: right.")
    assert "at the trained weights:" in done.out


def test_what_is_doubtful_about_the_data_is_told_and_is_no_failure(run: Any, tmp_path: Path) -> None:
    document, prepared = document_of(Dense(units=4))
    doubt = DataWarning(kind="constant", text="The same value in every training row: 'x1'.", columns=("x1",))
    doubtful = prepared.with_report(replace(prepared.report, warnings=(doubt,)))
    save(tmp_path / "p.nnstudio", document, prepared=doubtful)
    done = run(tmp_path / "p.nnstudio")
    assert done.code == 0
    assert f"Data: {doubt.text}" in done.out.splitlines()
    (told,) = run(tmp_path / "p.nnstudio", "--json").found["warnings"]
    assert told == {"kind": "constant", "columns": ["x1"], "sentence": doubt.text}


def test_json_is_one_line_with_all_of_it(run: Any, path: Path) -> None:
    found = run(path, "--json").found
    assert found["passed"] is True
    assert [layer["layer"] for layer in found["layers"]] == ["Input", "Dense 1", "Output"]
    assert found["layers"][1] == {
        "layer": "Dense 1", "kind": "Dense", "units": 4, "weights": {"Theta": [4, 3]}, "statistics": {},
        "parameters": 12, "frozen": False,
    }  # fmt: skip
    assert found["parameters"] == 17
    assert found["problems"] == []
    assert found["unchecked"] is None
    gradient = found["gradient"]
    assert gradient["right"] is True
    assert 0 < gradient["error"] < gradient["tolerance"]
    assert (gradient["compared"], gradient["skipped"], gradient["weights"]) == (17, 0, "trained")
    assert [(a["layer"], a["array"], a["compared"]) for a in gradient["arrays"]] == [
        ("Dense 1", "Theta", 12), ("Output", "Theta", 5),
    ]  # fmt: skip
    assert gradient["error"] == max(array["error"] for array in gradient["arrays"])


def test_every_kind_of_layer_and_a_penalty_are_checked(run: Any, tmp_path: Path) -> None:
    hidden = (Dense(units=5), BatchNorm(), Dropout(), Dense(units=4, activation=Tanh(), frozen=True), LayerNorm())
    document, prepared = document_of(*hidden, sample="iris", l2=0.1, l1=0.01)
    save(tmp_path / "p.nnstudio", document, None, prepared)
    done = run(tmp_path / "p.nnstudio", "--json")
    assert done.code == 0, done.out
    gradient, layers = done.found["gradient"], {layer["kind"]: layer for layer in done.found["layers"]}
    assert gradient["weights"] == "initial"
    checked = {(array["layer"], array["array"]) for array in gradient["arrays"]}
    assert ("BatchNorm 1", "gamma") in checked
    assert ("LayerNorm 1", "beta") in checked
    assert "Dense 2" not in {layer for layer, _ in checked}
    assert layers["BatchNorm"]["parameters"] == 10
    assert layers["BatchNorm"]["statistics"] == {"mean": [5, 1], "variance": [5, 1]}
    assert [layer["layer"] for layer in done.found["layers"] if layer["frozen"]] == ["Dense 2"]
    said = run(tmp_path / "p.nnstudio").out
    assert "running variance (5, 1)" in said
    assert "frozen" in said


def test_of_a_large_array_some_entries_are_drawn(run: Any, tmp_path: Path) -> None:
    document, prepared = document_of(Dense(units=100, activation=Tanh()))
    save(tmp_path / "p.nnstudio", document, None, prepared)
    gradient = run(tmp_path / "p.nnstudio", "--json").found["gradient"]
    assert [(array["parameters"], array["compared"]) for array in gradient["arrays"]] == [(300, 200), (101, 101)]
    assert "301 parameters compared, 0 skipped beside a kink, 100 not drawn." in run(tmp_path / "p.nnstudio").out


def test_a_wrong_gradient_is_reported_with_its_layer(run: Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = ACTIVATIONS["tanh"].emit_backward

    def wrong(self: Any, emit: Any, *rest: Any) -> None:
        right(self, emit, *rest)
        dz = rest[-1]
        emit.apply(np.multiply, dz, emit.constant(1.01), out=dz)

    monkeypatch.setattr(ACTIVATIONS["tanh"], "emit_backward", wrong)
    done = run(path, "--json")
    assert done.code == 1
    assert done.found["passed"] is False
    gradient = done.found["gradient"]
    assert gradient["right"] is False
    assert gradient["error"] == pytest.approx(0.01, rel=0.05)
    errors = {array["layer"]: array["error"] for array in gradient["arrays"]}
    assert errors["Dense 1"] > 1e-3
    assert errors["Output"] < 1e-6
    assert "1e-06 is the most of a right gradient" in run(path).out


def test_a_gradient_that_is_no_number_is_wrong(run: Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = ACTIVATIONS["tanh"].emit_backward

    def wrong(self: Any, emit: Any, *rest: Any) -> None:
        right(self, emit, *rest)
        emit.apply(np.multiply, rest[-1], emit.constant(np.nan), out=rest[-1])

    monkeypatch.setattr(ACTIVATIONS["tanh"], "emit_backward", wrong)
    done = run(path, "--json")
    assert done.code == 1
    assert done.found["gradient"]["error"] is None
    assert "not a number" in run(path).out


def test_a_broken_graph_is_told_as_far_as_it_is_known(run: Any, path: Path) -> None:
    project = open_project(path)
    document, _ = edits.append_layer(project.document, Dense(units=3), "dense_1")
    graph = document.graph
    cut = Graph(nodes=graph.nodes, edges=tuple(edge for edge in graph.edges if edge.target != "dense_2"))
    save(path, msgspec.structs.replace(document, graph=cut), project.checkpoint, project.prepared)
    done = run(path, "--json")
    assert done.code == 1
    found = done.found
    units = {layer["layer"]: layer["units"] for layer in found["layers"]}
    assert units == {"Input": 2, "Dense 1": 4, "Dense 2": None, "Output": None}
    assert any(
        problem["severity"] == "error" and problem["layer"] == "Dense 2" and "no input" in problem["sentence"]
        for problem in found["problems"]
    )
    assert found["gradient"] is None
    said = run(path).out
    assert "12 parameters, as far as is known." in said
    assert "Error: Dense 2 has no input" in said
    assert "The gradient was not checked. The network has problems." in said


def test_problems_of_the_settings_fail_and_the_gradient_is_still_checked(run: Any, tmp_path: Path) -> None:
    document, prepared = document_of(Dense(units=3, activation=Tanh()), BatchNorm(), batch_size=1)
    save(tmp_path / "p.nnstudio", document, None, prepared)
    done = run(tmp_path / "p.nnstudio", "--json")
    assert done.code == 1
    (problem,) = done.found["problems"]
    assert "batches of at least 2 rows" in problem["sentence"]
    assert done.found["gradient"]["right"] is True


def test_a_warning_alone_does_not_fail(run: Any, path: Path) -> None:
    project = open_project(path)
    loose = edits.add_node(project.document, edits.new_node(project.document.graph, Dropout()), (0.0, 300.0))
    loose = edits.connect(loose, "input", "dropout_1")
    save(path, loose, project.checkpoint, project.prepared)
    done = run(path, "--json")
    assert done.code == 0
    assert [problem["severity"] for problem in done.found["problems"]] == ["warning"]


def test_targets_that_the_loss_cannot_learn_are_a_problem(run: Any, tmp_path: Path) -> None:
    document, prepared = document_of(Dense(units=3), sample="sine")
    output = Output(activation=ACTIVATIONS["sigmoid"](), loss=BinaryCrossEntropy())
    save(tmp_path / "p.nnstudio", edits.set_layer(document, "output", output), None, prepared)
    done = run(tmp_path / "p.nnstudio", "--json")
    assert done.code == 1
    assert "cannot learn the targets" in done.found["problems"][0]["sentence"]
    assert done.found["gradient"] is None


def test_a_project_without_data_is_told_and_its_gradient_left_alone(run: Any, tmp_path: Path) -> None:
    graph = chain([Input(features=2), Dense(units=3), Output()])
    save(tmp_path / "p.nnstudio", Document(graph=graph))
    done = run(tmp_path / "p.nnstudio", "--json")
    assert done.code == 0
    assert done.found["parameters"] == 13
    assert done.found["gradient"] is None
    assert "has no data" in done.found["unchecked"]


def test_an_empty_project_has_problems(run: Any, tmp_path: Path) -> None:
    save(tmp_path / "p.nnstudio", Document())
    done = run(tmp_path / "p.nnstudio")
    assert done.code == 1
    assert "Error: The network has no input" in done.out


def test_a_layer_without_trained_weights_of_its_shape_has_its_initial_ones(
    run: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import nnstudio.cli.check as module

    project = open_project(path)
    wider, node = edits.append_layer(project.document, Dense(units=4, activation=Tanh()))
    save(path, wider, project.checkpoint, project.prepared)
    seen: list[Network] = []
    real = module.check_gradients
    monkeypatch.setattr(
        module, "check_gradients", lambda network, *a, **k: seen.append(network) or real(network, *a, **k)
    )
    done = run(path, "--json")
    assert done.code == 0
    assert done.found["gradient"]["weights"] == "trained"
    assert done.found["gradient"]["initial"] == ["Dense 2"]
    assert "(initial ones of Dense 2)" in run(path).out
    assert project.checkpoint is not None
    np.testing.assert_array_equal(seen[0].parameters["dense_1.Theta"], project.checkpoint.weights["dense_1.Theta"])
    own = Network(wider.graph, seed=wider.training.seed, precision="float64")
    np.testing.assert_array_equal(seen[0].parameters[f"{node}.Theta"], own.parameters[f"{node}.Theta"])


def test_help_tells_the_exit_codes(run: Any) -> None:
    done = run("--help")
    assert done.code == 0
    assert "Exit code 0" in done.out
