"""What a person chooses for columns: put upon a plan in one pass, and which of the rules for all of them matter."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.declared import replace
from nnstudio.data.recipe import Column, DataRecipe, DateOrder, ImportPlan, Kind, Role, Task
from nnstudio.data.steps import ColumnSteps


def with_kinds(plan: ImportPlan, names: Collection[str], kind: Kind, order: DateOrder = "") -> ImportPlan:
    """Return the plan with the kind of some columns changed, and the order of their dates.

    A constant and an order of categories go where the kind changes: they are of the other kind.
    """

    def changed(column: Column) -> Column:
        steps = column.steps
        if column.kind != kind and (steps.constant is not None or steps.order):
            steps = replace(steps, constant=None, order=())
        return replace(column, kind=kind, date_order=order, steps=steps)

    return _with(plan, {column.name: changed(column) for column in plan.columns if column.name in names})


def with_roles(plan: ImportPlan, names: Collection[str], role: Role, *, more: bool = False) -> ImportPlan:
    """Return the plan with the role of some columns changed.

    Where they become targets they are the only ones, and former targets become features; with ``more`` these stay.
    """
    changed = {
        column.name: replace(column, role=role)
        for column in plan.columns
        if column.name in names and column.role != role
    }
    if role == "target" and not more:
        changed |= {
            column.name: replace(column, role="feature")
            for column in plan.columns
            if column.role == "target" and column.name not in names
        }
    return _with(plan, changed)


def with_changed_steps(plan: ImportPlan, names: Collection[str], before: ColumnSteps, after: ColumnSteps) -> ImportPlan:
    """Return the plan with what differs between two records of steps changed in some columns, all else as it is."""
    fields = (name for name in ColumnSteps.__struct_fields__ if getattr(before, name) != getattr(after, name))
    changes = {name: getattr(after, name) for name in fields}
    return _with(
        plan,
        {
            column.name: replace(column, steps=replace(column.steps, **changes))
            for column in plan.columns
            if changes and column.name in names
        },
    )


def with_choices(plan: ImportPlan, choices: Mapping[str, Column]) -> ImportPlan:
    """Return a plan with columns as a person chose them, by name; other columns stay as they were proposed.

    A target that was proposed is a feature where a person chose one.
    """
    mine = {column.name: choices[column.name] for column in plan.columns if column.name in choices}
    if any(column.role == "target" for column in mine.values()):
        mine = {
            column.name: replace(column, role="feature") for column in plan.columns if column.role == "target"
        } | mine
    return _with(plan, mine)


def shared_fields(recipe: DataRecipe, task: Task | None = None) -> tuple[str, ...]:
    """Return the fields of a Preparation that matter for the kinds of columns there are, and for what is learned.

    ``task`` is what prepared data found; without it the recipe and the kinds of its targets tell.
    """
    task = task or recipe.task
    kinds = {column.kind for column in recipe.plan.columns if column.role == "feature"}
    targets = {column.kind for column in recipe.plan.columns if column.role == "target"}
    settings = recipe.preparation
    names = ["missing", "was_missing"]
    if "category" in kinds:
        names += ["encoding", "other", *(["rare_below"] if settings.other else [])]
    if "number" in kinds:
        names += ["clip", "log"]
    names += ["scaling"] if kinds & {"number", "date", "category"} else []
    names += ["date_parts"] if "date" in kinds else []
    regression = task == "regression" or (task is None and "number" in targets)
    names += ["scale_target"] if regression else []
    names += ["class_weights"] if not regression or task is None else []
    return (*names, "split", "seed")


def _with(plan: ImportPlan, columns: Mapping[str, Column]) -> ImportPlan:
    if not columns:
        return plan
    return replace(plan, columns=tuple(columns.get(column.name, column) for column in plan.columns))
