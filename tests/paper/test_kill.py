"""Killed in the middle of everything, the world has lost nothing that it promised."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from drawbridge.core.clock import SteppedClock
from drawbridge.core.operations import GetClosedOrders, GetOwnTrades
from drawbridge.paper.world import PaperWorld
from tests.paper.small import ALPHA, BETA, START_MS

_PROMISES = 150


def _run_and_kill(folder: Path) -> list[tuple[str, str]]:
    """Let the restless process trade; kill it as a power cut would; give what it promised."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.paper.restless", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(_PROMISES)]
        process.kill()
        lines.extend(process.stdout.readlines())
    # The kill may have cut the last line in two.
    whole = [line.split() for line in lines if line.endswith("cancelled\n")]
    return [(taken, rests) for taken, rests, _ in whole]


def test_nothing_promised_is_lost_and_nothing_is_doubled(tmp_path: Path) -> None:
    """Scenario 90: the ledger balances to the last digit, also after kill -9 at any moment."""
    promised: set[tuple[str, str]] = set()
    for _ in range(2):
        told = _run_and_kill(tmp_path)
        assert len(told) >= _PROMISES
        assert promised.isdisjoint(told), "an id means one order for ever"
        promised.update(told)
        asyncio.run(_check(tmp_path, promised))


async def _check(folder: Path, promised: set[tuple[str, str]]) -> None:
    world = await PaperWorld.open(folder, (ALPHA, BETA), SteppedClock(START_MS), os.urandom)
    taken: list[str] = []
    ended: list[str] = []
    for n in range(8):
        who = f"person{n}"
        fills = world.carry_out("alpha", who, GetOwnTrades(), START_MS)
        taken.extend(dict.fromkeys(fill.order_id for fill in fills))
        closed = world.carry_out("beta", who, GetClosedOrders(), START_MS)
        ended.extend(order.order_id for order in closed)
        bought = sum(fill.quantity - fill.fee for fill in fills)
        balance = {it.currency: it for it in world.balances(who)}
        assert balance["BTC"].total == 2 + bought
    assert {one for one, _ in promised} <= set(taken)
    assert {other for _, other in promised} <= set(ended)
    assert len(taken) == len(set(taken))
    assert len(ended) == len(set(ended))
    assert all(proof.difference == 0 for proof in world.books_balance())
    await world.close()
