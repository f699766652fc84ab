"""A robot as the command line tells it: as JSON, as a row, and as fields."""

from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.entrypoints.cli.output import (
    or_dash,
    print_fields,
    print_hint,
    print_line,
    print_table,
)
from drawbridge.wording.say import say, say_reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drawbridge.robots.model import Account, Robot
    from drawbridge.trading.foreign_orders import ForeignOrder
    from drawbridge.trading.model import OwnOrder

RobotName = Annotated[str, typer.Argument(metavar="ROBOT", help=say("cli.robot.argument"))]

COLUMNS = ("name", "market", "strategy", "amount", "status", "reason", "id")
_ACCOUNT_COLUMNS = ("key", "amount", "status", "reason")
_FOREIGN_COLUMNS = ("key", "side", "quantity", "price", "foreign_order")
_ORDER_COLUMNS = ("key", "side", "quantity", "price", "order_status")


def told_robot(robot: "Robot") -> dict[str, object]:
    """Tell a robot as JSON holds it."""
    plan = robot.plan
    return {
        "id": robot.id,
        "name": robot.name,
        "key_id": plan.key_id,
        "exchange": plan.exchange,
        "venue": plan.venue,
        "market": plan.symbol,
        "strategy": plan.strategy,
        "settings": plan.settings,
        "guards": plan.guards,
        "confirm": {it.strategy: it.settings for it in plan.confirm},
        "direction": plan.direction,
        "trigger": plan.trigger,
        "interval_ms": plan.interval_ms,
        "amount": plan.amount,
        "on_stop": plan.on_stop,
        "join": plan.joins,
        "ask": plan.asks,
        "status": robot.status,
        "reason": robot.reason,
        "facts": robot.facts,
        "accounts": [_told_account(account) for account in robot.accounts],
        "last_candle_ms": robot.last_candle_ms,
    }


def row_of(robot: "Robot") -> list[str]:
    """Give a robot as a row of `COLUMNS`."""
    plan = robot.plan
    return [
        robot.name,
        f"{plan.exchange} {plan.symbol}",
        f"{plan.strategy} {_pairs(plan.settings)}",
        f"{or_dash(plan.amount)} {plan.quote}",
        say(f"robots.status.{robot.status.value}"),
        or_dash(say_reason(robot.reason, robot.facts) if robot.reason else ""),
        robot.id,
    ]


def print_robot(robot: "Robot", held: str) -> None:
    """Print a robot's fields, with what it holds."""
    plan = robot.plan
    names = [say(f"cli.robot.column.{name}") for name in COLUMNS]
    fields = dict(zip(names, row_of(robot), strict=True))
    chosen = {
        "guards": _pairs(plan.guards),
        "confirm": " ".join(f"{it.strategy} ({_pairs(it.settings)})" for it in plan.confirm),
        "direction": say(f"robots.direction.{plan.direction.value}"),
        "trigger": say(f"robots.trigger.{plan.trigger.value}"),
        "on_stop": say(f"robots.on_stop.{robot.will_close.value}"),
        "held": held,
    }
    print_fields(fields | {say(f"cli.robot.column.{it}"): or_dash(to) for it, to in chosen.items()})


def print_accounts(robot: "Robot", labels: "Mapping[str, str]") -> None:
    """Print where a robot stands on each of its accounts, if there are several."""
    if len(robot.accounts) > 1:
        rows = [
            [
                labels.get(it.key_id, it.key_id),
                f"{or_dash(it.stake.amount)} {robot.plan.quote}",
                say(f"robots.status.{it.status.value}"),
                or_dash(say_reason(it.reason, it.facts) if it.reason else ""),
            ]
            for it in robot.accounts
        ]
        print_table([say(f"cli.robot.column.{name}") for name in _ACCOUNT_COLUMNS], rows)


def print_orders(orders: "Sequence[OwnOrder]", labels: "Mapping[str, str]") -> None:
    """Print the orders of a robot that are open, if there are any."""
    if orders:
        rows = [
            [
                labels.get(it.key_id, it.key_id),
                say(f"side.{it.side.value}"),
                or_dash(it.quantity),
                or_dash(it.price),
                say(f"orders.state.{it.state.value}"),
            ]
            for it in orders
        ]
        print_table([say(f"cli.robot.column.{name}") for name in _ORDER_COLUMNS], rows)


def print_resting(robot: "Robot", resting: int) -> None:
    """Print what becomes of the open orders of a robot that has paused."""
    if robot.status == "paused" and resting:
        print_hint(say("robots_page.resting", count=resting))


def print_foreign(orders: "Sequence[ForeignOrder]", labels: "Mapping[str, str]") -> None:
    """Print the open orders that others have on the market, if there are any."""
    if orders:
        from drawbridge.wording.formats import moment

        print_line(say("cli.robot.status.foreign"))
        rows = [
            [
                labels.get(it.key_id, it.key_id),
                say(f"side.{it.side.value}"),
                or_dash(it.quantity),
                or_dash(it.price),
                moment(it.seen_ms),
            ]
            for it in orders
        ]
        print_table([say(f"cli.robot.column.{name}") for name in _FOREIGN_COLUMNS], rows)


def told_order(order: "OwnOrder") -> dict[str, object]:
    """Tell an open order as JSON holds it."""
    return {
        "key_id": order.key_id,
        "client_id": order.client_id,
        "order_id": order.order_id,
        "side": order.side,
        "type": order.type,
        "quantity": order.quantity,
        "price": order.price,
        "filled": order.filled,
        "state": order.state,
    }


def _told_account(account: "Account") -> dict[str, object]:
    return {
        "key_id": account.key_id,
        "amount": account.stake.amount,
        "status": account.status,
        "reason": account.reason,
        "facts": account.facts,
    }


def _pairs(chosen: "Mapping[str, object]") -> str:
    return " ".join(f"{name}={value}" for name, value in chosen.items())
