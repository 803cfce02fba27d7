"""Tables and recipes made by hand, for the tests of data."""

from __future__ import annotations

import numpy as np

from nnstudio.data import (
    Categories,
    Column,
    ColumnSteps,
    DataRecipe,
    ImportPlan,
    Preparation,
    ReadReport,
    ShareSplit,
    Table,
    TableSource,
)


def table(name: str = "t.csv", **columns: list[object]) -> Table:
    """Return a table of columns of texts or numbers, None where a cell is missing."""
    made: dict[str, object] = {}
    for key, cells in columns.items():
        texts = sorted({cell for cell in cells if isinstance(cell, str)})
        if texts:
            codes = [texts.index(cell) if isinstance(cell, str) else -1 for cell in cells]
            made[key] = Categories(np.array(codes, np.int32), tuple(texts))
        else:
            made[key] = np.array([np.nan if cell is None else cell for cell in cells], float)
    return Table(name, made, ReadReport(rows=len(cells)))  # type: ignore[arg-type]


def recipe(
    of: Table,
    target: str | tuple[str, ...],
    task: str | None = None,
    *,
    steps: dict[str, ColumnSteps] | None = None,
    kinds: dict[str, str] | None = None,
    ignored: tuple[str, ...] = (),
    **preparation: object,
) -> DataRecipe:
    """Return the recipe that learns one or several targets from all other columns but those ignored."""
    targets = (target,) if isinstance(target, str) else target
    columns = tuple(
        Column(
            name=name,
            kind=(kinds or {}).get(name, "category" if isinstance(column, Categories) else "number"),  # type: ignore[arg-type]
            role="target" if name in targets else "ignore" if name in ignored else "feature",
            steps=(steps or {}).get(name, ColumnSteps()),
        )
        for name, column in of.columns.items()
    )
    return DataRecipe(
        source=TableSource(path="/nowhere/t.csv"),
        plan=ImportPlan(columns=columns),
        preparation=preparation_of(**preparation),
        task=task,  # type: ignore[arg-type]
    )


def preparation_of(**given: object) -> Preparation:
    """Return a preparation; shares for validation and test stand beside the other settings here."""
    shares = {name: given.pop(name) for name in ("validation", "test") if name in given}
    return Preparation(**({"split": ShareSplit(**shares)} | given))  # type: ignore[arg-type]


def mixed(rows: int = 200, holes: float = 0.1, seed: int = 0) -> Table:
    """Return two columns of numbers and one of texts with holes in them, and two classes."""
    random = np.random.default_rng(seed)

    def with_holes(cells: list[object]) -> list[object]:
        return [None if random.random() < holes else cell for cell in cells]

    return table(
        x=with_holes((random.normal(5, 3, rows) ** 3).tolist()),
        color=with_holes(random.choice(["red", "green", "blue"], rows).tolist()),
        z=with_holes(random.uniform(-1e6, 1e6, rows).tolist()),
        y=random.choice(["no", "yes"], rows, p=[0.7, 0.3]).tolist(),
    )
