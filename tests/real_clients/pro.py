"""What the suite of streaming clients has to know of an exchange besides its table.

An exchange that needs none of it needs no module. One that does has `tests/exchanges/<id>/pro.py`
with a `PRO`; no file here is touched for an exchange.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from importlib import import_module
from importlib.util import find_spec

from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import exchange_ids, get_card


class Watched(Enum):
    """What the suite watches at every exchange unless it says that it lacks it."""

    TICKER = auto()
    CANDLES = auto()
    BOOK = auto()
    TRADES = auto()
    BALANCE = auto()
    ORDERS = auto()
    OWN_TRADES = auto()


@dataclass(frozen=True, kw_only=True)
class Pro:
    """One exchange as the suite of streaming clients meets it."""

    # What this client cannot watch there, and why.
    lacks: Mapping[Watched, str] = field(default_factory=dict)
    # Levels a side to ask the book for, where the client wants to be told.
    depth: int | None = None
    # The class raised for a key with a wrong secret; empty where a key's name opens its streams.
    bad_secret_raises: str = "AuthenticationError"


def streaming_ids() -> tuple[str, ...]:
    """Give the ids of all exchanges whose streams the paper exchange speaks."""
    return tuple(it for it in exchange_ids() if get_card(it).level >= Level.STREAMING)


def pro_of(exchange_id: str) -> Pro:
    """Give what is known of an exchange."""
    name = f"tests.exchanges.{exchange_id}.pro"
    if find_spec(name) is None:
        return Pro()
    pro: Pro = import_module(name).PRO
    return pro
