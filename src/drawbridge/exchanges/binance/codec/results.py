"""Reading Binance's answers as our values, exactly or not at all.

An answer that cannot be understood is an unknown outcome and never a guess: money is read from
texts only, whole numbers from whole numbers only. Fields that we have no use for are let be.

Source: binance-spot-api-docs, rest-api; developers.binance.com, wallet, 2026-07-21.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import orjson

from drawbridge.core.errors import BadInput, NotFound, OutcomeUnknown
from drawbridge.core.markets import (
    Candle,
    Currency,
    Level,
    Market,
    Markets,
    OrderBook,
    PublicTrade,
    Ticker,
)
from drawbridge.core.money import ZERO, parse_decimal, places_of
from drawbridge.core.operations import (
    Balance,
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
    KeyRights,
    Operation,
    Placed,
    PlaceOrder,
    ServerTime,
)
from drawbridge.core.orders import Fill, Order, OrderStatus, OrderType, Side
from drawbridge.exchanges.binance.codec.tables import (
    LIMIT_MAKER,
    MARKET,
    SIDES,
    STATUSES,
    TIMES_IN_FORCE,
)
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import WireAnswer

Row = Mapping[str, Any]

_FIRST_ERROR: Final = 400
_OK: Final = 200
_MAX_TOLD: Final = 200
# The fee of a new account, as on the card; the pairs' own answer tells none.
_FEE: Final = Decimal("0.001")
_NOT_SWITCHES: Final = frozenset({"ipRestrict"})


def decode_answer(operation: Operation[Any], answer: WireAnswer, markets: Markets) -> Any:  # noqa: ANN401  each operation has its own type of result
    """Read the answer to an operation. Raises: `OutcomeUnknown("unreadable_answer")`."""
    if type(operation) is GetFixed:
        return answer.body
    try:
        return _READERS[type(operation)](operation, orjson.loads(answer.body), markets)
    except (AttributeError, BadInput, LookupError, NotFound, TypeError, ValueError):
        # The parser's own text is dropped: it may quote what it read.
        raise OutcomeUnknown(
            "unreadable_answer", operation=type(operation).__name__, status=answer.status
        ) from None


def read_error(answer: WireAnswer) -> RawError | None:
    """Give what the answer says went wrong, None when all is well.

    A page that is not JSON (a firewall's, a proxy's) is an error without a code.
    """
    body = answer.body
    if answer.status == _OK and not body.startswith(b'{"code"'):
        return None
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    if isinstance(document, dict) and isinstance(document.get("code"), int):
        code, told = document["code"], str(document.get("msg", ""))
        # `{"code": 200, "msg": "success"}` is how some requests are answered when all is well.
        if answer.status < _FIRST_ERROR and code in {0, _OK}:
            return None
        return RawError(answer.status, str(code), told[:_MAX_TOLD])
    if answer.status < _FIRST_ERROR:
        return None
    return RawError(answer.status, "", body[:_MAX_TOLD].decode("utf-8", "replace"))


def _server_time(_: GetServerTime, told: Row, __: Markets) -> ServerTime:
    return ServerTime(_whole(told["serverTime"]))


def _markets(_: GetMarkets, told: Row, __: Markets) -> tuple[Market, ...]:
    return tuple(_market(row) for row in told["symbols"])


def _market(row: Row) -> Market:
    filters = {rule["filterType"]: rule for rule in row["filters"]}
    lot = filters["LOT_SIZE"]
    notional = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL")
    base, quote = _text(row["baseAsset"]), _text(row["quoteAsset"])
    return Market(
        symbol=f"{base}/{quote}",
        id=_text(row["symbol"]),
        base=base,
        quote=quote,
        price_tick=_money(filters["PRICE_FILTER"]["tickSize"]),
        quantity_step=_money(lot["stepSize"]),
        min_quantity=_money(lot["minQty"]),
        min_notional=_money(notional["minNotional"]) if notional else ZERO,
        fee_maker=_FEE,
        fee_taker=_FEE,
        active=row["status"] == "TRADING",
    )


def _currencies(_: GetCurrencies, told: list[Row], __: Markets) -> tuple[Currency, ...]:
    return tuple(
        Currency(_text(row["coin"]), _text(row["name"]), _places(row["networkList"]))
        for row in told
    )


def _places(networks: list[Row]) -> int:
    """Give the most decimals that any network of a currency moves; 8 where none tells."""
    units = (_money(row["withdrawIntegerMultiple"]) for row in networks)
    return max((places_of(unit) for unit in units if unit), default=8)


def _ticker(operation: GetTicker, told: Row, markets: Markets) -> Ticker:
    ticker = _read_ticker(told, markets)
    if ticker.symbol != operation.symbol:
        raise BadInput("malformed", field="symbol")
    return ticker


def _tickers(_: GetTickers, told: list[Row], markets: Markets) -> tuple[Ticker, ...]:
    # The exchange answers for pairs, too, that it has stopped or that are not known here.
    known = {market.id for market in markets}
    return tuple(_read_ticker(row, markets) for row in told if row["symbol"] in known)


def _read_ticker(row: Row, markets: Markets) -> Ticker:
    return Ticker(
        symbol=markets.get_by_id(row["symbol"]).symbol,
        time_ms=_whole(row["closeTime"]),
        last=_money(row["lastPrice"]),
        bid=_money(row["bidPrice"]),
        bid_quantity=_money(row["bidQty"]),
        ask=_money(row["askPrice"]),
        ask_quantity=_money(row["askQty"]),
        open=_money(row["openPrice"]),
        high=_money(row["highPrice"]),
        low=_money(row["lowPrice"]),
        volume=_money(row["volume"]),
        volume_quote=_money(row["quoteVolume"]),
        trades=_whole(row["count"]),
    )


def _candles(_: GetCandles, told: list[list[Any]], __: Markets) -> tuple[Candle, ...]:
    return tuple(
        Candle(
            _whole(row[0]),
            _money(row[1]),
            _money(row[2]),
            _money(row[3]),
            _money(row[4]),
            _money(row[5]),
        )
        for row in told
    )


def _order_book(operation: GetOrderBook, told: Row, _: Markets) -> OrderBook:
    """Read a book; the exchange numbers its states and does not tell the time."""
    return OrderBook(
        symbol=operation.symbol,
        time_ms=0,
        sequence=_whole(told["lastUpdateId"]),
        bids=_levels(told["bids"]),
        asks=_levels(told["asks"]),
    )


def _levels(rows: list[list[Any]]) -> tuple[Level, ...]:
    return tuple(Level(_money(row[0]), _money(row[1])) for row in rows)


def _trades(operation: GetTrades, told: list[Row], _: Markets) -> tuple[PublicTrade, ...]:
    return tuple(
        PublicTrade(
            trade_id=_whole(row["a"]),
            symbol=operation.symbol,
            time_ms=_whole(row["T"]),
            price=_money(row["p"]),
            quantity=_money(row["q"]),
            taker_buys=not _truth(row["m"]),
        )
        for row in told
    )


def _balances(_: GetBalances, told: Row, __: Markets) -> tuple[Balance, ...]:
    return tuple(
        Balance(_text(row["asset"]), _money(row["free"]), _money(row["locked"]))
        for row in told["balances"]
    )


def _placed(operation: PlaceOrder, told: Row, markets: Markets) -> Placed:
    if operation.dry_run:
        return Placed(_as_asked(operation, told))
    order = _read_order(told, markets, _whole(told["transactTime"]))
    fills = tuple(_immediate_fill(row, order) for row in told["fills"])
    if not fills:
        return Placed(order)
    currencies = {fill.fee_currency for fill in fills}
    # One order may pay in two currencies; then only the fills tell the fees.
    alike = len(currencies) == 1
    return Placed(
        _with_fees(
            order,
            fee=sum((fill.fee for fill in fills), ZERO) if alike else ZERO,
            fee_currency=currencies.pop() if alike else "",
            trade_ids=tuple(fill.trade_id for fill in fills),
        ),
        fills,
    )


def _with_fees(
    order: Order, *, fee: Decimal, fee_currency: str, trade_ids: tuple[str, ...]
) -> Order:
    return Order(
        order_id=order.order_id,
        client_id=order.client_id,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        time_in_force=order.time_in_force,
        status=order.status,
        quantity=order.quantity,
        price=order.price,
        created_ms=order.created_ms,
        updated_ms=order.updated_ms,
        filled=order.filled,
        filled_quote=order.filled_quote,
        fee=fee,
        fee_currency=fee_currency,
        quote_quantity=order.quote_quantity,
        post_only=order.post_only,
        trade_ids=trade_ids,
    )


def _as_asked(operation: PlaceOrder, told: Row) -> Order:
    """Give the order that a dry run found good: the answer is empty, nothing was placed."""
    if not isinstance(told, dict):
        raise BadInput("malformed", field="answer")
    return Order(
        order_id="",
        client_id=operation.client_id,
        symbol=operation.symbol,
        side=operation.side,
        type=operation.type,
        time_in_force=operation.time_in_force,
        status=OrderStatus.OPEN,
        quantity=operation.quantity or ZERO,
        price=operation.price,
        created_ms=0,
        updated_ms=0,
        quote_quantity=operation.quote_quantity,
        post_only=operation.post_only,
    )


def _immediate_fill(row: Row, order: Order) -> Fill:
    return Fill(
        trade_id=str(_whole(row["tradeId"])),
        order_id=order.order_id,
        client_id=order.client_id,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        price=_money(row["price"]),
        quantity=_money(row["qty"]),
        fee=_money(row["commission"]),
        fee_currency=_text(row["commissionAsset"]),
        # What fills while it is being placed has taken.
        is_maker=False,
        time_ms=order.updated_ms,
    )


def _cancelled(_: CancelOrder, told: Row, markets: Markets) -> Order:
    """Read a cancelled order. When it was created is not told, so its end stands for both."""
    at_ms = _whole(told["transactTime"])
    return _read_order({**told, "clientOrderId": told["origClientOrderId"]}, markets, at_ms)


def _one_order(_: GetOrder, told: Row, markets: Markets) -> Order:
    return _read_order(told, markets, _whole(told["updateTime"]))


def _open_orders(_: GetOpenOrders, told: list[Row], markets: Markets) -> tuple[Order, ...]:
    return tuple(_read_order(row, markets, _whole(row["updateTime"])) for row in told)


def _closed_orders(
    operation: GetClosedOrders, told: list[Row], markets: Markets
) -> tuple[Order, ...]:
    orders = (_read_order(row, markets, _whole(row["updateTime"])) for row in told)
    return tuple(order for order in orders if operation.include_open or order.status.is_final)


def _read_order(row: Row, markets: Markets, updated_ms: int) -> Order:
    kind = row["type"]
    cost = row.get("origQuoteOrderQty")
    created_ms = row.get("time", row.get("workingTime", updated_ms))
    return Order(
        order_id=str(_whole(row["orderId"])),
        client_id=_text(row["clientOrderId"]),
        symbol=markets.get_by_id(row["symbol"]).symbol,
        side=SIDES[row["side"]],
        type=OrderType.MARKET if kind == MARKET else OrderType.LIMIT,
        time_in_force=TIMES_IN_FORCE[row["timeInForce"]],
        status=STATUSES[row["status"]],
        quantity=_money(row["origQty"]),
        price=None if kind == MARKET else _money(row["price"]),
        # An order that never came to work, a refused one, was created when it ended.
        created_ms=_whole(created_ms) if created_ms != -1 else updated_ms,
        updated_ms=updated_ms,
        filled=_money(row["executedQty"]),
        filled_quote=_money(row["cummulativeQuoteQty"]),
        quote_quantity=(_money(cost) or None) if cost else None,
        post_only=kind == LIMIT_MAKER,
    )


def _own_trades(_: GetOwnTrades, told: list[Row], markets: Markets) -> tuple[Fill, ...]:
    return tuple(
        Fill(
            trade_id=str(_whole(row["id"])),
            order_id=str(_whole(row["orderId"])),
            # Trades do not name the client's id; who knows the order knows it.
            client_id="",
            symbol=markets.get_by_id(row["symbol"]).symbol,
            side=Side.BUY if _truth(row["isBuyer"]) else Side.SELL,
            type=OrderType.LIMIT,
            price=_money(row["price"]),
            quantity=_money(row["qty"]),
            fee=_money(row["commission"]),
            fee_currency=_text(row["commissionAsset"]),
            is_maker=_truth(row["isMaker"]),
            time_ms=_whole(row["time"]),
        )
        for row in told
    )


def _key_rights(_: GetKeyRights, told: Row, __: Markets) -> KeyRights:
    """Read the switches that are on, those that we have never heard of included.

    The exchange has added switches over the years: one that is on and that nobody here knows
    is a right all the same, and the verdict refuses it by name.
    """
    flags = {name: value for name, value in told.items() if isinstance(value, bool)}
    if not {"enableReading", "enableWithdrawals"} <= flags.keys():
        raise BadInput("malformed", field="enableReading")
    expires_ms = told.get("tradingAuthorityExpirationTime")
    return KeyRights(
        switches=frozenset(name for name, on in flags.items() if on) - _NOT_SWITCHES,
        ip_bound=_truth(told["ipRestrict"]),
        created_ms=_whole(told["createTime"]),
        expires_ms=None if expires_ms is None else _whole(expires_ms),
    )


def _money(value: object) -> Decimal:
    # A number would have gone through a float on its way; money comes as text or not at all.
    if type(value) is not str:
        raise TypeError
    return parse_decimal(value, "answer")


def _whole(value: object) -> int:
    # Exact on purpose: True is an int to isinstance.
    if type(value) is not int:
        raise TypeError
    return value


def _text(value: object) -> str:
    if type(value) is not str:
        raise TypeError
    return value


def _truth(value: object) -> bool:
    if type(value) is not bool:
        raise TypeError
    return value


_READERS: Final[Mapping[type[Operation[Any]], Callable[[Any, Any, Markets], object]]] = (
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
            PlaceOrder: _placed,
            CancelOrder: _cancelled,
            GetOrder: _one_order,
            GetOpenOrders: _open_orders,
            GetClosedOrders: _closed_orders,
            GetOwnTrades: _own_trades,
            GetKeyRights: _key_rights,
        }
    )
)
