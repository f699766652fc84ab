"""Fair shares: whatever the others do, nobody falls below the half of a fair share."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import example, given, settings
from hypothesis import strategies as some

from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import ExchangeDown
from drawbridge.gateway.budgets import PATIENCE_MS, Budgets, Payer
from drawbridge.gateway.turns import Caller
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.limits import Count, Limit, LimitKind, LimitPer
from tests.kit.leaping import LeapingLoop, run_leaping

_ANSWER_S = 0.02
_WINDOWS = 4
_S = 1_000


@dataclass
class Bot:
    """One that asks over so many connections, waits between its requests, and after a no."""

    connections: int
    every_s: float
    after_no_s: float
    is_urgent: bool = False
    served: int = 0
    waits_ms: list[float] = field(default_factory=list)

    def wanted(self, for_s: float) -> float:
        return self.connections * for_s / (self.every_s + _ANSWER_S)


class _World:
    """Bots before an exchange that counts what reaches it by the whole of its limit."""

    def __init__(self, bots: Sequence[Bot], limit: Limit) -> None:
        self.for_s = _WINDOWS * limit.window_ms / _S
        self.beyond = 0
        self._bots = bots
        self._loop = LeapingLoop()
        self._count = Count(limit)
        self._budgets = Budgets(self._loop)
        self._limits = {limit.name: limit}
        costs = ((limit.name, 1),)
        self._endpoint = Endpoint("order", "POST", b"/order", "trade_spot", costs=costs)

    def run(self) -> "_World":
        run_leaping(self._all_of_them(), self._loop)
        return self

    async def _all_of_them(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number, bot in enumerate(self._bots):
                caller = Caller(("account", f"virtual:{number}"), bot.is_urgent)
                payer = Payer("one", "live", "account", "key", caller)
                for _ in range(bot.connections):
                    group.create_task(self._ask(bot, payer))

    async def _ask(self, bot: Bot, payer: Payer) -> None:
        loop = self._loop
        while loop.time() < self.for_s:
            began = loop.time()
            went = await self._is_paid(payer)
            bot.waits_ms.append((loop.time() - began) * _S)
            if went:
                bot.served += loop.time() < self.for_s
                self.beyond += bool(self._count.charge(1, loop.now_ms()))
            await asyncio.sleep(_ANSWER_S + bot.every_s if went else bot.after_no_s)

    async def _is_paid(self, payer: Payer) -> bool:
        try:
            if self._budgets.charge(payer, self._endpoint, self._limits):
                await self._budgets.wait(payer, self._endpoint, self._limits)
        except ExchangeDown:
            return False
        return True


_BOTS = some.lists(
    some.builds(
        Bot,
        connections=some.integers(1, 4),
        every_s=some.sampled_from((0.0, 0.1, 0.5, 2.0)),
        after_no_s=some.sampled_from((0.1, 0.5, 2.0)),
    ),
    min_size=2,
    max_size=6,
)
_LIMITS = some.sampled_from(
    (
        Limit("orders", LimitKind.WINDOW, LimitPer.ACCOUNT, 100, 10_000),
        Limit("orders", LimitKind.WINDOW, LimitPer.ACCOUNT, 30, 1_000),
        Limit("orders", LimitKind.WINDOW, LimitPer.ACCOUNT, 100, 20_000),
        Limit("orders", LimitKind.DECAY, LimitPer.ACCOUNT, 40, 10_000),
    )
)


@settings(max_examples=25)
@given(_BOTS, _LIMITS)
@example(
    [Bot(12, 0.0, 0.1), Bot(1, 2.0, 2.0)], Limit("o", LimitKind.WINDOW, LimitPer.KEY, 100, 10_000)
)
def test_nobody_falls_below_the_half_of_a_fair_share(bots: list[Bot], limit: Limit) -> None:
    """Scenario 86. Who wants less than a fair share is measured by what it wants."""
    bots = [Bot(it.connections, it.every_s, it.after_no_s) for it in bots]
    world = _World(bots, limit).run()
    assert not world.beyond, "more went out than the exchange takes"
    fair = limit.amount * 0.9 * _WINDOWS / len(bots)
    for bot in bots:
        assert bot.served >= min(fair, bot.wanted(world.for_s)) / 2 - 2, bots
        assert max(bot.waits_ms) <= PATIENCE_MS + 1, "nobody waits longer than patience lasts"


@settings(max_examples=10)
@given(some.integers(1, 6), _LIMITS)
def test_a_bot_that_only_cancels_leaves_the_others_a_half(connections: int, limit: Limit) -> None:
    cancels, orders = Bot(connections, 0.0, 0.1, is_urgent=True), Bot(2, 0.0, 0.1)
    world = _World((cancels, orders), limit).run()
    assert not world.beyond
    fair = limit.amount * 0.9 * _WINDOWS / 2
    assert orders.served >= min(fair, orders.wanted(world.for_s)) / 2 - 2


def test_a_cancellation_passes_where_all_else_is_used_up() -> None:
    """What is left of the limit for ordinary requests is nothing; a position can still be left."""
    limit = Limit("orders", LimitKind.WINDOW, LimitPer.ACCOUNT, 100, 10_000)
    budgets, limits = Budgets(SteppedClock(0)), {"orders": limit}
    endpoint = Endpoint("order", "POST", b"/order", "trade_spot", costs=(("orders", 1),))
    loud = Payer("one", "live", "account", "key", Caller(("account", "virtual:1")))
    for _ in range(90):
        assert budgets.charge(loud, endpoint, limits) == 0
    cancel = Payer(
        "one", "live", "account", "key", Caller(("account", "virtual:1"), is_urgent=True)
    )
    for _ in range(5):
        assert budgets.charge(cancel, endpoint, limits) == 0
