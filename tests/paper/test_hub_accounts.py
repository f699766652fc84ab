"""What happens to accounts, over streams: to whom, in which order, by which right, until when."""

from dataclasses import replace
from decimal import Decimal

import pytest

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.operations import (
    GetBalances,
    GetStreamToken,
    PlaceOrder,
    Scope,
)
from drawbridge.core.orders import OrderStatus, OrderType, Side
from drawbridge.core.streams import (
    BalancesTold,
    OrderTold,
)
from drawbridge.wire.stream import Ask, LogIn, Subscribe
from tests.kit.streams import StreamBench
from tests.paper.scripts import (
    BALANCES,
    FAR,
    ORDERS,
    TAKE,
    TICKER,
    Scripts,
    do,
    join,
    log_in,
    told,
)


async def test_an_order_is_told_step_by_step_as_it_stood_then(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    await log_in(bench, connection, script)
    await do(connection, script, Subscribe(ORDERS))
    await told(bench, script, 1)
    placed = await bench.ask(TAKE)
    await told(bench, script, 2 + len(placed.fills))
    events = [event for event in script.of(OrderTold) if isinstance(event, OrderTold)]
    assert (events[0].order.status, events[0].order.filled) == (OrderStatus.OPEN, Decimal(0))
    assert events[0].fill is None
    filled = [event.order.filled for event in events[1:]]
    assert filled == sorted(filled)
    assert events[-1].order.status is OrderStatus.FILLED
    assert [event.fill for event in events[1:] if event.fill is not None] == [
        replace(fill, client_id=events[0].order.client_id) for fill in placed.fills
    ]


async def test_balances_are_told_with_how_much_they_changed(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    await log_in(bench, connection, script)
    before = {it.currency: it for it in await bench.ask(GetBalances())}
    await do(connection, script, Subscribe(BALANCES))
    await told(bench, script, 1)
    await bench.ask(TAKE)
    await bench.ask(FAR)
    await told(bench, script, 3)
    after = {it.currency: it for it in await bench.ask(GetBalances())}
    changes: dict[str, Decimal] = {}
    for event in script.of(BalancesTold)[1:]:
        assert isinstance(event, BalancesTold)
        for balance, change in zip(event.balances, event.changes, strict=True):
            changes[balance.currency] = changes.get(balance.currency, Decimal(0)) + change
    assert changes["BTC"] == after["BTC"].total - before["BTC"].total > 0
    assert changes["USDT"] == after["USDT"].total - before["USDT"].total < 0


async def test_one_wallet_is_told_of_at_every_exchange_and_orders_where_they_are(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    await log_in(bench, connection, script)
    await do(connection, script, Subscribe(BALANCES), Subscribe(ORDERS))
    await told(bench, script, 2)
    elsewhere = PlaceOrder("BTC/USD", Side.BUY, OrderType.MARKET, Decimal("0.01"))
    bench.world.carry_out("kraken", "ada", elsewhere, bench.clock.now_ms())
    await told(bench, script, 3)
    assert not script.of(OrderTold)
    assert len(script.of(BalancesTold)) > 1


async def test_nobody_hears_of_another_account(bench: StreamBench, scripts: Scripts) -> None:
    connection, script = await join(bench, scripts)
    await log_in(bench, connection, script)
    await do(connection, script, Subscribe(ORDERS), Subscribe(BALANCES))
    await told(bench, script, 2)
    await bench.new_key("bob")
    await bench.ask(TAKE)
    mine, heard = await join(bench, scripts)
    await log_in(bench, mine, heard)
    await do(mine, heard, Subscribe(BALANCES))
    await told(bench, heard, 1)
    await bench.ask(TAKE)
    await told(bench, heard, 2)
    assert len(script.told) == 2


async def test_a_connection_speaks_for_one_account_only(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    await log_in(bench, connection, script)
    await bench.new_key("bob")
    await do(connection, script, LogIn("other", token=await bench.token()))
    assert script.heard[-1] == ("refused", "other", "bad_key")
    assert connection.key is not None
    assert connection.key.account == "ada"


async def test_a_key_that_may_not_read_follows_nothing_private(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    await log_in(bench, connection, script)
    assert connection.key is not None
    connection.key.switches = frozenset({"enableSpotAndMarginTrading"})
    await do(connection, script, Subscribe(BALANCES, "all"), Subscribe(ORDERS, "own"))
    assert [heard[:2] for heard in script.heard[-2:]] == [("refused", "all"), ("refused", "own")]


@pytest.mark.parametrize("how", ["disable", "delete"])
async def test_a_key_that_is_taken_back_ends_its_connections_within_a_second(
    bench: StreamBench, scripts: Scripts, how: str
) -> None:
    connection, script = await join(bench, scripts)
    await log_in(bench, connection, script)
    other, _ = await join(bench, scripts)
    await getattr(bench.world.keys, how)("ada", bench.exchange.id, bench.credential.key)
    await bench.step(4)
    assert connection.outgoing.is_closed
    assert not other.outgoing.is_closed


async def test_a_key_that_has_expired_ends_its_connections(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    await log_in(bench, connection, script)
    assert connection.key is not None
    connection.key.expires_ms = bench.clock.now_ms() + 500
    await bench.step(1)
    assert not connection.outgoing.is_closed
    await bench.step(2)
    assert connection.outgoing.is_closed


async def test_a_token_opens_until_it_ends_or_its_time_is_over(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    token = await bench.token()
    await do(connection, script, LogIn(1, token=token))
    await bench.ask(GetStreamToken(token, ends=True))
    await do(connection, script, LogIn(2, token=token), LogIn(3, token="no such token"))
    lasting = await bench.token()
    bench.clock.advance(50 * MINUTE_MS)
    await bench.ask(GetStreamToken(lasting))
    bench.clock.advance(50 * MINUTE_MS)
    await do(connection, script, LogIn(4, token=lasting))
    bench.clock.advance(11 * MINUTE_MS)
    await do(connection, script, LogIn(5, token=lasting))
    assert [heard[:2] for heard in script.heard] == [
        ("logged in", 1),
        ("refused", 2),
        ("refused", 3),
        ("logged in", 4),
        ("refused", 5),
    ]


async def test_a_question_over_a_stream_needs_the_same_right_as_over_rest(
    bench: StreamBench, scripts: Scripts
) -> None:
    connection, script = await join(bench, scripts)
    await do(connection, script, Ask("who", "ws_account", GetBalances()))
    await bench.new_key("ada", scopes=frozenset({Scope.READ}))
    await log_in(bench, connection, script)
    await do(
        connection,
        script,
        Ask("mine", "ws_account", GetBalances()),
        Ask("buy", "ws_order_place", FAR),
        Ask("what", "no_such_row", FAR),
        Ask("not carried out", "ws_order_list_oco", FAR),
    )
    assert script.heard[0] == ("refused", "who", "bad_key")
    assert script.heard[2][:2] == ("answered", "mine")
    assert [heard[:2] for heard in script.heard[3:]] == [
        ("refused", "buy"),
        ("refused", "what"),
        ("refused", "not carried out"),
    ]


async def test_who_has_left_is_told_nothing_more(bench: StreamBench, scripts: Scripts) -> None:
    connection, script = await join(bench, scripts)
    await log_in(bench, connection, script)
    await do(connection, script, Subscribe(TICKER), Subscribe(BALANCES))
    await told(bench, script, 2)
    bench.hub.close(connection)
    await bench.ask(TAKE)
    await bench.step(8)
    await bench.world.durable()
    assert len(script.told) == 2
