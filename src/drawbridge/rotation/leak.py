"""What a key did, as values: its deeds one by one, and which of them did not go through us. Pure.

A deed that the exchange tells of and nobody here knows was somebody else's: another program, a
person at the exchange's own page, or whoever has the key. Which of these, nobody can tell here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from drawbridge.core.errors import BadInput
from drawbridge.core.money import find_whole, plain
from drawbridge.core.orders import Fill, Order
from drawbridge.vault.model import KeyRecord

LONGEST_MS: Final = 366 * DAY_MS
"""So far back a report may look."""

_SPANS: Final[Mapping[str, int]] = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
_MOMENTS: Final = ("%Y-%m-%d", "%Y-%m-%dT%H:%M")


class DeedKind(StrEnum):
    """What kind of thing was done. `REQUESTS` stands for equal ones of a bot, counted."""

    EVENT = "event"
    REQUESTS = "requests"
    ORDER = "order"
    TRADE = "trade"


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that was done with a key or on its account.

    `what` is an audit tag, an endpoint, or how an order stands; `by` who wanted it, as the order
    journal names them, or for an event its purpose; `name` what the exchange calls it, for requests
    how they ended; `address` where these came from. `is_foreign`: it did not go through us.
    """

    at_ms: int
    kind: DeedKind
    what: str
    by: str = ""
    symbol: str = ""
    side: str = ""
    quantity: str = ""
    price: str = ""
    name: str = ""
    address: str = ""
    times: int = 1
    is_foreign: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """What the exchange could not be asked, and by which error's code."""

    part: str
    code: str
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the exchange told of the account; `markets` is empty where it told all at once."""

    orders: int = 0
    trades: int = 0
    foreign: tuple[Deed, ...] = ()
    markets: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question to the exchange about a key, and its answer once there is one."""

    key_id: str
    since_ms: int
    asked_ms: int
    answered_ms: int | None = None
    answer: Answer = field(default_factory=Answer)


@dataclass(frozen=True, slots=True)
class LeakReport:
    """Everything that a key did since a time, newest first.

    `is_whole` is False where there was more than a report holds.
    """

    key: KeyRecord
    inquiry: Inquiry
    deeds: tuple[Deed, ...]
    is_whole: bool = True

    @property
    def foreign(self) -> tuple[Deed, ...]:
        """Give what did not go through us."""
        return tuple(deed for deed in self.deeds if deed.is_foreign)


@dataclass(frozen=True, slots=True)
class OurNames:
    """How those of a list of orders are called that went through us.

    `clients` are client order ids of ours, `orders` the exchange's names with their markets.
    """

    clients: frozenset[str] = frozenset()
    orders: frozenset[tuple[str, str]] = frozenset()

    def has(self, it: Order | Fill) -> bool:
        """Tell whether an order, or an execution's order, is ours."""
        is_client = bool(it.client_id) and it.client_id in self.clients
        return is_client or (it.symbol, it.order_id) in self.orders


def foreign_deeds(
    orders: Iterable[Order], trades: Iterable[Fill], ours: OurNames
) -> tuple[Deed, ...]:
    """Give those that did not go through us, newest first."""
    found = [_of_order(it) for it in orders if not ours.has(it)]
    found += [_of_trade(it) for it in trades if not ours.has(it)]
    return tuple(sorted(found, key=lambda deed: deed.at_ms, reverse=True))


def read_since(text: str, now_ms: int) -> int:
    """Read since when: `90m`, `24h` or `7d` before now, or a day or a minute, UTC.

    Raises: `BadInput("bad_since")`.
    """
    given = text.strip()
    since_ms = _before(given, now_ms)
    if since_ms is None:
        since_ms = _moment(given)
    if since_ms is None or not now_ms - LONGEST_MS <= since_ms <= now_ms:
        raise BadInput("bad_since", field="since")
    return since_ms


def _before(text: str, now_ms: int) -> int | None:
    span_ms, count = _SPANS.get(text[-1:]), find_whole(text[:-1])
    return None if span_ms is None or count is None else now_ms - count * span_ms


def _moment(text: str) -> int | None:
    for shape in _MOMENTS:
        try:
            found = datetime.strptime(text, shape).replace(tzinfo=UTC)
        except ValueError:
            continue
        return int(found.timestamp()) * SECOND_MS
    return None


def _of_order(order: Order) -> Deed:
    return Deed(
        at_ms=order.created_ms or order.updated_ms,
        kind=DeedKind.ORDER,
        what=order.status.value,
        symbol=order.symbol,
        side=order.side.value,
        quantity=plain(order.quantity or order.filled),
        price="" if order.price is None else plain(order.price),
        name=order.order_id,
        is_foreign=True,
    )


def _of_trade(fill: Fill) -> Deed:
    return Deed(
        at_ms=fill.time_ms,
        kind=DeedKind.TRADE,
        what="filled",
        symbol=fill.symbol,
        side=fill.side.value,
        quantity=plain(fill.quantity),
        price=plain(fill.price),
        name=fill.order_id,
        is_foreign=True,
    )
