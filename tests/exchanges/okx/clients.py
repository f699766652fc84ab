"""OKX as its real clients meet it.

Source of the classes: the exchange's error table in its dossier, measured with ccxt 4.5.90.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from drawbridge.core.operations import (
    GetCandles,
    GetClosedOrders,
    GetCurrencies,
    GetKeyRights,
    GetMarkets,
    GetOpenOrders,
    GetOrderBook,
    GetOwnTrades,
    GetTrades,
    KeyRights,
    PlaceOrder,
)
from drawbridge.core.orders import OrderStatus, OrderType, Side, TimeInForce
from tests.real_clients import mistakes
from tests.real_clients.bench import Bench
from tests.real_clients.examples import CLIENT_ID, NOW_MS
from tests.real_clients.table import Client, Kind, Mistake, Table, Wire, Wish

SYMBOL = "BTC/USDT"
ID = "BTC-USDT"
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
    return Wish(
        operation=changed,
        call=lambda c: c.create_order(SYMBOL, "limit", "buy", "0.001", "20000", named),
    )


def _read_rights(ours: KeyRights, theirs: Any) -> None:  # noqa: ANN401  as the exchange tells it
    assert set(theirs["data"][0]["perm"].split(",")) == ours.switches


def _spot_only(client: Client) -> None:
    """Ask for spot alone: ccxt would ask for contracts of three kinds as well."""
    client.options["fetchMarkets"] = {"types": ["spot"]}


def _past_orders(client: Client, **more: object) -> Any:  # noqa: ANN401  as ccxt reads them
    """Ask for past orders however they ended; ccxt's own call asks for filled ones only."""
    request = {"instId": ID, "instType": "SPOT", **more}
    told = client.privateGetTradeOrdersHistory(request)
    return client.parse_orders(told["data"], client.market(SYMBOL))


WISHES: dict[str, Wish | None] = {
    "markets": Wish(operation=GetMarkets(), call=lambda c: c.fetch_markets()),
    "candles since": Wish(
        operation=GetCandles(SYMBOL, 3_600_000, since_ms=NOW_MS - 7_200_000, limit=5),
        call=lambda c: c.fetch_ohlcv(
            SYMBOL, "1h", NOW_MS - 7_200_000, 5, {"type": "HistoryCandles"}
        ),
    ),
    "candles of days": Wish(
        operation=GetCandles(SYMBOL, 86_400_000, limit=5),
        call=lambda c: c.fetch_ohlcv(SYMBOL, "1d", limit=5),
    ),
    "book of a depth": Wish(
        operation=GetOrderBook(SYMBOL, 7), call=lambda c: c.fetch_order_book(SYMBOL, 7)
    ),
    "whole book": Wish(
        operation=GetOrderBook(SYMBOL, 1_000), call=lambda c: c.fetch_order_book(SYMBOL, 1_000)
    ),
    "some trades": Wish(
        operation=GetTrades(SYMBOL, limit=7), call=lambda c: c.fetch_trades(SYMBOL, limit=7)
    ),
    "key rights": Wish(
        operation=GetKeyRights(), call=lambda c: c.privateGetAccountConfig(), reads=_read_rights
    ),
    "immediate or cancel": _order(replace(ORDER, time_in_force=TimeInForce.IOC), timeInForce="IOC"),
    "fill or kill": _order(replace(ORDER, time_in_force=TimeInForce.FOK), timeInForce="FOK"),
    "open orders of all": Wish(operation=GetOpenOrders(), call=lambda c: c.fetch_open_orders()),
    "closed orders": Wish(operation=GetClosedOrders(SYMBOL), call=_past_orders),
    "closed orders since": Wish(
        operation=GetClosedOrders(SYMBOL, since_ms=NOW_MS - 9_000),
        call=lambda c: _past_orders(c, begin=NOW_MS - 9_000),
    ),
    "own trades since": Wish(
        operation=GetOwnTrades(SYMBOL, since_ms=NOW_MS - 9_000),
        call=lambda c: c.fetch_my_trades(SYMBOL, since=NOW_MS - 9_000),
    ),
    "some own trades": Wish(
        operation=GetOwnTrades(SYMBOL, limit=5), call=lambda c: c.fetch_my_trades(SYMBOL, limit=5)
    ),
}


def _raw_order(**changed: object) -> Callable[[Bench], None]:
    """Place an order past ccxt's own rounding."""

    def ask(bench: Bench) -> None:
        desk = bench.desk()
        order = {"instId": ID, "side": "buy", "ordType": "limit", "sz": "0.01", "tdMode": "cash"}
        order["px"] = desk.far_price
        desk.client.privatePostTradeOrder({**order, "clOrdId": "raw1", **changed})

    return ask


def _with_header(name: str, value: str) -> Callable[[Bench], None]:
    """Send another header than the one that ccxt signs."""

    def ask(bench: Bench) -> None:
        client = bench.client()
        client.headers = {name: value}
        client.fetch_balance()

    return ask


def _withdraw(bench: Bench) -> None:
    client = bench.desk().client
    address = {"ccy": "BTC", "amt": "0.1", "dest": "4", "toAddr": "1BoatSLRHtKNngkdXEeobR76b53L"}
    client.privatePostAssetWithdrawal(address)


def _same_id_twice(bench: Bench) -> None:
    desk = bench.desk()
    for _ in range(2):
        desk.place(clientOrderId="twice")


_AUTHENTICATION = "AuthenticationError"

TABLE = Table(
    symbol=SYMBOL,
    unknown_key="ffffffff-ffff-4fff-8fff-ffffffffffff",
    unknown_order="312269865356379999",
    too_little="0.000001",
    client_id="myorder1",
    prepare=_spot_only,
    post_only_raises="",
    rate_limit_raises="RateLimitExceeded",
    lacks={
        Kind.STOP: "ccxt's trigger orders tell no direction, which the paper exchange must know",
        Kind.CANCEL_ALL: "the exchange has no such request for spot, and ccxt no such call",
    },
    mistakes=(
        Mistake(
            name="wrong secret",
            ask=mistakes.wrong_secret,
            raises=_AUTHENTICATION,
            status=401,
            says="50113",
        ),
        Mistake(
            name="wrong passphrase",
            ask=mistakes.wrong_passphrase,
            raises=_AUTHENTICATION,
            status=401,
            says="50105",
        ),
        Mistake(
            name="unknown key",
            ask=mistakes.unknown_key,
            raises="ExchangeError",
            status=401,
            says="50119",
        ),
        Mistake(
            name="no key",
            ask=_with_header("OK-ACCESS-KEY", ""),
            raises=_AUTHENTICATION,
            status=401,
            says="50103",
        ),
        Mistake(
            name="no passphrase",
            ask=_with_header("OK-ACCESS-PASSPHRASE", ""),
            raises=_AUTHENTICATION,
            status=401,
            says="50104",
        ),
        Mistake(
            name="no signature",
            ask=_with_header("OK-ACCESS-SIGN", ""),
            raises=_AUTHENTICATION,
            status=401,
            says="50106",
        ),
        Mistake(
            name="no stamp",
            ask=_with_header("OK-ACCESS-TIMESTAMP", ""),
            raises=_AUTHENTICATION,
            status=401,
            says="50107",
        ),
        Mistake(
            name="a stamp in milliseconds",
            ask=_with_header("OK-ACCESS-TIMESTAMP", "1700000000000"),
            raises=_AUTHENTICATION,
            status=401,
            says="50112",
        ),
        Mistake(
            name="a live key in the demo",
            ask=_with_header("x-simulated-trading", "1"),
            raises=_AUTHENTICATION,
            status=401,
            says="50101",
        ),
        Mistake(
            name="no trading right",
            ask=mistakes.no_trading_right,
            raises="ExchangeError",
            status=401,
            says="50120",
        ),
        Mistake(
            name="no right to withdraw",
            ask=_withdraw,
            raises="ExchangeError",
            status=401,
            says="50120",
        ),
        Mistake(
            name="stale stamp",
            ask=mistakes.stale_stamp,
            raises="InvalidNonce",
            status=401,
            says="50102",
        ),
        Mistake(
            name="other address",
            ask=mistakes.other_address,
            raises="PermissionDenied",
            status=401,
            says="Your IP 127.0.0.1 is not included",
        ),
        Mistake(
            name="too little money",
            ask=mistakes.too_little_money,
            raises="InsufficientFunds",
            status=200,
            says='"sCode":"51008"',
        ),
        Mistake(
            name="below the smallest size",
            ask=_raw_order(sz="0.000001"),
            raises="InvalidOrder",
            status=200,
            says='"sCode":"51020"',
        ),
        Mistake(
            name="quantity off the step",
            ask=_raw_order(sz="0.010000001"),
            raises="InvalidOrder",
            status=200,
            says='"sCode":"51121"',
        ),
        Mistake(
            name="price off the tick",
            ask=_raw_order(px="20000.01"),
            raises="BadRequest",
            status=200,
            says="Parameter px error",
        ),
        Mistake(
            name="a price in words",
            ask=_raw_order(px="cheap"),
            raises="BadRequest",
            status=400,
            says="51000",
        ),
        Mistake(
            name="a margin order",
            ask=_raw_order(tdMode="cross"),
            raises="BadRequest",
            status=400,
            says="Parameter tdMode error",
        ),
        Mistake(
            name="an id with a dash",
            ask=_raw_order(clOrdId="my-order-1"),
            raises="BadRequest",
            status=400,
            says="Parameter clOrdId error",
        ),
        Mistake(
            name="the same id twice",
            ask=_same_id_twice,
            raises="InvalidOrder",
            status=200,
            says='"sCode":"51016"',
        ),
        Mistake(
            name="unknown order",
            ask=mistakes.unknown_order,
            raises="OrderNotFound",
            status=200,
            says='"sCode":"51400"',
        ),
        Mistake(
            name="unknown order, asked for",
            ask=mistakes.unknown_order_asked,
            raises="OrderNotFound",
            status=200,
            says='"code":"51603"',
        ),
        Mistake(
            name="unknown symbol",
            ask=mistakes.unknown_symbol("AAA-BBB"),
            raises="BadSymbol",
            status=200,
            says="51001",
        ),
        Mistake(
            name="order of an unknown symbol",
            ask=mistakes.order_of_unknown_symbol("AAA-BBB"),
            raises="BadSymbol",
            status=200,
            says="51001",
        ),
        Mistake(
            name="no such path",
            ask=lambda bench: bench.desk().client.fetch_ledger("BTC"),
            raises="ExchangeError",
            status=404,
            says="Not Found",
        ),
    ),
    wire=Wire(
        unread={
            # Of how fine a currency is, ccxt keeps only what each of its chains says.
            GetCurrencies: frozenset({"precision"}),
            # The list of pairs tells no fees; ccxt has a table of its own.
            GetMarkets: frozenset({"maker", "taker"}),
        },
        # Whoever ended an order early, ccxt reads the same word.
        states={OrderStatus.EXPIRED: "canceled"},
        refusals={
            "bad_key": "ExchangeError",
            "bad_key_format": _AUTHENTICATION,
            "bad_signature": _AUTHENTICATION,
            "bad_passphrase": _AUTHENTICATION,
            "missing_key": _AUTHENTICATION,
            "missing_passphrase": _AUTHENTICATION,
            "missing_signature": _AUTHENTICATION,
            "missing_stamp": _AUTHENTICATION,
            "bad_stamp": _AUTHENTICATION,
            "wrong_environment": _AUTHENTICATION,
            "stale_stamp": "InvalidNonce",
            "right_missing": "ExchangeError",
            "ip_not_allowed": "PermissionDenied",
            "insufficient_funds": "InsufficientFunds",
            "too_small": "InvalidOrder",
            "too_large": "InvalidOrder",
            "notional_too_small": "InvalidOrder",
            "quantity_off_step": "InvalidOrder",
            "price_out_of_range": "InvalidOrder",
            "duplicate_client_id": "InvalidOrder",
            "unknown_symbol": "BadSymbol",
            "unknown_order": "OrderNotFound",
            "unknown_order_cancel": "OrderNotFound",
            "unknown_endpoint": "ExchangeError",
            "malformed": "BadRequest",
            "missing_parameter": "BadRequest",
            "too_many_orders": "ExchangeError",
            "market_closed": "ContractUnavailable",
            "rate_limited": "RateLimitExceeded",
            "overloaded": "ExchangeNotAvailable",
            "maintenance": "OnMaintenance",
            "timed_out": "RequestTimeout",
        },
        wishes=WISHES,
        key={
            "api_key": "4b1f0a52-7c9d-4e36-9f58-2d1c3b4a5968",
            "api_secret": "A1B2C3D4E5F60718293A4B5C6D7E8F90",
            "passphrase": "Dr4wbridge!",
        },
    ),
)
