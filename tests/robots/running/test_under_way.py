"""What goes through many seats keeps nobody else from having a turn."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

from drawbridge.robots.running.seat import Seat
from drawbridge.robots.running.under_way import unhurried


@dataclass
class Other:
    """Who waits for a turn, as the renewal of claims does, and how far others were by then."""

    gone_through: list[Seat] = field(default_factory=list)
    had_turn_at: int | None = None

    async def work(self) -> None:
        self.had_turn_at = len(self.gone_through)


async def test_others_have_a_turn_while_thousands_of_seats_are_gone_through() -> None:
    seats, other = cast("list[Seat]", [object() for _ in range(5_000)]), Other()
    working = asyncio.create_task(other.work())

    async for seat in unhurried(seats):
        other.gone_through.append(seat)

    await working
    assert other.gone_through == seats
    assert other.had_turn_at is not None
    assert 0 < other.had_turn_at <= 500


async def test_a_few_are_gone_through_without_a_pause() -> None:
    seats, other = cast("list[Seat]", [object() for _ in range(100)]), Other()
    working = asyncio.create_task(other.work())

    other.gone_through += [seat async for seat in unhurried(seats)]

    assert other.had_turn_at is None
    await working
