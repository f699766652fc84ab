"""How long a key lives, and what its owner chose for its end. Values and pure rules.

Where an exchange tells neither end nor beginning of a key, its end is reckoned from the day that
its owner names, and until then from the day on which it was added here.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import BadInput

MOST_PAUSE_DAYS: Final = 30
_DAY: Final = "%Y-%m-%d"
# No exchange is older.
_EARLIEST_MS: Final = 1_230_768_000_000


class Dated(StrEnum):
    """From where it is known when a key ends: nobody knows or it does not, or from whom."""

    NOBODY = ""
    EXCHANGE = "exchange"
    OWNER = "owner"
    ADDING = "adding"


@dataclass(frozen=True, slots=True)
class KeyLife:
    """What a person said about a key, and from where its end is known.

    `made_ms`: when it was made at the exchange. `pause_before_ms`: how long before its end robots
    pause. `closes`: they close their positions first, each in its own way; else all stays as it
    is. `watched`: trades on its account that did not come from here raise an alarm.
    """

    made_ms: int | None = None
    dated: Dated = Dated.NOBODY
    pause_before_ms: int = DAY_MS
    closes: bool = False
    watched: bool = False


AS_USUAL: Final = KeyLife()
"""The life of a key about which nobody has said anything."""


@dataclass(frozen=True, slots=True)
class LifeWish:
    """What a person wants to say about a key; None leaves it as it is, empty takes a day back."""

    made: str | None = None
    pause_days: str | None = None
    closes: bool | None = None
    watched: bool | None = None


def read_made_ms(text: str, now_ms: int) -> int | None:
    """Read the day on which a key was made, as `2026-11-22`; nothing is not known.

    Raises: `BadInput("bad_day")`, `BadInput("made_in_future")`.
    """
    if not text.strip():
        return None
    try:
        day = datetime.strptime(text.strip(), _DAY).replace(tzinfo=UTC)
    except ValueError:
        raise BadInput("bad_day", field="made") from None
    made_ms = int(day.timestamp()) * 1_000
    if made_ms > now_ms:
        raise BadInput("made_in_future", field="made")
    if made_ms < _EARLIEST_MS:
        raise BadInput("bad_day", field="made")
    return made_ms


def day_of(at_ms: int) -> str:
    """Write a moment's day as `read_made_ms` reads it."""
    return datetime.fromtimestamp(at_ms // 1_000, UTC).strftime(_DAY)


def read_pause_ms(text: str) -> int:
    """Read how many days before a key's end robots pause. Raises: `BadInput("bad_pause_days")`."""
    days = text.strip()
    if not (days.isascii() and days.isdecimal() and int(days[:3]) <= MOST_PAUSE_DAYS):
        raise BadInput("bad_pause_days", field="pause_days", most=MOST_PAUSE_DAYS)
    return int(days[:3]) * DAY_MS
