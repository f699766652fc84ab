"""What happened, as values: the state is nothing but the sum of these.

They are named tuples and not dataclasses because every order writes one or more to the journal:
as tuples they become JSON arrays in a tenth of the time. Journals of older versions are read for
ever, so a field is only ever added at the end, with a default.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import orjson

from drawbridge.core.errors import Corrupted
from drawbridge.core.orders import OrderStatus, OrderType, Side, TimeInForce


class Opened(NamedTuple):
    """An account was opened and given money out of issuance: `(currency, atoms)` each."""

    account: str
    at_ms: int
    credits: tuple[tuple[str, int], ...]


class Accepted(NamedTuple):
    """An order was accepted and `held` atoms set aside for it. Units as in `OrderState`."""

    number: int
    account: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    lots: int
    ticks: int
    spend: int
    post_only: bool
    client_id: str
    held: int
    at_ms: int


class Traded(NamedTuple):
    """Two orders met; number 0 stands for the house. `side` is the taker's.

    `taker_held` and `maker_held` are what stays set aside for either order afterwards; fees are
    in atoms of the currency in which that side pays them.
    """

    number: int
    symbol: str
    side: Side
    taker: int
    maker: int
    ticks: int
    lots: int
    taker_fee: int
    maker_fee: int
    taker_held: int
    maker_held: int
    at_ms: int


class Ended(NamedTuple):
    """An order ended before it was filled; what was still held for it is free again."""

    number: int
    status: OrderStatus
    at_ms: int


Event = Opened | Accepted | Traded | Ended

_ACCEPTED: Final = "a"
_TRADED: Final = "t"
_ENDED: Final = "e"
_OPENED: Final = "o"
_TAGS: Final[dict[type[Event], str]] = {
    Accepted: _ACCEPTED,
    Traded: _TRADED,
    Ended: _ENDED,
    Opened: _OPENED,
}


def encode_events(events: Sequence[Event]) -> str:
    """Write the events of one command as JSON. Shape: `[[tag, field, …], …]`."""
    return orjson.dumps([(_TAGS[type(event)], *event) for event in events]).decode()


def decode_events(text: str) -> list[Event]:
    """Read what `encode_events` wrote. Raises: `Corrupted("paper_journal_unreadable")`."""
    ((_, events),) = decode_batch(encode_batch((("", text),)))
    return events


def encode_batch(commands: Iterable[tuple[str, str]]) -> str:
    """Write the commands that reach the disk together: exchange's id and encoded events each.

    Why: as one row they cost a third of what they cost as rows of their own.
    """
    return "[" + ",".join(f'["{exchange_id}",{events}]' for exchange_id, events in commands) + "]"


def decode_batch(text: str) -> list[tuple[str, list[Event]]]:
    """Read what `encode_batch` wrote. Raises: `Corrupted("paper_journal_unreadable")`."""
    try:
        return [
            (exchange_id, [_event(row) for row in events])
            for exchange_id, events in orjson.loads(text)
        ]
    except (ValueError, TypeError, KeyError, IndexError):
        raise Corrupted("paper_journal_unreadable") from None


def _event(row: list[Any]) -> Event:
    tag, fields = row[0], row[1:]
    if tag == _ACCEPTED:
        fields[3:6] = Side(fields[3]), OrderType(fields[4]), TimeInForce(fields[5])
        return Accepted(*fields)
    if tag == _TRADED:
        fields[2] = Side(fields[2])
        return Traded(*fields)
    if tag == _ENDED:
        fields[1] = OrderStatus(fields[1])
        return Ended(*fields)
    if tag == _OPENED:
        fields[2] = tuple((currency, atoms) for currency, atoms in fields[2])
        return Opened(*fields)
    raise KeyError(tag)
