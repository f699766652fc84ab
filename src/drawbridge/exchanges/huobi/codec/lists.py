"""Lists of an account: open orders, past ones, its trades; and cancelling all orders at once.

The latest come first, a hundred unless another number is asked for. Past orders are asked for
within two days. Further pages are asked for by ids, which our own side does not do.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market, Markets
from drawbridge.core.money import plain
from drawbridge.core.operations import (
    CancelAllOrders,
    GetClosedOrders,
    GetOpenOrders,
    GetOwnTrades,
)
from drawbridge.core.orders import Fill, Order
from drawbridge.exchanges.huobi.codec import values
from drawbridge.exchanges.huobi.codec.kinds import read_kind
from drawbridge.exchanges.huobi.codec.orders import (
    check_account,
    order_row,
    read_order,
    state_of,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.naming import ACCOUNT, mark
from drawbridge.wire.parameters import Parameters, read_json, read_query

T = TypeVar("T", Order, Fill)

_WAITING: Final = frozenset({"created", "pre-submitted", "submitted", "partial-filled"})
_ENDED: Final = "filled,partial-canceled,canceled"
_ALL: Final = f"created,pre-submitted,submitted,partial-filled,{_ENDED}"
_STATES: Final = frozenset(_ALL.split(","))
_WINDOW_MS: Final = 2 * DAY_MS


# ------------------------------------------------------------------------------- open orders
def encode_open(operation: GetOpenOrders, markets: Markets) -> WireRequest:
    """Write the request for open orders."""
    pair = values.id_of(operation.symbol, markets)
    return values.ask_signed("/v1/order/openOrders", {"account-id": mark(ACCOUNT), "symbol": pair})


def decode_open(view: ServerView) -> GetOpenOrders:
    """Read it; an account is named where a pair is. Raises: `BadInput`, `NotFound`."""
    found = read_query(view.request.query)
    if "account-id" in found:
        check_account(found)
    return GetOpenOrders(values.symbol_in(view.markets, found.text("symbol")))


def encode_open_answer(
    _op: GetOpenOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write open orders, of one side or of both."""
    found = read_query(view.request.query)
    side = found.text("side")
    rows = [row for row in result if side in {"", row.side.value}]
    page = _page(rows, found, lambda row: row.order_id)
    return values.success([order_row(row, view.markets, "filled") for row in page])


def decode_open_answer(
    _op: GetOpenOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read open orders, oldest first."""
    return _orders(answer, markets)


# ------------------------------------------------------------------------------- past orders
def encode_closed(operation: GetClosedOrders, markets: Markets) -> WireRequest:
    """Write the request for past orders, of one pair by their states or of all of two days.

    Raises: `BadInput("unsupported_operation")` for a page that begins further on.
    """
    span = _span(operation)
    if not operation.symbol:
        return values.ask_signed("/v1/order/history", span)
    states = _ALL if operation.include_open else _ENDED
    pair = values.id_of(operation.symbol, markets)
    return values.ask_signed("/v1/order/orders", {**span, "states": states, "symbol": pair})


def decode_by_states(view: ServerView) -> GetClosedOrders:
    """Read the request for orders by their states. Raises: `BadInput`, `NotFound`."""
    found = read_query(view.request.query)
    states = _states(found)
    return GetClosedOrders(
        symbol=view.markets.get_by_id(found.need("symbol")).symbol,
        since_ms=found.whole("start-time"),
        until_ms=found.whole("end-time"),
        include_open=bool(states & _WAITING),
    )


def decode_history(view: ServerView) -> GetClosedOrders:
    """Read the request for the orders of the last two days. Raises: `BadInput`, `NotFound`."""
    found = read_query(view.request.query)
    return GetClosedOrders(
        symbol=values.symbol_in(view.markets, found.text("symbol")),
        since_ms=found.whole("start-time"),
        until_ms=found.whole("end-time"),
    )


def encode_by_states_answer(
    operation: GetClosedOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write the orders that are in one of the states that were asked for."""
    found = read_query(view.request.query)
    states = _states(found)
    # Open ones are among them only if one of their states was asked for.
    rows = [row for row in result if state_of(row) in states or not _is_judged(row, operation)]
    page = _page(rows, found, lambda row: row.order_id)
    return values.success([order_row(row, view.markets, "field") for row in page])


def _is_judged(order: Order, operation: GetClosedOrders) -> bool:
    return order.status.is_final or operation.include_open


def encode_history_answer(
    _op: GetClosedOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write the orders of the last two days."""
    page = _page(result, read_query(view.request.query), lambda row: row.order_id)
    return values.success([order_row(row, view.markets, "field") for row in page])


def decode_closed_answer(
    operation: GetClosedOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read past orders, oldest first."""
    rows, limit = _orders(answer, markets), operation.limit
    return rows if limit is None else rows[max(0, len(rows) - limit) :]


def _states(found: Parameters) -> frozenset[str]:
    states = frozenset(found.need("states").split(","))
    if not states <= _STATES:
        raise BadInput("malformed", field="states")
    return states


def _orders(answer: WireAnswer, markets: Markets) -> tuple[Order, ...]:
    return tuple(read_order(row, markets) for row in reversed(values.rows_of(answer)))


# --------------------------------------------------------------------------------- cancel all
def encode_cancel_all(operation: CancelAllOrders, markets: Markets) -> WireRequest:
    """Write the request to cancel all open orders, of a pair or of all."""
    pair = values.id_of(operation.symbol, markets)
    return values.command("/v1/order/orders/batchCancelOpenOrders", {"symbol": pair})


def decode_cancel_all(view: ServerView) -> CancelAllOrders:
    """Read it; several pairs, one side or some types alone are not carried out."""
    found = read_json(view.request.body)
    found.refuse_others(frozenset({"symbol", "account-id", "size"}))
    return CancelAllOrders(values.symbol_in(view.markets, found.text("symbol")))


def encode_cancelled_all(
    _op: CancelAllOrders, result: tuple[Order, ...], _view: ServerView
) -> WireAnswer:
    """Write how many ended; which ones is not told."""
    return values.success({"success-count": len(result), "failed-count": 0, "next-id": -1})


def decode_cancelled_all(
    _op: CancelAllOrders, answer: WireAnswer, _markets: Markets
) -> tuple[Order, ...]:
    """Read that it was done. Raises: `BadInput` where some could not be cancelled."""
    told = object_of(values.data_of(answer))
    if int_of(told["failed-count"], "failed-count"):
        raise BadInput("malformed", field="failed-count")
    return ()


# --------------------------------------------------------------------------------- own trades
def encode_own_trades(operation: GetOwnTrades, markets: Markets) -> WireRequest:
    """Write the request for own trades, those of an order by its own address.

    Raises: `BadInput("unsupported_operation")` for a page that begins further on.
    """
    if operation.order_id:
        return values.ask_signed(f"/v1/order/orders/{operation.order_id}/matchresults", {})
    pair = values.id_of(operation.symbol, markets)
    return values.ask_signed("/v1/order/matchresults", {**_span(operation), "symbol": pair})


def decode_own_trades(view: ServerView) -> GetOwnTrades:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = read_query(view.request.query)
    return GetOwnTrades(
        symbol=values.symbol_in(view.markets, found.text("symbol")),
        since_ms=found.whole("start-time"),
        until_ms=found.whole("end-time"),
    )


def decode_trades_of_order(view: ServerView) -> GetOwnTrades:
    """Read the request for the trades of one order."""
    return GetOwnTrades(order_id=view.path_parameters.get("order_id", ""))


def encode_own_trades_answer(
    _op: GetOwnTrades, result: tuple[Fill, ...], view: ServerView
) -> WireAnswer:
    """Write own trades."""
    page = _page(result, read_query(view.request.query), lambda row: row.trade_id)
    return values.success([_fill_row(row, view.markets.get(row.symbol)) for row in page])


def decode_own_trades_answer(
    operation: GetOwnTrades, answer: WireAnswer, markets: Markets
) -> tuple[Fill, ...]:
    """Read own trades, oldest first."""
    rows = tuple(_read_fill(row, markets) for row in reversed(values.rows_of(answer)))
    limit = operation.limit
    return rows if limit is None else rows[max(0, len(rows) - limit) :]


def _fill_row(fill: Fill, market: Market) -> dict[str, object]:
    kind = f"{fill.side.value}-{fill.type.value}"
    return {
        "symbol": market.id,
        "id": int(fill.trade_id),
        "match-id": int(fill.trade_id),
        "trade-id": int(fill.trade_id),
        "order-id": int(fill.order_id),
        "role": "maker" if fill.is_maker else "taker",
        "price": plain(fill.price),
        "filled-amount": plain(fill.quantity),
        "filled-fees": plain(fill.fee),
        "fee-currency": fill.fee_currency.lower(),
        "filled-points": "0",
        "fee-deduct-currency": "",
        "fee-deduct-state": "done",
        "created-at": fill.time_ms,
        "updated-at": fill.time_ms,
        "type": kind,
        "source": "spot-api",
    }


def _read_fill(row: Mapping[str, Any], markets: Markets) -> Fill:
    market = markets.get_by_id(text_of(row["symbol"]))
    side, kind = read_kind(text_of(row["type"]))
    return Fill(
        trade_id=str(int_of(row["trade-id"], "trade-id")),
        order_id=str(int_of(row["order-id"], "order-id")),
        client_id="",
        symbol=market.symbol,
        side=side,
        type=kind.type,
        price=decimal_of(row["price"]),
        quantity=decimal_of(row["filled-amount"]),
        fee=decimal_of(row["filled-fees"]),
        fee_currency=text_of(row.get("fee-currency") or "").upper(),
        is_maker=row.get("role") == "maker",
        time_ms=int_of(row["created-at"], "created-at"),
    )


# ------------------------------------------------------------------------------------- shared
def _span(operation: GetClosedOrders | GetOwnTrades) -> dict[str, str | int | None]:
    if operation.offset:
        raise BadInput("unsupported_operation", field="offset")
    since_ms, until_ms = operation.since_ms, operation.until_ms
    if since_ms is not None:
        # Two days at most: an end further off would be refused, and without one it is now.
        last_ms = since_ms + _WINDOW_MS
        until_ms = last_ms if until_ms is None else min(until_ms, last_ms)
    limit = operation.limit
    return {
        "start-time": since_ms,
        "end-time": until_ms,
        "size": None if limit is None else min(limit, values.MOST_ROWS),
    }


def _page(rows: Iterable[T], found: Parameters, id_of: Callable[[T], str]) -> list[T]:
    """Give the latest rows; `from` and `direct` leaf on from one of them."""
    latest = list(reversed(list(rows)))
    size = values.count_of(found, values.MOST_ROWS) or values.PAGE
    first = found.whole("from")
    if first is None:
        return latest[:size]
    if found.text("direct") == "prev":
        newer = [row for row in latest if int(id_of(row)) >= first]
        return newer[-size:]
    return [row for row in latest if int(id_of(row)) <= first][:size]
