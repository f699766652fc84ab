"""What is seen of a fleet from outside: when shards went to another, and what the exchange has.

The exchange is the judge: its orders are read from its own disk, account by account.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from benchmarks.afloat.fleet import Fleet
from benchmarks.afloat.worker import EXCHANGE
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.shards import shard_of
from drawbridge.paper.book import OrderState
from drawbridge.paper.state import State
from tests.kit.house import read_state

_LOOK_EVERY_S: Final = 0.03


@dataclass(slots=True)
class Handing:
    """A fault at a moment, the shards of who was hit, and when another had claimed each."""

    at_ms: int
    shards: Mapping[int, str]
    claimed_ms: dict[int, int] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Tell whether others have all of them."""
        return len(self.claimed_ms) == len(self.shards)

    async def watch(self, fleet: Fleet) -> None:
        """Note who claims what, until all is claimed."""
        while not self.is_over:
            with suppress(DrawbridgeError):
                held, now_ms = await fleet.holders(), _now_ms()
                moved = [it for it, who in self.shards.items() if held.get(it, who) != who]
                self.claimed_ms = dict.fromkeys(moved, now_ms) | self.claimed_ms
            await asyncio.sleep(_LOOK_EVERY_S)


async def hit_at(fleet: Fleet, index: int = 0) -> Handing:
    """Note whose shards are whose, for a fault that hits a worker now."""
    rows = await fleet.house.database.fetch_all("SELECT id, address FROM workers")
    address = fleet.workers[index].address
    mine = {row["id"] for row in rows if row["address"] == address}
    held = {shard: holder for shard, holder in (await fleet.holders()).items() if holder in mine}
    return Handing(_now_ms(), held)


@dataclass(frozen=True, slots=True)
class Found:
    """What the exchange has, held against what was asked for of every account."""

    orders: int
    lost: int
    doubled: int
    disordered: int


class Books:
    """The orders of every account, as the exchange has them."""

    def __init__(self, state: State, fleet: Fleet) -> None:
        """Read them; oldest first."""
        orders = state.floors[EXCHANGE].orders.values()
        self._of: dict[str, list[OrderState]] = {it.account: [] for it in fleet.living}
        self._shards = {it.account: shard_of(it.key_id) for it in fleet.living}
        for order in sorted(orders, key=lambda it: it.number):
            self._of[order.account].append(order)

    def held_against(self, each: int) -> Found:
        """Count what is missing, too much, or not in turn, where each account should have so many.

        Buys and sells alternate on every account, so a doubled or a late one shows.
        """
        lost = doubled = disordered = 0
        for orders in self._of.values():
            names = {order.client_id for order in orders}
            again = max(len(orders) - each, len(orders) - len(names), 0)
            doubled += again
            lost += max(0, each - len(orders) + again)
            sides = [order.side for order in orders]
            disordered += any(it is later for it, later in pairwise(sides))
        return Found(sum(map(len, self._of.values())), lost, doubled, disordered)

    def first_after(self, handing: Handing) -> int | None:
        """Give when the first order came from who took over, in ms from the fault."""
        found = [
            order.created_ms - handing.at_ms
            for account, orders in self._of.items()
            if (claimed_ms := handing.claimed_ms.get(self._shards[account])) is not None
            for order in orders
            if order.created_ms >= claimed_ms
        ]
        return min(found, default=None)

    def longest_gap(self, from_ms: int, until_ms: int) -> int:
        """Give the longest time within these without an order, in ms."""
        moments = [from_ms, *self._times_within(from_ms, until_ms)]
        return max((later - it for it, later in pairwise(moments)), default=0)

    def ends_within(self, from_ms: int, until_ms: int) -> tuple[int, int]:
        """Give when the first and the last order within these came, in ms from their beginning."""
        times = self._times_within(from_ms, until_ms)
        return times[0] - from_ms, times[-1] - from_ms

    def _times_within(self, from_ms: int, until_ms: int) -> Sequence[int]:
        return sorted(
            order.created_ms
            for orders in self._of.values()
            for order in orders
            if from_ms <= order.created_ms <= until_ms
        )


async def read_books(fleet: Fleet) -> Books:
    """Read what the exchange has on disk now."""
    return Books(await read_state(fleet.folder / "paper"), fleet)


def spread(values: Iterable[float]) -> str:
    """Write least, middle and most of some values."""
    ordered: Sequence[float] = sorted(values)
    if not ordered:
        return "none"
    return f"{ordered[0]:.2f} / {ordered[len(ordered) // 2]:.2f} / {ordered[-1]:.2f}"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
