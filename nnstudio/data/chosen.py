"""What is done to one column: as its own steps say, and where they leave something open as the table's."""

from __future__ import annotations

from dataclasses import dataclass, fields

from nnstudio.data.recipe import Column, ImportPlan, Kind, Preparation
from nnstudio.data.steps import FILLING, CategoryEncoding, Clip, DatePart, Log, MissingRule, Scaling

TARGET_FIELDS = ("log", "scaling")  # what matters for a number that is to be predicted


@dataclass(frozen=True)
class Chosen:
    """What is done to one column, with nothing left open."""

    missing: MissingRule
    constant: float | str | None
    was_missing: bool
    encoding: CategoryEncoding
    order: tuple[str, ...]
    other: bool
    rare_below: int
    clip: Clip
    log: Log
    scaling: Scaling
    date_parts: tuple[DatePart, ...]


_OWN = ("constant", "order")  # a column alone has these
_SHARED = tuple(field.name for field in fields(Chosen) if field.name not in _OWN)


def fields_for(kind: Kind, steps: Chosen) -> tuple[str, ...]:
    """Return the fields of :class:`ColumnSteps` that matter for a column of a kind, given what is done to it."""
    names = ["missing"]
    names += ["constant"] if steps.missing == "constant" else []
    names += ["was_missing"] if steps.missing in FILLING else []
    match kind:
        case "number":
            names += ["clip", "log", "scaling"]
        case "date":
            names += ["scaling", "date_parts"]
        case "category":
            ordinal = steps.encoding == "ordinal"
            names += ["encoding", *(["order"] if ordinal else []), "other", *(["rare_below"] if steps.other else [])]
            names += ["scaling"] if ordinal else []
    return tuple(names)


def chosen(column: Column, preparation: Preparation) -> Chosen:
    """Return what is done to a column: as its own steps say, and where they say nothing as for all columns."""
    steps = column.steps
    shared = {
        name: getattr(preparation, name) if (own := getattr(steps, name)) is None else own for name in _SHARED
    }  # fmt: skip
    return Chosen(constant=steps.constant, order=steps.order, **shared)


def rule_of(column: Column, preparation: Preparation) -> MissingRule:
    """Return what is done to a missing cell of a feature."""
    return preparation.missing if column.steps.missing is None else column.steps.missing


def needed_columns(plan: ImportPlan, preparation: Preparation) -> tuple[Column, ...]:
    """Return the columns whose missing cells leave out their row: targets, and features that are not filled."""
    return tuple(
        column
        for column in plan.columns
        if column.role == "target" or (column.role == "feature" and rule_of(column, preparation) not in FILLING)
    )
