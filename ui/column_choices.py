"""What a column of a table may be for and be read as: the choices, their words, and a plan after one was made."""

from __future__ import annotations

from collections.abc import Collection
from typing import get_args

from nnstudio.data import Column, ImportPlan, with_kinds, with_roles
from nnstudio.data.recipe import DateOrder, Kind

KINDS: tuple[Kind, ...] = get_args(Kind)
KIND_TITLES = {"number": "Number", "category": "Category", "date": "Date", "boolean": "Yes / no"}
KIND_CHOICES = KIND_TITLES | {"date:dmy": "Date, d.m.y", "date:mdy": "Date, m.d.y", "date:ymd": "Date, y.m.d"}
ROLE_TITLES = {"feature": "Feature", "target": "Target", "ignore": "Ignore"}
ANOTHER = "another"  # a target beside those there are
ROLE_CHOICES = {"feature": "Feature", "target": "Target", ANOTHER: "Another target", "ignore": "Ignore"}


def kind_choice(column: Column, found: DateOrder = "") -> str:
    """Return a column's kind as one of the choices: of dates with what stands first in them, as chosen or found."""
    order = column.date_order or found
    return f"date:{order}" if column.kind == "date" and order else column.kind


def role_choices(plan: ImportPlan, name: str) -> dict[str, str]:
    """Return the roles that a column may be given, with their titles: another target, where there is one already."""
    others = any(column.role == "target" for column in plan.columns if column.name != name)
    own = any(column.role == "target" for column in plan.columns if column.name == name)
    return {key: title for key, title in ROLE_CHOICES.items() if key != ANOTHER or (others and not own)}


def with_choice(plan: ImportPlan, names: Collection[str], choice: str) -> ImportPlan:
    """Return the plan with a kind or a role chosen for some columns; those made targets are the only ones."""
    kind, _, order = choice.partition(":")
    if kind in KINDS:
        return with_kinds(plan, names, kind, order)  # type: ignore[arg-type]
    if choice == ANOTHER:
        return with_roles(plan, names, "target", more=True)
    return with_roles(plan, names, choice)  # type: ignore[arg-type]
