"""Project files of format 2: one target, rows divided by shares, one rule for missing cells."""

from __future__ import annotations

import zipfile
from pathlib import Path

import msgspec
import numpy as np
import pytest

from nnstudio.data import DataRecipe, Preparation, PreparedData, ShareSplit, apply, detect, prepare, table_source
from nnstudio.document import Document
from nnstudio.project_file import open_project, save
from tests.nnstudio.projects import as_format_2, trained


def old_file(folder: Path, preparation: Preparation) -> tuple[Path, PreparedData]:
    """Write a project on a table with texts and holes as format 2 had it, and return its data."""
    table = folder / "table.csv"
    rows = [(i * i % 17 if i % 7 else "", "red" if i % 3 else "blue", "no" if i % 2 else "yes") for i in range(60)]
    table.write_text("".join(f"{x},{color},{y}\n" for x, color, y in [("x", "color", "y"), *rows]))
    recipe = DataRecipe(source=table_source(table), plan=detect(table), preparation=preparation)
    prepared = prepare(recipe)
    path = folder / "old.nnstudio"
    save(path, Document(data=recipe), prepared=prepared)
    with zipfile.ZipFile(path) as file:
        parts = as_format_2({name: file.read(name) for name in file.namelist()})
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return path, prepared


@pytest.mark.parametrize("missing", ["drop", "mean"])
def test_an_old_project_has_the_same_arrays_and_makes_them_again(tmp_path: Path, missing: str) -> None:
    preparation = Preparation(
        missing=missing,  # type: ignore[arg-type]
        scaling="min_max",
        split=ShareSplit(validation=0.3, test=0.1),
        seed=4,
    )
    path, prepared = old_file(tmp_path, preparation)
    project = open_project(path)
    assert project.prepared is not None
    assert project.prepared.sha256 == prepared.sha256
    assert project.document.data is not None
    assert project.document.data.preparation == preparation
    assert prepare(project.document.data).sha256 == prepared.sha256
    assert project.record is not None
    assert project.record.fitted == prepared.fitted
    again = apply(project.record.fitted, tmp_path / "table.csv")
    np.testing.assert_array_equal(again.X, prepared.X)


def test_an_old_project_without_data_opens(tmp_path: Path) -> None:
    path = tmp_path / "empty.nnstudio"
    save(path, Document())
    with zipfile.ZipFile(path) as file:
        project = msgspec.json.decode(file.read("project.json")) | {"version": 2}
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("project.json", msgspec.json.encode(project))
    assert open_project(path).document == Document()


def test_an_old_trained_project_predicts_as_before(tmp_path: Path) -> None:
    document, checkpoint, prepared, trainer = trained()
    save(tmp_path / "old.nnstudio", document, checkpoint, prepared)
    with zipfile.ZipFile(tmp_path / "old.nnstudio") as file:
        parts = as_format_2({name: file.read(name) for name in file.namelist()})
    with zipfile.ZipFile(tmp_path / "old.nnstudio", "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    project = open_project(tmp_path / "old.nnstudio")
    assert project.document == document
    assert project.checkpoint is not None
    assert project.checkpoint.hash == checkpoint.hash
    assert project.prepared is not None
    np.testing.assert_array_equal(trainer.network.predict(project.prepared.X), trainer.network.predict(prepared.X))
