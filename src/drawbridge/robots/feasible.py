"""Whether an exchange has what a robot is to trade: the pair, and a market for so little money.

Asked when a robot is made, so that a person hears of it beside the field. What cannot be asked
then is said at the robot's start, which looks at the same things again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Final, Protocol

from drawbridge.core.errors import BadInput, DrawbridgeError
from drawbridge.core.markets import Market, Markets
from drawbridge.core.money import ZERO
from drawbridge.robots.model import Plan
from drawbridge.robots.risk import check_amount
from drawbridge.robots.strategies import get_strategy

_MOST_NEAREST: Final = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """What an exchange told: its markets, and the last price of one, zero if it is not there."""

    markets: Markets
    price: Decimal = ZERO


class Window(Protocol):
    """Where anybody may look at an exchange, without a key."""

    async def look(self, exchange_id: str, venue: str, symbol: str) -> Seen:
        """Give the exchange's markets and the price of one. Raises: what asking raises."""


async def check_feasible(window: Window, plan: Plan, exchange_name: str) -> None:
    """Refuse a pair that the exchange does not have, and amounts that are too small for it.

    What cannot be asked is let through.
    Raises: `BadInput` naming the field and the nearest pairs or the smallest amount.
    """
    try:
        seen = await window.look(plan.exchange, plan.venue, plan.symbol)
    except DrawbridgeError:
        return
    market = _market_of(seen.markets, plan, exchange_name)
    if seen.price > 0:
        for stake in plan.stakes:
            check_stake(plan, market, seen.price, stake.amount)


def check_stake(plan: Plan, market: Market, price: Decimal, amount: Decimal) -> None:
    """Refuse an amount with which a plan could never trade on a market at this price.

    Raises: `BadInput` naming the lowest.
    """
    strategy = get_strategy(plan.strategy)
    if strategy.orders is None:
        check_amount(market, price, amount)
    else:
        strategy.check_amount(strategy.read_settings(plan.settings), market, price, amount)


def nearest(symbol: str, known: Iterable[str]) -> tuple[str, ...]:
    """Give the pairs that a person may have meant: of the same currency first, then alike."""
    base, _, quote = symbol.partition("/")
    pairs = sorted(known)
    same = [it for it in pairs if it.partition("/")[0] == base]
    same.sort(key=lambda it: not it.partition("/")[2].startswith(quote[:3]))
    alike = get_close_matches(symbol, pairs, n=_MOST_NEAREST)
    return tuple(dict.fromkeys([*same, *alike, *pairs]))[:_MOST_NEAREST]


def _market_of(markets: Markets, plan: Plan, exchange_name: str) -> Market:
    market = markets.find(plan.symbol)
    if market is not None and market.active:
        return market
    traded = (it.symbol for it in markets if it.active)
    facts = {"symbol": plan.symbol, "exchange": exchange_name}
    raise BadInput(
        "robot_unknown_pair", field="symbol", nearest=nearest(plan.symbol, traded), **facts
    )
