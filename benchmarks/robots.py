"""A thousand robots on twenty pairs in one process: an hour of market, sixty times as fast.

Robots and gateway run in this process as in the product, the paper exchange in one of its own;
both tell the same fast time. Afterwards the candles that were stored are shown to each strategy
once more: every decision that it should have made must be there once, with one order, or with the
word that it was too late to be made.

Times are real ones. Candles close once a second here, so that what is told of a candle's close is
what a thousand robots need in a sixtieth of the time that they would have. A machine that is too
slow for that misses entries, which are counted apart; it loses and doubles none.
"""

import asyncio
import os
import resource
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from benchmarks.measure import Result
from drawbridge.app.build import House, open_house
from drawbridge.app.clock import SystemClock, entropy
from drawbridge.app.gateway_process import open_gateway
from drawbridge.app.settings import Settings
from drawbridge.app.workers import Workers
from drawbridge.catalogue.registry import get_card
from drawbridge.core.clock import HOUR_MS, MINUTE_MS
from drawbridge.core.operations import Scope
from drawbridge.entrypoints.paper_server.hosting import papered
from drawbridge.paper.accounts import KeyWish, switches_for
from drawbridge.paper.keys import Surroundings, make_key
from drawbridge.robots.candle_store import CandleStore, series_of
from drawbridge.robots.columns import columns_of
from drawbridge.robots.decision_store import DecisionStore
from drawbridge.robots.model import Decision, Robot, RobotStatus
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.wishes import Wish
from drawbridge.vault.model import KeyRecord
from tests.kit.hasty import Haste
from tests.kit.holding import held_here
from tests.kit.house import ACCOUNT, checked, create_owner, until
from tests.kit.processes import Process, free_port
from tests.kit.shown_again import held_against

Beside: TypeAlias = Callable[[House, Mapping[str, KeyRecord], Path], Coroutine[None, None, None]]
"""What happens while the robots work: given the house, the keys and the paper's folder."""

ROBOTS: Final = 1_000
TIMES: Final = 60
# Those whose stamps are good for long: a window of five seconds would be over in an instant here.
_EXCHANGES: Final = ("gate", "huobi", "okx", "poloniex")
_BASES: Final = ("BTC", "ETH", "SOL", "XRP", "DOGE")
_AMOUNT: Final = "50"
_FAST: Final = range(2, 7)
_SLOW: Final = range(8, 38)
_KIB: Final = 1_024
_MOST: Final = 1_000
_LOOK_EVERY_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class Found:
    """What the hour left behind.

    `late_ms`: by exchange, symbol and candle with orders, how many real milliseconds after its
    close the last of them was sent.
    """

    signals: Counter[str]
    orders: int
    late_ms: Mapping[tuple[str, str, int], float]


@dataclass(frozen=True, slots=True)
class Spent:
    """What it cost, for one robot; `paper_ms` is the paper exchange's own CPU time."""

    cpu_ms: float
    paper_ms: float
    memory_kib: float


def run() -> list[Result]:
    """Let the robots work for an hour of market time."""
    with tempfile.TemporaryDirectory() as folder:
        found, spent = asyncio.run(hour(Path(folder)))
    delays, signals = sorted(found.late_ms.values()), found.signals
    told = (
        f"{signals['made']} signals acted on with {found.orders} orders, {signals['missed']}"
        f" entries and {signals['overtaken']} exits too late; candle close to last order sent:"
        f" median {statistics.median(delays):.0f} ms, 9 of 10 within"
        f" {delays[len(delays) * 9 // 10]:.0f} ms, longest {delays[-1]:.0f} ms; for each robot"
        f" {spent.cpu_ms:.0f} ms of CPU in the hour, {spent.paper_ms:.0f} ms of the paper"
        f" exchange's, and {spent.memory_kib:.0f} KiB"
    )
    name, what = "R1", f"{ROBOTS} robots on 20 pairs, an hour at {TIMES}x: signals"
    return [
        Result(name, f"{what} lost", signals["lost"], 0, told, at_least=False),
        Result(name, f"{what} doubled", signals["doubled"], 0, at_least=False),
    ]


async def hour(folder: Path, beside: Beside | None = None) -> tuple[Found, Spent]:
    """Let the robots work for an hour of market time, and something else happen `beside`."""
    haste, port = Haste.now(TIMES), free_port()
    arguments = ["--state", str(folder / "paper"), "--port-base", str(port)]
    arguments += ["--exchange", ",".join(_EXCHANGES)]
    paper = Process("tests.kit.hasty", [*haste.arguments("paper"), *arguments])
    settings, clock = Settings(folder / "data", paper=f"127.0.0.1:{port}"), haste.clock()
    try:
        async with open_house(settings, clock) as opened, open_gateway(opened) as work:
            house = held_here(opened)
            working = asyncio.create_task(Workers(work).run())
            keys = await _keys(house, folder / "paper")
            _load()
            began_kib = _memory_kib()
            robots = await _started(house, keys)
            memory_kib = (_memory_kib() - began_kib) / ROBOTS
            began_ms, began_s = clock.now_ms(), (time.process_time(), _cpu_s_of(paper.pid))
            meanwhile = (beside or _nothing)(house, keys, folder / "paper")
            await asyncio.gather(meanwhile, asyncio.sleep(HOUR_MS / 1_000 / TIMES))
            ended_s = time.process_time(), _cpu_s_of(paper.pid)
            cpu_ms, paper_ms = (
                (ended - began) * 1_000 / ROBOTS
                for began, ended in zip(began_s, ended_s, strict=True)
            )
            span = _span(began_ms, clock.now_ms())
            await until(partial(_all_done, house, robots, span), "all candles are decided on")
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working
            await work.robots.close()
            found = await _found(house, robots, span)
    finally:
        paper.stop()
    return found, Spent(cpu_ms, paper_ms, memory_kib)


async def _nothing(_house: House, _keys: Mapping[str, KeyRecord], _paper: Path) -> None:
    """Let nothing else happen."""


async def _keys(house: House, state: Path) -> Mapping[str, KeyRecord]:
    owner = await create_owner(house)
    added = {name: await _added(house, state, owner, name) for name in _EXCHANGES}
    return {name: await checked(house, key.id) for name, key in added.items()}


async def _added(house: House, state: Path, owner: str, exchange_id: str) -> KeyRecord:
    fields = await new_paper_key(state, exchange_id)
    return (await house.vault.add(owner, exchange_id, "paper", fields)).key


async def new_paper_key(state: Path, exchange_id: str) -> dict[str, str]:
    """Make a key of the one account at the paper exchange, and give its fields."""
    scopes = frozenset({Scope.READ, Scope.TRADE_SPOT})
    wish = KeyWish(exchange_id, switches=switches_for(get_card(exchange_id), scopes))
    at = Surroundings(SystemClock(), entropy)
    made = await make_key(state, papered(), ACCOUNT, wish, at)
    fields = {"api_key": made.api_key}
    for name, secret in (("api_secret", made.api_secret), ("passphrase", made.passphrase)):
        if secret is not None:
            fields[name] = secret.reveal()
    return fields


async def _started(house: House, keys: Mapping[str, KeyRecord]) -> list[Robot]:
    robots = []
    for number in range(ROBOTS):
        key = keys[_EXCHANGES[number % len(_EXCHANGES)]]
        base = _BASES[number // len(_EXCHANGES) % len(_BASES)]
        fast, slow = _FAST[number % len(_FAST)], _SLOW[number % len(_SLOW)]
        wish = Wish(
            key.id, f"{base}/USDT", _AMOUNT, settings={"fast": fast, "slow": slow}, on_stop="keep"
        )
        robots.append(await house.robots.create(key.owner, wish))
    for robot in robots:
        await house.robots.start(robot.owner, robot.id)

    async def all_run() -> bool:
        found = await house.robots.list_robots(robots[0].owner)
        return all(robot.status is RobotStatus.STARTED for robot in found)

    await until(all_run, "all robots run")
    return robots


def _span(began_ms: int, ended_ms: int) -> range:
    """Give the candles that began and closed within the hour."""
    return range(
        began_ms - began_ms % MINUTE_MS + MINUTE_MS, ended_ms - ended_ms % MINUTE_MS - MINUTE_MS
    )


async def _all_done(house: House, robots: Sequence[Robot], span: range) -> bool:
    """Tell whether nothing of the hour is left to be done."""
    await asyncio.sleep(_LOOK_EVERY_S)
    if any(it.moment_ms in span for it in await _open(house, robots)):
        return False
    found = await house.robots.list_robots(robots[0].owner)
    # Twice as long as an entry is good for: whoever was late has come to it by then.
    return all((robot.last_candle_ms or 0) >= span.stop + 4 * MINUTE_MS for robot in found)


async def _open(house: House, robots: Sequence[Robot]) -> Sequence[Decision]:
    return await DecisionStore(house.database).list_open([robot.id for robot in robots])


async def _found(house: House, robots: Sequence[Robot], span: range) -> Found:
    """Hold what was decided and sent against what should have been."""
    found, latest, count = Counter[str](), dict[tuple[str, str, int], int](), 0
    unsettled = {it.robot_id: it.moment_ms for it in reversed(await _open(house, robots))}
    for robot in robots:
        decisions = await DecisionStore(house.database).list_newest(robot.id, _MOST)
        candles = await CandleStore(house.database).list_newest(series_of(robot.plan))
        # Candles behind an order that is still under way have their turn when it is settled.
        end_ms = unsettled.get(robot.id, span.stop)
        until_end = [it for it in candles if it.open_time_ms <= end_ms]
        found += held_against(robot.plan, until_end, decisions, span)
        sent = {it.client_id: it for it in await house.orders.orders_of(robot.origin)}
        for decision in decisions:
            orders = [sent.pop(name) for name in _ids_of(decision) if name in sent]
            found["doubled"] += max(0, sum(bool(order.filled) for order in orders) - 1)
            if orders and decision.moment_ms in span:
                count += len(orders)
                at = (robot.plan.exchange, robot.plan.symbol, decision.moment_ms)
                latest[at] = max(latest.get(at, 0), *(order.intended_ms for order in orders))
        found["doubled"] += len(sent)
    late_ms = {at: (at_ms - at[2] - MINUTE_MS) / TIMES for at, at_ms in latest.items()}
    return Found(found, count, late_ms)


def _ids_of(decision: Decision) -> list[str]:
    """Give the client order ids of all attempts to carry a decision out."""
    attempts = range(1, decision.attempt + 1)
    return [replace(decision, attempt=number).client_id for number in attempts]


def _load() -> None:
    """Load what is loaded once, however many robots there are."""
    strategy = get_strategy("ema_cross")
    strategy.look(columns_of([1.0] * 600), strategy.read_settings({}))


def _cpu_s_of(pid: int) -> float:
    """Give the CPU time of another process; nothing where that cannot be told."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _memory_kib() -> float:
    """Give what this process holds now; its peak where that cannot be told."""
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize() / _KIB
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
