"""Orders sent over the socket: lists with a word for what is wanted and an object.

The objects are those of the requests over REST, so its codec reads them; what comes back is a
notification, which also tells refusals.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.operations import Operation, Placed
from drawbridge.core.orders import Order
from drawbridge.exchanges.bitfinex.codec.orders import order_row
from drawbridge.exchanges.bitfinex.codec.placing import (
    decode_cancelling,
    decode_cancelling_all,
    decode_order,
    notification,
)
from drawbridge.wire.documents import object_of
from drawbridge.wire.parameters import Parameters

_PLACE: Final = "on"
_CANCEL: Final = "oc"
_CANCEL_ALL: Final = "oc_multi"
_WISH: Final = 3
_PLACES: Final = 32
_REFUSED: Final = "ERROR"

_ROWS: Final[Mapping[str, str]] = MappingProxyType(
    {
        _PLACE: "ws_order_new",
        _CANCEL: "ws_order_cancel",
        _CANCEL_ALL: "ws_order_cancel_multi",
        "ou": "ws_order_update",
        "ox_multi": "ws_order_multi",
    }
)
_TOLD: Final[Mapping[str, str]] = MappingProxyType(
    {
        _PLACE: "Submitting {count} orders.",
        _CANCEL: "Submitted for cancellation; waiting for confirmation.",
        _CANCEL_ALL: "Submitting {count} order cancellations.",
    }
)


@dataclass(frozen=True, slots=True)
class Input:
    """Something that was sent: its word, and the client's number of the order, if it has one."""

    word: str
    cid: object = None

    @property
    def endpoint(self) -> str:
        """Give the row of the endpoint table that says right and costs."""
        return _ROWS[self.word]


def read_input(message: list[Any], markets: Markets) -> tuple[Input, Callable[[], Operation[Any]]]:
    """Read an input, and give what reads its operation.

    Raises: `BadInput` where not even the word can be read.
    """
    if len(message) <= _WISH or not isinstance(message[1], str) or message[1] not in _ROWS:
        raise BadInput("malformed", field="input")
    word, told = message[1], message[_WISH]
    cid = told.get("cid") if isinstance(told, dict) else None
    sent = Input(word, cid if isinstance(cid, int) else None)
    return sent, lambda: _read_operation(word, told, markets)


def _read_operation(word: str, told: object, markets: Markets) -> Operation[Any]:
    found = Parameters(object_of(told, "input"))
    if word == _PLACE:
        return decode_order(found, markets)
    if word == _CANCEL:
        return decode_cancelling(found)
    if word == _CANCEL_ALL:
        return decode_cancelling_all(found)
    # Changing orders, and several of them at once, is known and not carried out.
    raise BadInput("malformed", field=word)


def notify(sent: Input, result: object, markets: Markets, now_ms: int) -> list[object]:
    """Write that something went well."""
    orders = _orders_of(result)
    rows = [order_row(order, markets) for order in orders]
    about = rows if sent.word == _CANCEL_ALL else rows[0]
    text = _TOLD[sent.word].format(count=len(rows))
    return ["n", notification(now_ms, f"{sent.word}-req", about, text)]


def refuse(sent: Input, text: str, now_ms: int) -> list[object]:
    """Write that something was refused, about an order of which only its number is known."""
    about: list[object] = [None] * _PLACES
    about[2] = sent.cid
    return ["n", [now_ms, f"{sent.word}-req", None, None, about, None, _REFUSED, text]]


def _orders_of(result: object) -> tuple[Order, ...]:
    found = result.order if isinstance(result, Placed) else result
    rows = found if isinstance(found, tuple) else (found,)
    return tuple(row for row in rows if isinstance(row, Order))
