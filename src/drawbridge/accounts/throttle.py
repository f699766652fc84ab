"""How many wrong attempts are allowed, and how long to wait after them. Pure.

Attempts are counted per person and address together, per address, and per person, so that
neither one machine with many names nor many machines with one name can try for long, and a
stranger's tries do not lock the owner out of their own machine soon.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from drawbridge.core.clock import DAY_MS, HOUR_MS, SECOND_MS
from drawbridge.core.errors import NotProven

REMEMBERED_MS: Final = DAY_MS
_FIRST_WAIT_MS: Final = 30 * SECOND_MS
_LONGEST_WAIT_MS: Final = HOUR_MS
_MOST_DOUBLINGS: Final = 12


@dataclass(frozen=True, slots=True)
class Limit:
    """So many wrong attempts of this subject before it has to wait."""

    subject: str
    free: int


@dataclass(frozen=True, slots=True)
class Tried:
    """What is remembered of a subject: how many attempts, and when the last one was."""

    count: int
    last_ms: int


def limits_of_login(folded_name: str, address: str) -> tuple[Limit, ...]:
    """Give the limits of a log-in."""
    return (
        Limit(_subject("pair", folded_name, address), free=5),
        Limit(_subject("address", address), free=30),
        Limit(_subject("name", folded_name), free=100),
    )


def limits_of_code(owner: str) -> tuple[Limit, ...]:
    """Give the limits of codes, which whoever tries them has a password or a session for."""
    return (Limit(_subject("code", owner), free=5),)


def limits_of_token(address: str) -> tuple[Limit, ...]:
    """Give the limits of programs' tokens that nobody knows."""
    return (Limit(_subject("token", address), free=30),)


def limits_of_passkey(address: str) -> tuple[Limit, ...]:
    """Give the limits of log-ins with a passkey, which name nobody before they are proven."""
    return (Limit(_subject("passkey", address), free=30),)


def limits_of_link(chat: int) -> tuple[Limit, ...]:
    """Give the limits of codes that link a Telegram chat, by the chat that sends them."""
    return (Limit(_subject("telegram", str(chat)), free=5),)


def check_attempts(limits: Sequence[Limit], tried: Sequence[Tried], now_ms: int) -> None:
    """Refuse while any of the subjects has to wait.

    Raises: `NotProven("too_many_attempts")` with `retry_after_ms`.
    """
    waits = (_wait_ms(limit, past, now_ms) for limit, past in zip(limits, tried, strict=True))
    longest_ms = max(waits, default=0)
    if longest_ms > 0:
        raise NotProven("too_many_attempts", retry_after_ms=longest_ms)


def _wait_ms(limit: Limit, tried: Tried, now_ms: int) -> int:
    beyond = tried.count - limit.free
    if beyond < 0:
        return 0
    wait_ms = min(_FIRST_WAIT_MS << min(beyond, _MOST_DOUBLINGS), _LONGEST_WAIT_MS)
    return tried.last_ms + wait_ms - now_ms


def _subject(*parts: str) -> str:
    # Hashed, because people type passwords into the field of the name, and it would be kept.
    text = "\x1f".join(parts).encode(errors="replace")
    return hashlib.sha256(text).hexdigest()
