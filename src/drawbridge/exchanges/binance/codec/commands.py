"""Reading Binance's requests as operations, for whoever answers or judges them.

Everything is suspect: what is missing, doubled, misspelt or too fine is refused by name, and
so is a parameter that would change an order's meaning in a way that nothing here carries out.
Parameters that change nothing are let be, as the exchange lets them be.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetBalances,
    GetCandles,
    GetClosedOrders,
    GetCurrencies,
    GetFixed,
    GetKeyRights,
    GetMarkets,
    GetOpenOrders,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetServerTime,
    GetStreamToken,
    GetTicker,
    GetTickers,
    GetTrades,
    Operation,
    PlaceOrder,
)
from drawbridge.core.orders import OrderType, TimeInForce, Trigger
from drawbridge.exchanges.binance.codec.fields import (
    Found,
    find_amount,
    find_id,
    find_number,
    need,
    read_client_id,
    read_limit,
    read_symbol,
    read_symbols,
    read_word,
)
from drawbridge.exchanges.binance.codec.tables import (
    CONDITIONAL,
    INTERVALS,
    LIMIT_MAKER,
    LISTEN_KEY_LASTS_MS,
    MOST_CANDLES,
    MOST_LEVELS,
    MOST_ROWS,
    ORDER_TYPES,
    SELF_TRADE_MODE,
    SIDES,
    TIMES_IN_FORCE,
    USUAL_CANDLES,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireRequest
from drawbridge.wire.text import parameters

_MOST_PIECES: Final = 100
# What an order may hold. Anything else would make it another kind of order, now or in some later
# version of the exchange, and whoever judges orders by what is read here would never know.
_OF_ORDERS: Final = frozenset(
    {
        *("symbol", "side", "type", "timeInForce", "quantity", "quoteOrderQty", "price"),
        *("newClientOrderId", "stopPrice", "newOrderRespType", "selfTradePreventionMode"),
        *("strategyId", "strategyType", "computeCommissionRates"),
        *("apiKey", "recvWindow", "timestamp", "signature"),
    }
)


def decode_request(view: ServerView) -> Operation[Any]:
    """Read a request as the operation that its endpoint stands for.

    Raises: `BadInput` naming the field, `NotFound("unknown_symbol")`.
    """
    read = _READERS.get(view.endpoint.operation)
    if read is None:
        raise BadInput("malformed", field="operation")
    return read(view, read_parameters(view.request))


def read_parameters(request: WireRequest) -> dict[str, str]:
    """Read all parameters; what stands in query and body counts as it stands in the query.

    Raises: `BadInput` `malformed`, `duplicate_parameter`, `too_many_parameters`.
    """
    found = _read_raw(request.query)
    # The exchange reads a GET's parameters from the query alone, whatever its body says.
    if request.body and request.method != "GET":
        return {**_read_raw(request.body), **found}
    return found


def _read_raw(raw: bytes) -> dict[str, str]:
    if not raw:
        return {}
    try:
        if b"%" not in raw and b"+" not in raw:
            # Most requests hold nothing encoded; reading them is on the way of every order.
            pieces = raw.decode("ascii").split("&", _MOST_PIECES)
            plain = {name: value for name, _, value in [text.partition("=") for text in pieces]}
            if len(plain) == len(pieces) <= _MOST_PIECES:
                return plain
        found = parameters(raw)
        return {name.decode("ascii"): value.decode("ascii") for name, value in found.items()}
    except UnicodeDecodeError:
        raise BadInput("malformed", field="parameters") from None


def _server_time(_: ServerView, __: Found) -> GetServerTime:
    return GetServerTime()


def _fixed(view: ServerView, _: Found) -> GetFixed:
    return GetFixed(view.endpoint.answer)


def _markets(view: ServerView, found: Found) -> GetMarkets:
    return GetMarkets(read_symbols(found, view.markets))


def _currencies(_: ServerView, __: Found) -> GetCurrencies:
    return GetCurrencies()


def _ticker(view: ServerView, found: Found) -> GetTicker:
    return GetTicker(read_symbol(found, view.markets))


def _tickers(view: ServerView, found: Found) -> GetTicker | GetTickers:
    if found.get("type", "FULL") not in {"FULL", "MINI"}:
        raise BadInput("malformed", field="type")
    if "symbol" in found:
        return _ticker(view, found)
    return GetTickers(read_symbols(found, view.markets))


def _candles(view: ServerView, found: Found) -> GetCandles:
    interval_ms = INTERVALS.get(need(found, "interval"))
    if interval_ms is None:
        raise BadInput("bad_interval", field="interval")
    # Days that begin elsewhere than at midnight UTC would be other candles.
    if found.get("timeZone", "0") not in {"0", "00:00", "+00:00"}:
        raise BadInput("malformed", field="timeZone")
    return GetCandles(
        symbol=read_symbol(found, view.markets),
        interval_ms=interval_ms,
        since_ms=find_number(found, "startTime"),
        until_ms=find_number(found, "endTime"),
        limit=read_limit(found, MOST_CANDLES) or USUAL_CANDLES,
    )


def _order_book(view: ServerView, found: Found) -> GetOrderBook:
    return GetOrderBook(read_symbol(found, view.markets), read_limit(found, MOST_LEVELS))


def _trades(view: ServerView, found: Found) -> GetTrades:
    if "fromId" in found:
        raise BadInput("unwanted_parameter", field="fromId")
    return GetTrades(
        symbol=read_symbol(found, view.markets),
        since_ms=find_number(found, "startTime"),
        limit=read_limit(found, MOST_ROWS),
        until_ms=find_number(found, "endTime"),
    )


def _balances(_: ServerView, __: Found) -> GetBalances:
    return GetBalances()


def _place(view: ServerView, found: Found) -> PlaceOrder:
    symbol = read_symbol(found, view.markets)
    side = read_word(found, "side", SIDES, "bad_side")
    kind = read_word(found, "type", ORDER_TYPES, "bad_order_type")
    if unread := found.keys() - _OF_ORDERS:
        raise BadInput("unwanted_parameter", field=min(unread)[:40])
    if found.get("selfTradePreventionMode", SELF_TRADE_MODE) != SELF_TRADE_MODE:
        raise BadInput("malformed", field="selfTradePreventionMode")
    quantity = find_amount(found, "quantity")
    cost = find_amount(found, "quoteOrderQty")
    price = find_amount(found, "price")
    if kind is OrderType.MARKET:
        _check_market_terms(found)
        tif = TimeInForce.GTC
    else:
        _check_limit_terms(found)
        tif = _time_in_force(found)
    return PlaceOrder(
        symbol=symbol,
        side=side,
        type=kind,
        quantity=quantity,
        price=price,
        time_in_force=tif,
        client_id=read_client_id(found, "newClientOrderId"),
        quote_quantity=cost,
        post_only=found["type"] == LIMIT_MAKER,
        dry_run=view.endpoint.path.endswith(b"/test"),
        trigger=_read_trigger(found),
    )


def _read_trigger(found: Found) -> Trigger | None:
    conditional = CONDITIONAL.get(found["type"])
    price = find_amount(found, "stopPrice")
    if conditional is None:
        if price is not None:
            raise BadInput("unwanted_parameter", field="stopPrice")
        return None
    if price is None:
        raise BadInput("missing_parameter", field="stopPrice")
    return Trigger(conditional[0], price)


def _check_market_terms(found: Found) -> None:
    for name in ("price", "timeInForce"):
        if name in found:
            raise BadInput("unwanted_parameter", field=name)
    if "quoteOrderQty" in found and ("quantity" in found or found["type"] in CONDITIONAL):
        raise BadInput("unwanted_parameter", field="quoteOrderQty")
    if "quantity" not in found and "quoteOrderQty" not in found:
        raise BadInput("missing_parameter", field="quantity")


def _check_limit_terms(found: Found) -> None:
    if "quoteOrderQty" in found:
        raise BadInput("unwanted_parameter", field="quoteOrderQty")
    for name in ("quantity", "price"):
        if name not in found:
            raise BadInput("missing_parameter", field=name)


def _time_in_force(found: Found) -> TimeInForce:
    if found["type"] != LIMIT_MAKER:
        return read_word(found, "timeInForce", TIMES_IN_FORCE, "bad_time_in_force")
    if "timeInForce" in found:
        raise BadInput("unwanted_parameter", field="timeInForce")
    return TimeInForce.GTC


def _cancel(view: ServerView, found: Found) -> CancelOrder:
    if "cancelRestrictions" in found:
        raise BadInput("unwanted_parameter", field="cancelRestrictions")
    read_client_id(found, "newClientOrderId")
    symbol = read_symbol(found, view.markets)
    order_id, client_id = _which(found)
    return CancelOrder(symbol=symbol, order_id=order_id, client_id=client_id)


def _cancel_all(view: ServerView, found: Found) -> CancelAllOrders:
    return CancelAllOrders(read_symbol(found, view.markets))


def _order(view: ServerView, found: Found) -> GetOrder:
    symbol = read_symbol(found, view.markets)
    order_id, client_id = _which(found)
    return GetOrder(symbol=symbol, order_id=order_id, client_id=client_id)


def _which(found: Found) -> tuple[str, str]:
    order_id = find_id(found, "orderId")
    client_id = read_client_id(found, "origClientOrderId")
    if not order_id and not client_id:
        raise BadInput("missing_parameter", field="orderId")
    return order_id, client_id


def _open_orders(view: ServerView, found: Found) -> GetOpenOrders:
    return GetOpenOrders(read_symbol(found, view.markets) if "symbol" in found else "")


def _closed_orders(view: ServerView, found: Found) -> GetClosedOrders:
    limit = read_limit(found, MOST_ROWS)
    return GetClosedOrders(
        symbol=read_symbol(found, view.markets),
        since_ms=find_number(found, "startTime"),
        until_ms=find_number(found, "endTime"),
        # From a first id on, the answer is cut to its limit when it is written.
        limit=None if find_id(found, "orderId") else limit,
        include_open=True,
    )


def _own_trades(view: ServerView, found: Found) -> GetOwnTrades:
    return GetOwnTrades(
        symbol=read_symbol(found, view.markets),
        order_id=find_id(found, "orderId"),
        since_ms=find_number(found, "startTime"),
        until_ms=find_number(found, "endTime"),
        from_id=find_id(found, "fromId"),
        limit=read_limit(found, MOST_ROWS),
    )


def _key_rights(_: ServerView, __: Found) -> GetKeyRights:
    return GetKeyRights()


def _stream_token(view: ServerView, found: Found) -> GetStreamToken:
    if view.request.method == "POST":
        return GetStreamToken(lasts_ms=LISTEN_KEY_LASTS_MS)
    ends = view.request.method == "DELETE"
    return GetStreamToken(need(found, "listenKey"), LISTEN_KEY_LASTS_MS, ends=ends)


_READERS: Final[Mapping[str, Callable[[ServerView, Found], Operation[Any]]]] = MappingProxyType(
    {
        "get_server_time": _server_time,
        "get_fixed": _fixed,
        "get_markets": _markets,
        "get_currencies": _currencies,
        "get_ticker": _ticker,
        "get_tickers": _tickers,
        "get_candles": _candles,
        "get_order_book": _order_book,
        "get_trades": _trades,
        "get_balances": _balances,
        "place_order": _place,
        "cancel_order": _cancel,
        "cancel_all_orders": _cancel_all,
        "get_order": _order,
        "get_open_orders": _open_orders,
        "get_closed_orders": _closed_orders,
        "get_own_trades": _own_trades,
        "get_key_rights": _key_rights,
        "get_stream_token": _stream_token,
    }
)
