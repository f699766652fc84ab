"""Orders in lists: open ones, past ones, all ended at once; and the account's own trades.

Source: developers.binance.com, USD-M futures, trade, 2026-07-21; what ccxt 4.5.90 reads.
"""

from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import plain
from drawbridge.core.operations import (
    CancelAllOrders,
    GetClosedOrders,
    GetOpenOrders,
    GetOwnTrades,
)
from drawbridge.core.orders import (
    Fill,
    Order,
    OrderType,
    Side,
)
from drawbridge.exchanges.binance_futures.codec.documents import (
    Document,
    Row,
    number_of,
    reader_of,
    writer_of,
)
from drawbridge.exchanges.binance_futures.codec.names import (
    OWN_TRADES_SPAN_MS,
    POSITION_SIDE_WORDS,
    POSITION_SIDES,
    SIDE_WORDS,
    SIDES,
    USUAL_ROWS,
    amount,
)
from drawbridge.exchanges.binance_futures.codec.parameters import (
    ask_own,
    find_symbol,
    joined,
    market_id,
    parameter,
    read_id,
    read_limit,
    read_symbol,
    read_time,
    read_view,
    refuse_offset,
    safe_order_id,
    told,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import (
    decimal_of,
    flag_of,
    int_of,
    list_of,
    object_of,
    parse_document,
    text_of,
)
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters

_ALL_DONE: Final = {"code": 200, "msg": "The operation of cancel all open order is done."}


# --------------------------------------------------------------------------------------- lists
def encode_cancel_all(operation: CancelAllOrders, markets: Markets) -> WireRequest:
    """Ask that all open orders of a contract end. Raises: `BadInput("missing_parameter")`."""
    if not operation.symbol:
        raise BadInput("missing_parameter", field="symbol")
    path = b"/fapi/v1/algoOpenOrders" if operation.conditional else b"/fapi/v1/allOpenOrders"
    return ask_own(path, f"symbol={market_id(operation.symbol, markets)}", "DELETE")


def decode_cancel_all(view: ServerView) -> CancelAllOrders:
    """Read that all open orders are to end."""
    return CancelAllOrders(read_symbol(read_view(view), view.markets), conditional=False)


def decode_cancel_all_conditional(view: ServerView) -> CancelAllOrders:
    """Read that all conditional orders are to end."""
    return CancelAllOrders(read_symbol(read_view(view), view.markets), conditional=True)


def encode_all_cancelled(_: CancelAllOrders, __: tuple[Order, ...], ___: ServerView) -> WireAnswer:
    """Write that all have ended."""
    return told(_ALL_DONE)


def decode_all_cancelled(_: CancelAllOrders, answer: WireAnswer, __: Markets) -> tuple[Order, ...]:
    """Read that all have ended; which they were is not told."""
    object_of(parse_document(answer.body))
    return ()


def encode_open(operation: GetOpenOrders, markets: Markets) -> WireRequest:
    """Ask for open orders."""
    path = b"/fapi/v1/openAlgoOrders" if operation.conditional else b"/fapi/v1/openOrders"
    symbol = operation.symbol
    return ask_own(path, f"symbol={market_id(symbol, markets)}" if symbol else "")


def decode_open(view: ServerView) -> GetOpenOrders:
    """Read the question for open orders."""
    return GetOpenOrders(find_symbol(read_view(view), view.markets), conditional=False)


def decode_open_conditional(view: ServerView) -> GetOpenOrders:
    """Read the question for conditional orders that wait."""
    return GetOpenOrders(find_symbol(read_view(view), view.markets), conditional=True)


def encode_open_answer(
    operation: GetOpenOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write open orders, oldest first."""
    write = writer_of(operation)
    return told([write(order, view.markets) for order in _by_id(result)])


def decode_open_answer(
    operation: GetOpenOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read open orders."""
    read = reader_of(operation)
    return tuple(read(row, markets) for row in _known(answer, markets))


def encode_closed(operation: GetClosedOrders, markets: Markets) -> WireRequest:
    """Ask for past orders."""
    refuse_offset(operation.offset)
    path = b"/fapi/v1/allAlgoOrders" if operation.conditional else b"/fapi/v1/allOrders"
    symbol = operation.symbol
    query = joined(
        f"symbol={market_id(symbol, markets)}" if symbol else "",
        parameter("startTime", operation.since_ms),
        parameter("limit", operation.limit),
        parameter("endTime", operation.until_ms),
    )
    return ask_own(path, query)


def decode_closed(view: ServerView) -> GetClosedOrders:
    """Read the question for all orders."""
    return _read_closed(view, conditional=False)


def decode_closed_conditional(view: ServerView) -> GetClosedOrders:
    """Read the question for all conditional orders."""
    return _read_closed(view, conditional=True)


def _read_closed(view: ServerView, *, conditional: bool) -> GetClosedOrders:
    found = read_view(view)
    limit = read_limit(found)
    return GetClosedOrders(
        symbol=find_symbol(found, view.markets),
        since_ms=read_time(found, "startTime"),
        until_ms=read_time(found, "endTime"),
        # From a first id on, the answer is cut to its limit when it is written.
        limit=None if _first_id(found) else limit,
        include_open=True,
        conditional=conditional,
    )


def _first_id(found: Parameters) -> int:
    return int(read_id(found, "orderId") or read_id(found, "algoId") or 0)


def encode_closed_answer(
    operation: GetClosedOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write all orders, oldest first, cut to the limit that was asked for."""
    found = read_view(view)
    first = _first_id(found)
    orders = [order for order in _by_id(result) if number_of(order.order_id) >= first]
    limit = operation.limit or read_limit(found) or USUAL_ROWS
    # Without a beginning the newest are told, with one the first after it.
    forward = first or operation.since_ms is not None
    chosen = orders[:limit] if forward else orders[max(0, len(orders) - limit) :]
    write = writer_of(operation)
    return told([write(order, view.markets) for order in chosen])


def decode_closed_answer(
    operation: GetClosedOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read past orders; open ones stand among them and go unless wanted."""
    read = reader_of(operation)
    orders = (read(row, markets) for row in _known(answer, markets))
    return tuple(order for order in orders if operation.include_open or order.status.is_final)


def _by_id(orders: tuple[Order, ...]) -> list[Order]:
    return sorted(orders, key=lambda order: number_of(order.order_id))


def _known(answer: WireAnswer, markets: Markets) -> list[Row]:
    """Give the rows of contracts that are carried here; others are delivered on a day."""
    known = {market.id for market in markets}
    rows = map(object_of, list_of(parse_document(answer.body)))
    return [row for row in rows if row["symbol"] in known]


# ------------------------------------------------------------------------------------ own trades
def encode_own_trades(operation: GetOwnTrades, markets: Markets) -> WireRequest:
    """Ask for the account's trades of one contract; since a moment, those of seven days."""
    refuse_offset(operation.offset)
    since_ms, until_ms = operation.since_ms, operation.until_ms
    if until_ms is None and since_ms is not None:
        until_ms = since_ms + OWN_TRADES_SPAN_MS
    query = joined(
        f"symbol={market_id(operation.symbol, markets)}",
        parameter("startTime", since_ms),
        parameter("endTime", until_ms),
        parameter("limit", operation.limit),
        f"orderId={safe_order_id(operation.order_id)}" if operation.order_id else "",
        f"fromId={safe_order_id(operation.from_id)}" if operation.from_id else "",
    )
    return ask_own(b"/fapi/v1/userTrades", query)


def decode_own_trades(view: ServerView) -> GetOwnTrades:
    """Read the question for the account's trades."""
    found = read_view(view)
    return GetOwnTrades(
        symbol=read_symbol(found, view.markets),
        order_id=read_id(found, "orderId"),
        since_ms=read_time(found, "startTime"),
        until_ms=read_time(found, "endTime"),
        from_id=read_id(found, "fromId"),
        limit=read_limit(found),
    )


def encode_own_trades_answer(
    operation: GetOwnTrades, result: tuple[Fill, ...], view: ServerView
) -> WireAnswer:
    """Write own trades, oldest first."""
    fills = sorted(result, key=lambda fill: int(fill.trade_id))
    limit = operation.limit or USUAL_ROWS
    forward = operation.since_ms is not None or operation.from_id
    chosen = fills[:limit] if forward else fills[max(0, len(fills) - limit) :]
    return told([_fill_document(fill, view.markets) for fill in chosen])


def _fill_document(fill: Fill, markets: Markets) -> Document:
    return {
        "symbol": markets.get(fill.symbol).id,
        "id": int(fill.trade_id),
        "orderId": number_of(fill.order_id),
        "side": SIDE_WORDS[fill.side],
        "price": amount(fill.price),
        "qty": plain(fill.quantity),
        "realizedPnl": amount(fill.realised),
        "quoteQty": amount(fill.quote_quantity),
        "commission": amount(fill.fee),
        "commissionAsset": fill.fee_currency,
        "time": fill.time_ms,
        "positionSide": POSITION_SIDE_WORDS[fill.position_side],
        "buyer": fill.side is Side.BUY,
        "maker": fill.is_maker,
    }


def decode_own_trades_answer(
    _: GetOwnTrades, answer: WireAnswer, markets: Markets
) -> tuple[Fill, ...]:
    """Read own trades."""
    return tuple(
        Fill(
            trade_id=str(int_of(row["id"])),
            order_id=str(int_of(row["orderId"])),
            # Trades do not name the client's id; who knows the order knows it.
            client_id="",
            symbol=markets.get_by_id(text_of(row["symbol"])).symbol,
            side=SIDES[row["side"]],
            type=OrderType.LIMIT,
            price=decimal_of(row["price"]),
            quantity=decimal_of(row["qty"]),
            fee=decimal_of(row["commission"]),
            fee_currency=text_of(row["commissionAsset"]),
            is_maker=flag_of(row["maker"]),
            time_ms=int_of(row["time"]),
            realised=decimal_of(row["realizedPnl"]),
            position_side=POSITION_SIDES[row["positionSide"]],
        )
        for row in _known(answer, markets)
    )
