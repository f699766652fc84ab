"""People's resting orders on one market, by price and then by time.

The house's own depth is not here; it is drawn up from the price whenever it is asked for
(`house.py`). Nothing here judges or moves money.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from drawbridge.core.money import ZERO
from drawbridge.core.orders import (
    Order,
    OrderStatus,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    Trigger,
)
from drawbridge.paper.events import Accepted, Terms
from drawbridge.paper.rules import Rules


@dataclass(slots=True, eq=False)
class OrderState:
    """One order as the engine keeps it; it changes only when events are applied.

    Units: `lots`, `ticks` and the rest as in `Rules`; `ticks` is 0 for a market order;
    `held` in atoms of what the side pays with; `spend` in quote atoms, 0 unless asked by cost.
    """

    number: int
    order_id: str
    client_id: str
    account: str
    rules: Rules
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    lots: int
    ticks: int
    spend: int
    post_only: bool
    created_ms: int
    updated_ms: int
    held: int
    status: OrderStatus = OrderStatus.OPEN
    filled: int = 0
    filled_quote: int = 0
    fee: int = 0
    trades: list[int] = field(default_factory=list)
    terms: Terms | None = None
    triggered_ms: int = 0

    @classmethod
    def of(cls, accepted: Accepted, order_id: str, rules: Rules) -> "OrderState":
        """Make an order as it was accepted."""
        return cls(
            number=accepted.number,
            order_id=order_id,
            client_id=accepted.client_id,
            account=accepted.account,
            rules=rules,
            side=accepted.side,
            type=accepted.type,
            time_in_force=accepted.time_in_force,
            lots=accepted.lots,
            ticks=accepted.ticks,
            spend=accepted.spend,
            post_only=accepted.post_only,
            created_ms=accepted.at_ms,
            updated_ms=accepted.at_ms,
            held=accepted.held,
            terms=accepted.terms,
        )

    @property
    def left(self) -> int:
        """Give the lots that may still trade."""
        return self.lots - self.filled

    @property
    def waits(self) -> bool:
        """Tell whether it waits for its trigger, outside of the book."""
        if self.terms is None or self.terms.trigger is None:
            return False
        return not self.triggered_ms and not self.status.is_final

    @property
    def position_side(self) -> PositionSide:
        """Tell which position of a contract it belongs to."""
        return PositionSide.BOTH if self.terms is None else self.terms.position_side

    @property
    def only_reduces(self) -> bool:
        """Tell whether it may only make a position smaller.

        Of two positions a contract, the one is closed by sales only and the other by purchases.
        """
        terms = self.terms
        if terms is None:
            return False
        closes = PositionSide.SHORT if self.side is Side.BUY else PositionSide.LONG
        return terms.reduce_only or terms.close or terms.position_side is closes

    @property
    def may_rest(self) -> bool:
        """Tell whether it waits in the book for what does not trade at once."""
        return self.type is OrderType.LIMIT and self.time_in_force is TimeInForce.GTC

    def told(self, trade_ids: tuple[str, ...]) -> Order:
        """Give the order in the words of `core`."""
        rules, side = self.rules, self.side
        order = Order(
            order_id=self.order_id,
            client_id=self.client_id,
            symbol=rules.symbol,
            side=side,
            type=self.type,
            time_in_force=self.time_in_force,
            status=self.status,
            quantity=rules.quantity(self.lots),
            price=rules.price(self.ticks) if self.ticks else None,
            created_ms=self.created_ms,
            updated_ms=self.updated_ms,
            filled=rules.quantity(self.filled) if self.filled else ZERO,
            filled_quote=rules.quote_amount(self.filled_quote) if self.filled_quote else ZERO,
            fee=rules.fee_amount(side, self.fee) if self.fee else ZERO,
            fee_currency=rules.fee_currency(side),
            quote_quantity=rules.quote_amount(self.spend) if self.spend else None,
            post_only=self.post_only,
            trade_ids=trade_ids,
        )
        # Hardly any order has more terms, and each is told on the way of an answer.
        return order if self.terms is None else self._told_more(order, self.terms)

    def _told_more(self, order: Order, terms: Terms) -> Order:
        trigger = None
        if terms.trigger is not None:
            trigger = Trigger(terms.trigger, self.rules.price(terms.trigger_ticks), terms.by)
        return replace(
            order,
            trigger=trigger,
            triggered_ms=self.triggered_ms,
            reduce_only=terms.reduce_only,
            position_side=terms.position_side,
            close_position=terms.close,
        )


class BookSide:
    """One side of a book.

    Shape: prices lie in one sorted list as keys that rise from best to worst (bids negated);
    the orders of a price lie in a dict by number, which keeps the order in which they came.
    """

    __slots__ = ("_keys", "_levels", "_sign")

    def __init__(self, side: Side) -> None:
        """Start empty."""
        self._sign = -1 if side is Side.BUY else 1
        self._keys: list[int] = []
        self._levels: dict[int, dict[int, OrderState]] = {}

    def __iter__(self) -> Iterator[OrderState]:
        """Go through the orders, best price first, oldest first among equals."""
        for key in self._keys:
            yield from self._levels[key].values()

    def add(self, order: OrderState) -> None:
        """Put an order at the end of its price."""
        key = order.ticks * self._sign
        level = self._levels.get(key)
        if level is None:
            level = self._levels[key] = {}
            insort(self._keys, key)
        level[order.number] = order

    def remove(self, order: OrderState) -> None:
        """Take an order out; one that is not there is no matter."""
        key = order.ticks * self._sign
        level = self._levels.get(key)
        if level is None or level.pop(order.number, None) is None or level:
            return
        del self._levels[key]
        del self._keys[bisect_left(self._keys, key)]

    def best(self) -> int | None:
        """Give the best price in ticks, None when empty."""
        return self._keys[0] * self._sign if self._keys else None

    def levels(self) -> Iterator[tuple[int, int]]:
        """Give ticks and lots of every price, best first."""
        for key in self._keys:
            yield key * self._sign, sum(order.left for order in self._levels[key].values())


class Book:
    """Both sides of a market."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        """Start empty."""
        self.bids = BookSide(Side.BUY)
        self.asks = BookSide(Side.SELL)

    def side(self, side: Side) -> BookSide:
        """Give the side on which orders of that side rest."""
        return self.bids if side is Side.BUY else self.asks

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing rests here."""
        return self.bids.best() is None and self.asks.best() is None
