"""Writing orders and own trades as Binance answers them. Amounts are cut, never rounded up.

Source: binance-spot-api-docs, rest-api, 2026-07-21; the fields that ccxt 4.5.90 reads. Fields by
which ccxt tells contracts from spot (`positionSide`, `cumQuote`) must never be written here.
"""

from typing import Final

from drawbridge.core.errors import NotFound
from drawbridge.core.markets import Markets
from drawbridge.core.money import ZERO
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetClosedOrders,
    GetOpenOrders,
    GetOrder,
    GetOwnTrades,
    Placed,
    PlaceOrder,
)
from drawbridge.core.orders import Fill, Order, OrderType, Side
from drawbridge.exchanges.binance.codec.commands import read_parameters
from drawbridge.exchanges.binance.codec.tables import (
    CONDITIONAL_WORDS,
    LIMIT,
    LIMIT_MAKER,
    MARKET,
    NOTHING,
    SELF_TRADE_MODE,
    SIDE_WORDS,
    STATUS_WORDS,
    TIME_IN_FORCE_WORDS,
    USUAL_ROWS,
    amount,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireRequest
from drawbridge.wire.text import find_parameter

_FORMS: Final = frozenset({b"ACK", b"RESULT", b"FULL"})
_OWN_NAME: Final = b"newClientOrderId"


def placed(operation: PlaceOrder, result: Placed, view: ServerView) -> object:
    """Write the answer to a new order, as fully as was asked."""
    if operation.dry_run:
        return {}
    order, told = result.order, _wanted_answer(operation, view)
    head: dict[str, object] = {
        "symbol": view.markets.get(order.symbol).id,
        "orderId": int(order.order_id),
        "orderListId": -1,
        "clientOrderId": order.client_id,
        "transactTime": order.updated_ms,
    }
    if told == b"ACK":
        return head
    head |= order_terms(order)
    if not order.waits:
        head["workingTime"] = working_ms(order)
    if told == b"FULL":
        head["fills"] = [_own_fill(fill) for fill in result.fills]
    return head


def _wanted_answer(operation: PlaceOrder, view: ServerView) -> bytes:
    # How much is told back is asked for on the wire and changes nothing about the order.
    for raw in (view.request.query, view.request.body):
        told = find_parameter(raw, b"newOrderRespType")
        if told is not None and told in _FORMS:
            return told
    return b"ACK" if operation.post_only else b"FULL"


def _own_fill(fill: Fill) -> dict[str, object]:
    return {
        "price": amount(fill.price),
        "qty": amount(fill.quantity),
        "commission": amount(fill.fee),
        "commissionAsset": fill.fee_currency,
        "tradeId": int(fill.trade_id),
    }


def order_terms(order: Order) -> dict[str, object]:
    """Write what all answers about an order share; a stop price where it waited for one."""
    terms: dict[str, object] = {
        "price": amount(order.price or ZERO),
        "origQty": amount(order.quantity),
        "executedQty": amount(order.filled),
        "origQuoteOrderQty": amount(order.quote_quantity or ZERO),
        "cummulativeQuoteQty": amount(order.filled_quote),
        "status": STATUS_WORDS[order.status],
        "timeInForce": TIME_IN_FORCE_WORDS[order.time_in_force],
        "type": _type_word(order),
        "side": SIDE_WORDS[order.side],
        "selfTradePreventionMode": SELF_TRADE_MODE,
    }
    if order.trigger is not None:
        terms["stopPrice"] = amount(order.trigger.price)
    return terms


def working_ms(order: Order) -> int:
    """Tell since when it works in the book: a conditional order only once it is triggered."""
    return order.created_ms if order.trigger is None else order.triggered_ms or -1


def _type_word(order: Order) -> str:
    if order.trigger is not None:
        return CONDITIONAL_WORDS[order.trigger.kind, order.type]
    if order.type is OrderType.MARKET:
        return MARKET
    return LIMIT_MAKER if order.post_only else LIMIT


def cancelled(_: CancelOrder, result: Order, view: ServerView) -> object:
    """Write the answer to a cancellation."""
    return _cancelled_document(result, view, _own_name(view.request))


def all_cancelled(
    operation: CancelAllOrders, result: tuple[Order, ...], view: ServerView
) -> object:
    """Write all that were cancelled. Raises: `NotFound("unknown_order_cancel")` if none was."""
    if not result:
        raise NotFound("unknown_order_cancel", symbol=operation.symbol)
    return [_cancelled_document(order, view, "") for order in result]


def _cancelled_document(order: Order, view: ServerView, own_name: str) -> dict[str, object]:
    return {
        "symbol": view.markets.get(order.symbol).id,
        "origClientOrderId": order.client_id,
        "orderId": int(order.order_id),
        "orderListId": -1,
        # The cancellation's own id; where the sender gives none the real one draws one.
        "clientOrderId": own_name or f"cancel{order.order_id}",
        "transactTime": order.updated_ms,
        **order_terms(order),
    }


def _own_name(request: WireRequest) -> str:
    # Hardly anyone names a cancellation; looking for the name is a tenth of reading everything.
    if _OWN_NAME not in request.query and _OWN_NAME not in request.body:
        return ""
    return read_parameters(request).get(_OWN_NAME.decode(), "")


def one_order(_: GetOrder, result: Order, view: ServerView) -> object:
    """Write one order."""
    return _order_document(result, view.markets)


def open_orders(_: GetOpenOrders, result: tuple[Order, ...], view: ServerView) -> object:
    """Write open orders, oldest first."""
    return [_order_document(order, view.markets) for order in _by_id(result)]


def closed_orders(
    operation: GetClosedOrders, result: tuple[Order, ...], view: ServerView
) -> object:
    """Write all orders, oldest first, cut to the limit that was asked for."""
    found = read_parameters(view.request)
    first = int(found.get("orderId") or 0)
    orders = [order for order in _by_id(result) if int(order.order_id) >= first]
    limit = operation.limit or min(int(found.get("limit") or USUAL_ROWS), len(orders))
    # Without a beginning the newest are told, with one the first after it.
    forward = first or operation.since_ms is not None
    told = orders[:limit] if forward else orders[max(0, len(orders) - limit) :]
    return [_order_document(order, view.markets) for order in told]


def _by_id(orders: tuple[Order, ...]) -> list[Order]:
    return sorted(orders, key=lambda order: int(order.order_id))


def _order_document(order: Order, markets: Markets) -> dict[str, object]:
    return {
        "symbol": markets.get(order.symbol).id,
        "orderId": int(order.order_id),
        "orderListId": -1,
        "clientOrderId": order.client_id,
        "stopPrice": NOTHING,
        **order_terms(order),
        "icebergQty": NOTHING,
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "isWorking": working_ms(order) != -1,
        "workingTime": working_ms(order),
    }


def own_trades(operation: GetOwnTrades, result: tuple[Fill, ...], view: ServerView) -> object:
    """Write own trades, oldest first."""
    fills = sorted(result, key=lambda fill: int(fill.trade_id))
    limit = operation.limit or USUAL_ROWS
    forward = operation.since_ms is not None or operation.from_id
    told = fills[:limit] if forward else fills[max(0, len(fills) - limit) :]
    return [
        {
            "symbol": view.markets.get(fill.symbol).id,
            "id": int(fill.trade_id),
            "orderId": int(fill.order_id),
            "orderListId": -1,
            "price": amount(fill.price),
            "qty": amount(fill.quantity),
            "quoteQty": amount(fill.quote_quantity),
            "commission": amount(fill.fee),
            "commissionAsset": fill.fee_currency,
            "time": fill.time_ms,
            "isBuyer": fill.side is Side.BUY,
            "isMaker": fill.is_maker,
            "isBestMatch": True,
        }
        for fill in told
    ]
