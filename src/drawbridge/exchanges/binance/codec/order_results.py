"""Reading Binance's answers about orders and own trades.

Source: binance-spot-api-docs, rest-api, 2026-07-21.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from drawbridge.core.errors import BadInput
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
from drawbridge.core.orders import Fill, Order, OrderType, Side, Trigger
from drawbridge.exchanges.binance.codec.scalars import money, rows, text, truth, whole
from drawbridge.exchanges.binance.codec.tables import (
    CONDITIONAL,
    LIMIT_MAKER,
    ORDER_TYPES,
    SIDES,
    STATUSES,
    TIMES_IN_FORCE,
)

Row = Mapping[str, Any]


def placed(operation: PlaceOrder, told: Row, markets: Markets) -> Placed:
    """Read a new order and what it filled at once."""
    if operation.dry_run:
        return Placed(_as_asked(operation, told))
    order = _read_order(told, markets, whole(told["transactTime"]))
    fills = tuple(_immediate_fill(row, order) for row in rows(told["fills"]))
    if not fills:
        return Placed(order)
    currencies = {fill.fee_currency for fill in fills}
    # One order may pay in two currencies; then only the fills tell the fees.
    alike = len(currencies) == 1
    return Placed(
        replace(
            order,
            fee=sum((fill.fee for fill in fills), ZERO) if alike else ZERO,
            fee_currency=currencies.pop() if alike else "",
            trade_ids=tuple(fill.trade_id for fill in fills),
        ),
        fills,
    )


def _as_asked(operation: PlaceOrder, told: Row) -> Order:
    """Give the order that a dry run found good: the answer is empty, nothing was placed."""
    if not isinstance(told, dict):
        raise BadInput("malformed", field="answer")
    return operation.as_order("")


def _immediate_fill(row: Row, order: Order) -> Fill:
    return Fill(
        trade_id=str(whole(row["tradeId"])),
        order_id=order.order_id,
        client_id=order.client_id,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        price=money(row["price"]),
        quantity=money(row["qty"]),
        fee=money(row["commission"]),
        fee_currency=text(row["commissionAsset"]),
        # What fills while it is being placed has taken.
        is_maker=False,
        time_ms=order.updated_ms,
    )


def cancelled(_: CancelOrder, told: Row, markets: Markets) -> Order:
    """Read a cancelled order. When it was created is not told, so its end stands for both."""
    return _read_cancelled(told, markets)


def all_cancelled(_: CancelAllOrders, told: object, markets: Markets) -> tuple[Order, ...]:
    """Read all that were cancelled; orders that belong together stand in lists of their own."""
    found = (one.get("orderReports", (one,)) for one in rows(told))
    return tuple(_read_cancelled(row, markets) for reports in found for row in reports)


def _read_cancelled(row: Row, markets: Markets) -> Order:
    at_ms = whole(row["transactTime"])
    return _read_order({**row, "clientOrderId": row["origClientOrderId"]}, markets, at_ms)


def one_order(_: GetOrder, told: Row, markets: Markets) -> Order:
    """Read one order."""
    return _read_order(told, markets, whole(told["updateTime"]))


def open_orders(_: GetOpenOrders, told: object, markets: Markets) -> tuple[Order, ...]:
    """Read open orders."""
    return tuple(_read_order(row, markets, whole(row["updateTime"])) for row in rows(told))


def closed_orders(operation: GetClosedOrders, told: object, markets: Markets) -> tuple[Order, ...]:
    """Read past orders; open ones stand among them and go unless wanted."""
    orders = (_read_order(row, markets, whole(row["updateTime"])) for row in rows(told))
    return tuple(order for order in orders if operation.include_open or order.status.is_final)


def _read_order(row: Row, markets: Markets, updated_ms: int) -> Order:
    kind = ORDER_TYPES[row["type"]]
    cost = row.get("origQuoteOrderQty")
    created_ms = row.get("time", row.get("workingTime", updated_ms))
    trigger = _read_trigger(row)
    working_ms = whole(row.get("workingTime", -1)) if trigger is not None else -1
    return Order(
        order_id=str(whole(row["orderId"])),
        client_id=text(row["clientOrderId"]),
        symbol=markets.get_by_id(row["symbol"]).symbol,
        side=SIDES[row["side"]],
        type=kind,
        time_in_force=TIMES_IN_FORCE[row["timeInForce"]],
        status=STATUSES[row["status"]],
        quantity=money(row["origQty"]),
        price=None if kind is OrderType.MARKET else money(row["price"]),
        # An order that never came to work, a refused one, was created when it ended.
        created_ms=whole(created_ms) if created_ms != -1 else updated_ms,
        updated_ms=updated_ms,
        filled=money(row["executedQty"]),
        filled_quote=money(row["cummulativeQuoteQty"]),
        quote_quantity=(money(cost) or None) if cost else None,
        post_only=row["type"] == LIMIT_MAKER,
        trigger=trigger,
        triggered_ms=max(0, working_ms),
    )


def _read_trigger(row: Row) -> Trigger | None:
    conditional = CONDITIONAL.get(row["type"])
    # One that trails the price tells no stop price before it works.
    if conditional is None or "stopPrice" not in row:
        return None
    return Trigger(conditional[0], money(row["stopPrice"]))


def own_trades(_: GetOwnTrades, told: object, markets: Markets) -> tuple[Fill, ...]:
    """Read own trades."""
    return tuple(
        Fill(
            trade_id=str(whole(row["id"])),
            order_id=str(whole(row["orderId"])),
            # Trades do not name the client's id; who knows the order knows it.
            client_id="",
            symbol=markets.get_by_id(row["symbol"]).symbol,
            side=Side.BUY if truth(row["isBuyer"]) else Side.SELL,
            type=OrderType.LIMIT,
            price=money(row["price"]),
            quantity=money(row["qty"]),
            fee=money(row["commission"]),
            fee_currency=text(row["commissionAsset"]),
            is_maker=truth(row["isMaker"]),
            time_ms=whole(row["time"]),
        )
        for row in rows(told)
    )
