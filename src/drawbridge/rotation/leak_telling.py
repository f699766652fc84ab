"""A leak report as facts for programs, the same at every door."""

from drawbridge.rotation.leak import Deed, Gap, LeakReport


def report_facts(report: LeakReport) -> dict[str, object]:
    """Tell a report.

    Shape: `answered_ms` is None until the exchange has been asked; what it told is missing then.
    """
    inquiry = report.inquiry
    return {
        "key": report.key.id,
        "exchange": report.key.exchange,
        "venue": report.key.venue.value,
        "since_ms": inquiry.since_ms,
        "asked_ms": inquiry.asked_ms,
        "answered_ms": inquiry.answered_ms,
        "is_whole": report.is_whole,
        "told_orders": inquiry.answer.orders,
        "told_trades": inquiry.answer.trades,
        "markets": list(inquiry.answer.markets),
        "gaps": [_gap_facts(gap) for gap in inquiry.answer.gaps],
        "foreign": len(report.foreign),
        "deeds": [deed_facts(deed) for deed in report.deeds],
    }


def deed_facts(deed: Deed) -> dict[str, object]:
    """Tell a deed."""
    return {
        "at_ms": deed.at_ms,
        "kind": deed.kind.value,
        "what": deed.what,
        "by": deed.by,
        "through_us": not deed.is_foreign,
        "symbol": deed.symbol,
        "side": deed.side,
        "quantity": deed.quantity,
        "price": deed.price,
        "name": deed.name,
        "address": deed.address,
        "times": deed.times,
    }


def _gap_facts(gap: Gap) -> dict[str, object]:
    return {"part": gap.part, "code": gap.code, "symbol": gap.symbol}
