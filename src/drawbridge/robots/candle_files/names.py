"""What a stored series of candles is of, and the name under which it is asked for.

Shape: `exchange/BASE-QUOTE/1m`, for a contract `exchange/BASE-QUOTE:SETTLE/1m`.
"""

import re
from typing import Final, NamedTuple

from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from drawbridge.core.errors import BadInput

# Names become paths: nothing else may stand in them.
_NAME: Final = re.compile(
    r"([a-z0-9_]{1,32})/([A-Z0-9]{1,20})-([A-Z0-9]{1,20}(?::[A-Z0-9]{1,20})?)/([1-9][0-9]{0,3})([mhd])"
)
_UNITS: Final = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}


class SeriesName(NamedTuple):
    """An exchange's id, our symbol, and the length of the candles."""

    exchange: str
    symbol: str
    interval_ms: int

    def __str__(self) -> str:
        """Give the name under which the series is asked for."""
        return f"{self.exchange}/{self.symbol.replace('/', '-')}/{interval_text(self.interval_ms)}"


def read_name(text: str, field: str = "candles") -> SeriesName:
    """Read a name. Raises: `BadInput("bad_series_name")`."""
    found = _NAME.fullmatch(text.strip())
    if found is None:
        raise BadInput("bad_series_name", field=field)
    exchange, base, quote, count, unit = found.groups()
    return SeriesName(exchange, f"{base}/{quote}", int(count) * _UNITS[unit])


def interval_text(interval_ms: int) -> str:
    """Write the length of candles as traders do: 1m, 15m, 4h, 1d."""
    for unit, length_ms in reversed(_UNITS.items()):
        if interval_ms % length_ms == 0:
            return f"{interval_ms // length_ms}{unit}"
    raise BadInput("bad_interval", field="interval", known=("1m", "5m", "15m", "1h", "4h", "1d"))
