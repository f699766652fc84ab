"""How several accounts did together, although each was read at hours of its own. Pure.

What an account brings along when it is first seen is neither a gain nor a deposit: all grow on
from there. How a single account's step is reckoned stands in `account.py`.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from drawbridge.core.clock import HOUR_MS
from drawbridge.core.money import ONE, ZERO
from drawbridge.statistics.account import (
    AccountReport,
    Seen,
    Snapshot,
    Step,
    growth_of,
    in_currency,
    report_steps,
    step_between,
    told_in,
    unpriced_now,
    waits_since,
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """An account that was first seen later than the first one, and what it brought along."""

    key_id: str
    at_ms: int
    worth: Decimal


@dataclass(frozen=True, slots=True)
class Together:
    """How accounts did in sum, with one point for every hour in which one of them was read.

    `left_out` are those of which nothing could be told in the report's currency.
    """

    report: AccountReport
    arrivals: tuple[Arrival, ...]
    left_out: tuple[str, ...]


def report_together(
    pasts: Mapping[str, Sequence[Snapshot]], currency: str, risk_free_rate: Decimal = ZERO
) -> Together:
    """Report on accounts by the snapshots of each, oldest first, by the ids of their keys."""
    told = {key_id: _told(key_id, pasts, currency) for key_id in pasts}
    settled = {
        key_id: [it for it in snapshots if it.settled_ms is not None]
        for key_id, snapshots in told.items()
    }
    arrivals = _arrivals(settled)
    waits = [since for since in map(waits_since, told.values()) if since is not None]
    seen = Seen(
        worth=_worth(told),
        began_ms=arrivals[0].at_ms if arrivals else None,
        unpriced=frozenset().union(*map(unpriced_now, told.values())),
        other_snapshots=sum(
            len(pasts[key_id]) - len(kept) for key_id, kept in told.items() if kept
        ),
        waits_since_ms=min(waits, default=None),
    )
    report = report_steps(currency, seen, _steps(settled), risk_free_rate)
    first_hour = _hour_of(arrivals[0].at_ms) if arrivals else 0
    later = tuple(it for it in arrivals if _hour_of(it.at_ms) > first_hour)
    return Together(report, later, tuple(sorted(key for key, kept in told.items() if not kept)))


def grown_since(growth: Sequence[tuple[int, Decimal]], since_ms: int) -> Decimal | None:
    """Give the return since a moment, as a fraction; None where nothing was known by then.

    `growth` is what one unit has become, as reports have it.
    """
    before = [size for at_ms, size in growth if at_ms <= since_ms]
    if not before or not before[-1]:
        return None
    return growth[-1][1] / before[-1] - ONE


def _told(key_id: str, pasts: Mapping[str, Sequence[Snapshot]], currency: str) -> list[Snapshot]:
    """Tell an account's snapshots in a currency, by its own prices before those of others."""
    others = [pasts[other] for other in sorted(pasts) if other != key_id]
    found = []
    for snapshot in pasts[key_id]:
        told = told_in(snapshot, currency)
        if told is None:
            beside = (_last_at(past, snapshot.at_ms) for past in others if past)
            told = _told_by(snapshot, beside, currency)
        if told is not None:
            found.append(told)
    return found


def _last_at(past: Sequence[Snapshot], at_ms: int) -> Snapshot:
    """Give what an account was last seen to hold at a moment, or first after it."""
    return past[max(0, bisect_right(past, at_ms, key=lambda it: it.at_ms) - 1)]


def _told_by(own: Snapshot, others: Iterable[Snapshot], currency: str) -> Snapshot | None:
    """Tell a snapshot by another account's price of its currency, or of what both hold."""
    for other in others:
        told = told_in(other, currency)
        if told is None:
            continue
        for name in (own.currency, *sorted(own.held)):
            here, there = own.price_of(name), told.price_of(name)
            if here and there:
                return in_currency(own, currency, there, here)
    return None


def _arrivals(settled: Mapping[str, Sequence[Snapshot]]) -> list[Arrival]:
    """Give when each account was first seen, the first one first."""
    found = [
        Arrival(key_id, snapshots[0].at_ms, snapshots[0].total)
        for key_id, snapshots in settled.items()
        if snapshots
    ]
    return sorted(found, key=lambda it: (it.at_ms, it.key_id))


def _worth(told: Mapping[str, Sequence[Snapshot]]) -> tuple[tuple[int, Decimal], ...]:
    """Add up what each account was last known to be worth, at the end of every hour."""
    read = sorted(
        (it.at_ms, key_id, it.total) for key_id, snapshots in told.items() for it in snapshots
    )
    latest: dict[str, Decimal] = {}
    points = []
    for _, group in groupby(read, key=lambda it: _hour_of(it[0])):
        within = list(group)
        latest |= {key_id: total for _, key_id, total in within}
        points.append((within[-1][0], sum(latest.values(), ZERO)))
    return tuple(points)


def _steps(settled: Mapping[str, Sequence[Snapshot]]) -> list[Step]:
    """Put the steps of all accounts behind each other, and those of one hour together.

    Why: within an hour one account has been read and the next not yet; a fall of the first
    beside a rise of the second would look like a fall of both.
    """
    read = sorted(
        ((it.at_ms, key_id, it) for key_id, snapshots in settled.items() for it in snapshots),
        key=lambda it: it[:2],
    )
    latest: dict[str, Snapshot] = {}
    totals: dict[str, Decimal] = {}
    steps = []
    for _, key_id, snapshot in read:
        before = latest.get(key_id)
        if before is not None:
            others = (total for other, total in totals.items() if other != key_id)
            steps.append(_among(step_between(before, snapshot), sum(others, ZERO)))
        latest[key_id], totals[key_id] = snapshot, snapshot.total
    by_hour = groupby(steps, key=lambda it: _hour_of(it.until_ms))
    return [_one(list(within)) for _, within in by_hour]


def _among(step: Step, others: Decimal) -> Step:
    """Give an account's step as one of all accounts, while the others stood still."""
    began = step.began + others
    counted = sum(
        (it.value or ZERO for it in step.transfers if it.currency not in step.unpriced), ZERO
    )
    growth = growth_of(began, step.gain, counted)
    return Step(step.until_ms, began, step.gain, growth, step.transfers, step.unpriced)


def _one(steps: Sequence[Step]) -> Step:
    """Make one step of several that follow each other."""
    size, defined = ONE, False
    for step in steps:
        if step.growth is not None:
            size, defined = size * step.growth, True
    return Step(
        until_ms=steps[-1].until_ms,
        began=steps[0].began,
        gain=sum((step.gain for step in steps), ZERO),
        growth=size if defined else None,
        transfers=tuple(it for step in steps for it in step.transfers),
        unpriced=tuple(sorted({name for step in steps for name in step.unpriced})),
    )


def _hour_of(at_ms: int) -> int:
    return at_ms // HOUR_MS
