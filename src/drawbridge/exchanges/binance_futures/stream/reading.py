"""Reading the events of Binance Futures' streams as ours.

What a frame does not tell stays empty: the whole book of a change, best prices of a ticker, an
order's time of creation, what of a balance is free. Answers and greetings hold no event.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.derivatives import FundingRate, MarginMode, Position
from drawbridge.core.errors import ExchangeRefused
from drawbridge.core.markets import Candle, Markets, OrderBook, PublicTrade, Ticker
from drawbridge.core.money import ZERO
from drawbridge.core.operations import Balance
from drawbridge.core.orders import Fill, Order, OrderType, Trigger
from drawbridge.core.streams import (
    BalancesTold,
    BookChange,
    CandleTold,
    OrderTold,
    PositionsTold,
    StreamEvent,
    TradesTold,
)
from drawbridge.exchanges.binance_futures.codec.names import (
    ALGO_STATUSES,
    BYS,
    CONDITIONALS,
    FUNDING_HOURS,
    INTERVALS,
    MAKER_ONLY,
    POSITION_SIDES,
    SIDES,
    STATUSES,
    TIMES_IN_FORCE,
    TYPES,
)
from drawbridge.exchanges.binance_futures.codec.prices import read_levels
from drawbridge.wire.documents import decimal_of, flag_of, int_of, list_of, object_of, text_of

Row = Mapping[str, Any]

_MOST_TOLD: Final = 200
_HOUR_MS: Final = 3_600_000


def read_document(document: Row, markets: Markets) -> Sequence[StreamEvent]:
    """Read what a frame tells. Raises: `ExchangeRefused("refused")` for an error."""
    error = document.get("error")
    if error is not None:
        told = error if isinstance(error, dict) else {}
        raise ExchangeRefused(
            "refused",
            exchange_code=str(told.get("code", "")),
            told=str(told.get("msg", ""))[:_MOST_TOLD],
        )
    row = object_of(document.get("data", document))
    read = _READERS.get(row.get("e", ""))
    return () if read is None else read(row, markets)


def _symbol(row: Row, markets: Markets) -> str:
    return markets.get_by_id(text_of(row["s"])).symbol


def _ticker(row: Row, markets: Markets) -> Sequence[StreamEvent]:
    ticker = Ticker(
        symbol=_symbol(row, markets),
        time_ms=int_of(row["C"]),
        last=decimal_of(row["c"]),
        bid=ZERO,
        bid_quantity=ZERO,
        ask=ZERO,
        ask_quantity=ZERO,
        open=decimal_of(row["o"]),
        high=decimal_of(row["h"]),
        low=decimal_of(row["l"]),
        volume=decimal_of(row["v"]),
        volume_quote=decimal_of(row["q"]),
        trades=int_of(row["n"]),
    )
    return (ticker,)


def _mark(row: Row, markets: Markets) -> Sequence[StreamEvent]:
    rate = FundingRate(
        symbol=_symbol(row, markets),
        time_ms=int_of(row["E"]),
        mark_price=decimal_of(row["p"]),
        index_price=decimal_of(row["i"]),
        rate=decimal_of(row["r"]),
        next_ms=int_of(row["T"]),
        interval_ms=FUNDING_HOURS * _HOUR_MS,
    )
    return (rate,)


def _candle(row: Row, markets: Markets) -> Sequence[StreamEvent]:
    told = object_of(row["k"])
    prices = (decimal_of(told[letter]) for letter in ("o", "h", "l", "c", "v"))
    candle = CandleTold(
        symbol=_symbol(row, markets),
        interval_ms=INTERVALS[told["i"]],
        time_ms=int_of(row["E"]),
        candle=Candle(int_of(told["t"]), *prices),
        is_closed=flag_of(told["x"]),
    )
    return (candle,)


def _trade(row: Row, markets: Markets) -> Sequence[StreamEvent]:
    symbol = _symbol(row, markets)
    trade = PublicTrade(
        trade_id=int_of(row["t"]),
        symbol=symbol,
        time_ms=int_of(row["T"]),
        price=decimal_of(row["p"]),
        quantity=decimal_of(row["q"]),
        taker_buys=not flag_of(row["m"]),
    )
    return (TradesTold(symbol, (trade,)),)


def _change(row: Row, markets: Markets) -> Sequence[StreamEvent]:
    symbol, at_ms, sequence = _symbol(row, markets), int_of(row["E"]), int_of(row["u"])
    change = BookChange(
        symbol=symbol,
        time_ms=at_ms,
        before=int_of(row["pu"]),
        sequence=sequence,
        bids=read_levels(row["b"]),
        asks=read_levels(row["a"]),
        book=OrderBook(symbol, at_ms, sequence, (), ()),
    )
    return (change,)


def _order(event: Row, markets: Markets) -> Sequence[StreamEvent]:
    row = object_of(event["o"])
    kind, at_ms = TYPES[row["o"]], int_of(row["T"])
    filled = decimal_of(row["z"])
    order = Order(
        order_id=str(int_of(row["i"])),
        client_id=text_of(row["c"]),
        symbol=_symbol(row, markets),
        side=SIDES[row["S"]],
        type=kind,
        time_in_force=TIMES_IN_FORCE[row["f"]],
        status=STATUSES[row["X"]],
        quantity=decimal_of(row["q"]),
        price=None if kind is OrderType.MARKET else decimal_of(row["p"]),
        created_ms=0,
        updated_ms=at_ms,
        filled=filled,
        filled_quote=filled * decimal_of(row["ap"]),
        post_only=row["f"] == MAKER_ONLY,
        reduce_only=flag_of(row["R"]),
        position_side=POSITION_SIDES[row["ps"]],
    )
    return (OrderTold(order, at_ms, _fill(row, order) if row["x"] == "TRADE" else None),)


def _fill(row: Row, order: Order) -> Fill:
    return Fill(
        trade_id=str(int_of(row["t"])),
        order_id=order.order_id,
        client_id=order.client_id,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        price=decimal_of(row["L"]),
        quantity=decimal_of(row["l"]),
        fee=decimal_of(row["n"]),
        fee_currency=text_of(row["N"]),
        is_maker=flag_of(row["m"]),
        time_ms=order.updated_ms,
        realised=decimal_of(row["rp"]),
        position_side=order.position_side,
    )


def _conditional(event: Row, markets: Markets) -> Sequence[StreamEvent]:
    row, at_ms = object_of(event["o"]), int_of(event["T"])
    waits_for, kind = CONDITIONALS[row["o"]]
    order = Order(
        order_id=str(int_of(row["aid"])),
        client_id=text_of(row["caid"]),
        symbol=_symbol(row, markets),
        side=SIDES[row["S"]],
        type=kind,
        time_in_force=TIMES_IN_FORCE[row["f"]],
        status=ALGO_STATUSES[row["X"]],
        quantity=decimal_of(row["q"]),
        price=None if kind is OrderType.MARKET else decimal_of(row["p"]),
        created_ms=0,
        updated_ms=at_ms,
        post_only=row["f"] == MAKER_ONLY,
        trigger=Trigger(waits_for, decimal_of(row["tp"]), BYS[row["wt"]]),
        triggered_ms=int_of(row["tt"]),
        reduce_only=flag_of(row["R"]),
        position_side=POSITION_SIDES[row["ps"]],
        close_position=flag_of(row["cp"]),
    )
    return (OrderTold(order, at_ms),)


def _account(event: Row, markets: Markets) -> Sequence[StreamEvent]:
    told, at_ms = object_of(event["a"]), int_of(event["T"])
    events: list[StreamEvent] = []
    balances = tuple(
        Balance(text_of(row["a"]), decimal_of(row["wb"]), ZERO) for row in list_of(told["B"])
    )
    if balances:
        events.append(BalancesTold(balances, at_ms))
    known = {market.id for market in markets}
    positions = tuple(
        _position(row, markets, at_ms) for row in list_of(told["P"]) if row["s"] in known
    )
    if positions:
        events.append(PositionsTold(positions, at_ms))
    return events


def _position(row: Row, markets: Markets, at_ms: int) -> Position:
    """Read a position; leverage, prices and what must be maintained are not told here."""
    return Position(
        symbol=_symbol(row, markets),
        side=POSITION_SIDES[row["ps"]],
        quantity=decimal_of(row["pa"]),
        entry_price=decimal_of(row["ep"]),
        mark_price=ZERO,
        liquidation_price=None,
        leverage=0,
        mode=MarginMode(row["mt"]),
        margin=decimal_of(row["iw"]),
        maintenance_margin=ZERO,
        unrealised=decimal_of(row["up"]),
        realised=decimal_of(row["cr"]),
        opened_ms=0,
        updated_ms=at_ms,
    )


_READERS: Final[Mapping[str, Callable[[Row, Markets], Sequence[StreamEvent]]]] = MappingProxyType(
    {
        "24hrTicker": _ticker,
        "markPriceUpdate": _mark,
        "kline": _candle,
        "trade": _trade,
        "depthUpdate": _change,
        "ORDER_TRADE_UPDATE": _order,
        "ALGO_UPDATE": _conditional,
        "ACCOUNT_UPDATE": _account,
    }
)
