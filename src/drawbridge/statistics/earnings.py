"""What robots have earned, at a glance: for lists that are looked at again and again.

All figures stand in `service.py`. Here a robot's trades are read again only when there are new
ones; between, what they came to is remembered.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

from drawbridge.core.money import ZERO
from drawbridge.core.orders import Fill
from drawbridge.trading.positions import Position, follow
from drawbridge.trading.trades import Mark

_MOST_REMEMBERED: Final = 4_096


@dataclass(frozen=True, slots=True)
class Trader:
    """Whose trades are looked at. Units: `dust` in base currency, as in a report's ground."""

    origin: str
    symbol: str
    dust: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Earned:
    """What trades came to, net of fees, and what they left open on each account."""

    realised: Decimal = ZERO
    trades: int = 0
    positions: tuple[Position, ...] = ()

    def profit_at(self, price: Decimal | None) -> Decimal | None:
        """Give profit made and not yet made; None where something is held and no price known."""
        held = [it for it in self.positions if it.quantity]
        if not held:
            return self.realised
        if price is None:
            return None
        return self.realised + sum((it.profit_at(price) for it in held), ZERO)


class Record(Protocol):
    """Where fills stand on disk; trading's store is one."""

    async def marks_of(self, origins: Collection[str]) -> Mapping[str, Mark]:
        """Tell how far the fills of each origin have come."""

    async def fills_by_account(self, origin: str) -> tuple[tuple[Fill, ...], ...]:
        """Give every fill of this origin's orders, each account's in the order of time."""


class Earnings:
    """What each of several robots has earned."""

    def __init__(self, record: Record) -> None:
        """Read fills from this record."""
        self._record = record
        self._known: dict[str, tuple[Mark, Trader, Earned]] = {}

    async def of(self, traders: Sequence[Trader]) -> Mapping[str, Earned]:
        """Tell what each earned, by origin."""
        marks = await self._record.marks_of([it.origin for it in traders])
        return {it.origin: await self._earned(it, marks.get(it.origin)) for it in traders}

    async def _earned(self, trader: Trader, mark: Mark | None) -> Earned:
        if mark is None:
            return Earned()
        known = self._known.get(trader.origin)
        if known is not None and known[:2] == (mark, trader):
            return known[2]
        earned = earned_by(await self._record.fills_by_account(trader.origin), trader)
        self._known.pop(trader.origin, None)
        while len(self._known) >= _MOST_REMEMBERED:
            del self._known[next(iter(self._known))]  # The one that was learnt first.
        self._known[trader.origin] = (mark, trader, earned)
        return earned


def earned_by(accounts: Sequence[Sequence[Fill]], trader: Trader) -> Earned:
    """Tell what fills came to; positions of different accounts stand alone."""
    journeys = [follow(fills, trader.symbol, trader.dust) for fills in accounts]
    return Earned(
        realised=sum((it.realised for it in journeys), ZERO),
        trades=sum(len(it.trips) for it in journeys),
        positions=tuple(it.position for it in journeys),
    )
