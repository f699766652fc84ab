"""A thousand robots on twenty pairs in one process: an hour of market, sixty times as fast.

Robots and gateway run in this process as in the product, the paper exchange in one of its own;
both tell the same fast time. Afterwards the candles that were stored are shown to each strategy
once more: every decision that it should have made must be there once, with one order.

Times are real ones. Candles close once a second here, so that what is told of a candle's close is
what a thousand robots need in a sixtieth of the time that they would have.
"""

import asyncio
import resource
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from benchmarks.measure import Result
from drawbridge.app.build import House, open_house
from drawbridge.app.clock import SystemClock, entropy
from drawbridge.app.gateway_process import open_gateway
from drawbridge.app.settings import Settings
from drawbridge.app.workers import Workers
from drawbridge.catalogue.registry import get_card
from drawbridge.core.clock import HOUR_MS, MINUTE_MS
from drawbridge.core.markets import Candle
from drawbridge.core.operations import Scope
from drawbridge.entrypoints.paper_server.hosting import papered
from drawbridge.paper.accounts import KeyWish, switches_for
from drawbridge.paper.keys import Surroundings, make_key
from drawbridge.robots.candle_store import CandleStore, series_of
from drawbridge.robots.columns import columns_from, columns_of
from drawbridge.robots.decision_store import DecisionStore
from drawbridge.robots.model import Decision, DecisionState, Robot, RobotStatus
from drawbridge.robots.steering import LONG, NOT_TURNED, STAY, steer, turned
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.strategy import NOTHING_HELD
from drawbridge.robots.wishes import Wish
from drawbridge.vault.model import KeyRecord
from tests.kit.hasty import Haste
from tests.kit.house import ACCOUNT, checked, create_owner, until
from tests.kit.processes import Process, free_port

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


@dataclass(frozen=True, slots=True)
class Found:
    """What the hour left behind: delays in real milliseconds, one for each candle with orders."""

    decisions: int
    orders: int
    lost: int
    doubled: int
    late: int
    dropped: int
    delays_ms: Sequence[float]


@dataclass(frozen=True, slots=True)
class Spent:
    """What it cost, for one robot."""

    cpu_ms: float
    memory_kib: float


def run() -> list[Result]:
    """Let the robots work for an hour of market time."""
    with tempfile.TemporaryDirectory() as folder:
        found, spent = asyncio.run(_hour(Path(folder)))
    delays = sorted(found.delays_ms)
    told = (
        f"{found.decisions} decisions, {found.orders} orders; {found.late} turns came while the"
        f" order before was under way, {found.dropped} entries were late; candle close to last"
        f" order sent: median {statistics.median(delays):.0f} ms, 9 of 10 within"
        f" {delays[len(delays) * 9 // 10]:.0f} ms, longest {delays[-1]:.0f} ms; for each robot"
        f" {spent.cpu_ms:.0f} ms of CPU in the hour and {spent.memory_kib:.0f} KiB"
    )
    name, what = "R1", f"{ROBOTS} robots on 20 pairs, an hour at {TIMES}x: signals"
    return [
        Result(name, f"{what} lost", found.lost, 0, told, at_least=False),
        Result(name, f"{what} doubled", found.doubled, 0, at_least=False),
    ]


async def _hour(folder: Path) -> tuple[Found, Spent]:
    haste, port = Haste.now(TIMES), free_port()
    arguments = ["--state", str(folder / "paper"), "--port-base", str(port)]
    arguments += ["--exchange", ",".join(_EXCHANGES)]
    paper = Process("tests.kit.hasty", [*haste.arguments("paper"), *arguments])
    settings, clock = Settings(folder / "data", paper=f"127.0.0.1:{port}"), haste.clock()
    try:
        async with open_house(settings, clock) as house, open_gateway(house) as work:
            working = asyncio.create_task(Workers(work).run())
            keys = await _keys(house, folder / "paper")
            _load()
            began_kib = _memory_kib()
            robots = await _started(house, keys)
            memory_kib = (_memory_kib() - began_kib) / ROBOTS
            began_ms, began_s = clock.now_ms(), time.process_time()
            await asyncio.sleep(HOUR_MS / 1_000 / TIMES)
            cpu_ms = (time.process_time() - began_s) * 1_000 / ROBOTS
            ended_ms = clock.now_ms()
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working
            await work.robots.close()
            found = await _found(house, robots, began_ms, ended_ms)
    finally:
        paper.stop()
    return found, Spent(cpu_ms, memory_kib)


async def _keys(house: House, state: Path) -> Mapping[str, KeyRecord]:
    owner = await create_owner(house)
    added = {name: await _added(house, state, owner, name) for name in _EXCHANGES}
    return {name: await checked(house, key.id) for name, key in added.items()}


async def _added(house: House, state: Path, owner: str, exchange_id: str) -> KeyRecord:
    scopes = frozenset({Scope.READ, Scope.TRADE_SPOT})
    wish = KeyWish(exchange_id, switches=switches_for(get_card(exchange_id), scopes))
    at = Surroundings(SystemClock(), entropy)
    made = await make_key(state, papered(), ACCOUNT, wish, at)
    fields = {"api_key": made.api_key}
    for name, secret in (("api_secret", made.api_secret), ("passphrase", made.passphrase)):
        if secret is not None:
            fields[name] = secret.reveal()
    return (await house.vault.add(owner, exchange_id, "paper", fields)).key


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


async def _found(house: House, robots: Sequence[Robot], began_ms: int, ended_ms: int) -> Found:
    """Hold what was decided and sent against what should have been."""
    # The first candle that begins in the hour, and the last one that had time to be acted upon.
    span = range(
        began_ms - began_ms % MINUTE_MS + MINUTE_MS, ended_ms - ended_ms % MINUTE_MS - 3 * MINUTE_MS
    )
    found, latest = Counter[str](), dict[tuple[str, str, int], int]()
    for robot in robots:
        decisions = await DecisionStore(house.database).list_newest(robot.id, _MOST)
        candles = await CandleStore(house.database).list_newest(series_of(robot.plan))
        sent = {it.client_id: it for it in await house.orders.orders_of(robot.origin)}
        own = {it.tag: [sent.pop(name) for name in _ids_of(it) if name in sent] for it in decisions}
        ended = {
            it.moment_ms: max((o.updated_ms for o in own[it.tag]), default=0) for it in decisions
        }
        found.update(_judged(robot, candles, {it.moment_ms: it for it in decisions}, ended, span))
        found["decisions"] += len(decisions)
        found["orders"] += sum(map(len, own.values()))
        found["doubled"] += len(sent)
        for decision in decisions:
            orders = own[decision.tag]
            found["doubled"] += max(0, sum(bool(order.filled) for order in orders) - 1)
            if orders and decision.moment_ms in span:
                at = (robot.plan.exchange, robot.plan.symbol, decision.moment_ms)
                latest[at] = max(latest.get(at, 0), *(order.intended_ms for order in orders))
    delays = [(at_ms - at[2] - MINUTE_MS) / TIMES for at, at_ms in latest.items()]
    return Found(
        decisions=found["decisions"],
        orders=found["orders"],
        lost=found["lost"],
        doubled=found["doubled"],
        late=found["late"],
        dropped=found["dropped"],
        delays_ms=delays,
    )


def _ids_of(decision: Decision) -> list[str]:
    """Give the client order ids of all attempts to carry a decision out."""
    attempts = range(1, decision.attempt + 1)
    return [replace(decision, attempt=number).client_id for number in attempts]


def _judged(
    robot: Robot,
    candles: Sequence[Candle],
    made: Mapping[int, Decision],
    ended: Mapping[int, int],
    span: range,
) -> Counter[str]:
    """Show the candles to the strategy once more, and count what it missed or made too much.

    `late`: not decided in time, because the order before was under way when the candle closed,
    or was still being settled. `dropped`: decided, and not placed while it was worth it.
    """
    strategy, turn, found = get_strategy(robot.plan.strategy), NOT_TURNED, Counter[str]()
    settings, free_ms = strategy.read_settings(robot.plan.settings), 0
    if strategy.decide is None:
        return found
    seen = strategy.look(columns_from(candles), settings)
    held = 0.0
    for number, candle in enumerate(candles):
        at_ms = candle.open_time_ms
        turn = turned(turn, strategy.decide(seen, number, settings, NOTHING_HELD))
        decision, order = made.get(at_ms), steer(turn, LONG, 1, held)
        if at_ms in span and (decision is None) != (order == STAY):
            is_late = free_ms > at_ms
            found["doubled" if order == STAY else "late" if is_late else "lost"] += 1
        if decision is not None:
            held = _held_after(decision, held)
            found["dropped"] += decision.state is DecisionState.DROPPED
        free_ms = max(free_ms, ended.get(at_ms, 0))
    return found


def _held_after(decision: Decision, held: float) -> float:
    if decision.state is DecisionState.DROPPED:
        return held
    return 1.0 if decision.tag.startswith("enter") else 0.0


def _load() -> None:
    """Load what is loaded once, however many robots there are."""
    strategy = get_strategy("ema_cross")
    strategy.look(columns_of([1.0] * 600), strategy.read_settings({}))


def _memory_kib() -> float:
    """Give what this process holds now; its peak where that cannot be told."""
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize() / _KIB
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
