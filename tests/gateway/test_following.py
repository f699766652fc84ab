"""What a follower is told, in which order, and how little of it may wait."""

import asyncio

import pytest

from drawbridge.core.errors import ExchangeRefused
from drawbridge.core.streams import Topic, TopicKind, TradesTold
from drawbridge.gateway.following import MOST_WAITING, Following, Gap, GapReason

TRADES = Topic(TopicKind.TRADES, "BTC/USDT")
EVENT = TradesTold("BTC/USDT", ())


async def taken(following: Following) -> list[object]:
    following.end()
    told: list[object] = []
    while (it := await following.take()) is not None:
        told.append(it)
    return told


async def test_a_follower_that_does_not_read_is_told_a_gap_for_all_that_did_not_fit() -> None:
    following = Following(TRADES)
    for _ in range(MOST_WAITING + 5):
        following.put(EVENT)
    assert await taken(following) == [Gap(GapReason.OVERFLOWED), *[EVENT] * 5]


async def test_however_much_is_told_no_more_than_fits_waits() -> None:
    following = Following(TRADES)
    most = 0
    for _ in range(10 * MOST_WAITING):
        following.put(EVENT)
        most = max(most, len(following))
    assert most == MOST_WAITING


async def test_the_first_beginning_and_those_after_a_loss_are_told_apart() -> None:
    following = Following(TRADES)
    for tell in (following.begin, following.lose, following.begin):
        tell()
    reasons = (GapReason.BEGAN, GapReason.LOST, GapReason.RESUMED)
    assert await taken(following) == [Gap(reason) for reason in reasons]


async def test_who_was_told_nothing_yet_has_lost_nothing() -> None:
    following = Following(TRADES)
    following.lose()
    assert await taken(following) == []


async def test_what_waits_is_given_before_the_end_and_its_error() -> None:
    following = Following(TRADES)
    following.put(EVENT)
    following.end(ExchangeRefused("refused", told="no"))
    following.end()
    assert await following.take() == EVENT
    for _ in range(2):
        with pytest.raises(ExchangeRefused, match="refused"):
            await following.take()


async def test_who_waits_is_woken_by_an_event_and_by_the_end() -> None:
    following = Following(TRADES)
    loop = asyncio.get_running_loop()
    waiting = asyncio.create_task(following.take())
    loop.call_soon(following.put, EVENT)
    assert await waiting == EVENT
    waiting = asyncio.create_task(following.take())
    loop.call_soon(following.end)
    assert await waiting is None
