"""``nnstudio train``: what it learns, what it says, what it saves."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from nnstudio import cli
from nnstudio.project_file import open_project


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def results(self) -> dict[str, Any]:
        def refuse(constant: str) -> None:
            raise AssertionError(f"{constant} in JSON")

        loaded = json.loads(self.out.splitlines()[-1], parse_constant=refuse)
        assert isinstance(loaded, dict)
        return loaded


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: object) -> Ran:
        code = cli.main([str(argument) for argument in arguments], lambda project: 0)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Ran(code, captured.out, captured.err)

    return call


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Two classes by the sign of a + b, one text column, the target last."""
    generator = np.random.default_rng(3)
    rows = ["a,b,color,kind"]
    for a, b in generator.standard_normal((200, 2)):
        rows.append(f"{a:.4f},{b:.4f},{'red' if a > 0 else 'blue'},{'yes' if a + b > 0 else 'no'}")
    path = tmp_path / "table.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_classes_are_learned_and_the_last_line_is_json(run: Any, table: Path) -> None:
    done = run("train", table, "--epochs", 60, "--learning-rate", 0.01, "--json", "--test", 0.1)
    assert done.code == 0
    results = done.results
    assert results["task"] == "binary"
    assert results["epochs"] == 60
    assert results["parameters"] == (4 + 1) * 16 + 17 * 16 + 17
    assert results["stopped"] == "finished"
    assert results["steps_per_second"] > 0
    for name in ("train", "validation", "test"):
        for metric in ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "roc_auc"):
            assert 0.7 < results[f"{name}_{metric}"] <= 1
        assert results[f"{name}_accuracy"] > 0.8
        assert results[f"{name}_cost"] < 0.5
    assert done.err.count("last column") == 1
    assert "last column, 'kind', is the target" in done.err
    assert "last column" not in run("train", table, "--epochs", 1, "--target", "color").err


def test_regression_reports_r2_and_errors_in_the_unit_of_the_target(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "line.csv"
    generator = np.random.default_rng(0)
    rows = [f"{x:.5f},{1000 * x + 5000:.5f}" for x in generator.uniform(-1, 1, 300)]
    path.write_text("x,y\n" + "\n".join(rows), encoding="utf-8")
    results = run("train", path, "--hidden", "none", "--epochs", 200, "--learning-rate", 0.05, "--json").results
    assert results["task"] == "regression"
    assert results["train_r2"] > 0.999
    assert results["validation_r2"] > 0.999
    assert 0 < results["validation_mae"] < 50
    assert "train_accuracy" not in results
    assert "train_f1" not in results


def test_no_hidden_layer_is_logistic_regression(run: Any, table: Path) -> None:
    for text in ("", "none"):
        assert run("train", table, "--hidden", text, "--json").results["parameters"] == 4 + 1


def test_same_seed_gives_the_same_costs_and_another_seed_others(run: Any, table: Path) -> None:
    costs = [run("train", table, "--epochs", 3, "--json", "--seed", s).results["train_cost"] for s in (1, 1, 2)]
    assert costs[0] == costs[1] != costs[2]


def test_a_figure_that_is_not_defined_is_null(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "rare.csv"
    kinds = ["rare", *["usual"] * 39]  # the one rare row is in one split only
    path.write_text("a,kind\n" + "".join(f"{i}.5,{kind}\n" for i, kind in enumerate(kinds)), encoding="utf-8")
    results = run("train", path, "--epochs", 1, "--validation", 0.5, "--json").results
    assert [results["train_roc_auc"], results["validation_roc_auc"]].count(None) == 1
    assert results["validation_accuracy"] is not None


def test_without_validation_its_figures_are_null(run: Any, table: Path) -> None:
    results = run("train", table, "--epochs", 2, "--validation", 0, "--json").results
    assert results["validation_cost"] is None
    assert results["validation_accuracy"] is None
    assert results["validation_roc_auc"] is None
    assert "test_cost" not in results


def test_every_registered_name_trains(run: Any) -> None:
    from engine.activations import ACTIVATIONS
    from engine.initializers import INITIALIZERS
    from engine.optimizers import OPTIMIZERS

    hidden = [name for name, kind in ACTIVATIONS.items() if not kind.output_only]
    for option, names in (("activation", hidden), ("initializer", INITIALIZERS), ("optimizer", OPTIMIZERS)):
        for name in names:
            done = run("train", "sample:xor", f"--{option}", name, "--epochs", 2, "--json")
            assert math.isfinite(done.results["train_cost"]), name


def test_help_lists_the_registered_names(run: Any) -> None:
    from engine.initializers import INITIALIZERS
    from engine.optimizers import OPTIMIZERS

    done = run("train", "--help")
    assert done.code == 0
    for name in (*INITIALIZERS, *OPTIMIZERS, "leaky_relu", "sample:NAME", "spirals"):
        assert name in done.out
    assert "softmax" not in done.out


def test_batch_larger_than_the_data_is_said_to_be_the_whole_data(run: Any, table: Path) -> None:
    done = run("train", table, "--batch-size", 5000, "--epochs", 3, "--json")
    assert "larger than the 160 training rows" in done.err
    assert done.results["steps"] == 3


def test_missing_and_unreadable_cells_are_counted_by_each_rule(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "holes.csv"
    rows = [f"{i}.5,{i % 7},{'up' if i % 2 else 'down'}" for i in range(100)]
    rows[3], rows[8] = ",3,up", "7.5,oops,down"
    path.write_text("a,b,way\n" + "\n".join(rows), encoding="utf-8")
    dropped = run("train", path, "--epochs", 1, "--json")
    assert "1 cell is missing, in 'a': its row was left out." in dropped.err
    assert "2 of 100 rows were left out" in dropped.err
    assert "oops" in dropped.err
    filled = run("train", path, "--epochs", 1, "--missing", "mean", "--json", "--validation", 0, "--batch-size", 1)
    assert filled.results["steps"] == 100
    assert "1 cell is missing, in 'a': it was filled with the mean of the training rows." in filled.err
    refused = run("train", path, "--missing", "refuse")
    assert refused.code == 2
    assert "holes.csv, row" in refused.err


def test_results_for_people_are_a_table(run: Any, table: Path) -> None:
    done = run("train", table, "--epochs", 2)
    assert "training" in done.out
    assert "accuracy" in done.out
    assert "2 epochs" in done.out
    assert "not saved" in done.err


def test_a_class_with_a_line_break_does_not_split_the_sentence(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    classes = ['"no\nway"', "yes"]
    path.write_text("a,y\n" + "".join(f"{i * 7 % 13},{classes[i % 2]}\n" for i in range(40)))
    done = run("train", path, "--epochs", 1)
    assert "(one of two classes, no\\nway or yes) from 1 feature; rows" in done.err
    assert "\n1 epoch, 1 step in" in done.out


# Projects


def test_saved_project_holds_network_data_weights_and_history(run: Any, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "kind.nnstudio"
    done = run("train", table, "--epochs", 5, "--hidden", "4,3", "--activation", "tanh", "--out", out, "--json")
    assert done.code == 0
    project = open_project(out)
    assert project.prepared is not None
    assert project.prepared.target == "kind"
    assert project.checkpoint is not None
    assert len(project.checkpoint.state.history) == 5
    assert [node.id for node in project.document.graph.nodes] == ["input", "dense_1", "dense_2", "output"]
    assert project.document.training.epochs == 5


def test_project_goes_on_from_its_weights_as_one_training(run: Any, table: Path, tmp_path: Path) -> None:
    once, parts, more = tmp_path / "once.nnstudio", tmp_path / "parts.nnstudio", tmp_path / "more.nnstudio"
    run("train", table, "--epochs", 8, "--out", once)
    run("train", table, "--epochs", 3, "--out", parts)
    done = run("train", parts, "--epochs", 5, "--out", more, "--json")
    assert "goes on from epoch 3" in done.err
    assert done.results["epochs"] == 5
    assert done.results["total_epochs"] == 8
    whole, joined = open_project(once).checkpoint, open_project(more).checkpoint
    assert whole is not None
    assert joined is not None
    for key, array in whole.weights.items():
        np.testing.assert_array_equal(array, joined.weights[key])
    assert len(joined.state.history) == 8


def test_finished_project_trains_as_far_again(run: Any, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "p.nnstudio"
    run("train", table, "--epochs", 4, "--out", out)
    assert run("train", out, "--json").results["total_epochs"] == 8


def test_options_override_only_what_is_given(run: Any, table: Path, tmp_path: Path) -> None:
    out, changed = tmp_path / "p.nnstudio", tmp_path / "q.nnstudio"
    run("train", table, "--epochs", 2, "--hidden", "5", "--batch-size", 7, "--out", out)
    done = run("train", out, "--learning-rate", 0.5, "--optimizer", "sgd", "--epochs", 1, "--out", changed)
    assert "goes on from epoch 2" in done.err
    before, after = open_project(out).document, open_project(changed).document
    assert after.graph == before.graph
    assert after.training.batch_size == 7
    assert after.training.optimizer.learning_rate == 0.5
    assert type(after.training.optimizer).__name__ == "Sgd"


@pytest.mark.parametrize(
    ("option", "value"),
    [("--hidden", "6"), ("--activation", "tanh"), ("--seed", "4"), ("--validation", "0.5"), ("--target", "color")],
)
def test_project_starts_anew_where_network_data_or_seed_differ(
    run: Any, table: Path, tmp_path: Path, option: str, value: str
) -> None:
    out, changed = tmp_path / "p.nnstudio", tmp_path / "q.nnstudio"
    run("train", table, "--epochs", 2, "--out", out)
    done = run("train", out, option, value, "--epochs", 1, "--out", changed, "--json")
    assert done.code == 0, done.err
    assert f"starts anew from initial weights, because of {option}" in done.err
    assert done.results["total_epochs"] == 1
    open_project(changed)


def test_project_with_its_table_outside_finds_it_beside_itself(run: Any, table: Path, tmp_path: Path) -> None:
    from nnstudio.project_file import save

    folder = tmp_path / "moved"
    folder.mkdir()
    run("train", table, "--epochs", 1, "--out", tmp_path / "p.nnstudio")
    project = open_project(tmp_path / "p.nnstudio")
    save(folder / "p.nnstudio", project.document, project.checkpoint, project.prepared, limit_bytes=0)
    content = table.read_bytes()
    table.unlink()
    lost = run("train", folder / "p.nnstudio", "--epochs", 1)
    assert lost.code == 2
    assert "Put table.csv beside the project" in lost.err
    (folder / "table.csv").write_bytes(content)
    assert run("train", folder / "p.nnstudio", "--epochs", 1).code == 0
    (folder / "table.csv").write_bytes(content.replace(b"yes", b"Yes"))
    assert "has changed since" in run("train", folder / "p.nnstudio", "--epochs", 1).err


def test_project_under_any_name_is_known_as_one(run: Any, table: Path, tmp_path: Path) -> None:
    run("train", table, "--epochs", 1, "--out", tmp_path / "p.nnstudio")
    other = (tmp_path / "p.nnstudio").rename(tmp_path / "model.bin")
    assert "goes on from epoch 1" in run("train", other, "--epochs", 1).err


def test_diverged_training_ends_with_code_1_and_keeps_finite_weights(run: Any, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "wild.nnstudio"
    done = run(
        "train", table, "--optimizer", "sgd", "--learning-rate", 1000, "--activation", "identity", "--hidden",
        "16,16,16", "--epochs", 500, "--out", out, "--json",
    )  # fmt: skip
    assert done.code == 1
    assert "diverged" in done.err
    assert done.results["stopped"] == "diverged"
    assert open_project(out).checkpoint is not None
    again = run("train", out, "--learning-rate", 1e-12, "--epochs", 1, "--json")
    assert again.results["epochs"] == 1 or again.code == 1
