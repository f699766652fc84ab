"""The candles that trials run on: recordings that come along, and what the candle store holds."""

from pathlib import Path

from drawbridge.core.errors import NotFound
from drawbridge.robots.backtest.recorded import read_recorded, recorded_names
from drawbridge.robots.columns import CandleColumns


class Shelf:
    """Finds candles by name."""

    def __init__(self, folder: Path) -> None:
        """Use the candle store in this folder; it need not be there yet."""
        self._folder = folder

    def names(self) -> tuple[str, ...]:
        """Give the names of all that can be read."""
        return recorded_names()

    def check(self, name: str) -> None:
        """Make sure that there are candles of this name. Raises: `NotFound("unknown_candles")`."""
        if name.strip().upper() not in recorded_names():
            raise NotFound("unknown_candles", field="candles", known=self.names())

    def read(self, name: str) -> CandleColumns:
        """Give the candles of a name. Raises: `NotFound("unknown_candles")`."""
        self.check(name)
        return read_recorded(name)
