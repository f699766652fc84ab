"""What a bot asks for, as restrictions look at it, and what was used up before.

Values only. A request becomes one of these once it is proven whose it is and read what it does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from drawbridge.core.derivatives import AdjustMargin, SetLeverage, SetMarginMode, SetPositionMode
from drawbridge.core.markets import currencies_of
from drawbridge.core.money import ZERO
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetStreamToken,
    Operation,
    PlaceOrder,
    Scope,
)
from drawbridge.core.orders import Side
from drawbridge.core.values import light_value


class Act(StrEnum):
    """What kind of thing is asked for.

    `SETTING`: how contracts are held (leverage, margin). `TOKEN`: one that opens streams at the
    exchange itself. `CHANGE`: something that changes the account and that nobody here can read.
    """

    READ = "read"
    ORDER = "order"
    CANCEL = "cancel"
    SETTING = "setting"
    TOKEN = "token"  # noqa: S105  a kind of request, not a secret
    CHANGE = "change"


_ACTS: Final[Mapping[type[Operation[Any]], Act]] = {
    PlaceOrder: Act.ORDER,
    CancelOrder: Act.CANCEL,
    CancelAllOrders: Act.CANCEL,
    GetStreamToken: Act.TOKEN,
    SetLeverage: Act.SETTING,
    SetMarginMode: Act.SETTING,
    SetPositionMode: Act.SETTING,
    AdjustMargin: Act.SETTING,
}


@dataclass(frozen=True, slots=True)
class Usage:
    """What a virtual key has used up, what is on its way counted as if it had happened.

    Units: `turnover` today (UTC) and `exposure` by quote currency, in that currency; `held` in
    base currency by symbol, below zero for short; `recent` counts the requests of the last second
    before this one.
    """

    turnover: Mapping[str, Decimal]
    exposure: Mapping[str, Decimal]
    held: Mapping[str, Decimal]
    recent: int = 0


UNUSED: Final = Usage({}, {}, {})


@light_value
class Asked:
    """One request of a bot.

    `scope` is the right that it needs, None for none. `last` is the last price of the order's
    market and `expected` what an order at market would trade at now; None where not asked for.
    """

    act: Act
    scope: Scope | None
    address: str
    now_ms: int
    symbol: str = ""
    order: PlaceOrder | None = None
    last: Decimal | None = None
    expected: Decimal | None = None
    usage: Usage = UNUSED

    @property
    def currency(self) -> str:
        """Give the quote currency of the order's market."""
        return currencies_of(self.symbol)[1]

    @property
    def notional(self) -> Decimal | None:
        """Give the most that the order may trade, in quote currency; None where nobody can tell.

        Why: an order to sell for one unit trades at what is bid. So the highest of all prices
        counts at which it may trade, but for a limit order to buy, which pays its price at most.
        """
        order = self.order
        if order is None:
            return None
        if order.quote_quantity is not None:
            return order.quote_quantity
        if order.quantity is None:
            return None
        price = self._highest_price(order)
        return None if price is None else order.quantity * price

    @property
    def adds(self) -> bool:
        """Tell whether the order may add to what is open, rather than only close or reduce.

        Why: a spot account cannot be short, so selling there never adds.
        """
        order = self.order
        if order is None or order.reduce_only or order.close_position:
            return False
        if order.scope is Scope.TRADE_SPOT:
            return order.side is Side.BUY
        held = self.usage.held.get(order.symbol, ZERO)
        against = held < 0 if order.side is Side.BUY else held > 0
        return not (against and order.quantity is not None and order.quantity <= abs(held))

    def _highest_price(self, order: PlaceOrder) -> Decimal | None:
        if order.side is Side.BUY and order.price is not None:
            return order.price
        if self.last is None:
            return None
        trigger = order.trigger.price if order.trigger is not None else None
        prices = (order.price, self.last, self.expected, trigger)
        return max(price for price in prices if price is not None)


def asked_of(
    operation: Operation[Any] | None, scope: Scope | None, address: str, now_ms: int
) -> Asked:
    """Say what an operation asks for; None stands for a request that nobody could read.

    `scope` is that of the endpoint; an order itself knows whether it is one on margin.
    """
    if isinstance(operation, PlaceOrder):
        return Asked(Act.ORDER, operation.scope, address, now_ms, operation.symbol, operation)
    act = _ACTS.get(type(operation)) if operation is not None else None
    if act is None:
        act = Act.READ if scope in {None, Scope.READ} else Act.CHANGE
    return Asked(act, scope, address, now_ms, getattr(operation, "symbol", ""))
