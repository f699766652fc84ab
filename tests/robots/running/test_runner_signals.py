"""Robots that act on signals from outside: each once, and only while it is fresh."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest_asyncio

from drawbridge.core.errors import ExchangeDown, Forbidden, OutcomeUnknown
from drawbridge.core.orders import OrderStatus, Side
from drawbridge.robots.model import RobotStatus
from drawbridge.trading.limits import RULE
from drawbridge.trading.signal_words import GOOD_FOR_MS, Action, Message
from drawbridge.trading.signals import Hook, SignalStore, insert_signal
from tests.kit.faulty_database import FaultyDatabase
from tests.kit.robot_bench import UP, WISH, Bench
from tests.kit.robots import OWNER, SECOND_KEY, open_database
from tests.kit.turns import a_turn

LISTENING = replace(WISH, trigger="signal")
STOPPED = Forbidden("global_stop", rule=RULE, symbol="BTC/USDT")


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


async def begin_to_tend(bench: Bench) -> None:
    """Let every seat that has failed be tended, which then waits for the exchange."""
    bench.exchange.gate.clear()
    bench.exchange.clock.advance(1_100)
    await bench.runner.look()
    # The first turn is theirs, so that what follows finds them busy.
    await a_turn()


async def look_and_end(bench: Bench) -> None:
    """Look at signals while seats are busy; then the exchange answers and all of it ends."""
    bench.exchange.clock.advance(300)
    await bench.runner.look()
    await a_turn()
    bench.exchange.gate.set()
    await bench.runner.settle()


async def test_a_signal_waits_while_its_robot_looks_whether_all_is_well_again(
    bench: Bench,
) -> None:
    """Scenario 60: kept back by a stop that has ended by now; the next signal is not lost."""
    await bench.begin(LISTENING)
    bench.exchange.place_errors.append(STOPPED)
    await send(bench, Action.BUY, "one")
    await bench.step(1)
    await begin_to_tend(bench)

    await send(bench, Action.BUY, "two")
    await look_and_end(bench)
    assert await outcomes(bench) == ["", "waits"]
    await bench.step(2)

    assert [fill.side for fill in bench.exchange.fills] == [Side.BUY]
    assert await outcomes(bench) == ["", ""]


async def test_a_signal_that_waits_for_a_robot_in_trouble_ends_by_name(bench: Bench) -> None:
    await bench.begin(LISTENING)
    bench.exchange.place_errors.append(OutcomeUnknown("answer_lost"))
    bench.exchange.hides_fills = bench.exchange.carried_out_all_the_same = True
    await send(bench, Action.BUY, "one")
    await bench.step(2)

    await send(bench, Action.CLOSE, "two")
    await bench.step(2)
    assert await outcomes(bench) == ["", "waits"]
    bench.exchange.clock.advance(GOOD_FOR_MS + 1)
    await bench.step(2)

    assert await outcomes(bench) == ["", "signal_too_old"]


async def test_a_signal_that_could_not_be_written_down_is_acted_on_at_the_next_look(
    tmp_path: Path,
) -> None:
    async with open_database(tmp_path) as database:
        faulty = FaultyDatabase(database)
        bench = Bench(faulty.as_database)
        await bench.begin(LISTENING)
        await send(bench, Action.BUY, "one")
        faulty.undone.append(ExchangeDown("database_away"))
        await bench.step(1)
        assert (await outcomes(bench), bench.sides) == (["waits"], [])
        await bench.step(2)
        assert (await outcomes(bench), bench.sides) == ([""], [Side.BUY])


async def test_a_signal_waits_for_every_account_that_is_well(bench: Bench) -> None:
    """Scenario 58: also when another one, that has failed before, is free already."""
    exchange = bench.exchange
    exchange.second_balances["USDT"] = Decimal(1000)
    await bench.begin(replace(LISTENING, also_on={SECOND_KEY: "100"}))
    exchange.place_errors.append(STOPPED)
    exchange.fill_share, exchange.status_told = Decimal("0.5"), OrderStatus.PARTIALLY_FILLED
    await send(bench, Action.BUY, "one")
    await bench.step(1)

    await send(bench, Action.CLOSE, "two")
    await look_and_end(bench)
    assert await outcomes(bench) == ["", "waits"]
    exchange.end(exchange.fills[0].client_id, OrderStatus.CANCELLED)
    exchange.fill_share, exchange.status_told = Decimal(1), OrderStatus.FILLED
    await bench.step(3)

    assert await outcomes(bench) == ["", ""]
    assert [fill.side for fill in exchange.fills] == [Side.BUY, Side.SELL]
