"""Poloniex as its real clients meet it.

Source of the classes: the exchange's error table in its dossier, measured with ccxt 4.5.90.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetCandles,
    GetClosedOrders,
    GetCurrencies,
    GetMarkets,
    GetOpenOrders,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetTrades,
    PlaceOrder,
)
from drawbridge.core.orders import OrderStatus, OrderType, Side, TimeInForce
from tests.real_clients import mistakes
from tests.real_clients.bench import Bench
from tests.real_clients.examples import CLIENT_ID, NOW_MS
from tests.real_clients.table import Kind, Mistake, Table, Wire, Wish

SYMBOL = "BTC/USDT"
ORDER = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.001"),
    price=Decimal(20_000),
    client_id=CLIENT_ID,
)
BY_COST = replace(
    ORDER, type=OrderType.MARKET, price=None, quantity=None, quote_quantity=Decimal(25)
)
# An order tells no fee.
_ORDER = frozenset({"fee"})


def _create(changed: PlaceOrder, **params: object) -> Wish:
    named = {"clientOrderId": CLIENT_ID, **params}
    return Wish(
        operation=changed,
        call=lambda c: c.create_order(SYMBOL, "limit", "buy", "0.001", "20000", named),
    )


def _same_ids(ours: tuple[Any, ...], theirs: list[dict[str, Any]]) -> None:
    assert [order.order_id for order in ours] == [row["id"] for row in theirs]


WISHES: dict[str, Wish | None] = {
    "markets": Wish(
        operation=GetMarkets(), call=lambda c: c.fetch_markets(), beside=("instruments",)
    ),
    "market order": Wish(
        operation=BY_COST,
        call=lambda c: c.create_order(
            SYMBOL, "market", "buy", "0", None, {"clientOrderId": CLIENT_ID, "cost": "25"}
        ),
    ),
    "immediate or cancel": _create(
        replace(ORDER, time_in_force=TimeInForce.IOC), timeInForce="IOC"
    ),
    "fill or kill": _create(replace(ORDER, time_in_force=TimeInForce.FOK), timeInForce="FOK"),
    "candles since": Wish(
        operation=GetCandles(SYMBOL, 3_600_000, since_ms=NOW_MS - 7_200_000, limit=10),
        call=lambda c: c.fetch_ohlcv(SYMBOL, "1h", since=NOW_MS - 7_200_000, limit=10),
    ),
    "candles of a span": Wish(
        operation=GetCandles(SYMBOL, 60_000, NOW_MS - 600_000, NOW_MS, limit=10),
        call=lambda c: c.fetch_ohlcv(
            SYMBOL, "1m", since=NOW_MS - 600_000, limit=10, params={"until": NOW_MS}
        ),
    ),
    "book of a depth": Wish(
        operation=GetOrderBook(SYMBOL, 20), call=lambda c: c.fetch_order_book(SYMBOL, 20)
    ),
    "some trades": Wish(
        operation=GetTrades(SYMBOL, limit=7), call=lambda c: c.fetch_trades(SYMBOL, limit=7)
    ),
    "cancel all": Wish(operation=CancelAllOrders(), call=lambda c: c.cancel_all_orders()),
    "cancel all of a market": Wish(
        operation=CancelAllOrders(SYMBOL), call=lambda c: c.cancel_all_orders(SYMBOL)
    ),
    # Our own requests always say how many; ccxt says so when it is told to.
    "open orders": Wish(
        operation=GetOpenOrders(SYMBOL), call=lambda c: c.fetch_open_orders(SYMBOL, limit=2_000)
    ),
    "closed orders": Wish(
        operation=GetClosedOrders(SYMBOL, since_ms=NOW_MS - 9_000),
        call=lambda c: c.privateGetOrdersHistory(
            {"symbol": "BTC_USDT", "limit": 1_000, "startTime": NOW_MS - 9_000}
        ),
        reads=_same_ids,
    ),
    "own trades": Wish(
        operation=GetOwnTrades(), call=lambda c: c.fetch_my_trades(SYMBOL, limit=1_000)
    ),
    "own trades of a span": Wish(
        operation=GetOwnTrades(since_ms=NOW_MS - 9_000, until_ms=NOW_MS, limit=5),
        call=lambda c: c.fetch_my_trades(
            SYMBOL, since=NOW_MS - 9_000, limit=5, params={"until": NOW_MS}
        ),
    ),
    "trades of an order": Wish(
        operation=GetOwnTrades(order_id="24993088082500028"),
        call=lambda c: c.fetch_order_trades("24993088082500028", SYMBOL),
    ),
}


def _no_type(bench: Bench) -> None:
    bench.desk().client.private_post_orders({"symbol": "BTC_USDT", "side": "BUY", "type": "TWAP"})


def _no_amount(bench: Bench) -> None:
    bench.desk().client.private_post_orders({"symbol": "BTC_USDT", "side": "BUY"})


def _wrong_depth(bench: Bench) -> None:
    bench.desk().client.fetch_order_book(SYMBOL, 7)


def _wrong_interval(bench: Bench) -> None:
    bench.desk().client.fetch_ohlcv(SYMBOL, "7m")


def _price_off_scale(bench: Bench) -> None:
    wish = {"symbol": "BTC_USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.01"}
    bench.desk().client.private_post_orders({**wish, "price": "20000.001"})


def _quantity_off_scale(bench: Bench) -> None:
    wish = {"symbol": "BTC_USDT", "side": "BUY", "type": "LIMIT", "price": "20000"}
    bench.desk().client.private_post_orders({**wish, "quantity": "0.0100001"})


def _below_smallest(bench: Bench) -> None:
    bench.desk().place(amount="0.000001")


def _below_smallest_quantity(bench: Bench) -> None:
    wish = {"symbol": "BTC_USDT", "side": "BUY", "type": "LIMIT", "price": "20000"}
    bench.desk().client.private_post_orders({**wish, "quantity": "0.0000001"})


def _used_id(bench: Bench) -> None:
    desk = bench.desk(bench.key(account="twice-at-poloniex"))
    for _ in range(2):
        desk.place(clientOrderId="the-same")


def _ahead(bench: Bench) -> None:
    client = bench.desk().client
    mistakes.set_clock(client, 120_000)
    client.fetch_balance()


def _transfer(bench: Bench) -> None:
    bench.desk().client.transfer("USDT", 1, "spot", "future")


def _withdrawal(bench: Bench) -> None:
    bench.desk().client.private_post_v2_wallets_withdraw({"coin": "USDT", "amount": "1"})


def _borrowing(bench: Bench) -> None:
    bench.desk(bench.key("read,trade_spot")).place(allowBorrow=True)


def _contract(bench: Bench) -> None:
    bench.desk().client.swapPrivatePostV3TradeOrder({"symbol": "BTC_USDT_PERP"})


def _no_such_order_id(bench: Bench) -> None:
    bench.desk().client.fetch_order("not-a-number", SYMBOL)


def _mistake(name: str, ask: Any, raises: str, says: str, status: int = 400) -> Mistake:  # noqa: ANN401  a function of the bench
    return Mistake(name=name, ask=ask, raises=raises, status=status, says=says)


TABLE = Table(
    symbol=SYMBOL,
    unknown_key="AAAAAAAA-AAAAAAAA-AAAAAAAA-AAAAAAAA",
    unknown_order="24993088089999999",
    mistakes=(
        # Key, secret and anything else that is not known: all are silence.
        _mistake("wrong secret", mistakes.wrong_secret, "AuthenticationError", "", 401),
        _mistake("unknown key", mistakes.unknown_key, "AuthenticationError", "", 401),
        _mistake(
            "no trading right", mistakes.no_trading_right, "PermissionDenied", '"code":403', 403
        ),
        _mistake("stale stamp", mistakes.stale_stamp, "ExchangeError", '"code":408', 408),
        _mistake("stamp ahead", _ahead, "BadRequest", '"code":400'),
        _mistake("other address", mistakes.other_address, "PermissionDenied", '"code":403', 403),
        _mistake(
            "too little money", mistakes.too_little_money, "InsufficientFunds", '"code":21709'
        ),
        _mistake("below the smallest size", _below_smallest, "InvalidOrder", '"code":21322'),
        _mistake(
            "below the smallest quantity", _below_smallest_quantity, "InvalidOrder", '"code":21330'
        ),
        _mistake("price off the scale", _price_off_scale, "InvalidOrder", '"code":21335'),
        _mistake("quantity off the scale", _quantity_off_scale, "InvalidOrder", '"code":21336'),
        _mistake("unknown order", mistakes.unknown_order, "OrderNotFound", '"code":21301'),
        _mistake(
            "unknown order asked for", mistakes.unknown_order_asked, "OrderNotFound", '"code":21301'
        ),
        _mistake("an id that is no number", _no_such_order_id, "BadRequest", '"code":601'),
        _mistake("unknown symbol", mistakes.unknown_symbol("AAA_BBB"), "BadSymbol", '"code":24101'),
        _mistake(
            "order of an unknown symbol",
            mistakes.order_of_unknown_symbol("AAA_BBB"),
            "BadSymbol",
            '"code":24101',
        ),
        _mistake("unknown type", _no_type, "BadRequest", '"code":601'),
        _mistake("no amount", _no_amount, "ArgumentsRequired", '"code":602'),
        _mistake("wrong depth", _wrong_depth, "BadRequest", '"code":601'),
        _mistake("wrong interval", _wrong_interval, "BadRequest", '"code":24102'),
        _mistake("an id used twice", _used_id, "InvalidOrder", '"code":21312'),
        _mistake("borrowing", _borrowing, "PermissionDenied", '"code":403', 403),
        _mistake("contract", _contract, "PermissionDenied", '"code":403', 403),
        _mistake("transfer", _transfer, "PermissionDenied", '"code":403', 403),
        _mistake("withdrawal", _withdrawal, "PermissionDenied", '"code":403', 403),
    ),
    buys_by_cost=True,
    post_only_raises="InvalidOrder",
    rate_limit_raises="RateLimitExceeded",
    lacks={
        Kind.CANCEL_BY_CLIENT_ID: "ccxt leaves out what must stand before the client's own id",
        Kind.STOP: "how orders that wait for their price are told is not established",
    },
    wire=Wire(
        unread={
            GetMarkets: frozenset({"maker", "taker"}),
            GetCurrencies: frozenset({"precision"}),
            # The answer holds two ids and nothing else.
            PlaceOrder: _ORDER | {"postOnly"},
            CancelOrder: _ORDER,
            CancelAllOrders: _ORDER,
            GetOrder: _ORDER,
            GetOpenOrders: _ORDER,
        },
        states={OrderStatus.REJECTED: "canceled"},
        refusals={
            "bad_key": "AuthenticationError",
            "bad_signature": "AuthenticationError",
            "stale_stamp": "ExchangeError",
            "stamp_ahead": "BadRequest",
            "right_missing": "PermissionDenied",
            "ip_not_allowed": "PermissionDenied",
            "banned": "AccountSuspended",
            "missing_parameter": "ArgumentsRequired",
            "malformed": "BadRequest",
            "bad_interval": "BadRequest",
            "unknown_symbol": "BadSymbol",
            "unknown_order": "OrderNotFound",
            "unknown_order_cancel": "OrderNotFound",
            "insufficient_funds": "InsufficientFunds",
            "too_small": "InvalidOrder",
            "notional_too_small": "InvalidOrder",
            "price_off_tick": "InvalidOrder",
            "quantity_off_step": "InvalidOrder",
            "too_large": "InvalidOrder",
            "price_out_of_range": "InvalidOrder",
            "post_only_would_take": "InvalidOrder",
            "duplicate_client_id": "InvalidOrder",
            "too_many_orders": "InvalidOrder",
            "market_closed": "BadSymbol",
            "rate_limited": "RateLimitExceeded",
            "maintenance": "OnMaintenance",
            "overloaded": "ExchangeNotAvailable",
            "timed_out": "ExchangeNotAvailable",
        },
        wishes=WISHES,
        key={
            "api_key": "TMS6HK1I-8VG0B8I2-T9XMY3NL-GAOHEXX9",
            "api_secret": (
                "5f1d7c93ab0e4d2f8c6b1a0975e3d2c14f6a8b7c9d0e1f2a3b4c5d6e7f8091a2"
                "b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2"
            ),
        },
    ),
)
