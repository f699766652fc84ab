"""Moments as exchanges write them: ISO 8601 in UTC, to milliseconds of ours and back."""

import re
from datetime import UTC, datetime
from typing import Final

from drawbridge.core.errors import BadInput

_FORM: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(?:Z|\+00:?00)?", re.ASCII
)
_MOST_MS: Final = 253_402_300_799_999  # the last millisecond of the year 9999
_SECOND_MS: Final = 1_000
_PLACES: Final = 3


def write_moment(time_ms: int, places: int = _PLACES, *, zone: str = "Z") -> str:
    """Write a time with so many decimals of a second: `2023-11-14T22:13:20.000Z`."""
    seconds, rest = divmod(max(0, min(time_ms, _MOST_MS)), _SECOND_MS)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    decimals = f"{rest:03}".ljust(places, "0")[:places]
    return f"{text.rjust(19, '0')}{'.' if places else ''}{decimals}{zone}"


def parse_moment(text: str, field: str = "time") -> int:
    """Read a time in UTC; decimals below a millisecond are cut off. Raises: `BadInput`."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise BadInput("malformed", field=field)
    try:
        moment = datetime.fromisoformat(f"{found[1]}T{found[2]}+00:00")
    except ValueError:
        raise BadInput("malformed", field=field) from None
    rest = int((found[3] or "").ljust(_PLACES, "0")[:_PLACES])
    return int(moment.timestamp()) * _SECOND_MS + rest
