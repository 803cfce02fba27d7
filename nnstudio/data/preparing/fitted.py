"""The numbers that a preparation learned from its training rows, as pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from engine.declared import Declared, SettingError
from nnstudio.data.recipe import MISSING_MARKS, DateOrder, Dialect, Kind, Name, Task
from nnstudio.data.steps import FILLING, MAX_CATEGORIES, CategoryEncoding, DatePart, Log, MissingRule, Rare, Text

MAX_CLASSES = 1_000
OTHER = "(other)"  # the category of all that are not among the fitted ones
MISSING = "missing"  # what the input that tells filled cells is called, after its column
_Scale = Annotated[float, Meta(gt=0.0)]


@dataclass(frozen=True)
class Feature:
    """One input: its name, and ``input = (f(raw) - offset) / scale`` with f by ``log``; 0 and 1 where not scaled.

    ``is_date`` says that raw is a moment, in seconds since 1970.
    """

    name: str
    offset: float = 0.0
    scale: float = 1.0
    log: Log = "none"
    is_date: bool = False


class FittedPart(Declared, frozen=True):
    """One number taken out of a date, scaled."""

    part: DatePart
    offset: float = 0.0
    scale: _Scale = 1.0


class FittedColumn(Declared, frozen=True, omit_defaults=True):
    """One column of the table with what was fitted for each of its steps, which make one or several inputs.

    ``fill`` (in the column's own unit; for a date seconds) or ``fill_category`` stands for a missing cell where the
    rule fills. Numbers are then kept within ``clip_low`` and ``clip_high``, pass ``log``, and become
    ``(value - offset) / scale``. A category is one input each, or its place in ``categories``, scaled; ``unseen`` is
    the place of all that are not among them, the training rows' mean. For a yes/no column ``categories`` are the
    negative and the positive name. ``was_missing`` and ``other`` tell of further inputs. ``date_order`` is the order in
    which the training table's dates were read, and a new table's are.
    """

    name: Name
    kind: Kind
    missing: MissingRule = "drop"
    offset: float = 0.0
    scale: _Scale = 1.0
    fill: float | None = None
    fill_category: Text | None = None
    was_missing: bool = False
    clip_low: float | None = None
    clip_high: float | None = None
    log: Log = "none"
    encoding: CategoryEncoding = "one_hot"
    categories: tuple[Text, ...] = ()
    other: bool = False
    rare_below: Rare = 0
    unseen: float = 0.0
    parts: tuple[FittedPart, ...] = ()
    date_order: DateOrder = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(set(self.categories)) != len(self.categories) or len(self.categories) > MAX_CATEGORIES:
            raise SettingError(f"The categories of column {self.name!r} are not distinct, or too many.")
        if self.kind == "boolean" and len(self.categories) != 2:
            raise SettingError(f"Column {self.name!r} is for yes and no, and does not have two names.")

    @property
    def fills(self) -> bool:
        """Whether a missing cell is filled, so that its row stays."""
        return self.missing in FILLING

    @property
    def inputs(self) -> tuple[Feature, ...]:
        """The inputs that the column becomes, in their order."""
        match self.kind:
            case "number":
                made = [Feature(self.name, self.offset, self.scale, self.log)]
            case "date":
                made = [
                    Feature(_part_name(self.name, part.part), part.offset, part.scale, is_date=part.part == "timestamp")
                    for part in self.parts
                ]
            case "boolean":
                made = [Feature(self.name)]
            case _ if self.encoding == "ordinal":
                made = [Feature(self.name, self.offset, self.scale)]
            case _:
                made = [Feature(f"{self.name}={category}") for category in self.categories]
        if self.other:
            made.append(Feature(f"{self.name}={OTHER}"))
        if self.was_missing:
            made.append(Feature(f"{self.name} {MISSING}"))
        return tuple(made)

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the inputs that the column becomes."""
        return tuple(made.name for made in self.inputs)


def _part_name(column: str, part: DatePart) -> str:
    return column if part == "timestamp" else f"{column} {part}"


class FittedTarget(Declared, frozen=True):
    """One target: its classes (negative, then positive, where there are two), or its logarithm, offset and scale."""

    name: Name
    kind: Kind
    log: Log = "none"
    offset: float = 0.0
    scale: _Scale = 1.0
    classes: Annotated[tuple[Text, ...], Meta(max_length=MAX_CLASSES)] = ()


class FittedPreparation(Declared, frozen=True):
    """Everything that turns a new table into inputs. Every number comes from the training rows alone.

    Several ``targets`` are all numbers (a regression with an output each) or all yes/no (binary, an output each).
    ``class_weights`` are those of the training rows where classes are balanced, else empty.
    """

    task: Task
    columns: tuple[FittedColumn, ...]
    targets: Annotated[tuple[FittedTarget, ...], Meta(min_length=1)]
    class_weights: tuple[float, ...] = ()
    missing_marks: tuple[str, ...] = MISSING_MARKS
    dialect: Dialect = Dialect()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.targets:
            raise SettingError("There is no target.")
        if self.task == "multiclass" and len(self.targets) > 1:
            raise SettingError("Several targets are all numbers or all yes/no; these are of several classes.")
        if self.task == "binary" and any(len(target.classes) != 2 for target in self.targets):
            raise SettingError("A yes/no target does not have two classes.")

    @property
    def features(self) -> tuple[str, ...]:
        """The names of all features, in the order of the inputs."""
        return tuple(name for column in self.columns for name in column.features)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of the one target; none for numbers, and none where there are several targets."""
        return self.targets[0].classes if len(self.targets) == 1 else ()

    @property
    def outputs(self) -> int:
        """The number of outputs that the targets need: one each, or one a class when there are more than two."""
        return len(self.targets[0].classes) if self.task == "multiclass" else len(self.targets)
