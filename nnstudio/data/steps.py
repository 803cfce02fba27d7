"""What happens to one column on its way to the inputs, as pure data: fill, clip, take the log, encode, scale."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from engine.declared import Declared, SettingError

if TYPE_CHECKING:
    from nnstudio.data.recipe import Column, Preparation

MissingRule = Literal["drop", "mean", "median", "most_frequent", "constant", "refuse"]
Scaling = Literal["standard", "min_max", "robust", "none"]
CategoryEncoding = Literal["one_hot", "ordinal"]
Log = Literal["none", "log1p", "signed"]
DatePart = Literal["timestamp", "year", "month", "weekday", "hour"]

FILLING: tuple[MissingRule, ...] = ("mean", "median", "most_frequent", "constant")  # they leave no row out
MAX_CATEGORIES = 1_000  # of one text column; each becomes an input
MAX_TEXT = 1_000_000  # characters of a category
MAX_RARE = 1_000_000

Text = Annotated[str, Meta(max_length=MAX_TEXT)]
DateParts = Annotated[tuple[DatePart, ...], Meta(min_length=1, max_length=5)]
Rare = Annotated[int, Meta(ge=0, le=MAX_RARE)]


class NoClip(Declared, frozen=True, tag="none"):
    """Numbers stay as they are."""


class ClipValues(Declared, frozen=True, tag="values"):
    """Numbers below ``low`` become ``low``, those above ``high`` become ``high``; None is no limit."""

    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low is not None and self.high is not None and self.low > self.high:
            raise SettingError(f"Numbers cannot be clipped from {self.low:g} to {self.high:g}: the limits cross.")


class ClipQuantiles(Declared, frozen=True, tag="quantiles"):
    """Numbers are clipped to these quantiles of the training rows."""

    low: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.01
    high: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.99

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low >= self.high:
            raise SettingError(f"The quantile {self.low:g} is not below {self.high:g}.")


Clip = NoClip | ClipValues | ClipQuantiles


class ColumnSteps(Declared, frozen=True, omit_defaults=True):
    """What is done to one column; None where it is done as the Preparation says for all.

    ``constant`` is what the rule "constant" puts: a number (for a date: seconds since 1970), or a text; None puts 0,
    or the text "missing". ``order`` names categories from the least to the greatest, for the encoding "ordinal";
    empty where they come in their natural order.
    """

    missing: MissingRule | None = None
    constant: float | Text | None = None
    was_missing: bool | None = None
    encoding: CategoryEncoding | None = None
    order: Annotated[tuple[Text, ...], Meta(max_length=MAX_CATEGORIES)] = ()
    other: bool | None = None
    rare_below: Rare | None = None
    clip: Clip | None = None
    log: Log | None = None
    scaling: Scaling | None = None
    date_parts: DateParts | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(set(self.order)) != len(self.order):
            raise SettingError("A category stands twice in the order of the categories.")
        if self.date_parts is not None and len(set(self.date_parts)) != len(self.date_parts):
            raise SettingError("A part of the date was chosen twice.")


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
