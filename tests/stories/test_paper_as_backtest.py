"""A robot on paper makes the trades of its backtest, fees and all, on the same candles.

Recorded candles are replayed to a real paper exchange over real sockets; the clock of both sides
is moved on as soon as the robots have done what there was to do. The house has no spread and
endless depth, which is what a backtest without costs assumes.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import as_file, files
from pathlib import Path

from drawbridge.app.build import House, open_house
from drawbridge.app.gateway_process import open_gateway
from drawbridge.app.settings import Settings
from drawbridge.app.workers import Work
from drawbridge.catalogue.registry import get_card
from drawbridge.core.clock import MINUTE_MS, SteppedClock
from drawbridge.core.orders import Fill
from drawbridge.core.secret import Secret
from drawbridge.paper.replay import Recorded, Row, read_recording, recorded_of
from drawbridge.robots.backtest.recorded import read_recorded
from drawbridge.robots.backtest.run import run_backtest
from drawbridge.robots.backtest.terms import BacktestTerms, FeeIn
from drawbridge.robots.model import RobotStatus
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.wishes import Wish
from drawbridge.vault.model import KeyStatus
from drawbridge.vault.unlock import Wish as VaultWish
from tests.kit.holding import held_here
from tests.kit.paper_here import PaperHere, exact_scenery, paper_here
from tests.kit.store import store_in

EXCHANGE = "binance"
SYMBOL = "BTC/USDT"
RECORDING = "BTC-USD-perp-1m-2022-01.csv.gz"
WARM_UP = 120
CANDLES = 420
AMOUNT = Decimal(1_000)
STRATEGIES: dict[str, dict[str, object]] = {
    "ema_cross": {"fast": "3", "slow": "8"},
    "bollinger": {},
    "macd": {},
}
# An atom of the ledger: the exchange takes fees in whole ones, a backtest in all digits.
ATOM = Decimal("0.00000001")


@dataclass
class Stage:
    """An app and a paper exchange over one clock that moves when told."""

    house: House
    work: Work
    paper: PaperHere
    clock: SteppedClock
    owner: str
    key_id: str

    async def pass_minute(self) -> None:
        """Let a candle close, and the robots do what follows from it within the next one."""
        self.clock.advance(MINUTE_MS - self.clock.now_ms() % MINUTE_MS + 100)
        for _ in range(4):
            await self.work.robots.step()
            self.clock.advance(1_500)


def recording() -> Recorded:
    """Take the beginning of a recording that is shipped."""
    with as_file(files("drawbridge.paper") / "data" / RECORDING) as path:
        whole = read_recording(path)
    series = whole.series

    def row(number: int) -> Row:
        begin = number * series.bar_ms
        return whole.first_ms + begin, series.bar(begin, begin + series.bar_ms)

    return recorded_of(map(row, range(CANDLES)))


@asynccontextmanager
async def opened(folder: Path, recorded: Recorded) -> AsyncIterator[Stage]:
    data, clock = folder / "data", SteppedClock(recorded.first_ms + WARM_UP * MINUTE_MS + 5_000)
    scenery, only = exact_scenery("BTC-USD", recorded), frozenset({EXCHANGE})
    async with (
        paper_here(folder / "paper", clock, scenery, only=only) as paper,
        open_house(Settings(data, paper=paper.address, store=store_in(data)), clock) as house,
        open_gateway(house) as work,
    ):
        owner = await house.accounts.create_owner("Ada", Secret("a long password"), first=True)
        await held_here(house).door.ask(owner.id, VaultWish.CREATE, None)
        await work.holder.answer()
        fields = await paper.key(EXCHANGE)
        added = await house.vault.add(owner.id, EXCHANGE, "paper", fields)
        await work.verification.verify(added.key.id)
        key = await house.vault.get_record(added.key.id)
        assert key.status is KeyStatus.ENABLED, key.reason
        yield Stage(house, work, paper, clock, owner.id, key.id)


async def traded(stage: Stage, names: Sequence[str]) -> dict[str, tuple[Fill, ...]]:
    """Let a robot of each strategy trade until the recording ends; give their fills."""
    house, owner = stage.house, stage.owner
    robots = {}
    for name in names:
        wish = Wish(
            stage.key_id, SYMBOL, str(AMOUNT), strategy=name, settings=STRATEGIES[name], name=name
        )
        robots[name] = (await house.robots.create(owner, wish)).id
        await house.robots.start(owner, robots[name])
    for _ in range(3):
        await stage.work.robots.step()
        stage.clock.advance(1_100)
    for robot_id in robots.values():
        assert (await house.robots.get_robot(owner, robot_id)).status is RobotStatus.STARTED
    for _ in range(CANDLES - WARM_UP - 1):
        await stage.pass_minute()
    found = {}
    for name, robot_id in robots.items():
        robot = await house.robots.get_robot(owner, robot_id)
        assert (robot.status, robot.reason) == (RobotStatus.STARTED, "")
        found[name] = await house.orders.fills_of(robot.origin)
    return found


def backtested(name: str) -> tuple[Fill, ...]:
    market = get_card(EXCHANGE).markets().get(SYMBOL)
    terms = BacktestTerms(
        SYMBOL,
        AMOUNT,
        Decimal(100_000),
        market.fee_taker,
        market.quantity_step,
        fee_in=FeeIn.RECEIVED,
        min_quantity=market.min_quantity,
        min_notional=market.min_notional,
        price_tick=market.price_tick,
        warm_up=WARM_UP,
    )
    strategy = get_strategy(name)
    candles = read_recorded("BTC-USD").between(0, CANDLES)
    settings = strategy.read_settings(STRATEGIES[name])
    return run_backtest(strategy, settings, candles, terms).fills()


async def test_a_robot_on_paper_makes_the_trades_of_its_backtest(tmp_path: Path) -> None:
    """Scenario 92, and 65: what was backtested is what a robot does."""
    async with opened(tmp_path, recording()) as stage:
        found = await traded(stage, tuple(STRATEGIES))
        assert all(not proof.difference for proof in stage.paper.world.books_balance())
    for name, fills in found.items():
        expected = backtested(name)
        assert len(expected) >= 6, f"{name} hardly trades"
        for real, told in zip(fills, expected, strict=True):
            assert real.time_ms // MINUTE_MS * MINUTE_MS == told.time_ms, name
            assert (real.side, real.price, real.quantity) == (
                told.side,
                told.price,
                told.quantity,
            ), name
            assert real.fee_currency == told.fee_currency
            assert abs(real.fee - told.fee) < ATOM
