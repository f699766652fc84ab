"""An account's orders and fills as its owner may ask for them.

Only reading: what there is to read is put there by `State.apply`.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from drawbridge.core.errors import NotFound
from drawbridge.core.operations import (
    CancelOrder,
    GetClosedOrders,
    GetOpenOrders,
    GetOrder,
    GetOwnTrades,
)
from drawbridge.core.orders import Fill, Order
from drawbridge.paper.book import OrderState
from drawbridge.paper.engine import find_order, is_of_kind
from drawbridge.paper.state import FillState, Floor

Kept = TypeVar("Kept", OrderState, FillState)


def tell_order(floor: Floor, order: OrderState) -> Order:
    """Give an order in the words of `core`."""
    return order.told(tuple(map(floor.trade_id, order.trades)) if order.trades else ())


def tell_fill(floor: Floor, fill: FillState) -> Fill:
    """Give a fill in the words of `core`."""
    order = fill.order
    rules = order.rules
    return Fill(
        trade_id=floor.trade_id(fill.trade),
        order_id=order.order_id,
        client_id=order.client_id,
        symbol=rules.symbol,
        side=order.side,
        type=order.type,
        price=rules.price(fill.ticks),
        quantity=rules.quantity(fill.lots),
        fee=rules.fee_amount(order.side, fill.fee),
        fee_currency=rules.fee_currency(order.side),
        is_maker=fill.is_maker,
        time_ms=fill.at_ms,
        realised=rules.quote_amount(fill.realised),
        position_side=order.position_side,
    )


def get_order(floor: Floor, account: str, wanted: GetOrder) -> Order:
    """Give one order. Raises: `NotFound("unknown_order")`."""
    ids = CancelOrder(wanted.symbol, wanted.order_id, wanted.client_id, wanted.conditional)
    order = find_order(floor, account, ids)
    if order is None:
        raise NotFound("unknown_order", order_id=wanted.order_id or wanted.client_id)
    return tell_order(floor, order)


def open_orders(floor: Floor, account: str, wanted: GetOpenOrders) -> tuple[Order, ...]:
    """Give the open orders, oldest first."""
    record = floor.records.get(account)
    orders = record.open.values() if record else ()
    return tuple(
        tell_order(floor, it)
        for it in orders
        if _is_of(it, wanted.symbol) and wanted.conditional in {None, it.waits}
    )


def closed_orders(floor: Floor, account: str, wanted: GetClosedOrders) -> tuple[Order, ...]:
    """Give past orders, oldest first (and open ones where asked for).

    `since_ms` reads forward from there; otherwise the newest come, `offset` of them left out.
    """
    record = floor.records.get(account)
    if record is None:
        return ()
    orders = [it for it in record.closed if _is_of(it, wanted.symbol)]
    if wanted.include_open:
        orders.extend(it for it in record.open.values() if _is_of(it, wanted.symbol))
    # By number is by time of placing; they ended in another order.
    orders.sort(key=lambda it: it.number)
    orders = [it for it in orders if is_of_kind(it, conditional=wanted.conditional)]
    found = [it for it in orders if _is_within(it.created_ms, wanted.since_ms, wanted.until_ms)]
    forward = wanted.since_ms is not None and not wanted.offset
    page = _page(found, wanted.limit, wanted.offset, forward=forward)
    return tuple(tell_order(floor, it) for it in page)


def own_trades(floor: Floor, account: str, wanted: GetOwnTrades) -> tuple[Fill, ...]:
    """Give the account's fills, oldest first.

    `since_ms` and `from_id` read forward from there; otherwise the newest come, `offset` of
    them left out.
    """
    record = floor.records.get(account)
    if record is None:
        return ()
    found = list(_fills(floor, record.fills, wanted))
    forward = (wanted.since_ms is not None or bool(wanted.from_id)) and not wanted.offset
    page = _page(found, wanted.limit, wanted.offset, forward=forward)
    return tuple(tell_fill(floor, it) for it in page)


def fills_of(floor: Floor, order: OrderState) -> tuple[Fill, ...]:
    """Give the fills of an order that was just placed, oldest first."""
    if not order.trades:
        return ()
    fills = floor.records[order.account].fills
    newest = islice(reversed(fills), len(order.trades))
    return tuple(reversed([tell_fill(floor, fill) for fill in newest]))


def _fills(floor: Floor, fills: Iterable[FillState], wanted: GetOwnTrades) -> Iterator[FillState]:
    started = not wanted.from_id
    for fill in fills:
        started = started or _has_come_to(wanted.from_id, floor.trade_id(fill.trade))
        if not started or not _is_of(fill.order, wanted.symbol):
            continue
        if wanted.order_id and fill.order.order_id != wanted.order_id:
            continue
        if _is_within(fill.at_ms, wanted.since_ms, wanted.until_ms):
            yield fill


def _has_come_to(from_id: str, trade_id: str) -> bool:
    """Tell whether reading has reached `from_id`, which may be somebody else's trade.

    Why: only ids that are numbers can be compared; of the others a person knows only own ones.
    """
    if from_id.isdecimal() and trade_id.isdecimal():
        return int(trade_id) >= int(from_id)
    return trade_id == from_id


def _page(found: list[Kept], limit: int | None, offset: int, *, forward: bool) -> list[Kept]:
    if limit is None:
        return found[: len(found) - offset] if offset else found
    if forward:
        return found[:limit]
    end = max(0, len(found) - offset)
    return found[max(0, end - limit) : end]


def _is_of(order: OrderState, symbol: str) -> bool:
    return not symbol or order.rules.symbol == symbol


def _is_within(at_ms: int, since_ms: int | None, until_ms: int | None) -> bool:
    return (since_ms is None or at_ms >= since_ms) and (until_ms is None or at_ms <= until_ms)
