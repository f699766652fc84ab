"""Gate's streams beyond the contract: signatures, orders over the socket, refusals."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.errors import NotProven
from drawbridge.core.secret import Secret
from drawbridge.core.streams import Topic, TopicKind
from drawbridge.exchanges.gate import dialect, stream
from drawbridge.paper.streaming import Connection
from drawbridge.wire.dialect import Credential
from drawbridge.wire.stream import LogIn, Opening, Send, Session, Subscribe
from tests.kit.streams import StreamBench, stream_bench

NOW_MS = 1_700_000_000_000
SECRET = Secret("0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0")
CREDENTIAL = Credential("a1b2c3d4e5f60718293a4b5c6d7e8f90", dialect.signer(SECRET))
# The dossier's vectors, made by ccxt.pro 4.5.90.
SIGNED = {
    "spot.orders": "7283881eb2f50f02556e013b89ce613588a1c88b81aca6002c7642466e84f0ef"
    "36cc745d0536d0cb134c816b4eee82882a36f072ccb276dee420ee2ad1b8ccd1",
    "spot.balances": "d8a134160eaff240c3487be58ea81d72bd1eab78c5692af131ba584e2c19b438"
    "6c86e9e400e4ff737fc8f4f97ef1b8cd4981a1e9ef5411a9d2880eb5c073171a",
}
LOG_IN = (
    "82b06a409992bbb6c6c4f2217db70f194e4649dfac16c2b57eb83eb6d9e609b4"
    "bf025dfcc3b5669aaf0d9c7a509fb4ec6908b4ee11d8f5b3bfc6c9fd59334a44"
)
MARKETS = get_exchange("gate").card.markets()


def open_session() -> Session:
    errors = get_exchange("gate").errors
    session = stream.open_session(Opening(b"/ws/v4/", b"", (), MARKETS, NOW_MS, errors))
    assert session is not None
    return session


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[StreamBench]:
    async with stream_bench(tmp_path, get_exchange("gate")) as it:
        yield it


def test_private_subscriptions_are_signed_as_ccxt_signs_them() -> None:
    topics = [Topic(TopicKind.ORDERS), Topic(TopicKind.BALANCES)]
    frames = stream.subscribe_signed(topics, MARKETS, 1, CREDENTIAL, "1700000000")
    signed = {row["channel"]: row["auth"]["SIGN"] for row in map(orjson.loads, frames)}
    assert {name: signed[name] for name in SIGNED} == SIGNED


def test_a_log_in_of_ccxts_is_proven() -> None:
    payload = {
        "req_id": "authenticated",
        "timestamp": "1700000000",
        "api_key": CREDENTIAL.key,
        "signature": LOG_IN,
        "req_param": {},
    }
    frame = {"id": "authenticated", "time": 1_700_000_000, "channel": "spot.login"}
    text = orjson.dumps({**frame, "event": "api", "payload": payload}).decode()
    (effect,) = open_session().receive(text, NOW_MS)
    assert isinstance(effect, LogIn)
    assert effect.proof is not None
    claim = effect.proof.claim
    assert (claim.key, claim.stamp) == (CREDENTIAL.key, "1700000000")
    dialect.verifier(SECRET).verify(effect.proof.payload, claim.signature)


def test_parameters_that_stand_twice_are_not_signed_as_one_and_read_as_the_other() -> None:
    payload = (
        '{"req_id":"1","timestamp":"1700000000","api_key":"k","signature":"00",'
        '"req_param":{"order_id":"1"},"req_param":{"order_id":"2","currency_pair":"BTC_USDT"}}'
    )
    frame = f'{{"id":1,"channel":"spot.order_cancel","event":"api","payload":{payload}}}'
    (effect,) = open_session().receive(frame, NOW_MS)
    assert isinstance(effect, Send)
    assert orjson.loads(effect.frame)["data"]["errs"]["label"] == "INVALID_PARAM_VALUE"


@pytest.mark.parametrize(
    ("channel", "payload", "code"),
    [
        ("spot.nothing", ["BTC_USDT"], 2),
        ("spot.tickers", ["AAA_BBB"], 2),
        ("spot.tickers", [], 2),
        ("spot.candlesticks", ["10s", "BTC_USDT"], 2),
        ("spot.obu", ["ob.BTC_USDT.7"], 2),
        ("spot.orders", ["BTC_USDT"], 4),
    ],
)
def test_what_cannot_be_followed_is_refused_by_number(
    channel: str, payload: list[str], code: int
) -> None:
    frame = {"id": 3, "time": 1, "channel": channel, "event": "subscribe", "payload": payload}
    (effect,) = open_session().receive(orjson.dumps(frame), NOW_MS)
    assert isinstance(effect, Send)
    told = orjson.loads(effect.frame)
    assert (told["id"], told["error"]["code"]) == (3, code)
    assert told["result"] == {"status": "fail"}


def test_a_wrong_signature_has_a_number_of_its_own() -> None:
    session = open_session()
    (frame, *_) = stream.subscribe_signed(
        [Topic(TopicKind.BALANCES)], MARKETS, 9, CREDENTIAL, "1700000000"
    )
    (effect,) = session.receive(frame, NOW_MS)
    assert isinstance(effect, LogIn)
    (answer,) = session.refused(effect.ref, NotProven("bad_signature"), NOW_MS)
    assert isinstance(answer, Send)
    assert orjson.loads(answer.frame)["error"]["code"] == 4
    with pytest.raises(NotProven):
        stream.read_frame(answer.frame, MARKETS)


def test_a_ping_is_answered() -> None:
    (answer,) = open_session().receive('{"time":1,"channel":"spot.ping"}', NOW_MS)
    assert isinstance(answer, Send)
    assert orjson.loads(answer.frame)["channel"] == "spot.pong"


def test_two_channels_about_one_topic_are_left_one_by_one() -> None:
    session = open_session()
    for channel in ("spot.tickers", "spot.book_ticker"):
        effects = session.receive(asked(channel, "subscribe"), NOW_MS)
        assert isinstance(effects[-1], Subscribe)
    assert len(session.receive(asked("spot.tickers", "unsubscribe"), NOW_MS)) == 1
    assert len(session.receive(asked("spot.book_ticker", "unsubscribe"), NOW_MS)) == 2


def asked(channel: str, event: str) -> str:
    frame = {"id": 1, "time": 1, "channel": channel, "event": event, "payload": ["BTC_USDT"]}
    return orjson.dumps(frame).decode()


async def request(
    bench: StreamBench, connection: Connection, channel: str, told: dict[str, str]
) -> dict[str, Any]:
    """Ask for something, signed as ccxt does, and take the answer."""
    stamp = bench.stamp()
    signed = f"api\n{channel}\n{orjson.dumps(told).decode()}\n{stamp}".encode()
    payload = {
        "req_id": "7",
        "timestamp": stamp,
        "api_key": bench.credential.key,
        "signature": bench.credential.signer.sign(signed).decode(),
        "req_param": told,
    }
    frame = {"id": "7", "time": int(stamp), "channel": channel, "event": "api", "payload": payload}
    await connection.receive(orjson.dumps(frame).decode())
    (answer,) = await bench.take(connection)
    read: dict[str, Any] = orjson.loads(answer)
    assert read["request_id"] == "7"
    return read


ORDER = {
    "currency_pair": "BTC_USDT",
    "type": "limit",
    "account": "spot",
    "side": "buy",
    "amount": "0.01",
    "price": "20000",
    "text": "t-over-the-socket",
}


async def test_an_order_is_placed_asked_for_and_cancelled_over_the_socket(
    bench: StreamBench,
) -> None:
    connection = await bench.connect(b"/ws/v4/")
    placed = await request(bench, connection, "spot.order_place", ORDER)
    assert placed["header"]["status"] == "200"
    named = {"order_id": placed["data"]["result"]["id"], "currency_pair": "BTC_USDT"}
    known = await request(bench, connection, "spot.order_status", named)
    assert known["data"]["result"]["text"] == "t-over-the-socket"
    ended = await request(bench, connection, "spot.order_cancel", named)
    assert ended["data"]["result"]["finish_as"] == "cancelled"
    again = await request(bench, connection, "spot.order_cancel", named)
    assert again["data"]["errs"]["label"] == "ORDER_NOT_FOUND"
    assert again["header"]["status"] == "404"


async def test_all_orders_of_a_pair_are_cancelled_over_the_socket(bench: StreamBench) -> None:
    connection = await bench.connect(b"/ws/v4/")
    await request(bench, connection, "spot.order_place", ORDER)
    pair = {"currency_pair": "BTC_USDT", "account": "spot"}
    ended = await request(bench, connection, "spot.order_cancel_cp", pair)
    assert [row["status"] for row in ended["data"]["result"]] == ["cancelled"]


@pytest.mark.parametrize(
    ("changed", "label"),
    [
        ({"amount": "100"}, "BALANCE_NOT_ENOUGH"),
        ({"currency_pair": "AAA_BBB"}, "INVALID_CURRENCY_PAIR"),
        ({"price": ""}, "MISSING_REQUIRED_PARAM"),
        ({"account": "margin"}, "INVALID_PARAM_VALUE"),
    ],
)
async def test_a_wrong_order_is_refused_by_the_labels_of_rest(
    bench: StreamBench, changed: dict[str, str], label: str
) -> None:
    connection = await bench.connect(b"/ws/v4/")
    answer = await request(bench, connection, "spot.order_place", {**ORDER, **changed})
    assert answer["data"]["errs"]["label"] == label
