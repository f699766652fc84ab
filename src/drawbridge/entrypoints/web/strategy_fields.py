"""The fields of a strategy and of the guards in a form: robots and trials are ordered with both."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import orjson

from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.robots.guards import OF, PARAMETERS
from drawbridge.robots.strategies import STRATEGIES
from drawbridge.robots.strategy import Parameter, Strategy
from drawbridge.wording.say import say

SETTING: Final = "set."
GUARD: Final = "guard."
"""Before the names of fields: a strategy's setting may be called as a guard or a field is."""


@cache
def pictures() -> Mapping[str, tuple[str, ...]]:
    """Give the strategies that have a picture of their idea, with its lines by their numbers.

    A person's own strategies have none.
    """
    folder = files("drawbridge.entrypoints.pages") / "static" / "strategies"
    table: dict[str, list[str]] = orjson.loads((folder / "lines.json").read_bytes())
    return {name: tuple(lines) for name, lines in table.items()}


def gallery() -> list[dict[str, object]]:
    """Give every strategy as a card shows it."""
    return [{"id": name, "lines": pictures().get(name)} for name in STRATEGIES]


def strategy_facts(strategy: Strategy) -> dict[str, object]:
    """Give what the part `parts/strategy.html` draws fields from."""
    return {
        "strategy": strategy,
        "lines": pictures().get(strategy.id),
        "guards": PARAMETERS,
        "confirmations": [
            ("", say("strategy_fields.no_confirmation")),
            *(
                (name, say(f"robots.strategy.{name}.name"))
                for name, other in STRATEGIES.items()
                if other.decide is not None and name != strategy.id
            ),
        ],
    }


def are_guards_told(form: Form) -> bool:
    """Tell whether a form has something to show among its guards, or something wrong there."""
    told = ((form.values.get(GUARD + it.name, ""), it.default) for it in PARAMETERS)
    is_chosen = any(text not in ("", str(default)) for text, default in told)
    return is_chosen or any(name.startswith(GUARD) for name in form.problems)


def field_names(strategy: Strategy) -> tuple[str, ...]:
    """Give the names of all these fields."""
    return (
        *(SETTING + it.name for it in strategy.parameters),
        *(GUARD + it.name for it in PARAMETERS),
    )


def read_settings(fields: Fields, strategy: Strategy) -> dict[str, str]:
    """Read the settings that were filled in; an empty field has its default."""
    names = (it.name for it in strategy.parameters)
    return {name: text for name in names if (text := fields.line(SETTING + name))}


def read_guards(fields: Fields) -> dict[str, str]:
    """Read the guards that were filled in; an empty field has its default."""
    texts = ((it.name, _text_of(it, fields)) for it in PARAMETERS)
    return {name: text for name, text in texts if text}


def keep_fields(fields: Fields, shown: tuple[str, ...]) -> dict[str, str]:
    """Give what a form with these fields is to show again; boxes of one field as one text."""
    return {
        **fields.keep(*shown),
        **{GUARD + it.name: _text_of(it, fields) for it in PARAMETERS if it.members},
    }


def _text_of(parameter: Parameter, fields: Fields) -> str:
    name = GUARD + parameter.name
    return ",".join(fields.chosen(name)) if parameter.members else fields.line(name)


def refused_with_strategy(
    error: DrawbridgeError, shown: tuple[str, ...], values: Mapping[str, str]
) -> Form:
    """Show a form again, the problem beside the field that it names, whatever stands before it."""
    name, of = str(error.facts.get("field", "")), error.facts.get("of")
    for prefix in (GUARD,) if of == OF else (SETTING, GUARD):
        if (of or name not in shown) and prefix + name in shown:
            told = refused(error, (*shown, name), values)
            return Form(values, {prefix + name: told.problems[name]})
    return refused(error, shown, values)
