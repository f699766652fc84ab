"""When a stamp is good: windows of time and rising nonces, as rules over numbers.

The numbers (how far ahead, how long, how many nonces per millisecond) stand on the exchange's
card. Where the last nonce is kept is not decided here.
"""

from dataclasses import dataclass
from enum import StrEnum

from drawbridge.core.errors import BadInput, NotProven

_MAX_DIGITS = 20


class StampKind(StrEnum):
    """What a request is stamped with."""

    TIME = "time"
    NONCE = "nonce"


@dataclass(frozen=True, slots=True)
class StampRule:
    """An exchange's rule for stamps.

    Units: `units_per_ms` says how many units of the stamp make a millisecond (1: milliseconds,
    1000: microseconds), `ms_per_unit` how many milliseconds a unit is (1000: seconds); one of the
    two is 1. The three `_ms` at the end apply to stamps of time only.
    """

    kind: StampKind
    units_per_ms: int = 1
    ms_per_unit: int = 1
    ahead_ms: int = 1_000
    window_ms: int = 5_000
    max_window_ms: int = 60_000


class Ends(StrEnum):
    """Which requests may say until when they are good."""

    ALL = "all"
    ORDERS = "orders"


@dataclass(frozen=True, slots=True)
class WindowRule:
    """An exchange's word for until when a request is good, if it has one that it keeps to.

    Why it matters: a request that was held up on its way, by a cut or in a machine that stood
    still, is then refused when it comes late, whoever sends for its account by now. Our own word
    never reaches beyond the claim under which it was signed.

    `name` is empty where there is no such word. `least_ms` is the shortest that is taken, or that
    makes sense where it is told in whole seconds; `usual_ms` is what holds for a request that says
    nothing, and 0 that nothing but the age of its stamp ends it.
    """

    name: str = ""
    covers: Ends = Ends.ALL
    least_ms: int = 1
    most_ms: int = 60_000
    usual_ms: int = 0


def read_stamp(text: str) -> int:
    """Read a stamp as a number. Raises: `BadInput("bad_stamp")`."""
    if not text.isascii() or not text.isdigit() or len(text) > _MAX_DIGITS:
        raise BadInput("bad_stamp", field="stamp")
    return int(text)


def check_time(rule: StampRule, stamp: int, window_ms: int | None, now_ms: int) -> None:
    """Refuse what is too old or too far ahead.

    Raises: `NotProven("stale_stamp")`, `NotProven("stamp_ahead")`, `BadInput("bad_window")`.
    """
    allowed_ms = rule.window_ms if window_ms is None else window_ms
    if not 0 < allowed_ms <= rule.max_window_ms:
        raise BadInput("bad_window", field="window", highest_ms=rule.max_window_ms)
    stamped_ms = stamp * rule.ms_per_unit // rule.units_per_ms
    if stamped_ms >= now_ms + rule.ahead_ms:
        raise NotProven("stamp_ahead", by_ms=stamped_ms - now_ms)
    if now_ms - stamped_ms > allowed_ms:
        raise NotProven("stale_stamp", by_ms=now_ms - stamped_ms)


def check_nonce(nonce: int, last: int, window: int = 0) -> None:
    """Refuse a nonce that does not rise, unless it lies inside the key's nonce window.

    Raises: `NotProven("used_nonce")`.
    """
    if nonce <= last - window or (window == 0 and nonce <= last):
        raise NotProven("used_nonce")


def next_stamp(rule: StampRule, now_ms: int, last: int) -> int:
    """Give the stamp for the next request; a nonce always rises above the last one."""
    stamp = now_ms * rule.units_per_ms // rule.ms_per_unit
    return max(stamp, last + 1) if rule.kind is StampKind.NONCE else stamp
