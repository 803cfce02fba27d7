"""Declared settings check themselves however they are made, and describe themselves to forms."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import pytest

from engine import LAYERS, Dense, Dropout, SettingError
from engine.activations import ACTIVATIONS, LeakyRelu
from engine.declared import Declared, fields_of, name_of, replace
from engine.initializers import INITIALIZERS
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS, Adam
from engine.settings import TrainingSettings

EVERY = [*LAYERS.values(), *ACTIVATIONS.values(), *INITIALIZERS.values(), *LOSSES.values(), *OPTIMIZERS.values()]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Dense(units=0),
        lambda: replace(Dense(), units=10**9),
        lambda: Dense(units="many"),
        lambda: Dropout(rate=float("nan")),
        lambda: Adam(learning_rate=float("inf")),
        lambda: TrainingSettings(batch_size=0),
        lambda: Dense(activation="tanh"),
    ],
)
def test_a_value_outside_its_limits_is_refused_by_constructor_and_replace(make):
    with pytest.raises(SettingError):
        make()


@pytest.mark.parametrize("text", [b'{"units":0}', b'{"units":3,"colour":1}', b'{"units":"3"}'])
def test_decoding_refuses_wrong_values_types_and_unknown_fields(text):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Dense)


def test_the_error_names_the_setting_and_the_limit():
    with pytest.raises(SettingError, match=r"(?i)dense: units is 0.*>= 1"):
        Dense(units=0)


@pytest.mark.parametrize("kind", EVERY, ids=name_of)
def test_every_kind_survives_a_file_and_has_documented_fields(kind):
    made = kind()
    assert msgspec.json.decode(msgspec.json.encode(made), type=kind) == made
    for field in fields_of(kind):
        assert field.label
        assert field.help
        if field.kind in ("integer", "number"):
            assert field.minimum is not None
            assert field.maximum is not None


def test_a_variant_lists_its_kinds_and_their_own_fields():
    (activation,) = [field for field in fields_of(Dense) if field.name == "activation"]
    assert activation.kind == "variant"
    assert set(activation.variants) == set(ACTIVATIONS.values())
    assert [field.name for field in fields_of(LeakyRelu)] == ["slope"]


class Open(Declared, frozen=True):
    rate: Annotated[float, msgspec.Meta(ge=0.0, extra={"none": "as for all"})] | None = None
    mode: Annotated[Literal["one_hot", "both"], msgspec.Meta(extra={"titles": {"one_hot": "one-hot"}})] | None = None
    layer: Dense | Dropout | None = None
    parts: tuple[Literal["year", "month"], ...] = ("year",)
    names: tuple[str, ...] = ()
    column: Annotated[str, msgspec.Meta(extra={"words": "columns"})] = ""


def test_what_may_be_left_open_says_so_and_what_none_means():
    rate, mode, layer, parts, names, column = fields_of(Open)
    assert (rate.kind, rate.optional, rate.none, rate.minimum) == ("number", True, "as for all", 0.0)
    assert (mode.kind, mode.optional, mode.titles) == ("choice", True, ("one-hot", "both"))
    assert (layer.kind, layer.optional, layer.variants) == ("variant", True, (Dense, Dropout))
    assert (parts.kind, parts.optional, parts.choices) == ("choices", False, ("year", "month"))
    assert (names.kind, column.kind, column.words) == ("texts", "text", "columns")


def test_a_variant_that_may_be_left_open_takes_its_kinds_alone():
    assert Open(layer=Dropout()).layer == Dropout()
    with pytest.raises(SettingError):
        Open(layer=Adam())


def test_declared_is_frozen():
    with pytest.raises(AttributeError):
        Dense().units = 3  # type: ignore[misc]
    assert issubclass(Dense, Declared)
