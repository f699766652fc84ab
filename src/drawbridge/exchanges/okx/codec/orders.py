"""Orders of OKX: placed, cancelled, looked up, listed.

The state of an order is a word; who ended it early stands in `cancelSource`. Of an order's cost
only the average price is told, so what was paid is that times the quantity.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import ZERO, plain
from drawbridge.core.operations import (
    CancelOrder,
    GetClosedOrders,
    GetOpenOrders,
    GetOrder,
    Placed,
    PlaceOrder,
)
from drawbridge.core.orders import Order, OrderStatus, OrderType, Side, TimeInForce
from drawbridge.exchanges.okx.codec import values
from drawbridge.wire.bare_orders import bare_order
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters, read_query

_SIDES: Final = {side.value: side for side in Side}
# A word for each way in which an order takes or makes.
_WORDS: Final = {
    "market": (OrderType.MARKET, TimeInForce.GTC, False),
    "limit": (OrderType.LIMIT, TimeInForce.GTC, False),
    "post_only": (OrderType.LIMIT, TimeInForce.GTC, True),
    "ioc": (OrderType.LIMIT, TimeInForce.IOC, False),
    "fok": (OrderType.LIMIT, TimeInForce.FOK, False),
}
_WORD_OF: Final = {terms: word for word, terms in _WORDS.items()}
_BASE: Final = "base_ccy"
_QUOTE: Final = "quote_ccy"
_READ: Final = frozenset({"instId", "tdMode", "side", "ordType", "sz", "px", "clOrdId", "tgtCcy"})
# Without meaning for an order, whatever they hold.
_IGNORED: Final = frozenset({"tag", "tradeQuoteCcy", "instIdCode", "expTime"})
# Without meaning as long as they hold nothing, or what is so anyway.
_NOTHING: Final = frozenset({"", "0", "false", "net", "cancel_maker"})
_STATES: Final = {
    OrderStatus.OPEN: "live",
    OrderStatus.PARTIALLY_FILLED: "partially_filled",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELLED: "canceled",
    OrderStatus.EXPIRED: "canceled",
    OrderStatus.REJECTED: "canceled",
}
_STATUSES: Final = {
    "live": OrderStatus.OPEN,
    "partially_filled": OrderStatus.PARTIALLY_FILLED,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELLED,
    "mmp_canceled": OrderStatus.EXPIRED,
}
# Who ended an order: its owner, or the exchange because it could not be filled at once.
_BY_OWNER: Final = "1"
_BY_EXCHANGE: Final = "14"
# Sums of what was paid have no more places than this.
_COST_PLACES: Final = 14


# -------------------------------------------------------------------------------------- place
def encode_place(operation: PlaceOrder, markets: Markets) -> WireRequest:
    """Write an order as ccxt does: a list of one.

    Raises: `BadInput("unsupported_order")` for what there are no words for.
    """
    terms = (operation.type, operation.time_in_force, operation.post_only)
    if terms not in _WORD_OF or operation.dry_run or operation.leverage is not None:
        raise BadInput("unsupported_order", field="type")
    if operation.trigger is not None or operation.reduce_only or operation.close_position:
        raise BadInput("unsupported_order", field="trigger")
    by_cost = operation.quote_quantity is not None
    size = operation.quote_quantity if by_cost else operation.quantity
    if size is None or (by_cost and operation.type is not OrderType.MARKET):
        raise BadInput("unsupported_order", field="quantity")
    document = {
        "instId": markets.get(operation.symbol).id,
        "side": operation.side.value,
        "ordType": _WORD_OF[terms],
        "sz": plain(size),
        "tdMode": "cash",
        "tgtCcy": _QUOTE if by_cost else _BASE,
    }
    if operation.type is OrderType.LIMIT:
        if operation.price is None:
            raise BadInput("unsupported_order", field="price")
        document["px"] = plain(operation.price)
    if operation.client_id:
        document["clOrdId"] = values.check_client_id(operation.client_id)
    return values.post(b"trade/batch-orders", [document])


def decode_place(view: ServerView) -> PlaceOrder:
    """Read an order.

    Raises: `BadInput` for what is missing, wrong, or means what is not carried out;
    `NotFound("unknown_symbol")`.
    """
    found = values.read_one(view.request.body)
    _refuse_meaning(found)
    kind, time, post_only = found.choice("ordType", _WORDS)
    side, limit = found.choice("side", _SIDES), kind is OrderType.LIMIT
    size = found.need_amount("sz")
    # Without a word on it, a market order to buy names what to spend.
    usual = _QUOTE if side is Side.BUY else _BASE
    by_cost = not limit and found.choice("tgtCcy", {_BASE: False, _QUOTE: True}, usual=usual)
    return PlaceOrder(
        symbol=values.symbol_of(found, view),
        side=side,
        type=kind,
        quantity=None if by_cost else size,
        price=found.need_amount("px") if limit else None,
        time_in_force=time,
        client_id=_client_id(found),
        quote_quantity=size if by_cost else None,
        post_only=post_only,
    )


def _refuse_meaning(found: Parameters) -> None:
    if found.text("tdMode") not in {"", "cash"}:
        # Margin would borrow; there is none here.
        raise BadInput("malformed", field="tdMode")
    for name in sorted(found.names() - _READ - _IGNORED):
        if found.text(name) not in _NOTHING:
            raise BadInput("malformed", field=name[:40])


def _client_id(found: Parameters) -> str:
    text = found.text("clOrdId")
    return values.check_client_id(text) if text else ""


def encode_placed(_op: PlaceOrder, result: Placed, view: ServerView) -> WireAnswer:
    """Write the answer to an order: its ids. What became of it is asked for afterwards."""
    order = result.order
    return values.success([_done(order.order_id, order.client_id, view)])


def decode_placed(operation: PlaceOrder, answer: WireAnswer, _markets: Markets) -> Placed:
    """Read the answer to an order: its id and nothing of what became of it."""
    return Placed(operation.as_order(text_of(values.row_of(answer)["ordId"])))


def _done(order_id: str, client_id: str, view: ServerView) -> dict[str, str]:
    return {
        "ordId": order_id,
        "clOrdId": client_id,
        "tag": "",
        "ts": str(view.now_ms),
        "sCode": "0",
        "sMsg": "",
    }


# ------------------------------------------------------------------------------------- cancel
def encode_cancel(operation: CancelOrder, markets: Markets) -> WireRequest:
    """Write a cancel, by the exchange's id where we know it. Raises: `BadInput`."""
    document = {"instId": markets.get(operation.symbol).id, **dict([_which(operation)])}
    return values.post(b"trade/cancel-order", document)


def decode_cancel(view: ServerView) -> CancelOrder:
    """Read a cancel. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = values.read_one(view.request.body)
    return CancelOrder(values.symbol_of(found, view), *_ids(found))


def encode_cancelled(_op: CancelOrder, result: Order, view: ServerView) -> WireAnswer:
    """Write that an order was cancelled."""
    return values.success([_done(result.order_id, result.client_id, view)])


def decode_cancelled(operation: CancelOrder, answer: WireAnswer, _markets: Markets) -> Order:
    """Read that the cancel was taken in; the exchange tells nothing else about the order."""
    row = values.row_of(answer)
    return bare_order(
        text_of(row["ordId"]) or operation.order_id,
        text_of(row["clOrdId"]) or operation.client_id,
        operation.symbol,
    )


def _which(operation: CancelOrder | GetOrder) -> tuple[str, str]:
    """Name an order by one of its ids. Raises: `BadInput`."""
    if operation.order_id:
        return "ordId", values.check_order_id(operation.order_id)
    if operation.client_id:
        return "clOrdId", values.check_client_id(operation.client_id)
    raise BadInput("missing_parameter", field="ordId")


def _ids(found: Parameters) -> tuple[str, str]:
    """Read the ids; where both are given, the exchange's own counts. Raises: `BadInput`."""
    order_id, client_id = found.text("ordId"), found.text("clOrdId")
    if order_id:
        return values.check_order_id(order_id), ""
    if not client_id:
        raise BadInput("missing_parameter", field="ordId")
    return "", values.check_client_id(client_id)


# ------------------------------------------------------------------------------------ look up
def encode_query(operation: GetOrder, markets: Markets) -> WireRequest:
    """Write the request for one order. Raises: `BadInput`."""
    name, text = _which(operation)
    symbol = markets.get(operation.symbol).id
    return values.get(b"trade/order", f"instId={symbol}&{name}={text}")


def decode_query(view: ServerView) -> GetOrder:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_query(view.request.query)
    return GetOrder(values.symbol_of(found, view), *_ids(found))


def encode_queried(_op: GetOrder, result: Order, view: ServerView) -> WireAnswer:
    """Write one order."""
    return values.success([order_row(result, view)])


def decode_queried(_op: GetOrder, answer: WireAnswer, markets: Markets) -> Order:
    """Read one order."""
    return read_order(values.row_of(answer), markets)


def encode_open(operation: GetOpenOrders, markets: Markets) -> WireRequest:
    """Write the request for open orders, of one symbol or of all."""
    symbol = f"instId={markets.get(operation.symbol).id}" if operation.symbol else ""
    return values.get(b"trade/orders-pending", symbol)


def decode_open(view: ServerView) -> GetOpenOrders:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    return GetOpenOrders(values.any_symbol_of(read_query(view.request.query), view))


def encode_closed(operation: GetClosedOrders, markets: Markets) -> WireRequest:
    """Write the request for past orders, however they ended. Raises: `BadInput`."""
    values.refuse_offset(operation.offset)
    symbol = f"instId={markets.get(operation.symbol).id}&" if operation.symbol else ""
    return values.get(
        b"trade/orders-history",
        f"{symbol}instType={values.SPOT}{values.number('limit', operation.limit)}"
        f"{values.number('begin', operation.since_ms)}{values.number('end', operation.until_ms)}",
    )


def decode_closed(view: ServerView) -> GetClosedOrders:
    """Read it; how many of them is decided when the answer is written. Raises: `BadInput`."""
    found = read_query(view.request.query)
    found.need("instType")
    symbol = values.any_symbol_of(found, view)
    return GetClosedOrders(symbol, found.whole("begin"), found.whole("end"))


def encode_list(
    _op: GetOpenOrders | GetClosedOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write open or past orders, the newest first, as far as they are asked for."""
    found = read_query(view.request.query)
    state, word = found.text("state"), found.text("ordType")
    asked = (
        order
        for order in result
        if values.is_of_spot(found)
        and state in {"", _STATES[order.status]}
        and word in {"", _word(order)}
    )
    rows = values.page(asked, found, lambda order: int(order.order_id))
    return values.success([order_row(order, view) for order in rows])


def decode_list(
    _op: GetOpenOrders | GetClosedOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read a list of orders, oldest first."""
    return tuple(read_order(row, markets) for row in reversed(values.rows_of(answer)))


# -------------------------------------------------------------------------------- order rows
def order_row(order: Order, view: ServerView) -> dict[str, object]:
    """Write an order. Fees stand below zero: they were paid."""
    market = view.markets.get(order.symbol)
    by_cost = order.quote_quantity is not None
    size = order.quote_quantity if by_cost else order.quantity
    average = order.average_price
    return {
        "instType": values.SPOT,
        "instId": market.id,
        "ccy": "",
        "ordId": order.order_id,
        "clOrdId": order.client_id,
        "tag": "",
        "px": "" if order.price is None else plain(order.price),
        "sz": plain(size or ZERO),
        "pnl": "0",
        "ordType": _word(order),
        "side": order.side.value,
        "posSide": "net",
        "tdMode": "cash",
        "accFillSz": plain(order.filled),
        "fillPx": "" if average is None else plain(average),
        "tradeId": order.trade_ids[-1] if order.trade_ids else "",
        "fillSz": plain(order.filled),
        "fillTime": str(order.updated_ms) if order.filled else "",
        "avgPx": "" if average is None else plain(average),
        "state": _STATES[order.status],
        "lever": "",
        "attachAlgoOrds": [],
        "feeCcy": order.fee_currency or _fee_currency(order, view),
        "fee": plain(-order.fee),
        "rebateCcy": market.quote if order.side is Side.BUY else market.base,
        "rebate": "0",
        "tgtCcy": _QUOTE if by_cost else _BASE,
        "category": "normal",
        "reduceOnly": "false",
        "stpMode": "cancel_maker",
        "cancelSource": _cancel_source(order),
        "source": "",
        "quickMgnType": "",
        "cTime": str(order.created_ms),
        "uTime": str(order.updated_ms),
    }


def _fee_currency(order: Order, view: ServerView) -> str:
    market = view.markets.get(order.symbol)
    return market.base if order.side is Side.BUY else market.quote


def _cancel_source(order: Order) -> str:
    if order.status is OrderStatus.CANCELLED:
        return _BY_OWNER
    return _BY_EXCHANGE if order.status in {OrderStatus.EXPIRED, OrderStatus.REJECTED} else ""


def _word(order: Order) -> str:
    limit = order.type is OrderType.LIMIT
    time = order.time_in_force if limit and not order.post_only else TimeInForce.GTC
    return _WORD_OF[order.type, time, limit and order.post_only]


def read_order(row: Mapping[str, Any], markets: Markets) -> Order:
    """Read an order. Raises: whatever strange rows make it raise."""
    kind, time, post_only = _WORDS[row["ordType"]]
    filled, size = decimal_of(row["accFillSz"] or "0"), decimal_of(row["sz"])
    average = decimal_of(row["avgPx"] or "0")
    fee = -decimal_of(row["fee"] or "0")
    by_cost = kind is OrderType.MARKET and row.get("tgtCcy") == _QUOTE
    return Order(
        order_id=text_of(row["ordId"]),
        client_id=text_of(row["clOrdId"]),
        symbol=values.market_of(row, markets).symbol,
        side=_SIDES[row["side"]],
        type=kind,
        time_in_force=time,
        status=_read_status(row),
        quantity=_bought(row, filled) if by_cost else size,
        price=decimal_of(row["px"]) if kind is OrderType.LIMIT else None,
        created_ms=int_of(row["cTime"]),
        updated_ms=int_of(row["uTime"]),
        filled=filled,
        filled_quote=round(average * filled, _COST_PLACES).normalize(),
        fee=fee,
        fee_currency=text_of(row["feeCcy"]) if fee else "",
        quote_quantity=size if by_cost else None,
        post_only=post_only,
    )


def _bought(row: Mapping[str, Any], filled: Decimal) -> Decimal:
    """Give the quantity of an order by cost: nothing is known of it before it is filled."""
    return filled if row["state"] == "filled" else ZERO


def _read_status(row: Mapping[str, Any]) -> OrderStatus:
    status = _STATUSES[row["state"]]
    ended_by = row.get("cancelSource") or _BY_OWNER
    if status is OrderStatus.CANCELLED and ended_by != _BY_OWNER:
        return OrderStatus.EXPIRED
    return status
