"""How accounts stand: asked once for all who wait, and never with an answer from before."""

import asyncio
from typing import Any, cast

import pytest

from drawbridge.core.errors import ExchangeDown
from drawbridge.core.operations import GetBalances, Operation
from drawbridge.gateway.bot_streams.snapshots import Snapshots
from tests.kit.turns import a_turn


class Held:
    """A gateway that answers when told to, with the number of the question."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = asyncio.Event()
        self.error: ExchangeDown | None = None

    async def call(self, key_id: str, operation: Operation[Any], *, purpose: str) -> int:
        assert (key_id, purpose) == ("key", "read")
        assert operation == GetBalances()
        self.asked += 1
        number = self.asked
        await self.go.wait()
        if self.error is not None:
            raise self.error
        return number


async def test_who_comes_while_it_is_asked_waits_for_the_next_answer_together() -> None:
    held = Held()
    snapshots = Snapshots(cast("Any", held))
    first = asyncio.ensure_future(snapshots.ask("key", GetBalances()))
    await a_turn()
    others = [asyncio.ensure_future(snapshots.ask("key", GetBalances())) for _ in range(50)]
    await a_turn()
    assert held.asked == 1
    held.go.set()
    assert cast("Any", await first) == 1
    assert set(cast("Any", await asyncio.gather(*others))) == {2}
    assert cast("Any", await snapshots.ask("key", GetBalances())) == 3


async def test_a_failure_is_told_to_all_and_kept_for_nobody() -> None:
    held = Held()
    held.error = ExchangeDown("unreachable")
    held.go.set()
    snapshots = Snapshots(cast("Any", held))
    for _ in range(2):
        with pytest.raises(ExchangeDown):
            await snapshots.ask("key", GetBalances())
    assert held.asked == 2


async def test_who_gives_up_takes_the_answer_from_nobody() -> None:
    held = Held()
    snapshots = Snapshots(cast("Any", held))
    leaving, staying = (asyncio.ensure_future(snapshots.ask("key", GetBalances())) for _ in "ab")
    await a_turn()
    leaving.cancel()
    held.go.set()
    assert cast("Any", await staying) == 1
