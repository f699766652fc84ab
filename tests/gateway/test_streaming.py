"""What followers are told when exchanges, networks and followers behave as they sometimes do."""

import asyncio
from collections import Counter
from contextlib import aclosing
from http import HTTPStatus
from pathlib import Path

import pytest

from drawbridge.core.errors import BadInput, ExchangeRefused, NotFound
from drawbridge.core.operations import GetBalances, GetServerTime
from drawbridge.core.streams import Topic, TopicKind, TradesTold
from drawbridge.gateway.following import MOST_WAITING
from drawbridge.gateway.lines import MOST_TOPICS
from drawbridge.gateway.streaming import Gap, GapReason, Told
from tests.gateway.scripted_stream import (
    EXCHANGE,
    ORDERS,
    TICKER,
    TRADES,
    Peer,
    scripted_stream,
)
from tests.gateway.stub_exchange import Fault
from tests.kit.stream_house import (
    BEGAN,
    LOST,
    OVERFLOWED,
    PAPER,
    RESUMED,
    first,
    stream_house,
    until,
    within,
)

CANDLES = Topic(TopicKind.CANDLES, "BTC/USDT", interval_ms=60_000)
UNKNOWN = Topic(TopicKind.TRADES, "NO/SUCH")
FLOOD = 4 * MOST_WAITING
REFUSED = {"code": 2, "msg": "Invalid request: no such stream"}


# ------------------------------------------------------------------------------------- sharing
async def test_followers_of_one_topic_share_a_subscription(tmp_path: Path) -> None:
    async with (
        stream_house(tmp_path, EXCHANGE) as house,
        aclosing(house.follow(TRADES)) as one,
        aclosing(house.follow(TRADES)) as other,
    ):
        await first(one, lambda told: any(isinstance(it, TradesTold) for it in told))
        # Who comes later is told at once that it has begun.
        assert await within(anext(other)) == BEGAN
        told = await asyncio.gather(*(first(it, lambda told: len(told) > 1) for it in (one, other)))
        assert told[0][-1] == told[1][-1]
        assert house.hub.opened == 1
        assert Counter(house.hub.topics) == Counter([TRADES])


async def test_topics_at_one_address_share_a_connection_up_to_a_bound(tmp_path: Path) -> None:
    async with stream_house(tmp_path, EXCHANGE) as house:
        symbols = [market.symbol for market in house.exchange.card.paper_markets]
        kinds = (TopicKind.TICKER, TopicKind.TRADES, TopicKind.BOOK)
        topics = [Topic(kind, symbol) for kind in kinds for symbol in symbols]
        topics += [
            Topic(TopicKind.CANDLES, symbol, interval_ms=minutes * 60_000)
            for minutes in (1, 5, 15)
            for symbol in symbols
        ]
        wanted = topics[: MOST_TOPICS + 1]
        assert len(wanted) > MOST_TOPICS
        following = [house.follow(topic) for topic in wanted]
        told = await asyncio.gather(*(within(anext(it)) for it in following))
        assert set(told) == {BEGAN}
        assert house.hub.opened == 2
        assert sorted(len(it.topics) for it in house.hub.connections) == [1, MOST_TOPICS]
        for it in following:
            await it.aclose()
        await until(lambda: not house.hub.connections, "all connections were closed")


async def test_closing_ends_all_followers_and_connections(tmp_path: Path) -> None:
    async with stream_house(tmp_path, EXCHANGE) as house:
        key_id = await house.new_key()
        following = [house.follow(TRADES), house.streams.follow_key(key_id, ORDERS)]
        assert [await within(anext(it)) for it in following] == [BEGAN, BEGAN]
        await house.streams.close()
        for it in following:
            assert not [told async for told in it if isinstance(told, Gap)]
        await until(lambda: not house.hub.connections, "all connections were closed")


# ------------------------------------------------------------------------------------ refusals
async def test_what_no_stream_tells_is_refused_before_anything_is_opened(tmp_path: Path) -> None:
    async with stream_house(tmp_path, EXCHANGE) as house:
        with pytest.raises(BadInput, match="topic_needs_key"):
            house.follow(ORDERS)
        with pytest.raises(BadInput, match="topic_not_told"):
            house.follow(Topic(TopicKind.FUNDING, "BTC/USDT"))
        with pytest.raises(NotFound, match="unknown_exchange"):
            house.streams.follow("nowhere", PAPER, TRADES)
        with pytest.raises(NotFound, match="no_streams"):
            house.streams.follow("okx", PAPER, TRADES)
        with pytest.raises(NotFound, match="unknown_key"):
            await anext(house.streams.follow_key("key_nobodys", ORDERS))
        with pytest.raises(BadInput, match="topic_not_told"):
            await anext(house.streams.follow_key(await house.new_key(), TRADES))
        assert house.hub.opened == 0


async def test_a_topic_without_words_ends_and_the_others_go_on(tmp_path: Path) -> None:
    odd = Topic(TopicKind.CANDLES, "BTC/USDT", interval_ms=61_000)
    async with stream_house(tmp_path, EXCHANGE) as house, aclosing(house.follow(TRADES)) as good:
        assert await within(anext(good)) == BEGAN
        bad = [house.follow(UNKNOWN), house.follow(odd)]
        told = await asyncio.gather(*map(anext, bad), return_exceptions=True)
        assert [getattr(it, "code", None) for it in told] == ["unknown_symbol", "bad_interval"]
        await first(good, lambda told: any(isinstance(it, TradesTold) for it in told))
        assert house.hub.opened == 1


async def test_a_no_to_many_topics_ends_only_the_one_that_it_meant(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        while True:
            request = await peer.hear()
            if any("ticker" in name for name in request["params"]):
                await peer.say(error=REFUSED, id=request["id"])
            else:
                await peer.say(result=None, id=request["id"])

    async with scripted_stream(tmp_path, script) as scripted:
        following = [scripted.follow(it) for it in (TRADES, TICKER, CANDLES)]
        told = await within(asyncio.gather(*map(anext, following), return_exceptions=True))
        assert [told[0], told[2]] == [BEGAN, BEGAN]
        assert isinstance(told[1], ExchangeRefused)
        assert told[1].facts["told"] == REFUSED["msg"]
        for it in following:
            await it.aclose()


# ---------------------------------------------------------------------------------------- gaps
async def test_a_follower_that_does_not_read_is_told_a_gap_and_the_newest(tmp_path: Path) -> None:
    is_told = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.agree()
        for number in range(FLOOD):
            await peer.tell_trade(number)
        await (await peer.connection.ping())
        is_told.set()
        await peer.stay()

    async with scripted_stream(tmp_path, script) as scripted:
        async with aclosing(scripted.follow()) as sleepy, aclosing(scripted.follow()) as awake:
            assert await within(anext(sleepy)) == BEGAN
            read = await first(awake, lambda told: number_of(told) == FLOOD - 1)
            assert [it for it in read if isinstance(it, Gap)] == [BEGAN]
            await within(is_told.wait())
            told = await first(sleepy, lambda told: number_of(told) == FLOOD - 1)
        assert told[0] == OVERFLOWED
        assert len(told) <= MOST_WAITING
        numbers = [number_of([it]) for it in told[1:]]
        assert numbers == list(range(numbers[0], FLOOD))


def number_of(told: list[Told]) -> int:
    last = told[-1] if told else None
    return last.trades[-1].trade_id if isinstance(last, TradesTold) else -1


@pytest.mark.parametrize("frame", ["{", '{"e":"trade"}', "[]", '{"e":"trade","s":"NOSUCH"}'])
async def test_what_cannot_be_read_was_missed(tmp_path: Path, frame: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.agree()
        if peer.number == 1:
            await peer.connection.send(frame)
        await peer.stay()

    async with scripted_stream(tmp_path, script) as scripted, aclosing(scripted.follow()) as it:
        assert await first(it, lambda told: len(told) > 2) == [BEGAN, LOST, RESUMED]


async def test_a_peer_that_has_gone_silent_is_left(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        await peer.agree()
        if peer.number == 1:
            # As a machine that lost its power: nothing is read, and no ping is answered.
            peer.connection.transport.pause_reading()
        await peer.stay()

    pace = {"ping_ms": 20, "silent_ms": 70}
    async with (
        scripted_stream(tmp_path, script, **pace) as scripted,
        aclosing(scripted.follow()) as it,
    ):
        assert await first(it, lambda told: len(told) > 2) == [BEGAN, LOST, RESUMED]
        scripted.peers[0].connection.transport.abort()


async def test_a_question_that_is_never_answered_is_asked_anew(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        if peer.number == 1:
            await peer.hear()
            await peer.connection.wait_closed()
        await peer.stay()

    async with (
        scripted_stream(tmp_path, script, answer_ms=50) as scripted,
        aclosing(scripted.follow()) as it,
    ):
        # Nothing was told before, so nothing was lost.
        assert await within(anext(it)) == BEGAN
        assert len(scripted.peers) == 2


async def test_an_event_before_the_answer_is_as_good_as_one(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        await peer.hear()
        await peer.tell_trade(7)
        await peer.connection.wait_closed()

    async with scripted_stream(tmp_path, script) as scripted, aclosing(scripted.follow()) as it:
        told = await first(it, lambda told: len(told) > 1)
        assert [told[0], number_of(told)] == [BEGAN, 7]


async def test_each_attempt_in_vain_waits_longer_up_to_a_bound(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        if peer.number > 5:
            await peer.stay()

    async with scripted_stream(tmp_path, script) as scripted, aclosing(scripted.follow()) as it:
        assert await within(anext(it)) == BEGAN
    # The dice are thrown for up to as much as is waited anyway, so that not all come back at once.
    assert scripted.waits_ms == [5, 10, 20, 20, 20]


async def test_a_connection_that_was_good_is_opened_again_without_long_waits(
    tmp_path: Path,
) -> None:
    async def script(peer: Peer) -> None:
        await peer.agree()
        if peer.number > 4:
            await peer.stay()

    async with (
        scripted_stream(tmp_path, script, steady_ms=0) as scripted,
        aclosing(scripted.follow()) as it,
    ):
        await first(it, lambda told: told.count(RESUMED) > 3)
    assert scripted.waits_ms == [5, 5, 5, 5]


# ----------------------------------------------------------------------------------- one's own
async def test_a_log_in_that_is_refused_once_is_tried_with_a_clock_learnt_anew(
    tmp_path: Path,
) -> None:
    async def script(peer: Peer) -> None:
        request = await peer.hear()
        if peer.number == 1:
            await refuse_log_in(peer, request["id"])
        else:
            await peer.say(id=request["id"], status=HTTPStatus.OK, result={"subscriptionId": 0})
        await peer.stay()

    async with scripted_stream(tmp_path, script) as scripted:
        async with aclosing(scripted.follow_key()) as it:
            assert await within(anext(it)) == BEGAN
        assert scripted.house.stub.count(GetServerTime) == 2
        # The secret was open for the signatures alone.
        assert scripted.house.opening.opened == 2


async def refuse_log_in(peer: Peer, number: object) -> None:
    error = {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}
    await peer.say(id=number, status=HTTPStatus.UNAUTHORIZED, error=error)


async def test_a_log_in_that_is_refused_again_ends_the_stream(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        request = await peer.hear()
        await refuse_log_in(peer, request["id"])
        await peer.stay()

    async with scripted_stream(tmp_path, script) as scripted:
        with pytest.raises(ExchangeRefused) as ended:
            await within(anext(scripted.follow_key()))
        assert ended.value.facts["exchange_code"] == "-2015"
        assert len(scripted.peers) == 2


async def test_while_the_exchange_has_trouble_a_refused_log_in_is_not_believed(
    tmp_path: Path,
) -> None:
    async def script(peer: Peer) -> None:
        request = await peer.hear()
        if peer.number < 5:
            await refuse_log_in(peer, request["id"])
        else:
            await peer.say(id=request["id"], status=HTTPStatus.OK, result={"subscriptionId": 0})
        await peer.stay()

    async with scripted_stream(tmp_path, script) as scripted:
        # The client asks anew where a kept connection had just been closed.
        scripted.house.stub.fail(GetBalances, *[Fault.LOST_AFTER] * 6)
        async with aclosing(scripted.follow_key()) as it:
            assert await within(anext(it)) == BEGAN


def test_gaps_say_why() -> None:
    assert {reason.value for reason in GapReason} == {"began", "lost", "resumed", "overflowed"}
