"""New orders. They come from a sub-account, and within half a minute of when they were written.

There are no orders that may only rest, and none that fill at once or not at all.

Source: trade.cex.io/docs, new order, 2025-07; ccxt 4.5.90 by running it.
"""

from decimal import Decimal
from typing import Final

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.markets import Markets
from drawbridge.core.operations import Placed, PlaceOrder
from drawbridge.core.orders import OrderType, TimeInForce, Trigger, TriggerKind
from drawbridge.exchanges.cex.codec.orders import order_document, read_order
from drawbridge.exchanges.cex.codec.values import (
    CLIENT_ID,
    MAIN_ACCOUNT,
    SIDE_WORDS,
    SIDES,
    STOP_LIMIT,
    SUB_ACCOUNT,
    TIME_WORDS,
    TIMES,
    TYPE_WORDS,
    TYPES,
    amount,
    asked_own,
    body_of,
    client_id_of,
    data_of,
    told,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import object_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters

_GOOD_FOR_MS: Final = 30_000
_STOP_IN_CCXT: Final = "Stop Limit"
_OF_ORDERS: Final = frozenset(
    {
        *("clientOrderId", "currency1", "currency2", "accountId", "orderType", "side"),
        *("timestamp", "amountCcy1", "amountCcy2", "price", "timeInForce", "stopPrice", "comment"),
        # What ccxt says of a stop, beside `orderType`.
        "type",
    }
)


# --------------------------------------------------------------------------------------- ours
def encode_place(operation: PlaceOrder, markets: Markets, now_ms: int) -> WireRequest:
    """Write a new order. Raises: `BadInput` for one that there are no words for."""
    _refuse_wordless(operation)
    market, trigger = markets.get(operation.symbol), operation.trigger
    client_id = operation.client_id
    if not CLIENT_ID.fullmatch(client_id):
        raise BadInput("missing_parameter" if not client_id else "malformed", field="client_id")
    is_limit = operation.type is OrderType.LIMIT
    body = {
        "clientOrderId": client_id,
        "currency1": market.base,
        "currency2": market.quote,
        "accountId": SUB_ACCOUNT,
        "orderType": STOP_LIMIT if trigger else TYPE_WORDS[operation.type],
        "side": SIDE_WORDS[operation.side],
        "timestamp": now_ms,
        "amountCcy1": _optional(operation.quantity),
        "amountCcy2": _optional(operation.quote_quantity),
        "price": _optional(operation.price),
        "timeInForce": TIME_WORDS[operation.time_in_force] if is_limit else None,
        "stopPrice": _optional(trigger.price) if trigger else None,
    }
    return asked_own(b"do_my_new_order", body)


def _refuse_wordless(operation: PlaceOrder) -> None:
    unknown = {
        "leverage": operation.leverage is not None,
        "dry_run": operation.dry_run,
        "post_only": operation.post_only,
        "time_in_force": operation.time_in_force not in TIME_WORDS,
        "reduce_only": operation.reduce_only or operation.close_position,
    }
    for name, is_asked in unknown.items():
        if is_asked:
            raise BadInput("unsupported_order", field=name)
    trigger = operation.trigger
    if trigger and (trigger.kind is not TriggerKind.STOP or operation.type is OrderType.MARKET):
        raise BadInput("unsupported_order", field="trigger")
    if (operation.quantity is None) == (operation.quote_quantity is None):
        raise BadInput("missing_parameter", field="quantity")
    is_limit = operation.type is OrderType.LIMIT
    if is_limit != (operation.price is not None):
        code = "missing_parameter" if is_limit else "unwanted_parameter"
        raise BadInput(code, field="price")
    if operation.quote_quantity is not None and is_limit:
        raise BadInput("unsupported_order", field="quote_quantity")


def _optional(value: Decimal | None) -> str | None:
    return None if value is None else amount(value)


def decode_placed(_: PlaceOrder, answer: WireAnswer, markets: Markets) -> Placed:
    """Read a new order. Of its executions only the sum is told."""
    return Placed(read_order(object_of(data_of(answer)), markets))


# ------------------------------------------------------------------------------------- theirs
def decode_place(view: ServerView) -> PlaceOrder:
    """Read a new order. Raises: `BadInput`, `NotFound`, `NotProven("stale_stamp")`."""
    found = body_of(view)
    found.refuse_others(_OF_ORDERS)
    if not client_id_of(found):
        raise BadInput("missing_parameter", field="clientOrderId")
    market = view.markets.get_by_id(f"{found.need('currency1')}-{found.need('currency2')}")
    _check_account(found)
    _check_time(found, view.now_ms)
    side = SIDES.get(found.text("side"))
    if side is None:
        raise BadInput("bad_side", field="side")
    kind, trigger = _read_type(found)
    quantity, cost = found.amount("amountCcy1"), found.amount("amountCcy2")
    if (quantity is None) == (cost is None):
        code = "missing_parameter" if cost is None else "unwanted_parameter"
        raise BadInput(code, field="amountCcy1")
    is_limit = kind is OrderType.LIMIT
    if is_limit and cost is not None:
        raise BadInput("malformed", field="amountCcy2")
    return PlaceOrder(
        symbol=market.symbol,
        side=side,
        type=kind,
        quantity=quantity,
        price=found.need_amount("price") if is_limit else None,
        time_in_force=_read_time_in_force(found) if is_limit else TimeInForce.GTC,
        client_id=client_id_of(found),
        quote_quantity=cost,
        trigger=trigger,
    )


def _check_account(found: Parameters) -> None:
    account = found.text("accountId")
    if account == MAIN_ACCOUNT:
        raise BadInput("main_account", field="accountId")
    if account != SUB_ACCOUNT:
        raise BadInput("malformed", field="accountId")


def _check_time(found: Parameters, now_ms: int) -> None:
    written_ms = found.whole("timestamp")
    if written_ms is None:
        raise BadInput("missing_parameter", field="timestamp")
    if abs(now_ms - written_ms) > _GOOD_FOR_MS:
        raise NotProven("stale_stamp")


def _read_type(found: Parameters) -> tuple[OrderType, Trigger | None]:
    """Read the type, and what the order waits for: clients write it in two ways."""
    word, stop = found.need("orderType"), found.amount("stopPrice")
    if "type" in found and (stop is None or found.text("type") != _STOP_IN_CCXT):
        raise BadInput("malformed", field="type")
    if word == STOP_LIMIT or (stop is not None and word == TYPE_WORDS[OrderType.LIMIT]):
        if stop is None:
            raise BadInput("missing_parameter", field="stopPrice")
        return OrderType.LIMIT, Trigger(TriggerKind.STOP, stop)
    if stop is not None:
        raise BadInput("bad_order_type", field="orderType")
    if word not in TYPES:
        raise BadInput("malformed", field="orderType")
    return TYPES[word], None


def _read_time_in_force(found: Parameters) -> TimeInForce:
    word = found.text("timeInForce") or TIME_WORDS[TimeInForce.GTC]
    if word not in TIMES:
        raise BadInput("malformed", field="timeInForce")
    return TIMES[word]


def encode_placed(_: PlaceOrder, result: Placed, view: ServerView) -> WireAnswer:
    """Write a new order, with how it came about."""
    order = result.order
    document = {**order_document(order, view.markets), "executionType": "New"}
    if not order.filled:
        # Of an order that has just come, nothing is told of executions, and not that there is none.
        document |= {"executedAmountCcy1": None, "executedAmountCcy2": None}
    return told({**document, "executionId": order.order_id})
