"""Coinbase's streams: what is numbered, what beats, what is refused, and who is shown out."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from drawbridge.catalogue.registry import get_exchange
from drawbridge.exchanges.coinbase import dialect
from drawbridge.paper.streaming import Connection
from drawbridge.wire.dialect import sign
from drawbridge.wire.http import WireRequest
from tests.kit.streams import StreamBench, stream_bench


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[StreamBench]:
    async with stream_bench(tmp_path, get_exchange("coinbase")) as it:
        yield it


async def told(bench: StreamBench, connection: Connection) -> list[Any]:
    return [orjson.loads(frame) for frame in await bench.take(connection)]


async def send(connection: Connection, **document: object) -> None:
    await connection.receive(orjson.dumps(document).decode())


async def subscribe(connection: Connection, channel: str, *products: str, **more: object) -> None:
    await send(connection, type="subscribe", channel=channel, product_ids=list(products), **more)


def jwt(bench: StreamBench) -> str:
    unsigned = dialect.unsigned(bench.credential, int(bench.stamp()), b"0" * 16)
    return (unsigned + b"." + bench.credential.signer.sign(unsigned)).decode()


async def test_messages_are_numbered_and_subscriptions_acknowledged(bench: StreamBench) -> None:
    connection = await bench.connect(b"/")
    await subscribe(connection, "ticker", "BTC-USD", "ETH-USD")
    await subscribe(connection, "level2", "BTC-USD")
    await bench.step(4)
    messages = await told(bench, connection)
    assert [message["sequence_num"] for message in messages] == list(range(len(messages)))
    acks = [it["events"] for it in messages if it["channel"] == "subscriptions"]
    assert acks == [
        [{"subscriptions": {"ticker": ["BTC-USD", "ETH-USD"]}}],
        [{"subscriptions": {"ticker": ["BTC-USD", "ETH-USD"], "level2": ["BTC-USD"]}}],
    ]
    assert {it["channel"] for it in messages} == {"subscriptions", "ticker", "l2_data"}


async def test_who_leaves_everything_is_told_that_nothing_is_left(bench: StreamBench) -> None:
    connection = await bench.connect(b"/")
    await subscribe(connection, "ticker", "BTC-USD")
    await subscribe(connection, "ticker_batch", "BTC-USD")
    await send(connection, type="unsubscribe", channel="ticker", product_ids=["BTC-USD"])
    assert connection.topics
    await send(connection, type="unsubscribe", channel="ticker_batch", product_ids=["BTC-USD"])
    assert (await told(bench, connection))[-1]["events"] == [{"subscriptions": {}}]
    assert not connection.topics


async def test_a_heart_beats_once_a_second_where_it_is_wanted(bench: StreamBench) -> None:
    connection = await bench.connect(b"/")
    await subscribe(connection, "heartbeats")
    await bench.step(12)
    beats = [
        it["events"][0] for it in await told(bench, connection) if it["channel"] == "heartbeats"
    ]
    assert [beat["heartbeat_counter"] for beat in beats] == [1, 2, 3]


async def test_batches_come_every_five_seconds(bench: StreamBench) -> None:
    connection = await bench.connect(b"/")
    await subscribe(connection, "ticker_batch", "BTC-USD")
    await bench.step(44)
    batches = [it for it in await told(bench, connection) if it["channel"] == "ticker_batch"]
    assert len(batches) == 3


async def test_products_are_told_at_once(bench: StreamBench) -> None:
    connection = await bench.connect(b"/")
    await subscribe(connection, "status")
    products = (await told(bench, connection))[-1]["events"][0]["products"]
    assert "BTC-USD" in [product["id"] for product in products]


async def test_who_wants_nothing_is_shown_out_after_five_seconds(bench: StreamBench) -> None:
    idle, busy = await bench.connect(b"/"), await bench.connect(b"/")
    await subscribe(busy, "heartbeats")
    closed = []
    for steps in (19, 3):
        await bench.step(steps)
        closed.append((idle.outgoing.is_closed, busy.outgoing.is_closed))
    assert closed == [(False, False), (True, False)]


@pytest.mark.parametrize(
    "document",
    [
        {"type": "subscribe", "channel": "no_such_channel", "product_ids": ["BTC-USD"]},
        {"type": "subscribe", "channel": "ticker", "product_ids": ["AAA-BBB"]},
        {"type": "subscribe", "channel": "ticker", "product_ids": "BTC-USD"},
        {"type": "subscribe", "channel": "ticker", "product_ids": ["BTC-USD"], "jwt": 7},
        {"type": "subscribe"},
        {"type": "dance"},
        {},
    ],
)
async def test_what_cannot_be_subscribed_to_is_refused_in_words(
    bench: StreamBench, document: dict[str, object]
) -> None:
    connection = await bench.connect(b"/")
    await connection.receive(orjson.dumps(document).decode())
    (message,) = await told(bench, connection)
    assert message["type"] == "error"
    assert "not valid" in message["message"]
    assert not connection.topics


async def test_own_orders_need_a_token_that_is_right_and_made_for_streams(
    bench: StreamBench,
) -> None:
    good = jwt(bench)
    request = WireRequest("GET", b"/api/v3/brokerage/orders/historical/batch")
    signed = sign(dialect, request, bench.credential, bench.stamp())
    rest = (signed.header(b"authorization") or b"").removeprefix(b"Bearer ").decode()
    bad = good[:-4] + ("AAAA" if not good.endswith("AAAA") else "BBBB")
    for more in ({}, {"jwt": "x"}, {"jwt": bad}, {"jwt": rest}, {"api_key": "k", "signature": "s"}):
        connection = await bench.connect(b"/")
        await subscribe(connection, "user", **more)
        (message,) = await told(bench, connection)
        assert message == {"type": "error", "message": "authentication failure"}
        assert connection.key is None
    connection = await bench.connect(b"/")
    await subscribe(connection, "user", jwt=good)
    assert connection.key is not None
    # Clients use one token for all that they subscribe to within two minutes.
    await subscribe(connection, "user", "BTC-USD", jwt=good)
    assert "error" not in [message.get("type") for message in await told(bench, connection)]


async def test_an_old_token_opens_nothing(bench: StreamBench) -> None:
    old = jwt(bench)
    bench.clock.advance(125_000)
    connection = await bench.connect(b"/")
    await subscribe(connection, "user", jwt=old)
    assert (await told(bench, connection))[0]["message"] == "authentication failure"


async def test_a_token_is_looked_at_wherever_one_is_sent(bench: StreamBench) -> None:
    connection = await bench.connect(b"/")
    await subscribe(connection, "ticker", "BTC-USD", jwt="not.a.token")
    assert (await told(bench, connection))[0]["type"] == "error"
    assert not connection.topics
    await subscribe(connection, "ticker", "BTC-USD", jwt=jwt(bench))
    assert connection.topics
