"""Open a paper world over the first so many exchanges, and tell how much memory that took.

Run as `python -m benchmarks.stubs.open_world COUNT`; prints a line of JSON with KiB.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from drawbridge.app.clock import SystemClock, entropy
from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import exchange_ids, get_card, get_exchange
from drawbridge.paper.answering import Answering
from drawbridge.paper.world import PaperWorld


async def main(count: int) -> None:
    """Open them as the server does, without its ports and pages."""
    names = [it for it in exchange_ids() if get_card(it).level >= Level.PAPERED]
    exchanges, clock = [get_exchange(name) for name in names[:count]], SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        world = await PaperWorld.open(Path(folder), exchanges, clock, entropy)
        answering = [Answering(exchange, world, clock) for exchange in exchanges]
        resident = resident_kib()
        await world.close()
    print(json.dumps({"exchanges": len(answering), "resident_kib": resident}))


def resident_kib() -> int:
    """Give how much memory this process holds."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
