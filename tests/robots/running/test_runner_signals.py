"""Robots that act on signals from outside: each once, and only while it is fresh."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from drawbridge.core.orders import Side
from drawbridge.robots.model import RobotStatus
from drawbridge.trading.signal_words import GOOD_FOR_MS, Action, Message
from drawbridge.trading.signals import Hook, SignalStore, insert_signal
from tests.kit.robot_bench import UP, WISH, Bench
from tests.kit.robots import OWNER, open_database

LISTENING = replace(WISH, trigger="signal")


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_database(tmp_path) as database:
        yield Bench(database)


async def send(bench: Bench, action: Action, name: str) -> None:
    now_ms = bench.exchange.clock.now_ms()
    hook = Hook("h", OWNER, bench.id, "R", b"", 0)
    async with bench.database.transaction() as tx:
        await insert_signal(tx, hook, Message(name, action, now_ms), now_ms)


async def outcomes(bench: Bench) -> list[str]:
    signals = await SignalStore(bench.database).list_of(OWNER, bench.id, 10)
    return [it.outcome if it.acted_ms else "waits" for it in reversed(signals)]


async def test_a_signal_buys_and_the_next_one_sells_each_once(bench: Bench) -> None:
    """Scenario 60."""
    await bench.begin(LISTENING)

    await send(bench, Action.BUY, "one")
    await bench.step(2)
    await send(bench, Action.BUY, "two")
    await bench.step(2)
    await send(bench, Action.SELL, "three")
    await bench.step(3)

    assert bench.sides == [Side.BUY, Side.SELL]
    assert await outcomes(bench) == ["", "signal_nothing_to_do", ""]


async def test_its_own_strategy_is_not_listened_to(bench: Bench) -> None:
    await bench.begin(LISTENING)

    await bench.tell(UP, UP + 1)

    assert bench.sides == []


async def test_guards_end_what_a_signal_began(bench: Bench) -> None:
    await bench.begin(replace(LISTENING, guards={"stop_loss": "1"}))
    await send(bench, Action.BUY, "one")
    await bench.step(2)

    await bench.tell(90)

    assert bench.sides == [Side.BUY, Side.SELL]


async def test_a_signal_acts_once_whoever_dies_in_between(bench: Bench) -> None:
    """Scenario 60: every step is done by a process that knows only what is on disk."""
    await bench.begin(LISTENING)
    await send(bench, Action.BUY, "one")

    for _ in range(5):
        bench.runner = bench.new_runner()
        await bench.step(2)

    assert bench.sides == [Side.BUY]


async def test_a_signal_for_a_robot_that_does_not_run_is_ended_by_name(bench: Bench) -> None:
    await bench.begin(LISTENING)
    await bench.service.stop(OWNER, bench.id)
    assert (await bench.step(2)).status is RobotStatus.STOPPED

    await send(bench, Action.BUY, "one")
    await bench.step(2)

    assert bench.sides == []
    assert await outcomes(bench) == ["signal_robot_not_listening"]


async def test_a_signal_that_waited_too_long_is_dropped(bench: Bench) -> None:
    await bench.begin(LISTENING)
    await send(bench, Action.BUY, "one")
    bench.exchange.clock.advance(GOOD_FOR_MS + 1)

    await bench.step(2)

    assert bench.sides == []
    assert await outcomes(bench) == ["signal_too_old"]
