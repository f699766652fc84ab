"""Bots before an exchange's limits, with a time that leaps: what `tests/laws/test_shares.py` tries.

The gateway's own budgets stand between them and an exchange that counts what reaches it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from drawbridge.core.errors import ExchangeDown
from drawbridge.gateway.budgets import Budgets, Payer
from drawbridge.gateway.turns import Caller
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.limits import Count, Limit
from tests.kit.leaping import LeapingLoop, run_leaping

WINDOWS = 4
_ANSWER_S = 0.02
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


class World:
    """Bots before an exchange that counts what reaches it by the whole of its limit."""

    def __init__(self, bots: Sequence[Bot], limit: Limit) -> None:
        self.for_s = WINDOWS * limit.window_ms / _S
        self.beyond = 0
        self._bots = bots
        self._loop = LeapingLoop()
        self._count = Count(limit)
        self._budgets = Budgets(self._loop)
        self._limits = {limit.name: limit}
        costs = ((limit.name, 1),)
        self._endpoint = Endpoint("order", "POST", b"/order", "trade_spot", costs=costs)

    def run(self) -> "World":
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
