"""What a key did, as its page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from drawbridge.rotation.leak import Deed, DeedKind, LeakReport
from drawbridge.rotation.leak_words import by_of, found_words, gap_words, what_of
from drawbridge.wording import formats
from drawbridge.wording.say import say


@dataclass(frozen=True, slots=True)
class DeedView:
    """A deed as a row shows it."""

    at_ms: int
    what: str
    under: str
    symbol: str
    side: str
    amount: str
    by: str
    is_foreign: bool


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report as the page shows it; `summary` says in one sentence what came out."""

    since_ms: int
    is_answered: bool
    summary: str
    tone: str
    gaps: tuple[str, ...]
    markets: str
    is_whole: bool
    deeds: tuple[DeedView, ...]

    @property
    def foreign(self) -> tuple[DeedView, ...]:
        """Give what did not go through us."""
        return tuple(deed for deed in self.deeds if deed.is_foreign)


def view_report(report: LeakReport, names: Mapping[str, str], most: int) -> ReportView:
    """Put a report into words; `names` are those of robots and virtual keys by their origins.

    Of more than `most` deeds, those that did not go through us stay all.
    """
    inquiry, answer = report.inquiry, report.inquiry.answer
    tone = "bad" if report.foreign else "warn" if answer.gaps else "good"
    shown = [it for n, it in enumerate(report.deeds) if n < most or it.is_foreign]
    return ReportView(
        since_ms=inquiry.since_ms,
        is_answered=inquiry.answered_ms is not None,
        summary=found_words(report),
        tone=tone,
        gaps=tuple(map(gap_words, answer.gaps)),
        markets=", ".join(answer.markets),
        is_whole=report.is_whole and len(shown) == len(report.deeds),
        deeds=tuple(_view(it, names) for it in shown),
    )


def _view(deed: Deed, names: Mapping[str, str]) -> DeedView:
    base, _, quote = deed.symbol.partition(":")[0].partition("/")
    amount = f"{formats.amount(Decimal(deed.quantity))} {base}" if deed.quantity else ""
    if amount and deed.price:
        amount = say(
            "leak.at_price", amount=amount, price=f"{formats.amount(Decimal(deed.price))} {quote}"
        )
    return DeedView(
        at_ms=deed.at_ms,
        what=what_of(deed),
        under=_under(deed),
        symbol=deed.symbol,
        side=deed.side,
        amount=amount,
        by=by_of(deed, names),
        is_foreign=deed.is_foreign,
    )


def _under(deed: Deed) -> str:
    if deed.kind is DeedKind.REQUESTS:
        return f"{say(f'virtual_keys.outcome.{deed.name}')} · {deed.address}"
    return deed.name
