"""A process that trades without pause and prints each order once it is promised, until killed."""

import asyncio
import os
import sys
from pathlib import Path

from drawbridge.core.clock import SteppedClock
from drawbridge.core.operations import CancelOrder
from drawbridge.paper.world import PaperWorld
from tests.paper.small import ALPHA, BETA, BUY, START_MS, TAKE

_AT_ONCE = 8


async def _trade(world: PaperWorld, who: str) -> None:
    while True:
        taken = world.carry_out("alpha", who, TAKE, START_MS).order
        rests = world.carry_out("beta", who, BUY, START_MS).order
        cancelled = world.carry_out("beta", who, CancelOrder(order_id=rests.order_id), START_MS)
        await world.durable()
        sys.stdout.write(f"{taken.order_id} {rests.order_id} {cancelled.status}\n")
        sys.stdout.flush()


async def _run(folder: Path) -> None:
    world = await PaperWorld.open(folder, (ALPHA, BETA), SteppedClock(START_MS), os.urandom)
    people = [f"person{n}" for n in range(_AT_ONCE)]
    for who in people:
        await world.open_account(who, START_MS)
    await asyncio.gather(*(_trade(world, who) for who in people))


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1])))
