"""Use one SDK against the paper exchange: `python -m tests.real_clients.sdk_run ID NAME JSON`.

A process of its own, on whose path the SDKs of `.referees/sdks` stand. What each does stands in
`tests/exchanges/<id>/sdks.py`, as `SDKS`: name → a function of `At`.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

# Traffic of an SDK that is pointed wrongly must not get out either: the guard stands there.
import tests.conftest  # noqa: F401


@dataclass(frozen=True)
class At:
    """Where the exchange stands, a key for it, and a price at which an order to buy rests."""

    rest: str
    key: Mapping[str, str]
    price: str


Use = Callable[[At], None]


def sdks_of(exchange_id: str) -> Mapping[str, Use]:
    """Give an exchange's SDKs, none where it has no such module."""
    try:
        found: Mapping[str, Use] = import_module(f"tests.exchanges.{exchange_id}.sdks").SDKS
    except ModuleNotFoundError:
        return {}
    return found


def load(name: str) -> Any:  # noqa: ANN401  the SDKs are published with and without types
    """Import a module of an SDK, only when it is used: this process alone has it."""
    return import_module(name)


if __name__ == "__main__":
    exchange_id, name, told = sys.argv[1:]
    sdks_of(exchange_id)[name](At(**json.loads(told)))
