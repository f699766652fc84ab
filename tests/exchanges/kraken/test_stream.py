"""What only Kraken's streams do: checksums over the digits sent, one token for all, envelopes."""

import json
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.markets import Level, OrderBook
from drawbridge.core.operations import CancelOrder, GetOpenOrders, Scope
from drawbridge.core.orders import Side
from drawbridge.core.streams import OrderTold
from drawbridge.exchanges.kraken.stream.writing import checksum
from drawbridge.paper.streaming import Connection
from drawbridge.wire.stream import LogIn
from tests.kit.streams import StreamBench, stream_bench

EXCHANGE = get_exchange("kraken")
MARKETS = EXCHANGE.card.markets()
BTC = MARKETS.get("BTC/USD")

# The worked example of docs.kraken.com, guide "Book checksum (WebSocket v2)".
ASKS = (
    ("45285.2", "0.00100000"),
    ("45286.4", "1.54571953"),
    ("45286.6", "1.54571109"),
    ("45289.6", "1.54560911"),
    ("45290.2", "0.15890660"),
    ("45291.8", "1.54553491"),
    ("45294.7", "0.04454749"),
    ("45296.1", "0.35380000"),
    ("45297.5", "0.09945542"),
    ("45299.5", "0.18772827"),
)
BIDS = (
    ("45283.5", "0.10000000"),
    ("45283.4", "1.54582015"),
    ("45282.1", "0.10000000"),
    ("45281.0", "0.10000000"),
    ("45280.3", "1.54592586"),
    ("45279.0", "0.07990000"),
    ("45277.6", "0.03310103"),
    ("45277.5", "0.30000000"),
    ("45277.3", "1.54602737"),
    ("45276.6", "0.15445238"),
)
CHECKSUM = 3_310_070_434


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[StreamBench]:
    async with stream_bench(tmp_path, EXCHANGE) as it:
        yield it


async def ask(connection: Connection, **request: Any) -> None:  # noqa: ANN401  as JSON has it
    await connection.receive(json.dumps(request))


async def told(bench: StreamBench, connection: Connection) -> list[dict[str, Any]]:
    """Take all messages, numbers as the texts that they were written as."""
    frames = await bench.take(connection)
    return [json.loads(frame, parse_float=str) for frame in frames]


async def subscribe(connection: Connection, **params: Any) -> None:  # noqa: ANN401  as JSON has it
    await ask(connection, method="subscribe", params=params, req_id=7)


def test_the_checksum_is_that_of_the_documents() -> None:
    levels = [
        tuple(Level(Decimal(price), Decimal(quantity)) for price, quantity in side)
        for side in (BIDS, ASKS)
    ]
    assert checksum(OrderBook("BTC/USD", 0, 0, levels[0], levels[1]), BTC) == CHECKSUM


async def test_every_checksum_sent_is_that_of_the_digits_sent(bench: StreamBench) -> None:
    connection = await bench.connect(b"/v2")
    await subscribe(connection, channel="book", symbol=["BTC/USD"], depth=10)
    sides: dict[str, dict[str, str]] = {"bids": {}, "asks": {}}
    checked = 0
    for _ in range(6):
        for message in await told(bench, connection):
            if message.get("channel") != "book":
                continue
            (row,) = message["data"]
            for name, side in sides.items():
                side |= {level["price"]: level["qty"] for level in row[name]}
                side_left = {price: qty for price, qty in side.items() if float(qty)}
                best = sorted(side_left, key=float, reverse=name == "bids")[:10]
                sides[name] = {price: side_left[price] for price in best}
            assert row["checksum"] == _sum(sides)
            checked += 1
        await bench.step(4)
    assert checked > 4


def _sum(sides: dict[str, dict[str, str]]) -> int:
    best = [
        *sorted(sides["asks"].items(), key=lambda it: float(it[0])),
        *sorted(sides["bids"].items(), key=lambda it: -float(it[0])),
    ]
    digits = "".join(
        text.replace(".", "").lstrip("0") for price, qty in best for text in (price, qty)
    )
    return zlib.crc32(digits.encode())


async def test_the_exchange_greets_answers_pings_and_gives_signs_of_life(
    bench: StreamBench,
) -> None:
    connection = await bench.connect(b"/v2")
    (status,) = await told(bench, connection)
    assert (status["channel"], status["data"][0]["system"]) == ("status", "online")
    await ask(connection, method="ping", req_id=5)
    (pong,) = await told(bench, connection)
    assert (pong["method"], pong["req_id"]) == ("pong", 5)
    await bench.step(8)
    assert await told(bench, connection) == []


async def test_where_nothing_happens_a_heartbeat_is_told_about_once_a_second(
    bench: StreamBench,
) -> None:
    connection, token = await private(bench)
    await subscribe(connection, channel="executions", token=token)
    await until(bench, connection, 1)
    await bench.step(12)
    assert await told(bench, connection) == [{"channel": "heartbeat"}] * 3


async def test_a_subscription_is_answered_pair_by_pair_before_its_snapshot(
    bench: StreamBench,
) -> None:
    connection = await bench.connect(b"/v2")
    await bench.take(connection)
    await subscribe(connection, channel="ticker", symbol=["BTC/USD", "NO/SUCH", "ETH/USD"])
    messages = await told(bench, connection)
    answers = [it for it in messages if it.get("method") == "subscribe"]
    assert [it["success"] for it in answers] == [True, False, True]
    assert answers[1]["error"] == "Currency pair not supported NO/SUCH"
    assert [it["type"] for it in messages if it.get("channel") == "ticker"] == ["snapshot"] * 2
    await subscribe(connection, channel="ticker", symbol=["BTC/USD"])
    assert (await told(bench, connection))[0]["error"] == "Already subscribed"
    await ask(connection, method="unsubscribe", params={"channel": "ticker", "symbol": ["BTC/USD"]})
    assert (await told(bench, connection))[0]["success"]


@pytest.mark.parametrize(
    "params",
    [
        {"channel": "book", "symbol": ["BTC/USD"], "depth": 11},
        {"channel": "ohlc", "symbol": ["BTC/USD"], "interval": 2},
        {"channel": "book", "symbol": "BTC/USD"},
        {"channel": "nothing", "symbol": ["BTC/USD"]},
        {"channel": ["book"], "symbol": ["BTC/USD"]},
    ],
)
async def test_what_no_channel_has_is_refused(bench: StreamBench, params: dict[str, Any]) -> None:
    connection = await bench.connect(b"/v2")
    await bench.take(connection)
    await subscribe(connection, **params)
    (answer,) = await told(bench, connection)
    assert not answer["success"]
    assert answer["error"].startswith("EGeneral:Invalid arguments")


async def private(bench: StreamBench) -> tuple[Connection, str]:
    connection = await bench.connect(b"/ws-auth/v2")
    await bench.take(connection)
    return connection, await bench.token()


async def test_the_public_connection_has_nothing_private(bench: StreamBench) -> None:
    connection = await bench.connect(b"/v2")
    await bench.take(connection)
    await subscribe(connection, channel="balances", token=await bench.token())
    (answer,) = await told(bench, connection)
    assert answer["error"] == "ESession:Invalid session"


async def test_the_host_name_of_the_real_exchange_makes_a_connection_private(
    bench: StreamBench,
) -> None:
    assert EXCHANGE.stream is not None
    for host, error in (("ws.kraken.com", "ESession"), ("ws-auth.kraken.com", "EAccount")):
        opening = replace(bench.opening(b"/v2"), headers=((b"host", host.encode()),))
        session = EXCHANGE.stream.open_session(opening)
        assert session is not None
        params = {"channel": "balances", "token": "a-token"}
        effects = session.receive(json.dumps({"method": "subscribe", "params": params}), 0)
        assert isinstance(effects[0], LogIn) == (error == "EAccount")


async def until(bench: StreamBench, connection: Connection, count: int) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []

    async def are_there() -> bool:
        messages.extend(await told(bench, connection))
        return len(messages) >= count

    await bench.wait_for(are_there)
    return messages


async def test_a_fill_is_told_as_a_trade_and_then_as_an_order(bench: StreamBench) -> None:
    connection, token = await private(bench)
    await subscribe(connection, channel="executions", token=token, snap_orders=True)
    answer, snapshot = await until(bench, connection, 2)
    assert answer["result"]["channel"] == "executions"
    assert (snapshot["type"], snapshot["data"], snapshot["sequence"]) == ("snapshot", [], 1)
    order = {"order_type": "market", "side": "buy", "symbol": "BTC/USD", "order_qty": 0.01}
    await ask(connection, method="add_order", params={**order, "token": token}, req_id=9)
    messages = await until(bench, connection, 4)
    placed = next(it for it in messages if it.get("method") == "add_order")
    assert placed["success"]
    executions = [it for it in messages if it.get("channel") == "executions"]
    assert [it["data"][0]["exec_type"] for it in executions] == ["new", "trade", "filled"]
    assert {it["data"][0]["order_id"] for it in executions} == {placed["result"]["order_id"]}
    assert [it["sequence"] for it in executions] == [2, 3, 4]


async def test_orders_are_placed_and_cancelled_by_one_token(bench: StreamBench) -> None:
    connection, token = await private(bench)
    order = {
        "order_type": "limit",
        "side": "buy",
        "symbol": "BTC/USD",
        "order_qty": 0.01,
        "limit_price": 20000,
        "post_only": True,
        "cl_ord_id": "my-order-1",
        "token": token,
    }
    await ask(connection, method="add_order", params=order, req_id=1)
    (placed,) = await told(bench, connection)
    assert placed["result"]["cl_ord_id"] == "my-order-1"
    (resting,) = await bench.ask(GetOpenOrders())
    assert (resting.side, resting.post_only) == (Side.BUY, True)
    wanted = {"order_id": [resting.order_id, "OQCLML-BW3P3-BUCMWZ"], "token": token}
    await ask(connection, method="cancel_order", params=wanted, req_id=2)
    done, unknown = await told(bench, connection)
    assert done["result"] == {"order_id": resting.order_id}
    assert unknown["error"] == "EOrder:Unknown order"
    assert await bench.ask(GetOpenOrders()) == ()
    # The token was needed once: the connection lives on after it has ended.
    bench.clock.advance(3_600_000)
    await ask(connection, method="cancel_all", params={"token": token}, req_id=3)
    assert (await told(bench, connection))[0]["result"] == {"count": 0}


@pytest.mark.parametrize(
    "more",
    [
        {"order_qty": "0"},
        {"margin": True},
        {"conditional": {"order_type": "stop-loss"}},
        {"display_qty": 1},
        {"cash_order_qty": 5},
        {"limit_price": -1},
        {"side": "hold"},
    ],
)
async def test_what_an_order_may_not_hold_is_refused_by_name(
    bench: StreamBench, more: dict[str, Any]
) -> None:
    connection, token = await private(bench)
    order = {
        "order_type": "limit",
        "side": "buy",
        "symbol": "BTC/USD",
        "order_qty": 0.01,
        "limit_price": 20000,
        "token": token,
        **more,
    }
    await ask(connection, method="add_order", params=order)
    (answer,) = await told(bench, connection)
    assert not answer["success"]
    assert await bench.ask(GetOpenOrders()) == ()


@pytest.mark.parametrize("limit", [None, "29000.5"])
async def test_an_order_that_waits_for_a_price_is_placed_and_told(
    bench: StreamBench, limit: str | None
) -> None:
    connection, token = await private(bench)
    await subscribe(connection, channel="executions", token=token)
    await until(bench, connection, 1)
    order = {
        "order_type": "stop-loss" if limit is None else "stop-loss-limit",
        "side": "sell",
        "symbol": "BTC/USD",
        "order_qty": 0.01,
        "triggers": {"price": 30000, "reference": "last"},
        "token": token,
    }
    if limit is not None:
        order["limit_price"] = float(limit)
    await ask(connection, method="add_order", params=order)
    messages = await until(bench, connection, 2)
    (row,) = next(it["data"] for it in messages if it.get("channel") == "executions")
    assert (row["order_type"], row["order_status"]) == (order["order_type"], "new")
    assert row["triggers"]["status"] == "untriggered"
    (waiting,) = await bench.ask(GetOpenOrders())
    assert waiting.trigger is not None
    assert (waiting.trigger.price, waiting.price) == (
        Decimal(30_000),
        None if limit is None else Decimal(limit),
    )
    message = json.dumps({"channel": "executions", "type": "update", "data": [row]})
    told_of = next(
        event.order
        for event in bench.stream.read_frame(message, MARKETS)
        if isinstance(event, OrderTold)
    )
    assert (told_of.trigger, told_of.type, told_of.price) == (
        waiting.trigger,
        waiting.type,
        waiting.price,
    )


async def test_a_token_is_good_for_what_its_key_may(bench: StreamBench) -> None:
    await bench.new_key(scopes=frozenset({Scope.READ}))
    connection, token = await private(bench)
    order = {"order_type": "market", "side": "buy", "symbol": "BTC/USD", "order_qty": 0.01}
    await ask(connection, method="add_order", params={**order, "token": token})
    (answer,) = await told(bench, connection)
    assert answer["error"] == "EAccount:Invalid permissions"


async def test_holding_money_is_not_told_and_spending_it_is(bench: StreamBench) -> None:
    connection, token = await private(bench)
    await subscribe(connection, channel="balances", token=token)
    _, snapshot = await until(bench, connection, 2)
    assert {row["asset"] for row in snapshot["data"]} >= {"BTC", "USD"}
    resting = {
        "order_type": "limit",
        "side": "buy",
        "symbol": "BTC/USD",
        "order_qty": 0.01,
        "limit_price": 20000,
        "token": token,
    }
    await ask(connection, method="add_order", params=resting)
    (placed,) = await until(bench, connection, 1)
    await bench.ask(CancelOrder("BTC/USD", placed["result"]["order_id"]))
    market = {"order_type": "market", "side": "buy", "symbol": "BTC/USD", "order_qty": 0.01}
    await ask(connection, method="add_order", params={**market, "token": token})
    messages = await until(bench, connection, 2)
    ledger = [it for it in messages if it.get("channel") == "balances"]
    assert {row["asset"] for it in ledger for row in it["data"]} == {"BTC", "USD"}
    assert [it["sequence"] for it in ledger] == list(range(2, 2 + len(ledger)))
