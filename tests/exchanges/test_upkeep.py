"""What keeps our connections going, at every exchange with streams: answers, leaving, pings.

Part of the contract: whoever opens the socket knows no exchange, and goes by this alone.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.catalogue.registry import Exchange, get_exchange
from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.streams import Topic, TopicKind
from drawbridge.gateway.venues import live_stream
from drawbridge.paper.streaming import Connection
from drawbridge.wire.stream import Heard, KeptStream, Upkeep, leaving, reader_of
from tests.exchanges.streaming import (
    STREAMING,
    has_words,
    log_in,
    open_at,
    private_of,
    topics_of,
)
from tests.exchanges.test_streams import every, frames, many
from tests.kit.streams import StreamBench, stream_bench

# Whoever pings as often as we do is never shown out.
PING_EVERY_MS = 10_000


@pytest.fixture
async def bench(tmp_path: Path, exchange_id: str) -> AsyncIterator[StreamBench]:
    async with stream_bench(tmp_path, get_exchange(exchange_id)) as it:
        yield it


def ours(exchange: Exchange) -> KeptStream:
    assert exchange.stream is not None
    return exchange.stream


def upkeep_of(exchange: Exchange) -> Upkeep:
    return ours(exchange).UPKEEP


async def answers(bench: StreamBench, connection: Connection) -> int:
    """Count what has been answered with a yes; a no is raised by the reader."""
    read = bench.readers.setdefault(connection, reader_of(bench.stream))
    upkeep, markets, count = upkeep_of(bench.exchange), bench.exchange.card.markets(), 0
    for frame in await bench.take(connection):
        read(frame, markets)
        count += upkeep.hear(frame).answers
    return count


async def follow_all(bench: StreamBench) -> tuple[Connection, list[Topic]]:
    """Follow what the exchange tells at the address of its candles."""
    stream, every_topic = bench.stream, list(topics_of(bench.exchange).values())
    path = stream.stream_path(topics_of(bench.exchange)[TopicKind.CANDLES])
    topics = [topic for topic in every_topic if stream.stream_path(topic) == path]
    connection = await open_at(bench, topics[0])
    for frame in upkeep_of(bench.exchange).first:
        await connection.receive(frame)
    await answers(bench, connection)
    for frame in stream.subscribe(topics, bench.exchange.card.markets(), 7):
        await connection.receive(frame)
    return connection, topics


@every
async def test_each_frame_that_subscribes_is_answered_once(bench: StreamBench) -> None:
    connection, topics = await follow_all(bench)
    sent = bench.stream.subscribe(topics, bench.exchange.card.markets(), 7)
    await bench.step(8)
    assert await answers(bench, connection) == len(sent)
    assert {topic.kind for topic in connection.topics} == {topic.kind for topic in topics}


@every
async def test_what_is_left_is_told_no_more_and_the_rest_goes_on(bench: StreamBench) -> None:
    connection, topics = await follow_all(bench)
    await bench.step(2)
    await answers(bench, connection)
    left, stays, read = topics[0], topics[1:], bench.readers[connection]
    sent = leaving(ours(bench.exchange), read, [left], bench.exchange.card.markets(), 9)
    for frame in sent:
        await connection.receive(frame)
    assert await answers(bench, connection) == len(sent) > 0
    assert {topic.kind for topic in connection.topics} == {topic.kind for topic in stays}
    # What was left can be followed again.
    for frame in bench.stream.subscribe([left], bench.exchange.card.markets(), 20):
        await connection.receive(frame)
    assert left.kind in {topic.kind for topic in connection.topics}


@every
async def test_a_log_in_and_what_follows_it_are_answered_frame_by_frame(bench: StreamBench) -> None:
    upkeep = upkeep_of(bench.exchange)
    subscribed = bench.stream.subscribe(
        private_of(bench.exchange), bench.exchange.card.markets(), 1
    )
    frame = bench.stream.log_in(bench.credential, bench.stamp())
    assert bool(frame) == upkeep.logs_in
    connection = await log_in(bench)
    wanted, heard = len(subscribed) + upkeep.logs_in + upkeep.greets, 0

    async def all_came() -> bool:
        nonlocal heard
        await bench.step()
        heard += await answers(bench, connection)
        return heard >= wanted

    await bench.wait_for(all_came)
    await bench.step(4)
    assert heard + await answers(bench, connection) == wanted


@every
async def test_who_pings_and_answers_pings_is_never_shown_out(bench: StreamBench) -> None:
    connection, _ = await follow_all(bench)
    upkeep, number = upkeep_of(bench.exchange), 30
    for _ in range(5 * MINUTE_MS // PING_EVERY_MS):
        for frame in await bench.take(connection):
            heard = upkeep.hear(frame)
            if heard.reply:
                await connection.receive(heard.reply)
        if upkeep.ping is not None:
            await connection.receive(upkeep.ping(number))
            number += 1
        bench.clock.advance(PING_EVERY_MS)
        await bench.step()
        assert not connection.outgoing.is_closed


@every
@many
@given(data=st.data())
def test_any_frame_is_heard_or_said_to_be_unreadable(exchange_id: str, data: st.DataObject) -> None:
    exchange = get_exchange(exchange_id)
    try:
        heard = upkeep_of(exchange).hear(data.draw(frames(exchange)))
    except DrawbridgeError as error:
        assert error.code == "unreadable_answer"  # noqa: PT017  garbage may be heard as nothing, too
    else:
        assert isinstance(heard, Heard)


@pytest.mark.parametrize("exchange_id", STREAMING)
def test_what_is_told_has_words_and_what_is_not_has_none(exchange_id: str) -> None:
    exchange = get_exchange(exchange_id)
    tells = upkeep_of(exchange).tells
    assert {topic.kind for topic in topics_of(exchange).values()} <= tells
    for topic in (Topic(TopicKind.ORDERS), Topic(TopicKind.BALANCES)):
        assert has_words(exchange, topic) == (topic.kind in tells)


@pytest.mark.parametrize("exchange_id", STREAMING)
def test_every_address_of_ours_is_pinned_at_the_real_exchange(exchange_id: str) -> None:
    exchange = get_exchange(exchange_id)
    assert exchange.stream is not None
    for topic in (*topics_of(exchange).values(), *private_of(exchange)):
        wanted = exchange.stream.stream_path(topic)
        address, path = live_stream(exchange.card, wanted)
        assert address.tls
        assert not address.on_this_machine
        hosts = {name.partition(":")[0] for name in exchange.card.stream_hosts}
        assert address.host in hosts
        assert path.startswith(b"/")
        assert path.partition(b"?")[2] == wanted.partition(b"?")[2]
