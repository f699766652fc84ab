"""What belongs to an account: balances, lists of orders, and its own trades.

Lists come newest first. There are pages by id, which our side does not use: a page of ours is cut
out of the longest list that may be asked for.
"""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.markets import Markets
from drawbridge.core.operations import (
    Balance,
    CheckAccess,
    GetBalances,
    GetClosedOrders,
    GetOpenOrders,
    GetOwnTrades,
)
from drawbridge.core.orders import Fill, Order, OrderType
from drawbridge.exchanges.poloniex.codec import values
from drawbridge.exchanges.poloniex.codec.orders import (
    MAKER,
    SPOT,
    checked_id,
    order_row,
    read_order,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest

_ACCOUNT: Final = "1"
_MOST_OPEN: Final = 2_000
_USUAL: Final = 100
_MOST: Final = 1_000


# ----------------------------------------------------------------------------------- balances
def encode_balances(_operation: GetBalances, _markets: Markets) -> WireRequest:
    """Write the request for balances of the spot account."""
    return values.asked("/accounts/balances", {"accountType": SPOT})


def decode_balances(_view: ServerView) -> GetBalances:
    """Read it; there is no other account than the one for spot."""
    return GetBalances()


def encode_balances_answer(
    _op: GetBalances, result: tuple[Balance, ...], _view: ServerView
) -> WireAnswer:
    """Write balances of the spot account."""
    rows = [
        {
            "currencyId": str(number),
            "currency": row.currency,
            "available": values.amount(row.free),
            "hold": values.amount(row.held),
        }
        for number, row in enumerate(result, 1)
    ]
    return values.success([{"accountId": _ACCOUNT, "accountType": SPOT, "balances": rows}])


def decode_balances_answer(
    _op: GetBalances, answer: WireAnswer, _markets: Markets
) -> tuple[Balance, ...]:
    """Read balances of the spot account."""
    accounts = [object_of(row) for row in list_of(values.document_of(answer))]
    rows = [
        object_of(row)
        for account in accounts
        if account["accountType"] == SPOT
        for row in list_of(account["balances"])
    ]
    return tuple(
        Balance(text_of(it["currency"]), decimal_of(it["available"]), decimal_of(it["hold"]))
        for it in rows
    )


def encode_check(_operation: CheckAccess, _markets: Markets) -> WireRequest:
    """Write the question for the list of accounts, which any key that reads may ask."""
    return values.asked("/accounts")


def decode_check(view: ServerView) -> CheckAccess:
    """Read it."""
    return CheckAccess(view.endpoint.name)


def encode_checked(_op: CheckAccess, _result: object, view: ServerView) -> WireAnswer:
    """Write the table's fixed answer."""
    return WireAnswer(200, view.endpoint.answer)


def decode_checked(_op: CheckAccess, answer: WireAnswer, _markets: Markets) -> bool:
    """See that there was an answer."""
    list_of(values.document_of(answer))
    return True


# ----------------------------------------------------------------------------- lists of orders
def encode_open(operation: GetOpenOrders, markets: Markets) -> WireRequest:
    """Write the request for open orders, as many as there may be."""
    symbol = markets.get(operation.symbol).id if operation.symbol else None
    return values.asked("/orders", {"symbol": symbol, "limit": _MOST_OPEN})


def decode_open(view: ServerView) -> GetOpenOrders:
    """Read it. Raises: `NotFound("unknown_symbol")`."""
    return GetOpenOrders(values.symbol_of(values.query_of(view), view))


def encode_open_answer(
    _op: GetOpenOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write open orders, newest first."""
    limit = values.limit_of(values.query_of(view), _USUAL, _MOST_OPEN)
    rows = [order_row(order, view.markets) for order in reversed(result)]
    return values.success(rows[:limit])


def decode_open_answer(
    _op: GetOpenOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read open orders, oldest first."""
    return tuple(reversed(_read_orders(answer, markets)))


def encode_closed(operation: GetClosedOrders, markets: Markets) -> WireRequest:
    """Write the request for past orders."""
    return values.asked(
        "/orders/history",
        {
            "symbol": markets.get(operation.symbol).id if operation.symbol else None,
            "limit": _limit(operation),
            "startTime": operation.since_ms,
            "endTime": operation.until_ms,
        },
    )


def decode_closed(view: ServerView) -> GetClosedOrders:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = values.query_of(view)
    return GetClosedOrders(
        symbol=values.symbol_of(found, view),
        since_ms=found.whole("startTime"),
        until_ms=found.whole("endTime"),
    )


def encode_closed_answer(
    _op: GetClosedOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write past orders, newest first."""
    limit = values.limit_of(values.query_of(view), _USUAL, _MOST)
    rows = [order_row(order, view.markets) for order in reversed(result)]
    return values.success(rows[:limit])


def decode_closed_answer(
    operation: GetClosedOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read past orders, oldest first; the newest `offset` of them are left out."""
    return tuple(reversed(_read_orders(answer, markets)[operation.offset :]))


def _read_orders(answer: WireAnswer, markets: Markets) -> list[Order]:
    rows = list_of(values.document_of(answer))
    return [read_order(object_of(row), markets) for row in rows]


# --------------------------------------------------------------------------------- own trades
def encode_own_trades(operation: GetOwnTrades, markets: Markets) -> WireRequest:
    """Write the request for own trades, of one order where it is named."""
    if operation.order_id:
        return values.asked(f"/orders/{checked_id(operation.order_id)}/trades")
    return values.asked(
        "/trades",
        {
            "symbols": markets.get(operation.symbol).id if operation.symbol else None,
            "startTime": operation.since_ms,
            "limit": _limit(operation),
            "endTime": operation.until_ms,
        },
    )


def decode_own_trades(view: ServerView) -> GetOwnTrades:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = values.query_of(view)
    return GetOwnTrades(
        # Of several markets, the account's trades of all are narrowed when they are written.
        symbol=values.symbol_of(found, view, "symbols") if "," not in found.text("symbols") else "",
        since_ms=found.whole("startTime"),
        until_ms=found.whole("endTime"),
    )


def decode_order_trades(view: ServerView) -> GetOwnTrades:
    """Read a request for one order's trades. Raises: `BadInput`."""
    return GetOwnTrades(order_id=checked_id(view.path_parameters["order_id"]))


def encode_own_trades_answer(
    _op: GetOwnTrades, result: tuple[Fill, ...], view: ServerView
) -> WireAnswer:
    """Write own trades, newest first."""
    found = values.query_of(view)
    names = {name for name in found.text("symbols").split(",") if name}
    rows = [trade_row(fill, view.markets) for fill in reversed(result)]
    wanted = [row for row in rows if not names or row["symbol"] in names]
    return values.success(wanted[: values.limit_of(found, _USUAL, _MOST)])


def trade_row(fill: Fill, markets: Markets) -> dict[str, object]:
    """Write one of the account's trades."""
    return {
        "id": fill.trade_id,
        "symbol": markets.get(fill.symbol).id,
        "accountType": SPOT,
        "orderId": fill.order_id,
        "side": fill.side.name,
        "type": fill.type.name,
        "matchRole": "MAKER" if fill.is_maker else "TAKER",
        "createTime": fill.time_ms,
        "price": values.amount(fill.price),
        "quantity": values.amount(fill.quantity),
        "amount": values.amount(fill.quote_quantity),
        "feeCurrency": fill.fee_currency,
        "feeAmount": values.amount(fill.fee),
        "pageId": fill.trade_id,
        "clientOrderId": fill.client_id,
    }


def decode_own_trades_answer(
    operation: GetOwnTrades, answer: WireAnswer, markets: Markets
) -> tuple[Fill, ...]:
    """Read own trades, oldest first; the newest `offset` of them are left out."""
    found = [_read_fill(object_of(row), markets) for row in list_of(values.document_of(answer))]
    found.sort(key=lambda fill: (fill.time_ms, int(fill.trade_id)))
    kept = found[: len(found) - operation.offset] if operation.offset else found
    first = int(operation.from_id or 0)
    return tuple(fill for fill in kept if int(fill.trade_id) >= first)


def _read_fill(row: Mapping[str, Any], markets: Markets) -> Fill:
    kind = text_of(row["type"])
    return Fill(
        trade_id=text_of(row["id"]),
        order_id=text_of(row["orderId"]),
        client_id=text_of(row["clientOrderId"]),
        symbol=markets.get_by_id(text_of(row["symbol"])).symbol,
        side=values.SIDES[text_of(row["side"])],
        type=OrderType.LIMIT if kind in {MAKER, OrderType.LIMIT.name} else OrderType.MARKET,
        price=decimal_of(row["price"]),
        quantity=decimal_of(row["quantity"]),
        fee=decimal_of(row["feeAmount"]),
        fee_currency=text_of(row["feeCurrency"]),
        is_maker=row["matchRole"] == "MAKER",
        time_ms=int_of(row["createTime"]),
    )


def _limit(operation: GetClosedOrders | GetOwnTrades) -> int:
    # Always so many as there may be: without a number, the exchange gives 100 and says no more.
    return _MOST if operation.limit is None or operation.offset else min(operation.limit, _MOST)
