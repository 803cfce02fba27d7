"""What happens to one column on its way to the inputs, as pure data: fill, clip, take the log, encode, scale."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from engine.declared import Declared, SettingError

MissingRule = Literal["drop", "mean", "median", "most_frequent", "constant", "refuse"]
Scaling = Literal["standard", "min_max", "robust", "none"]
CategoryEncoding = Literal["one_hot", "ordinal"]
Log = Literal["none", "log1p", "signed"]
DatePart = Literal["timestamp", "year", "month", "weekday", "hour"]

FILLING: tuple[MissingRule, ...] = ("mean", "median", "most_frequent", "constant")  # they leave no row out
MAX_CATEGORIES = 1_000  # of one text column; each becomes an input
MAX_TEXT = 1_000_000  # characters of a category
MAX_RARE = 1_000_000

AS_FOR_ALL = "as for all"  # what a column says where it says nothing of its own

Text = Annotated[str, Meta(max_length=MAX_TEXT)]


def _meta(title: str, group: str, description: str, titles: dict[str, str] | None = None, **limits: int) -> Meta:
    """Return what forms need to know of a step, both of one column and of all."""
    extra = {"group": group, "none": AS_FOR_ALL, "titles": titles or {}}
    known: dict[str, Any] = {"title": title, "description": description, "extra": extra, **limits}
    return Meta(**known)


MissingField = Annotated[
    MissingRule,
    _meta(
        "Missing cell",
        "Missing cells",
        "What is put where a cell is empty or cannot be read; of texts the most frequent stands for mean and median.",
        {
            "drop": "drop its row",
            "mean": "mean",
            "median": "median",
            "most_frequent": "most frequent",
            "constant": "constant",
            "refuse": "refuse the table",
        },
    ),
]
WasMissing = Annotated[
    bool, _meta("Was missing", "Missing cells", "A further input that is 1 where a cell was filled.")
]
EncodingField = Annotated[
    CategoryEncoding,
    _meta(
        "Encoding",
        "Text",
        "One input for each category, or one input that is the category's place in an order.",
        {"one_hot": "one-hot", "ordinal": "in order"},
    ),
]
Other = Annotated[bool, _meta("Others", "Text", "A further input for categories that are unseen or rare.")]
Rare = Annotated[
    int,
    _meta("Rare below", "Text", "Categories in fewer training rows than this count as others.", ge=0, le=MAX_RARE),
]
LogField = Annotated[
    Log,
    _meta(
        "Logarithm",
        "Numbers",
        "log(1 + x) for numbers above -1, or sign(x) log(1 + |x|), which all numbers have. Clipping comes before.",
        {"none": "none", "log1p": "log(1 + x)", "signed": "signed, of all numbers"},
    ),
]
ScalingField = Annotated[
    Scaling,
    _meta(
        "Scaling",
        "Numbers",
        "By mean and standard deviation, least and greatest value, or median and quartiles of the training rows.",
        {"standard": "standardize", "min_max": "from 0 to 1", "robust": "robust, by quartiles", "none": "none"},
    ),
]
DateParts = Annotated[
    tuple[DatePart, ...],
    _meta(
        "Parts",
        "Dates",
        "Which numbers are taken out of a date; each is an input.",
        {"timestamp": "point in time", "hour": "hour of the day"},
        min_length=1,
        max_length=5,
    ),
]


class NoClip(Declared, frozen=True, tag="none"):
    """Numbers stay as they are."""

    title: ClassVar[str] = "none"


class ClipValues(Declared, frozen=True, tag="values"):
    """Numbers below ``low`` become ``low``, those above ``high`` become ``high``; None is no limit."""

    title: ClassVar[str] = "at values"
    low: Annotated[float, Meta(title="Least", extra={"none": "no limit"})] | None = None
    high: Annotated[float, Meta(title="Greatest", extra={"none": "no limit"})] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low is not None and self.high is not None and self.low > self.high:
            raise SettingError(f"Numbers cannot be clipped from {self.low:g} to {self.high:g}: the limits cross.")


class ClipQuantiles(Declared, frozen=True, tag="quantiles"):
    """Numbers are clipped to these quantiles of the training rows."""

    title: ClassVar[str] = "at quantiles"
    low: Annotated[float, Meta(title="Lower", ge=0.0, le=1.0)] = 0.01
    high: Annotated[float, Meta(title="Upper", ge=0.0, le=1.0)] = 0.99

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low >= self.high:
            raise SettingError(f"The quantile {self.low:g} is not below {self.high:g}.")


Clip = NoClip | ClipValues | ClipQuantiles
ClipField = Annotated[Clip, _meta("Clip", "Numbers", "Numbers outside two limits become the limits.")]


class ColumnSteps(Declared, frozen=True, omit_defaults=True):
    """What is done to one column; None where it is done as the Preparation says for all.

    ``constant`` is what the rule "constant" puts: a number (for a date: seconds since 1970), or a text; None puts 0,
    or the text "missing". ``order`` names categories from the least to the greatest, for the encoding "ordinal";
    empty where they come in their natural order.
    """

    missing: MissingField | None = None
    constant: Annotated[
        float | Text | None,
        _meta("Constant", "Missing cells", "What is put for a missing cell; empty puts 0, or the text missing."),
    ] = None
    was_missing: WasMissing | None = None
    encoding: EncodingField | None = None
    order: Annotated[
        tuple[Text, ...],
        _meta("Order", "Text", "The categories from least to greatest, one a line.", max_length=MAX_CATEGORIES),
    ] = ()
    other: Other | None = None
    rare_below: Rare | None = None
    clip: ClipField | None = None
    log: LogField | None = None
    scaling: ScalingField | None = None
    date_parts: DateParts | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(set(self.order)) != len(self.order):
            raise SettingError("A category stands twice in the order of the categories.")
        if self.date_parts is not None and len(set(self.date_parts)) != len(self.date_parts):
            raise SettingError("A part of the date was chosen twice.")
