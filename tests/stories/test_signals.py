"""From TradingView's message to an order on the paper exchange, and the stop in between.

Three real processes: paper exchange, gateway, pages. The message comes over HTTP, as it would.
"""

import asyncio
import json
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

from drawbridge.app.build import House, open_house
from drawbridge.app.clock import SystemClock
from drawbridge.core.orders import Side
from drawbridge.robots.model import OnStop, Robot, RobotStatus, Trigger
from drawbridge.robots.wishes import Wish
from drawbridge.trading.hook_message import hook_address, hook_message
from drawbridge.trading.signal_service import MadeHook
from drawbridge.trading.signals import Signal
from tests.kit.house import add_key, checked, create_owner, found_town, until
from tests.kit.processes import free_port

EXCHANGE, SYMBOL = "binance", "BTC/USDT"


def _post(address: str, body: str) -> tuple[int, dict[str, object]]:
    request = urllib.request.Request(address, body.encode(), method="POST")  # noqa: S310  our own process on loopback
    request.add_header("content-type", "text/plain; charset=utf-8")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  the same process on loopback
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def _filled_in(made: MadeHook, action: str, bar: int) -> str:
    """Fill the message in as TradingView does when an alert fires."""
    told = hook_message(made.secret.reveal())
    for name, value in {
        "strategy.order.action": action,
        "ticker": "BTCUSDT",
        "close": "65000",
        "strategy.order.id": "Long",
        "time": str(bar),
        "timenow": str(SystemClock().now_ms()),
    }.items():
        told = told.replace("{{" + name + "}}", value)
    return told


async def _is(house: House, robot: Robot, status: RobotStatus) -> Robot:
    async def stands() -> Robot | None:
        found = await house.robots.get_robot(robot.owner, robot.id)
        return found if found.status is status else None

    return await until(stands, f"the robot is {status}")


async def _acted(house: House, robot: Robot, count: int) -> list[Signal]:
    async def acted() -> list[Signal] | None:
        found = await house.signals.list_signals(robot.owner, robot.id)
        done = [it for it in reversed(found) if it.acted_ms is not None]
        return done if len(done) >= count else None

    return await until(acted, f"{count} signals were acted on")


async def _sides(house: House, robot: Robot, count: int) -> list[Side]:
    async def traded() -> list[Side] | None:
        fills = await house.orders.fills_of(robot.origin)
        orders = {fill.order_id: fill.side for fill in fills}
        return list(orders.values()) if len(orders) >= count else None

    return await until(traded, f"{count} orders were filled")


async def test_a_message_becomes_one_order_and_none_while_everything_is_stopped(
    tmp_path: Path,
) -> None:
    with found_town(tmp_path) as town:
        town.settings = replace(town.settings, port=free_port())
        town.gateway()
        pages = town.start("drawbridge.entrypoints.web", ["--with-parent"])
        async with open_house(town.settings) as house:
            owner = await create_owner(house)
            key = await checked(house, (await add_key(house, town, owner, EXCHANGE)).id)
            wish = Wish(key_id=key.id, symbol=SYMBOL, amount="100", trigger=Trigger.SIGNAL.value)
            robot = await house.robots.create(owner, wish)
            made = await house.signals.make_hook(owner, robot.id, robot.name)
            address = hook_address(str(pages.ready["address"]), made.hook.id)
            await house.robots.start(owner, robot.id)
            await _is(house, robot, RobotStatus.STARTED)

            async def send(action: str, bar: int) -> tuple[int, dict[str, object]]:
                return await asyncio.to_thread(_post, address, _filled_in(made, action, bar))

            assert await send("buy", 1) == (200, {"accepted": True})
            assert await _sides(house, robot, 1) == [Side.BUY]
            status, told = await send("buy", 1)
            assert (status, told["code"]) == (409, "signal_seen_before")
            assert await send("close", 2) == (200, {"accepted": True})
            assert await _sides(house, robot, 2) == [Side.BUY, Side.SELL]

            await house.limits.stop(owner, of=owner)
            assert await send("buy", 3) == (200, {"accepted": True})
            await _acted(house, robot, 3)

            async def refused() -> bool:
                notices = await house.notices.list_notices(owner)
                return any(it.notice.facts.get("reason") == "global_stop" for it in notices)

            await until(refused, "the owner was told that the stop kept it back")
            assert len(await house.orders.orders_of(robot.origin)) == 2

            # What is held when everything stops is sold all the same, where that is wished.
            await house.limits.resume(owner, of=owner)
            assert await send("buy", 4) == (200, {"accepted": True})
            await _sides(house, robot, 3)
            await house.limits.stop(owner, of=owner, cancel=True)
            await house.robots.stop(owner, robot.id, on_stop=OnStop.MARKET)
            await _is(house, robot, RobotStatus.STOPPED)
            assert (await _sides(house, robot, 4))[2:] == [Side.BUY, Side.SELL]
