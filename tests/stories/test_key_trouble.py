"""What becomes of keys and robots when an exchange is gone, or speaks against a key.

Scenarios 44 and 47 to 50, with real processes whose hour lasts fifteen seconds.
"""

import asyncio
import json
import time
from pathlib import Path

from drawbridge.app.build import House
from drawbridge.catalogue.card import Need
from drawbridge.catalogue.registry import get_card
from drawbridge.core.clock import HOUR_MS
from drawbridge.paper.store import open_database
from drawbridge.vault.model import KeyRecord, KeyStatus
from tests.kit.agreeing import agreed
from tests.kit.arena import Arena, opened_arena, settled_in

EXCHANGE = "kraken"
TIMES = 240
MARKETS = ("BTC/USD", "ETH/USD")
AVERAGES = ((1, 2), (1, 3), (2, 5))
INTERVAL = ("--interval", "5m")
WITHIN_S = 90
AT_WORK = {"started", "starting"}


async def trading(arena: Arena, key: KeyRecord) -> None:
    """Start the robots, and wait until they trade."""

    def start() -> None:
        for market in MARKETS:
            for averages in AVERAGES:
                arena.start_robot(key.label, market, averages, *INTERVAL)

    await asyncio.to_thread(start)
    await orders_beyond(arena, 0)


async def orders_beyond(arena: Arena, count: int) -> None:
    by = time.monotonic() + WITHIN_S
    while arena.count_orders() <= count:
        assert time.monotonic() < by, f"nobody trades: {arena.robot_states()}"
        await asyncio.sleep(0.05)


async def becomes(house: House, key: KeyRecord, status: KeyStatus) -> KeyRecord:
    by = time.monotonic() + WITHIN_S
    while (known := await house.vault.get_record(key.id)).status is not status:
        assert time.monotonic() < by, f"the key is {known.status}: {known.reason}"
        await asyncio.sleep(0.05)
    return known


async def robots_are(arena: Arena, wanted: list[set[tuple[str, str]] | set[str]]) -> None:
    """Wait until each robot has one of these statuses, or of these with their reasons."""
    by = time.monotonic() + WITHIN_S
    while True:
        states = arena.robot_states()
        if all(
            status in each or (status, reason) in each
            for (status, reason), each in zip(states, wanted, strict=True)
        ):
            return
        assert time.monotonic() < by, f"robots are {states}"
        await asyncio.sleep(0.05)


async def pass_time(arena: Arena, by_ms: int) -> None:
    until_ms = arena.now_ms() + by_ms
    while arena.now_ms() < until_ms:  # noqa: ASYNC110  time itself sets no event
        await asyncio.sleep(0.1)


async def finished(arena: Arena, house: House, key: KeyRecord) -> None:
    await asyncio.to_thread(arena.stop_robots)
    await arena.until_settled(house)
    await agreed(arena, house, key.id)


# ------------------------------------------------------------------- an hour without network


async def without_network(arena: Arena) -> None:
    async with settled_in(arena) as (house, key):
        await trading(arena, key)
        await asyncio.to_thread(
            arena.start_robot, key.label, "BTC/USD", (1, 4), *INTERVAL, "--amount", "900000000"
        )
        poor = {("paused", "insufficient_funds")}
        await robots_are(arena, [*[AT_WORK] * (len(arena.robots) - 1), poor])
        await arena.misbehave("cut=100%")
        await pass_time(arena, HOUR_MS)
        await robots_are(arena, [*[AT_WORK] * (len(arena.robots) - 1), poor])
        # People are told what is being waited for.
        assert any(reason for _, reason in arena.robot_states()[:-1])
        assert (await house.vault.get_record(key.id)).status is KeyStatus.ENABLED
        before = arena.count_orders()
        await arena.misbehave("off")
        await orders_beyond(arena, before)
        await finished(arena, house, key)


def test_an_hour_without_network_is_waited_out_and_robots_go_on_by_themselves(
    tmp_path: Path,
) -> None:
    """Scenarios 47 and 50: orders wait, nothing is doubled, and no key is blamed.

    A robot with more to spend than there is pauses for that, and no other does.
    """
    with opened_arena(tmp_path, EXCHANGE, TIMES) as arena:
        asyncio.run(without_network(arena))


# ------------------------------------------------------------------- a key that is bad by now


async def with_a_bad_key(arena: Arena) -> None:
    async with settled_in(arena) as (house, key):
        await trading(arena, key)
        # One robot is stopped by a person: nothing brings that one back.
        await asyncio.to_thread(arena.robot, "stop", arena.robots[0])
        await arena.switch_key(key, disabled=True)
        bad = await becomes(house, key, KeyStatus.INVALID)
        assert bad.reason == "bad_key"
        paused = {("paused", "robot_key_invalid")}
        others = len(arena.robots) - 1
        await robots_are(arena, [{"stopped"}, *[paused] * others])
        checks = [facts for tag, facts in events(arena) if tag == "vault:key:checked"]
        assert json.loads(checks[-1]) == {"status": "invalid", "reason": "bad_key"}
        before = arena.count_orders()
        await arena.switch_key(key, disabled=False)
        # Nobody asks: the hourly look finds it.
        await becomes(house, key, KeyStatus.ENABLED)
        await robots_are(arena, [{"stopped"}, *[AT_WORK] * others])
        await orders_beyond(arena, before)
        await finished(arena, house, key)


def events(arena: Arena) -> list[tuple[str, str]]:
    rows = arena.rows("SELECT tag, facts FROM audit_events ORDER BY n")
    return [(str(tag), str(facts)) for tag, facts in rows]


def test_a_key_that_turned_bad_pauses_its_robots_until_it_is_good_again(tmp_path: Path) -> None:
    """Scenarios 44 and 49: confirmed by a second call, told once, healed by the hour."""
    with opened_arena(tmp_path, EXCHANGE, TIMES) as arena:
        asyncio.run(with_a_bad_key(arena))


# --------------------------------------------------------------- a key that may only read by now


async def without_trade_right(arena: Arena) -> None:
    card = get_card(EXCHANGE)
    trading_switches = {it.api for it in card.permissions if it.need is Need.TRADING}
    async with settled_in(arena) as (house, key):
        await trading(arena, key)
        before = await switches_of(arena, key)
        await give_switches(arena, key, before - trading_switches)
        read_only = await becomes(house, key, KeyStatus.READ_ONLY)
        assert read_only.reason == "only_reads"
        paused = {("paused", "robot_key_reads_only")}
        await robots_are(arena, [paused] * len(arena.robots))
        await can_read(house, key)
        await give_switches(arena, key, before)
        await becomes(house, key, KeyStatus.ENABLED)
        await robots_are(arena, [AT_WORK] * len(arena.robots))
        await finished(arena, house, key)


async def switches_of(arena: Arena, key: KeyRecord) -> frozenset[str]:
    async with arena.keys() as keys:
        found = keys.find(EXCHANGE, key.public_key)
        assert found is not None
        return frozenset(found.switches)


async def give_switches(arena: Arena, key: KeyRecord, switches: frozenset[str]) -> None:
    """Change a key's rights, as some real exchanges let people do; ours makes a new key."""
    database = await open_database(arena.state)
    try:
        async with database.transaction() as tx:
            await tx.execute(
                "UPDATE paper_keys SET switches = ?, disabled = 0 WHERE key = ?",
                json.dumps(sorted(switches)),
                key.public_key,
            )
    finally:
        await database.close()


async def can_read(house: House, key: KeyRecord) -> None:
    """Wait until a balance that was asked for now is there."""
    await house.portfolios.ask(key.id, "USD")
    by = time.monotonic() + WITHIN_S
    while (shown := await house.portfolios.find(key.id)) is None or not shown.answers_wish:
        assert time.monotonic() < by, "balances are told no more"
        await asyncio.sleep(0.05)


def test_a_key_that_may_trade_no_more_pauses_robots_and_goes_on_reading(tmp_path: Path) -> None:
    """Scenario 48."""
    with opened_arena(tmp_path, EXCHANGE, TIMES) as arena:
        asyncio.run(without_trade_right(arena))
