"""Signals are proven, received once and acted on once."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drawbridge.core.clock import MINUTE_MS, SteppedClock
from drawbridge.core.errors import BadInput, Conflict, ExchangeDown, NotFound, NotProven
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from drawbridge.trading.pace import Pace
from drawbridge.trading.signal_service import MadeHook, SignalService
from drawbridge.trading.signal_words import GOOD_FOR_MS
from drawbridge.trading.signals import STALE, Signal, SignalStore, drop_stale, mark_acted
from tests.kit.store import place_in

OWNER, ROBOT = "owner_1", "robot_1"
START_MS = 1_790_000_000_000


class _Markets:
    async def symbol_of(self, owner: str, robot_id: str) -> str:
        assert (owner, robot_id) == (OWNER, ROBOT)
        return "BTC/USDT"


class _Bench:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = SteppedClock(START_MS)
        drawn = iter(range(256))
        self.service = SignalService(database, self.clock, lambda size: bytes([next(drawn)]) * size)
        self.store = SignalStore(database)

    async def make(self) -> MadeHook:
        return await self.service.make_hook(OWNER, ROBOT, "Anchor")

    async def receive(self, made: MadeHook, **fields: object) -> None:
        told = {"action": "buy", "time": self.clock.now_ms(), "secret": made.secret.reveal()}
        body = json.dumps({**told, **fields}).encode()
        await self.service.receive(made.hook.id, body, _Markets())

    async def new(self) -> tuple[Signal, ...]:
        return await self.store.list_new(self.clock.now_ms())

    async def notices(self) -> list[str]:
        rows = await self.database.fetch_all("SELECT kind, reason FROM notices")
        return [f"{row['kind']}:{row['reason']}" for row in rows]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[_Bench]:
    database = await open_database(place_in(tmp_path), "app")
    yield _Bench(database)
    await database.close()


async def test_a_stranger_is_told_the_same_whatever_was_wrong(bench: _Bench) -> None:
    made = await bench.make()
    good = {"action": "buy", "time": START_MS, "secret": made.secret.reveal()}
    messages = [
        (made.hook.id, json.dumps({**good, "secret": "wrong"}).encode()),
        (made.hook.id, json.dumps({**good, "secret": ""}).encode()),
        (made.hook.id, b"no json"),
        (made.hook.id, b""),
        ("hook_of_nobody", json.dumps(good).encode()),
        ("h" * 10_000, json.dumps(good).encode()),
    ]
    told = set()
    for hook_id, body in messages:
        with pytest.raises(NotProven) as refused:
            await bench.service.receive(hook_id, body, _Markets())
        told.add(str(refused.value))
    assert told == {"signal_not_proven"}
    assert await bench.new() == ()
    assert await bench.notices() == [], "strangers wake nobody"


async def test_a_hook_made_anew_ends_the_one_before(bench: _Bench) -> None:
    first = await bench.make()
    second = await bench.make()
    with pytest.raises(NotProven):
        await bench.receive(first)
    await bench.receive(second)
    await bench.service.remove_hook(OWNER, ROBOT)
    with pytest.raises(NotProven):
        await bench.receive(second)
    with pytest.raises(NotFound, match="no_hook"):
        await bench.service.remove_hook(OWNER, ROBOT)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"action": "hold"}, "signal_action"),
        ({"time": START_MS - GOOD_FOR_MS - 1}, "signal_too_old"),
        ({"symbol": "ETHUSDT"}, "signal_other_market"),
    ],
)
async def test_a_proven_sender_is_told_what_was_wrong_and_so_is_the_owner(
    bench: _Bench, fields: dict[str, object], code: str
) -> None:
    made = await bench.make()
    with pytest.raises(BadInput, match=code):
        await bench.receive(made, **fields)
    assert await bench.new() == ()
    assert await bench.notices() == [f"signal_refused:{code}"]


@pytest.mark.parametrize("fields", [{"id": "long 1"}, {}])
async def test_a_signal_that_is_sent_again_is_received_once(
    bench: _Bench, fields: dict[str, object]
) -> None:
    made = await bench.make()
    await bench.receive(made, **fields)
    for _ in range(2):
        with pytest.raises(Conflict, match="signal_seen_before"):
            await bench.receive(made, **fields)
    assert len(await bench.new()) == 1
    [signal] = await bench.new()
    async with bench.database.transaction() as tx:
        await mark_acted(tx, signal.n, START_MS)
    with pytest.raises(Conflict, match="signal_seen_before"):
        await bench.receive(made, **fields)
    assert await bench.new() == ()


async def test_a_signal_is_acted_on_once(bench: _Bench) -> None:
    await bench.receive(await bench.make(), price="65000.10")
    [signal] = await bench.new()
    assert (signal.owner, signal.robot_id, str(signal.price)) == (OWNER, ROBOT, "65000.1")

    async def act() -> None:
        async with bench.database.transaction() as tx:
            await mark_acted(tx, signal.n, START_MS, "insufficient_funds")

    await act()
    with pytest.raises(Conflict, match="signal_acted_on"):
        await act()
    [listed] = await bench.service.list_signals(OWNER, ROBOT)
    assert (listed.acted_ms, listed.outcome) == (START_MS, "insufficient_funds")


async def test_what_waited_too_long_is_not_acted_on_any_more(bench: _Bench) -> None:
    await bench.receive(await bench.make())
    bench.clock.advance(GOOD_FOR_MS + 1)
    assert await bench.new() == ()
    async with bench.database.transaction() as tx:
        assert await drop_stale(tx, bench.clock.now_ms()) == 1
    [listed] = await bench.service.list_signals(OWNER, ROBOT)
    assert listed.outcome == STALE


async def test_neither_secret_nor_its_hash_is_guessed_from_the_database(bench: _Bench) -> None:
    made = await bench.make()
    [row] = await bench.database.fetch_all("SELECT * FROM hooks")
    assert made.secret.reveal() not in str(dict(row))
    assert len(made.secret) == 32


def test_a_pace_is_kept_by_name_and_minute_and_its_memory_is_bounded() -> None:
    clock = SteppedClock(START_MS)
    pace = Pace(clock, 2)
    for name in ("a", "a", "b"):
        pace.count(name)
    with pytest.raises(ExchangeDown, match="signal_too_busy"):
        pace.count("a")
    pace.count("b")
    clock.advance(MINUTE_MS)
    pace.count("a")
    for number in range(9_999):
        pace.count(f"name {number}")
    with pytest.raises(ExchangeDown):
        pace.count("one more")
    assert len(pace.counts) == 10_000
