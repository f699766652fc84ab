"""The form in which a robot is ordered: what it shows, how it is read, and what was wrong."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.money import plain
from drawbridge.entrypoints.pages.fields import Fields, Form
from drawbridge.entrypoints.web.robot_views import interval_name
from drawbridge.entrypoints.web.strategy_fields import (
    GUARD,
    SETTING,
    are_guards_told,
    field_names,
    keep_fields,
    read_guards,
    read_settings,
    refused_with_strategy,
    strategy_facts,
)
from drawbridge.robots.model import INTERVALS, Direction, OnStop, Plan, Trigger
from drawbridge.robots.strategies import STRATEGIES, get_strategy
from drawbridge.robots.strategy import Strategy
from drawbridge.robots.wishes import Wish
from drawbridge.wording.say import say

_FIELDS: Final = (
    *("name", "key", "symbol", "amount", "interval", "on_stop", "direction", "trigger", "confirm"),
    *("joins", "asks"),
)
_TICKS: Final = ("joins", "asks")
# A key beside the first one is ticked under this name and its own id.
_ALSO_ON: Final = "also_on"


def form_facts(strategy: Strategy, form: Form) -> dict[str, object]:
    """Give what the form is drawn from, apart from keys and markets."""
    return {
        "form": form,
        **strategy_facts(strategy),
        "guards_open": are_guards_told(form),
        "intervals": [(name, name) for name in INTERVALS],
        "directions": [(it.value, say(f"robots.direction.{it.value}")) for it in Direction],
        "triggers": [(it.value, say(f"robots.trigger.{it.value}")) for it in Trigger],
        "stops": [it.value for it in OnStop],
    }


def read_wish(fields: Fields, strategy: Strategy) -> Wish:
    """Read the form."""
    confirm, key_id = fields.line("confirm"), fields.line("key")
    return Wish(
        key_id=key_id,
        symbol=fields.line("symbol"),
        amount=fields.line("amount"),
        strategy=strategy.id,
        interval=fields.line("interval"),
        settings=read_settings(fields, strategy),
        on_stop=fields.line("on_stop"),
        joins=bool(fields.line("joins")),
        asks=bool(fields.line("asks")),
        name=fields.line("name"),
        also_on={other: "" for other in fields.chosen(_ALSO_ON) if other != key_id},
        guards=read_guards(fields),
        confirm={confirm: {}} if confirm else {},
        direction=fields.line("direction") or Direction.LONG.value,
        trigger=fields.line("trigger") or Trigger.CANDLE.value,
    )


def asked_again(query: QueryParams) -> Form:
    """Show the form as an address has filled it in, such as that of `like_this`."""
    ticked = {_ALSO_ON + key for key in query.getlist(_ALSO_ON)}
    ticked |= {name for name in _TICKS if query.get(name)}
    return Form(dict(query), ticked=frozenset(ticked))


def like_this(plan: Plan) -> str:
    """Give what the form's address takes along so that it orders a robot with the same plan.

    Empty where the form cannot ask for all of it: a strategy of a person's own, and confirming
    strategies with settings of their own or several of them.
    """
    usual = [it for it in plan.confirm if it.settings == _usual_settings(it.strategy)]
    if plan.strategy not in STRATEGIES or len(plan.confirm) != len(usual) or len(usual) > 1:
        return ""
    told = {
        "strategy": plan.strategy,
        "key": plan.key_id,
        "symbol": plan.symbol,
        "amount": plain(plan.amount),
        "interval": interval_name(plan.interval_ms),
        "on_stop": plan.on_stop.value,
        "direction": plan.direction.value,
        "trigger": plan.trigger.value,
        **({"confirm": usual[0].strategy} if usual else {}),
        **({"joins": "yes"} if plan.joins else {}),
        **({"asks": "yes"} if plan.asks else {}),
        **{SETTING + name: str(it) for name, it in plan.settings.items()},
        **{GUARD + name: str(it) for name, it in plan.guards.items()},
    }
    also_on = [(_ALSO_ON, stake.key_id) for stake in plan.stakes[1:]]
    return urlencode([*told.items(), *also_on])


def _usual_settings(name: str) -> Mapping[str, object]:
    strategy = get_strategy(name)
    return strategy.tell_settings(strategy.read_settings({}))


def refused_wish(error: DrawbridgeError, fields: Fields, strategy: Strategy) -> Form:
    """Show the form again, with what was wrong beside its field."""
    shown = (*_FIELDS, *field_names(strategy))
    form = refused_with_strategy(error, shown, keep_fields(fields, shown))
    ticked = {_ALSO_ON + key for key in fields.chosen(_ALSO_ON)}
    ticked |= {name for name in _TICKS if fields.line(name)}
    return Form(form.values, form.problems, form.problem, frozenset(ticked))
