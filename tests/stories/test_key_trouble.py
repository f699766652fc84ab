"""What becomes of keys and robots when an exchange is gone, or speaks against a key.

Scenarios 44 and 47 to 50, with real processes whose hour lasts fifteen seconds.
"""

import asyncio
import json
from pathlib import Path

from drawbridge.app.build import House
from drawbridge.catalogue.card import Need
from drawbridge.catalogue.registry import get_card
from drawbridge.core.clock import HOUR_MS
from drawbridge.paper.store import open_database
from drawbridge.vault.model import KeyRecord, KeyStatus
from tests.kit.agreeing import agreed
from tests.kit.arena import Arena, Crew, opened_arena, paper_keys, settled_in, switch_key
from tests.kit.house import until

EXCHANGE = "kraken"
TIMES = 240
MARKETS = ("BTC/USD", "ETH/USD")
AVERAGES = ((1, 2), (1, 3), (2, 5))
INTERVAL = ("--interval", "5m")
WITHIN_S = 90
AT_WORK = {"started", "starting"}


async def trading(arena: Arena, key: KeyRecord) -> Crew:
    """Start the robots, and wait until they trade."""
    crew = Crew(arena)

    def start() -> None:
        for market in MARKETS:
            for averages in AVERAGES:
                crew.start(key.label, market, averages, *INTERVAL)

    await asyncio.to_thread(start)
    await orders_beyond(crew, 0)
    return crew


async def orders_beyond(crew: Crew, count: int) -> None:
    async def are_there() -> bool:
        return crew.count_orders() > count

    await until(are_there, "robots trade", WITHIN_S)


async def becomes(house: House, key: KeyRecord, status: KeyStatus) -> KeyRecord:
    async def found() -> KeyRecord | None:
        known = await house.vault.get_record(key.id)
        return known if known.status is status else None

    return await until(found, f"the key becomes {status}", WITHIN_S)


async def robots_are(crew: Crew, wanted: list[set[tuple[str, str]] | set[str]]) -> None:
    """Wait until each robot has one of these statuses, or of these with their reasons."""

    async def are_so() -> bool:
        return all(
            status in each or (status, reason) in each
            for (status, reason), each in zip(crew.states(), wanted, strict=True)
        )

    try:
        await until(are_so, "robots are as they should be", WITHIN_S)
    except AssertionError as late:
        # What they are instead says what went wrong.
        message = f"robots are {crew.states()} instead of {wanted}"
        raise AssertionError(message) from late


async def finished(crew: Crew, house: House, key: KeyRecord) -> None:
    await asyncio.to_thread(crew.stop)
    await crew.until_settled(house)
    await agreed(crew.arena, house, key.id)


# ------------------------------------------------------------------- an hour without network


async def without_network(arena: Arena) -> None:
    async with settled_in(arena) as (house, key):
        crew = await trading(arena, key)
        await asyncio.to_thread(
            crew.start, key.label, "BTC/USD", (1, 4), *INTERVAL, "--amount", "900000000"
        )
        poor = {("paused", "insufficient_funds")}
        await robots_are(crew, [*[AT_WORK] * (len(crew.names) - 1), poor])
        await arena.misbehave("cut=100%")
        await arena.pass_time(HOUR_MS)
        await robots_are(crew, [*[AT_WORK] * (len(crew.names) - 1), poor])
        # People are told what is being waited for.
        assert any(reason for _, reason in crew.states()[:-1])
        assert (await house.vault.get_record(key.id)).status is KeyStatus.ENABLED
        before = crew.count_orders()
        await arena.misbehave("off")
        await orders_beyond(crew, before)
        await finished(crew, house, key)


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
        crew = await trading(arena, key)
        # One robot is stopped by a person: nothing brings that one back.
        await asyncio.to_thread(crew.command, "stop", crew.names[0])
        await switch_key(arena, key, disabled=True)
        bad = await becomes(house, key, KeyStatus.INVALID)
        assert bad.reason == "bad_key"
        paused = {("paused", "robot_key_invalid")}
        others = len(crew.names) - 1
        await robots_are(crew, [{"stopped"}, *[paused] * others])
        checks = [facts for tag, facts in events(arena) if tag == "vault:key:checked"]
        assert json.loads(checks[-1]) == {"status": "invalid", "reason": "bad_key"}
        before = crew.count_orders()
        await switch_key(arena, key, disabled=False)
        # Nobody asks: the hourly look finds it.
        await becomes(house, key, KeyStatus.ENABLED)
        await robots_are(crew, [{"stopped"}, *[AT_WORK] * others])
        await orders_beyond(crew, before)
        await finished(crew, house, key)


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
        crew = await trading(arena, key)
        before = await switches_of(arena, key)
        await give_switches(arena, key, before - trading_switches)
        read_only = await becomes(house, key, KeyStatus.READ_ONLY)
        assert read_only.reason == "only_reads"
        # Or just while it is being checked: both go away with what the check finds.
        paused = {("paused", "robot_key_reads_only"), ("paused", "robot_key_not_proven")}
        await robots_are(crew, [paused] * len(crew.names))
        await can_read(house, key)
        await give_switches(arena, key, before)
        await becomes(house, key, KeyStatus.ENABLED)
        await robots_are(crew, [AT_WORK] * len(crew.names))
        await finished(crew, house, key)


async def switches_of(arena: Arena, key: KeyRecord) -> frozenset[str]:
    async with paper_keys(arena) as keys:
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

    async def is_there() -> bool:
        shown = await house.portfolios.find(key.id)
        return shown is not None and shown.answers_wish

    await until(is_there, "balances are told", WITHIN_S)


def test_a_key_that_may_trade_no_more_pauses_robots_and_goes_on_reading(tmp_path: Path) -> None:
    """Scenario 48."""
    with opened_arena(tmp_path, EXCHANGE, TIMES) as arena:
        asyncio.run(without_trade_right(arena))
