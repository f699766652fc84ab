"""How much was traded, for how long something was held, and what it cost by currency."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from drawbridge.core.money import ZERO
from drawbridge.core.orders import Fill
from drawbridge.trading.positions import Trip


@dataclass(frozen=True, slots=True)
class Activity:
    """What was done between two moments.

    Units: `exposure` is the share of that time in which anything was held, as a fraction of one;
    `volume` in quote currency, buys and sells together; `turnover` is how often the capital at
    the beginning was traded; `fees` by the currency they were taken in, rebates below zero.
    """

    since_ms: int | None
    until_ms: int | None
    exposure: Decimal | None
    volume: Decimal
    turnover: Decimal | None
    fees: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Span:
    """The time that a report is about; None where nothing has happened yet."""

    since_ms: int | None
    until_ms: int | None


def activity_of(
    fills: Sequence[Fill],
    trips: Iterable[Trip],
    open_since_ms: int | None,
    span: Span,
    start: Decimal,
) -> Activity:
    """Count what was done. `open_since_ms` is since when something has been held until now."""
    volume = sum((fill.quote_quantity for fill in fills), ZERO)
    return Activity(
        since_ms=span.since_ms,
        until_ms=span.until_ms,
        exposure=_exposure(trips, open_since_ms, span),
        volume=volume,
        turnover=volume / start if start > 0 else None,
        fees=fees_by_currency(fills),
    )


def fees_by_currency(fills: Iterable[Fill]) -> tuple[tuple[str, Decimal], ...]:
    """Add up fees, each in its own currency."""
    fees: dict[str, Decimal] = {}
    for fill in fills:
        if fill.fee:
            fees[fill.fee_currency] = fees.get(fill.fee_currency, ZERO) + fill.fee
    return tuple(sorted(fees.items()))


def _exposure(trips: Iterable[Trip], open_since_ms: int | None, span: Span) -> Decimal | None:
    """Give the share of time in the market; trips of several markets may overlap."""
    since_ms, until_ms = span.since_ms, span.until_ms
    if since_ms is None or until_ms is None or until_ms <= since_ms:
        return None
    times = [(trip.opened_ms, trip.closed_ms) for trip in trips]
    if open_since_ms is not None:
        times.append((open_since_ms, until_ms))
    held_ms, covered_ms = 0, since_ms
    for opened_ms, closed_ms in sorted(times):
        begin_ms, end_ms = max(opened_ms, covered_ms), min(closed_ms, until_ms)
        if end_ms > begin_ms:
            held_ms += end_ms - begin_ms
            covered_ms = end_ms
    return Decimal(held_ms) / (until_ms - since_ms)
