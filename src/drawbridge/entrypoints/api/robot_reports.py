"""What a robot decided, traded, saw, heard and was worth."""

from fastapi import APIRouter

from drawbridge.app.reports import ground_of, is_simulated
from drawbridge.core.markets import Candle
from drawbridge.core.money import plain
from drawbridge.entrypoints.api.caller import Reader
from drawbridge.entrypoints.api.orders import Trade, page_of_trades
from drawbridge.entrypoints.api.paging import AskedPage, Page, cut
from drawbridge.entrypoints.api.robot_shapes import (
    DecisionTold,
    FiguresTold,
    ForeignOrderTold,
    tell_decision,
    tell_foreign,
)
from drawbridge.entrypoints.api.robots import RobotPath
from drawbridge.entrypoints.api.shapes import (
    Amount,
    Moment,
    Reason,
    Told,
    tell_amount,
    tell_facts,
    tell_reason,
)
from drawbridge.statistics.equity import EquityPoint
from drawbridge.statistics.telling import report_facts
from drawbridge.trading.signal_words import Action
from drawbridge.trading.signals import Signal

router = APIRouter(tags=["robot reports"])


class CandleTold(Told):
    """A candle that a robot has seen."""

    open_time_ms: Moment
    open: Amount
    high: Amount
    low: Amount
    close: Amount
    volume: Amount


class EquityTold(Told):
    """What a robot was worth at a moment, in quote currency."""

    time_ms: Moment
    equity: Amount


class SignalTold(Told):
    """A signal from outside, and what became of it."""

    id: int
    action: Action
    price: Amount | None
    sent_ms: Moment
    received_ms: Moment
    acted_ms: Moment | None
    outcome: Reason | None


@router.get("/robots/{robot}/decisions")
async def list_decisions(caller: Reader, robot: RobotPath, paging: AskedPage) -> Page[DecisionTold]:
    """List the newest decisions of a robot, at most fifty."""
    found = await caller.house.robots.list_decisions(caller.owner, robot)
    return cut(found, paging, tell_decision, lambda it: f"{it.key_id}~{it.tag}")


@router.get("/robots/{robot}/trades")
async def list_robot_trades(caller: Reader, robot: RobotPath, paging: AskedPage) -> Page[Trade]:
    """List the executions of a robot's orders."""
    found = await caller.house.robots.get_robot(caller.owner, robot)
    return await page_of_trades(caller, paging, origin=found.origin)


@router.get("/robots/{robot}/foreign-orders")
async def list_foreign_orders(
    caller: Reader, robot: RobotPath, paging: AskedPage
) -> Page[ForeignOrderTold]:
    """List the open orders that others have where a robot works."""
    found = await caller.house.robots.list_foreign_orders(caller.owner, robot)
    return cut(found, paging, tell_foreign, lambda it: f"{it.key_id}~{it.order_id}")


@router.get("/robots/{robot}/figures")
async def get_figures(caller: Reader, robot: RobotPath) -> FiguresTold:
    """Tell how a robot did: profit, trades, falls, ratios, activity, months and years."""
    found = await caller.house.robots.get_robot(caller.owner, robot)
    candles = await caller.house.robots.list_candles(caller.owner, robot)
    report = await caller.house.statistics.report(found.origin, ground_of(found, candles))
    return FiguresTold(
        is_simulated=is_simulated(found),
        held=plain(report.position.quantity),
        cost=plain(report.position.cost),
        last_price=tell_amount(report.last_price),
        figures=tell_facts(report_facts(report)),
    )


@router.get("/robots/{robot}/candles")
async def list_candles(caller: Reader, robot: RobotPath, paging: AskedPage) -> Page[CandleTold]:
    """List the newest candles of a robot's market that it has seen, the newest first."""
    found = await caller.house.robots.list_candles(caller.owner, robot)
    return cut(reversed(found), paging, _tell_candle, lambda it: str(it.open_time_ms))


@router.get("/robots/{robot}/equity")
async def list_equity(caller: Reader, robot: RobotPath, paging: AskedPage) -> Page[EquityTold]:
    """List what a robot was worth, the newest first."""
    found = await caller.house.robots.get_robot(caller.owner, robot)
    candles = await caller.house.robots.list_candles(caller.owner, robot)
    report = await caller.house.statistics.report(found.origin, ground_of(found, candles))
    # Several at one moment: the last one counts, as in the chart.
    points = {point.time_ms: point for point in report.equity}
    newest = sorted(points.values(), key=lambda it: -it.time_ms)
    return cut(newest, paging, _tell_equity, lambda it: str(it.time_ms))


@router.get("/robots/{robot}/signals")
async def list_signals(caller: Reader, robot: RobotPath, paging: AskedPage) -> Page[SignalTold]:
    """List the newest signals from outside of a robot."""
    found = await caller.house.robots.get_robot(caller.owner, robot)
    signals = await caller.house.signals.list_signals(caller.owner, found.id)
    return cut(signals, paging, _tell_signal, lambda it: str(it.n))


def _tell_candle(candle: Candle) -> CandleTold:
    return CandleTold(
        open_time_ms=candle.open_time_ms,
        open=plain(candle.open),
        high=plain(candle.high),
        low=plain(candle.low),
        close=plain(candle.close),
        volume=plain(candle.volume),
    )


def _tell_equity(point: EquityPoint) -> EquityTold:
    return EquityTold(time_ms=point.time_ms, equity=plain(point.equity))


def _tell_signal(signal: Signal) -> SignalTold:
    return SignalTold(
        id=signal.n,
        action=signal.action,
        price=tell_amount(signal.price),
        sent_ms=signal.sent_ms,
        received_ms=signal.received_ms,
        acted_ms=signal.acted_ms,
        outcome=tell_reason(signal.outcome, {}),
    )
