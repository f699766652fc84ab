"""W1: what being watched costs an order: the same signals, counted and timed, and not.

Two houses in one process send the same orders to the same server the whole road long, in turns.
One of them counts every request and times answers, crossings and rows of the journal, as a process
does that tells operators of itself. Reading all of it, every few seconds, is timed apart.
"""

import asyncio
import itertools
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from benchmarks.fanout import EXCHANGE, credentials, unreached_limits
from benchmarks.measure import Result, compare, measured
from benchmarks.stubs.exchange_server import place_order
from drawbridge.app.observing.metrics import Metrics
from drawbridge.app.observing.working import UNWATCHED, Gauged
from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.ids import client_order_id
from drawbridge.trading.fanout import Fate, Wish
from tests.kit.many_accounts import ManyAccounts, many_accounts
from tests.kit.processes import Process

_ACCOUNTS: Final = 1_000
_ROUNDS: Final = 9
_MOST: Final = 1.1
_SIGNALS: Final = itertools.count()


def run() -> list[Result]:
    """Compare a watched house with one that nobody watches."""
    server = Process("benchmarks.stubs.exchange_server", (EXCHANGE, "--sleepy"))
    base = f"http://127.0.0.1:{server.ready['port']}"
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _timed(Path(folder), base)
    finally:
        server.stop()


def _timed(folder: Path, base: str) -> list[Result]:
    gauged, keys = Gauged(watched=True), credentials(_ACCOUNTS)
    for name in ("watched", "plain"):
        (folder / name).mkdir()
    houses = [
        many_accounts(folder / "watched", EXCHANGE, base, keys, gauged),
        many_accounts(folder / "plain", EXCHANGE, base, keys, UNWATCHED),
    ]
    metrics = Metrics(gauged.sources())
    with asyncio.Runner() as runner, unreached_limits(get_exchange(EXCHANGE)):
        watched, plain = (runner.run(house.__aenter__()) for house in houses)
        loop = runner.get_loop()

        try:
            pair = compare(
                lambda: loop.run_until_complete(_give(watched)),
                lambda: loop.run_until_complete(_give(plain)),
                rounds=_ROUNDS,
            )
            read = measured(lambda: loop.run_until_complete(metrics.text()))
        finally:
            for house in houses:
                runner.run(house.__aexit__(None, None, None))
    micros = 1e6 / _ACCOUNTS
    shown = (
        f"{pair.ours.cpu_s * micros:.0f} against {pair.reference.cpu_s * micros:.0f} µs of CPU; "
    )
    shown += f"reading it all {read.cpu_s * 1e3:.1f} ms"
    what = "an order that is watched: CPU / one that is not"
    return [Result("W1", what, pair.cpu_ratio, _MOST, shown, at_least=False)]


async def _give(house: ManyAccounts) -> None:
    """Give a signal to all accounts and wait for every order."""
    order = place_order(get_exchange(EXCHANGE).card.markets())
    signal = str(next(_SIGNALS))
    wishes = [
        Wish(key_id, "robot:bench", replace(order, client_id=client_order_id(signal, key_id)))
        for key_id in house.key_ids
    ]
    async with house.fan_out.place_each(wishes) as outcomes:
        async for outcome in outcomes:
            if outcome.fate is not Fate.PLACED:
                message = f"an order was not placed: {outcome}"
                raise RuntimeError(message)
