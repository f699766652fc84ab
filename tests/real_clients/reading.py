"""Hold what ccxt read in an answer against what we read in it.

Everything that ccxt tells of a result must be ours, to the last digit. `unread` names the fields
of ccxt's that the exchange does not fill. The answer to an order may tell as little as it likes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from drawbridge.core.markets import Candle, Currency, Market, OrderBook, PublicTrade, Ticker
from drawbridge.core.operations import (
    Balance,
    CancelAllOrders,
    CancelOrder,
    Operation,
    Placed,
    PlaceOrder,
    ServerTime,
)
from drawbridge.core.orders import Fill, Order, OrderStatus

STATUSES: Mapping[OrderStatus | None, str] = {
    OrderStatus.OPEN: "open",
    OrderStatus.PARTIALLY_FILLED: "open",
    OrderStatus.FILLED: "closed",
    OrderStatus.CANCELLED: "canceled",
    OrderStatus.EXPIRED: "expired",
    OrderStatus.REJECTED: "rejected",
}
# Their answers say no more than that it is done at many exchanges; what they say is compared.
_TERSE = (PlaceOrder, CancelOrder, CancelAllOrders)

_ENDED = frozenset({OrderStatus.CANCELLED, OrderStatus.EXPIRED})

Theirs = dict[str, Any]


def word_of(order: Order, states: Mapping[OrderStatus | None, str]) -> str:
    """Give ccxt's word for where an order stands; under None, for one that ended half-way."""
    if None in states and order.filled and order.status in _ENDED:
        return states[None]
    return {**STATUSES, **states}[order.status]


class Reader:
    """Compares the two readings of one answer."""

    def __init__(
        self,
        operation: Operation[Any],
        unread: frozenset[str],
        markets: Iterable[Market],
        states: Mapping[OrderStatus | None, str] = STATUSES,
    ) -> None:
        """Compare answers to this operation.

        `unread` names fields that are left out, `states` gives ccxt's own words for some states.
        """
        self._states = {**STATUSES, **states}
        self._operation = operation
        self._unread = unread
        self._sizes = {market.symbol: market.contract_size for market in markets}

    def compare(self, ours: object, theirs: Any) -> None:  # noqa: ANN401  whatever ccxt made of it
        """Hold one reading against the other."""
        if isinstance(ours, tuple):
            self._compare_all(ours, theirs)
            return
        for kind, compare in self._kinds().items():
            if isinstance(ours, kind):
                compare(ours, theirs)
                return
        message = f"nothing is known of {type(ours).__name__}: give the wish a `reads`"
        raise TypeError(message)

    def _kinds(self) -> dict[type, Callable[[Any, Any], None]]:
        return {
            ServerTime: self._time,
            Ticker: self._ticker,
            OrderBook: self._book,
            Placed: self._placed,
            Order: self._order,
            Fill: self._fill,
            PublicTrade: self._trade,
            Market: self._market,
            Candle: self._candle,
            Currency: self._currency,
            Balance: self._balance,
        }

    def _compare_all(self, ours: Sequence[Any], theirs: Any) -> None:  # noqa: ANN401  whatever ccxt made of it
        assert ours, "the example result is empty and proves nothing"
        for our, their in zip(ours, self._paired(ours, theirs), strict=True):
            self.compare(our, their)

    @staticmethod
    def _paired(
        ours: Sequence[Any],
        theirs: Any,  # noqa: ANN401  whatever ccxt made of it
    ) -> list[Any]:
        """Give ccxt's values in the order of ours."""
        first = ours[0]
        if isinstance(first, Balance | Currency):
            name = "currency" if isinstance(first, Balance) else "code"
            return [theirs[getattr(row, name)] for row in ours]
        if isinstance(first, Ticker):
            return [theirs[row.symbol] for row in ours]
        if isinstance(first, Market):
            by_symbol = {row["symbol"]: row for row in theirs}
            return [by_symbol[row.symbol] for row in ours]
        if isinstance(first, Fill | Order) and len(ours) == len(theirs) > 1:
            name = "trade_id" if isinstance(first, Fill) else "order_id"
            by_id = {row["id"]: row for row in theirs}
            return [by_id[getattr(row, name)] for row in ours]
        return list(theirs)

    def _same(self, theirs: Theirs, told: Mapping[str, object]) -> None:
        terse = isinstance(self._operation, _TERSE)
        for name, value in told.items():
            their = theirs.get(name)
            if name in self._unread or (terse and their is None):
                continue
            assert _equal(their, value), f"{name}: ccxt reads {their!r}, we read {value!r}"

    def _time(self, ours: ServerTime, theirs: int) -> None:
        assert theirs == ours.time_ms

    def _ticker(self, ours: Ticker, theirs: Theirs) -> None:
        size = self._size(ours.symbol)
        told = {
            "symbol": ours.symbol,
            "last": ours.last,
            "bid": ours.bid,
            "bidVolume": ours.bid_quantity / size,
            "ask": ours.ask,
            "askVolume": ours.ask_quantity / size,
            "open": ours.open,
            "high": ours.high,
            "low": ours.low,
            "baseVolume": ours.volume,
            "quoteVolume": ours.volume_quote,
        }
        if ours.time_ms:
            told["timestamp"] = ours.time_ms
        self._same(theirs, told)

    def _book(self, ours: OrderBook, theirs: Theirs) -> None:
        size = self._size(ours.symbol)
        for name, levels in (("bids", ours.bids), ("asks", ours.asks)):
            wanted = [(level.price, level.quantity / size) for level in levels]
            assert [tuple(map(_number, row[:2])) for row in theirs[name]] == wanted, name

    def _placed(self, ours: Placed, theirs: Theirs) -> None:
        self._order(ours.order, theirs)
        trades = theirs.get("trades") or []
        if ours.fills and trades and "trades" not in self._unread:
            for our, their in zip(ours.fills, trades, strict=True):
                self._fill(our, their)

    def _order(self, ours: Order, theirs: Theirs) -> None:
        size = self._size(ours.symbol)
        told: dict[str, object] = {
            "id": ours.order_id or None,
            "symbol": ours.symbol or None,
            "side": ours.side.value,
            "type": ours.type.value,
            "status": word_of(ours, self._states),
            "amount": ours.quantity / size,
            "filled": ours.filled / size,
            "remaining": ours.remaining / size,
        }
        if ours.client_id:
            told["clientOrderId"] = ours.client_id
        if ours.price is not None:
            told["price"] = ours.price
        if ours.created_ms:
            told["timestamp"] = ours.created_ms
        if ours.filled and ours.filled_quote:
            told |= {"cost": ours.filled_quote, "average": ours.average_price}
        if ours.post_only:
            told["postOnly"] = True
        self._same(theirs, told)
        self._fee(ours, theirs)

    def _fill(self, ours: Fill, theirs: Theirs) -> None:
        size = self._size(ours.symbol)
        self._same(
            theirs,
            {
                "id": ours.trade_id,
                "order": ours.order_id,
                "symbol": ours.symbol,
                "side": ours.side.value,
                "price": ours.price,
                "amount": ours.quantity / size,
                "cost": ours.quote_quantity,
                "timestamp": ours.time_ms,
                "takerOrMaker": "maker" if ours.is_maker else "taker",
            },
        )
        assert "fee" in self._unread or theirs["fee"]["cost"] is not None, "fee: ccxt reads none"
        self._fee(ours, theirs)

    def _fee(self, ours: Order | Fill, theirs: Theirs) -> None:
        fee = theirs.get("fee") or {}
        if "fee" in self._unread or fee.get("cost") is None or not ours.fee_currency:
            return
        assert _equal(fee["cost"], ours.fee), f"fee: ccxt reads {fee}, we read {ours.fee}"
        assert fee["currency"] == ours.fee_currency

    def _trade(self, ours: PublicTrade, theirs: Theirs) -> None:
        told = {
            "timestamp": ours.time_ms,
            "side": "buy" if ours.taker_buys else "sell",
            "price": ours.price,
            "amount": ours.quantity / self._size(ours.symbol),
        }
        self._same(theirs, told)

    def _market(self, ours: Market, theirs: Theirs) -> None:
        size = ours.contract_size
        told = {
            "id": ours.id,
            "base": ours.base,
            "quote": ours.quote,
            "active": ours.active,
            "maker": ours.fee_maker,
            "taker": ours.fee_taker,
            "price_tick": ours.price_tick,
            "quantity_step": ours.quantity_step / size,
            "min_quantity": ours.min_quantity / size,
            "min_notional": ours.min_notional or None,
        }
        read = {
            **theirs,
            "price_tick": theirs["precision"]["price"],
            "quantity_step": theirs["precision"]["amount"],
            "min_quantity": theirs["limits"]["amount"]["min"],
            "min_notional": theirs["limits"]["cost"]["min"],
        }
        self._same(read, told)

    def _candle(self, ours: Candle, theirs: Sequence[Any]) -> None:
        assert theirs[0] == ours.open_time_ms
        wanted = [ours.open, ours.high, ours.low, ours.close, ours.volume]
        if "volume" in self._unread:
            wanted.pop()
        assert list(map(_number, theirs[1 : 1 + len(wanted)])) == wanted

    def _currency(self, ours: Currency, theirs: Theirs) -> None:
        told = {"name": ours.name, "precision": Decimal(1).scaleb(-ours.places)}
        self._same(theirs, told)

    def _balance(self, ours: Balance, theirs: Theirs) -> None:
        self._same(theirs, {"free": ours.free, "used": ours.held, "total": ours.total})

    def _size(self, symbol: str) -> Decimal:
        return self._sizes.get(symbol, Decimal(1))


def _number(told: object) -> Decimal | None:
    # A few of ccxt's numbers are floats whatever it is asked for; their text is what it read.
    return None if told is None else Decimal(str(told))


def _equal(theirs: object, ours: object) -> bool:
    if isinstance(ours, Decimal):
        return theirs is not None and _number(theirs) == ours
    return theirs == ours
