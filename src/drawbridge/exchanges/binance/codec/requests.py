"""Writing our operations as Binance's requests, unsigned.

Parameters stand in the order in which ccxt writes them, so that an independent client's bytes
check ours. What a text could smuggle into a query (ids of orders) is refused here.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import plain
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetBalances,
    GetCandles,
    GetClosedOrders,
    GetCurrencies,
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
from drawbridge.core.orders import OrderType, TimeInForce, Trigger, TriggerBy
from drawbridge.exchanges.binance.codec.tables import (
    CLIENT_ID,
    CONDITIONAL_WORDS,
    INTERVAL_WORDS,
    MOST_CANDLES,
    ORDER_ID,
    SIDE_WORDS,
    TIME_IN_FORCE_WORDS,
    TRADES_SPAN_MS,
    USUAL_CANDLES,
    WINDOW,
)
from drawbridge.wire.http import FORM_TYPE, WireRequest
from drawbridge.wire.text import encoded

_FORM: Final = (FORM_TYPE,)


def encode_request(operation: Operation[Any], markets: Markets) -> WireRequest:
    """Write an operation as an unsigned request.

    Raises: `BadInput` naming the field, `NotFound("unknown_symbol")`.
    """
    write = _WRITERS.get(type(operation))
    if write is None:
        raise BadInput("malformed", field="operation")
    return write(operation, markets)


def _server_time(_: GetServerTime, __: Markets) -> WireRequest:
    return WireRequest("GET", b"/api/v3/time")


def _markets(operation: GetMarkets, markets: Markets) -> WireRequest:
    return _get(b"/api/v3/exchangeInfo", _symbols(operation.symbols, markets))


def _currencies(_: GetCurrencies, __: Markets) -> WireRequest:
    return _get(b"/sapi/v1/capital/config/getall", WINDOW)


def _ticker(operation: GetTicker, markets: Markets) -> WireRequest:
    return _get(b"/api/v3/ticker/24hr", f"symbol={markets.get(operation.symbol).id}")


def _tickers(operation: GetTickers, markets: Markets) -> WireRequest:
    return _get(b"/api/v3/ticker/24hr", _symbols(operation.symbols, markets))


def _candles(operation: GetCandles, markets: Markets) -> WireRequest:
    interval = INTERVAL_WORDS.get(operation.interval_ms)
    if interval is None:
        raise BadInput("bad_interval", field="interval_ms", value=operation.interval_ms)
    limit = USUAL_CANDLES if operation.limit is None else min(operation.limit, MOST_CANDLES)
    symbol = markets.get(operation.symbol).id
    return _get(
        b"/api/v3/klines",
        f"interval={interval}&limit={limit}&symbol={symbol}"
        f"{_number('startTime', operation.since_ms)}{_number('endTime', operation.until_ms)}",
    )


def _order_book(operation: GetOrderBook, markets: Markets) -> WireRequest:
    symbol = markets.get(operation.symbol).id
    return _get(b"/api/v3/depth", f"symbol={symbol}{_number('limit', operation.depth)}")


def _trades(operation: GetTrades, markets: Markets) -> WireRequest:
    since_ms, until_ms = operation.since_ms, operation.until_ms
    if until_ms is None and since_ms is not None:
        until_ms = since_ms + TRADES_SPAN_MS
    return _get(
        b"/api/v3/aggTrades",
        f"symbol={markets.get(operation.symbol).id}{_number('startTime', since_ms)}"
        f"{_number('endTime', until_ms)}{_number('limit', operation.limit)}",
    )


def _balances(_: GetBalances, __: Markets) -> WireRequest:
    return _get(b"/api/v3/account", WINDOW)


def _place(operation: PlaceOrder, markets: Markets) -> WireRequest:
    client_id = operation.client_id
    if operation.leverage is not None:
        raise BadInput("unwanted_parameter", field="leverage")
    named = f"&newClientOrderId={_client_id(client_id)}" if client_id else ""
    body = (
        f"symbol={markets.get(operation.symbol).id}&side={SIDE_WORDS[operation.side]}{named}"
        f"&newOrderRespType=FULL&type={_terms(operation)}&{WINDOW}"
    )
    path = b"/api/v3/order/test" if operation.dry_run else b"/api/v3/order"
    return WireRequest("POST", path, b"", _FORM, body.encode("ascii"))


def _terms(operation: PlaceOrder) -> str:
    """Write the type and the amounts that go with it."""
    if operation.trigger is not None:
        return _conditional_terms(operation, operation.trigger)
    if operation.type is OrderType.MARKET:
        return _market_terms(operation)
    if operation.quote_quantity is not None:
        raise BadInput("unwanted_parameter", field="quote_quantity")
    if operation.quantity is None or operation.price is None:
        missing = "quantity" if operation.quantity is None else "price"
        raise BadInput("missing_parameter", field=missing)
    amounts = f"quantity={plain(operation.quantity)}&price={plain(operation.price)}"
    if not operation.post_only:
        tif = TIME_IN_FORCE_WORDS[operation.time_in_force]
        return f"LIMIT&{amounts}&timeInForce={tif}"
    if operation.time_in_force is not TimeInForce.GTC:
        raise BadInput("unwanted_parameter", field="time_in_force")
    return f"LIMIT_MAKER&{amounts}"


def _conditional_terms(operation: PlaceOrder, trigger: Trigger) -> str:
    """Write an order that waits for the last price; it names what it sells or buys, not a cost."""
    if trigger.by is not TriggerBy.LAST:
        raise BadInput("unwanted_parameter", field="trigger")
    if operation.post_only or operation.quote_quantity is not None:
        unwanted = "post_only" if operation.post_only else "quote_quantity"
        raise BadInput("unwanted_parameter", field=unwanted)
    plainly = replace(operation, trigger=None)
    _, _, amounts = _terms(plainly).partition("&")
    word, stop = CONDITIONAL_WORDS[trigger.kind, operation.type], plain(trigger.price)
    amounts, _, tif = amounts.partition("&timeInForce=")
    return f"{word}&{amounts}&stopPrice={stop}" + (f"&timeInForce={tif}" if tif else "")


def _market_terms(operation: PlaceOrder) -> str:
    if operation.price is not None:
        raise BadInput("unwanted_parameter", field="price")
    # What a market order cannot fill at once ends by itself; it can promise nothing else.
    if operation.post_only or operation.time_in_force is TimeInForce.FOK:
        raise BadInput("unwanted_parameter", field="time_in_force")
    if operation.quantity is not None and operation.quote_quantity is not None:
        raise BadInput("unwanted_parameter", field="quote_quantity")
    if operation.quantity is not None:
        return f"MARKET&quantity={plain(operation.quantity)}"
    if operation.quote_quantity is not None:
        return f"MARKET&quoteOrderQty={plain(operation.quote_quantity)}"
    raise BadInput("missing_parameter", field="quantity")


def _cancel(operation: CancelOrder, markets: Markets) -> WireRequest:
    return WireRequest("DELETE", b"/api/v3/order", _which(operation, markets))


def _cancel_all(operation: CancelAllOrders, markets: Markets) -> WireRequest:
    if not operation.symbol:
        raise BadInput("missing_parameter", field="symbol")
    query = f"symbol={markets.get(operation.symbol).id}&{WINDOW}"
    return WireRequest("DELETE", b"/api/v3/openOrders", query.encode("ascii"))


def _order(operation: GetOrder, markets: Markets) -> WireRequest:
    return WireRequest("GET", b"/api/v3/order", _which(operation, markets))


def _which(operation: CancelOrder | GetOrder, markets: Markets) -> bytes:
    """Name an order, by the client's id where there is one."""
    if operation.client_id:
        name = f"origClientOrderId={_client_id(operation.client_id)}"
    elif operation.order_id:
        name = f"orderId={_order_id(operation.order_id)}"
    else:
        raise BadInput("missing_parameter", field="order_id")
    return f"symbol={markets.get(operation.symbol).id}&{name}&{WINDOW}".encode("ascii")


def _open_orders(operation: GetOpenOrders, markets: Markets) -> WireRequest:
    symbol = f"symbol={markets.get(operation.symbol).id}&" if operation.symbol else ""
    return _get(b"/api/v3/openOrders", symbol + WINDOW)


def _closed_orders(operation: GetClosedOrders, markets: Markets) -> WireRequest:
    _refuse_offset(operation.offset)
    return _get(
        b"/api/v3/allOrders",
        f"symbol={markets.get(operation.symbol).id}{_number('startTime', operation.since_ms)}"
        f"{_number('limit', operation.limit)}{_number('endTime', operation.until_ms)}&{WINDOW}",
    )


def _own_trades(operation: GetOwnTrades, markets: Markets) -> WireRequest:
    _refuse_offset(operation.offset)
    order = f"&orderId={_order_id(operation.order_id)}" if operation.order_id else ""
    first = f"&fromId={_order_id(operation.from_id)}" if operation.from_id else ""
    return _get(
        b"/api/v3/myTrades",
        f"symbol={markets.get(operation.symbol).id}{_number('startTime', operation.since_ms)}"
        f"{_number('endTime', operation.until_ms)}{_number('limit', operation.limit)}"
        f"{order}{first}&{WINDOW}",
    )


def _key_rights(_: GetKeyRights, __: Markets) -> WireRequest:
    return _get(b"/sapi/v1/account/apiRestrictions", WINDOW)


def _stream_token(operation: GetStreamToken, _: Markets) -> WireRequest:
    path = b"/api/v3/userDataStream"
    if not operation.token:
        return WireRequest("POST", path)
    query = f"listenKey={encoded(operation.token)}".encode("ascii")
    return WireRequest("DELETE" if operation.ends else "PUT", path, query)


def _get(path: bytes, query: str) -> WireRequest:
    return WireRequest("GET", path, query.encode("ascii"))


def _symbols(symbols: tuple[str, ...], markets: Markets) -> str:
    if not symbols:
        return ""
    names = ",".join(f'"{_market_id(symbol, markets)}"' for symbol in symbols)
    return f"symbols={encoded(f'[{names}]')}"


def _market_id(symbol: str, markets: Markets) -> str:
    # The first question for markets is asked before any is known.
    market = markets.find(symbol)
    return symbol.replace("/", "") if market is None else market.id


def _number(name: str, value: int | None) -> str:
    return "" if value is None else f"&{name}={value}"


def _client_id(text: str) -> str:
    # A text that could begin another parameter must never get into what is signed.
    if not CLIENT_ID.fullmatch(text):
        raise BadInput("malformed", field="client_id")
    return text


def _order_id(text: str) -> str:
    if not ORDER_ID.fullmatch(text):
        raise BadInput("malformed", field="order_id")
    return text


def _refuse_offset(offset: int) -> None:
    # Pages are asked for by time or by first id; leaving the offset out would repeat page one.
    if offset:
        raise BadInput("unwanted_parameter", field="offset")


_WRITERS: Final[Mapping[type[Operation[Any]], Callable[[Any, Markets], WireRequest]]] = (
    MappingProxyType(
        {
            GetServerTime: _server_time,
            GetMarkets: _markets,
            GetCurrencies: _currencies,
            GetTicker: _ticker,
            GetTickers: _tickers,
            GetCandles: _candles,
            GetOrderBook: _order_book,
            GetTrades: _trades,
            GetBalances: _balances,
            PlaceOrder: _place,
            CancelOrder: _cancel,
            CancelAllOrders: _cancel_all,
            GetOrder: _order,
            GetOpenOrders: _open_orders,
            GetClosedOrders: _closed_orders,
            GetOwnTrades: _own_trades,
            GetKeyRights: _key_rights,
            GetStreamToken: _stream_token,
        }
    )
)
