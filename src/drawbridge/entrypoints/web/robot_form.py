"""The form in which a robot is ordered: what it shows, how it is read, and what was wrong."""

from typing import Final

from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.pages.fields import Fields, Form
from drawbridge.entrypoints.web.strategy_fields import (
    GUARD,
    field_names,
    keep_fields,
    read_guards,
    read_settings,
    refused_with_strategy,
    strategy_facts,
)
from drawbridge.robots.model import INTERVALS, Direction, OnStop, Trigger
from drawbridge.robots.strategy import Strategy
from drawbridge.robots.wishes import Wish
from drawbridge.wording.say import say

_FIELDS: Final = (
    *("name", "key", "symbol", "amount", "interval", "on_stop", "direction", "trigger", "confirm"),
    "joins",
)
# A key beside the first one is ticked under this name and its own id.
_ALSO_ON: Final = "also_on"


def form_facts(strategy: Strategy, form: Form) -> dict[str, object]:
    """Give what the form is drawn from, apart from keys and markets."""
    return {
        "form": form,
        **strategy_facts(strategy),
        "guard_problem": any(name.startswith(GUARD) for name in form.problems),
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
        name=fields.line("name"),
        also_on={other: "" for other in fields.chosen(_ALSO_ON) if other != key_id},
        guards=read_guards(fields),
        confirm={confirm: {}} if confirm else {},
        direction=fields.line("direction") or Direction.LONG.value,
        trigger=fields.line("trigger") or Trigger.CANDLE.value,
    )


def refused_wish(error: DrawbridgeError, fields: Fields, strategy: Strategy) -> Form:
    """Show the form again, with what was wrong beside its field."""
    shown = (*_FIELDS, *field_names(strategy))
    form = refused_with_strategy(error, shown, keep_fields(fields, shown))
    ticked = {_ALSO_ON + key for key in fields.chosen(_ALSO_ON)}
    if fields.line("joins"):
        ticked.add("joins")
    return Form(form.values, form.problems, form.problem, frozenset(ticked))
