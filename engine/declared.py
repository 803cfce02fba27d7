"""Declared settings: typed fields with limits, default, unit and help, said once and used everywhere.

A layer, an activation, an optimizer or a data step is a frozen :class:`Declared` struct. The inspector's form, the
project file's validation and the command line's options are all made from :func:`fields_of`.
"""

from __future__ import annotations

import functools
import math
import types
import typing
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec


class SettingError(ValueError):
    """A setting is outside its limits; the message names the setting, the value and the limit."""


class Declared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen record whose fields are checked however it is made: constructor, ``replace`` or decoding.

    Raises
    ------
    SettingError
        When a value has the wrong type, is not finite, or is outside its declared limits.
    """

    def __post_init__(self) -> None:
        # msgspec itself checks limits only while decoding; this makes every way of construction equal.
        for field in _infos(type(self)):
            value = getattr(self, field.name)
            if isinstance(value, list):
                raise SettingError(f"{_label(type(self), field.name)} must be a tuple, not the list {value}.")
            numbers = value if isinstance(value, tuple) else (value,)
            if any(isinstance(number, float) and not math.isfinite(number) for number in numbers):
                raise SettingError(f"{_label(type(self), field.name)} must be a finite number, not {value}.")
            if isinstance(value, Declared):
                # It has checked itself; what is left to check is that it is of a kind that belongs here.
                allowed = _kinds(field.type)
                if not isinstance(value, allowed):
                    label, given = _label(type(self), field.name), title_of_safe(type(value))
                    names = ", ".join(title_of_safe(kind) for kind in allowed)
                    raise SettingError(f"{label} cannot be {given}: choose one of {names}.")
                continue
            try:
                msgspec.convert(value, field.type)
            except msgspec.ValidationError as error:
                reason = str(error).replace("`", "")
                raise SettingError(f"{_label(type(self), field.name)} is {value!r}: {reason}.") from None


@functools.cache
def _kinds(annotation: Any) -> tuple[type[Declared], ...]:
    inner = _unwrap(_without_none(_unwrap(annotation)[1])[0])[1]
    members = get_args(inner) if get_origin(inner) in (Union, types.UnionType) else (inner,)
    return tuple(member for member in members if isinstance(member, type) and issubclass(member, Declared))


@functools.cache
def _infos(kind: type[Declared]) -> tuple[msgspec.structs.FieldInfo, ...]:
    # msgspec evaluates the annotations anew at each call, which takes longer than all else in a constructor.
    return msgspec.structs.fields(kind)


Kind = Literal["integer", "number", "numbers", "switch", "choice", "choices", "variant", "text", "texts"]
_D = TypeVar("_D", bound=Declared)


@dataclass(frozen=True)
class Field:
    """What a form, a command line or a document needs to know of one setting.

    ``kind`` is ``"variant"`` where the value is itself one of several declared structs (an activation, say); these
    are then listed in ``variants`` by their names, and have fields of their own. It is ``"numbers"`` for a tuple of
    numbers; ``minimum`` and ``maximum`` are then those of each. ``"choices"`` is several of some words, ``"texts"``
    several texts. Fields of one ``group`` stand below one heading.

    ``optional`` says that the value may be None, which ``none`` puts in words. ``titles`` are the choices as a person
    reads them. ``words`` names a list that whoever shows the setting knows, of which a text has to be one.
    """

    name: str
    label: str
    kind: Kind
    default: Any
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    help: str = ""
    choices: tuple[str, ...] = ()
    variants: tuple[type[Declared], ...] = ()
    read_only: bool = False
    logarithmic: bool = False
    group: str = ""
    optional: bool = False
    none: str = ""
    titles: tuple[str, ...] = ()
    words: str = ""


def name_of(declared: Declared | type[Declared]) -> str:
    """Return the registered name of a declared variant, for example ``"he_normal"``."""
    kind = declared if isinstance(declared, type) else type(declared)
    tag = kind.__struct_config__.tag
    if not isinstance(tag, str):
        raise TypeError(f"{kind.__name__} has no registered name")
    return tag


def title_of(declared: Declared | type[Declared]) -> str:
    """Return the name a person reads, for example ``"He normal"``."""
    kind = declared if isinstance(declared, type) else type(declared)
    return str(getattr(kind, "title", None) or name_of(kind).replace("_", " "))


def registry(*kinds: type[_D]) -> dict[str, type[_D]]:
    """Return the kinds by name, in the order given; two of the same name are a mistake."""
    named = {name_of(kind): kind for kind in kinds}
    if len(named) != len(kinds):
        raise ValueError("two declared kinds share a name")
    return named


def fields_of(kind: type[Declared]) -> tuple[Field, ...]:
    """Return the declared fields of a struct, in the order in which they are declared."""
    return tuple(_field(kind, info) for info in msgspec.structs.fields(kind))


def replace(declared: _D, **changes: Any) -> _D:
    """Return a copy with some fields changed, checked.

    Raises
    ------
    SettingError
        When a changed value is outside its limits.
    """
    return msgspec.structs.replace(declared, **changes)


def _label(kind: type[Declared], name: str) -> str:
    for field in fields_of(kind):
        if field.name == name:
            return f"{title_of_safe(kind)}: {field.label.lower()}"
    return name


def title_of_safe(kind: type[Declared]) -> str:
    """Return the title of a kind, or its class name where it is not registered under a name."""
    tag = kind.__struct_config__.tag
    return str(getattr(kind, "title", None) or tag or kind.__name__)


def _field(kind: type[Declared], info: msgspec.structs.FieldInfo) -> Field:
    meta, annotated = _unwrap(info.type)
    annotated, optional = _without_none(annotated)
    if optional and get_origin(annotated) is Annotated:
        meta, annotated = _unwrap(annotated)
    extra = dict(meta.extra or {}) if meta else {}
    default = _default(info)
    choices: tuple[str, ...] = ()
    variants: tuple[type[Declared], ...] = ()
    field_kind: Kind
    bounds = meta
    members = get_args(annotated) if get_origin(annotated) in (Union, types.UnionType) else (annotated,)
    kinds = tuple(member for member in members if isinstance(member, type) and issubclass(member, Declared))
    if annotated is bool:
        field_kind = "switch"
    elif annotated is int:
        field_kind = "integer"
    elif annotated is float:
        field_kind = "number"
    elif get_origin(annotated) is tuple:
        bounds, each = _unwrap(get_args(annotated)[0])
        field_kind = "choices" if get_origin(each) is Literal else "texts" if each is str else "numbers"
        choices = tuple(str(choice) for choice in get_args(each)) if field_kind == "choices" else ()
    elif get_origin(annotated) is Literal:
        field_kind, choices = "choice", tuple(str(choice) for choice in get_args(annotated))
    elif kinds:
        field_kind, variants = "variant", kinds
    else:
        field_kind = "text"
    titles = dict(extra.get("titles", {}))
    return Field(
        name=info.name,
        label=(meta.title if meta and meta.title else info.name.replace("_", " ").capitalize()),
        kind=field_kind,
        default=default,
        minimum=_bound(bounds, "ge", "gt"),
        maximum=_bound(bounds, "le", "lt"),
        unit=str(extra.get("unit", "")),
        help=(meta.description if meta and meta.description else ""),
        choices=choices,
        variants=variants,
        read_only=bool(extra.get("read_only", False)),
        logarithmic=bool(extra.get("logarithmic", False)),
        group=str(extra.get("group", "")),
        optional=optional,
        none=str(extra.get("none", "none")) if optional else "",
        titles=tuple(str(titles.get(choice, choice.replace("_", " "))) for choice in choices),
        words=str(extra.get("words", "")),
    )


def _without_none(annotated: Any) -> tuple[Any, bool]:
    """Return an annotation without None, and whether that was one of its values."""
    if get_origin(annotated) not in (Union, types.UnionType) or type(None) not in get_args(annotated):
        return annotated, False
    rest = tuple(member for member in get_args(annotated) if member is not type(None))
    return (rest[0] if len(rest) == 1 else Union[rest]), True  # noqa: UP007  # made at run time


def _unwrap(annotation: Any) -> tuple[msgspec.Meta | None, Any]:
    if get_origin(annotation) is Annotated:
        inner, *metas = get_args(annotation)
        for meta in metas:
            if isinstance(meta, msgspec.Meta):
                return meta, inner
        return None, inner
    return None, annotation


def _default(info: msgspec.structs.FieldInfo) -> Any:
    if info.default is not msgspec.NODEFAULT:
        return info.default
    if info.default_factory is not msgspec.NODEFAULT:
        return typing.cast(Any, info.default_factory)()
    return None


def _bound(meta: msgspec.Meta | None, closed: str, opened: str) -> float | None:
    if meta is None:
        return None
    for name in (closed, opened):
        value = getattr(meta, name)
        if value is not None:
            return float(value)
    return None
