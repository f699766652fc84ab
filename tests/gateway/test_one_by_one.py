"""One at a time, in turn."""

import asyncio

import pytest

from drawbridge.core.errors import ExchangeDown
from drawbridge.gateway.one_by_one import PATIENCE_S, OneByOne
from drawbridge.gateway.turns import NOBODY, Caller
from tests.kit.leaping import LeapingLoop, run_leaping
from tests.kit.turns import a_turn

LOUD, QUIET = Caller(("account", "virtual:loud")), Caller(("account", "virtual:quiet"))
CANCEL = Caller(("account", "robot:1"), is_urgent=True)


async def _in_turn(turn: OneByOne, caller: Caller, told: list[str], name: str) -> None:
    await turn.take(caller)
    told.append(name)
    await a_turn()
    turn.release()


async def test_a_bot_with_many_connections_does_not_hold_up_one_with_one() -> None:
    """Scenario 86: one nonce order, and none starves another."""
    turn, told = OneByOne(), list[str]()
    await turn.take(LOUD)
    loud = [asyncio.create_task(_in_turn(turn, LOUD, told, "loud")) for _ in range(20)]
    await a_turn()
    last = [
        asyncio.create_task(_in_turn(turn, QUIET, told, "quiet")),
        asyncio.create_task(_in_turn(turn, CANCEL, told, "cancel")),
    ]
    await a_turn()
    turn.release()
    await asyncio.gather(*loud, *last)
    assert told[0] == "cancel"
    assert "quiet" in told[1:3]
    assert len(told) == 22


async def test_who_is_cancelled_hands_on_what_was_just_given() -> None:
    turn = OneByOne()
    await turn.take(NOBODY)
    first = asyncio.create_task(turn.take(LOUD))
    second = asyncio.create_task(turn.take(QUIET))
    await a_turn()
    turn.release()
    first.cancel()
    await second
    with pytest.raises(asyncio.CancelledError):
        await first
    turn.release()
    await turn.take(NOBODY)


async def test_too_many_of_one_are_told_to_come_back() -> None:
    turn = OneByOne()
    await turn.take(NOBODY)
    waiting = [asyncio.create_task(turn.take(LOUD)) for _ in range(32)]
    await a_turn()
    with pytest.raises(ExchangeDown, match="rate_limited"):
        await turn.take(LOUD)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    turn.release()
    await turn.take(NOBODY)


def test_nobody_waits_for_ever() -> None:
    loop = LeapingLoop()

    async def wait() -> float:
        turn = OneByOne()
        await turn.take(NOBODY)
        with pytest.raises(ExchangeDown, match="rate_limited"):
            await turn.take(QUIET)
        turn.release()
        await turn.take(QUIET)
        return loop.time()

    assert run_leaping(wait(), loop) == pytest.approx(PATIENCE_S)
