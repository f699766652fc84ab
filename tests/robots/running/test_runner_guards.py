"""Robots with guards, confirmations, and every price judged."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.core.orders import Side
from drawbridge.robots.model import DecisionState
from tests.kit.robot_bench import FALLING, UP, WISH, Bench
from tests.kit.robots import OWNER, START_MS, open_database


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_database(tmp_path) as database:
        yield Bench(database)


async def tags(bench: Bench) -> list[str]:
    told = await bench.service.list_decisions(OWNER, bench.id)
    return [decision.tag.partition(":")[0] for decision in reversed(told)]


async def test_a_stop_loss_ends_a_position_that_its_strategy_would_keep(bench: Bench) -> None:
    await bench.begin(replace(WISH, guards={"stop_loss": "1"}))

    await bench.tell(UP, UP + 10, UP - 2)

    assert await tags(bench) == ["enter", "stop"]


async def test_a_target_ends_a_position(bench: Bench) -> None:
    await bench.begin(replace(WISH, guards={"take_profit": "5"}))

    await bench.tell(UP, UP + 10, UP + 20)

    assert await tags(bench) == ["enter", "profit"]


async def test_a_trail_follows_the_best_price_also_over_restarts(bench: Bench) -> None:
    await bench.begin(replace(WISH, guards={"trail": "10"}))
    await bench.tell(UP, 200, 210)
    bench.runner = bench.new_runner()

    await bench.tell(195)
    assert await tags(bench) == ["enter"]
    bench.runner = bench.new_runner()
    await bench.tell(188)

    assert await tags(bench) == ["enter", "trail"]


async def test_safety_entries_add_to_a_position_and_each_is_made_once(bench: Bench) -> None:
    guards = {"dca_steps": "2", "dca_drop": "2", "dca_scale": "2"}
    wish = replace(WISH, guards=guards, settings={"fast": "2", "slow": "30"})
    await bench.begin(wish, closes=(*FALLING, *range(94, 60, -1)))
    await bench.tell(100)
    assert await tags(bench) == ["enter"]

    await bench.tell(97.5)
    bench.runner = bench.new_runner()
    await bench.tell(97.4, 95, 94)

    assert await tags(bench) == ["enter", "safety", "safety"]
    spent = [it.quantity for it in bench.exchange.placed]
    assert spent == [Decimal(1), Decimal("2.051"), Decimal("4.210")]


async def test_a_cool_down_keeps_from_entering_again(bench: Bench) -> None:
    await bench.begin(replace(WISH, guards={"cool_down": "10"}))

    await bench.tell(UP, 60, 140, 150)

    assert await tags(bench) == ["enter", "leave"]


async def test_a_confirming_strategy_that_is_out_keeps_from_entering(bench: Bench) -> None:
    falling = tuple(range(200, 80, -1))
    wish = replace(WISH, confirm={"ema_cross": {"fast": "20", "slow": "60"}})
    await bench.begin(wish, closes=falling)

    await bench.tell(100, 105)

    assert await tags(bench) == []


async def test_without_the_confirmation_the_same_prices_enter(bench: Bench) -> None:
    await bench.begin(closes=tuple(range(200, 80, -1)))

    await bench.tell(100, 105)

    assert await tags(bench) == ["enter"]


async def test_hours_keep_from_entering(bench: Bench) -> None:
    minute = START_MS // 60_000 % 1_440
    hours = {
        "from_minute": str((minute + 600) % 1_440),
        "until_minute": str((minute + 660) % 1_440),
    }
    await bench.begin(replace(WISH, guards=hours))

    await bench.tell(UP)

    assert await tags(bench) == []


@pytest.mark.parametrize("trigger", ["tick", "candle"])
async def test_guards_judge_prices_between_candles_only_where_that_was_chosen(
    bench: Bench, trigger: str
) -> None:
    await bench.begin(replace(WISH, guards={"stop_loss": "1"}, trigger=trigger))
    await bench.tell(UP)
    bench.exchange.closes[-1] = str(UP - 5)  # what trades go at now, while no candle closes

    await bench.step(3)

    assert bench.sides == ([Side.BUY, Side.SELL] if trigger == "tick" else [Side.BUY])


async def test_every_decision_of_guards_survives_a_restart_at_any_step(bench: Bench) -> None:
    """Scenario 60."""
    await bench.begin(replace(WISH, guards={"stop_loss": "1", "take_profit": "5"}))
    for close in (UP, UP - 5, 60, 140, 150):
        bench.exchange.tell(close)
        for _ in range(4):
            bench.runner = bench.new_runner()
            await bench.step(1)

    assert await tags(bench) == ["enter", "stop", "enter", "profit"]
    assert set(await bench.decisions()) == {DecisionState.DONE}
