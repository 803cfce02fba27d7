"""The recipe in words: what became of each column with its fitted numbers, and all of it in a few words for a card."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nnstudio import numbers
from nnstudio.data.chosen import chosen
from nnstudio.data.preparing.fitted import FittedColumn, FittedPart, FittedPreparation, FittedTarget
from nnstudio.data.reading.dates import parse_date
from nnstudio.data.recipe import (
    Column,
    ColumnSplit,
    DataRecipe,
    DateOrder,
    GroupSplit,
    Kind,
    Preparation,
    ShareSplit,
    TimeSplit,
    split_column,
)
from nnstudio.data.steps import Log, MissingRule, Scaling
from nnstudio.date_words import date_text

DIGITS = 4  # of a fitted number in words
MOST_NAMED = 12  # categories named in a row; more are counted
LONGEST_NAME = 40  # characters of a category
WAS_MISSING = "an input that is 1 where it was missing"
FOR_MISSING = " for missing"
NO_BREAK = "\u00a0"
SECONDS_A_DAY = 86_400.0

KINDS: dict[Kind, str] = {"number": "number", "category": "text", "date": "date", "boolean": "yes/no"}
SCALED: dict[Scaling, str] = {"standard": "standardize", "min_max": "min-max", "robust": "robust", "none": "unscaled"}
FILLED: dict[MissingRule, str] = {"mean": "mean", "median": "median", "most_frequent": "most frequent", "constant": ""}
MISSING: dict[MissingRule, str] = {
    "drop": "its row is left out",
    "mean": "filled with the mean, or the most frequent text",
    "median": "filled with the median, or the most frequent text",
    "most_frequent": "filled with the most frequent value",
    "constant": "filled with a constant",
    "refuse": "the table is refused",
}


@dataclass(frozen=True)
class ColumnLine:
    """One column of the table: its name, its kind in a word, its steps in their order, and how many inputs it makes.

    ``role`` is that of the plan. ``steps`` carry the fitted numbers; without fitted ones they say what is chosen.
    ``detail`` names what does not go into a line, such as the categories.
    """

    name: str
    kind: str
    role: str
    steps: tuple[str, ...]
    inputs: int
    detail: str = ""

    @property
    def text(self) -> str:
        """The line without its kind, e.g. ``x1: (x − 0.012) / 1.03``."""
        return f"{self.name}: {', '.join(self.steps)}"

    @property
    def summary(self) -> str:
        """The steps with those of missing cells last, for a place that may cut them off."""
        last = [step for step in self.steps if step.endswith(FOR_MISSING) or step == WAS_MISSING]
        return ", ".join([*(step for step in self.steps if step not in last), *last])


def column_line(column: Column, fitted: FittedColumn | FittedTarget | None) -> ColumnLine:
    """Return what became of one column of the plan.

    Parameters
    ----------
    column
        The column as the plan has it.
    fitted
        What was fitted for it, as an input or as a target; None where it is not used, or nothing is fitted yet.
    """
    kind = KINDS[fitted.kind if fitted is not None else column.kind]
    if isinstance(fitted, FittedColumn):
        detail = _named(fitted.categories) if fitted.kind in ("category", "boolean") else ""
        return ColumnLine(column.name, kind, column.role, steps_of(fitted), len(fitted.inputs), detail)
    if isinstance(fitted, FittedTarget):
        return ColumnLine(column.name, kind, column.role, (_target(fitted),), 0, _named(fitted.classes))
    return ColumnLine(column.name, kind, column.role, ("not used",) if column.role == "ignore" else ("not read",), 0)


def lines(recipe: DataRecipe, fitted: FittedPreparation | None) -> tuple[ColumnLine, ...]:
    """Return a line for every column of the plan, in the order of the table."""
    known = fitted_by_name(fitted)
    return tuple(column_line(column, known.get(column.name)) for column in recipe.plan.columns)


def fitted_by_name(fitted: FittedPreparation | None) -> dict[str, FittedColumn | FittedTarget]:
    """Return what was fitted, by the column's name."""
    if fitted is None:
        return {}
    known: dict[str, FittedColumn | FittedTarget] = {column.name: column for column in fitted.columns}
    return known | {target.name: target for target in fitted.targets}


def steps_of(column: FittedColumn) -> tuple[str, ...]:
    """Return the steps of one fitted column in their order, e.g. ``("median 34 for missing", "(x − 30.2) / 8.1")``."""
    steps = [filled] if (filled := _filled(column)) else []
    if column.was_missing:
        steps.append(WAS_MISSING)
    match column.kind:
        case "number":
            steps += _number_steps(column)
        case "date":
            steps += [_part(part) for part in column.parts]
        case "boolean":
            steps.append(f"0 for {_short(column.categories[0])}, 1 for {_short(column.categories[1])}")
        case _:
            steps += _category_steps(column)
    return tuple(steps)


LOGS: dict[Log, str] = {"none": "{0}", "log1p": "log(1 + {0})", "signed": "sign({0}) log(1 + |{0}|)"}


def brief(recipe: DataRecipe, fitted: FittedPreparation) -> tuple[str, ...]:
    """Return how many columns take each step, e.g. ``("standardize 4", "one-hot 2")``, the usual ones first."""
    plan = {column.name: column for column in recipe.plan.columns}
    counts: dict[str, int] = {}

    def add(word: str, holds: bool = True) -> None:
        if holds:
            counts[word] = counts.get(word, 0) + 1

    for column in fitted.columns:
        if column.kind == "number":
            named = plan.get(column.name)
            add(SCALED[chosen(named, recipe.preparation).scaling] if named is not None else "scale")
        add("one-hot", column.kind == "category" and column.encoding == "one_hot")
        add("in order", column.kind == "category" and column.encoding == "ordinal")
        add("yes/no", column.kind == "boolean")
        add("dates", column.kind == "date")
    for column in fitted.columns:
        add("log", column.log != "none")
        add("clip", column.clip_low is not None or column.clip_high is not None)
        add("fill", column.fills)
        add("was missing", column.was_missing)
    return tuple(f"{word} {numbers.count(count)}" for word, count in counts.items())


def chips(recipe: DataRecipe, fitted: FittedPreparation) -> tuple[str, ...]:
    """Return what a card says of the recipe: columns to features where these differ, and the steps."""
    wide = () if len(fitted.columns) == len(fitted.features) else (_unbroken(widths(fitted)),)
    # A dot stays with what is before it: no line begins with one.
    return (*wide, f"{NO_BREAK}· ".join(map(_unbroken, brief(recipe, fitted))))


def widths(fitted: FittedPreparation) -> str:
    """Return how many columns become how many inputs, e.g. ``6 columns → 9 features``."""
    columns, inputs = len(fitted.columns), len(fitted.features)
    return f"{numbers.plural(columns, 'column')} → {numbers.plural(inputs, 'feature')}"


def rules(preparation: Preparation) -> tuple[str, ...]:
    """Return what holds for all columns and for the rows, in sentences."""
    said = [f"A missing cell: {MISSING[preparation.missing]}.", divided(preparation)]
    if preparation.class_weights == "balanced":
        said.append("Each class counts the same in the cost.")
    return tuple(said)


def divided(preparation: Preparation) -> str:
    """Return in a sentence how the rows are divided."""
    split, seed = preparation.split, f", seed {preparation.seed}"
    if split_column(preparation) == "":
        return "The column that divides the rows is not chosen yet."
    if isinstance(split, ColumnSplit):
        return f"Rows are divided by column {split.column!r}."
    held = [(split.validation, "validate"), (split.test, "test")]
    shares = ", ".join(f"{numbers.percent(share, 0)} {word}" for share, word in held if share)
    shares = f": {shares}" if shares else ": all train"
    match split:
        case TimeSplit():
            return f"Rows are divided in the order of {split.column!r}{shares}."
        case GroupSplit():
            how = ", classes near their proportions" if split.stratified else ""
            return f"Whole groups of {split.column!r} are drawn by chance{shares}{how}{seed}."
        case ShareSplit():
            how = ", classes in proportion" if split.stratified else ""
            return f"Rows are drawn by chance{shares}{how}{seed}."


# -- steps ------------------------------------------------------------------------------------------------------------


def _filled(column: FittedColumn) -> str:
    if not column.fills:
        return ""
    if column.fill_category is not None:
        word = "" if column.missing == "constant" else "most frequent "
        return f"{word}{_short(column.fill_category)}{FOR_MISSING}"
    if column.fill is None:
        return ""
    value = date_text(column.fill) if column.kind == "date" else _number(column.fill)
    return f"{FILLED[column.missing]} {value}{FOR_MISSING}".strip()


def _number_steps(column: FittedColumn) -> list[str]:
    low, high = column.clip_low, column.clip_high
    steps = []
    if low is not None and high is not None:
        steps.append(f"clip to {_number(low)} … {_number(high)}")
    elif low is not None:
        steps.append(f"at least {_number(low)}")
    elif high is not None:
        steps.append(f"at most {_number(high)}")
    made = LOGS[column.log].format("x")
    formula = _scaled(made, _number(column.offset), column.offset, column.scale)
    return [*steps, "as it is" if formula == "x" else formula]


def _category_steps(column: FittedColumn) -> list[str]:
    count = numbers.plural(len(column.categories), "category", "categories")
    if column.encoding == "ordinal":
        steps = [f"in order, {count}", _scaled("place", _number(column.offset), column.offset, column.scale)]
    else:
        steps = [f"one-hot, {count}"]
    if column.other:
        rare = f", and those in fewer than {numbers.count(column.rare_below)} rows" if column.rare_below > 1 else ""
        steps.append(f"an input for others{rare}")
    return steps


def _part(part: FittedPart) -> str:
    if part.part != "timestamp":
        return _scaled(part.part, _number(part.offset), part.offset, part.scale)
    if part.offset == 0 and part.scale == 1:
        return "seconds since 1970"
    days = part.scale / SECONDS_A_DAY
    return f"(date − {date_text(part.offset)}) / {_number(days)} {'day' if days == 1 else 'days'}"


def _target(target: FittedTarget) -> str:
    if len(target.classes) == 2:
        return f"target: 0 for {_short(target.classes[0])}, 1 for {_short(target.classes[1])}"
    if target.classes:
        return f"target: one-hot, {numbers.plural(len(target.classes), 'class', 'classes')}"
    y = LOGS[target.log].format("y")
    formula = _scaled(y, _number(target.offset), target.offset, target.scale)
    return "target, as it is" if formula == "y" else f"target: {formula}"


def _scaled(what: str, offset: str, value: float, scale: float) -> str:
    """Return ``(what − offset) / scale``, without what does nothing."""
    if value:
        what = f"{what} + {offset.removeprefix(numbers.MINUS)}" if value < 0 else f"{what} − {offset}"
    if scale == 1:
        return what
    return f"({what}) / {_number(scale)}" if value else f"{what} / {_number(scale)}"


def read_constant(kind: Kind, text: str, order: DateOrder = "") -> float | str:
    """Return what a person typed as the cell of a column of a kind, dates in the column's order.

    Raises
    ------
    ValueError
        When it is no number, or no date, where the column holds these; the message says how to write one.
    """
    if kind == "number":
        try:
            return numbers.parse(text)
        except ValueError:
            raise ValueError(f"{text!r} is no number. Type one such as 0 or 1.5.") from None
    if kind == "date":
        found = parse_date(text, order)
        if found is None:
            raise ValueError(f"{text!r} is no date. Type one such as 2024-03-31.")
        return found.seconds
    return text


def shown_constant(kind: Kind, value: float | str | None) -> float | str | None:
    """Return a constant as it is typed: that of a date, which is in seconds, as a date."""
    return date_text(value) if kind == "date" and isinstance(value, float) else value


def _number(value: float) -> str:
    return numbers.short(value, DIGITS)


def _unbroken(text: str) -> str:
    """Return a text that a line does not break."""
    return text.replace(" ", NO_BREAK)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _named(names: Iterable[str]) -> str:
    names = tuple(names)
    shown = ", ".join(_short(name) for name in names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return f"{shown} and {numbers.count(more)} more" if more > 0 else shown
