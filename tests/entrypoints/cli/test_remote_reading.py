"""Values are read back as they were told, and nothing else is taken for one."""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.entrypoints.api.shapes import to_json
from drawbridge.entrypoints.cli.remote_reading import read_as
from drawbridge.statistics.telling import as_facts
from drawbridge.trading.foreign_orders import ForeignOrder
from drawbridge.trading.holdings import Holding, Portfolio
from drawbridge.trading.limits import Limits

AMOUNTS = st.decimals(
    allow_nan=False, allow_infinity=False, places=8, min_value=-(10**30), max_value=10**30
)
HOLDINGS = st.builds(Holding, st.text(), AMOUNTS, AMOUNTS, st.none() | AMOUNTS, st.none())
PORTFOLIOS = st.builds(
    Portfolio,
    st.text(),
    AMOUNTS,
    st.lists(HOLDINGS).map(tuple),
    st.lists(st.text()).map(tuple),
    st.integers(),
)
TOLD = {
    "key_id": "key_1",
    "symbol": "BTC/USD",
    "order_id": "1",
    "side": "buy",
    "quantity": "1.50",
    "price": None,
    "seen_ms": 7,
}


@dataclass(frozen=True)
class Nested:
    """A value of every kind that ours have."""

    pair: tuple[int, Decimal]
    names: frozenset[str]
    facts: dict[str, object]
    held: Holding | None
    flag: bool = False
    more: tuple[str, ...] = field(default_factory=tuple)


@given(PORTFOLIOS)
def test_what_was_told_is_read_back_as_it_was(portfolio: Portfolio) -> None:
    told: Any = json.loads(json.dumps(as_facts(portfolio)))
    assert read_as(Portfolio, told) == portfolio


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": 1.5},
        {"quantity": "NaN"},
        {"quantity": "1e999999999"},
        {"quantity": "1" * 61},
        {"quantity": "much"},
        {"quantity": None},
        {"side": "up"},
        {"seen_ms": "7"},
        {"seen_ms": True},
        {"seen_ms": 7.5},
        {"symbol": 7},
        {"price": []},
    ],
)
def test_what_is_told_otherwise_is_no_value(wrong: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        read_as(ForeignOrder, {**TOLD, **wrong})


@pytest.mark.parametrize("name", TOLD)
def test_what_is_missing_is_no_value(name: str) -> None:
    told = {key: value for key, value in TOLD.items() if key != name}
    with pytest.raises(KeyError, match=name):
        read_as(ForeignOrder, told)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_nothing_else_ends_a_reading(told: object) -> None:
    for name in TOLD:
        try:
            read_as(ForeignOrder, {**TOLD, name: told})
        except (ValueError, TypeError):
            continue


def test_values_within_values_are_read_and_what_is_known_is_taken() -> None:
    held = Holding("BTC", Decimal("0.10"), Decimal(0), None, 5)
    told: Any = {
        "pair": [1, "2.50"],
        "names": ["b", "a"],
        "facts": {"a": [1]},
        "held": to_json(as_facts(held)),
        "unknown": "passed over",
    }
    found = read_as(Nested, told, {"flag": True})
    assert found == Nested((1, Decimal("2.50")), frozenset("ab"), {"a": [1]}, held, flag=True)
    assert read_as(Limits, {}) == Limits()
    with pytest.raises(ValueError, match="zip"):
        read_as(Nested, {**told, "pair": [1]})
