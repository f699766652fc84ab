"""The candles that trials run on: recordings that come along, and files of candles by name."""

from pathlib import Path
from typing import TYPE_CHECKING

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.robots.backtest.recorded import read_recorded, recorded_names
from drawbridge.robots.candle_files.names import SeriesName, read_name
from drawbridge.robots.columns import CandleColumns

if TYPE_CHECKING:
    from drawbridge.robots.candle_files.store import CandleFiles


class Shelf:
    """Finds candles by name: `BTC-USD` is a recording, `exchange/BTC-USDT/1m` a stored series."""

    def __init__(self, folder: Path) -> None:
        """Use the files of candles in this folder; it need not be there yet."""
        self._folder = folder

    @property
    def _files(self) -> "CandleFiles":
        from drawbridge.robots.candle_files.store import (  # noqa: PLC0415  heavy: not for all pages
            CandleFiles,
        )

        return CandleFiles(self._folder)

    def names(self) -> tuple[str, ...]:
        """Give the names of all that can be read."""
        return (*recorded_names(), *map(str, self._files.names()))

    def check(self, name: str) -> None:
        """Make sure that there are candles of this name. Raises: `NotFound("unknown_candles")`."""
        if not _is_recorded(name) and self._stored(name) is None:
            raise NotFound("unknown_candles", field="candles", known=self.names())

    def read(self, name: str) -> CandleColumns:
        """Give the candles of a name.

        Raises: `NotFound("unknown_candles")`; `BadInput` where their files cannot be read.
        """
        self.check(name)
        stored = self._stored(name)
        return read_recorded(name) if stored is None else self._files.read(stored)

    def _stored(self, name: str) -> SeriesName | None:
        try:
            wanted = read_name(name)
        except BadInput:
            return None
        here = (it for it in self._files.names() if it[:2] == wanted[:2])
        return wanted if any(wanted.interval_ms % it.interval_ms == 0 for it in here) else None


def _is_recorded(name: str) -> bool:
    return name.strip().upper() in recorded_names()
