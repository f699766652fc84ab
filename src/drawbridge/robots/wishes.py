"""What people ask for when they make a robot, and how it is read. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.errors import BadInput, Conflict
from drawbridge.core.markets import Market
from drawbridge.core.money import parse_positive
from drawbridge.robots import guards
from drawbridge.robots.model import (
    INTERVALS,
    Confirmation,
    Direction,
    OnStop,
    Plan,
    Robot,
    Stake,
    Trigger,
)
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.strategy import Strategy, read_values

_SYMBOL: Final = re.compile(r"[A-Z0-9]{1,20}/[A-Z0-9]{1,20}(:[A-Z0-9]{1,20})?")
_MOST_CONFIRMATIONS: Final = 5


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for when making a robot: texts as forms and command lines give them.

    `also_on` are further keys by id, each with its amount, empty for the same amount. `guards`
    and `settings` are by name, `confirm` has the settings of each strategy that is to confirm.
    """

    key_id: str
    symbol: str
    amount: str
    strategy: str = "ema_cross"
    interval: str = "1m"
    settings: Mapping[str, object] = field(default_factory=dict)
    on_stop: str = OnStop.MARKET.value
    joins: bool = False
    name: str = ""
    also_on: Mapping[str, str] = field(default_factory=dict)
    guards: Mapping[str, object] = field(default_factory=dict)
    confirm: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    direction: str = Direction.LONG.value
    trigger: str = Trigger.CANDLE.value
    asks: bool = False


def read_plan(wish: Wish, exchange: str, venue: str) -> Plan:
    """Read a wish for keys of this exchange and venue.

    Raises: `BadInput` naming the field, `NotFound("unknown_strategy")`.
    """
    symbol = _symbol_of(wish)
    if wish.interval not in INTERVALS:
        raise BadInput("bad_interval", field="interval", known=tuple(INTERVALS))
    strategy = get_strategy(wish.strategy)
    settings = strategy.read_settings(wish.settings)
    plan = Plan(
        stakes=read_stakes(wish),
        exchange=exchange,
        venue=venue,
        symbol=symbol,
        interval_ms=INTERVALS[wish.interval],
        strategy=strategy.id,
        settings=strategy.tell_settings(settings),
        on_stop=read_on_stop(wish.on_stop),
        joins=wish.joins,
        guards=guards.tell_guards(guards_of(wish.guards)),
        confirm=_confirmations_of(wish),
        direction=_direction_of(wish, symbol),
        trigger=_trigger_of(wish),
        asks=wish.asks,
    )
    _check_order_strategy(strategy, plan)
    return plan


def read_stakes(wish: Wish) -> tuple[Stake, ...]:
    """Read the accounts of a wish with their amounts. Raises: `BadInput` naming the field."""
    if wish.key_id in wish.also_on:
        raise BadInput("key_twice", field="key")
    amounts = {wish.key_id: wish.amount, **wish.also_on}
    return tuple(
        Stake(key_id, read_amount(amount or wish.amount)) for key_id, amount in amounts.items()
    )


def read_amount(text: str) -> Decimal:
    """Read an amount. Raises: `BadInput` naming the field."""
    return parse_positive(text.strip(), "amount")


def read_on_stop(text: str) -> OnStop:
    """Read what becomes of what a robot holds when it stops. Raises: `BadInput` naming it."""
    if text not in set(OnStop):
        raise BadInput("bad_on_stop", field="on_stop", known=tuple(OnStop))
    return OnStop(text)


def check_market(plan: Plan, name: str, known: Mapping[str, Market]) -> None:
    """Refuse a market of a kind that the exchange of this name does not have.

    `known` are some of its markets, not all: a pair that is not among them may still be there.
    Raises: `BadInput("robot_wrong_market_kind")`.
    """
    kinds = {":" in symbol for symbol in known}
    if kinds and plan.is_contract not in kinds:
        example = min(known)
        raise BadInput("robot_wrong_market_kind", field="symbol", exchange=name, example=example)


def check_listens(robot: Robot) -> None:
    """Refuse a hook for a robot that no signal would move.

    Raises: `Conflict("robot_takes_no_signals")`.
    """
    if not robot.plan.listens:
        raise Conflict("robot_takes_no_signals", name=robot.name)


def guards_of(chosen: Mapping[str, object]) -> guards.Guards:
    """Read guards by name; what is left out is off. Raises: `BadInput` naming the field."""
    known = [parameter.name for parameter in guards.PARAMETERS]
    for name in chosen:
        if name not in known:
            raise BadInput("unknown_guard", field=name, known=known)
    values: list[Any] = [*read_values(guards.PARAMETERS, chosen, guards.OF)]
    return guards.Guards(*values)


def _symbol_of(wish: Wish) -> str:
    symbol = wish.symbol.strip()
    if not _SYMBOL.fullmatch(symbol):
        raise BadInput("bad_symbol", field="symbol")
    return symbol


def _direction_of(wish: Wish, symbol: str) -> Direction:
    if wish.direction not in set(Direction):
        raise BadInput("bad_direction", field="direction", known=tuple(Direction))
    direction = Direction(wish.direction)
    if direction is not Direction.LONG and ":" not in symbol:
        raise BadInput("short_needs_contract", field="direction", symbol=symbol)
    return direction


def _trigger_of(wish: Wish) -> Trigger:
    if wish.trigger not in set(Trigger):
        raise BadInput("bad_trigger", field="trigger", known=tuple(Trigger))
    return Trigger(wish.trigger)


def _confirmations_of(wish: Wish) -> tuple[Confirmation, ...]:
    if len(wish.confirm) > _MOST_CONFIRMATIONS:
        raise BadInput("too_many_confirmations", field="confirm", most=_MOST_CONFIRMATIONS)
    return tuple(_confirmation(name, chosen) for name, chosen in wish.confirm.items())


def _confirmation(name: str, chosen: Mapping[str, object]) -> Confirmation:
    strategy = get_strategy(name)
    if strategy.decide is None:
        raise BadInput("confirm_needs_signals", field="confirm", strategy=name)
    return Confirmation(name, strategy.tell_settings(strategy.read_settings(chosen)))


def _check_order_strategy(strategy: Strategy, plan: Plan) -> None:
    """Refuse for a strategy that places orders of its own what only signals can have.

    Raises: `BadInput("orders_take_no_guards")` naming the field.
    """
    if strategy.orders is None:
        return
    refused = {
        "guards": bool(plan.guards),
        "confirm": bool(plan.confirm),
        "direction": plan.direction is not Direction.LONG,
        "trigger": plan.trigger is Trigger.SIGNAL,
        "symbol": plan.is_contract,
        "asks": plan.asks,
    }
    for field_name, is_chosen in refused.items():
        if is_chosen:
            raise BadInput("orders_take_no_guards", field=field_name, strategy=strategy.id)
