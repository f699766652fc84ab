"""Kraken as its real clients meet it.

Source of the classes: the exchange's error table in its dossier, measured with ccxt 4.5.90.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from drawbridge.core.operations import (
    CancelAllOrders,
    GetCandles,
    GetClosedOrders,
    GetCurrencies,
    GetKeyRights,
    GetOrderBook,
    GetOwnTrades,
    GetStreamToken,
    GetTickers,
    GetTrades,
    KeyRights,
    PlaceOrder,
    StreamToken,
)
from drawbridge.core.orders import (
    Order,
    OrderType,
    Side,
    TimeInForce,
    Trigger,
    TriggerBy,
    TriggerKind,
)
from tests.exchanges.kraken.wrongs import MISTAKES
from tests.real_clients.examples import CLIENT_ID, NOW_MS
from tests.real_clients.table import Table, Wire, Wish

SYMBOL = "BTC/USD"
ORDER = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.001"),
    price=Decimal("20000.0"),
    client_id=CLIENT_ID,
)


def _order(changed: PlaceOrder, **params: Any) -> Wish:  # noqa: ANN401  ccxt's own
    named = {"clientOrderId": CLIENT_ID, **params}
    return Wish(
        operation=changed,
        call=lambda c: c.create_order(SYMBOL, "limit", "buy", "0.001", "20000", named),
    )


def _read_count(ours: tuple[Order, ...], theirs: Any) -> None:  # noqa: ANN401  as the exchange tells it
    # Kraken tells how many there were and nothing about any; the client makes one of them all.
    assert ours == ()
    assert len(theirs) == 1


def _read_token(ours: StreamToken, theirs: Any) -> None:  # noqa: ANN401  as the exchange tells it
    assert theirs["result"]["token"] == ours.token
    assert int(theirs["result"]["expires"]) * 1_000 == ours.lasts_ms


STOP = replace(
    ORDER, type=OrderType.MARKET, price=None, trigger=Trigger(TriggerKind.STOP, Decimal(19_000))
)


def _waits(
    kind: TriggerKind,
    form: str,
    by: TriggerBy = TriggerBy.LAST,
    **params: Any,  # noqa: ANN401  ccxt's own
) -> Wish:
    plainly = STOP if form == "market" else ORDER
    named, price = {"clientOrderId": CLIENT_ID, **params}, "20000" if form == "limit" else None
    return Wish(
        operation=replace(plainly, trigger=Trigger(kind, Decimal(19_000), by)),
        call=lambda c: c.create_order(SYMBOL, form, "buy", "0.001", price, named),
    )


def _read_rights(ours: KeyRights, theirs: Any) -> None:  # noqa: ANN401  as the exchange tells it
    assert set(theirs["result"]["permissions"]) == ours.switches


WISHES: dict[str, Wish | None] = {
    "two tickers": Wish(
        operation=GetTickers((SYMBOL, "ETH/BTC")),
        call=lambda c: c.fetch_tickers([SYMBOL, "ETH/BTC"]),
    ),
    "candles since": Wish(
        operation=GetCandles(SYMBOL, 3_600_000, since_ms=NOW_MS - 7_200_000),
        call=lambda c: c.fetch_ohlcv(SYMBOL, "1h", since=NOW_MS - 7_200_000),
    ),
    "book of a depth": Wish(
        operation=GetOrderBook(SYMBOL, 10), call=lambda c: c.fetch_order_book(SYMBOL, 10)
    ),
    "trades since": Wish(
        operation=GetTrades(SYMBOL, NOW_MS - 9_000, 7),
        call=lambda c: c.fetch_trades(SYMBOL, since=NOW_MS - 9_000, limit=7),
    ),
    "cancel everything": Wish(
        operation=CancelAllOrders(),
        call=lambda c: c.cancel_all_orders(),
        reads=_read_count,
    ),
    "token for streams": Wish(
        operation=GetStreamToken(),
        call=lambda c: c.privatePostGetWebSocketsToken(),
        reads=_read_token,
    ),
    "key rights": Wish(
        operation=GetKeyRights(),
        call=lambda c: c.privatePostGetApiKeyInfo(),
        reads=_read_rights,
    ),
    "limit order without our id": Wish(
        operation=replace(ORDER, client_id=""),
        call=lambda c: c.create_order(SYMBOL, "limit", "buy", "0.001", "20000"),
    ),
    "immediate or cancel": _order(replace(ORDER, time_in_force=TimeInForce.IOC), timeInForce="IOC"),
    "fill or kill": _order(replace(ORDER, time_in_force=TimeInForce.FOK), timeInForce="FOK"),
    "stop": _waits(TriggerKind.STOP, "limit", stopLossPrice="19000"),
    "take profit": _waits(TriggerKind.TAKE_PROFIT, "limit", takeProfitPrice="19000"),
    "stop at the market": _waits(TriggerKind.STOP, "market", stopLossPrice="19000"),
    "take profit at the market": _waits(TriggerKind.TAKE_PROFIT, "market", takeProfitPrice="19000"),
    "stop by the index": _waits(
        TriggerKind.STOP, "limit", TriggerBy.MARK, stopLossPrice="19000", trigger="index"
    ),
    "stop by cost": Wish(
        operation=replace(STOP, quantity=None, quote_quantity=Decimal(25)),
        call=lambda c: c.create_order(
            SYMBOL,
            "market",
            "buy",
            "1",
            None,
            {"clientOrderId": CLIENT_ID, "stopLossPrice": "19000", "cost": "25"},
        ),
    ),
    "margin": _order(replace(ORDER, leverage=Decimal(2)), leverage=2),
    "dry run": _order(replace(ORDER, dry_run=True), validate=True),
    "post-only dry run": _order(
        replace(ORDER, post_only=True, dry_run=True), postOnly=True, validate=True
    ),
    "market order by cost": Wish(
        operation=replace(
            ORDER, type=OrderType.MARKET, price=None, quantity=None, quote_quantity=Decimal(25)
        ),
        call=lambda c: c.create_market_buy_order_with_cost(
            SYMBOL, 25, {"clientOrderId": CLIENT_ID}
        ),
    ),
    "closed orders since": Wish(
        operation=GetClosedOrders(SYMBOL, since_ms=NOW_MS - 9_000),
        call=lambda c: c.fetch_closed_orders(SYMBOL, since=NOW_MS - 9_000),
    ),
    "own trades of a span": Wish(
        operation=GetOwnTrades(SYMBOL, since_ms=NOW_MS - 9_000, until_ms=NOW_MS),
        call=lambda c: c.fetch_my_trades(SYMBOL, since=NOW_MS - 9_000, params={"until": NOW_MS}),
    ),
    "a later page of own trades": Wish(
        operation=GetOwnTrades(SYMBOL, offset=50),
        call=lambda c: c.fetch_my_trades(SYMBOL, params={"ofs": 50}),
    ),
}

TABLE = Table(
    symbol=SYMBOL,
    unknown_key="A" * 56,
    unknown_order="OZZZZZ-ZZZZZ-ZZZZZZ",
    mistakes=MISTAKES,
    post_only_raises="ExchangeError",
    stop_by="stopLossPrice",
    wire=Wire(
        unread={
            # ccxt takes the exchange's short name for the long one.
            GetCurrencies: frozenset({"name"}),
            # The answer is a line of English, in which post-only is not told.
            PlaceOrder: frozenset({"postOnly"}),
        },
        refusals={
            "bad_key": "AuthenticationError",
            "bad_signature": "ExchangeError",
            "used_nonce": "InvalidNonce",
            "right_missing": "PermissionDenied",
            "ip_not_allowed": "PermissionDenied",
            "too_small": "InvalidOrder",
            "insufficient_funds": "InsufficientFunds",
            "unknown_symbol": "ExchangeError",
            "unknown_order_cancel": "OrderNotFound",
            "malformed": "BadRequest",
            "rate_limited": "DDoSProtection",
            "banned": "DDoSProtection",
            "maintenance": "ExchangeNotAvailable",
            "overloaded": "ExchangeNotAvailable",
            "timed_out": "ExchangeNotAvailable",
            "market_closed": "OnMaintenance",
            "quantity_off_step": "InvalidOrder",
            "price_out_of_range": "InvalidOrder",
        },
        wishes=WISHES,
        key={
            "api_key": "DRAWBRIDGEkrakenTESTkey0000000000000000000000000000000000",
            "api_secret": (
                "VQSkeaZz5B0/WuxBK4cxaVZfmqgxp+HKGRL7u2pSguG8jldhUp7Be8chbKf7oPZqDv8A0pL+3xdc"
                "HhEN4GgnmQ=="
            ),
        },
    ),
)
