"""Numbers as shown and as typed."""

import math

import pytest

from nnstudio import numbers

THIN, MINUS = numbers.THIN_SPACE, numbers.MINUS


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.04172, "0.0417"),
        (1.0, "1.00"),
        (9.999, "10.0"),
        (12_345.0, f"12{THIN}345"),
        (0.00312, "0.00312"),
        (0.000312, f"3.1e{MINUS}4"),
        (9.99e-5, f"1.0e{MINUS}4"),
        (-2.5, f"{MINUS}2.50"),
        (2.5e9, "2.5e9"),
        (999_999.9, "1.0e6"),
        (0.0, "0"),
        (math.nan, "–"),
        (math.inf, "∞"),
        (-math.inf, f"{MINUS}∞"),
    ],
)
def test_a_number_has_three_digits_that_mean_something(value, text):
    assert numbers.number(value) == text


def test_the_smallest_numbers_are_written_without_an_error():
    assert numbers.number(5e-324).endswith(f"e{MINUS}324")
    assert numbers.number(1.7e308) == "1.7e308"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1204, f"1{THIN}204"), (12, "12"), (-5000, f"{MINUS}5{THIN}000")],
)
def test_thousands_are_parted_by_thin_spaces(value, text):
    assert numbers.count(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.984, "98.4"), (1.0, "100.0"), (0.9999, f">{THIN}99.9"), (0.0001, f"<{THIN}0.1"), (0.0, "0.0")],
)
def test_a_percentage_is_never_rounded_to_all_or_nothing(share, text):
    assert numbers.percent(share) == f"{text}{THIN}%"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.01", 0.01),
        ("0,01", 0.01),
        ("1e-3", 1e-3),
        ("1E−3", 1e-3),
        (f" 12{THIN}345 ", 12_345),
        ("1,234,567.5", 1_234_567.5),
        ("−2", -2.0),
        ("3×10⁻⁴", 3e-4),
        (".5", 0.5),
        ("20 %", 0.2),
    ],
)
def test_what_a_person_types_is_read(text, value):
    assert numbers.parse(text) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("text", ["", "abc", "1.2.3", "nan", "inf", "1e999", "1_000", "1;2", "--1"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError):
        numbers.parse(text)


@pytest.mark.parametrize("value", [0.01, 1e-8, 0.999, 123456.789, -3e-5, 1 / 3, 2.0, 1e22])
def test_an_edited_number_survives_being_shown(value):
    assert numbers.parse(numbers.exact(value)) == value


def test_short_numbers_lose_their_trailing_zeros():
    assert numbers.short(0.01) == "0.01"
    assert numbers.short(1e-8) == f"1e{MINUS}8"
    assert numbers.short(100.0) == "100"


@pytest.mark.parametrize(
    ("value", "text"),
    [(124_812, f"125{THIN}000"), (39_049, f"39{THIN}000"), (47.26, "47.3")],
)
def test_rates_keep_three_digits(value, text):
    assert numbers.rate(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(31.2, "31 s"), (125, "2 min 5 s"), (120, "2 min"), (11_520, "3 h 12 min")]
)
def test_durations_name_their_largest_units(seconds, text):
    assert numbers.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (0.5, 0.5, "0.5"),
        (400, 200, "400"),
        (-1, 1, f"{MINUS}1"),
        (0.25, 0.25, "0.25"),
        (1200, 400, f"1{THIN}200"),
    ],
)
def test_ticks_have_the_decimals_of_their_step(value, step, text):
    assert numbers.axis_number(value, step) == text


def test_shapes_and_sizes_read_as_in_the_notes():
    assert numbers.shape((16, "m")) == "(16, m)"
    assert numbers.size(41_000_000) == "41 MB"
    assert numbers.plural(1, "layer") == "1 layer"
    assert numbers.plural(2, "class", "classes") == "2 classes"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0.01, 0.03, 0.1", (0.01, 0.03, 0.1)),
        ("1 2;3", (1.0, 2.0, 3.0)),
        ("0,5 1,5", (0.5, 1.5)),
        ("1,2,3", (1.0, 2.0, 3.0)),
        ("1e-3", (1e-3,)),
        ("", ()),
    ],
)
def test_a_line_of_numbers_is_read_as_people_write_it(text, values):
    assert numbers.parse_list(text) == values


@pytest.mark.parametrize("text", ["0,5", "1, 2,5", "1 two", "1,,2"])
def test_a_line_that_is_no_list_of_numbers_or_may_be_meant_either_way_is_refused(text):
    with pytest.raises(ValueError):
        numbers.parse_list(text)


def test_a_line_of_numbers_comes_back_from_its_writing():
    values = (1e-5, 0.03, 2000.0, -1.0)
    assert numbers.parse_list(numbers.exact_list(values)) == values
