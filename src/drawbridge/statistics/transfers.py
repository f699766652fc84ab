"""Find deposits and withdrawals: what trades do not explain between two snapshots. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.money import ZERO
from drawbridge.core.orders import Fill, Side
from drawbridge.statistics.account import Snapshot
from drawbridge.trading.positions import currencies_of

# An exchange's clock and ours differ, and balances are read a moment before they are dated.
CLOCKS_DIFFER_BY_MS: Final = MINUTE_MS
_NEGLIGIBLE: Final = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Change:
    """What something that is no transfer did to the balances, at the exchange's time."""

    time_ms: int
    amounts: Mapping[str, Decimal]


def change_of(fill: Fill) -> Change:
    """Give what a trade did: of a contract, its profit is paid and no goods change hands."""
    base, quote = currencies_of(fill.symbol)
    amounts: dict[str, Decimal] = {}
    if ":" in fill.symbol:
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
    for name, held in after.held.items():
        _add(left, name, held.amount)
    for name, held in before.held.items():
        _add(left, name, -held.amount)
    for change in changes:
        for name, amount in change.amounts.items():
            _add(left, name, -amount)
    return {name: amount for name, amount in left.items() if amount}


def settle(before: Snapshot, after: Snapshot, changes: Iterable[Change]) -> Snapshot:
    """Settle a snapshot: tell what came in or went out since `before`, which is settled.

    Changes near the moment of the snapshot may be in its balances or not; the cut between them
    is where less is left unexplained.
    """
    began_ms = before.at_ms if before.settled_ms is None else before.settled_ms
    later = sorted((it for it in changes if it.time_ms > began_ms), key=lambda it: it.time_ms)
    least_ms = after.at_ms - CLOCKS_DIFFER_BY_MS
    sure = [it for it in later if it.time_ms <= least_ms]
    near = [it for it in later if it.time_ms > least_ms]
    left = unexplained(before, after, sure)
    cut = _best_cut(_Scale(before, after), left, near, after.at_ms)
    for change in near[:cut]:
        for name, amount in change.amounts.items():
            _add(left, name, -amount)
    scale = _Scale(before, after)
    transfers = {name: it for name, it in left.items() if it and not scale.is_nothing(name, it)}
    settled_ms = near[cut - 1].time_ms if cut else max(began_ms, least_ms)
    return replace(after, settled_ms=settled_ms, transfers=transfers)


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


def _best_cut(
    scale: _Scale, left: Mapping[str, Decimal], near: Sequence[Change], at_ms: int
) -> int:
    """Choose how many of the changes near a snapshot are in its balances.

    Changes of one moment stay together, because a moment is all that is remembered. Where several
    cuts leave the same, it is the one at the snapshot's own time or the one closest to it.
    """
    natural = sum(it.time_ms <= at_ms for it in near)
    rest = dict(left)
    cuts = [(*scale.weight(rest), natural, 0)]
    for place, change in enumerate(near, 1):
        for name, amount in change.amounts.items():
            _add(rest, name, -amount)
        if place == len(near) or near[place].time_ms != change.time_ms:
            cuts.append((*scale.weight(rest), abs(place - natural), place))
    return min(cuts)[-1]


def _add(amounts: dict[str, Decimal], name: str, amount: Decimal) -> None:
    if name:
        amounts[name] = amounts.get(name, ZERO) + amount
