"""Signals: what robots decided, and what came for them from outside, newest first."""

from collections.abc import Iterator, Sequence
from typing import Final

from aiogram import F, Router
from aiogram.types import CallbackQuery

from drawbridge.entrypoints.telegram.screens import Go, Screen, button, home_row
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.robots.model import Decision, Robot
from drawbridge.trading.signals import Signal
from drawbridge.wording.formats import moment
from drawbridge.wording.say import say, say_reason

_SHOWN: Final = 15


def routes() -> Router:
    """Register these handlers anew: a router belongs to one dispatcher."""
    router = Router(name="signals")
    router.callback_query.register(show_signals, Go.filter(F.to == "signals"))
    return router


async def show_signals(_query: CallbackQuery, visit: Visit) -> None:
    """Show the newest of all robots."""
    owner = visit.account
    told: list[tuple[int, str]] = []
    for robot in await visit.house.robots.list_robots(owner):
        told += _decided(robot, await visit.house.robots.list_decisions(owner, robot.id))
        told += _received(robot, await visit.house.signals.list_signals(owner, robot.id))
    newest = sorted(told, reverse=True)[:_SHOWN]
    lines = [f"{moment(at_ms)}\n{line}" for at_ms, line in newest]
    parts = [say("telegram.signals.lead"), *(lines or [say("telegram.signals.none")])]
    await visit.show(Screen("\n\n".join(parts), ((button("look", "signals"),), home_row())))


def _decided(robot: Robot, decisions: Sequence[Decision]) -> Iterator[tuple[int, str]]:
    for decision in decisions:
        line = say(
            "notice.kind.robot_decided",
            name=robot.name,
            side=say(f"side.{decision.side.value}"),
            quantity=decision.quantity,
            symbol=robot.plan.symbol,
        )
        yield decision.moment_ms, f"🤖 {line}"


def _received(robot: Robot, signals: Sequence[Signal]) -> Iterator[tuple[int, str]]:
    for signal in signals:
        line = say("telegram.signals.received", name=robot.name, action=signal.action.value)
        yield signal.received_ms, f"📥 {line}\n{_fate(signal)}"


def _fate(signal: Signal) -> str:
    if signal.acted_ms is None:
        return say("hook.waiting")
    if signal.outcome:
        return say_reason(signal.outcome, {"field": "time", "most": 0})
    return say("hook.acted")
