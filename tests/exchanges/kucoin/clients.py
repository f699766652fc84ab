"""KuCoin as its real clients meet it.

Source of the classes: the exchange's error table in its dossier, measured with ccxt 4.5.90.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from drawbridge.core.operations import (
    CancelAllOrders,
    GetCandles,
    GetClosedOrders,
    GetKeyRights,
    GetMarkets,
    GetOrderBook,
    GetOwnTrades,
    GetStreamToken,
    GetTicker,
    KeyRights,
    PlaceOrder,
    StreamToken,
)
from drawbridge.core.orders import OrderType, Side, TimeInForce, Trigger, TriggerKind
from tests.real_clients import mistakes
from tests.real_clients.bench import Bench
from tests.real_clients.examples import CLIENT_ID, NOW_MS
from tests.real_clients.table import Client, Mistake, Sent, Table, Wire, Wish

SYMBOL = "BTC/USDT"
ID = "BTC-USDT"
# Markets are asked for beside everything else that ccxt wants to know of them.
BESIDE_MARKETS = (
    "margin_symbols",
    "isolated_symbols",
    "all_tickers",
    "contracts",
    "hf_opened",
    "account_mode",
)
ORDER = PlaceOrder(
    symbol=SYMBOL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.001"),
    price=Decimal(20_000),
    client_id=CLIENT_ID,
)


def _order(changed: PlaceOrder, **params: object) -> Wish:
    named = {"clientOrderId": CLIENT_ID, **params}
    side = changed.side.value
    return Wish(
        operation=changed,
        call=lambda c: c.create_order(SYMBOL, "limit", side, "0.001", "20000", named),
    )


def _read_rights(ours: KeyRights, theirs: Any) -> None:  # noqa: ANN401  as the exchange tells it
    assert set(theirs["data"]["permission"].split(",")) == ours.switches


def _read_token(ours: StreamToken, theirs: Any) -> None:  # noqa: ANN401  as the exchange tells it
    assert theirs["data"]["token"] == ours.token


def _read_nothing(_ours: object, theirs: Any) -> None:  # noqa: ANN401  as the exchange tells it
    assert theirs[0]["info"]["code"] == "200000"


def _without_partner(sent: Sent) -> Sent:
    """Leave out whom ccxt's makers are paid by: that is theirs to say, not ours."""
    method, url, body, headers = sent
    kept = {name: text for name, text in headers.items() if "partner" not in name}
    return method, url, body, kept


WISHES: dict[str, Wish | None] = {
    "markets": Wish(
        operation=GetMarkets(), call=lambda c: c.fetch_markets(), beside=BESIDE_MARKETS
    ),
    # Without a beginning ccxt asks up to now, which our own request does not know.
    "candles": Wish(
        operation=GetCandles(SYMBOL, 60_000, since_ms=NOW_MS - 600_000, limit=5),
        call=lambda c: c.fetch_ohlcv(SYMBOL, "1m", since=NOW_MS - 600_000, limit=5),
    ),
    "candles since": Wish(
        operation=GetCandles(SYMBOL, 3_600_000, since_ms=NOW_MS - 7_200_000),
        call=lambda c: c.fetch_ohlcv(SYMBOL, "1h", since=NOW_MS - 7_200_000),
    ),
    # With a key and without a depth ccxt asks for the whole book, which only keys may see.
    "order book": Wish(
        operation=GetOrderBook(SYMBOL, 10_000), call=lambda c: c.fetch_order_book(SYMBOL)
    ),
    "book of 20": Wish(
        operation=GetOrderBook(SYMBOL, 20), call=lambda c: c.fetch_order_book(SYMBOL, 20)
    ),
    "book of 100": Wish(
        operation=GetOrderBook(SYMBOL, 100), call=lambda c: c.fetch_order_book(SYMBOL, 100)
    ),
    "key rights": Wish(
        operation=GetKeyRights(), call=lambda c: c.privateGetUserApiKey(), reads=_read_rights
    ),
    "token for streams": Wish(
        operation=GetStreamToken(), call=lambda c: c.privatePostBulletPrivate(), reads=_read_token
    ),
    "cancel all of a symbol": Wish(
        operation=CancelAllOrders(SYMBOL),
        call=lambda c: c.cancel_all_orders(SYMBOL),
        reads=_read_nothing,
    ),
    "cancel all": Wish(
        operation=CancelAllOrders(), call=lambda c: c.cancel_all_orders(), reads=_read_nothing
    ),
    "immediate or cancel": _order(replace(ORDER, time_in_force=TimeInForce.IOC), timeInForce="IOC"),
    "fill or kill": _order(replace(ORDER, time_in_force=TimeInForce.FOK), timeInForce="FOK"),
    "dry run": _order(replace(ORDER, dry_run=True), test=True),
    "market order by cost": Wish(
        operation=replace(
            ORDER, type=OrderType.MARKET, price=None, quantity=None, quote_quantity=Decimal(25)
        ),
        call=lambda c: c.create_market_buy_order_with_cost(
            SYMBOL, 25, {"clientOrderId": CLIENT_ID}
        ),
    ),
    "stop to buy": _order(
        replace(ORDER, trigger=Trigger(TriggerKind.STOP, Decimal(21_000))), stopLossPrice=21_000
    ),
    "stop to sell": _order(
        replace(ORDER, side=Side.SELL, trigger=Trigger(TriggerKind.STOP, Decimal(19_000))),
        stopLossPrice=19_000,
    ),
    "take profit": _order(
        replace(ORDER, side=Side.SELL, trigger=Trigger(TriggerKind.TAKE_PROFIT, Decimal(22_000))),
        takeProfitPrice=22_000,
    ),
    "closed orders since": Wish(
        operation=GetClosedOrders(SYMBOL, since_ms=NOW_MS - 9_000),
        call=lambda c: c.fetch_closed_orders(SYMBOL, since=NOW_MS - 9_000),
    ),
    "own trades since": Wish(
        operation=GetOwnTrades(SYMBOL, since_ms=NOW_MS - 9_000, limit=5),
        call=lambda c: c.fetch_my_trades(SYMBOL, since=NOW_MS - 9_000, limit=5),
    ),
}


def _raw_order(**changed: object) -> Callable[[Bench], None]:
    """Place an order past ccxt's own rounding."""

    def ask(bench: Bench) -> None:
        desk = bench.desk()
        order = {"side": "buy", "symbol": ID, "type": "limit", "size": "0.01"}
        desk.client.privatePostHfOrders({**order, "price": desk.far_price, **changed})

    return ask


def _with_header(name: str, value: str) -> Callable[[Bench], None]:
    """Send another header than the one that ccxt signs."""

    def ask(bench: Bench) -> None:
        client = bench.client()
        client.headers = {name: value}
        client.fetch_balance()

    return ask


def _withdraw(client: Client) -> None:
    client.withdraw("BTC", 0.1, "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", {"network": "BTC"})


def _same_id_twice(bench: Bench) -> None:
    desk = bench.desk()
    for _ in range(2):
        desk.place(clientOrderId="kucoin-twice")


_AUTHENTICATION = "AuthenticationError"

TABLE = Table(
    symbol=SYMBOL,
    unknown_key="f" * 24,
    unknown_order="67120bbe00000000ffffffff",
    too_little="0.000001",
    mistakes=(
        Mistake(
            name="wrong secret",
            ask=mistakes.wrong_secret,
            raises=_AUTHENTICATION,
            status=401,
            says="400005",
        ),
        Mistake(
            name="wrong passphrase",
            ask=mistakes.wrong_passphrase,
            raises=_AUTHENTICATION,
            status=401,
            says="400004",
        ),
        Mistake(
            name="unknown key",
            ask=mistakes.unknown_key,
            raises=_AUTHENTICATION,
            status=401,
            says="400003",
        ),
        Mistake(
            name="no signature",
            ask=_with_header("KC-API-SIGN", ""),
            raises=_AUTHENTICATION,
            status=401,
            says="400001",
        ),
        Mistake(
            name="a version of keys that there is not",
            ask=_with_header("KC-API-KEY-VERSION", "9"),
            raises="ExchangeError",
            status=400,
            says="400009",
        ),
        Mistake(
            name="no trading right",
            ask=mistakes.no_trading_right,
            raises=_AUTHENTICATION,
            status=403,
            says="400007",
        ),
        Mistake(
            name="no right to withdraw",
            ask=lambda bench: _withdraw(bench.desk().client),
            raises=_AUTHENTICATION,
            status=403,
            says="400007",
        ),
        Mistake(
            name="stale stamp",
            ask=mistakes.stale_stamp,
            raises="InvalidNonce",
            status=401,
            says="400002",
        ),
        Mistake(
            name="other address",
            ask=mistakes.other_address,
            raises=_AUTHENTICATION,
            status=403,
            says="current client IP is: 127.0.0.1",
        ),
        Mistake(
            name="too little money",
            ask=mistakes.too_little_money,
            raises="InsufficientFunds",
            status=200,
            says="200004",
        ),
        Mistake(
            name="below the smallest size",
            ask=_raw_order(size="0.000001"),
            raises="InvalidOrder",
            status=200,
            says="Order size below the minimum requirement.",
        ),
        Mistake(
            name="below the smallest amount",
            ask=_raw_order(size="0.00001", price="0.1"),
            raises="InvalidOrder",
            status=200,
            says="The order funds should more then 0.1",
        ),
        Mistake(
            name="quantity off the step",
            ask=_raw_order(size="0.010000001"),
            raises="InvalidOrder",
            status=200,
            says="Order size increment invalid.",
        ),
        Mistake(
            name="price off the tick",
            ask=_raw_order(price="20000.01"),
            raises="BadRequest",
            status=200,
            says="Order price increment invalid.",
        ),
        Mistake(
            name="a price in words",
            ask=_raw_order(price="cheap"),
            raises="BadRequest",
            status=200,
            says="400100",
        ),
        Mistake(
            name="an order with an end",
            ask=_raw_order(timeInForce="GTT", cancelAfter=60),
            raises="BadRequest",
            status=200,
            says="400100",
        ),
        Mistake(
            name="the same id twice",
            ask=_same_id_twice,
            raises="BadRequest",
            status=200,
            says="clientOid duplicate",
        ),
        Mistake(
            name="unknown order",
            ask=mistakes.unknown_order,
            raises="OrderNotFound",
            status=200,
            says="order_not_exist_or_not_allow_to_cancel",
        ),
        Mistake(
            name="unknown order, asked for",
            ask=mistakes.unknown_order_asked,
            raises="OrderNotFound",
            status=200,
            says="The order does not exist.",
        ),
        Mistake(
            name="unknown symbol",
            ask=mistakes.unknown_symbol("AAA-BBB"),
            raises="BadSymbol",
            status=200,
            says="400600",
        ),
        Mistake(
            name="order of an unknown symbol",
            ask=mistakes.order_of_unknown_symbol("AAA-BBB"),
            raises="BadSymbol",
            status=200,
            says="400600",
        ),
        Mistake(
            name="no such path",
            ask=lambda bench: bench.desk().client.privateGetMarginAccounts(),
            raises="NotSupported",
            status=404,
            says="Url Not Found",
        ),
    ),
    # As far as the exchange lets a price be from the market.
    far=0.93,
    post_only_raises="InvalidOrder",
    rate_limit_raises="RateLimitExceeded",
    stop_apart=True,
    wire=Wire(
        unread={
            # One ticker alone tells no sizes of the best prices.
            GetTicker: frozenset({"bidVolume", "askVolume"}),
        },
        refusals={
            "bad_key": _AUTHENTICATION,
            "bad_signature": _AUTHENTICATION,
            "bad_passphrase": _AUTHENTICATION,
            "missing_header": _AUTHENTICATION,
            "stale_stamp": "InvalidNonce",
            "right_missing": _AUTHENTICATION,
            "ip_not_allowed": _AUTHENTICATION,
            "bad_key_version": "ExchangeError",
            "insufficient_funds": "InsufficientFunds",
            "too_small": "InvalidOrder",
            "notional_too_small": "InvalidOrder",
            "quantity_off_step": "InvalidOrder",
            "price_out_of_range": "InvalidOrder",
            "post_only_would_take": "InvalidOrder",
            "unknown_symbol": "BadSymbol",
            "unknown_order": "OrderNotFound",
            "unknown_order_cancel": "OrderNotFound",
            "unknown_endpoint": "NotSupported",
            "malformed": "BadRequest",
            "too_many_orders": "ExchangeError",
            "market_closed": "ExchangeError",
            "rate_limited": "RateLimitExceeded",
            "overloaded": "RateLimitExceeded",
            "banned": "RateLimitExceeded",
            "maintenance": "ExchangeNotAvailable",
            "timed_out": "ExchangeNotAvailable",
        },
        wishes=WISHES,
        as_compared=_without_partner,
        key={
            "api_key": "6705f5c311545b000157d3eb",
            "api_secret": "3f2a9c1e-7d4b-4e0a-9c55-0b1d2e3f4a5b",
            "passphrase": "Dr4wbridge!",
        },
    ),
)
