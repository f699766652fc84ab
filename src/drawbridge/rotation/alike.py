"""Two accounts whose rows are alike: are they one? For keys that lie with different workers. Pure.

Each worker writes down what its own keys read, so nobody needs the other's secret. What shows one
account is that both read the same odd amounts at the same moment: one of them before and after the
other, so that nothing can have been moved from one to the other in between.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drawbridge.trading.holdings import Portfolio

# Two accounts hold 10,000 and 1 by chance; they do not hold amounts of so many digits in all.
_TELLING_DIGITS: Final = 8
# The first reading after a look may have begun before it; the second one cannot have.
_SURELY_SINCE: Final = 2

Totals = frozenset[tuple[str, Decimal]]


def totals_of(portfolio: Portfolio) -> Totals:
    """Give what an account held of each currency."""
    return frozenset((it.currency, it.free + it.held) for it in portfolio.holdings)


def is_telling(totals: Iterable[Decimal]) -> bool:
    """Tell whether amounts are too odd to be held by two accounts by chance.

    Counted are the digits of all of them without the zeros at their ends.
    """
    digits = sum(len(it.normalize().as_tuple().digits) for it in totals if it)
    return digits >= _TELLING_DIGITS


@dataclass(slots=True)
class Alike:
    """What was seen of two accounts' rows so far, look by look."""

    _totals: Totals = frozenset()
    _first: int = 0
    _second: int = 0
    # How often each was read anew since it was its turn.
    _seconds: int = 0
    _firsts: int = 0

    def look(self, first: Portfolio, second: Portfolio) -> bool:
        """Take in both rows as they stand; True once they were surely read of one account."""
        totals = totals_of(first)
        if totals != totals_of(second) or not is_telling(amount for _, amount in totals):
            self._totals = frozenset()
            return False
        if totals != self._totals:
            self._totals = totals
            self._firsts = self._seconds = 0
        elif self._seconds < _SURELY_SINCE:
            self._seconds += second.as_of_ms != self._second
        else:
            self._firsts += first.as_of_ms != self._first
        self._first, self._second = first.as_of_ms, second.as_of_ms
        return self._firsts >= _SURELY_SINCE
