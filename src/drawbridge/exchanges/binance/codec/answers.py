"""Writing results as Binance answers them: market data, orders, trades, and errors.

What an account and the exchange's own lists look like stands in `accounts`. Amounts are cut,
never rounded up, to the eight decimals in which the exchange writes them.

Source: binance-spot-api-docs, rest-api, 2026-07-21; the fields that ccxt 4.5.90 reads.
"""

from collections.abc import Callable, Mapping
from decimal import ROUND_DOWN, Decimal
from types import MappingProxyType
from typing import Any, Final

import orjson

from drawbridge.core.markets import (
    Candle,
    Markets,
    OrderBook,
    PublicTrade,
    Ticker,
)
from drawbridge.core.money import ZERO
from drawbridge.core.operations import (
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
    GetTicker,
    GetTickers,
    GetTrades,
    Operation,
    Placed,
    PlaceOrder,
    ServerTime,
)
from drawbridge.core.orders import Fill, Order, OrderType, Side
from drawbridge.exchanges.binance.codec.accounts import (
    balances,
    currencies,
    exchange_info,
    key_rights,
)
from drawbridge.exchanges.binance.codec.commands import read_parameters
from drawbridge.exchanges.binance.codec.tables import (
    LIMIT,
    LIMIT_MAKER,
    MARKET,
    SIDE_WORDS,
    STATUS_WORDS,
    TIME_IN_FORCE_WORDS,
    USUAL_ROWS,
    amount,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import Headers, WireAnswer
from drawbridge.wire.text import find_parameter

_JSON: Final[Headers] = ((b"content-type", b"application/json;charset=UTF-8"),)
_OK: Final = 200
_HUNDRED: Final = Decimal(100)
_PERCENT_UNIT: Final = Decimal("0.001")
_SELF_TRADE_MODE: Final = "EXPIRE_MAKER"
_NOTHING: Final = "0.00000000"
_MINI: Final = (
    "symbol",
    "openPrice",
    "highPrice",
    "lowPrice",
    "lastPrice",
    "volume",
    "quoteVolume",
    "openTime",
    "closeTime",
    "firstId",
    "lastId",
    "count",
)
_DAY_MS: Final = 86_400_000

_LIMIT_HEADERS: Final[Mapping[str, tuple[bytes, ...]]] = MappingProxyType(
    {
        "weight": (b"x-mbx-used-weight", b"x-mbx-used-weight-1m"),
        "orders_10s": (b"x-mbx-order-count-10s",),
        "orders_1d": (b"x-mbx-order-count-1d",),
    }
)


def encode_answer(operation: Operation[Any], result: Any, view: ServerView) -> WireAnswer:  # noqa: ANN401  each operation has its own type of result
    """Write the result of an operation."""
    if type(operation) is GetFixed:
        return WireAnswer(_OK, result, _JSON)
    document = _WRITERS[type(operation)](operation, result, view)
    return WireAnswer(_OK, orjson.dumps(document), _JSON)


def write_error(error: RawError) -> WireAnswer:
    """Write an error as `{"code": …, "msg": …}`."""
    body = {"code": int(error.code), "msg": error.message}
    return WireAnswer(error.status, orjson.dumps(body), _JSON)


def limit_headers(used: Mapping[str, int]) -> Headers:
    """Tell how much of each limit is used up, where the exchange tells it."""
    return tuple(
        (name, b"%d" % count)
        for limit, count in used.items()
        for name in _LIMIT_HEADERS.get(limit, ())
    )


def order_id(number: int) -> str:
    """Give the n-th order's id: the number itself."""
    return str(number)


def trade_id(number: int) -> str:
    """Give the n-th trade's id: the number itself."""
    return str(number)


def _server_time(_: GetServerTime, result: ServerTime, __: ServerView) -> object:
    return {"serverTime": result.time_ms}


def _one_ticker(_: GetTicker, result: Ticker, view: ServerView) -> object:
    return _ticker_document(result, view)


def _all_tickers(_: GetTickers, result: tuple[Ticker, ...], view: ServerView) -> object:
    return [_ticker_document(ticker, view) for ticker in result]


def _ticker_document(ticker: Ticker, view: ServerView) -> dict[str, object]:
    symbol = view.markets.get(ticker.symbol).id
    match view.endpoint.name:
        case "average_price":
            return {"mins": 5, "price": amount(_average(ticker)), "closeTime": ticker.time_ms}
        case "ticker_price":
            return {"symbol": symbol, "price": amount(ticker.last)}
        case "ticker_book":
            return {"symbol": symbol, **_best(ticker)}
    document = _day(ticker, symbol)
    if find_parameter(view.request.query, b"type") == b"MINI":
        return {name: document[name] for name in _MINI}
    return document


def _day(ticker: Ticker, symbol: str) -> dict[str, object]:
    change = ticker.last - ticker.open
    percent = change * _HUNDRED / ticker.open if ticker.open else ZERO
    return {
        "symbol": symbol,
        "priceChange": amount(change),
        "priceChangePercent": f"{percent.quantize(_PERCENT_UNIT, ROUND_DOWN):f}",
        "weightedAvgPrice": amount(_average(ticker)),
        "prevClosePrice": amount(ticker.open),
        "lastPrice": amount(ticker.last),
        # The size of the last trade is not among what a ticker of ours knows.
        "lastQty": _NOTHING,
        **_best(ticker),
        "openPrice": amount(ticker.open),
        "highPrice": amount(ticker.high),
        "lowPrice": amount(ticker.low),
        "volume": amount(ticker.volume),
        "quoteVolume": amount(ticker.volume_quote),
        "openTime": ticker.time_ms - _DAY_MS,
        "closeTime": ticker.time_ms,
        "firstId": -1,
        "lastId": -1,
        "count": ticker.trades,
    }


def _best(ticker: Ticker) -> dict[str, object]:
    return {
        "bidPrice": amount(ticker.bid),
        "bidQty": amount(ticker.bid_quantity),
        "askPrice": amount(ticker.ask),
        "askQty": amount(ticker.ask_quantity),
    }


def _average(ticker: Ticker) -> Decimal:
    return ticker.volume_quote / ticker.volume if ticker.volume else ticker.last


def _candles(operation: GetCandles, result: tuple[Candle, ...], _: ServerView) -> object:
    """Write candles; our values know base volumes only, so the quote's is taken at the close."""
    span_ms = operation.interval_ms
    return [
        [
            candle.open_time_ms,
            amount(candle.open),
            amount(candle.high),
            amount(candle.low),
            amount(candle.close),
            amount(candle.volume),
            candle.open_time_ms + span_ms - 1,
            amount(candle.volume * candle.close),
            0,
            _NOTHING,
            _NOTHING,
            "0",
        ]
        for candle in result
    ]


def _order_book(_: GetOrderBook, result: OrderBook, __: ServerView) -> object:
    return {
        "lastUpdateId": result.sequence,
        "bids": [[amount(level.price), amount(level.quantity)] for level in result.bids],
        "asks": [[amount(level.price), amount(level.quantity)] for level in result.asks],
    }


def _trades(_: GetTrades, result: tuple[PublicTrade, ...], view: ServerView) -> object:
    until_ms = int(read_parameters(view.request).get("endTime", view.now_ms))
    told = [trade for trade in result if trade.time_ms <= until_ms]
    if view.endpoint.name == "aggregate_trades":
        return [_aggregate_trade(trade) for trade in told]
    return [_trade(trade) for trade in told]


def _aggregate_trade(trade: PublicTrade) -> dict[str, object]:
    return {
        "a": trade.trade_id,
        "p": amount(trade.price),
        "q": amount(trade.quantity),
        "f": trade.trade_id,
        "l": trade.trade_id,
        "T": trade.time_ms,
        "m": not trade.taker_buys,
        "M": True,
    }


def _trade(trade: PublicTrade) -> dict[str, object]:
    return {
        "id": trade.trade_id,
        "price": amount(trade.price),
        "qty": amount(trade.quantity),
        "quoteQty": amount(trade.price * trade.quantity),
        "time": trade.time_ms,
        "isBuyerMaker": not trade.taker_buys,
        "isBestMatch": True,
    }


def _placed(operation: PlaceOrder, result: Placed, view: ServerView) -> object:
    if operation.dry_run:
        return {}
    order, told = result.order, _wanted_answer(operation, view)
    head: dict[str, object] = {
        "symbol": view.markets.get(order.symbol).id,
        "orderId": int(order.order_id),
        "orderListId": -1,
        "clientOrderId": order.client_id,
        "transactTime": order.updated_ms,
    }
    if told == b"ACK":
        return head
    head |= _terms(order) | {"workingTime": order.created_ms}
    if told == b"FULL":
        head["fills"] = [_own_fill(fill) for fill in result.fills]
    return head


def _wanted_answer(operation: PlaceOrder, view: ServerView) -> bytes:
    # How much is told back is asked for on the wire and changes nothing about the order.
    for raw in (view.request.query, view.request.body):
        told = find_parameter(raw, b"newOrderRespType")
        if told in {b"ACK", b"RESULT", b"FULL"}:
            return told
    return b"ACK" if operation.post_only else b"FULL"


def _own_fill(fill: Fill) -> dict[str, object]:
    return {
        "price": amount(fill.price),
        "qty": amount(fill.quantity),
        "commission": amount(fill.fee),
        "commissionAsset": fill.fee_currency,
        "tradeId": int(fill.trade_id),
    }


def _terms(order: Order) -> dict[str, object]:
    """Write what all answers about an order share."""
    return {
        "price": amount(order.price or ZERO),
        "origQty": amount(order.quantity),
        "executedQty": amount(order.filled),
        "origQuoteOrderQty": amount(order.quote_quantity or ZERO),
        "cummulativeQuoteQty": amount(order.filled_quote),
        "status": STATUS_WORDS[order.status],
        "timeInForce": TIME_IN_FORCE_WORDS[order.time_in_force],
        "type": _type_word(order),
        "side": SIDE_WORDS[order.side],
        "selfTradePreventionMode": _SELF_TRADE_MODE,
    }


def _type_word(order: Order) -> str:
    if order.type is OrderType.MARKET:
        return MARKET
    return LIMIT_MAKER if order.post_only else LIMIT


def _cancelled(_: CancelOrder, result: Order, view: ServerView) -> object:
    named = read_parameters(view.request).get("newClientOrderId")
    return {
        "symbol": view.markets.get(result.symbol).id,
        "origClientOrderId": result.client_id,
        "orderId": int(result.order_id),
        "orderListId": -1,
        # The cancellation's own id; where the sender gives none the real one draws one.
        "clientOrderId": named or f"cancel{result.order_id}",
        "transactTime": result.updated_ms,
        **_terms(result),
    }


def _one_order(_: GetOrder, result: Order, view: ServerView) -> object:
    return _order_document(result, view.markets)


def _open_orders(_: GetOpenOrders, result: tuple[Order, ...], view: ServerView) -> object:
    return [_order_document(order, view.markets) for order in _by_id(result)]


def _closed_orders(
    operation: GetClosedOrders, result: tuple[Order, ...], view: ServerView
) -> object:
    found = read_parameters(view.request)
    first = int(found.get("orderId") or 0)
    orders = [order for order in _by_id(result) if int(order.order_id) >= first]
    limit = operation.limit or min(int(found.get("limit") or USUAL_ROWS), len(orders))
    # Without a beginning the newest are told, with one the first after it.
    forward = first or operation.since_ms is not None
    told = orders[:limit] if forward else orders[max(0, len(orders) - limit) :]
    return [_order_document(order, view.markets) for order in told]


def _by_id(orders: tuple[Order, ...]) -> list[Order]:
    return sorted(orders, key=lambda order: int(order.order_id))


def _order_document(order: Order, markets: Markets) -> dict[str, object]:
    return {
        "symbol": markets.get(order.symbol).id,
        "orderId": int(order.order_id),
        "orderListId": -1,
        "clientOrderId": order.client_id,
        **_terms(order),
        "stopPrice": _NOTHING,
        "icebergQty": _NOTHING,
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "isWorking": True,
        "workingTime": order.created_ms,
    }


def _own_trades(operation: GetOwnTrades, result: tuple[Fill, ...], view: ServerView) -> object:
    fills = sorted(result, key=lambda fill: int(fill.trade_id))
    limit = operation.limit or USUAL_ROWS
    forward = operation.since_ms is not None or operation.from_id
    told = fills[:limit] if forward else fills[max(0, len(fills) - limit) :]
    return [
        {
            "symbol": view.markets.get(fill.symbol).id,
            "id": int(fill.trade_id),
            "orderId": int(fill.order_id),
            "orderListId": -1,
            "price": amount(fill.price),
            "qty": amount(fill.quantity),
            "quoteQty": amount(fill.quote_quantity),
            "commission": amount(fill.fee),
            "commissionAsset": fill.fee_currency,
            "time": fill.time_ms,
            "isBuyer": fill.side is Side.BUY,
            "isMaker": fill.is_maker,
            "isBestMatch": True,
        }
        for fill in told
    ]


_WRITERS: Final[Mapping[type[Operation[Any]], Callable[[Any, Any, ServerView], object]]] = (
    MappingProxyType(
        {
            GetServerTime: _server_time,
            GetMarkets: exchange_info,
            GetCurrencies: currencies,
            GetTicker: _one_ticker,
            GetTickers: _all_tickers,
            GetCandles: _candles,
            GetOrderBook: _order_book,
            GetTrades: _trades,
            GetBalances: balances,
            PlaceOrder: _placed,
            CancelOrder: _cancelled,
            GetOrder: _one_order,
            GetOpenOrders: _open_orders,
            GetClosedOrders: _closed_orders,
            GetOwnTrades: _own_trades,
            GetKeyRights: key_rights,
        }
    )
)
