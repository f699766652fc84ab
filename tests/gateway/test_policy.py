"""Who may do what: refused by default, and nothing lets value out."""

from dataclasses import replace
from decimal import Decimal

import pytest

from drawbridge.core.ids import KeyId, OwnerId
from drawbridge.core.markets import Market
from drawbridge.core.operations import (
    FORBIDDEN_SCOPES,
    CancelOrder,
    GetBalances,
    GetFixed,
    GetStreamToken,
    Operation,
    PlaceOrder,
    Scope,
)
from drawbridge.core.orders import OrderType, Side
from drawbridge.gateway.policy import Purpose, judge, judge_listening, judge_order
from drawbridge.vault.model import KeyRecord, KeyStatus, Venue
from drawbridge.wire.endpoints import Endpoint

KEY = KeyRecord(
    id=KeyId("key_1"),
    owner=OwnerId("owner_1"),
    exchange="example",
    venue=Venue.PAPER,
    label="first",
    public_key="K",
    status=KeyStatus.ENABLED,
    created_ms=0,
    scopes=frozenset(Scope),
)
ORDER = PlaceOrder("BTC/USD", Side.BUY, OrderType.LIMIT, Decimal(1), Decimal(50), client_id="db1")
PROBE = replace(ORDER, post_only=True)
CANCEL = CancelOrder("BTC/USD", "1")
MARKET = Market(
    symbol="BTC/USD",
    id="BTCUSD",
    base="BTC",
    quote="USD",
    price_tick=Decimal("0.1"),
    quantity_step=Decimal("0.01"),
    min_quantity=Decimal("0.05"),
    min_notional=Decimal(10),
    fee_maker=Decimal(0),
    fee_taker=Decimal(0),
)


def _endpoint(access: str) -> Endpoint:
    return Endpoint("x", "POST", b"/x", access)


def _code(
    operation: Operation[object],
    access: str,
    purpose: Purpose,
    key: KeyRecord = KEY,
) -> str:
    refused = judge(key, purpose, operation, _endpoint(access))
    return refused.code if refused else ""


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("scope", [*sorted(FORBIDDEN_SCOPES), Scope.OTHER])
def test_no_purpose_and_no_key_lets_value_out(purpose: Purpose, scope: Scope) -> None:
    """Part of scenario 80."""
    assert _code(GetFixed(), scope.value, purpose) == "scope_never_allowed"


@pytest.mark.parametrize(
    ("purpose", "good"),
    [
        (Purpose.TRADE, {KeyStatus.ENABLED, KeyStatus.CHECKING}),
        (Purpose.READ, {KeyStatus.ENABLED, KeyStatus.CHECKING, KeyStatus.READ_ONLY}),
        (
            Purpose.CHECK,
            set(KeyStatus) - {KeyStatus.REFUSED, KeyStatus.DISABLED},
        ),
        (Purpose.CLEAN_UP, set(KeyStatus) - {KeyStatus.REFUSED}),
    ],
)
def test_a_keys_state_decides_what_it_is_good_for(purpose: Purpose, good: set[KeyStatus]) -> None:
    for status in KeyStatus:
        code = _code(GetBalances(), "read", purpose, replace(KEY, status=status))
        assert code == ("" if status in good else "key_not_usable"), status


@pytest.mark.parametrize("access", ["read", "other"])
def test_a_token_is_drawn_for_listening_and_for_nothing_else(access: str) -> None:
    """Where an exchange says of its tokens that they are as strong as the key, too."""
    for status in KeyStatus:
        key = replace(KEY, status=status)
        may = status in {KeyStatus.ENABLED, KeyStatus.CHECKING, KeyStatus.READ_ONLY}
        code = "" if may else "key_not_usable"
        assert _code(GetStreamToken(), access, Purpose.LISTEN, key) == code
        refused = judge_listening(key)
        assert (refused.code if refused else "") == code
    for purpose in set(Purpose) - {Purpose.LISTEN}:
        assert _code(GetStreamToken(), "other", purpose) == "scope_never_allowed"


@pytest.mark.parametrize(
    ("operation", "purpose", "code"),
    [
        (ORDER, Purpose.READ, "purpose_only_reads"),
        (CANCEL, Purpose.READ, "purpose_only_reads"),
        (ORDER, Purpose.CLEAN_UP, "purpose_only_cleans_up"),
        (CANCEL, Purpose.CLEAN_UP, ""),
        (ORDER, Purpose.CHECK, "purpose_only_probes"),
        (replace(PROBE, type=OrderType.MARKET), Purpose.CHECK, "purpose_only_probes"),
        (PROBE, Purpose.CHECK, ""),
        (replace(ORDER, dry_run=True), Purpose.CHECK, ""),
        (ORDER, Purpose.TRADE, ""),
        (ORDER, Purpose.LISTEN, "purpose_only_listens"),
        (CANCEL, Purpose.LISTEN, "purpose_only_listens"),
        (GetBalances(), Purpose.LISTEN, "purpose_only_listens"),
    ],
)
def test_each_purpose_does_its_own_and_no_more(
    operation: Operation[object], purpose: Purpose, code: str
) -> None:
    assert _code(operation, "trade_spot", purpose) == code


def test_a_right_that_the_check_did_not_find_is_not_used() -> None:
    key = replace(KEY, scopes=frozenset({Scope.READ, Scope.TRADE_SPOT}))
    margin = replace(ORDER, leverage=Decimal(2))
    assert _code(margin, "trade_spot", Purpose.TRADE, key) == "right_missing"
    assert _code(ORDER, "trade_spot", Purpose.TRADE, key) == ""
    reading = replace(KEY, scopes=frozenset({Scope.READ}))
    assert _code(ORDER, "trade_spot", Purpose.TRADE, reading) == "right_missing"


@pytest.mark.parametrize(
    ("order", "market", "code"),
    [
        (ORDER, replace(MARKET, active=False), "market_closed"),
        (replace(ORDER, price=None), MARKET, "missing_price"),
        (replace(ORDER, quantity=None), MARKET, "missing_quantity"),
        (replace(ORDER, quote_quantity=Decimal(1)), MARKET, "missing_quantity"),
        (replace(ORDER, quantity=Decimal(-1)), MARKET, "not_positive"),
        (replace(ORDER, price=Decimal(0)), MARKET, "not_positive"),
        (replace(ORDER, price=Decimal("50.05")), MARKET, "price_off_tick"),
        (replace(ORDER, quantity=Decimal("1.001")), MARKET, "quantity_off_step"),
        (replace(ORDER, quantity=Decimal("0.04")), MARKET, "too_small"),
        (replace(ORDER, quantity=Decimal("0.1")), MARKET, "notional_too_small"),
        (
            replace(
                ORDER,
                type=OrderType.MARKET,
                price=None,
                quantity=None,
                quote_quantity=Decimal(9),
            ),
            MARKET,
            "notional_too_small",
        ),
        (ORDER, MARKET, ""),
        (ORDER, replace(MARKET, price_tick=Decimal(0), quantity_step=Decimal(0)), ""),
        (replace(ORDER, type=OrderType.MARKET, price=None), MARKET, ""),
    ],
)
def test_an_order_is_held_against_its_markets_rules(
    order: PlaceOrder, market: Market, code: str
) -> None:
    refused = judge_order(order, market)
    assert (refused.code if refused else "") == code
    assert not refused or "field" in refused.facts


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (PROBE, ""),
        (ORDER, ""),
        (replace(ORDER, type=OrderType.MARKET, price=None), "purpose_only_probes"),
    ],
)
def test_where_no_order_may_only_rest_a_check_does_without(order: PlaceOrder, code: str) -> None:
    refused = judge(KEY, Purpose.CHECK, order, _endpoint("trade_spot"), has_post_only=False)
    assert (refused.code if refused else "") == code
