"""The recorded candles that come with the product, by the names of their markets."""

from importlib.resources import as_file, files

from drawbridge.core.errors import NotFound
from drawbridge.robots.backtest.candles import read_candles
from drawbridge.robots.columns import CandleColumns

_PACKAGE = "drawbridge.paper"
_FOLDER = "data"
_SUFFIX = ".csv.gz"


def recorded_names() -> tuple[str, ...]:
    """Give the names under which recordings can be read, for example `BTC-USD`."""
    folder = files(_PACKAGE) / _FOLDER
    return tuple(sorted(_name_of(it.name) for it in folder.iterdir() if it.name.endswith(_SUFFIX)))


def read_recorded(name: str) -> CandleColumns:
    """Read a recording. Raises: `NotFound("unknown_recording")`."""
    folder = files(_PACKAGE) / _FOLDER
    for file in folder.iterdir():
        if file.name.endswith(_SUFFIX) and _name_of(file.name) == name.strip().upper():
            with as_file(file) as path:
                return read_candles(path)
    raise NotFound("unknown_recording", field="recorded", known=recorded_names())


def _name_of(file: str) -> str:
    """Give the market of a file: `BTC-USD-perp-1m-2022-01.csv.gz` holds `BTC-USD`."""
    return "-".join(file.split("-")[:2])
