"""What bots send, over the same road: judged, journalled, signed anew, answered as it came."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.core.errors import (
    Conflict,
    ExchangeRefused,
    Forbidden,
    NotProven,
    OutcomeUnknown,
)
from drawbridge.core.operations import GetBalances, GetOrder, GetTickers, PlaceOrder, Scope
from drawbridge.core.orders import OrderStatus, OrderType, Side
from drawbridge.gateway.forwarding import Forwarding, Heard
from drawbridge.gateway.policy import Purpose
from drawbridge.vault.model import KeyStatus
from drawbridge.wire.codec import encode_at
from drawbridge.wire.http import WireRequest
from tests.gateway.setting import EXCHANGES, Setting, setting
from tests.gateway.stub_exchange import Fault
from tests.kit.house import until

ORIGIN = "virtual:one"


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


def _written(house: Setting, operation: PlaceOrder | GetBalances | GetOrder) -> WireRequest:
    markets = house.exchange.card.markets()
    return encode_at(house.exchange.codec, operation, markets, house.clock.now_ms())


def _forwarding(
    house: Setting,
    operation: PlaceOrder | GetBalances | GetOrder,
    *,
    purpose: Purpose = Purpose.TRADE,
    is_written_anew: bool = False,
) -> Forwarding:
    request = _written(house, operation)
    endpoint = house.exchange.endpoints.classify(request)
    own = None if is_written_anew else request
    return Forwarding(house.key, ORIGIN, purpose, endpoint, own, operation)


async def _forward(house: Setting, it: Forwarding) -> Heard:
    return await house.gateway.forwarder.forward(it)


async def _row_in(house: Setting, *states: str) -> dict[str, object]:
    async def found() -> dict[str, object] | None:
        [row] = await house.rows("orders")
        return row if row["state"] in states else None

    return await until(found, f"the row is one of {states}")


async def test_a_key_that_is_switched_off_sends_nothing(house: Setting) -> None:
    await house.change(KeyStatus.DISABLED, Scope.READ, Scope.TRADE_SPOT)
    with pytest.raises(Forbidden, match="key_not_usable"):
        await _forward(house, _forwarding(house, _order(house)))
    assert house.stub.seen == []
    assert await house.rows("orders") == []


async def test_a_key_without_the_right_sends_nothing(house: Setting) -> None:
    await house.change(KeyStatus.ENABLED, Scope.READ)
    with pytest.raises(Forbidden, match="right_missing"):
        await _forward(house, _forwarding(house, _order(house)))
    assert await house.rows("orders") == []


async def test_an_answer_that_is_lost_leaves_an_unknown_order_that_is_not_sent_again(
    house: Setting,
) -> None:
    """Scenario 85."""
    house.stub.fail(PlaceOrder, Fault.LOST_AFTER)
    it = _forwarding(house, _order(house))
    with pytest.raises(OutcomeUnknown):
        await _forward(house, it)
    row = await _row_in(house, "unknown")
    assert (row["origin"], row["client_order_id"]) == (ORIGIN, "db1")
    with pytest.raises(Conflict, match="order_already_intended"):
        await _forward(house, it)
    assert house.stub.count(PlaceOrder) == 1


async def test_what_nothing_came_of_is_placed_when_it_is_sent_again_by_the_same_name(
    house: Setting,
) -> None:
    """Scenario 85."""
    house.stub.refuse(PlaceOrder, ExchangeRefused("insufficient_funds"))
    it = _forwarding(house, _order(house))
    assert (await _forward(house, it)).error is not None
    await _row_in(house, "refused")
    results = await asyncio.gather(*(_forward(house, it) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(it, Conflict) for it in results) == 2
    assert [order.client_id for order in house.stub.orders.values()] == ["db1"]
    assert len(await house.rows("orders")) == 1


async def test_a_refusal_goes_back_in_the_words_in_which_it_came(house: Setting) -> None:
    house.stub.refuse(PlaceOrder, ExchangeRefused("insufficient_funds"))
    heard = await _forward(house, _forwarding(house, _order(house)))
    assert isinstance(heard.error, ExchangeRefused)
    raw = house.exchange.codec.read_error(heard.answer)
    assert raw is not None
    assert house.exchange.errors.read(raw).code == "insufficient_funds"
    assert (await _row_in(house, "refused"))["reason"] == "insufficient_funds"


async def test_an_order_is_on_disk_and_is_told_as_the_exchange_told_it(house: Setting) -> None:
    heard = await _forward(house, _forwarding(house, _order(house)))
    assert heard.error is None
    assert heard.order is not None
    [placed] = house.stub.orders.values()
    assert (placed.client_id, placed.quantity) == ("db1", Decimal(1))
    row = await _row_in(house, "open")
    assert (row["exchange_order_id"], row["origin"]) == (placed.order_id, ORIGIN)


async def test_what_a_filled_order_traded_is_on_record(house: Setting) -> None:
    house.stub.fill_at_once = True
    await _forward(house, _forwarding(house, _order(house)))
    asked = GetOrder(house.symbol, next(iter(house.stub.orders)), "db1")
    heard = await _forward(house, _forwarding(house, asked, purpose=Purpose.READ))
    assert heard.order is not None
    assert heard.order.status is OrderStatus.FILLED
    row = await _row_in(house, "filled")
    assert Decimal(str(row["filled"])) == 1


async def test_an_order_without_an_id_of_its_own_is_written_anew(house: Setting) -> None:
    it = _forwarding(house, _order(house, "dbdrawn"), is_written_anew=True)
    await _forward(house, it)
    [placed] = house.stub.orders.values()
    assert placed.client_id == "dbdrawn"


async def test_a_clock_that_has_drifted_is_learnt_and_the_order_signed_once_more(
    house: Setting,
) -> None:
    house.stub.refuse(PlaceOrder, NotProven("stale_stamp"))
    heard = await _forward(house, _forwarding(house, _order(house)))
    assert heard.error is None
    assert house.stub.count(PlaceOrder) == 2
    assert len(house.stub.orders) == 1


async def test_what_nobody_here_can_read_goes_through_when_it_only_reads(house: Setting) -> None:
    it = _forwarding(house, GetBalances(), purpose=Purpose.READ)
    heard = await _forward(house, replace(it, operation=None))
    assert heard.answer.status == 200
    assert house.stub.count(GetBalances) == 1


async def test_an_answer_keeps_its_own_headers_and_none_of_the_connection(house: Setting) -> None:
    heard = await _forward(house, _forwarding(house, GetBalances(), purpose=Purpose.READ))
    names = {name for name, _ in heard.answer.headers}
    assert b"content-type" in names
    assert names.isdisjoint({b"content-length", b"connection", b"set-cookie"})


async def test_many_who_ask_the_same_are_answered_by_one_question(house: Setting) -> None:
    markets = house.exchange.card.markets()
    request = house.exchange.codec.encode_request(GetTickers((house.symbol,)), markets)
    endpoint = house.exchange.endpoints.classify(request)
    relay = house.gateway.relay
    for _ in range(3):
        answer = await relay.ask(house.exchange.id, "paper", endpoint, request)
        assert answer.status == 200
    assert len(house.stub.seen) == 1
    house.clock.advance(501)
    await relay.ask(house.exchange.id, "paper", endpoint, request)
    assert len(house.stub.seen) == 2


async def test_what_needs_a_key_is_not_relayed(house: Setting) -> None:
    request = _written(house, GetBalances())
    endpoint = house.exchange.endpoints.classify(request)
    with pytest.raises(Forbidden, match="scope_never_allowed"):
        await house.gateway.relay.ask(house.exchange.id, "paper", endpoint, request)
    assert house.stub.seen == []
