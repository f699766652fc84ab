"""What belongs to an account: balances, lists of orders, cancelling all of them, its trades.

Lists come in pages of a hundred unless another number is asked for, the latest first.
"""

from collections.abc import Mapping
from itertools import groupby
from typing import Any, Final, TypeVar

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market, Markets
from drawbridge.core.money import plain
from drawbridge.core.operations import (
    Balance,
    CancelAllOrders,
    GetBalances,
    GetClosedOrders,
    GetOpenOrders,
    GetOwnTrades,
)
from drawbridge.core.orders import Fill, Order, OrderType
from drawbridge.exchanges.gate.codec import values
from drawbridge.exchanges.gate.codec.orders import SIDES, order_row, read_order
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters, read_query

T = TypeVar("T")

_ACCOUNT: Final = "spot"
_OPEN: Final = "open"
_FINISHED: Final = "finished"


# ----------------------------------------------------------------------------------- balances
def encode_balances(_operation: GetBalances, _markets: Markets) -> WireRequest:
    """Write the request for balances."""
    return values.ask_signed("/spot/accounts")


def decode_balances(_view: ServerView) -> GetBalances:
    """Read it; which currency was asked for is seen when the answer is written."""
    return GetBalances()


def encode_balances_answer(
    _op: GetBalances, result: tuple[Balance, ...], view: ServerView
) -> WireAnswer:
    """Write balances, all or the one that was asked for."""
    wanted = read_query(view.request.query).text("currency")
    return values.success(
        [
            {
                "currency": row.currency,
                "available": plain(row.free),
                "locked": plain(row.held),
                "update_id": 1,
                "refresh_time": view.now_ms // 1_000,
            }
            for row in result
            if wanted in {"", row.currency}
        ]
    )


def decode_balances_answer(
    _op: GetBalances, answer: WireAnswer, _markets: Markets
) -> tuple[Balance, ...]:
    """Read balances."""
    return tuple(
        Balance(text_of(row["currency"]), decimal_of(row["available"]), decimal_of(row["locked"]))
        for row in map(object_of, list_of(values.document_of(answer)))
    )


# ------------------------------------------------------------------------------ lists of orders
def encode_open(operation: GetOpenOrders, markets: Markets) -> WireRequest:
    """Write the request for open orders."""
    pair = values.id_of(operation.symbol, markets)
    return values.ask_signed(
        "/spot/open_orders", {"account": _ACCOUNT, "currency_pair": pair, "status": _OPEN}
    )


def decode_open(view: ServerView) -> GetOpenOrders:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_query(view.request.query)
    return GetOpenOrders(_symbol(view, found))


def encode_open_answer(
    _op: GetOpenOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write open orders by pair, each pair's latest first."""
    found = read_query(view.request.query)
    by_pair = groupby(sorted(result, key=lambda row: row.symbol), lambda row: row.symbol)
    told = []
    for symbol, rows in by_pair:
        orders = list(rows)
        page = _page(orders, found, values.offset_of(found))
        told.append(
            {
                "currency_pair": view.markets.get(symbol).id,
                "total": len(orders),
                "orders": [order_row(row, view.markets) for row in page],
            }
        )
    return values.success(told)


def decode_open_answer(
    _op: GetOpenOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read open orders, oldest first within a pair."""
    return tuple(
        read_order(object_of(row), markets)
        for pair in map(object_of, list_of(values.document_of(answer)))
        for row in reversed(list_of(pair["orders"]))
    )


def encode_closed(operation: GetClosedOrders, markets: Markets) -> WireRequest:
    """Write the request for past orders."""
    return values.ask_signed(
        "/spot/orders",
        {
            "account": _ACCOUNT,
            "currency_pair": values.id_of(operation.symbol, markets),
            "status": _FINISHED,
            **_span(operation),
        },
    )


def decode_listed(view: ServerView) -> GetClosedOrders | GetOpenOrders:
    """Read the request for past orders, or for open ones as a plain list. Raises: `BadInput`."""
    found = read_query(view.request.query)
    status, symbol = found.need("status"), _symbol(view, found)
    if status == _OPEN:
        return GetOpenOrders(symbol or _symbol_needed())
    if status != _FINISHED:
        raise BadInput("malformed", field="status")
    return GetClosedOrders(
        symbol=symbol,
        since_ms=values.moment(found, "from"),
        until_ms=values.moment(found, "to"),
        offset=values.offset_of(found),
    )


def encode_listed_answer(
    operation: GetClosedOrders | GetOpenOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write a page of orders, the latest first."""
    found = read_query(view.request.query)
    # Of past orders, those before the page are left out already.
    offset = values.offset_of(found) if isinstance(operation, GetOpenOrders) else 0
    page = _page(result, found, offset)
    return values.success([order_row(row, view.markets) for row in page])


def decode_closed_answer(
    operation: GetClosedOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read past orders, oldest first."""
    rows = reversed(list_of(values.document_of(answer)))
    return _latest([read_order(object_of(row), markets) for row in rows], operation.limit)


# --------------------------------------------------------------------------------- cancel all
def encode_cancel_all(operation: CancelAllOrders, markets: Markets) -> WireRequest:
    """Write the request to cancel all open orders, of a pair or of all."""
    pair = values.id_of(operation.symbol, markets)
    told = {"account": _ACCOUNT, "currency_pair": pair}
    return values.ask_signed("/spot/orders", told, "DELETE")


def decode_cancel_all(view: ServerView) -> CancelAllOrders:
    """Read it; one side alone is not carried out. Raises: `BadInput`."""
    found = read_query(view.request.query)
    if "side" in found:
        raise BadInput("malformed", field="side")
    return CancelAllOrders(_symbol(view, found))


def encode_cancelled_all(
    _op: CancelAllOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write the orders that ended."""
    return values.success([{**order_row(row, view.markets), "succeeded": True} for row in result])


def decode_cancelled_all(
    _op: CancelAllOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read the orders that ended; those that did not are left out."""
    rows = (object_of(row) for row in list_of(values.document_of(answer)))
    return tuple(read_order(row, markets) for row in rows if row.get("succeeded", True) is True)


# --------------------------------------------------------------------------------- own trades
def encode_own_trades(operation: GetOwnTrades, markets: Markets) -> WireRequest:
    """Write the request for own trades; an order's trades are found with its pair."""
    return values.ask_signed(
        "/spot/my_trades",
        {
            "currency_pair": values.id_of(operation.symbol, markets),
            "account": _ACCOUNT,
            **_span(operation),
            "order_id": operation.order_id or None,
        },
    )


def decode_own_trades(view: ServerView) -> GetOwnTrades:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_query(view.request.query)
    symbol, order_id = _symbol(view, found), found.text("order_id")
    return GetOwnTrades(
        symbol=symbol or (_symbol_needed() if order_id else ""),
        order_id=order_id,
        since_ms=values.moment(found, "from"),
        until_ms=values.moment(found, "to"),
        offset=values.offset_of(found),
    )


def encode_own_trades_answer(
    _op: GetOwnTrades, result: tuple[Fill, ...], view: ServerView
) -> WireAnswer:
    """Write a page of own trades, the latest first."""
    page = _page(result, read_query(view.request.query), 0)
    return values.success([fill_row(row, view.markets.get(row.symbol)) for row in page])


def decode_own_trades_answer(
    operation: GetOwnTrades, answer: WireAnswer, markets: Markets
) -> tuple[Fill, ...]:
    """Read own trades, oldest first."""
    rows = reversed(list_of(values.document_of(answer)))
    return _latest([read_fill(object_of(row), markets) for row in rows], operation.limit)


def fill_row(fill: Fill, market: Market) -> dict[str, object]:
    """Write one own trade."""
    return {
        "id": fill.trade_id,
        "create_time": str(fill.time_ms // 1_000),
        "create_time_ms": values.fine(fill.time_ms),
        "currency_pair": market.id,
        "side": fill.side.value,
        "role": "maker" if fill.is_maker else "taker",
        "amount": plain(fill.quantity),
        "price": plain(fill.price),
        "order_id": fill.order_id,
        "fee": plain(fill.fee),
        "fee_currency": fill.fee_currency,
        "point_fee": "0",
        "gt_fee": "0",
        "sequence_id": fill.trade_id,
        "text": f"t-{fill.client_id}" if fill.client_id else "apiv4",
    }


def read_fill(row: Mapping[str, Any], markets: Markets) -> Fill:
    """Read one own trade. Its order's type is not told. Raises: `BadInput`, `KeyError`."""
    market = markets.get_by_id(text_of(row["currency_pair"]))
    told = row.get("text")
    own = told if isinstance(told, str) and told.startswith("t-") else ""
    return Fill(
        trade_id=str(int_of(row["id"], "id")),
        order_id=str(int_of(row["order_id"], "order_id")),
        client_id=own.removeprefix("t-"),
        symbol=market.symbol,
        side=SIDES[row["side"]],
        type=OrderType.LIMIT,
        price=decimal_of(row["price"]),
        quantity=decimal_of(row["amount"]),
        fee=decimal_of(row.get("fee") or "0"),
        fee_currency=text_of(row.get("fee_currency") or ""),
        is_maker=row.get("role") == "maker",
        time_ms=values.milliseconds(row["create_time_ms"]),
    )


# ------------------------------------------------------------------------------------- shared
def _symbol(view: ServerView, found: Parameters) -> str:
    if found.text("account") not in {"", _ACCOUNT}:
        raise BadInput("malformed", field="account")
    pair = found.text("currency_pair")
    return view.markets.get_by_id(pair).symbol if pair else ""


def _symbol_needed() -> str:
    raise BadInput("missing_parameter", field="currency_pair")


def _span(operation: GetClosedOrders | GetOwnTrades) -> dict[str, str | int | None]:
    until_ms = operation.until_ms
    return {
        "limit": None if operation.limit is None else min(operation.limit, values.MOST_ROWS),
        "from": values.seconds(operation.since_ms),
        # The end is named a second later, because times are finer than seconds.
        "to": None if until_ms is None else until_ms // 1_000 + 1,
        "page": values.page_of(operation.offset),
    }


def _page(rows: list[T] | tuple[T, ...], found: Parameters, offset: int) -> list[T]:
    """Give the rows of a page, the latest first."""
    return list(reversed(rows))[offset : offset + values.rows_wanted(found)]


def _latest(rows: list[T], limit: int | None) -> tuple[T, ...]:
    return tuple(rows if limit is None else rows[max(0, len(rows) - limit) :])
