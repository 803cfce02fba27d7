"""What was chosen for a table, as pure data: the recipe from which the same arrays can be made again."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from engine.declared import Declared, SettingError, replace
from nnstudio.data.errors import DataError
from nnstudio.data.steps import (
    ClipField,
    ColumnSteps,
    DateParts,
    EncodingField,
    LogField,
    MissingField,
    NoClip,
    Other,
    Rare,
    ScalingField,
    WasMissing,
)

Kind = Literal["number", "category", "date", "boolean"]
DateOrder = Literal["", "ymd", "dmy", "mdy"]
Role = Literal["feature", "target", "ignore"]
Task = Literal["binary", "multiclass", "regression"]
ClassWeights = Literal["none", "balanced"]
Encoding = Literal[
    "utf-8",
    "utf-16-le",
    "utf-16-be",
    "windows-1252",
    "latin-1",
    "windows-1250",
    "windows-1251",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-874",
    "koi8-r",
    "cp866",
    "shift-jis",
    "euc-jp",
    "gb18030",
    "big5",
    "euc-kr",
    "mac-roman",
    "cp850",
]

MISSING_MARKS = ("", "NA", "N/A", "n/a", "#N/A", "null", "NULL", "NaN", "nan", "?", "-")
MAX_NAME = 1_000  # characters of a column's name
MAX_COLUMNS = 100_000
MAX_SHEET_NAME = 255
MOST_SKIPPED = 1_000  # rows above a table
MAX_SEED = 2**32 - 1
MAX_SAMPLE_ROWS = 1_000_000
MAX_HELD_BACK = 0.95  # of the rows, for validation and test together

MAX_SPLIT_VALUES = 10_000

Name = Annotated[str, Meta(max_length=MAX_NAME)]
Share = Annotated[float, Meta(ge=0.0, le=0.9)]
Seed = Annotated[int, Meta(ge=0, le=MAX_SEED)]
Dividing = Annotated[str, Meta(max_length=MAX_NAME, title="Column", extra={"words": "columns"})]
_Value = Annotated[str, Meta(max_length=MAX_NAME)]


class Dialect(Declared, frozen=True):
    """How the text of a file becomes cells, and cells become numbers.

    ``thousands`` is the mark between groups of three digits, empty where there is none. A line that begins with
    ``comment`` is left out. ``sheet`` is the one of a workbook that is read; where it is empty, the first that looks
    like a table.
    ``skip`` rows (as they are numbered, blank ones among them) stand above the table, such as a title, and are left
    out.
    """

    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] = ","
    quote: Literal['"', "'", ""] = '"'
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'", "\u2019", "\u00a0", "\u202f", "\u2009"] = ""
    encoding: Encoding = "utf-8"
    header: bool = True
    comment: Annotated[str, Meta(max_length=1)] = ""
    sheet: Annotated[str, Meta(max_length=MAX_SHEET_NAME)] = ""
    skip: Annotated[int, Meta(ge=0, le=MOST_SKIPPED)] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.comment in "\r\n\0\ufeff" and self.comment) or self.comment.isalnum() or self.comment.isspace():
            raise SettingError(f"The comment sign cannot be {self.comment!r}.")
        if self.comment and self.comment in (self.delimiter, self.quote):
            raise SettingError(f"The comment sign {self.comment!r} is also the delimiter or the quote.")
        if self.delimiter in "\r\n\0\ufeff" or self.delimiter.isalnum() or self.delimiter == self.quote:
            raise SettingError(f"The delimiter cannot be {self.delimiter!r}.")
        if self.thousands == self.decimal:
            raise SettingError(f"The decimal mark and the thousands mark cannot both be {self.decimal!r}.")


class Column(Declared, frozen=True):
    """One column of the table: its name, how its cells are read, what it is for, and what is done to it.

    ``date_order`` says which of day and month comes first in a date that does not begin with its year; where it is
    empty, the cells of the whole column tell.
    """

    name: Name
    kind: Kind = "number"
    role: Role = "feature"
    steps: ColumnSteps = ColumnSteps()
    date_order: DateOrder = ""

    @property
    def read_as(self) -> tuple[Kind, DateOrder]:
        """What decides how its cells are read, whatever they are for."""
        return self.kind, self.date_order


class ImportPlan(Declared, frozen=True):
    """How a table is read. ``notes`` are plain sentences on what was detected and what is doubtful.

    An empty cell is missing whether or not ``missing_marks`` lists it.
    """

    dialect: Dialect = Dialect()
    columns: Annotated[tuple[Column, ...], Meta(max_length=MAX_COLUMNS)] = ()
    missing_marks: Annotated[tuple[Annotated[str, Meta(max_length=100)], ...], Meta(max_length=100)] = MISSING_MARKS
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            twice = next(name for i, name in enumerate(names) if name in names[:i])
            raise SettingError(f"Two columns have the same name, {twice!r}.")


class TableSource(Declared, frozen=True, tag="table"):
    """A file on disk; ``sha256`` and ``size`` (bytes) are of its content when the recipe was made."""

    path: Annotated[str, Meta(min_length=1, max_length=32_000)]
    sha256: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")] = ""
    size: Annotated[int, Meta(ge=0)] = 0


class SampleSource(Declared, frozen=True, tag="sample"):
    """A sample that comes with the program; rows, noise and seed matter to the generated ones alone."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    rows: Annotated[int, Meta(ge=10, le=MAX_SAMPLE_ROWS)] = 1_000
    noise: Annotated[float, Meta(ge=0.0, le=10.0)] = 0.1
    seed: Seed = 0


Source = TableSource | SampleSource


InProportion = Annotated[
    bool, Meta(title="In proportion", description="Each part has the classes in the same proportions.")
]


class _Shares(Declared, frozen=True):
    """Shares of the rows; the rest is for training."""

    validation: Share = 0.2
    test: Share = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.validation + self.test > MAX_HELD_BACK:
            raise SettingError(
                f"Validation and test together take {self.validation + self.test:.0%} of the rows; "
                f"leave at least {1 - MAX_HELD_BACK:.0%} for training."
            )


class ShareSplit(_Shares, frozen=True, tag="share"):
    """Rows are drawn by chance; where ``stratified``, each part has the classes in the same proportions."""

    title: ClassVar[str] = "by chance"
    stratified: InProportion = True


class ColumnSplit(Declared, frozen=True, tag="column"):
    """A column says what a row is for: its values that validate, and those that test; all others train."""

    title: ClassVar[str] = "as a column says"
    column: Dividing = ""
    validation: Annotated[
        tuple[_Value, ...],
        Meta(max_length=MAX_SPLIT_VALUES, description="Values of rows that validate, one a line; the others train."),
    ] = ()
    test: Annotated[
        tuple[_Value, ...], Meta(max_length=MAX_SPLIT_VALUES, description="Values of rows that test, one a line.")
    ] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        both = set(self.validation) & set(self.test)
        if both:
            raise SettingError(f"The value {min(both)!r} cannot be for validation and for test.")


class TimeSplit(_Shares, frozen=True, kw_only=True, tag="time"):
    """The rows in the order of a column: the first train, later ones validate, the last test."""

    title: ClassVar[str] = "in time order"
    column: Dividing = ""


class GroupSplit(_Shares, frozen=True, kw_only=True, tag="group"):
    """Rows with the same value in a column stay together; whole groups are drawn by chance.

    Where ``stratified``, groups are drawn so that each part comes near the same proportions of the classes.
    """

    title: ClassVar[str] = "in whole groups"
    column: Dividing = ""
    stratified: InProportion = False


DataSplit = ShareSplit | ColumnSplit | TimeSplit | GroupSplit


class Preparation(Declared, frozen=True):
    """What happens between the table and the arrays.

    The fields that :class:`nnstudio.data.steps.ColumnSteps` has too hold for every column that says nothing else. A
    feature's steps come in this order: fill what is missing, clip, take the log, encode, scale.

    ``missing`` is what to do with a missing cell of a feature: drop its row, put the training rows' mean, median or
    most frequent value (of a text or a yes/no, the most frequent is put for the mean and the median too), put a
    constant, or refuse the table. A row without a target is dropped whatever the rule. ``was_missing`` adds an input
    that is 1 where a cell was filled, to each column that lacks a cell in the training rows.

    ``other`` adds an input for categories that no training row has, or fewer than ``rare_below`` of them.

    ``class_weights`` "balanced" lets each class count the same in the cost, by its number of training rows.

    ``seed`` decides the split, and the folds.
    """

    missing: MissingField = "drop"
    was_missing: WasMissing = False
    encoding: EncodingField = "one_hot"
    other: Other = False
    rare_below: Rare = 0
    clip: ClipField = NoClip()
    log: LogField = "none"
    scaling: ScalingField = "standard"
    date_parts: DateParts = ("timestamp",)
    scale_target: Annotated[
        bool, Meta(title="Scale it", description="Numbers to predict are standardized.", extra={"group": "Target"})
    ] = True
    class_weights: Annotated[
        ClassWeights,
        Meta(
            title="Class weights",
            description="Balanced: each class counts the same in the cost, whatever its number of rows.",
            extra={"group": "Target"},
        ),
    ] = "none"
    split: Annotated[
        DataSplit,
        Meta(
            title="Divide",
            description="Which rows train, which validate and which test.",
            extra={"group": "Rows"},
        ),
    ] = ShareSplit()
    seed: Annotated[
        int,
        Meta(
            ge=0,
            le=MAX_SEED,
            description="Decides what is drawn by chance: the split, and the folds.",
            extra={"group": "Rows"},
        ),
    ] = 0


class DataRecipe(Declared, frozen=True):
    """Everything needed to make the same arrays again. ``task`` is found from the target where it is None."""

    source: Source
    plan: ImportPlan = ImportPlan()
    preparation: Preparation = Preparation()
    task: Task | None = None


def features(plan: ImportPlan) -> tuple[Column, ...]:
    """Return the columns that are features."""
    return tuple(column for column in plan.columns if column.role == "feature")


def targets(plan: ImportPlan) -> tuple[Column, ...]:
    """Return the columns that are targets: one or several in a plan that can be prepared."""
    return tuple(column for column in plan.columns if column.role == "target")


def read_columns(recipe: DataRecipe) -> tuple[Column, ...]:
    """Return the columns that have to be read: all that are not ignored, and the one that the split asks."""
    divides = split_column(recipe.preparation)
    return tuple(column for column in recipe.plan.columns if column.role != "ignore" or column.name == divides)


def split_column(preparation: Preparation) -> str | None:
    """Return the name of the column that the split asks, or None where it asks none."""
    split = preparation.split
    return None if isinstance(split, ShareSplit) else split.column


def with_target(plan: ImportPlan, name: str) -> ImportPlan:
    """Return the plan with another target; a former target becomes a feature.

    Raises
    ------
    DataError
        When there is no column of that name.
    """
    return with_targets(plan, (name,))


def with_targets(plan: ImportPlan, targets: tuple[str, ...]) -> ImportPlan:
    """Return the plan with these targets; former targets become features.

    Raises
    ------
    DataError
        When there is no column of such a name.
    """
    names = [column.name for column in plan.columns]
    for name in targets:
        if name not in names:
            raise DataError(f"There is no column {name!r}. The columns are {listed(names)}.")

    def role(column: Column) -> Role:
        if column.name in targets:
            return "target"
        return "feature" if column.role == "target" else column.role

    return replace(plan, columns=tuple(replace(column, role=role(column)) for column in plan.columns))


def with_column(
    plan: ImportPlan,
    name: str,
    *,
    kind: Kind | None = None,
    role: Role | None = None,
    date_order: DateOrder | None = None,
) -> ImportPlan:
    """Return the plan with one column's kind, role or order of dates changed; a new target takes the old one's place.

    Raises
    ------
    DataError
        When there is no column of that name.
    """
    if role == "target":
        plan = with_target(plan, name)
    elif name not in [column.name for column in plan.columns]:
        raise DataError(f"There is no column {name!r}.")
    return replace(
        plan,
        columns=tuple(
            replace(
                column,
                kind=kind or column.kind,
                role=role or column.role,
                date_order=column.date_order if date_order is None else date_order,
            )
            if column.name == name
            else column
            for column in plan.columns
        ),
    )


def with_steps(plan: ImportPlan, name: str, steps: ColumnSteps) -> ImportPlan:
    """Return the plan with other steps for one column.

    Raises
    ------
    DataError
        When there is no column of that name.
    """
    if name not in [column.name for column in plan.columns]:
        raise DataError(f"There is no column {name!r}.")
    columns = (replace(column, steps=steps) if column.name == name else column for column in plan.columns)
    return replace(plan, columns=tuple(columns))


def listed(names: list[str] | tuple[str, ...], most: int = 12) -> str:
    """Return names as a sentence has them, the first ``most`` of a long list."""
    shown = ", ".join(repr(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def plural(count: int, thing: str) -> str:
    """Return ``1 row`` or ``12 rows``."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def one_line(text: str) -> str:
    """Return a name as it can stand within a sentence: line breaks and other control characters escaped."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
