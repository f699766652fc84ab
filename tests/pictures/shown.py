"""The house that the documents show: a key that is good, a robot at work, two days of worth.

Prices are recorded ones, as the paper exchange plays them; the robot's trades are where two
averages of them cross.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean
from typing import Final

from drawbridge.core.clock import HOUR_MS, SECOND_MS
from drawbridge.core.markets import Candle
from drawbridge.core.operations import Scope
from drawbridge.core.orders import Fill
from drawbridge.robots.backtest.recorded import read_recorded
from drawbridge.robots.candle_store import keep_candles, series_of
from drawbridge.robots.model import Robot
from drawbridge.robots.wishes import Wish
from drawbridge.statistics.account import Held, Snapshot
from drawbridge.statistics.store import SnapshotStore
from drawbridge.trading.holdings import Holding, Portfolio
from drawbridge.vault.model import KeyRecord, KeyStatus, Standing
from drawbridge.verification.store import Step, StepState
from tests.kit.browserling import Browserling
from tests.kit.owner import add_good, set_up
from tests.kit.recorded_trades import Whose, record_trades
from tests.kit.trades import trade
from tests.kit.web_site import WebSite

_TRADING: Final = Standing(KeyStatus.ENABLED, scopes=frozenset({Scope.READ, Scope.TRADE_SPOT}))
_BEGIN, _CANDLES = 4_300, 120
_FAST, _SLOW = 5, 18
_QUANTITY: Final = Decimal("0.0232")
_FEE: Final = Decimal("0.0004")
_HOURS: Final = 48


@dataclass(frozen=True, slots=True)
class Shown:
    """What the pictures are of."""

    key: str
    robot: str


async def move_in(browser: Browserling, site: WebSite) -> Shown:
    """Let an owner move in, and give what there is to be seen."""
    key_id = await add_good(browser, site, await set_up(browser, site), "Kraken #1")
    await site.house.vault.record_verdict(key_id, _TRADING)
    key = await site.house.vault.get_record(key_id)
    await _check(site, key)
    wish = Wish(key_id=key.id, symbol="BTC/USD", amount="1000", name="BTC/USD #1")
    robot = await site.house.robots.create(key.owner, wish)
    candles = list(_played(site.clock.now_ms(), series_of(robot.plan).interval_ms))
    async with site.house.database.transaction() as tx:
        await keep_candles(tx, series_of(robot.plan), candles, _CANDLES)
        await tx.execute("UPDATE robots SET status = 'started' WHERE id = ?", robot.id)
    await _trade(site, key, robot, candles)
    await _be_worth(site, key, candles)
    return Shown(key.id, robot.id)


async def _check(site: WebSite, key: KeyRecord) -> None:
    check = (key.id, await site.house.checks.begin(key.id))
    for step in Step:
        facts = {"status": "enabled", "reason": "", "remarks": []} if step is Step.VERDICT else {}
        await site.house.checks.write(check, step, StepState.OK, "", facts)


def _played(now_ms: int, interval_ms: int) -> Iterator[Candle]:
    """Give recorded candles, told as if they ended now."""
    columns = read_recorded("BTC-USD")
    newest = now_ms // interval_ms * interval_ms
    for n in range(_CANDLES):
        at = _BEGIN + n
        prices = (columns.open, columns.high, columns.low, columns.close, columns.volume)
        told = (Decimal(f"{column[at]:.2f}") for column in prices)
        yield Candle(newest - (_CANDLES - n) * interval_ms, *told)


def _crossings(candles: Sequence[Candle]) -> Iterator[Fill]:
    closes, is_in = [float(it.close) for it in candles], False
    for at in range(_SLOW, len(candles)):
        wanted = fmean(closes[at - _FAST : at]) > fmean(closes[at - _SLOW : at])
        if wanted != is_in:
            is_in, price = wanted, candles[at].open
            fee = f"{price * _QUANTITY * _FEE:.4f} USD"
            side = "buy" if wanted else "sell"
            yield trade(side, str(_QUANTITY), str(price), candles[at].open_time_ms + SECOND_MS, fee)


async def _trade(site: WebSite, key: KeyRecord, robot: Robot, candles: Sequence[Candle]) -> None:
    whose = Whose(key.owner, key.id, key.exchange, key.venue.value, robot.origin)
    await record_trades(site.house.database, whose, *_crossings(candles))


async def _be_worth(site: WebSite, key: KeyRecord, candles: Sequence[Candle]) -> None:
    """Give the account what a newcomer on paper has: dollars and bitcoin, at the played price."""
    now_ms, last = site.clock.now_ms(), candles[-1].close
    bitcoin, dollars = Decimal("0.5232"), Decimal("20000.00")
    store = SnapshotStore(site.house.database)
    for hour in range(_HOURS):
        price = candles[hour * len(candles) // _HOURS].close
        worth = (dollars + bitcoin * price).quantize(Decimal("0.01"))
        at_ms = now_ms - (_HOURS - hour) * HOUR_MS
        await store.keep(key.id, Snapshot(at_ms, "USD", {"USD": Held(worth, worth)}, at_ms, {}))
    held = (bitcoin * last).quantize(Decimal("0.01"))
    holdings = (
        Holding("BTC", bitcoin, Decimal(0), held, 0),
        Holding("USD", dollars, Decimal(0), dollars, 0),
    )
    await site.house.portfolios.keep(key.id, Portfolio("USD", held + dollars, holdings, (), now_ms))
