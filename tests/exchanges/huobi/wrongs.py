"""What clients of HTX do wrong, and what they are told: for the table in `clients.py`."""

from collections.abc import Callable
from typing import Any

from tests.real_clients import mistakes
from tests.real_clients.bench import Bench
from tests.real_clients.table import Client, Mistake

_AUTHENTICATION = "AuthenticationError"
_NOT_VALID = "api-signature-not-valid"


def _raw_order(**changed: object) -> Callable[[Bench], None]:
    """Place an order past ccxt's own rounding."""

    def ask(bench: Bench) -> None:
        desk = bench.desk()
        account = desk.client.fetch_accounts()[0]["id"]
        order = {"account-id": account, "symbol": "btcusdt", "type": "buy-limit", "amount": "0.01"}
        told = {**order, "price": desk.far_price, **changed}
        desk.client.spotPrivatePostV1OrderOrdersPlace(told)

    return ask


def _raw(call: Callable[[Client], Any]) -> Callable[[Bench], None]:
    """Ask something past ccxt's own methods."""

    def ask(bench: Bench) -> None:
        call(bench.desk().client)

    return ask


def _withdraw(client: Client) -> None:
    client.withdraw("BTC", 0.1, "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", {"network": "BTC"})


def _stale_stamp(bench: Bench) -> None:
    """Live more than five minutes in the past."""
    client = bench.desk().client
    mistakes.set_clock(client, -400_000)
    client.fetch_balance()


def _same_id_twice(bench: Bench) -> None:
    desk = bench.desk()
    for _ in range(2):
        desk.place(clientOrderId="htx-twice")


def _cancel_twice(bench: Bench) -> None:
    desk = bench.desk()
    placed = desk.place()["id"]
    for _ in range(2):
        desk.client.cancel_order(placed, desk.symbol)


def _row(name: str, ask: Callable[[Bench], object], raises: str, says: str) -> Mistake:
    return Mistake(name=name, ask=ask, raises=raises, status=200, says=says)


MISTAKES = (
    _row("wrong secret", mistakes.wrong_secret, _AUTHENTICATION, "Verification failure"),
    _row("unknown key", mistakes.unknown_key, _AUTHENTICATION, "Incorrect Access key"),
    _row("no trading right", mistakes.no_trading_right, "PermissionDenied", _NOT_VALID),
    _row("no right to withdraw", _raw(_withdraw), "PermissionDenied", "no permission"),
    _row("stale stamp", _stale_stamp, _AUTHENTICATION, "Invalid submission time"),
    _row("other address", mistakes.other_address, _AUTHENTICATION, "Incorrect IP address"),
    _row(
        "wrong secret at the second version",
        lambda bench: bench.client(
            {**bench.key(), "api_secret": bench.key()["api_secret"]}
        ).spotPrivateGetV2UserUid(),
        _AUTHENTICATION,
        '"code":1003',
    ),
    _row(
        "too little money",
        mistakes.too_little_money,
        "InsufficientFunds",
        "account-frozen-balance-insufficient-error",
    ),
    _row(
        "below the smallest size",
        _raw_order(amount="0.000001"),
        "InvalidOrder",
        "order-limitorder-amount-min-error",
    ),
    _row(
        "below the smallest amount",
        _raw_order(amount="0.00001"),
        "InvalidOrder",
        "order-value-min-error",
    ),
    _row(
        "price off the tick",
        _raw_order(price="20000.001"),
        "InvalidOrder",
        "order-orderprice-precision-error",
    ),
    _row(
        "quantity off the step",
        _raw_order(amount="0.01000001"),
        "ExchangeError",
        "order-orderamount-precision-error",
    ),
    _row("a price in words", _raw_order(price="cheap"), "BadRequest", "Format Error: price"),
    _row("no price", _raw_order(price=""), "BadRequest", "Field is missing: price"),
    _row("borrowed money", _raw_order(source="margin-api"), "BadRequest", "Format Error: source"),
    _row("another account", _raw_order(**{"account-id": "x"}), "BadRequest", "account-id"),
    _row("the same id twice", _same_id_twice, "ExchangeError", "invalid-client-order-id"),
    _row("unknown order", mistakes.unknown_order, "OrderNotFound", "order-orderstate-error"),
    _row("an order cancelled twice", _cancel_twice, "OrderNotFound", "order-orderstate-error"),
    _row(
        "unknown order, asked for",
        mistakes.unknown_order_asked,
        "OrderNotFound",
        "base-record-invalid",
    ),
    _row("unknown symbol", mistakes.unknown_symbol("aaabbb"), "BadSymbol", "base-symbol-error"),
    _row(
        "order of an unknown symbol",
        mistakes.order_of_unknown_symbol("aaabbb"),
        "BadSymbol",
        "base-symbol-error",
    ),
    _row(
        "months as candles",
        _raw(lambda c: c.fetch_ohlcv("BTC/USDT", "1M")),
        "BadRequest",
        "invalid period",
    ),
    Mistake(
        name="no such path",
        ask=_raw(lambda c: c.spotPrivateGetV1AccountHistory()),
        raises="ExchangeError",
        status=405,
        says="method-not-allowed",
    ),
)

REFUSALS = {
    "bad_key": _AUTHENTICATION,
    "bad_signature": _AUTHENTICATION,
    "stale_stamp": _AUTHENTICATION,
    "stamp_ahead": _AUTHENTICATION,
    "key_expired": _AUTHENTICATION,
    "ip_not_allowed": _AUTHENTICATION,
    "right_missing": "PermissionDenied",
    "missing_header": "ExchangeError",
    "insufficient_funds": "InsufficientFunds",
    "too_small": "InvalidOrder",
    "too_large": "InvalidOrder",
    "notional_too_small": "InvalidOrder",
    "price_off_tick": "InvalidOrder",
    "quantity_off_step": "ExchangeError",
    "price_out_of_range": "InvalidOrder",
    "unknown_symbol": "BadSymbol",
    "market_closed": "BadSymbol",
    "unknown_order": "OrderNotFound",
    "unknown_order_cancel": "OrderNotFound",
    "unknown_endpoint": "ExchangeError",
    "malformed": "BadRequest",
    "missing_parameter": "BadRequest",
    "bad_interval": "BadRequest",
    "rate_limited": "RateLimitExceeded",
    "overloaded": "ExchangeNotAvailable",
    "maintenance": "OnMaintenance",
    "timed_out": "RequestTimeout",
}
