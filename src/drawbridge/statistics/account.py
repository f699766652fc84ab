"""How an account did, deposits and withdrawals apart.

Pure. What a snapshot is, how a step between two is reckoned, and when something is left out is
written down in docs/explain/statistics.md.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import groupby, pairwise

from drawbridge.core.money import ONE, ZERO
from drawbridge.statistics.days import date_of, day_of, days_of
from drawbridge.statistics.drawdown import Drawdown, drawdown_of
from drawbridge.statistics.equity import Curve
from drawbridge.statistics.periods import month_name, year_name
from drawbridge.statistics.ratios import Ratios, ratios_of


@dataclass(frozen=True, slots=True)
class Held:
    """How much of a currency there was, and what it was worth; None where no price was found."""

    amount: Decimal
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An account at a moment, its values in `currency`.

    `settled_ms` is the moment of the exchange's clock up to which trades are in these balances,
    None as long as nobody knows what was traded since the snapshot before; `transfers` is what
    came in (below zero: went out) since the last snapshot that is settled. `wallets` are amounts
    without the profit of open positions, where what is held is told with it.
    """

    at_ms: int
    currency: str
    held: Mapping[str, Held]
    settled_ms: int | None = None
    transfers: Mapping[str, Decimal] = field(default_factory=dict)
    wallets: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def amounts(self) -> dict[str, Decimal]:
        """Give what can change by trades and transfers alone."""
        return {name: it.amount for name, it in self.held.items()} | dict(self.wallets)

    @property
    def total(self) -> Decimal:
        """Give what is worth something in sum."""
        return sum((it.value for it in self.held.values() if it.value is not None), ZERO)

    def price_of(self, currency: str) -> Decimal | None:
        """Give what one unit was worth, None where nothing was held or no price was found."""
        if currency == self.currency:
            return ONE
        held = self.held.get(currency)
        return None if held is None or held.value is None else held.value / held.amount


@dataclass(frozen=True, slots=True)
class Transfer:
    """What came in or went out (below zero) between two moments; `value` where it has a price."""

    since_ms: int
    until_ms: int
    currency: str
    amount: Decimal
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Step:
    """What happened between two snapshots.

    `growth` is the factor by which the account grew without transfers, None where it had nothing
    to grow from; `began` is what it was worth before, without what `unpriced` names: that is left
    out at both ends.
    """

    until_ms: int
    began: Decimal
    gain: Decimal
    growth: Decimal | None
    transfers: tuple[Transfer, ...]
    unpriced: tuple[str, ...]

    @property
    def paid(self) -> Decimal:
        """Give the sum of transfers that have a price."""
        return sum((it.value for it in self.transfers if it.value is not None), ZERO)


@dataclass(frozen=True, slots=True)
class AccountPeriod:
    """A month or a year; `share` is the return without transfers, as a fraction of one."""

    name: str
    gain: Decimal
    share: Decimal | None
    paid: Decimal


@dataclass(frozen=True, slots=True)
class AccountReport:
    """How an account did, in `currency`.

    `worth` is every snapshot's worth, `growth` what one unit without transfers has become; both
    as moments and amounts. `undefined_steps` had nothing to grow from, `other_snapshots` could
    not be told in this currency; from `waits_since_ms` on the exchange told no trades.
    """

    currency: str
    worth: tuple[tuple[int, Decimal], ...]
    growth: tuple[tuple[int, Decimal], ...]
    gain: Decimal
    paid_in: Decimal
    paid_out: Decimal
    total_return: Decimal | None
    drawdown: Drawdown
    ratios: Ratios
    months: tuple[AccountPeriod, ...]
    years: tuple[AccountPeriod, ...]
    transfers: tuple[Transfer, ...]
    unpriced: tuple[str, ...]
    undefined_steps: int
    other_snapshots: int
    waits_since_ms: int | None


def told_in(snapshot: Snapshot, currency: str) -> Snapshot | None:
    """Tell a snapshot in another currency, None where it knows no price of that one."""
    if snapshot.currency == currency:
        return snapshot
    rate = snapshot.price_of(currency)
    return in_currency(snapshot, currency, ONE, rate) if rate else None


def in_currency(snapshot: Snapshot, currency: str, buys: Decimal, costs: Decimal) -> Snapshot:
    """Tell a snapshot in a currency of which one gets `buys` for `costs` of its own."""
    held = {
        name: Held(it.amount, None if it.value is None else it.value * buys / costs)
        for name, it in snapshot.held.items()
    }
    return replace(snapshot, currency=currency, held=held)


def step_between(before: Snapshot, after: Snapshot) -> Step:
    """Reckon one step, both snapshots being told in one currency."""
    transfers = tuple(
        Transfer(before.at_ms, after.at_ms, name, amount, _value(before, after, name, amount))
        for name, amount in sorted(after.transfers.items())
    )
    unpriced = {
        name
        for snapshot in (before, after)
        for name, held in snapshot.held.items()
        if held.value is None
    }
    unpriced |= {it.currency for it in transfers if it.value is None}
    counted = tuple(it for it in transfers if it.currency not in unpriced)
    paid = sum((it.value or ZERO for it in counted), ZERO)
    began, ended = _worth(before, unpriced), _worth(after, unpriced)
    gain = ended - began - paid
    growth = growth_of(began, gain, paid)
    return Step(after.at_ms, began, gain, growth, transfers, tuple(sorted(unpriced)))


def growth_of(began: Decimal, gain: Decimal, paid: Decimal) -> Decimal | None:
    """Give the factor by which something grew, None where it had nothing to grow from.

    What came in or went out counts as if half of it had been there from the beginning.
    """
    if not began and not gain and not paid:
        return ONE
    grew_from = began + paid / 2
    return max(ZERO, ONE + gain / grew_from) if grew_from > 0 else None


def report_account(
    snapshots: Sequence[Snapshot], currency: str, risk_free_rate: Decimal = ZERO
) -> AccountReport:
    """Report on an account by its snapshots, oldest first."""
    told = [it for it in (told_in(one, currency) for one in snapshots) if it is not None]
    settled = [it for it in told if it.settled_ms is not None]
    seen = Seen(
        worth=tuple((it.at_ms, it.total) for it in told),
        began_ms=settled[0].at_ms if settled else None,
        unpriced=unpriced_now(told),
        other_snapshots=len(snapshots) - len(told),
        waits_since_ms=waits_since(told),
    )
    return report_steps(currency, seen, steps_of(settled), risk_free_rate)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is told of an account beside its steps, as `AccountReport` has it.

    `began_ms` is the moment before the first step, None where nothing was settled yet.
    """

    worth: tuple[tuple[int, Decimal], ...]
    began_ms: int | None
    unpriced: frozenset[str]
    other_snapshots: int
    waits_since_ms: int | None


def steps_of(settled: Sequence[Snapshot]) -> list[Step]:
    """Reckon all steps between settled snapshots, told in one currency."""
    return [step_between(before, after) for before, after in pairwise(settled)]


def report_steps(
    currency: str, seen: Seen, steps: Sequence[Step], risk_free_rate: Decimal = ZERO
) -> AccountReport:
    """Report on steps that follow each other."""
    growth = _grown(seen.began_ms, steps)
    curve = Curve(ONE, [at_ms for at_ms, _ in growth], [size for _, size in growth])
    drawdown = drawdown_of(curve)
    defined = [it.growth for it in steps if it.growth is not None]
    transfers = [it for step in steps for it in step.transfers]
    values = [it.value for it in transfers if it.value is not None]
    left_out = seen.unpriced.union(*(step.unpriced for step in steps))
    return AccountReport(
        currency=currency,
        worth=seen.worth,
        growth=growth,
        gain=sum((it.gain for it in steps), ZERO),
        paid_in=sum((value for value in values if value > 0), ZERO),
        paid_out=-sum((value for value in values if value < 0), ZERO),
        total_return=growth[-1][1] - ONE if defined else None,
        drawdown=drawdown,
        ratios=ratios_of(days_of(curve), drawdown, risk_free_rate),
        months=_periods(steps, month_name),
        years=_periods(steps, year_name),
        transfers=tuple(transfers),
        unpriced=tuple(sorted(left_out)),
        undefined_steps=len(steps) - len(defined),
        other_snapshots=seen.other_snapshots,
        waits_since_ms=seen.waits_since_ms,
    )


def _value(before: Snapshot, after: Snapshot, currency: str, amount: Decimal) -> Decimal | None:
    """Value a transfer at the price when it was found, else at the one before."""
    price = after.price_of(currency)
    if price is None:
        price = before.price_of(currency)
    return None if price is None else amount * price


def _worth(snapshot: Snapshot, unpriced: set[str]) -> Decimal:
    values = (it.value or ZERO for name, it in snapshot.held.items() if name not in unpriced)
    return sum(values, ZERO)


def _grown(began_ms: int | None, steps: Iterable[Step]) -> tuple[tuple[int, Decimal], ...]:
    size = ONE
    points = [] if began_ms is None else [(began_ms, size)]
    for step in steps:
        size *= ONE if step.growth is None else step.growth
        points.append((step.until_ms, size))
    return tuple(points)


def _periods(steps: Iterable[Step], name_of: Callable[[date], str]) -> tuple[AccountPeriod, ...]:
    def period(step: Step) -> str:
        return name_of(date_of(day_of(step.until_ms)))

    periods = []
    for name, group in groupby(steps, key=period):
        within = list(group)
        share = ONE
        for step in within:
            share *= ONE if step.growth is None else step.growth
        is_defined = any(step.growth is not None for step in within)
        gain = sum((step.gain for step in within), ZERO)
        paid = sum((step.paid for step in within), ZERO)
        periods.append(AccountPeriod(name, gain, share - ONE if is_defined else None, paid))
    return tuple(periods)


def unpriced_now(snapshots: Sequence[Snapshot]) -> frozenset[str]:
    """Name what is left out of what the account is worth now."""
    held = snapshots[-1].held if snapshots else {}
    return frozenset(name for name, it in held.items() if it.value is None)


def waits_since(snapshots: Sequence[Snapshot]) -> int | None:
    """Tell since when the newest snapshots have not been settled."""
    since = None
    for snapshot in reversed(snapshots):
        if snapshot.settled_ms is not None:
            break
        since = snapshot.at_ms
    return since
