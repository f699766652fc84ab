"""What only Binance's streams do: names, the WebSocket API, listen keys that are no more."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.operations import GetOpenOrders, GetStreamToken, Scope
from drawbridge.core.secret import Secret
from drawbridge.exchanges.binance.stream.methods import read_proof, read_texts
from drawbridge.paper.accounts import KeyWish, switches_for
from drawbridge.paper.streaming import Connection
from drawbridge.wire.algorithms import Hmac, hexadecimal
from drawbridge.wire.dialect import Credential
from tests.kit.streams import StreamBench, stream_bench

EXCHANGE = get_exchange("binance")
SECRET = "drawbridge-test-secret-binance-0001"
KEY = "drawbridge-test-key-binance-0001"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[StreamBench]:
    async with stream_bench(tmp_path, EXCHANGE) as it:
        yield it


async def say(connection: Connection, **request: Any) -> None:  # noqa: ANN401  as JSON has it
    await connection.receive(json.dumps(request))


async def told(bench: StreamBench, connection: Connection) -> list[Any]:
    return [json.loads(frame) for frame in await bench.take(connection)]


async def asked(bench: StreamBench, connection: Connection, method: str, **params: Any) -> Any:  # noqa: ANN401  as JSON has it
    """Ask the WebSocket API and give its answer; events that came with it are left out."""
    await say(connection, id="x", method=method, params=params)
    (answer,) = [it for it in await told(bench, connection) if it.get("id") == "x"]
    return answer


def signed(bench: StreamBench, **params: Any) -> dict[str, Any]:  # noqa: ANN401  as JSON has it
    """Sign parameters as the exchange wants them: all of them, sorted by name."""
    credential = bench.credential
    wanted = {"apiKey": credential.key, "timestamp": bench.clock.now_ms(), **params}
    texts = read_texts(wanted)
    text = "&".join(f"{name}={value}" for name, value in sorted(texts.items()))
    return {**wanted, "signature": credential.signer.sign(text.encode()).decode()}


@pytest.mark.parametrize(
    ("params", "signature"),
    [
        (
            {"apiKey": KEY, "recvWindow": 10_000, "timestamp": 1_700_000_000_000},
            "75cb2db50617706abea247867c19e5de2838f27fdf128db32e7b69c7dfeec112",
        ),
        (
            {
                "symbol": "BTCUSDT",
                "side": "BUY",
                "type": "LIMIT",
                "quantity": "0.00100",
                "price": "20000.00",
                "timeInForce": "GTC",
                "newClientOrderId": "x-TKT5PX2F0000000000000001",
                "newOrderRespType": "FULL",
                "returnRateLimits": False,
                "apiKey": KEY,
                "recvWindow": 10_000,
                "timestamp": 1_700_000_000_000,
            },
            "c39238661fcf207ff82a97c8568d9bd58098bf91a132a523266e67ee48fae1be",
        ),
    ],
)
def test_what_is_signed_are_the_parameters_in_order_of_their_names(
    params: dict[str, Any], signature: str
) -> None:
    proof = read_proof(read_texts({**params, "signature": signature}))
    Hmac(SECRET.encode(), "sha256", hexadecimal).verify(proof.payload, proof.claim.signature)
    assert (proof.claim.key, proof.claim.stamp) == (KEY, "1700000000000")
    assert proof.claim.window_ms == 10_000


@pytest.mark.parametrize(
    ("path", "wrapped"),
    [
        (b"/ws/btcusdt@trade", False),
        (b"/stream?streams=btcusdt@trade/ethusdt@ticker", True),
        (b"/stream/ws/btcusdt@trade", False),
    ],
)
async def test_the_address_itself_subscribes(
    bench: StreamBench, path: bytes, *, wrapped: bool
) -> None:
    connection = await bench.connect(path)
    await bench.step(5)
    messages = await told(bench, connection)
    trades = [it["data"] if wrapped else it for it in messages if "ticker" not in str(it)]
    assert {it["e"] for it in trades} == {"trade"}
    assert all(("stream" in it) == wrapped for it in messages)


async def test_subscriptions_are_listed_and_taken_back(bench: StreamBench) -> None:
    connection = await bench.connect(b"/ws/0")
    names = ["btcusdt@depth@100ms", "btcusdt@kline_1m", "btcusdt@bookTicker", "btcusdt@miniTicker"]
    await say(connection, method="SUBSCRIBE", params=[*names, "nosuch@trade"], id=1)
    messages = await told(bench, connection)
    assert messages[0] == {"result": None, "id": 1}
    await say(connection, method="LIST_SUBSCRIPTIONS", id="two")
    assert await told(bench, connection) == [{"result": names, "id": "two"}]
    # Two of them are about one topic: it is followed until nobody is left.
    await say(connection, method="UNSUBSCRIBE", params=names[:3], id=3)
    await told(bench, connection)
    await bench.step(8)
    assert {it["e"] for it in await told(bench, connection)} == {"24hrMiniTicker"}
    await say(connection, method="UNSUBSCRIBE", params=names[3:], id=4)
    await told(bench, connection)
    await bench.step(8)
    assert await told(bench, connection) == []
    assert not connection.topics


async def test_all_pairs_are_told_in_lists(bench: StreamBench) -> None:
    connection = await bench.connect(b"/ws/!miniTicker@arr")
    await bench.step(5)
    messages = await told(bench, connection)
    assert all(isinstance(it, list) for it in messages)
    assert {row["s"] for it in messages for row in it} == {
        "BTCUSDT",
        "ETHUSDT",
        "ETHBTC",
        "XRPUSDT",
        "SOLUSDT",
    }


async def test_a_few_levels_are_told_whole_each_time(bench: StreamBench) -> None:
    connection = await bench.connect(b"/ws/btcusdt@depth5")
    await bench.step(5)
    messages = await told(bench, connection)
    assert len(messages) > 1
    assert all(len(it["bids"]) == len(it["asks"]) == 5 for it in messages)


async def test_aggregated_trades_and_averages_have_names_of_their_own(bench: StreamBench) -> None:
    connection = await bench.connect(b"/ws/btcusdt@aggTrade/btcusdt@avgPrice")
    await bench.step(5)
    kinds = {it["e"]: it for it in await told(bench, connection)}
    assert set(kinds) == {"aggTrade", "avgPrice"}
    assert kinds["aggTrade"]["a"] == kinds["aggTrade"]["f"]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("no json", 3),
        ("[1]", 3),
        ('{"method":"SUBSCRIBE","params":"btcusdt@trade","id":1}', 2),
        ('{"method":"SUBSCRIBE","params":[1],"id":1}', 2),
        ('{"method":"DANCE","id":1}', 2),
        ('{"method":"LIST_SUBSCRIPTIONS","id":{}}', 2),
        ('{"method":"SET_PROPERTY","params":["combined","yes"],"id":1}', 2),
    ],
)
async def test_frames_that_say_nothing_are_refused(
    bench: StreamBench, frame: str, code: int
) -> None:
    connection = await bench.connect(b"/ws")
    await connection.receive(frame)
    (answer,) = await told(bench, connection)
    assert answer["error"]["code"] == code


async def test_events_are_wrapped_where_that_is_wished(bench: StreamBench) -> None:
    connection = await bench.connect(b"/ws/btcusdt@ticker")
    await say(connection, method="SET_PROPERTY", params=["combined", True], id=1)
    await say(connection, method="GET_PROPERTY", params=["combined"], id=2)
    messages = await told(bench, connection)
    assert messages[-1] == {"result": True, "id": 2}
    await bench.step(5)
    assert all(it["stream"] == "btcusdt@ticker" for it in await told(bench, connection))


async def test_public_requests_are_answered_as_over_rest(bench: StreamBench) -> None:
    connection = await bench.connect(b"/ws-api/v3")
    assert (await asked(bench, connection, "ping"))["result"] == {}
    assert (await asked(bench, connection, "time"))["result"]["serverTime"] == bench.clock.now_ms()
    depth = await asked(bench, connection, "depth", symbol="BTCUSDT", limit=5)
    assert len(depth["result"]["bids"]) == 5
    book = await asked(bench, connection, "ticker.book", symbol="BTCUSDT")
    assert set(book["result"]) == {"symbol", "bidPrice", "bidQty", "askPrice", "askQty"}
    two = await asked(bench, connection, "ticker.price", symbols=["BTCUSDT", "ETHUSDT"])
    assert [row["symbol"] for row in two["result"]] == ["BTCUSDT", "ETHUSDT"]


ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01000",
    "price": "20000.00",
}


async def test_an_order_is_placed_found_and_cancelled(bench: StreamBench) -> None:
    connection = await bench.connect(b"/ws-api/v3")
    test = await asked(bench, connection, "order.test", **signed(bench, **ORDER))
    assert (test["status"], test["result"]) == (200, {})
    placed = await asked(bench, connection, "order.place", **signed(bench, **ORDER))
    assert placed["result"]["status"] == "NEW"
    which = {"symbol": "BTCUSDT", "orderId": placed["result"]["orderId"]}
    found = await asked(bench, connection, "order.status", **signed(bench, **which))
    assert found["result"]["price"] == "20000.00000000"
    listed = await asked(bench, connection, "openOrders.status", **signed(bench))
    assert [row["orderId"] for row in listed["result"]] == [which["orderId"]]
    gone = await asked(bench, connection, "order.cancel", **signed(bench, **which))
    assert gone["result"]["status"] == "CANCELED"
    again = await asked(bench, connection, "order.cancel", **signed(bench, **which))
    assert (again["status"], again["error"]["code"]) == (400, -2011)
    assert await bench.ask(GetOpenOrders()) == ()


@pytest.mark.parametrize(
    ("method", "change", "code"),
    [
        ("order.place", {"signature": "00" * 32}, -1022),
        ("order.place", {"timestamp": 1}, -1021),
        ("order.place", {"apiKey": "A" * 64}, -2015),
        ("order.place", {"apiKey": ""}, -1102),
        ("order.place", {"quantity": {"a": 1}}, -1100),
        ("order.place", {"symbol": "NOSUCH"}, -1121),
        ("order.dance", {}, -1020),
        ("order.cancelReplace", {}, -1020),
    ],
)
async def test_mistakes_are_answered_as_over_rest(
    bench: StreamBench, method: str, change: dict[str, Any], code: int
) -> None:
    connection = await bench.connect(b"/ws-api/v3")
    answer = await asked(bench, connection, method, **{**signed(bench, **ORDER), **change})
    assert answer["error"]["code"] == code
    assert answer["status"] >= 400
    assert await bench.ask(GetOpenOrders()) == ()


async def test_an_order_without_a_proof_or_a_right_is_not_placed(bench: StreamBench) -> None:
    connection = await bench.connect(b"/ws-api/v3")
    bare = await asked(bench, connection, "order.place", **ORDER)
    assert bare["error"]["code"] == -1102
    # What opened the stream of user data is no log-in for orders.
    opened = await asked(bench, connection, "userDataStream.subscribe.signature", **signed(bench))
    assert opened["result"] == {"subscriptionId": 0}
    bare = await asked(bench, connection, "order.place", **ORDER)
    assert bare["error"]["code"] == -1102
    await bench.new_key(scopes=frozenset({Scope.READ}))
    reader = await asked(bench, connection, "order.place", **signed(bench, **ORDER))
    assert reader["error"]["code"] == -2015
    assert await bench.ask(GetOpenOrders()) == ()


async def test_only_an_ed25519_key_logs_a_connection_on(bench: StreamBench) -> None:
    connection = await bench.connect(b"/ws-api/v3")
    shared = await asked(bench, connection, "session.logon", **signed(bench))
    assert shared["error"]["code"] == -4056
    await _ed25519(bench)
    on = await asked(bench, connection, "session.logon", **signed(bench))
    assert on["result"]["apiKey"] == bench.credential.key
    placed = await asked(bench, connection, "order.place", **ORDER)
    assert placed["status"] == 200
    follows = await asked(bench, connection, "userDataStream.subscribe")
    assert follows["result"] == {"subscriptionId": 0}
    off = await asked(bench, connection, "session.logout")
    assert off["result"]["apiKey"] is None
    assert not connection.topics
    bare = await asked(bench, connection, "order.place", **ORDER)
    assert bare["error"]["code"] == -1102


async def _ed25519(bench: StreamBench) -> None:
    """Make a key whose private half only its owner has, and go on with it."""
    private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    switches = switches_for(EXCHANGE.card, frozenset({Scope.READ, Scope.TRADE_SPOT}))
    wish = KeyWish(EXCHANGE.id, switches=switches, public_key=public.decode())
    made = await bench.world.keys.create("ada", wish)
    bench.credential = Credential(made.api_key, EXCHANGE.keys.signer(Secret(pem.decode())))


async def test_an_order_is_reported_with_all_of_its_terms(bench: StreamBench) -> None:
    connection = await bench.connect(b"/ws-api/v3")
    await asked(bench, connection, "userDataStream.subscribe.signature", **signed(bench))
    market = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
    await say(connection, id=1, method="order.place", params=signed(bench, **market))
    reports: list[dict[str, Any]] = []

    async def is_filled() -> bool:
        events = [it["event"] for it in await told(bench, connection) if "event" in it]
        reports.extend(it for it in events if it["e"] == "executionReport")
        return bool(reports) and reports[-1]["X"] == "FILLED"

    await bench.wait_for(is_filled)
    assert [it["x"] for it in reports] == ["NEW"] + ["TRADE"] * (len(reports) - 1)
    last = reports[-1]
    assert (last["z"], last["N"], last["m"], last["S"]) == ("0.01000000", "BTC", False, "BUY")
    assert last["t"] > 0 > reports[0]["t"]


async def test_a_listen_key_opens_the_old_stream_and_no_other_text_does(
    bench: StreamBench,
) -> None:
    token = await bench.token()
    connection = await bench.connect(b"/ws/" + token.encode())
    assert connection.key is not None
    stranger = await bench.connect(b"/ws/" + b"A" * 64)
    assert stranger.key is None
    await bench.ask(GetStreamToken(token))
    await bench.ask(GetStreamToken(token, ends=True))
    late = await bench.connect(b"/ws/" + token.encode())
    assert late.key is None


async def test_a_listen_key_is_drawn_by_the_name_of_a_key_alone(bench: StreamBench) -> None:
    unsigned = EXCHANGE.codec.encode_request(GetStreamToken(), EXCHANGE.card.markets())
    named = replace(unsigned, headers=((b"x-mbx-apikey", bench.credential.key.encode()),))
    answer = await bench.answering.answer(named, "127.0.0.1")
    assert len(json.loads(answer.body)["listenKey"]) == 64
    stranger = replace(unsigned, headers=((b"x-mbx-apikey", b"A" * 64),))
    assert (await bench.answering.answer(stranger, "127.0.0.1")).status == 401


async def test_connections_end_after_a_day(bench: StreamBench) -> None:
    raw, api = await bench.connect(b"/ws"), await bench.connect(b"/ws-api/v3")
    bench.clock.advance(86_400_000)
    await bench.step(1)
    assert raw.outgoing.is_closed
    assert api.outgoing.is_closed
