"""Money is read strictly and written plainly."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.core.money import (
    fixed,
    floor_to_step,
    is_on_step,
    parse_decimal,
    parse_positive,
    places_of,
    plain,
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "NaN",
        "Infinity",
        "-inf",
        "1,5",
        "0x10",
        "1e999",
        "1e-999",
        "9" * 41,
        "१",
        "1_0",
        "--1",
    ],
)
def test_what_is_not_a_plain_finite_number_is_refused_by_field(text: str) -> None:
    with pytest.raises(BadInput) as refusal:
        parse_decimal(text, "price")
    assert refusal.value.facts["field"] == "price"


@pytest.mark.parametrize("text", ["0", "-1", "0.000"])
def test_a_positive_amount_may_not_be_zero_or_less(text: str) -> None:
    with pytest.raises(BadInput, match="not_positive"):
        parse_positive(text, "quantity")


@given(st.decimals(min_value="-1e12", max_value="1e12", places=8))
def test_plain_writes_what_parse_reads(value: Decimal) -> None:
    assert parse_decimal(plain(value), "x") == value
    assert "E" not in plain(value)


@given(
    st.decimals(min_value=0, max_value=10**9, places=8),
    st.sampled_from([Decimal("0.00001"), Decimal("0.1"), Decimal(1), Decimal("0.25")]),
)
def test_flooring_never_goes_up_and_lands_on_a_step(value: Decimal, step: Decimal) -> None:
    floored = floor_to_step(value, step)
    assert floored <= value < floored + step
    assert is_on_step(floored, step)


def test_fixed_cuts_and_never_rounds_up() -> None:
    assert fixed(Decimal("1.99999"), 2) == "1.99"
    assert fixed(Decimal(1), 8) == "1.00000000"


@pytest.mark.parametrize(
    ("step", "places"), [("0.0010", 3), ("1", 0), ("10", 0), ("0.00000001", 8)]
)
def test_places_are_those_that_a_step_needs(step: str, places: int) -> None:
    assert places_of(Decimal(step)) == places
