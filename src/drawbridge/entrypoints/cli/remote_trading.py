"""Robots, orders, limits and trials of a Drawbridge elsewhere, as the house has them here.

The methods are those of the services in the house that commands call; whose they are says the
token, so that an owner is not asked for.
"""

from collections.abc import Mapping
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from drawbridge.client import every
from drawbridge.client.limits import LimitsTold, LimitsWish, StopTold, TradingStop
from drawbridge.client.orders import Order
from drawbridge.client.robots import AccountTold, RobotStop, RobotTold, RobotWish
from drawbridge.client.trials import TrialTold
from drawbridge.core.errors import BadInput, Conflict
from drawbridge.core.markets import Candle
from drawbridge.core.orders import Fill
from drawbridge.entrypoints.cli.remote_accounts import MOST, code_of, reason_of, robot_of
from drawbridge.entrypoints.cli.remote_line import Line
from drawbridge.entrypoints.cli.remote_reading import read_as
from drawbridge.lab.model import TrialWish, wish_from
from drawbridge.lab.store import Ordered
from drawbridge.robots.model import (
    Account,
    Confirmation,
    Decision,
    Direction,
    OnStop,
    Plan,
    Robot,
    Stake,
    Trigger,
)
from drawbridge.robots.wishes import Wish, read_on_stop
from drawbridge.trading.foreign_orders import ForeignOrder
from drawbridge.trading.history import PastOrder, Query
from drawbridge.trading.limit_store import EVERYBODY, Limited, Stop
from drawbridge.trading.limits import Limits
from drawbridge.trading.model import OwnOrder, OwnTrade

ME: Final = "me"
"""Whose things are meant elsewhere: those of the person whose token it is."""


class RemoteRobots:
    """The robots elsewhere."""

    def __init__(self, line: Line) -> None:
        """Speak over a line."""
        self._line = line

    async def list_robots(self, _owner: str) -> tuple[Robot, ...]:
        """List the robots."""
        return await self._line.ask(
            lambda client: tuple(map(_read_robot, every(client.robots.list_robots, limit=MOST)))
        )

    async def get_robot(self, _owner: str, robot_id: str) -> Robot:
        """Give one robot."""
        return await self._line.ask(lambda client: _read_robot(client.robots.get_robot(robot_id)))

    async def create(self, _owner: str, wish: Wish) -> Robot:
        """Make a robot, stopped. Raises: `BadInput` naming the field."""
        told = _told_wish(wish)
        return await self._line.act(
            lambda client, once: _read_robot(client.robots.create_robot(told, idempotency_key=once))
        )

    async def list_decisions(self, _owner: str, robot_id: str) -> tuple[Decision, ...]:
        """List the newest decisions of a robot."""
        return await self._line.ask(
            lambda client: tuple(
                read_as(Decision, it, {"robot_id": robot_id, "reason": code_of(it["reason"])})
                for it in every(client.robot_reports.list_decisions, robot_id, limit=MOST)
            )
        )

    async def list_candles(self, _owner: str, robot_id: str) -> tuple[Candle, ...]:
        """List the newest candles of a robot's market, oldest first."""
        newest_first = await self._line.ask(
            lambda client: [
                read_as(Candle, it)
                for it in every(client.robot_reports.list_candles, robot_id, limit=MOST)
            ]
        )
        return tuple(reversed(newest_first))

    async def list_foreign_orders(self, _owner: str, robot_id: str) -> tuple[ForeignOrder, ...]:
        """List the open orders that others have where a robot works."""
        return await self._line.ask(
            lambda client: tuple(
                read_as(ForeignOrder, it)
                for it in every(client.robot_reports.list_foreign_orders, robot_id, limit=MOST)
            )
        )

    async def start(self, _owner: str, robot_id: str) -> Robot:
        """Ask for a robot to run."""
        return await self._line.act(
            lambda client, once: _read_robot(
                client.robots.start_robot(robot_id, idempotency_key=once)
            )
        )

    async def stop(self, _owner: str, robot_id: str, *, on_stop: OnStop | None = None) -> Robot:
        """Ask for a robot to stop, in its own way or in another one this once."""
        wish: RobotStop = {"on_stop": on_stop.value if on_stop else None}
        return await self._line.act(
            lambda client, once: _read_robot(
                client.robots.stop_robot(robot_id, wish, idempotency_key=once)
            )
        )

    async def delete(self, _owner: str, robot_id: str) -> None:
        """Delete a stopped robot."""
        await self._line.change(lambda client: client.robots.delete_robot(robot_id))

    async def add_account(self, _owner: str, robot_id: str, key_id: str, amount: str) -> Robot:
        """Let a robot trade on one account more."""
        return await self._line.change(
            lambda client: _read_robot(
                client.robots.add_account(robot_id, key_id, {"amount": amount})
            )
        )

    async def remove_account(self, _owner: str, robot_id: str, key_id: str) -> Robot:
        """Take an account off a robot."""
        return await self._line.change(
            lambda client: _read_robot(client.robots.remove_account(robot_id, key_id))
        )


class RemoteOrders:
    """The orders elsewhere."""

    def __init__(self, line: Line) -> None:
        """Speak over a line."""
        self._line = line

    async def find(self, _owner: str, query: Query, limit: int) -> tuple[PastOrder, ...]:
        """Give at most so many orders, the newest first."""
        robot = robot_of(query.origin)
        wanted = {
            "key": query.key_id or None,
            "robot": robot or None,
            "standing": query.standing.value,
            "text": query.text or None,
            "limit": min(limit, MOST),
        }
        return await self._line.ask(
            lambda client: tuple(
                PastOrder(_read_order(it), it["exchange"], it["venue"])
                for it in islice(every(client.orders.list_orders, **wanted), limit)
            )
        )

    async def trades_of(self, key_id: str, origin: str) -> tuple[OwnTrade, ...]:
        """Give all executions, or those of one key or robot, in the house's own order."""
        key, robot = key_id or None, robot_of(origin) or None
        found = await self._line.ask(
            lambda client: [
                read_as(OwnTrade, it, {"fill": read_as(Fill, it)})
                for it in every(client.orders.list_trades, key=key, robot=robot, limit=MOST)
            ]
        )
        found.sort(key=lambda it: (it.fill.time_ms, it.key_id, it.fill.symbol, it.fill.trade_id))
        return tuple(found)

    async def unsettled_of(self, origin: str) -> tuple[OwnOrder, ...]:
        """Give a robot's orders to which something may still happen."""
        robot = robot_of(origin)
        newest_first = await self._line.ask(
            lambda client: [
                _read_order(it)
                for it in every(client.orders.list_orders, robot=robot, standing="open", limit=MOST)
            ]
        )
        return tuple(reversed(newest_first))


class RemoteLimits:
    """Limits and the stop elsewhere."""

    def __init__(self, line: Line) -> None:
        """Speak over a line."""
        self._line = line

    async def list_limits(self, _owner: str) -> tuple[Limited, ...]:
        """List what is limited."""
        return await self._line.ask(
            lambda client: tuple(map(_read_limited, every(client.limits.list_limits, limit=MOST)))
        )

    async def set_limits(
        self, _owner: str, subject: str, _name: str, texts: Mapping[str, str]
    ) -> Limits:
        """Give a subject these limits in place of those it had; an empty text is no limit."""
        wish = LimitsWish()
        for name, text in texts.items():
            if text.strip():
                wish[name] = text  # type: ignore[literal-required]  # the names are checked there
        return await self._line.change(
            lambda client: read_as(Limits, client.limits.set_limits(subject, wish))
        )

    async def clear_limits(self, _owner: str, subject: str) -> None:
        """Take all limits off a subject."""
        await self._line.change(lambda client: client.limits.clear_limits(subject))

    async def find_stop(self, _owner: str) -> Stop | None:
        """Give the stop that holds, if one does."""
        return await self._line.ask(lambda client: _read_stop(client.limits.get_stop()))

    async def stop(self, _owner: str, *, of: str, cancel: bool = False) -> None:
        """Keep everything of the person from entering.

        Raises: `Conflict("everybody_only_here")`.
        """
        _refuse_everybody(of)
        wish: TradingStop = {"cancel_orders": cancel}
        await self._line.act(lambda client, once: client.limits.stop(wish, idempotency_key=once))

    async def resume(self, _owner: str, *, of: str) -> None:
        """Let trading go on. Raises: `Conflict("everybody_only_here")`."""
        _refuse_everybody(of)
        await self._line.act(lambda client, once: client.limits.resume(idempotency_key=once))


class RemoteLab:
    """The trials elsewhere."""

    def __init__(self, line: Line) -> None:
        """Speak over a line."""
        self._line = line

    async def order(self, _owner: str, wish: TrialWish) -> Ordered:
        """Order a trial."""
        told: Any = wish.told()
        return await self._line.act(
            lambda client, once: _read_trial(client.trials.order_trial(told, idempotency_key=once))
        )

    async def list_trials(self, _owner: str) -> tuple[Ordered, ...]:
        """List the trials, newest first."""
        return await self._line.ask(
            lambda client: tuple(map(_read_trial, every(client.trials.list_trials, limit=MOST)))
        )

    async def get_trial(self, _owner: str, trial_id: str) -> Ordered:
        """Give one trial."""
        return await self._line.ask(lambda client: _read_trial(client.trials.get_trial(trial_id)))

    async def get_sheet(self, _owner: str, trial_id: str) -> Mapping[str, Any]:
        """Give what came of a trial, empty while nothing did."""
        return await self._line.ask(lambda client: client.trials.get_sheet(trial_id)["sheet"] or {})

    async def stop(self, _owner: str, trial_id: str) -> None:
        """Stop a trial; one that has ended stays as it is."""
        await self._line.act(
            lambda client, once: client.trials.stop_trial(trial_id, idempotency_key=once)
        )

    async def delete(self, _owner: str, trial_id: str) -> None:
        """Delete a trial; one under way is stopped by that."""
        await self._line.change(lambda client: client.trials.delete_trial(trial_id))


def _refuse_everybody(of: str) -> None:
    if of == EVERYBODY:
        raise Conflict("everybody_only_here", field="--everybody")


def _told_wish(wish: Wish) -> RobotWish:
    # What is one of a few is looked at here: there, all that is known of it is the schema.
    if wish.direction not in set(Direction):
        raise BadInput("bad_direction", field="direction", known=tuple(Direction))
    if wish.trigger not in set(Trigger):
        raise BadInput("bad_trigger", field="trigger", known=tuple(Trigger))
    told: Any = {
        "key": wish.key_id,
        "symbol": wish.symbol,
        "amount": wish.amount,
        "strategy": wish.strategy,
        "interval": wish.interval,
        "settings": wish.settings,
        "guards": wish.guards,
        "confirm": wish.confirm,
        "also_on": wish.also_on,
        "on_stop": read_on_stop(wish.on_stop).value,
        "direction": wish.direction,
        "trigger": wish.trigger,
        "joins": wish.joins,
        "asks": wish.asks,
        "name": wish.name,
    }
    wished: RobotWish = told
    return wished


def _read_robot(told: RobotTold) -> Robot:
    accounts = tuple(map(_read_account, told["accounts"]))
    chosen = {
        "stakes": tuple(it.stake for it in accounts),
        "confirm": tuple(Confirmation(name, it) for name, it in told["confirm"].items()),
    }
    known = {
        "owner": ME,
        "plan": read_as(Plan, told, chosen),
        "accounts": accounts,
        **reason_of(told["reason"]),
    }
    return read_as(Robot, told, known)


def _read_account(told: AccountTold) -> Account:
    stake = Stake(told["key_id"], Decimal(told["amount"]))
    return read_as(Account, told, {"stake": stake, **reason_of(told["reason"])})


def _read_order(told: Order) -> OwnOrder:
    known = {"post_only": told["is_post_only"], "reason": code_of(told["reason"])}
    return read_as(OwnOrder, told, known)


def _read_limited(told: LimitsTold) -> Limited:
    return read_as(Limited, told, {"owner": ME, "limits": read_as(Limits, told)})


def _read_stop(told: StopTold) -> Stop | None:
    if not told["is_stopped"]:
        return None
    owner = EVERYBODY if told["is_everybodys"] else ME
    return Stop(owner, told["since_ms"] or 0, is_cancelling=told["is_cancelling"])


def _read_trial(told: TrialTold) -> Ordered:
    known = {"owner": ME, "wish": wish_from(told["wish"]), **reason_of(told["reason"])}
    return read_as(Ordered, told, known)
