"""A key's whole life, with real processes and a time that jumps by weeks.

Scenarios 18, 42 and 49: its end is known, told in time, and met by robots before orders fail.
"""

import asyncio
import json
from pathlib import Path

from drawbridge.core.clock import DAY_MS, HOUR_MS
from drawbridge.vault.lives import Dated
from drawbridge.vault.model import KeyRecord, KeyStatus
from tests.kit.arena import Arena, Crew, opened_arena, settled_in
from tests.kit.house import until

EXCHANGE = "gate"
TIMES = 60
WITHIN_S = 90
LIFE = 90 * DAY_MS
MARKET = "BTC/USDT"


def notices(arena: Arena, kind: str) -> list[dict[str, object]]:
    """Give the facts of the notices of a kind, oldest first."""
    rows = arena.rows(f"SELECT facts FROM notices WHERE kind = '{kind}' ORDER BY n")  # noqa: S608  a word of this file
    return [json.loads(str(facts)) for (facts,) in rows]


def key_status(arena: Arena, key: KeyRecord) -> tuple[object, ...]:
    """Give where the key stands."""
    return arena.rows(f"SELECT status, reason FROM keys WHERE id = '{key.id}'")[0]  # noqa: S608  an id of our own


async def told_days(arena: Arena, count: int) -> list[object]:
    """Wait for so many reminders, and give the days that they tell."""

    async def are_there() -> bool:
        return len(notices(arena, "key_expiring")) >= count

    await until(are_there, f"{count} reminders are told", WITHIN_S)
    return [facts["step"] for facts in notices(arena, "key_expiring")]


async def robots_are(crew: Crew, status: str, reason: str) -> None:
    async def are_so() -> bool:
        return all(state == (status, reason) for state in crew.states())

    try:
        await until(are_so, f"robots are {status}", WITHIN_S)
    except AssertionError as late:
        message = f"robots are {crew.states()}"
        raise AssertionError(message) from late


async def live_through(arena: Arena) -> None:
    async with settled_in(arena) as (house, key):
        assert key.expires_ms is not None
        assert abs(key.expires_ms - key.created_ms - LIFE) < HOUR_MS
        assert key.life.dated is Dated.EXCHANGE
        crew = Crew(arena)
        await asyncio.to_thread(crew.start, key.label, MARKET, (1, 2), "--interval", "5m")
        await robots_are(crew, "started", "")
        for ends_in, steps in ((29, [30]), (13, [30, 14]), (6, [30, 14, 7])):
            arena.jump(key.expires_ms - ends_in * DAY_MS - arena.now_ms())
            assert await told_days(arena, len(steps)) == steps
        await robots_are(crew, "started", "")
        # A day before the end: told a last time, and nobody works with it any more.
        arena.jump(key.expires_ms - DAY_MS + HOUR_MS - arena.now_ms())
        assert await told_days(arena, 4) == [30, 14, 7, 1]
        await robots_are(crew, "paused", "robot_key_expires")
        assert key_status(arena, key) == ("enabled", "")
        # It ends; robots have placed nothing that could have failed for it.
        arena.jump(2 * DAY_MS)

        async def is_over() -> bool:
            return key_status(arena, key)[0] == KeyStatus.INVALID.value

        await until(is_over, "the key has ended", WITHIN_S)
        await robots_are(crew, "paused", "robot_key_expires")
        refused = arena.rows("SELECT reason FROM orders WHERE state = 'refused'")
        assert refused == []
        assert len(notices(arena, "robot_paused")) == 1
        assert len(notices(arena, "key_expired") + notices(arena, "key_invalid")) == 1
        assert (await house.vault.get_record(key.id)).status is KeyStatus.INVALID


def test_a_key_that_ends_is_told_of_in_time_and_robots_pause_before(tmp_path: Path) -> None:
    """Scenario 42, over 90 days: at 30, 14, 7 and 1; before orders start failing."""
    with opened_arena(tmp_path, EXCHANGE, TIMES) as arena:
        asyncio.run(live_through(arena))
