"""What can be done wrong at Coinbase, and how ccxt hears of it."""

from collections.abc import Callable

from tests.real_clients import mistakes
from tests.real_clients.bench import Bench
from tests.real_clients.table import Mistake

SYMBOL = "BTC/USD"


def _same_id_twice(bench: Bench) -> None:
    desk = bench.desk()
    for _ in range(2):
        desk.place(client_order_id="twice-used")


def _configured(name: str, **parts: object) -> Callable[[Bench], None]:
    """Place an order of this configuration past ccxt's own checks."""

    def ask(bench: Bench) -> None:
        bench.desk().client.v3PrivatePostBrokerageOrders(
            {
                "client_order_id": "by-hand",
                "product_id": "BTC-USD",
                "side": "BUY",
                "order_configuration": {name: parts},
            }
        )

    return ask


MISTAKES = (
    Mistake(
        name="wrong secret",
        ask=mistakes.wrong_secret,
        raises="AuthenticationError",
        status=401,
        says="Unauthorized",
    ),
    Mistake(
        name="unknown key",
        ask=mistakes.unknown_key,
        raises="AuthenticationError",
        status=401,
        says="Unauthorized",
    ),
    Mistake(
        name="no trading right",
        ask=mistakes.no_trading_right,
        raises="PermissionDenied",
        status=403,
        says='"error_details":"Missing required scopes"',
    ),
    Mistake(
        name="stale stamp",
        ask=mistakes.stale_stamp,
        raises="AuthenticationError",
        status=401,
        says="Unauthorized",
    ),
    Mistake(
        name="other address",
        ask=mistakes.other_address,
        raises="AuthenticationError",
        status=401,
        says="Unauthorized",
    ),
    Mistake(
        name="too little money",
        ask=mistakes.too_little_money,
        raises="InsufficientFunds",
        status=200,
        says="PREVIEW_INSUFFICIENT_FUND",
    ),
    Mistake(
        name="below the smallest size",
        ask=mistakes.below_smallest,
        raises="ExchangeError",
        status=200,
        says="PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL",
    ),
    Mistake(
        name="price off the tick",
        ask=_configured("limit_limit_gtc", base_size="0.001", limit_price="20000.001"),
        raises="ExchangeError",
        status=200,
        says="PREVIEW_INVALID_PRICE_PRECISION",
    ),
    Mistake(
        name="quantity off the step",
        ask=_configured("limit_limit_gtc", base_size="0.0010000001", limit_price="20000"),
        raises="ExchangeError",
        status=200,
        says="PREVIEW_INVALID_SIZE_PRECISION",
    ),
    Mistake(
        name="a stop on the wrong side",
        ask=lambda bench: bench.desk().client.create_order(
            SYMBOL, "limit", "sell", 0.001, 20_000, {"stopLossPrice": 900_000}
        ),
        raises="InvalidOrder",
        status=200,
        says="PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE",
    ),
    Mistake(
        name="an order with an end",
        ask=_configured(
            "limit_limit_gtd",
            base_size="0.001",
            limit_price="20000",
            end_time="2030-01-01T00:00:00Z",
        ),
        raises="BadRequest",
        status=200,
        says="UNSUPPORTED_ORDER_CONFIGURATION",
    ),
    Mistake(
        name="a price in words",
        ask=_configured("limit_limit_gtc", base_size="0.001", limit_price="cheap"),
        raises="BadRequest",
        status=400,
        says="INVALID_ARGUMENT",
    ),
    Mistake(
        name="the same id twice",
        ask=_same_id_twice,
        raises="ExchangeError",
        status=200,
        says="DUPLICATE_CLIENT_ORDER_ID",
    ),
    Mistake(
        name="unknown order",
        ask=mistakes.unknown_order,
        raises="BadRequest",
        status=200,
        says="UNKNOWN_CANCEL_ORDER",
    ),
    Mistake(
        name="unknown order, asked for",
        ask=mistakes.unknown_order_asked,
        raises="ExchangeError",
        status=404,
        says="order with this orderID was not found",
    ),
    Mistake(
        name="unknown symbol",
        ask=mistakes.unknown_symbol("AAA-BBB"),
        raises="BadRequest",
        status=400,
        says="valid product_id is required",
    ),
    Mistake(
        name="order of an unknown symbol",
        ask=mistakes.order_of_unknown_symbol("AAA-BBB"),
        raises="BadRequest",
        status=400,
        says="valid product_id is required",
    ),
    Mistake(
        name="money on its way out",
        ask=lambda bench: bench.desk().client.withdraw("BTC", 0.01, "an-address"),
        raises="PermissionDenied",
        status=403,
        says="Missing required scopes",
    ),
)
