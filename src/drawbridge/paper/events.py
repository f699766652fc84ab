"""What happened, as values: the state is nothing but the sum of these.

They are named tuples and not dataclasses because every order writes one or more to the journal:
as tuples they become JSON arrays in a tenth of the time. Journals of older versions are read for
ever, so a field is only ever added at the end, with a default.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

import orjson

from drawbridge.core.errors import Corrupted
from drawbridge.core.orders import (
    OrderStatus,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    TriggerBy,
    TriggerKind,
)


class Opened(NamedTuple):
    """An account was opened and given money out of issuance: `(currency, atoms)` each."""

    account: str
    at_ms: int
    credits: tuple[tuple[str, int], ...]


class Terms(NamedTuple):
    """What only few orders have: a trigger, and what contracts know besides.

    `trigger_ticks` is 0 without a trigger; `close` stands for whatever is left of a position.
    """

    trigger: TriggerKind | None
    trigger_ticks: int
    by: TriggerBy = TriggerBy.LAST
    reduce_only: bool = False
    position_side: PositionSide = PositionSide.BOTH
    close: bool = False


class Accepted(NamedTuple):
    """An order was accepted and `held` atoms set aside for it. Units as in `OrderState`.

    With a trigger among its `terms` it waits, and `lots` may be 0 until it is triggered.
    """

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
    terms: Terms | None = None


class Triggered(NamedTuple):
    """The price of a waiting order came; `lots` and `held` are its own from now on."""

    number: int
    lots: int
    held: int
    at_ms: int


class Leg(NamedTuple):
    """What a trade of contracts did to a position: the profit that it closed, and what is left.

    Units: atoms of the settle currency. `cost` is what was paid for what the position holds now.
    """

    realised: int
    margin: int
    cost: int


class Traded(NamedTuple):
    """Two orders met; number 0 stands for the house. `side` is the taker's.

    `taker_held` and `maker_held` are what stays set aside for either order afterwards; fees are
    in atoms of the currency in which that side pays them. `legs` (the taker's, the maker's) are
    there for contracts only.
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
    legs: tuple[Leg | None, Leg | None] | None = None


class Ended(NamedTuple):
    """An order ended before it was filled; what was still held for it is free again."""

    number: int
    status: OrderStatus
    at_ms: int


class Chosen(NamedTuple):
    """An account chose how it trades a contract."""

    account: str
    symbol: str
    leverage: int
    isolated: bool
    at_ms: int


class Hedged(NamedTuple):
    """An account chose between two positions a contract (`hedged`) and one."""

    account: str
    hedged: bool
    at_ms: int


class Adjusted(NamedTuple):
    """So much is set aside for a position from now on."""

    account: str
    symbol: str
    side: PositionSide
    margin: int
    at_ms: int


class Paid(NamedTuple):
    """What one position received (below zero: paid) at a funding, and its margin afterwards."""

    account: str
    side: PositionSide
    atoms: int
    margin: int


class Funded(NamedTuple):
    """The funding of `slot_ms` took place, at a rate in 10^-8 and a mark price in ticks.

    The payments are numbered from `first` on.
    """

    symbol: str
    slot_ms: int
    rate: int
    ticks: int
    first: int
    payments: tuple[Paid, ...]
    at_ms: int


Event = Opened | Accepted | Triggered | Traded | Ended | Chosen | Hedged | Adjusted | Funded

_ACCEPTED: Final = "a"
_TRADED: Final = "t"
_ENDED: Final = "e"
_OPENED: Final = "o"
_TRIGGERED: Final = "f"
_CHOSEN: Final = "c"
_HEDGED: Final = "h"
_ADJUSTED: Final = "m"
_FUNDED: Final = "p"
_TAGS: Final[dict[type[Event], str]] = {
    Accepted: _ACCEPTED,
    Traded: _TRADED,
    Ended: _ENDED,
    Opened: _OPENED,
    Triggered: _TRIGGERED,
    Chosen: _CHOSEN,
    Hedged: _HEDGED,
    Adjusted: _ADJUSTED,
    Funded: _FUNDED,
}

# Where the legs stand in a row without its tag.
_LEGS: Final = Traded._fields.index("legs")


def encode_events(events: Sequence[Event]) -> str:
    """Write the events of one command as JSON. Shape: `[[tag, field, …], …]`."""
    rows = [(_TAGS[type(event)], *event) for event in events]
    # A tuple within an event becomes a list as well.
    return orjson.dumps(rows, default=list).decode()


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


def read_terms(row: list[Any] | None) -> Terms | None:
    """Read the terms of an order as they stand in a row. Raises: `ValueError`, `TypeError`."""
    if row is None:
        return None
    trigger, trigger_ticks, by, reduce_only, position_side, *rest = row
    kind = None if trigger is None else TriggerKind(trigger)
    side = PositionSide(position_side)
    return Terms(kind, trigger_ticks, TriggerBy(by), reduce_only, side, *rest)


def _event(row: list[Any]) -> Event:
    return _READERS[row[0]](row[1:])


def _accepted(fields: list[Any]) -> Accepted:
    fields[3:6] = Side(fields[3]), OrderType(fields[4]), TimeInForce(fields[5])
    fields[13:14] = map(read_terms, fields[13:14])
    return Accepted(*fields)


def _triggered(fields: list[Any]) -> Triggered:
    return Triggered(*fields)


def _traded(fields: list[Any]) -> Traded:
    fields[2] = Side(fields[2])
    if len(fields) > _LEGS and fields[_LEGS] is not None:
        fields[_LEGS] = tuple(None if leg is None else Leg(*leg) for leg in fields[_LEGS])
    return Traded(*fields)


def _ended(fields: list[Any]) -> Ended:
    fields[1] = OrderStatus(fields[1])
    return Ended(*fields)


def _opened(fields: list[Any]) -> Opened:
    fields[2] = tuple((currency, atoms) for currency, atoms in fields[2])
    return Opened(*fields)


def _chosen(fields: list[Any]) -> Chosen:
    return Chosen(*fields)


def _hedged(fields: list[Any]) -> Hedged:
    return Hedged(*fields)


def _adjusted(fields: list[Any]) -> Adjusted:
    fields[2] = PositionSide(fields[2])
    return Adjusted(*fields)


def _funded(fields: list[Any]) -> Funded:
    fields[5] = tuple(
        Paid(account, PositionSide(side), *rest) for account, side, *rest in fields[5]
    )
    return Funded(*fields)


_READERS: Final[dict[str, Callable[[list[Any]], Event]]] = {
    _ACCEPTED: _accepted,
    _TRADED: _traded,
    _ENDED: _ended,
    _OPENED: _opened,
    _TRIGGERED: _triggered,
    _CHOSEN: _chosen,
    _HEDGED: _hedged,
    _ADJUSTED: _adjusted,
    _FUNDED: _funded,
}
