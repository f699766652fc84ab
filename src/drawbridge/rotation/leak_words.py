"""What a key did, in words: for the page, the command line and the chat."""

from collections.abc import Mapping

from drawbridge.catalogue.registry import get_card
from drawbridge.rotation.leak import Deed, DeedKind, Gap, LeakReport
from drawbridge.wording.say import has_words, say, say_reason


def what_of(deed: Deed) -> str:
    """Say what was done."""
    if deed.kind is DeedKind.EVENT:
        key = f"audit.tag.{deed.what}"
        return say(key) if has_words(key) else deed.what
    if deed.kind is DeedKind.REQUESTS:
        return say("leak.requests", count=deed.times, endpoint=deed.what or "?")
    if deed.kind is DeedKind.TRADE:
        return say("leak.trade")
    key = f"orders.state.{deed.what}"
    return say("leak.order", state=say(key) if has_words(key) else deed.what)


def by_of(deed: Deed, names: Mapping[str, str]) -> str:
    """Say who wanted it; `names` are those of robots and virtual keys by their origins."""
    if deed.is_foreign:
        return say("leak.foreign")
    kind = deed.by.partition(":")[0]
    for key in (f"orders.by.{kind}", f"leak.purpose.{deed.by}"):
        if has_words(key):
            return say(key)
    return names.get(deed.by, deed.by)


def found_words(report: LeakReport) -> str:
    """Say in one sentence what came out, once the exchange has answered."""
    answer = report.inquiry.answer
    if report.inquiry.answered_ms is None:
        return say("leak.being_asked", exchange=get_card(report.key.exchange).name)
    if report.foreign:
        return say("leak.found", count=len(report.foreign))
    if answer.gaps:
        return say("leak.found_gaps")
    return say("leak.found_none", count=answer.orders + answer.trades)


def gap_words(gap: Gap) -> str:
    """Say what could not be asked, and why."""
    why = say_reason(gap.code, {})
    part = say(f"leak.part.{gap.part}")
    return say("leak.gap", part=f"{part} ({gap.symbol})" if gap.symbol else part, why=why)
