"""Orders and executions: all of a person's, the newest first."""

from typing import Annotated

from fastapi import APIRouter, Query

from drawbridge.app.narrowing import key_and_origin
from drawbridge.core.errors import BadInput
from drawbridge.core.money import plain
from drawbridge.core.orders import OrderType, PositionSide, Side, TimeInForce
from drawbridge.entrypoints.api.caller import Caller, Reader
from drawbridge.entrypoints.api.paging import AskedPage, Page, Paging, bad_cursor, page_of
from drawbridge.entrypoints.api.shapes import (
    LONGEST_TEXT,
    Amount,
    Moment,
    Reason,
    Told,
    tell_amount,
    tell_reason,
)
from drawbridge.trading.history import Cursor, PastOrder, Standing, read_cursor
from drawbridge.trading.history import Query as Wanted
from drawbridge.trading.model import OrderState, OwnTrade
from drawbridge.trading.trade_history import TradeHistory, cursor_behind, read_trade_cursor
from drawbridge.vault.model import Venue

router = APIRouter(tags=["orders"])

OfKey = Annotated[str, Query(max_length=LONGEST_TEXT, description="Only with this key.")]
OfRobot = Annotated[str, Query(max_length=LONGEST_TEXT, description="Only of this robot.")]
Looked = Annotated[
    str, Query(max_length=LONGEST_TEXT, description="Part of a pair, or an order's whole id.")
]


class Order(Told):
    """An order as it was meant and as it stands. `origin` tells who wanted it."""

    client_id: str
    order_id: str
    key_id: str
    exchange: str
    venue: Venue
    origin: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    is_post_only: bool
    quantity: Amount | None
    quote_quantity: Amount | None
    price: Amount | None
    state: OrderState
    reason: Reason | None
    filled: Amount
    filled_quote: Amount
    fee: Amount
    fee_currency: str
    intended_ms: Moment
    updated_ms: Moment


class Trade(Told):
    """An execution of an order; the fee is taken in `fee_currency`.

    `realised` is the profit that it closed of a position of contracts.
    """

    trade_id: str
    order_id: str
    client_id: str
    key_id: str
    exchange: str
    venue: Venue
    origin: str
    symbol: str
    side: Side
    type: OrderType
    price: Amount
    quantity: Amount
    fee: Amount
    fee_currency: str
    is_maker: bool
    time_ms: Moment
    realised: Amount
    position_side: PositionSide


@router.get("/orders")
async def list_orders(
    caller: Reader,
    paging: AskedPage,
    key: OfKey = "",
    robot: OfRobot = "",
    standing: Standing = Standing.ALL,
    text: Looked = "",
) -> Page[Order]:
    """List orders, those of deleted keys and robots included."""
    key_id, origin = await _found(caller, key, robot)
    wanted = Wanted(key_id, origin, standing, text.strip(), _cursor(paging))
    found = await caller.house.history.find(caller.owner, wanted, paging.limit + 1)
    return page_of(found, paging, _tell_order, lambda it: it.cursor)


@router.get("/trades")
async def list_trades(
    caller: Reader, paging: AskedPage, key: OfKey = "", robot: OfRobot = ""
) -> Page[Trade]:
    """List executions."""
    key_id, origin = await _found(caller, key, robot)
    return await page_of_trades(caller, paging, key_id=key_id, origin=origin)


async def page_of_trades(
    caller: Caller, paging: Paging, *, key_id: str = "", origin: str = ""
) -> Page[Trade]:
    """Give a page of executions, of one key or origin if they are named."""
    found = await TradeHistory(caller.house.database).find(
        caller.owner,
        read_trade_cursor(paging.cursor),
        paging.limit + 1,
        key_id=key_id,
        origin=origin,
    )
    return page_of(found, paging, _tell_trade, cursor_behind)


async def _found(caller: Caller, key: str, robot: str) -> tuple[str, str]:
    house = caller.house
    return await key_and_origin(house.vault, house.robots, caller.owner, key, robot)


def _cursor(paging: Paging) -> Cursor | None:
    try:
        return read_cursor(paging.cursor)
    except BadInput:
        raise bad_cursor() from None


def _tell_order(past: PastOrder) -> Order:
    order = past.order
    return Order(
        client_id=order.client_id,
        order_id=order.order_id,
        key_id=order.key_id,
        exchange=past.exchange,
        venue=Venue(past.venue),
        origin=order.origin,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        time_in_force=order.time_in_force,
        is_post_only=order.post_only,
        quantity=tell_amount(order.quantity),
        quote_quantity=tell_amount(order.quote_quantity),
        price=tell_amount(order.price),
        state=order.state,
        reason=tell_reason(order.reason, {}),
        filled=plain(order.filled),
        filled_quote=plain(order.filled_quote),
        fee=plain(order.fee),
        fee_currency=order.fee_currency,
        intended_ms=order.intended_ms,
        updated_ms=order.updated_ms,
    )


def _tell_trade(trade: OwnTrade) -> Trade:
    fill = trade.fill
    return Trade(
        trade_id=fill.trade_id,
        order_id=fill.order_id,
        client_id=fill.client_id,
        key_id=trade.key_id,
        exchange=trade.exchange,
        venue=Venue(trade.venue),
        origin=trade.origin,
        symbol=fill.symbol,
        side=fill.side,
        type=fill.type,
        price=plain(fill.price),
        quantity=plain(fill.quantity),
        fee=plain(fill.fee),
        fee_currency=fill.fee_currency,
        is_maker=fill.is_maker,
        time_ms=fill.time_ms,
        realised=plain(fill.realised),
        position_side=fill.position_side,
    )
