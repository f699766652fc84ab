"""Lists of orders and of own trades: newest first, in pages.

A cursor is the number of rows before it. Clients hand it back as they got it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import plain
from drawbridge.core.operations import GetClosedOrders, GetOpenOrders, GetOwnTrades
from drawbridge.core.orders import Fill, Order, OrderType
from drawbridge.exchanges.coinbase.codec import orders, values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import (
    decimal_of,
    flag_of,
    list_of,
    object_of,
    parse_object,
    text_of,
)
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment
from drawbridge.wire.parameters import Parameters

T = TypeVar("T")

_BATCH: Final = values.V3 + b"orders/historical/batch"
_FILLS: Final = values.V3 + b"orders/historical/fills"
_MOST_ORDERS: Final = 1_000
_MOST_FILLS: Final = 250
_USUAL_FILLS: Final = 100
_MOST_OFFSET: Final = 1_000_000
_OPEN: Final = "OPEN"
_ORDER_LISTS: Final = ("order_status", "product_ids", "order_ids", "product_id")
_FILL_LISTS: Final = ("product_ids", "order_ids", "trade_ids", "product_id", "order_id")
_USER: Final = "00000000-0000-4000-8000-000000000001"


# ------------------------------------------------------------------------------------ orders
def encode_open(operation: GetOpenOrders, markets: Markets) -> WireRequest:
    """Write the question for open orders, as many as there can be on a page."""
    pairs = [("order_status", _OPEN)]
    if operation.symbol:
        pairs.append(("product_id", markets.get(operation.symbol).id))
    return values.get(_BATCH, [*pairs, ("limit", str(_MOST_ORDERS))])


def encode_closed(operation: GetClosedOrders, markets: Markets) -> WireRequest:
    """Write the question for past orders; open ones come along and are left out here.

    Why: pages are asked for from their beginning, because only the exchange can make a cursor.
    Raises: `BadInput("unsupported_operation")` for what lies beyond the longest page.
    """
    pairs = []
    if operation.symbol:
        pairs.append(("product_id", markets.get(operation.symbol).id))
    limit = _reach(operation.offset, operation.limit, _MOST_ORDERS)
    pairs.append(("limit", str(limit)))
    if operation.since_ms is not None:
        pairs.append(("start_date", values.told(operation.since_ms)))
    if operation.until_ms is not None:
        pairs.append(("end_date", values.told(operation.until_ms)))
    return values.get(_BATCH, pairs)


def decode_batch(view: ServerView) -> GetOpenOrders | GetClosedOrders:
    """Read either. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = values.single(view, *_ORDER_LISTS)
    statuses = values.listed(view, "order_status")
    known = set(orders.STATUS_TEXTS.values())
    if unknown := set(statuses) - known:
        raise BadInput("malformed", field="order_status", status=min(unknown)[:40])
    symbols = values.symbols(view, "product_ids", "product_id")
    symbol = symbols[0] if len(symbols) == 1 else ""
    since_ms, until_ms = values.moment(found, "start_date"), values.moment(found, "end_date")
    _page(found, _MOST_ORDERS)
    if set(statuses) == {_OPEN}:
        return GetOpenOrders(symbol)
    return GetClosedOrders(symbol, since_ms, until_ms, include_open=not statuses)


def encode_batch(
    operation: GetOpenOrders | GetClosedOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write a page of orders, those placed last first."""
    found = values.single(view, *_ORDER_LISTS)
    is_open = isinstance(operation, GetOpenOrders)
    statuses = frozenset() if is_open else frozenset(values.listed(view, "order_status"))
    symbols = set(values.symbols(view, "product_ids", "product_id"))
    ids = set(values.listed(view, "order_ids"))
    rows = [
        row
        for row in reversed(result)
        if (not statuses or orders.STATUS_TEXTS[row.status] in statuses)
        and (not symbols or row.symbol in symbols)
        and (not ids or row.order_id in ids)
    ]
    if is_open:
        rows = _of_span(rows, found)
    page, cursor = _paged(rows, *_page(found, _MOST_ORDERS))
    return values.ok(
        {
            "orders": [orders.order_row(row, view.markets) for row in page],
            "sequence": "0",
            "has_next": bool(cursor),
            "cursor": cursor,
        }
    )


def _of_span(rows: list[Order], found: Parameters) -> list[Order]:
    """Narrow open orders to a span of time, by which they cannot be asked for."""
    since_ms, until_ms = values.moment(found, "start_date"), values.moment(found, "end_date")
    return [
        row
        for row in rows
        if (since_ms is None or row.created_ms >= since_ms)
        and (until_ms is None or row.created_ms <= until_ms)
    ]


def decode_open_answer(
    _op: GetOpenOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read open orders, oldest first. Raises: `BadInput` where not all are on the page."""
    document = parse_object(answer.body)
    if flag_of(document.get("has_next", False)):
        raise BadInput("malformed", field="has_next")
    rows = reversed(list_of(document["orders"]))
    return tuple(orders.read_order(object_of(row), markets) for row in rows)


def decode_closed_answer(
    operation: GetClosedOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read past orders, oldest first, without the newest that an earlier page had."""
    rows = list_of(parse_object(answer.body)["orders"])
    found = [orders.read_order(object_of(row), markets) for row in rows]
    if not operation.include_open:
        found = [row for row in found if row.status.is_final]
    return tuple(reversed(_narrowed(found, operation.offset, operation.limit)))


# --------------------------------------------------------------------------------- own trades
def encode_fills(operation: GetOwnTrades, markets: Markets) -> WireRequest:
    """Write the question for own trades. Raises: `BadInput("unsupported_operation")`."""
    if operation.from_id:
        raise BadInput("unsupported_operation", field="from_id")
    pairs = []
    if operation.symbol:
        pairs.append(("product_id", markets.get(operation.symbol).id))
    if operation.order_id:
        pairs.append(("order_id", operation.order_id))
    limit = _reach(operation.offset, operation.limit, _MOST_FILLS)
    pairs.append(("limit", str(limit)))
    if operation.since_ms is not None:
        pairs.append(("start_sequence_timestamp", values.told(operation.since_ms)))
    if operation.until_ms is not None:
        pairs.append(("end_sequence_timestamp", values.told(operation.until_ms)))
    return values.get(_FILLS, pairs)


def decode_fills(view: ServerView) -> GetOwnTrades:
    """Read it. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = values.single(view, *_FILL_LISTS)
    _page(found, _MOST_FILLS)
    symbols = values.symbols(view, "product_ids", "product_id")
    ids = values.listed(view, "order_ids", "order_id")
    return GetOwnTrades(
        symbol=symbols[0] if len(symbols) == 1 else "",
        order_id=ids[0] if len(ids) == 1 else "",
        since_ms=values.moment(found, "start_sequence_timestamp"),
        until_ms=values.moment(found, "end_sequence_timestamp"),
    )


def encode_fills_answer(
    _op: GetOwnTrades, result: tuple[Fill, ...], view: ServerView
) -> WireAnswer:
    """Write a page of own trades, the latest first."""
    symbols = set(values.symbols(view, "product_ids", "product_id"))
    order_ids = set(values.listed(view, "order_ids", "order_id"))
    trade_ids = set(values.listed(view, "trade_ids"))
    rows = [
        row
        for row in reversed(result)
        if (not symbols or row.symbol in symbols)
        and (not order_ids or row.order_id in order_ids)
        and (not trade_ids or row.trade_id in trade_ids)
    ]
    found = values.single(view, *_FILL_LISTS)
    page, cursor = _paged(rows, *_page(found, _MOST_FILLS, _USUAL_FILLS))
    return values.ok({"fills": [_fill_row(row, view.markets) for row in page], "cursor": cursor})


def decode_fills_answer(
    operation: GetOwnTrades, answer: WireAnswer, markets: Markets
) -> tuple[Fill, ...]:
    """Read own trades, oldest first, without the newest that an earlier page had."""
    rows = list_of(parse_object(answer.body)["fills"])
    found = [_read_fill(object_of(row), markets) for row in rows]
    return tuple(reversed(_narrowed(found, operation.offset, operation.limit)))


def _fill_row(fill: Fill, markets: Markets) -> dict[str, object]:
    at = values.told(fill.time_ms)
    return {
        "entry_id": fill.trade_id,
        "trade_id": fill.trade_id,
        "order_id": fill.order_id,
        "trade_time": at,
        "trade_type": "FILL",
        "price": plain(fill.price),
        "size": plain(fill.quantity),
        "commission": plain(fill.fee),
        "product_id": markets.get(fill.symbol).id,
        "sequence_timestamp": at,
        "liquidity_indicator": "MAKER" if fill.is_maker else "TAKER",
        "size_in_quote": False,
        "user_id": _USER,
        "side": fill.side.name,
        "retail_portfolio_id": "",
    }


def _read_fill(row: Mapping[str, Any], markets: Markets) -> Fill:
    market = markets.get_by_id(text_of(row["product_id"]))
    price, size = decimal_of(row["price"]), decimal_of(row["size"])
    return Fill(
        trade_id=text_of(row["trade_id"]),
        order_id=text_of(row["order_id"]),
        client_id="",
        symbol=market.symbol,
        side=orders.SIDES[text_of(row["side"])],
        # Fills do not say of what kind their order was.
        type=OrderType.LIMIT,
        price=price,
        quantity=size / price if row.get("size_in_quote") is True else size,
        fee=decimal_of(row["commission"]),
        fee_currency=market.quote,
        is_maker=row["liquidity_indicator"] == "MAKER",
        time_ms=parse_moment(text_of(row["trade_time"])),
    )


# ------------------------------------------------------------------------------------- pages
def _page(found: Parameters, most: int, usual: int | None = None) -> tuple[int, int]:
    """Read from which row on how many are wanted. Raises: `BadInput`."""
    limit, offset = found.whole("limit"), found.whole("cursor") or 0
    return min(offset, _MOST_OFFSET), min(max(limit or usual or most, 1), most)


def _reach(offset: int, limit: int | None, most: int) -> int:
    """Give how many rows to ask for, so that those behind `offset` are among them.

    Raises: `BadInput("unsupported_operation")` beyond one page: an empty answer would look like
    the end of the list.
    """
    if offset >= most:
        raise BadInput("unsupported_operation", field="offset")
    return min((limit or most) + offset, most)


def _paged(rows: Sequence[T], offset: int, limit: int) -> tuple[Sequence[T], str]:
    end = offset + limit
    return rows[offset:end], str(end) if len(rows) > end else ""


def _narrowed(rows: list[T], offset: int, limit: int | None) -> list[T]:
    return rows[offset : None if limit is None else offset + limit]
