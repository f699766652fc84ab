"""One order, named by an id: asked for, and ended.

Source: developers.binance.com, USD-M futures, trade, 2026-07-21; what ccxt 4.5.90 reads.
"""

from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.operations import (
    CancelOrder,
    GetOrder,
)
from drawbridge.core.orders import (
    Order,
)
from drawbridge.exchanges.binance_futures.codec.documents import (
    conditional_document,
    number_of,
    order_document,
    read_order,
    reader_of,
)
from drawbridge.exchanges.binance_futures.codec.parameters import (
    ask_own,
    find_symbol,
    market_id,
    read_client_id,
    read_id,
    read_symbol,
    read_view,
    safe_client_id,
    safe_order_id,
    told,
)
from drawbridge.wire.bare_orders import bare_order
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import (
    int_of,
    object_of,
    parse_document,
    text_of,
)
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters

# The names of the two kinds of ids in requests: of plain orders and of conditional ones.
_PLAIN_IDS: Final = ("orderId", "origClientOrderId")
_ALGO_IDS: Final = ("algoId", "clientAlgoId")


# --------------------------------------------------------------------------- one order, by an id
def encode_cancel(operation: CancelOrder, markets: Markets) -> WireRequest:
    """Ask that an order ends."""
    return ask_own(_path_of(operation), _which(operation, markets), "DELETE")


def encode_get(operation: GetOrder, markets: Markets) -> WireRequest:
    """Ask for an order."""
    return ask_own(_path_of(operation), _which(operation, markets))


def _path_of(operation: CancelOrder | GetOrder) -> bytes:
    return b"/fapi/v1/algoOrder" if operation.conditional else b"/fapi/v1/order"


def _which(operation: CancelOrder | GetOrder, markets: Markets) -> str:
    """Name an order, by the client's id where there is one."""
    own, clients = _ALGO_IDS if operation.conditional else _PLAIN_IDS
    if operation.client_id:
        name = f"{clients}={safe_client_id(operation.client_id)}"
    elif operation.order_id:
        name = f"{own}={safe_order_id(operation.order_id)}"
    else:
        raise BadInput("missing_parameter", field="order_id")
    return f"symbol={market_id(operation.symbol, markets)}&{name}"


def decode_cancel(view: ServerView) -> CancelOrder:
    """Read that an order is to end. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_view(view)
    order_id, client_id = _read_which(found, _PLAIN_IDS)
    symbol = read_symbol(found, view.markets)
    return CancelOrder(symbol, order_id, client_id, conditional=False)


def decode_cancel_conditional(view: ServerView) -> CancelOrder:
    """Read that a conditional order is to end; its number is enough. Raises: `BadInput`."""
    found = read_view(view)
    order_id, client_id = _read_which(found, _ALGO_IDS)
    symbol = find_symbol(found, view.markets)
    return CancelOrder(symbol, order_id, client_id, conditional=True)


def decode_get(view: ServerView) -> GetOrder:
    """Read the question for an order. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_view(view)
    order_id, client_id = _read_which(found, _PLAIN_IDS)
    return GetOrder(read_symbol(found, view.markets), order_id, client_id, conditional=False)


def decode_get_conditional(view: ServerView) -> GetOrder:
    """Read the question for a conditional order. Raises: `BadInput`."""
    found = read_view(view)
    order_id, client_id = _read_which(found, _ALGO_IDS)
    return GetOrder(find_symbol(found, view.markets), order_id, client_id, conditional=True)


def _read_which(found: Parameters, names: tuple[str, str]) -> tuple[str, str]:
    order_id, client_id = read_id(found, names[0]), read_client_id(found, names[1])
    if not order_id and not client_id:
        raise BadInput("missing_parameter", field=names[0])
    return order_id, client_id


def encode_order_answer(_: GetOrder | CancelOrder, result: Order, view: ServerView) -> WireAnswer:
    """Write an order as it stands now."""
    return told(order_document(result, view.markets))


def encode_conditional_answer(_: GetOrder, result: Order, view: ServerView) -> WireAnswer:
    """Write a conditional order as it stands now."""
    return told(conditional_document(result, view.markets))


def encode_conditional_cancelled(_: CancelOrder, result: Order, __: ServerView) -> WireAnswer:
    """Write that a conditional order has ended."""
    return told(
        {
            "algoId": number_of(result.order_id),
            "clientAlgoId": result.client_id,
            "code": "200",
            "msg": "success",
        }
    )


def decode_order_answer(operation: GetOrder, answer: WireAnswer, markets: Markets) -> Order:
    """Read an order."""
    row = object_of(parse_document(answer.body))
    return reader_of(operation)(row, markets)


def decode_cancelled(operation: CancelOrder, answer: WireAnswer, markets: Markets) -> Order:
    """Read an order that has ended; of a conditional one, only its ids are told."""
    row = object_of(parse_document(answer.body))
    if not operation.conditional:
        return read_order(row, markets)
    return bare_order(str(int_of(row["algoId"])), text_of(row["clientAlgoId"]), operation.symbol)
