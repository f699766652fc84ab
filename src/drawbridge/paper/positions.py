"""Positions in contracts as the state keeps them, and how events change them and the money.

All of an exchange's contracts in one place. What is allowed is judged elsewhere (`contracts.py`);
here every posting is written so that the books stay exact: profit is paid between a person and
the house when it is realised, and never before.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from drawbridge.core.orders import PositionSide, Side
from drawbridge.paper.book import OrderState
from drawbridge.paper.events import Adjusted, Funded, Leg, Paid, Traded
from drawbridge.paper.ledger import FEES, HOUSE, Entry, Ledger, free, held
from drawbridge.paper.rules import Rules

# How far back an account's past can be asked for, at each exchange; money is not touched by it.
HISTORY: Final = 10_000


@dataclass(frozen=True, slots=True)
class Setting:
    """How an account trades a contract."""

    leverage: int
    isolated: bool


@dataclass(slots=True, eq=False)
class PositionState:
    """An open position. Units: `lots` below zero for a short one; money in settle atoms.

    `cost` is what was paid for the lots that it holds, `margin` what is set aside for it.
    """

    account: str
    rules: Rules
    side: PositionSide
    lots: int
    cost: int
    margin: int
    realised: int
    opened_ms: int
    updated_ms: int


@dataclass(frozen=True, slots=True)
class PaymentState:
    """What a position received (below zero: paid) at a funding. Units: settle atoms, 10^-8."""

    number: int
    symbol: str
    at_ms: int
    atoms: int
    rate: int


Key = tuple[str, PositionSide]


class Contracts:
    """Positions, settings and funding of all accounts at one exchange.

    Shape: `positions[account][symbol, side]` holds open ones only; `funded` the last funding of
    a symbol at which anyone paid.
    """

    __slots__ = ("funded", "hedged", "payments", "positions", "settings")

    def __init__(self) -> None:
        """Start without anything."""
        self.positions: dict[str, dict[Key, PositionState]] = {}
        self.settings: dict[tuple[str, str], Setting] = {}
        self.hedged: set[str] = set()
        self.funded: dict[str, int] = {}
        self.payments: dict[str, deque[PaymentState]] = {}

    def find(self, account: str, symbol: str, side: PositionSide) -> PositionState | None:
        """Give an open position, None when there is none."""
        return self.positions.get(account, {}).get((symbol, side))

    def of(self, account: str, symbol: str = "") -> list[PositionState]:
        """Give an account's open positions, of one symbol or (empty) of all."""
        found = self.positions.get(account, {}).values()
        return [position for position in found if not symbol or position.rules.symbol == symbol]

    def all(self) -> Iterator[PositionState]:
        """Go through all open positions."""
        for positions in self.positions.values():
            yield from positions.values()

    def setting(self, account: str, rules: Rules) -> Setting:
        """Give how an account trades a contract: as it chose, or as is usual there."""
        chosen = self.settings.get((account, rules.symbol))
        if chosen is not None or rules.contract is None:
            return chosen or Setting(1, isolated=False)
        return Setting(rules.contract.usual_leverage, rules.contract.usual_isolated)

    def enter(self, position: PositionState) -> None:
        """Keep a position; one without lots is let go of."""
        symbol = position.rules.symbol
        mine = self.positions.setdefault(position.account, {})
        if position.lots:
            mine[symbol, position.side] = position
        else:
            mine.pop((symbol, position.side), None)
        if not mine:
            del self.positions[position.account]

    def clear(
        self, ledger: Ledger, taker: OrderState | None, maker: OrderState | None, event: Traded
    ) -> None:
        """Book a trade: money and positions of both sides. Raises: `Corrupted`."""
        taken, made = event.legs or (None, None)
        entries: list[Entry] = []
        if taker is not None and taken is not None:
            released = taker.held - event.taker_held
            entries += self._take(taker, event, taken, released, event.taker_fee)
        if maker is not None and made is not None:
            released = maker.held - event.maker_held
            entries += self._take(maker, event, made, released, event.maker_fee)
        ledger.post(entries)

    def adjust(self, ledger: Ledger, event: Adjusted) -> None:
        """Change what is set aside for a position. Raises: `Corrupted`."""
        position = self.positions[event.account][event.symbol, event.side]
        ledger.move(event.account, position.rules.quote, event.margin - position.margin)
        position.margin = event.margin
        position.updated_ms = event.at_ms

    def fund(self, ledger: Ledger, rules: Rules, event: Funded) -> None:
        """Book a funding: every payment goes between a person and the house."""
        self.funded[event.symbol] = event.slot_ms
        for number, paid in enumerate(event.payments, event.first):
            position = self.positions[paid.account][event.symbol, paid.side]
            ledger.post(_payment(rules.quote, position.margin - paid.margin, paid))
            position.margin = paid.margin
            position.updated_ms = event.at_ms
            past = self.payments.setdefault(paid.account, deque(maxlen=HISTORY))
            past.append(PaymentState(number, event.symbol, event.slot_ms, paid.atoms, event.rate))

    def _take(
        self, order: OrderState, event: Traded, leg: Leg, released: int, fee: int
    ) -> list[Entry]:
        """Let a position take its share of a trade; give the postings."""
        rules, account = order.rules, order.account
        position = self.find(account, rules.symbol, order.position_side)
        before = 0 if position is None else position.margin
        traded = event.lots if order.side is Side.BUY else -event.lots
        lots = traded if position is None else position.lots + traded
        if position is None or position.lots * lots < 0:
            # What turns from long to short is another position, with nothing realised yet.
            side, now_ms = order.position_side, event.at_ms
            position = PositionState(account, rules, side, 0, 0, 0, 0, now_ms, now_ms)
        else:
            position.realised += leg.realised
        position.lots, position.cost, position.margin = lots, leg.cost, leg.margin
        position.updated_ms = event.at_ms
        self.enter(position)
        set_aside = leg.margin - before
        currency = rules.quote
        entries = [
            Entry(held(account), currency, set_aside - released),
            Entry(free(account), currency, released - set_aside + leg.realised - fee),
            Entry(HOUSE, currency, -leg.realised),
        ]
        if fee:
            entries.append(Entry(FEES, currency, fee))
        return entries


def _payment(currency: str, released: int, paid: Paid) -> tuple[Entry, Entry, Entry]:
    return (
        Entry(held(paid.account), currency, -released),
        Entry(free(paid.account), currency, released + paid.atoms),
        Entry(HOUSE, currency, -paid.atoms),
    )
