"""An exchange that is gone for minutes is told of once, and once more when it is back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.app.reachability import GONE_AFTER_MS, Reachability
from drawbridge.core.clock import MINUTE_MS
from drawbridge.trading.holdings import Portfolio, PortfolioStore
from tests.gateway.setting import Setting, setting


@dataclass
class Bench:
    """The watch over one key in use."""

    house: Setting
    portfolios: PortfolioStore
    reachability: Reachability

    async def fail(self, code: str = "unreachable") -> None:
        await self.portfolios.keep_problem(self.house.key, code, {})

    async def succeed(self) -> None:
        read = Portfolio("USDT", Decimal(1), (), (), self.house.clock.now_ms())
        await self.portfolios.keep(self.house.key, read)

    async def pass_by(self, span_ms: int = MINUTE_MS) -> None:
        self.house.clock.advance(span_ms)
        await self.reachability.step()

    async def told(self) -> list[object]:
        return [row["kind"] for row in await self.house.rows("notices")]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with setting(tmp_path, "binance") as house:
        portfolios = PortfolioStore(house.database, house.clock)
        yield Bench(
            house,
            portfolios,
            Reachability(house.database, portfolios, house.clock),
        )


async def test_a_passing_failure_wakes_nobody(bench: Bench) -> None:
    await bench.fail()
    for _ in range(4):
        await bench.pass_by()
    await bench.succeed()
    await bench.pass_by()
    await bench.fail()
    for _ in range(4):
        await bench.pass_by()
    assert await bench.told() == []


async def test_a_refusal_is_an_answer(bench: Bench) -> None:
    await bench.fail("ip_not_allowed")
    for _ in range(20):
        await bench.pass_by()
    assert await bench.told() == []


async def test_an_account_that_was_never_read_says_nothing(bench: Bench) -> None:
    for _ in range(20):
        await bench.pass_by()
    assert await bench.told() == []


@pytest.mark.parametrize("code", ["unreachable", "answer_late", "maintenance"])
async def test_an_hour_without_an_answer_is_told_once_and_so_is_the_end(
    bench: Bench, code: str
) -> None:
    """Scenario 47."""
    await bench.fail(code)
    for _ in range(60):
        await bench.pass_by()
    assert await bench.told() == ["exchange_unreachable"]
    await bench.succeed()
    for _ in range(3):
        await bench.pass_by()
    assert await bench.told() == ["exchange_unreachable", "exchange_back"]


async def test_a_restart_in_between_tells_neither_twice(bench: Bench) -> None:
    await bench.fail()
    await bench.pass_by()
    await bench.pass_by(GONE_AFTER_MS)
    again = Reachability(bench.house.database, bench.portfolios, bench.house.clock)
    bench.reachability = again
    for _ in range(10):
        await bench.pass_by()
    assert await bench.told() == ["exchange_unreachable"]
    await bench.succeed()
    await bench.pass_by()
    assert await bench.told() == ["exchange_unreachable", "exchange_back"]
