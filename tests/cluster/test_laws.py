"""Laws of claims: never two holders, whatever is late, lost or stopped; and never long nobody."""

import asyncio
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from drawbridge.cluster.model import CLAIM_MS, RENEW_EVERY_MS, fair_share, surplus
from drawbridge.core.shards import HOUSE, SHARDS
from tests.cluster.worlds import OneOfThem, world

_T = TypeVar("_T")
_MOST = 4
_WHICH = st.integers(0, _MOST - 1)
_ROUNDS = 2 * (-(-CLAIM_MS // RENEW_EVERY_MS) + 1)


@given(st.sets(st.integers(0, SHARDS - 1)), st.integers(0, 100))
def test_what_is_more_than_a_fair_share_is_given_back_the_house_last(
    held: set[int], workers: int
) -> None:
    given_back = surplus(held, workers)
    assert len(held) - len(given_back) == min(len(held), fair_share(workers))
    assert fair_share(workers) * max(1, workers) >= SHARDS
    assert HOUSE not in given_back


class Cluster(RuleBasedStateMachine):
    """Workers that join, leave, die, stop, are slow and lose answers, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self._here = self._run(self._stack.enter_async_context(world(folder / "drawbridge.db")))
        self._joined = 0

    @rule()
    def somebody_joins(self) -> None:
        if len(self._here.workers) < _MOST:
            self._joined += 1
            self._here.join(f"worker {self._joined}")

    @rule(which=_WHICH, is_slow=st.booleans())
    def one_asks(self, which: int, is_slow: bool) -> None:  # noqa: FBT001 - by name, by hypothesis
        for one in self._one(which):
            one.line.is_slow = is_slow
            self._run(self._begin(one))

    @rule(which=_WHICH, gates=st.integers(1, 13))
    def what_is_late_goes_on(self, which: int, gates: int) -> None:
        for one in self._one(which):
            self._run(one.go_on(gates))

    @rule(which=_WHICH)
    def what_is_late_is_lost(self, which: int) -> None:
        for one in self._one(which):
            one.line.let_through(is_lost=True)
            self._run(one.rest())

    @rule(which=_WHICH)
    def one_leaves(self, which: int) -> None:
        for one in self._one(which):
            self._run(self._leave(one))

    @rule(which=_WHICH)
    def one_is_killed(self, which: int) -> None:
        for one in self._one(which):
            self._run(self._kill(one))

    @rule(by_ms=st.sampled_from((1, 200, RENEW_EVERY_MS, 1_500, CLAIM_MS - 200, CLAIM_MS)))
    def time_passes(self, by_ms: int) -> None:
        self._here.clock.advance(by_ms)

    @invariant()
    def nothing_has_two_holders(self) -> None:
        self._here.check()

    def teardown(self) -> None:
        try:
            self._run(self._come_to_rest())
            living = self._here.workers.values()
            assert self._here.is_all_held()
            assert max(len(one.held) for one in living) <= fair_share(len(living))
        finally:
            self._run(self._stack.aclose())
            self._runner.close()

    async def _come_to_rest(self) -> None:
        """Let everything through, and a few rounds pass."""
        self._here.join("last")
        for one in self._here.workers.values():
            one.line.is_slow = False
            one.line.let_through()
            if one.task is not None:
                await one.task
        for _ in range(_ROUNDS):
            await self._here.round()

    async def _begin(self, one: OneOfThem) -> None:
        one.begin()
        await one.rest()

    async def _leave(self, one: OneOfThem) -> None:
        if one.task is None or one.task.done():
            one.line.is_slow = False
            await one.member.leave()
            self._here.kill(one.name)

    async def _kill(self, one: OneOfThem) -> None:
        self._here.kill(one.name)
        if one.task is not None:
            await asyncio.wait((one.task,))

    def _one(self, which: int) -> tuple[OneOfThem, ...]:
        living = tuple(self._here.workers.values())
        return (living[which % len(living)],) if living else ()

    def _run(self, work: Coroutine[object, object, _T]) -> _T:
        return self._runner.run(work)


TestCluster = Cluster.TestCase
TestCluster.settings = settings(max_examples=15, stateful_step_count=40)
