"""Ten bots of an unmodified client on one exchange account, at the exchange's rate limit.

Run by itself with the minutes that it shall last: `python -m benchmarks.shares 10`. What is told is
the share of who was given least, as a part of a fair one. Through real processes: the bots' ccxt,
the gateway, and the paper exchange with the real one's limits, who counts whatever is too much.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.measure import Result
from tests.kit.proxied import found_proxied
from tests.kit.ten_bots import Shares, share_out

_MINUTES: Final = 0.5
_EXCHANGES: Final = ("binance", "kraken")
_S_PER_MINUTE: Final = 60


def run(minutes: float = _MINUTES) -> Iterator[Result]:
    """Share one account of each exchange out among ten bots."""
    yield from (_result(name, minutes, _shares(name, minutes)) for name in _EXCHANGES)


def _shares(exchange_id: str, minutes: float) -> Shares:
    with (
        tempfile.TemporaryDirectory() as folder,
        found_proxied(Path(folder), limited=True) as proxied,
    ):
        return share_out(proxied, exchange_id, minutes * _S_PER_MINUTE)


def _result(exchange_id: str, minutes: float, shares: Shares) -> Result:
    told = (
        f"orders {'/'.join(map(str, shares.placed))}; told to wait {shares.waits} times;"
        f" beyond the exchange's limits {shares.beyond}; other refusals:"
        f" {', '.join(shares.wrong) or 'none'}; other errors {len(shares.errors)}"
    )
    if shares.errors:
        told += f", the first: {shares.errors[0]}"
    return Result(
        "shares",
        f"ten bots on one account ({exchange_id}, {minutes:g} min): least / fair share",
        shares.least,
        0.5,
        told,
    )


if __name__ == "__main__":
    for one in run(float(sys.argv[1]) if len(sys.argv) > 1 else _MINUTES):
        print(one, flush=True)
