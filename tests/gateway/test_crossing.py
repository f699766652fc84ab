"""The gateway against an exchange that refuses, loses answers, and then does as it should."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.core.errors import (
    BadInput,
    Conflict,
    ExchangeDown,
    ExchangeRefused,
    Forbidden,
    NotFound,
    NotProven,
    OutcomeUnknown,
)
from drawbridge.core.operations import (
    CancelOrder,
    GetBalances,
    GetMarkets,
    GetOrder,
    GetServerTime,
    GetTicker,
    PlaceOrder,
    Scope,
)
from drawbridge.core.orders import OrderType, Side
from drawbridge.core.secret import Secret
from drawbridge.gateway.policy import Purpose
from drawbridge.gateway.stamps import Stamps
from drawbridge.vault.model import KeyStatus
from drawbridge.wire.stamps import StampKind
from tests.gateway.setting import EXCHANGES, Setting, setting
from tests.gateway.stub_exchange import Fault


@pytest.fixture(params=EXCHANGES)
async def house(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Setting]:
    async with setting(tmp_path, request.param) as house:
        yield house


def _order(house: Setting, client_id: str = "db1") -> PlaceOrder:
    return PlaceOrder(
        symbol=house.symbol,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal(1),
        price=Decimal(50),
        client_id=client_id,
    )


# ---------------------------------------------------------------------- what never leaves


@pytest.mark.parametrize(
    "status", [KeyStatus.DISABLED, KeyStatus.REFUSED, KeyStatus.INVALID, KeyStatus.UNVERIFIED]
)
async def test_a_key_that_is_not_in_use_sends_nothing(house: Setting, status: KeyStatus) -> None:
    await house.change(status, Scope.READ, Scope.TRADE_SPOT)
    with pytest.raises(Forbidden, match="key_not_usable"):
        await house.gateway.call(house.key, _order(house), purpose=Purpose.TRADE)
    with pytest.raises(Forbidden, match="key_not_usable"):
        await house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ)
    assert not house.stub.count(PlaceOrder)
    assert not house.opening.opened, "the secret stays sealed"


async def test_a_key_that_only_reads_places_no_order(house: Setting) -> None:
    """Part of scenario 13."""
    await house.change(KeyStatus.READ_ONLY, Scope.READ)
    with pytest.raises(Forbidden, match="key_not_usable"):
        await house.gateway.call(house.key, _order(house), purpose=Purpose.TRADE)
    await house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ)
    assert not house.stub.count(PlaceOrder)


async def test_an_order_without_an_id_of_ours_is_not_sent(house: Setting) -> None:
    with pytest.raises(BadInput, match="missing_client_id"):
        await house.gateway.call(house.key, _order(house, ""), purpose=Purpose.TRADE)
    assert not house.stub.count(PlaceOrder)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quantity": Decimal("1.0000000001")}, "quantity_off_step"),
        ({"quantity": Decimal(0)}, "not_positive"),
        ({"quantity": None}, "missing_quantity"),
        ({"quote_quantity": Decimal(1)}, "missing_quantity"),
        ({"price": Decimal("50.00000001")}, "price_off_tick"),
        ({"price": None}, "missing_price"),
        ({"price": Decimal("0.1"), "quantity": Decimal("0.1")}, "notional_too_small"),
    ],
)
async def test_an_order_against_the_markets_rules_is_not_sent(
    house: Setting, changes: dict[str, Decimal | None], code: str
) -> None:
    order = replace(_order(house), **changes)  # type: ignore[arg-type]  # names and values stand above
    with pytest.raises(BadInput) as caught:
        await house.gateway.call(house.key, order, purpose=Purpose.TRADE)
    assert caught.value.code == code
    assert not house.stub.count(PlaceOrder)
    assert not await house.rows("orders")


async def test_the_same_client_id_is_never_sent_twice(house: Setting) -> None:
    await house.gateway.call(house.key, _order(house), purpose=Purpose.TRADE)
    with pytest.raises(Conflict, match="order_already_intended"):
        await house.gateway.call(house.key, _order(house), purpose=Purpose.TRADE)
    assert house.stub.count(PlaceOrder) == 1


async def test_two_at_once_with_the_same_client_id_make_one_order(house: Setting) -> None:
    results = await asyncio.gather(
        *(house.gateway.call(house.key, _order(house), purpose=Purpose.TRADE) for _ in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, Conflict) for result in results) == 3
    assert house.stub.count(PlaceOrder) == 1


async def test_an_exchange_that_cannot_be_reached_means_that_nothing_happened(
    house: Setting,
) -> None:
    await house.gateway.markets(house.exchange.id, "paper")
    await house.gateway.learn_clock(house.exchange.id, "paper")
    house.server.stop()
    with pytest.raises(ExchangeDown, match="unreachable"):
        await house.gateway.call(house.key, _order(house), purpose=Purpose.TRADE)
    [row] = await house.rows("orders")
    assert (row["state"], row["reason"]) == ("refused", "unreachable")


# ---------------------------------------------------------------------- what nobody knows


@pytest.mark.parametrize("fault", list(Fault))
async def test_a_lost_answer_leaves_an_order_that_is_unknown_and_not_repeated(
    house: Setting, fault: Fault
) -> None:
    """Part of scenario 85."""
    house.stub.fail(PlaceOrder, fault)
    with pytest.raises(OutcomeUnknown):
        await house.gateway.call(house.key, _order(house), purpose=Purpose.TRADE, origin="robot:1")
    [row] = await house.rows("orders")
    assert (row["state"], row["origin"]) == ("unknown", "robot:1")
    assert len(house.stub.orders) == (1 if fault is Fault.LOST_AFTER else 0)


async def test_a_question_whose_answer_was_lost_may_be_asked_again(house: Setting) -> None:
    house.stub.fail(GetBalances, Fault.LOST_AFTER, Fault.LOST_AFTER)
    with pytest.raises(ExchangeDown):
        await house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ)
    house.stub.faults.clear()
    assert await house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ)


async def test_a_crash_after_the_journal_leaves_a_row_that_says_so(house: Setting) -> None:
    """The row is there before the first byte leaves: invariant 6."""
    states: list[object] = []
    serve = house.server.behaviour

    async def look_at_the_journal(visit: object) -> None:
        states.extend(row["state"] for row in await house.rows("orders"))
        await serve(visit)  # type: ignore[arg-type]  # handed on as it came

    house.server.behaviour = look_at_the_journal
    await house.gateway.call(house.key, _order(house), purpose=Purpose.TRADE)
    assert states[-1] == "intended"


# ------------------------------------------------------------------------- a definite no


async def test_what_the_exchange_refuses_is_told_by_its_reason(house: Setting) -> None:
    house.stub.refuse(PlaceOrder, ExchangeRefused("insufficient_funds"))
    with pytest.raises(ExchangeRefused, match="insufficient_funds"):
        await house.gateway.call(house.key, _order(house), purpose=Purpose.TRADE)
    [row] = await house.rows("orders")
    assert (row["state"], row["reason"]) == ("refused", "insufficient_funds")


async def test_a_wrong_secret_is_not_tried_a_second_time(house: Setting) -> None:
    house.stub.secret = Secret("d3Jvbmc=")
    with pytest.raises(NotProven, match="bad_signature"):
        await house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ)


async def test_an_order_that_is_not_there_is_not_found(house: Setting) -> None:
    order_id = house.exchange.codec.order_id(77)
    with pytest.raises(NotFound):
        await house.gateway.call(house.key, GetOrder(house.symbol, order_id), purpose=Purpose.READ)
    with pytest.raises(NotFound):
        await house.gateway.call(
            house.key, CancelOrder(house.symbol, order_id), purpose=Purpose.CLEAN_UP
        )


async def test_an_exchange_that_wants_quiet_is_left_alone(house: Setting) -> None:
    house.stub.refuse(GetBalances, ExchangeDown("rate_limited"))
    with pytest.raises(ExchangeDown, match="rate_limited"):
        await house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ)
    seen = len(house.stub.seen)
    house.clock.advance(100)
    with pytest.raises(ExchangeDown, match="rate_limited") as caught:
        await house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ)
    assert caught.value.retry_after_ms > 0
    assert len(house.stub.seen) == seen
    house.clock.advance(caught.value.retry_after_ms)
    assert await house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ)


# --------------------------------------------------------------------------- clocks, nonces


async def test_the_exchanges_clock_is_learnt_and_used(house: Setting) -> None:
    house.stub.ahead_ms = 3_600_000
    assert await house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ)


async def test_a_clock_that_drifted_is_learnt_anew(house: Setting) -> None:
    """Scenario 45."""
    await house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ)
    house.stub.ahead_ms = -3_600_000
    await house.gateway.call(house.key, _order(house), purpose=Purpose.TRADE)
    assert len(house.stub.orders) == 1


async def test_a_stamp_that_is_refused_twice_is_no_verdict_on_the_key(house: Setting) -> None:
    """Scenario 45: nothing happened, so it is tried again later; no order was sent twice."""
    by_nonce = house.exchange.card.stamp.kind is StampKind.NONCE
    code = "used_nonce" if by_nonce else "stale_stamp"
    house.stub.refuse(PlaceOrder, NotProven(code), NotProven(code))
    with pytest.raises(ExchangeDown, match=code):
        await house.gateway.call(house.key, _order(house), purpose=Purpose.TRADE)
    assert house.stub.orders == {}
    assert await house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ)


async def test_nonces_rise_across_calls_at_once_and_across_a_restart(tmp_path: Path) -> None:
    async with setting(tmp_path, "kraken") as house:
        assert house.exchange.card.stamp.kind is StampKind.NONCE
        await house.gateway.markets("kraken", "paper")
        calls = (
            house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ) for _ in range(8)
        )
        assert all(await asyncio.gather(*calls))
        assert house.stub.most_in_flight == 1
        reached = house.stub.last_nonce
        house.clock.advance(-60_000)
        rule = house.exchange.card.stamp
        restarted = Stamps(house.database, house.clock)
        async with restarted.stamped(house.key, ("kraken", "paper"), rule) as stamp:
            assert int(stamp) > reached


async def test_a_nonce_that_others_raised_is_risen_above(tmp_path: Path) -> None:
    async with setting(tmp_path, "kraken") as house:
        await house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ)
        house.stub.last_nonce += 10_000_000
        with pytest.raises(ExchangeDown, match="used_nonce"):
            await house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ)
        await house.gateway.raise_nonce(house.key, house.stub.last_nonce)
        assert await house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ)


async def test_reads_with_a_time_stamp_cross_side_by_side(tmp_path: Path) -> None:
    async with setting(tmp_path, "binance") as house:
        calls = (
            house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ) for _ in range(8)
        )
        assert all(await asyncio.gather(*calls))
        assert house.stub.most_in_flight > 1


# ------------------------------------------------------------------------------ all is well


async def test_an_order_is_placed_journalled_read_and_cancelled(house: Setting) -> None:
    placed = await house.gateway.call(
        house.key, _order(house), purpose=Purpose.TRADE, origin="robot:1"
    )
    order = placed.order
    assert order.client_id == "db1"
    [row] = await house.rows("orders")
    assert (row["state"], row["exchange_order_id"]) == ("open", order.order_id)
    read = await house.gateway.call(
        house.key, GetOrder(house.symbol, order.order_id), purpose=Purpose.READ
    )
    assert (read.order_id, read.quantity, read.price) == (order.order_id, Decimal(1), Decimal(50))
    cancel = CancelOrder(house.symbol, order.order_id, "db1")
    await house.gateway.call(house.key, cancel, purpose=Purpose.CLEAN_UP)
    await house.gateway.call(
        house.key, GetOrder(house.symbol, order.order_id), purpose=Purpose.READ
    )
    [row] = await house.rows("orders")
    assert row["state"] == "cancelled"


async def test_public_data_needs_no_key_and_markets_are_asked_for_once(house: Setting) -> None:
    exchange_id = house.exchange.id
    for _ in range(3):
        markets = await house.gateway.markets(exchange_id, "paper")
        assert house.symbol in {market.symbol for market in markets}
        ticker = await house.gateway.call_public(exchange_id, "paper", GetTicker(house.symbol))
        assert ticker.bid == house.stub.price
    assert house.stub.count(GetMarkets) == 1
    told = await house.gateway.call_public(exchange_id, "paper", GetServerTime())
    assert abs(told.time_ms - house.clock.now_ms()) < 1_000
    assert not house.opening.opened
