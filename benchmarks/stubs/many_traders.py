"""Trade for a few accounts, then for many, and tell how much memory that took.

Run as `python -m benchmarks.stubs.many_traders BASE_URL`; prints a line of JSON.
"""

import asyncio
import gc
import json
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.fanout import EXCHANGE, FEW, MANY, Signals, credentials, unreached_limits
from benchmarks.stubs.open_world import resident_kib
from drawbridge.catalogue.registry import get_exchange
from tests.kit.many_accounts import many_accounts

_KIB = 1024


async def main(base_url: str) -> None:
    """Weigh after the accounts have traded, as often in both cases."""
    exchange = get_exchange(EXCHANGE)
    with tempfile.TemporaryDirectory() as folder, unreached_limits(exchange):
        house = many_accounts(Path(folder), EXCHANGE, base_url, credentials(MANY))
        async with house as opened:
            signals = Signals(opened, exchange)
            few_bytes = await _weighed(signals, FEW)
            began = time.perf_counter()
            await signals.give(signals.wishes(MANY))
            cold_s = time.perf_counter() - began
            many_bytes = await _weighed(signals, MANY)
    print(json.dumps({"few_bytes": few_bytes, "many_bytes": many_bytes, "cold_s": cold_s}))


async def _weighed(signals: Signals, count: int) -> int:
    # Piece by piece, so that no list of ten thousand orders is weighed with the accounts.
    for _ in range(2):
        wishes = signals.wishes(count)
        for begin in range(0, count, FEW):
            await signals.give(wishes[begin : begin + FEW])
        del wishes
    gc.collect()
    return resident_kib() * _KIB


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
