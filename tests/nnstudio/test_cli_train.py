"""``nnstudio train``: what it learns, what it says, what it saves."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest

from engine import Network, Step, TrainingSettings
from engine.declared import name_of, replace
from engine.history import COLUMNS
from nnstudio import cli
from nnstudio.project_file import open_project, save


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


def test_several_columns_are_learned_each_with_an_output_of_its_own(run: Any, table: Path) -> None:
    done = run(
        "train", table, "--target", "kind", "--target", "color", "--epochs", 40, "--learning-rate", 0.01, "--json"
    )
    assert done.code == 0
    assert "Predicting 'color, kind' (yes or no each) from 2 features" in done.err
    assert (done.results["task"], done.results["target"]) == ("binary", "color, kind")
    assert done.results["parameters"] == (2 + 1) * 16 + 17 * 16 + 17 * 2
    assert done.results["validation_accuracy"] > 0.8


def test_a_column_of_few_values_is_left_out_unless_it_is_asked_for_and_its_lost_rows_are_said(
    run: Any, tmp_path: Path
) -> None:
    path = tmp_path / "sparse.csv"
    path.write_text(
        "a,b,kind,code\n"
        + "".join(f"{i * 2},{i % 7},{'yes' if i > 200 else 'no'},{i % 3 if i % 40 == 0 else ''}\n" for i in range(400))
    )
    done = run("train", path, "--epochs", 1)
    assert "'code' has a value in 10 of the first 400 rows; it is proposed to be ignored" in done.err
    assert "the last column that can be predicted, 'kind', is the target" in done.err
    assert "from 2 features; rows to train, validate and test with: 320, 80" in done.err
    asked = run("train", path, "--epochs", 1, "--feature", "code", "--ignore", "b")
    assert "from 2 features; rows to train, validate and test with: 8, 2" in asked.err
    assert (
        "Warning: 390 of 400 rows are left out, since a cell is missing or unreadable: 390 in 'code' alone. Ignore it, "
        "change how it is read, or fill missing cells." in asked.err
    )
    assert "left out, since" not in run("train", path, "--epochs", 1, "--feature", "code", "--missing", "median").err


def test_what_is_doubtful_about_the_table_is_said(run: Any, table: Path) -> None:
    done = run("train", table, "--target", "color", "--epochs", 1)
    assert "Warning: 'a' tells 'color' almost exactly. If it is not known before the target is, ignore it." in done.err
    assert "Warning" not in run("train", table, "--epochs", 1).err


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
    from engine.schedules import SCHEDULES

    hidden = [name for name, kind in ACTIVATIONS.items() if not kind.output_only]
    for option, names in (
        ("activation", hidden), ("initializer", INITIALIZERS), ("optimizer", OPTIMIZERS), ("schedule", SCHEDULES),
    ):  # fmt: skip
        for name in names:
            done = run("train", "sample:xor", f"--{option}", name, "--epochs", 2, "--json")
            assert math.isfinite(done.results["train_cost"]), name


def test_help_lists_the_registered_names(run: Any) -> None:
    from engine.initializers import INITIALIZERS
    from engine.optimizers import OPTIMIZERS
    from engine.schedules import SCHEDULES

    done = run("train", "--help")
    assert done.code == 0
    for name in (*INITIALIZERS, *OPTIMIZERS, *SCHEDULES, "leaky_relu", "sample:NAME", "spirals"):
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


# When it ends, and what shapes the steps


def test_a_run_that_goes_to_its_last_epoch_has_no_reason(run: Any, table: Path) -> None:
    results = run("train", table, "--epochs", 2, "--json").results
    assert results["stopped"] == "finished"
    assert results["reason"] is None


def test_patience_ends_a_run_early_with_the_best_weights(run: Any, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "p.nnstudio"
    done = run("train", table, "--epochs", 100_000, "--patience", 5, "--learning-rate", 0.3, "--out", out, "--json")
    results = done.results
    assert done.code == 0
    assert results["stopped"] == "finished"
    assert results["epochs"] < 100_000
    assert "has not fallen for 5 epochs" in results["reason"]
    assert results["reason"] in done.err
    checkpoint = open_project(out).checkpoint
    assert checkpoint is not None
    lowest = checkpoint.state.history[:, COLUMNS.index("validation_cost")].min()
    assert results["validation_cost"] == pytest.approx(lowest, rel=1e-5)
    again = run("train", out, "--epochs", 20, "--json")  # a run of its own, with a patience of its own
    assert again.results["epochs"] >= 5


def test_a_target_cost_ends_a_run_early(run: Any, table: Path) -> None:
    results = run("train", table, "--epochs", 10_000, "--target-cost", 0.3, "--learning-rate", 0.01, "--json").results
    assert results["epochs"] < 10_000
    assert results["reason"].endswith("The validation cost has reached 0.3.")
    assert results["validation_cost"] <= 0.3 + 1e-6


def test_a_time_limit_ends_a_run_early_and_counts_for_each_run_anew(run: Any, table: Path, tmp_path: Path) -> None:
    parts = ["--epochs", 10_000_000, "--time-limit", 0.3, "--json"]
    results = run("train", table, *parts, "--out", tmp_path / "p.nnstudio").results
    assert results["reason"].endswith("The time limit of 0.3 s is over.")
    assert results["stopped"] == "finished"
    again = run("train", tmp_path / "p.nnstudio", "--time-limit", 0.3, "--json").results
    assert again["reason"] == f"Stopped after epoch {again['total_epochs']:,}. The time limit of 0.3 s is over."
    assert again["seconds"] >= 0.3


def test_the_cost_that_is_told_is_the_true_one_of_the_saved_weights(run: Any, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "p.nnstudio"
    results = run("train", table, "--epochs", 3, "--out", out, "--json").results
    project = open_project(out)
    assert project.checkpoint is not None
    assert project.prepared is not None
    network, rows = Network(project.document.graph), project.prepared.training
    network.set_weights(project.checkpoint.weights)
    true = network.cost(project.prepared.X[rows], project.prepared.Y[rows])
    assert results["train_cost"] == pytest.approx(true, rel=1e-6)
    last = dict(zip(COLUMNS, project.checkpoint.state.history[-1], strict=True))
    assert last["training_cost"] == pytest.approx(true, rel=1e-6)
    assert last["running_cost"] != pytest.approx(true, rel=1e-6)


SHAPING = {
    "schedule": "cosine", "patience": 7, "target_cost": 1e-5, "time_limit": 60.5, "l1": 0.001, "l2": 0.02,
    "clip_norm": 0.5, "warm_up": 12,
}  # fmt: skip


def test_settings_of_training_are_saved_as_they_were_given(run: Any, table: Path, tmp_path: Path) -> None:
    given = [part for name, value in SHAPING.items() for part in (f"--{name.replace('_', '-')}", value)]
    plain, shaped, changed = (tmp_path / f"{name}.nnstudio" for name in ("plain", "shaped", "changed"))
    run("train", table, "--epochs", 2, "--out", plain)
    run("train", table, "--epochs", 2, *given, "--out", shaped)
    assert "goes on from epoch 2" in run("train", plain, "--epochs", 1, *given, "--out", changed).err
    for path in (shaped, changed):
        training = open_project(path).document.training
        for name, value in SHAPING.items():
            assert (name_of(training.schedule) if name == "schedule" else getattr(training, name)) == value
    kept = open_project(plain).document.training
    assert kept == TrainingSettings(epochs=2)


@pytest.mark.parametrize(("name", "value"), [("l1", 1), ("l2", 1), ("clip-norm", 0.01), ("warm-up", 50)])
def test_each_of_them_changes_what_is_learned(run: Any, table: Path, name: str, value: float) -> None:
    training = ("train", table, "--epochs", 3, "--optimizer", "sgd", "--json")
    without, with_it = (run(*training, f"--{name}", given).results["train_cost"] for given in (0, value))
    assert without != with_it


def test_a_schedule_of_the_same_kind_keeps_its_own_settings(run: Any, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "p.nnstudio"
    run("train", table, "--epochs", 1, "--schedule", "step", "--out", out)
    project = open_project(out)
    training = replace(project.document.training, schedule=Step(every=3, gamma=0.5))
    save(out, msgspec.structs.replace(project.document, training=training), project.checkpoint, project.prepared)
    run("train", out, "--schedule", "step", "--epochs", 1, "--out", tmp_path / "q.nnstudio")
    assert open_project(tmp_path / "q.nnstudio").document.training.schedule == Step(every=3, gamma=0.5)


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
