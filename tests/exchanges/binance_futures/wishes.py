"""What Binance Futures can be asked beyond the usual, in our words and in ccxt's."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.money import ZERO
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetCandles,
    GetClosedOrders,
    GetKeyRights,
    GetOpenOrders,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetTickers,
    GetTrades,
    KeyRights,
    PlaceOrder,
)
from drawbridge.core.orders import (
    OrderStatus,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    Trigger,
    TriggerBy,
    TriggerKind,
)
from tests.real_clients.contracts import contract_wishes
from tests.real_clients.examples import CLIENT_ID, NOW_MS, Examples
from tests.real_clients.table import Client, Wish

SYMBOL = "BTC/USDT:USDT"
EXCHANGE = get_exchange("binance_futures")
MARKET = EXCHANGE.card.markets().get(SYMBOL)
ORDER = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.01"),
    price=Decimal(20_000),
    client_id=CLIENT_ID,
)
AT_MARKET = replace(ORDER, type=OrderType.MARKET, price=None)
SELL = replace(AT_MARKET, side=Side.SELL)
BEST = frozenset({"bid", "bidVolume", "ask", "askVolume"})


def prepare(client: Client) -> None:
    client.options["fetchOpenOrders"]["warnWithoutSymbol"] = False
    client.options["fetchMargins"] = False


def _read_rights(ours: KeyRights, theirs: Any) -> None:  # noqa: ANN401  as the exchange tells it
    on = {name for name, value in theirs.items() if value is True}
    assert on - {"ipRestrict"} == ours.switches
    assert theirs["createTime"] == ours.created_ms


def _order(changed: PlaceOrder, **params: Any) -> Wish:  # noqa: ANN401  as ccxt takes them
    named = {"clientOrderId": CLIENT_ID, **params}
    kind, side = changed.type.value, changed.side.value
    amount = None if changed.quantity is None else "0.01"
    price = None if changed.price is None else str(changed.price)
    return Wish(
        operation=changed,
        call=lambda c: c.create_order(SYMBOL, kind, side, amount, price, named),
    )


def _stop(kind: TriggerKind, price: int, by: TriggerBy = TriggerBy.LAST) -> Trigger:
    return Trigger(kind, Decimal(price), by)


def _same_id(ours: Any, theirs: Any) -> None:  # noqa: ANN401  as ccxt has it
    assert theirs["id"] == ours.order_id


def _positions() -> Wish:
    wish = contract_wishes(SYMBOL)["positions"]
    assert wish is not None
    # ccxt works out what is maintained by the brackets, which it asks for once.
    return replace(wish, beside=("leverage_brackets",))


def told_orders(operation: GetOrder | GetOpenOrders | GetClosedOrders) -> Any:  # noqa: ANN401  one or several
    """Answer with an example order, or with one that waits for its price."""
    it = Examples(EXCHANGE, SYMBOL)
    order = it.order
    if operation.conditional:
        stop = _stop(TriggerKind.STOP, 19_000)
        order = replace(
            order, status=OrderStatus.OPEN, filled=ZERO, filled_quote=ZERO, trigger=stop
        )
    elif isinstance(operation, GetClosedOrders):
        cost = order.quantity * it.price(1)
        status = OrderStatus.FILLED
        order = replace(order, status=status, filled=order.quantity, filled_quote=cost)
    return order if isinstance(operation, GetOrder) else (order,)


_APART = {"trigger": True}
_DAY_MS = 86_400_000

WISHES: dict[str, Wish | None] = {
    **contract_wishes(SYMBOL),
    "positions": _positions(),
    # One endpoint tells open and past orders together.
    "closed orders": None,
    "past orders": Wish(operation=GetClosedOrders(SYMBOL), call=lambda c: c.fetch_orders(SYMBOL)),
    "past orders of a span": Wish(
        operation=GetClosedOrders(SYMBOL, since_ms=NOW_MS - 9_000, until_ms=NOW_MS, limit=10),
        call=lambda c: c.fetch_orders(SYMBOL, NOW_MS - 9_000, 10, {"until": NOW_MS}),
    ),
    "one ticker of several": Wish(
        operation=GetTickers((SYMBOL,)), call=lambda c: c.fetch_tickers([SYMBOL])
    ),
    "candles of a span": Wish(
        operation=GetCandles(SYMBOL, 3_600_000, since_ms=NOW_MS, until_ms=NOW_MS + 1, limit=7),
        call=lambda c: c.fetch_ohlcv(SYMBOL, "1h", NOW_MS, 7, {"until": NOW_MS + 1}),
    ),
    "five levels": Wish(
        operation=GetOrderBook(SYMBOL, 5), call=lambda c: c.fetch_order_book(SYMBOL, 5)
    ),
    "public trades since": Wish(
        operation=GetTrades(SYMBOL, since_ms=NOW_MS - 5_000, limit=10),
        call=lambda c: c.fetch_trades(SYMBOL, NOW_MS - 5_000, 10),
    ),
    "immediate or cancel": _order(replace(ORDER, time_in_force=TimeInForce.IOC), timeInForce="IOC"),
    "fill or kill": _order(replace(ORDER, time_in_force=TimeInForce.FOK), timeInForce="FOK"),
    "reduce only": _order(replace(SELL, reduce_only=True), reduceOnly=True),
    "of the long position": _order(
        replace(ORDER, position_side=PositionSide.LONG), positionSide="LONG"
    ),
    "stop": _order(replace(SELL, trigger=_stop(TriggerKind.STOP, 19_000)), stopLossPrice="19000"),
    "stop with a limit": _order(
        replace(
            SELL,
            type=OrderType.LIMIT,
            price=Decimal(18_900),
            trigger=_stop(TriggerKind.STOP, 19_000),
        ),
        stopLossPrice="19000",
    ),
    "take profit": _order(
        replace(SELL, reduce_only=True, trigger=_stop(TriggerKind.TAKE_PROFIT, 29_000)),
        takeProfitPrice="29000",
        reduceOnly=True,
    ),
    "stop that closes the position, by the mark price": _order(
        replace(
            SELL,
            quantity=None,
            close_position=True,
            trigger=_stop(TriggerKind.STOP, 19_000, TriggerBy.MARK),
        ),
        triggerPrice="19000",
        closePosition=True,
        workingType="MARK_PRICE",
    ),
    "order by our id": Wish(
        operation=GetOrder(SYMBOL, client_id=CLIENT_ID),
        call=lambda c: c.fetch_order(None, SYMBOL, {"clientOrderId": CLIENT_ID}),
    ),
    "all open orders": Wish(operation=GetOpenOrders(), call=lambda c: c.fetch_open_orders()),
    "cancel all": Wish(
        operation=CancelAllOrders(SYMBOL),
        call=lambda c: c.cancel_all_orders(SYMBOL),
        reads=lambda _ours, _theirs: None,
    ),
    "cancel all conditional orders": Wish(
        operation=CancelAllOrders(SYMBOL, conditional=True),
        call=lambda c: c.cancel_all_orders(SYMBOL, _APART),
        reads=lambda _ours, _theirs: None,
    ),
    "conditional order": Wish(
        operation=GetOrder(SYMBOL, "28", conditional=True),
        call=lambda c: c.fetch_order("28", SYMBOL, _APART),
    ),
    "open conditional orders": Wish(
        operation=GetOpenOrders(SYMBOL, conditional=True),
        call=lambda c: c.fetch_open_orders(SYMBOL, None, None, _APART),
    ),
    "past conditional orders": Wish(
        operation=GetClosedOrders(SYMBOL, conditional=True, include_open=True),
        call=lambda c: c.fetch_orders(SYMBOL, None, None, _APART),
    ),
    "cancel a conditional order": Wish(
        operation=CancelOrder(SYMBOL, "28", conditional=True),
        call=lambda c: c.cancel_order("28", SYMBOL, _APART),
        reads=_same_id,
    ),
    # Up to now, ccxt names no end; ours does not know what time it is and names one always.
    "own trades of a span": Wish(
        operation=GetOwnTrades(SYMBOL, since_ms=NOW_MS - 8 * _DAY_MS, limit=10),
        call=lambda c: c.fetch_my_trades(SYMBOL, NOW_MS - 8 * _DAY_MS, 10),
    ),
    "rights of the key": Wish(
        operation=GetKeyRights(),
        call=lambda c: c.sapi_get_account_apirestrictions(),
        reads=_read_rights,
    ),
}
