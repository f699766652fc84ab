"""Find deposits and withdrawals: what trades do not explain between two snapshots. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.markets import currencies_of, is_contract
from drawbridge.core.money import ZERO
from drawbridge.core.orders import Fill, Side
from drawbridge.statistics.account import Snapshot

# An exchange's clock and ours differ, and balances are read a moment before they are dated.
CLOCKS_DIFFER_BY_MS: Final = MINUTE_MS
_NEGLIGIBLE: Final = Decimal("0.000001")
# Where more is traded within a minute, the times have to do.
_MOST_CUTS: Final = 200


@dataclass(frozen=True, slots=True)
class Change:
    """What something that is no transfer did to the balances, at the exchange's time."""

    time_ms: int
    amounts: Mapping[str, Decimal]


def change_of(fill: Fill) -> Change:
    """Give what a trade did: of a contract, its profit is paid and no goods change hands."""
    base, quote = currencies_of(fill.symbol)
    amounts: dict[str, Decimal] = {}
    if is_contract(fill.symbol):
        _add(amounts, fill.symbol.partition(":")[2], fill.realised)
    else:
        sign = 1 if fill.side is Side.BUY else -1
        _add(amounts, base, sign * fill.quantity)
        _add(amounts, quote, -sign * fill.quote_quantity)
    _add(amounts, fill.fee_currency, -fill.fee)
    return Change(fill.time_ms, amounts)


def unexplained(before: Snapshot, after: Snapshot, changes: Iterable[Change]) -> dict[str, Decimal]:
    """Give by how much each balance changed besides these changes."""
    left: dict[str, Decimal] = {}
    for name, amount in after.amounts.items():
        _add(left, name, amount)
    for name, amount in before.amounts.items():
        _add(left, name, -amount)
    return {name: amount for name, amount in _less(left, changes).items() if amount}


def settle(before: Snapshot, after: Snapshot, changes: Iterable[Change]) -> Snapshot:
    """Settle a snapshot: tell what came in or went out since `before`, which is settled.

    Changes near the moment of the snapshot may be in its balances or not; the cut between them
    is where less is left unexplained. The same holds for the moment at which all began, because
    of a first snapshot nothing is known but its time.
    """
    began_ms = before.at_ms if before.settled_ms is None else before.settled_ms
    slack_ms = CLOCKS_DIFFER_BY_MS if began_ms == before.at_ms else 0
    told = sorted(
        (it for it in changes if it.time_ms > began_ms - slack_ms), key=lambda it: it.time_ms
    )
    starts = _Cuts.near(told, began_ms, slack_ms)
    ends = _Cuts.near(told, after.at_ms, CLOCKS_DIFFER_BY_MS)
    scale, difference = _Scale(before, after), unexplained(before, after, ())
    begin, end = _best(scale, difference, told, starts, ends)
    left = _less(difference, told[begin:end])
    least_ms = max(began_ms, after.at_ms - CLOCKS_DIFFER_BY_MS)
    return replace(
        after,
        settled_ms=max(least_ms, told[end - 1].time_ms) if end else least_ms,
        transfers={name: it for name, it in left.items() if it and not scale.is_nothing(name, it)},
    )


@dataclass(frozen=True, slots=True)
class _Cuts:
    """Where changes may be cut near a moment: before which of them, and where they seem to be."""

    places: tuple[int, ...]
    natural: int

    @classmethod
    def near(cls, told: Sequence[Change], at_ms: int, slack_ms: int) -> "_Cuts":
        """Find them. Changes of one moment stay together: only a moment is remembered."""
        times = [it.time_ms for it in told]
        first, last = bisect_right(times, at_ms - slack_ms), bisect_right(times, at_ms + slack_ms)
        natural = bisect_right(times, at_ms)
        places = [
            place
            for place in range(first, last + 1)
            if not 0 < place < len(times) or times[place - 1] != times[place]
        ]
        if len(places) > _MOST_CUTS:
            places = [natural]
        return cls(tuple(places), natural)


def _best(
    scale: "_Scale",
    difference: Mapping[str, Decimal],
    told: Sequence[Change],
    starts: _Cuts,
    ends: _Cuts,
) -> tuple[int, int]:
    """Choose the two cuts between which changes explain most, the natural ones if it is equal."""
    best: tuple[tuple[int, Decimal, int], int, int] | None = None
    for begin in starts.places:
        left, done = difference, begin
        for end in ends.places:
            if end < begin:
                continue
            left, done = _less(left, told[done:end]), end
            away = abs(begin - starts.natural) + abs(end - ends.natural)
            found = ((*scale.weight(left), away), begin, end)
            best = found if best is None else min(best, found)
    return (0, 0) if best is None else best[1:]


def _less(left: Mapping[str, Decimal], changes: Iterable[Change]) -> dict[str, Decimal]:
    rest = dict(left)
    for change in changes:
        for name, amount in change.amounts.items():
            _add(rest, name, -amount)
    return rest


class _Scale:
    """What differences are worth, to weigh them against each other."""

    def __init__(self, before: Snapshot, after: Snapshot) -> None:
        self._before, self._after = before, after
        self._least = max(before.total, after.total) * _NEGLIGIBLE

    def weight(self, left: Mapping[str, Decimal]) -> tuple[int, Decimal]:
        """Weigh what is left: first how many have no price, then what the others are worth."""
        unpriced, worth = 0, ZERO
        for name, amount in left.items():
            price = self._price(name)
            if price is None:
                unpriced += not self.is_nothing(name, amount)
            else:
                worth += abs(amount) * price
        return unpriced, worth

    def is_nothing(self, name: str, amount: Decimal) -> bool:
        """Tell whether a difference is no more than rounding."""
        price = self._price(name)
        if price is not None:
            return abs(amount) * price <= self._least
        sizes = [it.held[name].amount for it in (self._before, self._after) if name in it.held]
        return abs(amount) <= max(sizes, default=ZERO) * _NEGLIGIBLE

    def _price(self, name: str) -> Decimal | None:
        price = self._after.price_of(name)
        return self._before.price_of(name) if price is None else price


def _add(amounts: dict[str, Decimal], name: str, amount: Decimal) -> None:
    if name:
        amounts[name] = amounts.get(name, ZERO) + amount
