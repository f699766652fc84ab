"""The options that several commands share, and how their texts are read."""

import dataclasses
import re
from pathlib import Path
from typing import Annotated, Final

import typer

from drawbridge.app.settings import Settings, read_settings
from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.cli.remote_choice import stay_here
from drawbridge.wording.say import say

Json = Annotated[bool, typer.Option("--json", help=say("cli.option.json"))]
Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help=say("cli.option.data"))]
Owner = Annotated[str, typer.Option("--owner", metavar="NAME", help=say("cli.option.owner"))]
Yes = Annotated[bool, typer.Option("--yes", help=say("cli.option.yes"))]
NoWait = Annotated[bool, typer.Option("--no-wait", help=say("cli.option.no_wait"))]
RiskFree = Annotated[
    str, typer.Option("--risk-free", metavar="N", help=say("cli.option.risk_free"))
]
Proving = Annotated[
    str, typer.Option("--proof", metavar="order|dry_run|skip", help=say("cli.key.proof"))
]
KeyName = Annotated[str, typer.Argument(metavar="KEY", help=say("cli.key.argument"))]
StrategyName = Annotated[
    str, typer.Option("--strategy", metavar="ID", help=say("cli.option.strategy"))
]
Setting = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=N", help=say("cli.option.set"))
]
State = Annotated[Path | None, typer.Option("--state", metavar="DIR", help=say("cli.option.state"))]

_SPAN: Final = re.compile(r"([1-9][0-9]{0,5})([dhm])")
_UNITS: Final = {"d": DAY_MS, "h": HOUR_MS, "m": MINUTE_MS}


def settings_for(data: Path | None) -> Settings:
    """Read the settings, with the data folder of this call if one was named.

    Raises: `Conflict("only_on_its_machine")` where a Drawbridge elsewhere is chosen.
    """
    stay_here(data)
    settings = read_settings()
    if data is None:
        return settings
    return dataclasses.replace(settings, data=data.expanduser().absolute())


def read_span_ms(text: str, field: str) -> int:
    """Read a span of time such as `90d`, `12h`, `30m`. Raises: `BadInput("bad_span")`."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise BadInput("bad_span", field=field)
    return int(found[1]) * _UNITS[found[2]]


def read_pairs(texts: list[str], field: str) -> dict[str, str]:
    """Read `name=value` pairs. Raises: `BadInput("bad_pair")`, `BadInput("pair_twice")`."""
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise BadInput("bad_pair", field=field)
        if name in pairs:
            raise BadInput("pair_twice", field=field, name=name)
        pairs[name] = value.strip()
    return pairs


def read_list(text: str) -> tuple[str, ...]:
    """Read a list with commas; empty places are left out."""
    return tuple(piece.strip() for piece in text.split(",") if piece.strip())
