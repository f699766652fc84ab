"""Robots: list, start one, watch it live with chart and trades, stop it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson
from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.app.reports import ground_of, is_simulated
from drawbridge.catalogue.registry import get_card
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.markets import Candle
from drawbridge.core.money import plain
from drawbridge.core.orders import Fill
from drawbridge.entrypoints.pages.fields import Fields, Form
from drawbridge.entrypoints.pages.site import Site, go
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.entrypoints.web.figure_views import view_groups, view_headlines, view_periods
from drawbridge.entrypoints.web.plan_views import (
    resting_words,
    view_accounts,
    view_foreign,
    view_orders,
    view_plan,
)
from drawbridge.entrypoints.web.robot_form import (
    asked_again,
    form_facts,
    like_this,
    read_wish,
    refused_wish,
)
from drawbridge.entrypoints.web.robot_views import view_robot
from drawbridge.entrypoints.web.strategy_fields import gallery
from drawbridge.robots.model import OnStop, Robot
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.strategy import Strategy
from drawbridge.robots.wishes import read_on_stop
from drawbridge.statistics.service import Report
from drawbridge.statistics.telling import values_of
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.wording.say import say

_TRADES = 100
_SECOND_MS = 1_000


@dataclass(frozen=True, slots=True)
class RobotPages:
    """The pages of robots."""

    site: Site
    house: House

    async def show_all(self, visit: Visit) -> Response:
        """List the person's robots."""
        owner = visit.person.account
        robots = await self.house.robots.list_robots(owner)
        facts = {
            "robots": [view_robot(robot) for robot in robots],
            "has_keys": bool(await self._trading_keys(owner)),
        }
        return self.site.page(visit, "robots/list.html", facts)

    async def show_new(self, visit: Visit) -> Response:
        """Show all strategies, or the form for the one that was chosen."""
        query = visit.request.query_params
        if "strategy" not in query:
            keys = await self._trading_keys(visit.person.account)
            facts = {"gallery": gallery(), "has_keys": bool(keys), "onward": _onward(query)}
            return self.site.page(visit, "robots/choose.html", facts)
        return await self._new(visit, get_strategy(query["strategy"]), asked_again(query))

    async def create(self, visit: Visit, fields: Fields) -> Response:
        """Make a robot and start it."""
        strategy = get_strategy(fields.line("strategy"))
        wish = read_wish(fields, strategy)
        try:
            robot = await self.house.robots.create(visit.person.account, wish)
        except DrawbridgeError as error:
            form = refused_wish(error, fields, strategy)
            return await self._new(visit, strategy, form, error.http_status)
        await self.house.robots.start(visit.person.account, robot.id)
        return go(f"/robots/{robot.id}", "robot_started")

    async def show(self, visit: Visit) -> Response:
        """Show a robot with its chart."""
        return self.site.page(visit, "robots/show.html", await self._live_facts(visit))

    async def show_live(self, visit: Visit) -> Response:
        """Show only what changes while it works."""
        facts = {**await self._live_facts(visit), "fragment": True}
        return self.site.page(visit, "robots/live.html", facts)

    async def show_chart(self, visit: Visit) -> Response:
        """Give candles, trades and equity as JSON; amounts as text, because they are exact."""
        robot = await self._robot(visit)
        candles = await self.house.robots.list_candles(visit.person.account, robot.id)
        report = await self._report(robot, candles)
        told = {
            "candles": [_bar(candle) for candle in candles],
            "trades": [_mark(fill, robot.plan.interval_ms) for fill in report.fills],
            "equity": _line(report),
        }
        return Response(orjson.dumps(told), media_type="application/json")

    async def start(self, visit: Visit, _fields: Fields) -> Response:
        """Ask for a robot to run again."""
        robot = await self.house.robots.start(visit.person.account, _id(visit))
        return go(f"/robots/{robot.id}", "robot_started")

    async def show_stop(self, visit: Visit) -> Response:
        """Show in which ways a robot can be stopped."""
        robot = await self._robot(visit)
        facts = {
            "robot": view_robot(robot),
            "stops": [it.value for it in OnStop],
            "chosen": robot.will_close.value,
        }
        return self.site.page(visit, "robots/stop.html", facts)

    async def stop(self, visit: Visit, fields: Fields) -> Response:
        """Ask for a robot to stop, as chosen when it was made or in the way named now."""
        way = fields.line("on_stop")
        on_stop = read_on_stop(way) if way else None
        robot = await self.house.robots.stop(visit.person.account, _id(visit), on_stop=on_stop)
        return go(f"/robots/{robot.id}", "robot_stopping")

    async def delete(self, visit: Visit, _fields: Fields) -> Response:
        """Delete a stopped robot."""
        await self.house.robots.delete(visit.person.account, _id(visit))
        return go("/robots", "robot_deleted")

    async def _live_facts(self, visit: Visit) -> dict[str, object]:
        robot = await self._robot(visit)
        candles = await self.house.robots.list_candles(visit.person.account, robot.id)
        report = await self._report(robot, candles)
        newest = [_row(fill) for fill in reversed(report.fills[-_TRADES:])]
        groups = view_groups(values_of(report), robot.plan.quote)
        keys = await self.house.vault.list_keys(visit.person.account)
        labels = {str(key.id): key.label for key in keys}
        orders = await self.house.orders.unsettled_of(robot.origin)
        foreign = await self.house.robots.list_foreign_orders(visit.person.account, robot.id)
        return {
            "robot": view_robot(robot),
            "listens": robot.plan.listens,
            "newest_candle_ms": candles[-1].open_time_ms if candles else 0,
            "like_this": like_this(robot.plan),
            "plan": view_plan(robot.plan, report.position.quantity),
            "asks": robot.plan.asks,
            "accounts": view_accounts(robot, labels),
            "orders": view_orders(orders, labels),
            "resting_words": resting_words(robot, len(orders)),
            "foreign": view_foreign(foreign, labels),
            "simulated": is_simulated(robot),
            "headlines": view_headlines(groups),
            "groups": groups,
            "periods": view_periods(report.periods, robot.plan.quote),
            "trades": newest,
            "fragment": False,
        }

    async def _robot(self, visit: Visit) -> Robot:
        return await self.house.robots.get_robot(visit.person.account, _id(visit))

    async def _report(self, robot: Robot, candles: Sequence[Candle]) -> Report:
        return await self.house.statistics.report(robot.origin, ground_of(robot, candles))

    async def _trading_keys(self, owner: str) -> list[KeyRecord]:
        keys = await self.house.vault.list_keys(owner)
        return [key for key in keys if key.status is KeyStatus.ENABLED]

    async def _new(
        self, visit: Visit, strategy: Strategy, form: Form, status: int = 200
    ) -> Response:
        keys = await self._trading_keys(visit.person.account)
        facts = {
            "keys": [(key.id, _name_of(key)) for key in keys],
            "markets": _known_symbols(keys),
            **form_facts(strategy, form),
        }
        return self.site.page(visit, "robots/new.html", facts, status)


def _onward(query: Mapping[str, str]) -> str:
    """Give what the next address takes along: the key from which a person came."""
    return urlencode({"key": query["key"]}) if "key" in query else ""


def _known_symbols(keys: Sequence[KeyRecord]) -> list[str]:
    """Give the pairs to suggest; any other pair of the exchange may be typed."""
    found = {
        symbol
        for exchange in {key.exchange for key in keys}
        for symbol in (market.symbol for market in get_card(exchange).markets())
    }
    return sorted(found)


def _name_of(key: KeyRecord) -> str:
    return f"{key.label} ({get_card(key.exchange).name}, {say(f'venue.{key.venue.value}')})"


def _row(fill: Fill) -> dict[str, object]:
    return {
        "time_ms": fill.time_ms,
        "side": fill.side.value,
        "price": fill.price,
        "quantity": fill.quantity,
        "fee": fill.fee,
        "fee_currency": fill.fee_currency,
    }


def _bar(candle: Candle) -> tuple[int | str, ...]:
    prices = (candle.open, candle.high, candle.low, candle.close)
    return (candle.open_time_ms, *(plain(price) for price in prices))


def _mark(fill: Fill, interval_ms: int) -> dict[str, object]:
    """Give a trade at the candle in which it fell, where the chart can put its arrow."""
    words = f"{say(f'side.{fill.side.value}')} {plain(fill.quantity)}"
    at_ms = fill.time_ms - fill.time_ms % interval_ms
    return {"at_ms": at_ms, "side": fill.side.value, "words": words}


def _line(report: Report) -> list[tuple[int, str]]:
    """Give the equity with one point a second, the last, as charts want it."""
    points = {point.time_ms // _SECOND_MS: plain(point.equity) for point in report.equity}
    return [(second * _SECOND_MS, value) for second, value in sorted(points.items())]


def _id(visit: Visit) -> str:
    return str(visit.request.path_params["robot"])
