"""What only Poloniex's streams do: a log-in that is a channel, words for events, batches."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from drawbridge.catalogue.registry import credential_of, get_exchange
from drawbridge.core.errors import ExchangeRefused
from drawbridge.core.operations import GetOpenOrders, Scope
from drawbridge.core.secret import Secret
from drawbridge.core.streams import Topic, TopicKind
from drawbridge.exchanges.poloniex import stream
from drawbridge.paper.streaming import Connection
from tests.kit.streams import StreamBench, stream_bench

EXCHANGE = get_exchange("poloniex")
MARKETS = EXCHANGE.card.markets()
LIMIT = {
    "symbol": "BTC_USDT",
    "side": "BUY",
    "type": "LIMIT",
    "quantity": "0.01",
    "price": "20000",
}


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[StreamBench]:
    async with stream_bench(tmp_path, EXCHANGE) as it:
        yield it


async def told(bench: StreamBench, connection: Connection) -> list[Any]:
    return [orjson.loads(frame) for frame in await bench.take(connection)]


async def ask(bench: StreamBench, connection: Connection, document: object) -> list[Any]:
    await connection.receive(orjson.dumps(document).decode())
    return await told(bench, connection)


async def logged_in(bench: StreamBench) -> Connection:
    connection = await bench.connect(b"/ws/private")
    await connection.receive(stream.log_in(bench.credential, bench.stamp()))
    (welcome,) = await told(bench, connection)
    assert welcome == {"channel": "auth", "data": {"success": True, "ts": bench.clock.now_ms()}}
    return connection


def subscribe(channel: str, *symbols: str, event: str = "subscribe") -> dict[str, object]:
    return {"event": event, "channel": [channel], "symbols": list(symbols)}


# ----------------------------------------------------------------------------------- log-in
def test_a_log_in_is_signed_as_ccxt_signs_it() -> None:
    fields = {
        "api_key": Secret("TMS6HK1I-8VG0B8I2-T9XMY3NL-GAOHEXX9"),
        "api_secret": Secret(
            "5f1d7c93ab0e4d2f8c6b1a0975e3d2c14f6a8b7c9d0e1f2a3b4c5d6e7f8091a2"
            "b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2"
        ),
    }
    frame = orjson.loads(stream.log_in(credential_of(EXCHANGE, fields), "1700000000123"))
    assert (frame["event"], frame["channel"]) == ("subscribe", ["auth"])
    assert frame["params"] == {
        "key": "TMS6HK1I-8VG0B8I2-T9XMY3NL-GAOHEXX9",
        "signTimestamp": "1700000000123",
        "signature": "4miFHVY8CN5qbxReJF0MAnWm+KVvgbddsS333EvJ8s8=",
        "signatureMethod": "HmacSHA256",
        "signatureVersion": "2",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"signature": "AAAA"},
        {"key": "AAAAAAAA-AAAAAAAA-AAAAAAAA-AAAAAAAA"},
        {"signTimestamp": "1"},
        {"signTimestamp": "soon"},
        {"signatureMethod": "HmacSHA512"},
        {"key": None},
    ],
)
async def test_a_log_in_that_is_not_proven_is_refused_without_a_reason(
    bench: StreamBench, change: dict[str, object]
) -> None:
    connection = await bench.connect(b"/ws/private")
    frame = orjson.loads(stream.log_in(bench.credential, bench.stamp()))
    (refusal,) = await ask(bench, connection, {**frame, "params": frame["params"] | change})
    assert (refusal["channel"], refusal["data"]["success"]) == ("auth", False)
    assert connection.key is None
    with pytest.raises(ExchangeRefused, match="refused"):
        stream.read_frame(orjson.dumps(refusal), MARKETS)


async def test_nothing_private_is_followed_before_a_log_in(bench: StreamBench) -> None:
    connection = await bench.connect(b"/ws/private")
    (refusal,) = await ask(bench, connection, subscribe("orders", "all"))
    assert refusal == {"event": "error", "message": "User not authenticated"}
    request = {"id": "1", "event": "createOrder", "params": LIMIT}
    (refusal,) = await ask(bench, connection, request)
    assert (refusal["id"], refusal["event"]) == ("1", "error")


async def test_nobody_logs_in_where_only_markets_are_told(bench: StreamBench) -> None:
    connection = await bench.connect(b"/ws/public")
    frame = orjson.loads(stream.log_in(bench.credential, bench.stamp()))
    (refusal,) = await ask(bench, connection, frame)
    assert refusal["data"]["success"] is False
    (refusal,) = await ask(bench, connection, {"event": "createOrder", "params": LIMIT})
    assert refusal == {"event": "error", "message": "Bad request"}


# --------------------------------------------------------------------------------- channels
async def test_a_subscription_is_acknowledged_and_ended(bench: StreamBench) -> None:
    connection = await bench.connect(b"/ws/public")
    done, first = await ask(bench, connection, subscribe("ticker", "BTC_USDT"))
    assert done == {"channel": "ticker", "event": "subscribe", "symbols": ["BTC_USDT"]}
    assert first["data"][0]["symbol"] == "BTC_USDT"
    assert "bid" not in first["data"][0]
    wish = subscribe("ticker", "BTC_USDT", event="unsubscribe")
    (done,) = await ask(bench, connection, wish)
    assert done["event"] == "unsubscribe"
    await bench.step(9)
    assert await told(bench, connection) == []
    await ask(bench, connection, subscribe("trades", "all"))
    assert len(connection.topics) == len(MARKETS)
    await ask(bench, connection, {"event": "unsubscribe_all"})
    assert not connection.topics


@pytest.mark.parametrize(
    "wish",
    [
        subscribe("ticker"),
        subscribe("ticker", "AAA_BBB"),
        subscribe("no such channel", "BTC_USDT"),
        subscribe("orders", "all"),
        {**subscribe("book", "BTC_USDT"), "depth": 7},
        {"event": "subscribe", "channel": [], "symbols": ["BTC_USDT"]},
        {"event": "subscribe", "channel": "ticker", "symbols": "BTC_USDT"},
    ],
)
async def test_what_cannot_be_followed_is_an_error(
    bench: StreamBench, wish: dict[str, object]
) -> None:
    connection = await bench.connect(b"/ws/public")
    (refusal,) = await ask(bench, connection, wish)
    assert refusal == {"event": "error", "message": "Subscription failed"}
    assert not connection.topics


async def test_a_book_begins_whole_and_its_changes_are_chained(bench: StreamBench) -> None:
    connection = await bench.connect(b"/ws/public")
    _, whole = await ask(bench, connection, subscribe("book_lv2", "BTC_USDT"))
    assert whole["action"] == "snapshot"
    assert len(whole["data"][0]["bids"]) == 20
    last = whole["data"][0]["id"]
    await bench.step(20)
    changes = await told(bench, connection)
    assert len(changes) > 2
    for change in changes:
        assert (change["action"], change["data"][0]["lastId"]) == ("update", last)
        last = change["data"][0]["id"]


async def test_the_coarser_book_is_told_whole_every_time(bench: StreamBench) -> None:
    connection = await bench.connect(b"/ws/public")
    await ask(bench, connection, {**subscribe("book", "BTC_USDT"), "depth": 10})
    await bench.step(9)
    for frame in await told(bench, connection):
        assert "action" not in frame
        assert (len(frame["data"][0]["bids"]), len(frame["data"][0]["asks"])) == (10, 10)


async def test_pings_are_answered_and_silence_ends_the_connection(bench: StreamBench) -> None:
    connection = await bench.connect(b"/ws/public")
    assert await ask(bench, connection, {"event": "ping"}) == [{"event": "pong"}]
    await bench.step(110)
    assert not connection.outgoing.is_closed
    await ask(bench, connection, {"event": "ping"})
    await bench.step(110)
    assert not connection.outgoing.is_closed
    await bench.step(15)
    assert connection.outgoing.is_closed


@pytest.mark.parametrize("frame", ["", "{", "7", "[]", '{"event":7}', '{"event":"dance"}'])
async def test_garbage_is_answered_by_an_error(bench: StreamBench, frame: str) -> None:
    connection = await bench.connect(b"/ws/public")
    await connection.receive(frame)
    assert await told(bench, connection) == [{"event": "error", "message": "Bad request"}]


# ----------------------------------------------------------------------------------- orders
async def test_an_order_is_told_by_the_words_place_trade_and_canceled(bench: StreamBench) -> None:
    connection = await logged_in(bench)
    topics = (Topic(TopicKind.ORDERS), Topic(TopicKind.BALANCES))
    for frame in stream.subscribe(topics, MARKETS, 1):
        await connection.receive(frame)
    await told(bench, connection)
    request = {"id": "7", "event": "createOrder", "params": {**LIMIT, "clientOrderId": "mine"}}
    frames = await ask(bench, connection, request)
    await bench.wait_for(lambda: _has(bench, connection, frames, "place"))
    (answer,) = [frame for frame in frames if frame.get("id") == "7"]
    (row,) = answer["data"]
    assert (row["clientOrderId"], row["code"], row["message"]) == ("mine", 200, "")
    await ask(
        bench,
        connection,
        {"id": 8, "event": "cancelOrders", "params": {"orderIds": [row["orderId"]]}},
    )
    frames.clear()
    await bench.wait_for(lambda: _has(bench, connection, frames, "canceled"))
    buy = {"symbol": "BTC_USDT", "side": "BUY", "type": "MARKET", "amount": "1000"}
    await ask(bench, connection, {"id": "9", "event": "createOrder", "params": buy})
    frames.clear()
    await bench.wait_for(lambda: _has(bench, connection, frames, "trade"))


async def _has(bench: StreamBench, connection: Connection, frames: list[Any], word: str) -> bool:
    await bench.hub.step(bench.clock.now_ms())
    frames += await told(bench, connection)
    rows = [
        row for frame in frames if frame.get("channel") == "orders" for row in frame.get("data", ())
    ]
    return any(row["eventType"] == word for row in rows)


async def test_several_cancels_are_answered_together_each_with_its_own_number(
    bench: StreamBench,
) -> None:
    connection = await logged_in(bench)
    (placed,) = await ask(bench, connection, {"id": "1", "event": "createOrder", "params": LIMIT})
    number = placed["data"][0]["orderId"]
    params = {"orderIds": [str(number), "1"], "clientOrderIds": ["nobody's"[:6]]}
    (answer,) = await ask(bench, connection, {"id": "2", "event": "cancelOrders", "params": params})
    assert [(row["orderId"], row["code"]) for row in answer["data"]] == [
        (number, 200),
        (0, 21301),
        (0, 21301),
    ]
    for _ in range(2):
        await ask(bench, connection, {"id": "3", "event": "createOrder", "params": LIMIT})
    (answer,) = await ask(bench, connection, {"id": "4", "event": "cancelAllOrders", "params": {}})
    assert [row["code"] for row in answer["data"]] == [200, 200]
    assert await bench.ask(GetOpenOrders()) == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quantity": "500"}, 21709),
        ({"symbol": "AAA_BBB"}, 24101),
        ({"price": "20000.001"}, 21335),
        ({"quantity": "0.00001"}, 21322),
        ({"side": "SIDEWAYS"}, 601),
        ({"quantity": None}, 602),
        ({"allowBorrow": True}, 403),
    ],
)
async def test_a_refused_order_has_no_id_and_the_exchanges_number(
    bench: StreamBench, change: dict[str, object], code: int
) -> None:
    connection = await logged_in(bench)
    request = {"id": "1", "event": "createOrder", "params": LIMIT | change}
    (answer,) = await ask(bench, connection, request)
    (row,) = answer["data"]
    assert (row["orderId"], row["code"]) == (0, code)


async def test_who_only_reads_places_no_order(bench: StreamBench) -> None:
    await bench.new_key(scopes=frozenset({Scope.READ}))
    connection = await logged_in(bench)
    (answer,) = await ask(bench, connection, {"id": "1", "event": "createOrder", "params": LIMIT})
    assert answer["data"][0]["code"] == 403


async def test_a_request_that_cannot_be_read_is_an_error(bench: StreamBench) -> None:
    connection = await logged_in(bench)
    (refusal,) = await ask(bench, connection, {"event": "createOrder", "params": LIMIT})
    assert refusal == {"event": "error", "message": "Bad request"}
    (answer,) = await ask(bench, connection, {"id": "1", "event": "cancelOrders", "params": {}})
    assert answer["data"][0]["code"] == 601
