"""What clients of Gate do wrong, and what they are told: for the table in `clients.py`."""

from collections.abc import Callable

from tests.real_clients import mistakes
from tests.real_clients.bench import Bench
from tests.real_clients.table import Client, Mistake

ID = "BTC_USDT"


def _raw_order(**changed: object) -> Callable[[Bench], None]:
    """Place an order past ccxt's own rounding."""

    def ask(bench: Bench) -> None:
        desk = bench.desk()
        order = {"currency_pair": ID, "type": "limit", "side": "buy", "amount": "0.01"}
        desk.client.privateSpotPostOrders({**order, "price": desk.far_price, **changed})

    return ask


def _with_header(name: str, value: str) -> Callable[[Bench], None]:
    """Send another header than the one that ccxt signs."""

    def ask(bench: Bench) -> None:
        client = bench.client()
        client.options["unifiedAccount"] = False
        client.headers = {name: value}
        client.privateSpotGetAccounts()

    return ask


def _withdraw(client: Client) -> None:
    client.withdraw("BTC", 0.1, "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", {"network": "BTC"})


def _transfer(client: Client) -> None:
    client.transfer("USDT", 1, "spot", "swap")


def _same_id_twice(bench: Bench) -> None:
    desk = bench.desk()
    for _ in range(2):
        desk.place(clientOrderId="gate-twice")


_AUTHENTICATION = "AuthenticationError"

MISTAKES = (
    Mistake(
        name="wrong secret",
        ask=mistakes.wrong_secret,
        raises=_AUTHENTICATION,
        status=401,
        says="INVALID_SIGNATURE",
    ),
    Mistake(
        name="unknown key",
        ask=mistakes.unknown_key,
        raises=_AUTHENTICATION,
        status=401,
        says="INVALID_KEY",
    ),
    Mistake(
        name="no signature",
        ask=_with_header("SIGN", ""),
        raises=_AUTHENTICATION,
        status=401,
        says="MISSING_REQUIRED_HEADER",
    ),
    Mistake(
        name="no trading right",
        ask=mistakes.no_trading_right,
        raises="PermissionDenied",
        status=403,
        says="READ_ONLY",
    ),
    Mistake(
        name="no right to withdraw",
        ask=lambda bench: _withdraw(bench.desk().client),
        raises="PermissionDenied",
        status=403,
        says="FORBIDDEN",
    ),
    Mistake(
        name="no right to transfer",
        ask=lambda bench: _transfer(bench.desk().client),
        raises="PermissionDenied",
        status=403,
        says="READ_ONLY",
    ),
    Mistake(
        name="stale stamp",
        ask=mistakes.stale_stamp,
        raises=_AUTHENTICATION,
        status=401,
        says="REQUEST_EXPIRED",
    ),
    Mistake(
        name="other address",
        ask=mistakes.other_address,
        raises=_AUTHENTICATION,
        status=401,
        says="Request IP not in whitelist: 127.0.0.1",
    ),
    Mistake(
        name="too little money",
        ask=mistakes.too_little_money,
        raises="InsufficientFunds",
        status=400,
        says="BALANCE_NOT_ENOUGH",
    ),
    Mistake(
        name="below the smallest size",
        ask=_raw_order(amount="0.000001"),
        raises="InvalidOrder",
        status=400,
        says="AMOUNT_TOO_LITTLE",
    ),
    Mistake(
        name="below the smallest amount",
        ask=_raw_order(amount="0.00001", price="1000"),
        raises="BadRequest",
        status=400,
        says="Your order size is too small. The minimum is 3",
    ),
    Mistake(
        name="quantity off the step",
        ask=_raw_order(amount="0.01000001"),
        raises="InvalidOrder",
        status=400,
        says="INVALID_PRECISION",
    ),
    Mistake(
        name="price off the tick",
        ask=_raw_order(price="20000.01"),
        raises="InvalidOrder",
        status=400,
        says="INVALID_PRECISION",
    ),
    Mistake(
        name="a price in words",
        ask=_raw_order(price="cheap"),
        raises="BadRequest",
        status=400,
        says="invalid argument: price",
    ),
    Mistake(
        name="an id without its mark",
        ask=_raw_order(text="mine"),
        raises="BadRequest",
        status=400,
        says="invalid argument: text",
    ),
    Mistake(
        name="another account than spot",
        ask=_raw_order(account="margin"),
        raises="BadRequest",
        status=400,
        says="invalid argument: account",
    ),
    Mistake(
        name="no amount",
        ask=_raw_order(amount=""),
        raises="ArgumentsRequired",
        status=400,
        says="MISSING_REQUIRED_PARAM",
    ),
    Mistake(
        name="the same id twice",
        ask=_same_id_twice,
        raises="InvalidOrder",
        status=400,
        says="REPEATED_CREATION",
    ),
    Mistake(
        name="unknown order",
        ask=mistakes.unknown_order,
        raises="OrderNotFound",
        status=404,
        says="ORDER_NOT_FOUND",
    ),
    Mistake(
        name="unknown order, asked for",
        ask=mistakes.unknown_order_asked,
        raises="OrderNotFound",
        status=404,
        says="ORDER_NOT_FOUND",
    ),
    Mistake(
        name="unknown symbol",
        ask=mistakes.unknown_symbol("AAA_BBB"),
        raises="BadSymbol",
        status=400,
        says="INVALID_CURRENCY_PAIR",
    ),
    Mistake(
        name="order of an unknown symbol",
        ask=mistakes.order_of_unknown_symbol("AAA_BBB"),
        raises="BadSymbol",
        status=400,
        says="INVALID_CURRENCY_PAIR",
    ),
    Mistake(
        name="no such path",
        ask=lambda bench: bench.desk().client.privateRebateGetUserInfo(),
        raises="ExchangeError",
        status=404,
        says="NOT_FOUND",
    ),
)

REFUSALS = {
    "bad_key": _AUTHENTICATION,
    "bad_signature": _AUTHENTICATION,
    "stale_stamp": _AUTHENTICATION,
    "stamp_ahead": _AUTHENTICATION,
    "missing_header": _AUTHENTICATION,
    "right_missing": "PermissionDenied",
    "right_read_only": "PermissionDenied",
    "ip_not_allowed": _AUTHENTICATION,
    "insufficient_funds": "InsufficientFunds",
    "too_small": "InvalidOrder",
    "too_large": "InvalidOrder",
    # ccxt has a rule for these words and never comes to it.
    "notional_too_small": "BadRequest",
    "quantity_off_step": "InvalidOrder",
    "price_off_tick": "InvalidOrder",
    "price_out_of_range": "InvalidOrder",
    "post_only_would_take": "OrderImmediatelyFillable",
    "duplicate_client_id": "InvalidOrder",
    "too_many_orders": "InvalidOrder",
    "unknown_symbol": "BadSymbol",
    "unknown_order": "OrderNotFound",
    "unknown_order_cancel": "OrderNotFound",
    "unknown_endpoint": "ExchangeError",
    "malformed": "BadRequest",
    "missing_parameter": "ArgumentsRequired",
    "bad_interval": "BadRequest",
    "rate_limited": "RateLimitExceeded",
    "overloaded": "ExchangeNotAvailable",
    "maintenance": "ExchangeNotAvailable",
    "timed_out": "ExchangeNotAvailable",
}
