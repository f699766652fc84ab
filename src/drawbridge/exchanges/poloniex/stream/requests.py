"""Requests over the private socket: orders placed and cancelled, answered by a list.

Each part of an answer has a number of its own; a part that was refused has no order's id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from drawbridge.core.errors import BadInput, DrawbridgeError
from drawbridge.core.markets import Markets
from drawbridge.core.operations import CancelOrder, Operation, Placed
from drawbridge.core.orders import Order
from drawbridge.exchanges.poloniex.codec.orders import (
    checked_client_id,
    checked_id,
    decode_cancelling_all,
    decode_order,
)
from drawbridge.wire.documents import list_of, text_of
from drawbridge.wire.errors import ErrorTable
from drawbridge.wire.parameters import Parameters
from drawbridge.wire.stream import Ask

PLACE: Final = "createOrder"
CANCEL: Final = "cancelOrders"
CANCEL_ALL: Final = "cancelAllOrders"
EVENTS: Final = frozenset({PLACE, CANCEL, CANCEL_ALL})
_MOST_ORDERS: Final = 20
_DONE: Final = 200


@dataclass(slots=True)
class Batch:
    """A request whose parts are answered one by one, and told together."""

    id: object
    parts: list[list[dict[str, object]] | None] = field(default_factory=list)

    @property
    def answer(self) -> dict[str, object] | None:
        """Give the answer once every part has its own, None before."""
        rows = [row for part in self.parts if part is not None for row in part]
        return None if None in self.parts else {"id": self.id, "data": rows}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a request that waits for its result."""

    batch: Batch
    number: int


def read_request(document: Mapping[str, Any], markets: Markets) -> tuple[Ask, ...]:
    """Read a request as what is to be asked. Raises: `BadInput`, `NotFound`."""
    event, told = document["event"], document.get("params") or {}
    if not isinstance(told, dict):
        raise BadInput("malformed", field="params")
    found = Parameters(told)
    if event == PLACE:
        return _asks(document, "ws_create_order", [decode_order(found, markets)])
    if event == CANCEL_ALL:
        wanted = decode_cancelling_all(found, markets)
        return _asks(document, "ws_cancel_all_orders", [wanted])
    return _asks(document, "ws_cancel_order", _cancels(found))


def tell_result(part: Part, result: object) -> dict[str, object] | None:
    """Note the result of a part; give the answer if it was the last."""
    found = result.order if isinstance(result, Placed) else result
    orders = found if isinstance(found, tuple) else (found,)
    part.batch.parts[part.number] = [_row(it) for it in orders if isinstance(it, Order)]
    return part.batch.answer


def tell_refusal(
    part: Part, error: DrawbridgeError, errors: ErrorTable
) -> dict[str, object] | None:
    """Note that a part was refused; give the answer if it was the last."""
    part.batch.parts[part.number] = [refusal_row(error, errors)]
    return part.batch.answer


def refusal_row(error: DrawbridgeError, errors: ErrorTable) -> dict[str, object]:
    """Write a refusal as a part of an answer."""
    raw = errors.speak(error.code, error.facts)
    code = int(raw.code) if raw.code.isdigit() else raw.code
    return {"orderId": 0, "clientOrderId": None, "message": raw.message, "code": code}


def _row(order: Order) -> dict[str, object]:
    number = int(order.order_id) if order.order_id else 0
    return {"orderId": number, "clientOrderId": order.client_id, "message": "", "code": _DONE}


def _cancels(found: Parameters) -> list[CancelOrder]:
    numbers = [_text(it) for it in list_of(found.value("orderIds") or [], "orderIds")]
    names = [text_of(it) for it in list_of(found.value("clientOrderIds") or [], "clientOrderIds")]
    if not 0 < len(numbers) + len(names) <= _MOST_ORDERS:
        raise BadInput("malformed", field="orderIds")
    return [
        *(CancelOrder(order_id=checked_id(it)) for it in numbers),
        *(CancelOrder(client_id=checked_client_id(it)) for it in names),
    ]


def _text(value: object) -> str:
    # Some clients send ids as the numbers that they look like.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text_of(value)


def _asks(document: Mapping[str, Any], endpoint: str, operations: list[Any]) -> tuple[Ask, ...]:
    batch = Batch(document.get("id"), [None] * len(operations))
    wanted: list[Operation[Any]] = operations
    return tuple(Ask(Part(batch, number), endpoint, it) for number, it in enumerate(wanted))
