"""What only Bitfinex's streams do: channels and their numbers, flags, checksums, notifications."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zlib import crc32

import orjson
import pytest

from drawbridge.catalogue.registry import credential_of, get_exchange
from drawbridge.core.errors import ExchangeRefused, OutcomeUnknown
from drawbridge.core.markets import Level, OrderBook
from drawbridge.core.money import ZERO
from drawbridge.core.operations import GetOpenOrders, Scope
from drawbridge.core.secret import Secret
from drawbridge.core.streams import BookChange
from drawbridge.exchanges.bitfinex import stream
from drawbridge.paper.streaming import Connection
from tests.kit.streams import StreamBench, stream_bench

EXCHANGE = get_exchange("bitfinex")
MARKETS = EXCHANGE.card.markets()
CHECKSUM, SEQUENCE, TIMESTAMP, AMOUNTS_AS_TEXT = 131_072, 65_536, 32_768, 8


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[StreamBench]:
    async with stream_bench(tmp_path, EXCHANGE) as it:
        yield it


async def told(bench: StreamBench, connection: Connection) -> list[Any]:
    return [orjson.loads(frame) for frame in await bench.take(connection)]


async def ask(bench: StreamBench, connection: Connection, document: object) -> list[Any]:
    await connection.receive(orjson.dumps(document).decode())
    return await told(bench, connection)


async def opened(bench: StreamBench) -> Connection:
    connection = await bench.connect(b"/ws/2")
    (greeting,) = await told(bench, connection)
    assert (greeting["event"], greeting["version"]) == ("info", 2)
    assert greeting["platform"] == {"status": 1}
    return connection


async def logged_in(bench: StreamBench) -> Connection:
    connection = await opened(bench)
    await connection.receive(stream.log_in(bench.credential, bench.stamp()))
    (welcome, *_) = await told(bench, connection)
    assert (welcome["event"], welcome["status"], welcome["chanId"]) == ("auth", "OK", 0)
    return connection


def book(channel: str = "book", **more: object) -> dict[str, object]:
    return {"event": "subscribe", "channel": channel, "symbol": "tBTCUSD", **more}


# --------------------------------------------------------------------------------- log-in
def test_a_log_in_is_signed_as_ccxt_signs_it() -> None:
    fields = {
        "api_key": Secret("drawbridge-test-key-bfx-0001"),
        "api_secret": Secret("drawbridge-test-secret-bfx-0001"),
    }
    frame = orjson.loads(stream.log_in(credential_of(EXCHANGE, fields), "1700000000000"))
    assert frame == {
        "event": "auth",
        "apiKey": "drawbridge-test-key-bfx-0001",
        "authPayload": "AUTH1700000000000",
        "authNonce": 1_700_000_000_000,
        "authSig": (
            "330e82b218a6de2cc36e295d274ea304ce635e6ebd913639a0d0b4343f85559d"
            "0f38f3c4410359ea2f520725db017b67"
        ),
    }


async def test_the_same_log_in_twice_is_refused_by_its_nonce(bench: StreamBench) -> None:
    frame = stream.log_in(bench.credential, bench.stamp())
    first, second = await opened(bench), await opened(bench)
    await first.receive(frame)
    await second.receive(frame)
    assert first.key is not None
    (refusal,) = await told(bench, second)
    assert (refusal["status"], refusal["code"], refusal["msg"]) == ("FAILED", 10114, "nonce: small")
    assert second.key is None


async def test_a_nonce_beside_the_one_that_is_signed_is_refused(bench: StreamBench) -> None:
    connection = await opened(bench)
    frame = orjson.loads(stream.log_in(bench.credential, bench.stamp()))
    (refusal,) = await ask(bench, connection, {**frame, "authNonce": frame["authNonce"] + 1})
    assert (refusal["status"], refusal["code"]) == ("FAILED", 10100)


async def test_the_welcome_tells_what_the_key_may_do(bench: StreamBench) -> None:
    await bench.new_key(scopes=frozenset({Scope.READ}))
    connection = await opened(bench)
    await connection.receive(stream.log_in(bench.credential, bench.stamp()))
    welcome = (await told(bench, connection))[0]
    assert welcome["caps"]["orders"] == {"read": 1, "write": 0}
    assert welcome["caps"]["withdraw"] == {"read": 0, "write": 0}


async def test_a_log_in_may_be_narrowed_to_wallets(bench: StreamBench) -> None:
    connection = await opened(bench)
    frame = orjson.loads(stream.log_in(bench.credential, bench.stamp()))
    await connection.receive(orjson.dumps({**frame, "filter": ["wallet"]}).decode())
    assert [topic.kind.value for topic in connection.topics] == ["balances"]


async def test_a_dead_mans_switch_that_is_not_kept_is_not_promised(bench: StreamBench) -> None:
    connection = await opened(bench)
    frame = orjson.loads(stream.log_in(bench.credential, bench.stamp()))
    (refusal,) = await ask(bench, connection, {**frame, "dms": 4})
    assert (refusal["status"], refusal["msg"]) == ("FAILED", "dms: invalid")


async def test_nobody_logs_in_twice_on_one_connection(bench: StreamBench) -> None:
    connection = await logged_in(bench)
    frame = orjson.loads(stream.log_in(bench.credential, bench.stamp()))
    (refusal,) = await ask(bench, connection, frame)
    assert (refusal["status"], refusal["msg"]) == ("FAILED", "auth: dup")


# -------------------------------------------------------------------------------- channels
async def test_a_channel_is_opened_under_a_number_and_closed_by_it(bench: StreamBench) -> None:
    connection = await opened(bench)
    done, snapshot = await ask(bench, connection, book("ticker"))
    number = done.pop("chanId")
    assert done == {
        "event": "subscribed",
        "channel": "ticker",
        "symbol": "tBTCUSD",
        "pair": "BTCUSD",
    }
    assert (snapshot[0], len(snapshot[1])) == (number, 10)
    (closed,) = await ask(bench, connection, {"event": "unsubscribe", "chanId": str(number)})
    assert closed == {"event": "unsubscribed", "status": "OK", "chanId": number}
    await bench.step(9)
    assert await told(bench, connection) == []


async def test_what_cannot_be_subscribed_to_is_an_error_with_its_name(bench: StreamBench) -> None:
    connection = await opened(bench)
    (unknown,) = await ask(bench, connection, {**book("ticker"), "symbol": "tAAABBB"})
    assert (unknown["event"], unknown["code"], unknown["msg"], unknown["symbol"]) == (
        "error",
        10300,
        "symbol: invalid",
        "tAAABBB",
    )
    await ask(bench, connection, book())
    (again,) = await ask(bench, connection, book())
    assert (again["code"], again["msg"]) == (10301, "subscribe: dup")
    for wrong in (book(prec="P9"), book(freq="F7"), book(len="13"), book("no such channel")):
        (refusal,) = await ask(bench, connection, wrong)
        assert (refusal["event"], refusal["code"]) == ("error", 10300)
    (never,) = await ask(bench, connection, {"event": "unsubscribe", "chanId": 7})
    assert never["code"] == 10400


async def test_there_are_25_channels_to_a_connection(bench: StreamBench) -> None:
    connection = await opened(bench)
    for number in range(25):
        await ask(bench, connection, book("ticker", subId=str(number)))
    (refusal,) = await ask(bench, connection, book("trades"))
    assert (refusal["code"], refusal["msg"]) == (10305, "subscribe: limit")


async def test_candles_begin_with_those_before(bench: StreamBench) -> None:
    connection = await opened(bench)
    wanted = {"event": "subscribe", "channel": "candles", "key": "trade:1m:tBTCUSD"}
    done, snapshot, *_ = await ask(bench, connection, wanted)
    assert done["key"] == "trade:1m:tBTCUSD"
    times = [row[0] for row in snapshot[1]]
    assert len(times) == 240
    assert times == sorted(times, reverse=True)


async def test_a_trade_is_told_at_once_and_once_more_when_settled(bench: StreamBench) -> None:
    connection = await opened(bench)
    _, snapshot = await ask(bench, connection, book("trades"))
    assert snapshot[1][0][1] > snapshot[1][-1][1]
    await bench.step(5)
    frames = await told(bench, connection)
    assert [frame[1] for frame in frames] == ["te", "tu"] * (len(frames) // 2)
    assert frames[0][2] == frames[1][2]


async def test_a_silent_channel_beats(bench: StreamBench) -> None:
    connection = await logged_in(bench)
    await bench.step(61)
    assert [0, "hb"] in await told(bench, connection)


# ---------------------------------------------------------------------------- flags and pings
async def test_pings_are_answered_with_their_number(bench: StreamBench) -> None:
    connection = await opened(bench)
    (pong,) = await ask(bench, connection, {"event": "ping", "cid": 7})
    assert pong == {"event": "pong", "ts": bench.clock.now_ms(), "cid": 7}


async def test_garbage_is_answered_by_an_error(bench: StreamBench) -> None:
    connection = await opened(bench)
    for frame in ("", "{", '{"event":"dance"}', '{"event":7}', "7", "[0]", '[0,"xx",null,{}]'):
        await connection.receive(frame)
        (refusal,) = await told(bench, connection)
        assert (refusal["event"], refusal["code"]) == ("error", 10000), frame
    (refusal,) = await ask(bench, connection, {"event": "conf", "flags": -1})
    assert refusal["msg"] == "flags: invalid"


async def test_a_book_comes_with_checksums_that_are_right(bench: StreamBench) -> None:
    connection = await opened(bench)
    (done,) = await ask(bench, connection, {"event": "conf", "flags": CHECKSUM})
    assert done == {"event": "conf", "status": "OK", "flags": CHECKSUM}
    _, snapshot = await ask(bench, connection, book(prec="P0", len="25"))
    rows = {(row[0], row[2] < 0): row for row in snapshot[1]}
    checked = 0
    for _ in range(5):
        await bench.step(4)
        checked += _follow(rows, await told(bench, connection))
    assert checked >= 4


def _follow(rows: dict[tuple[Any, bool], list[Any]], frames: list[Any]) -> int:
    """Carry out a book's changes, and compare its checksums; tell how many there were."""
    checked = 0
    for frame in frames:
        if frame[1] == "cs":
            checked += 1
            assert frame[2] == _checksum(rows)
            continue
        row = frame[1]
        rows.pop((row[0], row[2] < 0), None)
        if row[1]:
            rows[row[0], row[2] < 0] = row
    return checked


def _checksum(rows: dict[tuple[Any, bool], list[Any]]) -> int:
    bids = sorted((row for row in rows.values() if row[2] > 0), key=lambda row: -row[0])
    asks = sorted((row for row in rows.values() if row[2] < 0), key=lambda row: row[0])
    texts = []
    for bid, ask in zip(bids[:25], asks[:25], strict=True):
        texts += [f"{bid[0]}", f"{bid[2]}", f"{ask[0]}", f"{ask[2]}"]
    number = crc32(":".join(texts).encode())
    return number - 2**32 if number >= 2**31 else number


async def test_raw_books_name_orders_and_take_them_out_by_a_price_of_zero(
    bench: StreamBench,
) -> None:
    connection = await opened(bench)
    _, snapshot = await ask(bench, connection, book(prec="R0"))
    known = {row[0] for row in snapshot[1]}
    assert len(known) == 50
    await bench.step(12)
    for frame in await told(bench, connection):
        number, price, _ = frame[1]
        if price == 0:
            known.remove(number)
        else:
            known.add(number)
    assert len(known) == 50


async def test_a_coarser_book_sums_up_levels(bench: StreamBench) -> None:
    connection = await opened(bench)
    _, snapshot = await ask(bench, connection, book(prec="P2"))
    bids = [row for row in snapshot[1] if row[2] > 0]
    assert len(bids) >= 2
    assert all(row[0] % 100 == 0 for row in bids)


async def test_frames_are_numbered_timed_and_written_as_texts_where_wanted(
    bench: StreamBench,
) -> None:
    connection = await logged_in(bench)
    flags = SEQUENCE | TIMESTAMP | AMOUNTS_AS_TEXT
    await ask(bench, connection, {"event": "conf", "flags": flags})
    _, snapshot = await ask(bench, connection, book("ticker"))
    assert snapshot[2:] == [1, bench.clock.now_ms()]
    assert all(isinstance(value, str) for value in snapshot[1])
    wish = {"symbol": "tBTCUSD", "type": "EXCHANGE LIMIT", "amount": "0.01", "price": "20000"}
    frames = await ask(bench, connection, [0, "on", None, wish])
    assert next(frame[-3:-1] for frame in frames if frame[0] == 0) == [2, 1]


# ---------------------------------------------------------------------------------- orders
async def test_orders_are_placed_and_cancelled_over_the_socket(bench: StreamBench) -> None:
    connection = await logged_in(bench)
    wish = {
        "symbol": "tBTCUSD",
        "type": "EXCHANGE LIMIT",
        "amount": "0.01",
        "price": "20000",
        "cid": 123,
    }
    frames = await ask(bench, connection, [0, "on", None, wish])
    (note,) = [frame[2] for frame in frames if frame[1] == "n"]
    assert (note[1], note[6]) == ("on-req", "SUCCESS")
    number = note[4][0]
    assert (note[4][2], note[4][13]) == (123, "ACTIVE")
    assert [row.order_id for row in await bench.ask(GetOpenOrders())] == [str(number)]
    frames = await ask(bench, connection, [0, "oc", None, {"id": number}])
    (note,) = [frame[2] for frame in frames if frame[1] == "n"]
    assert (note[1], note[6], note[4][0]) == ("oc-req", "SUCCESS", number)
    await ask(bench, connection, [0, "on", None, wish])
    frames = await ask(bench, connection, [0, "oc_multi", None, {"all": 1}])
    (note,) = [frame[2] for frame in frames if frame[1] == "n"]
    assert (note[1], len(note[4])) == ("oc_multi-req", 1)
    assert await bench.ask(GetOpenOrders()) == ()


async def test_a_refused_order_is_a_notification_with_the_exchanges_words(
    bench: StreamBench,
) -> None:
    connection = await logged_in(bench)
    good = {"symbol": "tBTCUSD", "type": "EXCHANGE LIMIT", "amount": "0.01", "price": "20000"}
    refusals = {
        "Order not found.": ["oc", {"id": 139_658_999_999}],
        "Invalid order: not enough exchange balance": ["on", {**good, "amount": "500", "cid": 9}],
        "symbol: invalid": ["on", {**good, "symbol": "tAAABBB"}],
        "price: invalid": ["on", {**good, "price": "much"}],
        "ou: invalid": ["ou", {"id": 1, "price": "20001"}],
    }
    for words, (word, wish) in refusals.items():
        frames = await ask(bench, connection, [0, word, None, wish])
        (note,) = [frame[2] for frame in frames if frame[1] == "n"]
        assert (note[1], note[6], note[7]) == (f"{word}-req", "ERROR", words)


async def test_who_only_reads_places_no_order(bench: StreamBench) -> None:
    await bench.new_key(scopes=frozenset({Scope.READ}))
    connection = await logged_in(bench)
    wish = {"symbol": "tBTCUSD", "type": "EXCHANGE LIMIT", "amount": "0.01", "price": "20000"}
    frames = await ask(bench, connection, [0, "on", None, wish])
    (note,) = [frame[2] for frame in frames if frame[1] == "n"]
    assert (note[6], note[7]) == ("ERROR", "apikey: permission invalid")


async def test_who_has_not_logged_in_places_no_order(bench: StreamBench) -> None:
    connection = await opened(bench)
    (refusal,) = await ask(bench, connection, [0, "on", None, {"symbol": "tBTCUSD"}])
    assert (refusal["event"], refusal["msg"]) == ("error", "auth: needed")


# ----------------------------------------------------------------------------- our own side
def test_frames_of_a_market_are_read_by_who_heard_the_number() -> None:
    told_first = '{"event":"subscribed","channel":"book","chanId":7,"symbol":"tBTCUSD","len":"25"}'
    update = "[7,[20000,0,-1]]"
    with pytest.raises(OutcomeUnknown):
        stream.read_frame(update, MARKETS)
    read = stream.begin_reading()
    assert read(told_first, MARKETS) == ()
    (change,) = read(update, MARKETS)
    assert isinstance(change, BookChange)
    assert (change.bids, [level.quantity for level in change.asks]) == ((), [ZERO])
    (whole,) = read("[7,[[20000,2,0.5],[20001,1,-0.25]]]", MARKETS)
    assert isinstance(whole, OrderBook)
    assert [type(side[0]) for side in (whole.bids, whole.asks)] == [Level, Level]
    assert read('[7,"hb"]', MARKETS) == ()


@pytest.mark.parametrize(
    "frame",
    [
        '{"event":"error","code":10300,"msg":"symbol: invalid"}',
        '{"event":"auth","status":"FAILED","code":10100,"msg":"apikey: invalid"}',
    ],
)
def test_a_refusal_is_read_as_one(frame: str) -> None:
    with pytest.raises(ExchangeRefused, match="refused"):
        stream.read_frame(frame, MARKETS)
