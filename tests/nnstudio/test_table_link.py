"""Where a project's table is: told from its name, size and time alone, and compared when that is asked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.declared import replace
from nnstudio import edits
from nnstudio.data import DataError, DataRecipe, TableSource, detect, prepare, sample_recipe, table_source, with_column
from nnstudio.document import starting_document
from nnstudio.table_link import check, look, relinked

TABLE = "a,b,y\n" + "\n".join(f"{at % 7},{at % 5},{'yes' if at % 2 else 'no'}" for at in range(40)) + "\n"
LATER = 10_000.0


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "data" / "table.csv"
    file.parent.mkdir()
    file.write_text(TABLE)
    return file


@pytest.fixture
def recipe(table: Path) -> DataRecipe:
    return DataRecipe(source=table_source(table), plan=detect(table))


@pytest.fixture
def project(tmp_path: Path, recipe: DataRecipe) -> Path:
    file = tmp_path / "p.nnstudio"
    file.write_text("a project")
    return file


def source_of(recipe: DataRecipe) -> TableSource:
    assert isinstance(recipe.source, TableSource)
    return recipe.source


def test_a_table_as_it_was_needs_no_word(recipe: DataRecipe, project: Path) -> None:
    place = look(source_of(recipe), project)
    assert (place.state, place.sentence) == ("same", "")


def test_looking_opens_no_file(recipe: DataRecipe, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr("io.open", refuse)
    monkeypatch.setattr(Path, "open", refuse)
    assert look(source_of(recipe), project).state == "same"


def test_a_table_that_is_gone_is_named(table: Path, recipe: DataRecipe, project: Path) -> None:
    table.unlink()
    place = look(source_of(recipe), project)
    assert (place.state, place.sentence) == (
        "gone",
        f"The table of this project, {table}, is not there any more.",
    )


def test_a_table_beside_the_project_is_found(table: Path, recipe: DataRecipe, project: Path) -> None:
    table.rename(project.parent / "table.csv")
    place = look(source_of(recipe), project)
    assert (place.state, place.path) == ("moved", project.parent / "table.csv")
    windows = replace(source_of(recipe), path="C:\\data\\table.csv")
    assert look(windows, project).state == "moved"


@pytest.mark.parametrize("path", ["\\\\server\\share\\t.csv", "//server/share/t.csv", "/\\server\\t.csv"])
def test_another_computer_is_not_asked(project: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the file system was asked")

    monkeypatch.setattr(Path, "stat", refuse)
    assert look(TableSource(path=path), project).state == "same"


@pytest.mark.parametrize("path", ["/" + "x" * 30_000, "a\0b.csv", "/dev", "two\nlines.csv"])
def test_any_path_that_a_file_may_hold_is_told_in_a_short_line(project: Path, path: str) -> None:
    place = look(TableSource(path=path), project)
    assert place.state == "gone"
    assert len(place.sentence) < 250
    assert place.sentence.isprintable()


def test_another_size_and_a_later_time_are_told(table: Path, recipe: DataRecipe, project: Path) -> None:
    at = project.stat().st_mtime + LATER
    os.utime(table, (at, at))
    assert look(source_of(recipe), project).state == "newer"
    assert look(source_of(recipe), None).state == "same"
    table.write_text(TABLE * 3)
    place = look(source_of(recipe), project)
    assert place.state == "size"
    assert place.sentence.endswith("it has 918 bytes in place of 306 bytes.")


def test_the_same_content_is_recognized_wherever_it_is(table: Path, recipe: DataRecipe, tmp_path: Path) -> None:
    other = tmp_path / "renamed.csv"
    other.write_text(TABLE)
    found = check(recipe, other)
    assert (found.same, found.missing) == (True, ())
    assert found.sentence == "renamed.csv has the content that this project was made with."


def test_other_content_and_columns_that_are_lost_are_told(table: Path, recipe: DataRecipe) -> None:
    table.write_text(TABLE + "1,2,no\n")
    assert not check(recipe, table).same
    table.write_text(TABLE.replace("a,b,y", "a,c,y"))
    found = check(recipe, table)
    assert found.missing == ("b",)
    assert found.sentence == "table.csv has no column 'b', which the recipe of this project reads."


def test_a_column_that_is_not_read_may_be_lost(table: Path, recipe: DataRecipe) -> None:
    ignoring = replace(recipe, plan=with_column(recipe.plan, "b", role="ignore"))
    table.write_text(TABLE.replace("a,b,y", "a,c,y"))
    assert check(ignoring, table).missing == ()


def test_a_file_that_cannot_be_read_says_so(table: Path, recipe: DataRecipe) -> None:
    table.unlink()
    with pytest.raises(DataError, match=r"table\.csv"):
        check(recipe, table)


def test_relinking_changes_the_place_alone(recipe: DataRecipe) -> None:
    document = edits.use_prepared(starting_document(), recipe, prepare(recipe))
    moved = relinked(document, "/elsewhere/table.csv")
    assert moved.data is not None
    assert source_of(moved.data) == replace(source_of(recipe), path="/elsewhere/table.csv")
    assert (moved.graph, moved.checkpoint, moved.data.plan) == (document.graph, document.checkpoint, recipe.plan)


def test_a_sample_cannot_be_relinked() -> None:
    recipe = sample_recipe("xor")
    document = edits.use_prepared(starting_document(), recipe, prepare(recipe))
    with pytest.raises(ValueError, match="no table"):
        relinked(document, "/elsewhere/table.csv")
