"""The requests of the WebSocket API: each is one of REST under another name.

Parameters and results are those of the request over REST, so its codec reads and writes them; the
rows of the endpoint table with method `WS` say rights and costs.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.exchanges.binance import dialect
from drawbridge.wire.dialect import Claim
from drawbridge.wire.documents import write_document
from drawbridge.wire.endpoints import ANY_KEY, PUBLIC, Endpoint
from drawbridge.wire.http import WireRequest
from drawbridge.wire.stream import Proof
from drawbridge.wire.text import encoded

_MOST_PARAMETERS: Final = 60
_MOST_NAME: Final = 40
# What only streams know: whether an answer tells of limits. Ours never does.
_ABOUT_THE_ANSWER: Final = frozenset({"returnRateLimits"})


def _as(name: str, path: str, operation: str, access: str = PUBLIC) -> Endpoint:
    # Only what the codec looks at; rights and costs stand in the table.
    return Endpoint(name, "GET", path.encode(), access, operation)


# Method: the row that says rights and costs, and the request over REST that it is like.
METHODS: Final[Mapping[str, tuple[str, Endpoint]]] = MappingProxyType(
    {
        "ping": ("ws_ping", _as("ping", "/api/v3/ping", "get_fixed")),
        "time": ("ws_time", _as("time", "/api/v3/time", "get_server_time")),
        "exchangeInfo": (
            "ws_exchange_info",
            _as("exchange_info", "/api/v3/exchangeInfo", "get_markets"),
        ),
        "depth": ("ws_depth", _as("depth", "/api/v3/depth", "get_order_book")),
        "trades.recent": ("ws_trades", _as("trades", "/api/v3/trades", "get_trades")),
        "trades.aggregate": (
            "ws_aggregate_trades",
            _as("aggregate_trades", "/api/v3/aggTrades", "get_trades"),
        ),
        "klines": ("ws_klines", _as("klines", "/api/v3/klines", "get_candles")),
        "uiKlines": ("ws_ui_klines", _as("ui_klines", "/api/v3/uiKlines", "get_candles")),
        "avgPrice": ("ws_average_price", _as("average_price", "/api/v3/avgPrice", "get_ticker")),
        "ticker.24hr": ("ws_ticker", _as("ticker_24h", "/api/v3/ticker/24hr", "get_tickers")),
        "ticker.price": (
            "ws_ticker_price",
            _as("ticker_price", "/api/v3/ticker/price", "get_tickers"),
        ),
        "ticker.book": (
            "ws_ticker_book",
            _as("ticker_book", "/api/v3/ticker/bookTicker", "get_tickers"),
        ),
        "order.place": (
            "ws_order_place",
            _as("order_place", "/api/v3/order", "place_order", ANY_KEY),
        ),
        "order.test": (
            "ws_order_test",
            _as("order_test", "/api/v3/order/test", "place_order", ANY_KEY),
        ),
        "order.cancel": (
            "ws_order_cancel",
            _as("order_cancel", "/api/v3/order", "cancel_order", ANY_KEY),
        ),
        "order.status": ("ws_order_status", _as("order", "/api/v3/order", "get_order", ANY_KEY)),
        "openOrders.status": (
            "ws_open_orders",
            _as("open_orders", "/api/v3/openOrders", "get_open_orders", ANY_KEY),
        ),
        "openOrders.cancelAll": (
            "ws_open_orders_cancel",
            _as("open_orders_cancel", "/api/v3/openOrders", "cancel_all_orders", ANY_KEY),
        ),
        "allOrders": (
            "ws_all_orders",
            _as("all_orders", "/api/v3/allOrders", "get_closed_orders", ANY_KEY),
        ),
        "myTrades": (
            "ws_my_trades",
            _as("my_trades", "/api/v3/myTrades", "get_own_trades", ANY_KEY),
        ),
        "account.status": (
            "ws_account",
            _as("account", "/api/v3/account", "get_balances", ANY_KEY),
        ),
    }
)


def read_texts(params: object) -> dict[str, str]:
    """Read the parameters of a request as the texts that are signed.

    Raises: `BadInput("malformed")` naming the parameter, `BadInput("too_many_parameters")`.
    """
    if params is None:
        return {}
    if not isinstance(params, dict):
        raise BadInput("malformed", field="params")
    if len(params) > _MOST_PARAMETERS:
        raise BadInput("too_many_parameters", field="params")
    return {name: _text(name, value) for name, value in params.items() if value is not None}


def as_request(endpoint: Endpoint, texts: Mapping[str, str]) -> WireRequest:
    """Write the parameters as the request over REST would carry them."""
    told = {name: value for name, value in texts.items() if name not in _ABOUT_THE_ANSWER}
    query = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in told.items())
    return WireRequest(endpoint.method, endpoint.path, query.encode("ascii"))


def read_proof(texts: Mapping[str, str]) -> Proof:
    """Read what signed parameters claim, and what was signed: all of them, sorted by name.

    Raises: `BadInput("missing_parameter")`, `BadInput("bad_window")`, `NotProven`.
    """
    if not texts.get("apiKey"):
        raise BadInput("missing_parameter", field="apiKey")
    query = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in texts.items())
    key = (b"x-mbx-apikey", texts["apiKey"].encode("utf-8"))
    claim: Claim = dialect.claim(WireRequest("GET", b"/", query.encode("ascii"), (key,)))
    signed = sorted(texts.items() - {("signature", texts.get("signature", ""))})
    return Proof(claim, "&".join(f"{name}={value}" for name, value in signed).encode("utf-8"))


def _text(name: str, value: Any) -> str:  # noqa: ANN401  JSON has no type until it is read
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return write_document(value).decode("utf-8")
    if isinstance(value, dict):
        raise BadInput("malformed", field=name[:_MOST_NAME])
    return str(value)
