"""Robots: the list, one robot with its figures, start, and stop in the way that is chosen."""

import asyncio
from collections.abc import Mapping
from typing import Final

from aiogram import F, Router
from aiogram.types import CallbackQuery

from drawbridge.app.reports import ground_of, is_simulated
from drawbridge.catalogue.registry import get_card
from drawbridge.entrypoints.telegram.chart_picture import draw_chart
from drawbridge.entrypoints.telegram.screens import (
    Go,
    Screen,
    back_to,
    button,
    home_row,
    listed,
    named,
)
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.robots.model import OnStop, Robot, RobotStatus
from drawbridge.robots.wishes import read_on_stop
from drawbridge.statistics.telling import told_value, values_of
from drawbridge.wording import formats
from drawbridge.wording.say import say, say_reason

_MARKS: Final[Mapping[RobotStatus, str]] = {
    RobotStatus.STOPPED: "⏹",
    RobotStatus.STARTING: "⏳",
    RobotStatus.STARTED: "▶️",
    RobotStatus.STOPPING: "⏳",
    RobotStatus.PAUSED: "⏸",
}
_ACTS: Final[Mapping[RobotStatus, tuple[str, ...]]] = {
    RobotStatus.STOPPED: ("start",),
    RobotStatus.STARTING: ("stop",),
    RobotStatus.STARTED: ("stop",),
    RobotStatus.STOPPING: ("stop",),
    RobotStatus.PAUSED: ("start", "stop"),
}
_FIGURES: Final = ("net_profit", "open_profit", "fees", "drawdown", "trades", "win_rate")


def routes() -> Router:
    """Register these handlers anew: a router belongs to one dispatcher."""
    router = Router(name="robots")
    router.callback_query.register(show_robots, Go.filter(F.to == "robots"))
    router.callback_query.register(show_robot, Go.filter(F.to == "robot"))
    router.callback_query.register(show_chart, Go.filter(F.to == "chart"))
    router.callback_query.register(start, Go.filter(F.to == "start"))
    router.callback_query.register(choose_stop, Go.filter(F.to == "stop"))
    router.callback_query.register(stop, Go.filter(F.to == "stop_by"))
    return router


async def show_robots(_query: CallbackQuery, visit: Visit) -> None:
    """List the person's robots."""
    robots = await visit.house.robots.list_robots(visit.account)
    buttons = [named(f"{_MARKS[it.status]} {it.name}", "robot", it.id) for it in robots]
    lead, rows = listed(buttons, say(f"robots_page.{'lead' if robots else 'none_lead'}"))
    onward = ((button("add_robot", "new_robot"),), home_row())
    await visit.show(Screen(f"{say('robots_page.title')}\n\n{lead}", (*rows, *onward)))


async def show_robot(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Show one robot."""
    await show(visit, callback_data.what)


async def show_chart(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Send a picture of a robot's candles with its trades."""
    robot = await visit.house.robots.get_robot(visit.account, callback_data.what)
    candles = await visit.house.robots.list_candles(visit.account, robot.id)
    plan, rows = robot.plan, (back_to("robot", robot.id),)
    if not candles:
        await visit.show(Screen(say("telegram.chart.none"), rows))
        return
    report = await visit.house.statistics.report(robot.origin, ground_of(robot, candles))
    # Drawn beside everything else: it takes a tenth of a second, in which others are served.
    picture = await asyncio.to_thread(
        draw_chart, candles, report.fills, plan.symbol, plan.interval_ms
    )
    told = say(
        "telegram.chart.caption", name=robot.name, symbol=plan.symbol, length_ms=plan.interval_ms
    )
    await visit.send_picture(picture, Screen(told, rows))


async def start(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Ask for a robot to run."""
    robot = await visit.house.robots.start(visit.account, callback_data.what)
    await show(visit, robot.id, say("done.robot_started"))


async def choose_stop(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Ask what is to become of what a robot holds; what was chosen beforehand stands first."""
    robot = await visit.house.robots.get_robot(visit.account, callback_data.what)
    ways = sorted(OnStop, key=lambda way: way is not robot.will_close)
    rows = tuple(
        (
            named(
                f"{_tick(way, robot)}{say(f'robots_page.on_stop_{way.value}')}", *_stop(robot, way)
            ),
        )
        for way in ways
    )
    # Whole in the text, because the words of a button are cut where they are long.
    whole = "\n".join(f"• {say(f'robots_page.on_stop_{way.value}')}" for way in ways)
    way_words = f"{say('robots_page.stop_way')}:\n{whole}"
    lines = [say("robots_page.stop_title", name=robot.name), way_words]
    await visit.show(Screen("\n\n".join(lines), (*rows, back_to("robot", robot.id))))


async def stop(_query: CallbackQuery, callback_data: Go, visit: Visit) -> None:
    """Ask for a robot to stop in the way that was pressed."""
    on_stop = read_on_stop(callback_data.how)
    robot = await visit.house.robots.stop(visit.account, callback_data.what, on_stop=on_stop)
    await show(visit, robot.id, say("done.robot_stopping"))


async def show(visit: Visit, robot_id: str, first: str = "") -> None:
    """Show a robot as it stands now, with its figures."""
    robot = await visit.house.robots.get_robot(visit.account, robot_id)
    candles = await visit.house.robots.list_candles(visit.account, robot.id)
    report = await visit.house.statistics.report(robot.origin, ground_of(robot, candles))
    values, quote = values_of(report), robot.plan.quote
    held = f"{formats.amount(report.position.quantity)} {robot.plan.base}"
    lines = [
        *([first, ""] if first else []),
        f"{_MARKS[robot.status]} {robot.name}: {say(f'robots.status.{robot.status.value}')}",
        *([say_reason(robot.reason, robot.facts)] if robot.reason else []),
        "",
        *_plan(robot),
        f"{say('robots_page.held')}: {held}",
        "",
        f"{say('robots_page.figures')}:",
        *(f"• {say(f'figures.{it}')}: {told_value(it, values[it], quote)}" for it in _FIGURES),
        *([say("figures.simulated")] if is_simulated(robot) else []),
    ]
    acts = tuple(button(act, act, robot.id) for act in _ACTS[robot.status])
    look = (button("look", "robot", robot.id), button("chart", "chart", robot.id))
    await visit.show(Screen("\n".join(lines), (acts, look, back_to("robots"))))


def _plan(robot: Robot) -> list[str]:
    plan = robot.plan
    place = f"{get_card(plan.exchange).name}, {say(f'venue.{plan.venue}')}"
    amount = f"{formats.amount(plan.amount)} {plan.quote}"
    return [
        f"{say('robots_page.market')}: {plan.symbol} ({place})",
        f"{say('robots_page.strategy')}: {say(f'robots.strategy.{plan.strategy}.name')}",
        f"{say('robots_page.amount')}: {amount}",
    ]


def _tick(way: OnStop, robot: Robot) -> str:
    return "✔ " if way is robot.will_close else ""


def _stop(robot: Robot, way: OnStop) -> tuple[str, str, str]:
    return "stop_by", robot.id, way.value
