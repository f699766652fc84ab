"""Parts of a robot: the accounts it trades on, what it saw, what it was worth, what it heard."""

from fastapi import APIRouter
from pydantic import Field

from drawbridge.app.reports import ground_of
from drawbridge.core.markets import Candle
from drawbridge.core.money import plain
from drawbridge.entrypoints.api.caller import Reader, RobotKeeper
from drawbridge.entrypoints.api.keys import KeyPath
from drawbridge.entrypoints.api.paging import AskedPage, Page, cut
from drawbridge.entrypoints.api.robot_shapes import RobotTold, tell_robot
from drawbridge.entrypoints.api.robots import RobotPath
from drawbridge.entrypoints.api.shapes import (
    Amount,
    Asked,
    Moment,
    Reason,
    Text,
    Told,
    tell_amount,
    tell_reason,
)
from drawbridge.statistics.equity import EquityPoint
from drawbridge.trading.signal_words import Action
from drawbridge.trading.signals import Signal

router = APIRouter(tags=["robots"])


class AccountWish(Asked):
    """What one entry spends on an account; empty for as much as on the first one."""

    amount: Text = Field("", examples=["100"])


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


@router.put("/robots/{robot}/accounts/{key}")
async def add_account(
    caller: RobotKeeper, robot: RobotPath, key: KeyPath, wish: AccountWish | None = None
) -> RobotTold:
    """Let a robot trade on one account more; at work, it starts there at once."""
    amount = wish.amount if wish else ""
    return tell_robot(
        await caller.house.robots.add_account(caller.owner, robot, key, amount.strip())
    )


@router.delete("/robots/{robot}/accounts/{key}")
async def remove_account(caller: RobotKeeper, robot: RobotPath, key: KeyPath) -> RobotTold:
    """Take an account off a robot; at work, it stops there first, in the way chosen."""
    return tell_robot(await caller.house.robots.remove_account(caller.owner, robot, key))


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
