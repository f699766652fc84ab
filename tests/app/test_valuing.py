"""Accounts are read each minute, or in an hour where they are many; whoever waits comes first."""

from collections import Counter
from dataclasses import dataclass, field, replace

import pytest

from drawbridge.app.valuing import Valuing
from drawbridge.core.clock import HOUR_MS, MINUTE_MS, SECOND_MS, SteppedClock
from drawbridge.core.errors import DrawbridgeError, ExchangeDown, NotFound
from drawbridge.core.ids import KeyId
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.vault.roster import News
from tests.kit.robots import key_record


@dataclass
class World:
    """Keys, what was wished of them, and what was read."""

    clock: SteppedClock = field(default_factory=lambda: SteppedClock(1_790_000_000_000))
    keys: dict[str, KeyRecord] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    elsewhere: set[str] = field(default_factory=set)
    wished: list[str] = field(default_factory=list)
    failure: DrawbridgeError | None = None
    read: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    def put(self, key_id: str, status: KeyStatus = KeyStatus.ENABLED) -> None:
        self.keys[key_id] = replace(key_record(status), id=KeyId(key_id))
        self.changed.append(key_id)

    async def news(self, seen: int) -> News:
        told = tuple(self.keys[it] for it in self.changed)
        gone, self.changed, self.gone = tuple(self.gone), [], []
        return News(seen + 1, told, gone)

    async def get_record(self, key_id: str) -> KeyRecord:
        if key_id not in self.keys:
            raise NotFound("unknown_key")
        return self.keys[key_id]

    def holds(self, key_id: str) -> bool:
        return key_id not in self.elsewhere

    async def list_wished(self) -> tuple[str, ...]:
        return tuple(self.wished)

    async def refresh(self, key_id: str) -> bool:
        self.read.append(key_id)
        if self.failure is not None:
            raise self.failure
        if key_id in self.wished:
            self.wished.remove(key_id)
        return True

    async def take(self, key_id: str) -> None:
        self.taken.append(key_id)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def valuing(world: World) -> Valuing:
    return Valuing(world, world, world, world, world.clock)


async def after(world: World, valuing: Valuing, by_ms: int) -> list[str]:
    """Let time pass, look once, and give what was read."""
    world.clock.advance(by_ms)
    world.read.clear()
    await valuing.step()
    return world.read


async def test_one_that_cannot_be_read_keeps_no_other_from_it(
    world: World, valuing: Valuing
) -> None:
    world.put("a")
    world.put("b")
    world.failure = ExchangeDown("unreachable")
    assert await after(world, valuing, 0) == ["a", "b"]
    assert world.taken == []
    world.failure = None
    assert await after(world, valuing, MINUTE_MS) == ["a", "b"]
    assert world.taken == ["a", "b"]


async def test_what_is_not_in_use_not_ours_or_gone_is_not_read(
    world: World, valuing: Valuing
) -> None:
    for key_id in "abcd":
        world.put(key_id)
    world.put("e", KeyStatus.INVALID)
    world.elsewhere.add("a")
    # Deleted, or stopped, in the moment since the list was told.
    del world.keys["b"]
    world.changed.remove("b")
    assert await after(world, valuing, 0) == ["c", "d"]
    world.put("c", KeyStatus.DISABLED)
    world.gone.append("d")
    assert await after(world, valuing, MINUTE_MS) == []


async def test_each_is_read_once_a_minute_however_often_is_looked(
    world: World, valuing: Valuing
) -> None:
    for number in range(100):
        world.put(f"key_{number}")
    read: Counter[str] = Counter()
    for _ in range(3 * 60 * 4):
        read.update(await after(world, valuing, SECOND_MS // 4))
    assert len(read) == 100
    assert set(read.values()) <= {3, 4}


async def test_who_waits_is_read_at_once_whoever_else_is_due(
    world: World, valuing: Valuing
) -> None:
    for number in range(1_000):
        world.put(f"key_{number}")
    first = await after(world, valuing, 0)
    assert 0 < len(first) < 100
    world.wished.append("key_999")
    assert (await after(world, valuing, 1))[0] == "key_999"
    world.put("last")
    assert "key_999" not in await after(world, valuing, MINUTE_MS)


async def test_many_are_all_read_within_the_hour_and_in_no_second_too_many(
    world: World, valuing: Valuing
) -> None:
    many = 60_000
    for number in range(many):
        world.put(f"key_{number}")
    read: Counter[str] = Counter()
    for _ in range(HOUR_MS // (10 * SECOND_MS)):
        found = await after(world, valuing, 10 * SECOND_MS)
        assert len(found) <= 10 * (many * SECOND_MS // (50 * MINUTE_MS) + 1)
        read.update(found)
    assert len(read) == many
    assert len(world.taken) == read.total()
