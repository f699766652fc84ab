"""The account itself: balances, lists of orders, own trades; newest first, in pages."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import plain
from drawbridge.core.operations import (
    Balance,
    GetBalances,
    GetClosedOrders,
    GetOpenOrders,
    GetOwnTrades,
)
from drawbridge.core.orders import Fill, Order, OrderType
from drawbridge.exchanges.coinbase_exchange.codec import orders, values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import (
    decimal_of,
    int_of,
    list_of,
    object_of,
    parse_document,
    text_of,
)
from drawbridge.wire.http import Headers, WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment
from drawbridge.wire.parameters import Parameters

T = TypeVar("T")

_MOST: Final = 1_000
_MOST_OFFSET: Final = 1_000_000
_STATUS: Final = "status"
_DONE: Final = "done"
_ALL: Final = "all"
_STATUSES: Final = frozenset({"open", "pending", "rejected", "done", "active", "received", _ALL})
_ENDED: Final = frozenset({_DONE, "rejected"})
_PROFILE: Final = "00000000-0000-4000-8000-00000000000b"
_USER: Final = "000000000000000000000001"


# ----------------------------------------------------------------------------------- balances
def encode_balances(_operation: GetBalances, _markets: Markets) -> WireRequest:
    """Write the question for balances."""
    return values.get("/accounts")


def decode_balances(_view: ServerView) -> GetBalances:
    """Read it."""
    return GetBalances()


def encode_balances_answer(
    _op: GetBalances, result: tuple[Balance, ...], _view: ServerView
) -> WireAnswer:
    """Write balances."""
    return values.ok(
        [
            {
                "id": values.account_id(row.currency),
                "currency": row.currency,
                "balance": plain(row.total),
                "hold": plain(row.held),
                "available": plain(row.free),
                "profile_id": _PROFILE,
                "trading_enabled": True,
                "pending_deposit": "0",
                "display_name": row.currency,
            }
            for row in result
        ]
    )


def decode_balances_answer(
    _op: GetBalances, answer: WireAnswer, _markets: Markets
) -> tuple[Balance, ...]:
    """Read balances."""
    return tuple(
        Balance(text_of(row["currency"]), decimal_of(row["available"]), decimal_of(row["hold"]))
        for row in map(object_of, list_of(parse_document(answer.body)))
    )


# ----------------------------------------------------------------------------- lists of orders
def encode_open(operation: GetOpenOrders, markets: Markets) -> WireRequest:
    """Write the question for open orders, as many as there can be on a page."""
    return values.get("/orders", [*_product(operation.symbol, markets), ("limit", str(_MOST))])


def encode_closed(operation: GetClosedOrders, markets: Markets) -> WireRequest:
    """Write the question for past orders.

    Why: pages are asked for from their beginning, because only the exchange can make a cursor.
    Raises: `BadInput("unsupported_operation")` for what lies beyond the longest page.
    """
    limit = _reach(operation.offset, operation.limit)
    pairs = [*_product(operation.symbol, markets), ("limit", str(limit))]
    pairs += _span(operation.since_ms, operation.until_ms)
    return values.get("/orders", [*pairs, (_STATUS, _ALL if operation.include_open else _DONE)])


def decode_orders(view: ServerView) -> GetOpenOrders | GetClosedOrders:
    """Read either. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found, statuses = values.single(view, _STATUS), set(values.listed(view, _STATUS))
    if not statuses <= _STATUSES:
        raise BadInput("malformed", field=_STATUS)
    symbol = _symbol(view, found)
    since_ms, until_ms = values.moment(found, "start_date"), values.moment(found, "end_date")
    _page(found)
    if not statuses & (_ENDED | {_ALL}):
        return GetOpenOrders(symbol)
    return GetClosedOrders(symbol, since_ms, until_ms, include_open=not statuses <= _ENDED)


def encode_orders(
    operation: GetOpenOrders | GetClosedOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write a page of orders, those placed last first."""
    found = values.single(view, _STATUS)
    since_ms, until_ms = values.moment(found, "start_date"), values.moment(found, "end_date")
    rows = list(reversed(result))
    if isinstance(operation, GetOpenOrders):
        rows = [
            row
            for row in rows
            if (since_ms is None or row.created_ms >= since_ms)
            and (until_ms is None or row.created_ms <= until_ms)
        ]
    return _paged([orders.order_row(row, view.markets) for row in rows], found)


def decode_open_answer(
    _op: GetOpenOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read open orders, oldest first. Raises: `BadInput` where there may be more of them."""
    rows = list_of(parse_document(answer.body))
    if len(rows) >= _MOST:
        raise BadInput("malformed", field="limit")
    return tuple(orders.read_order(object_of(row), markets) for row in reversed(rows))


def decode_closed_answer(
    operation: GetClosedOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read past orders, oldest first, without the newest that an earlier page had."""
    rows = list_of(parse_document(answer.body))
    found = [orders.read_order(object_of(row), markets) for row in rows]
    return tuple(reversed(_narrowed(found, operation.offset, operation.limit)))


# --------------------------------------------------------------------------------- own trades
def encode_fills(operation: GetOwnTrades, markets: Markets) -> WireRequest:
    """Write the question for own trades, of one order or of one product.

    Raises: `BadInput("unsupported_operation")` for all of them at once.
    """
    if operation.from_id or not (operation.symbol or operation.order_id):
        raise BadInput("unsupported_operation", field="symbol")
    pairs = _product(operation.symbol, markets)
    if operation.order_id:
        pairs.append(("order_id", operation.order_id))
    limit = _reach(operation.offset, operation.limit)
    pairs.append(("limit", str(limit)))
    return values.get("/fills", [*pairs, *_span(operation.since_ms, operation.until_ms)])


def decode_fills(view: ServerView) -> GetOwnTrades:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = values.single(view)
    order_id, symbol = found.text("order_id"), _symbol(view, found)
    if not order_id and not symbol:
        raise BadInput("missing_parameter", field="product_id")
    _page(found)
    return GetOwnTrades(
        symbol=symbol,
        order_id=order_id,
        since_ms=values.moment(found, "start_date"),
        until_ms=values.moment(found, "end_date"),
    )


def encode_fills_answer(
    _op: GetOwnTrades, result: tuple[Fill, ...], view: ServerView
) -> WireAnswer:
    """Write a page of own trades, the latest first."""
    rows = [_fill_row(row, view.markets) for row in reversed(result)]
    return _paged(rows, values.single(view))


def decode_fills_answer(
    operation: GetOwnTrades, answer: WireAnswer, markets: Markets
) -> tuple[Fill, ...]:
    """Read own trades, oldest first, without the newest that an earlier page had."""
    rows = list_of(parse_document(answer.body))
    found = [_read_fill(object_of(row), markets) for row in rows]
    return tuple(reversed(_narrowed(found, operation.offset, operation.limit)))


def _fill_row(fill: Fill, markets: Markets) -> dict[str, object]:
    return {
        "created_at": values.told(fill.time_ms),
        "trade_id": int(fill.trade_id),
        "product_id": markets.get(fill.symbol).id,
        "order_id": fill.order_id,
        "user_id": _USER,
        "profile_id": _PROFILE,
        "liquidity": "M" if fill.is_maker else "T",
        "price": plain(fill.price),
        "size": plain(fill.quantity),
        "fee": plain(fill.fee),
        "side": fill.side.value,
        "settled": True,
        "usd_volume": plain(fill.quote_quantity),
        "market_type": "spot",
        "funding_currency": None,
    }


def _read_fill(row: Mapping[str, Any], markets: Markets) -> Fill:
    market = markets.get_by_id(text_of(row["product_id"]))
    return Fill(
        trade_id=str(int_of(row["trade_id"])),
        order_id=text_of(row["order_id"]),
        client_id="",
        symbol=market.symbol,
        side=orders.SIDES[text_of(row["side"])],
        # Fills do not say of what kind their order was.
        type=OrderType.LIMIT,
        price=decimal_of(row["price"]),
        quantity=decimal_of(row["size"]),
        fee=decimal_of(row["fee"]),
        fee_currency=market.quote,
        is_maker=row["liquidity"] == "M",
        time_ms=parse_moment(text_of(row["created_at"])),
    )


# ------------------------------------------------------------------------------------- shared
def _product(symbol: str, markets: Markets) -> list[tuple[str, str]]:
    return [("product_id", markets.get(symbol).id)] if symbol else []


def _span(since_ms: int | None, until_ms: int | None) -> list[tuple[str, str]]:
    named = (("start_date", since_ms), ("end_date", until_ms))
    return [(name, values.told(time_ms)) for name, time_ms in named if time_ms is not None]


def _symbol(view: ServerView, found: Parameters) -> str:
    name = found.text("product_id")
    return view.markets.get_by_id(name).symbol if name else ""


def _reach(offset: int, limit: int | None) -> int:
    """Give how many rows to ask for, so that those behind `offset` are among them.

    Raises: `BadInput("unsupported_operation")` beyond one page: an empty answer would look like
    the end of the list.
    """
    if offset >= _MOST:
        raise BadInput("unsupported_operation", field="offset")
    return min((limit or _MOST) + offset, _MOST)


def _page(found: Parameters) -> tuple[int, int]:
    """Read from which row on how many are wanted; `after` is a cursor that was handed out."""
    limit, offset = found.whole("limit"), found.whole("after") or 0
    return min(offset, _MOST_OFFSET), min(max(limit or _MOST, 1), _MOST)


def _paged(rows: list[dict[str, object]], found: Parameters) -> WireAnswer:
    """Write a page; cursors for the pages beside it travel in headers."""
    offset, limit = _page(found)
    answer = values.ok(rows[offset : offset + limit])
    headers: Headers = ((b"cb-before", str(offset).encode()),)
    if len(rows) > offset + limit:
        headers = (*headers, (b"cb-after", str(offset + limit).encode()))
    return WireAnswer(answer.status, answer.body, answer.headers + headers)


def _narrowed(rows: list[T], offset: int, limit: int | None) -> list[T]:
    return rows[offset : None if limit is None else offset + limit]
