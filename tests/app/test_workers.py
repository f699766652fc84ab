"""What a worker does: for its share of the accounts, and once for all where it is the house."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import fields
from typing import Any, cast

import pytest

from drawbridge.app.workers import Work, Workers
from drawbridge.cluster.share import WHOLE, HeldShares, Share
from drawbridge.core.clock import SteppedClock
from drawbridge.core.shards import HOUSE
from drawbridge.storage.wakes import Waiting
from tests.kit.house import until

LONG_MS = 10**9
ONCE_FOR_ALL = {"postman", "reminders", "approvals", "leasing", "resealing", "reachability"}
FOR_ACCOUNTS = {
    "robots",
    "stopping",
    "inquiries",
    "strangers",
    "outsiders",
    "kinship",
    "switching",
    "rechecks",
    "vault",
    "reconciliation",
    "verification",
}


class Part:
    """A part of the work that only writes down what is asked of it."""

    is_open = True

    def __init__(self, name: str, done: list[tuple[str, str, object]]) -> None:
        self._name = name
        self._done = done

    def __getattr__(self, what: str) -> Callable[..., Any]:
        async def do(*args: object, **_said: object) -> tuple[()]:
            self._done.append((self._name, what, args[0] if args else None))
            return ()

        return do


class Desk:
    """A worker at work, and what it has done so far."""

    def __init__(self, share: Share, **given: object) -> None:
        self.done: list[tuple[str, str, object]] = []
        parts = {it.name: Part(it.name, self.done) for it in fields(Work)}
        self.workers = Workers(Work(**{**cast("dict[str, Any]", parts), "share": share, **given}))

    @property
    def names(self) -> set[str]:
        """Give the parts that did something, but for proofs: whoever holds a key signs them."""
        return {name for name, what, _ in self.done if what != "prove"}

    async def until_done(self, *what: object) -> None:
        async def is_done() -> bool:
            return what in self.done

        await until(is_done, f"{what} is done")

    async def until_done_again(self, *what: object) -> None:
        """Wait until it was done once more than now."""
        before = self.done.count(cast("tuple[str, str, object]", what))

        async def is_done() -> bool:
            return self.done.count(cast("tuple[str, str, object]", what)) > before

        await until(is_done, f"{what} is done again")

    async def until_looked(self) -> None:
        """Wait until another look at everything was begun."""
        before = self.done.count(("kinship", "step", None))

        async def has_looked() -> bool:
            return self.done.count(("kinship", "step", None)) > before + 1

        await until(has_looked, "it has looked once more")


@asynccontextmanager
async def at_work(share: Share) -> AsyncIterator[Desk]:
    desk = Desk(share)
    task = asyncio.create_task(desk.workers.run())
    try:
        yield desk
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def held(*shards: int) -> HeldShares:
    share = HeldShares(SteppedClock(0).now_ms)
    for shard in shards:
        share.hold(shard, LONG_MS)
    return share


@pytest.mark.parametrize(
    ("share", "is_house"), [(WHOLE, True), (held(HOUSE), True), (held(7), False), (held(), False)]
)
async def test_what_is_done_once_for_all_is_done_by_the_house_alone(
    share: Share, *, is_house: bool
) -> None:
    async with at_work(share) as desk:
        await desk.until_looked()
        assert desk.names >= FOR_ACCOUNTS
        assert desk.names & ONCE_FOR_ALL == (ONCE_FOR_ALL if is_house else set())
        assert ("leasing", "prove", None) in desk.done


class Calls:
    """Wakes that are told by hand."""

    def __init__(self) -> None:
        self.is_told = False
        self.sweeps = 0

    async def take(self, shards: frozenset[int] | None, *, is_sweep: bool) -> bool:
        """Tell what was told, and count how often everything was asked for."""
        assert shards == frozenset({7})
        self.sweeps += is_sweep
        told, self.is_told = self.is_told, False
        return told

    async def waiting(self) -> Waiting:
        """Tell of nothing."""
        return Waiting()

    async def close(self) -> None:
        """Close nothing."""


async def test_who_is_woken_looks_at_once_and_everybody_once_in_a_while() -> None:
    calls = Calls()
    desk = Desk(held(7), wakes=calls)
    task = asyncio.create_task(desk.workers.run())
    try:
        await desk.until_looked()
        sweeps = calls.sweeps
        for _ in range(3):
            calls.is_told = True
            await desk.until_done_again("kinship", "step", None)
        assert calls.sweeps <= sweeps + 1
        await desk.until_looked()
        assert calls.sweeps > 1
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Mistaken:
    """Robots whose look fails with a mistake of ours."""

    async def look(self) -> None:
        raise TypeError


async def test_a_mistake_in_a_part_of_the_work_ends_the_process_instead_of_that_part() -> None:
    desk = Desk(WHOLE, robots=Mistaken())
    with pytest.raises(ExceptionGroup) as raised:
        await asyncio.wait_for(desk.workers.run(), 20)
    assert raised.group_contains(TypeError)


async def test_who_becomes_the_house_goes_on_with_it() -> None:
    share = held(7)
    async with at_work(share) as desk:
        await desk.until_looked()
        share.hold(HOUSE, LONG_MS)
        await desk.until_done("postman", "step", None)
        share.drop(HOUSE)
        await desk.until_looked()
        desk.done.clear()
        await desk.until_looked()
        assert not desk.names & ONCE_FOR_ALL


async def test_what_comes_is_looked_through_at_once_and_what_went_is_not() -> None:
    share = held(7)
    async with at_work(share) as desk:
        await desk.until_done("reconciliation", "reconcile", frozenset({7}))
        desk.done.clear()

        share.hold(9, LONG_MS)
        await desk.until_done("reconciliation", "reconcile", frozenset({9}))
        calls = [what for name, what, _ in desk.done if name == "verification"]
        assert calls[:2] == ["tell_left_behind", "clean_up"]

        share.drop(7)
        share.hold(11, LONG_MS)
        await desk.until_done("reconciliation", "reconcile", frozenset({11}))
        assert ("reconciliation", "reconcile", frozenset({7})) not in desk.done
