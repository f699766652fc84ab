"""A market of the engine on which a strategy gives signals: the loop's own steps, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from drawbridge.robots.backtest.filling import Book, State, beginning
from drawbridge.robots.backtest.hearing import heard
from drawbridge.robots.backtest.loop import SLACK, better, closed, judged, moved, opened
from drawbridge.robots.backtest.prepared import copied, prepare, record_in_lists
from drawbridge.robots.backtest.result import Leg, leg_of
from drawbridge.robots.strategy import UNSAID

if TYPE_CHECKING:
    from drawbridge.robots.backtest.engine import Pair
    from drawbridge.robots.backtest.wallet import Wallet

_CAPACITY: Final = 1 << 10


class SignalLane:
    """Walks through the candles of one market, with the cash of a shared wallet."""

    def __init__(self, number: int, pair: Pair, wallet: Wallet) -> None:
        """Begin before the first candle."""
        it = pair
        prepared = prepare(it.strategy, it.settings, it.candles, it.terms, it.guards)
        self._pair = pair
        self._number = number
        self._wallet = wallet
        # Its series stay arrays, so that whatever a strategy does with them is right.
        self._prepared = prepared.one_by_one()._replace(course=prepared.course)
        self._book = Book(self._prepared.bars, prepared.numbers, record_in_lists(_CAPACITY))
        self._state: State = beginning(wallet.cash)
        self._best = 0.0

    def open(self, at: int) -> None:
        """Take in a candle's open."""
        capacity = len(self._book.record.at)
        if self._state.fills > capacity - SLACK:
            longer = copied(self._book.record, record_in_lists(2 * capacity))
            self._book = self._book._replace(record=longer)
        self._borrow()
        self._state = opened(self._prepared.rules.funding, self._state, at, self._book)
        self._give_back(self._book.bars.open[at])

    def close(self, at: int) -> None:
        """Take in the rest of a candle, and decide at its close."""
        self._borrow()
        book, rules, best = self._book, self._prepared.rules, self._best
        if rules.guards is not None:
            self._state = judged(rules.guards, self._state, at, best, book)
        state = self._state
        _, said = heard(self._prepared.decide, self._prepared.course, book, state, best, at + 1)
        if state.account.lots != 0:
            self._best = better(state, best, at, book)
        if rules.guards is not None or said != UNSAID:
            self._state = closed(rules, moved(state, at), said, self._best, book)
        else:
            self._state = moved(state, at + 1)
        self._give_back(book.bars.close[at])

    def leg(self) -> Leg:
        """Give what was done."""
        return leg_of(self._pair.terms, self._pair.candles, self._book.record, self._state.fills)

    def gains(self) -> list[float]:
        """Give what each trade that ended has brought, in percent."""
        return list(self._book.record.gain[: self._state.ends])

    def _borrow(self) -> None:
        """Trade with the cash that other markets leave."""
        cash = self._wallet.cash - self._wallet.locked_by_others(self._number)
        if cash != self._state.account.cash:
            account = self._state.account._replace(cash=cash)
            self._state = self._state._replace(account=account)

    def _give_back(self, price: float) -> None:
        account = self._state.account
        self._wallet.cash = account.cash + self._wallet.locked_by_others(self._number)
        # What a short sale brought stands in for buying it back, with as much again.
        self._wallet.lock(self._number, -2 * min(0, account.lots) * self._book.terms.step * price)
