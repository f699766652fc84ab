"""Reading the events of Binance's streams as ours.

What a frame does not tell stays empty: the whole book of a change, an order's trades, by how much
a balance changed. Answers and greetings hold no event.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import ExchangeRefused
from drawbridge.core.markets import Candle, Markets, OrderBook, PublicTrade, Ticker
from drawbridge.core.operations import Balance
from drawbridge.core.orders import Fill, Order, OrderType, Trigger
from drawbridge.core.streams import (
    BalancesTold,
    BookChange,
    CandleTold,
    OrderTold,
    StreamEvent,
    TradesTold,
)
from drawbridge.exchanges.binance.codec.market_results import levels
from drawbridge.exchanges.binance.codec.scalars import money, rows, text, truth, whole
from drawbridge.exchanges.binance.codec.tables import (
    CONDITIONAL,
    INTERVALS,
    LIMIT_MAKER,
    ORDER_TYPES,
    SIDES,
    STATUSES,
    TIMES_IN_FORCE,
)

Row = Mapping[str, Any]

_OK: Final = 200
_MOST_TOLD: Final = 200


def read_document(document: Row, markets: Markets) -> Sequence[StreamEvent]:
    """Read what a frame tells. Raises: `ExchangeRefused("refused")` for an error."""
    error = document.get("error")
    if error is not None or document.get("status", _OK) != _OK:
        told = error if isinstance(error, dict) else {}
        raise ExchangeRefused(
            "refused",
            exchange_code=str(told.get("code", "")),
            told=str(told.get("msg", ""))[:_MOST_TOLD],
        )
    row = document.get("data", document.get("event", document))
    read = _READERS.get(row.get("e", ""))
    return () if read is None else (read(row, markets),)


def _symbol(row: Row, markets: Markets) -> str:
    return markets.get_by_id(text(row["s"])).symbol


def _ticker(row: Row, markets: Markets) -> Ticker:
    return Ticker(
        symbol=_symbol(row, markets),
        time_ms=whole(row["C"]),
        last=money(row["c"]),
        bid=money(row["b"]),
        bid_quantity=money(row["B"]),
        ask=money(row["a"]),
        ask_quantity=money(row["A"]),
        open=money(row["o"]),
        high=money(row["h"]),
        low=money(row["l"]),
        volume=money(row["v"]),
        volume_quote=money(row["q"]),
        trades=whole(row["n"]),
    )


def _candle(row: Row, markets: Markets) -> CandleTold:
    told = row["k"]
    prices = (money(told[letter]) for letter in ("o", "h", "l", "c", "v"))
    return CandleTold(
        symbol=_symbol(row, markets),
        interval_ms=INTERVALS[told["i"]],
        time_ms=whole(row["E"]),
        candle=Candle(whole(told["t"]), *prices),
        is_closed=truth(told["x"]),
    )


def _trade(row: Row, markets: Markets) -> TradesTold:
    symbol = _symbol(row, markets)
    trade = PublicTrade(
        trade_id=whole(row["t"]),
        symbol=symbol,
        time_ms=whole(row["T"]),
        price=money(row["p"]),
        quantity=money(row["q"]),
        taker_buys=not truth(row["m"]),
    )
    return TradesTold(symbol, (trade,))


def _change(row: Row, markets: Markets) -> BookChange:
    symbol, at_ms, sequence = _symbol(row, markets), whole(row["E"]), whole(row["u"])
    return BookChange(
        symbol=symbol,
        time_ms=at_ms,
        before=whole(row["U"]) - 1,
        sequence=sequence,
        bids=levels(row["b"]),
        asks=levels(row["a"]),
        book=OrderBook(symbol, at_ms, sequence, (), ()),
    )


def _order(row: Row, markets: Markets) -> OrderTold:
    kind = ORDER_TYPES[row["o"]]
    waits = row["o"] in CONDITIONAL
    cost = money(row["Q"])
    at_ms = whole(row["T"])
    order = Order(
        order_id=str(whole(row["i"])),
        client_id=text(row["C"] or row["c"]),
        symbol=_symbol(row, markets),
        side=SIDES[row["S"]],
        type=kind,
        time_in_force=TIMES_IN_FORCE[row["f"]],
        status=STATUSES[row["X"]],
        quantity=money(row["q"]),
        price=None if kind is OrderType.MARKET else money(row["p"]),
        created_ms=whole(row["O"]),
        updated_ms=at_ms,
        filled=money(row["z"]),
        filled_quote=money(row["Z"]),
        quote_quantity=cost or None,
        post_only=row["o"] == LIMIT_MAKER,
        trigger=Trigger(CONDITIONAL[row["o"]][0], money(row["P"])) if waits else None,
        triggered_ms=max(0, whole(row["W"])) if waits else 0,
    )
    return OrderTold(order, at_ms, _fill(row, order) if row["x"] == "TRADE" else None)


def _fill(row: Row, order: Order) -> Fill:
    return Fill(
        trade_id=str(whole(row["t"])),
        order_id=order.order_id,
        client_id=order.client_id,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        price=money(row["L"]),
        quantity=money(row["l"]),
        fee=money(row["n"]),
        fee_currency=text(row["N"]),
        is_maker=truth(row["m"]),
        time_ms=order.updated_ms,
    )


def _balances(row: Row, _: Markets) -> BalancesTold:
    told = tuple(Balance(text(it["a"]), money(it["f"]), money(it["l"])) for it in rows(row["B"]))
    return BalancesTold(told, whole(row["u"]))


_READERS: Final[Mapping[str, Callable[[Row, Markets], StreamEvent]]] = MappingProxyType(
    {
        "24hrTicker": _ticker,
        "kline": _candle,
        "trade": _trade,
        "depthUpdate": _change,
        "executionReport": _order,
        "outboundAccountPosition": _balances,
    }
)
