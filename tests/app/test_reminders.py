"""What is told by the clock: the daily summary once a day, expiry at its days."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.accounts.languages import Languages
from drawbridge.app.reminders import Reminders, Sources, day_of, days_left, summary_text
from drawbridge.audit.store import AuditLog
from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, SteppedClock
from drawbridge.core.orders import Fill, OrderType, Side
from drawbridge.notices.model import NoticeKind
from drawbridge.notices.store import put_summary
from drawbridge.robots.model import RobotStatus
from drawbridge.robots.service import RobotService
from drawbridge.robots.wishes import Wish
from drawbridge.sealing.envelope import VaultPublicKey
from drawbridge.sealing.keyring import Keyring
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from drawbridge.trading.store import OrderStore
from drawbridge.vault.model import KeyStatus
from drawbridge.vault.service import Vault
from tests.gateway.setting import KEYS, OWNER, add_owner
from tests.kit.store import place_in

MIDNIGHT_MS = 1_790_000_000_000 // DAY_MS * DAY_MS


def fill(side: Side, quantity: int, price: int, time_ms: int) -> Fill:
    """Give one execution of BTC/USDT, without a fee."""
    return Fill(
        trade_id=str(time_ms),
        order_id=str(time_ms),
        client_id="",
        symbol="BTC/USDT",
        side=side,
        type=OrderType.MARKET,
        price=Decimal(price),
        quantity=Decimal(quantity),
        fee=Decimal(0),
        fee_currency="USDT",
        is_maker=False,
        time_ms=time_ms,
    )


@dataclass
class Bench:
    """Reminders over a database with one key and one robot."""

    database: Database
    clock: SteppedClock
    vault: Vault
    robots: RobotService
    sources: Sources
    reminders: Reminders
    key: str

    async def pass_by(self, span_ms: int = MINUTE_MS) -> None:
        self.clock.advance(span_ms)
        await self.reminders.step()

    async def change(self, sql: str, *args: str | int) -> None:
        async with self.database.transaction() as tx:
            await tx.execute(sql, *args)

    async def told(self, kind: NoticeKind) -> list[dict[str, object]]:
        rows = await self.database.fetch_all(
            "SELECT facts FROM notices WHERE kind = ? ORDER BY n", kind.value
        )
        return [json.loads(row["facts"]) for row in rows]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    clock, keyring = SteppedClock(MIDNIGHT_MS), Keyring.create()

    async def public_key() -> VaultPublicKey:
        return keyring.public

    def entropy(size: int) -> bytes:
        return clock.now_ms().to_bytes(size, "big")

    database = await open_database(place_in(tmp_path), "app")
    await add_owner(database)
    vault = Vault(database, clock, entropy, public_key)
    fields = {"api_key": KEYS["binance"][0], "api_secret": KEYS["binance"][1]}
    key = (await vault.add(OWNER, "binance", "paper", fields, "First")).key.id
    robots = RobotService(database, vault, clock, entropy)
    await robots.create(OWNER, Wish(key_id=key, symbol="BTC/USDT", amount="100", name="Anchor"))
    languages = Languages(database, AuditLog(clock))
    sources = Sources(robots, OrderStore(database), vault, languages)
    reminders = Reminders(database, sources, clock)
    bench = Bench(database, clock, vault, robots, sources, reminders, key)
    await bench.change("UPDATE keys SET status = 'enabled'")
    yield bench
    await database.close()


async def _wish(bench: Bench, minute: int) -> None:
    async with bench.database.transaction() as tx:
        await put_summary(tx, OWNER, minute, MIDNIGHT_MS // DAY_MS - 1)


# ------------------------------------------------------------------------------- summaries


async def test_nobody_who_did_not_ask_gets_a_summary(bench: Bench) -> None:
    await bench.pass_by(DAY_MS)
    assert await bench.told(NoticeKind.DAILY_SUMMARY) == []


async def test_a_summary_is_told_once_a_day_at_its_hour(bench: Bench) -> None:
    await _wish(bench, 90)
    await bench.pass_by(89 * MINUTE_MS)
    assert await bench.told(NoticeKind.DAILY_SUMMARY) == []
    await bench.pass_by()
    await Reminders(bench.database, bench.sources, bench.clock).step()
    await bench.pass_by(HOUR_MS)
    [told] = await bench.told(NoticeKind.DAILY_SUMMARY)
    assert "Robots: 0 at work, 0 paused." in str(told["text"])
    await bench.pass_by(DAY_MS)
    assert len(await bench.told(NoticeKind.DAILY_SUMMARY)) == 2


async def test_a_summary_missed_while_off_is_told_the_same_day(bench: Bench) -> None:
    await _wish(bench, 90)
    await bench.pass_by(20 * HOUR_MS)
    assert len(await bench.told(NoticeKind.DAILY_SUMMARY)) == 1


async def test_a_summary_counts_by_hand(bench: Bench) -> None:
    [robot] = await bench.robots.list_robots(OWNER)
    now_ms = MIDNIGHT_MS + HOUR_MS
    fills = (
        fill(Side.BUY, 4, 100, now_ms - 2 * DAY_MS),
        fill(Side.SELL, 1, 110, now_ms - 2 * DAY_MS + 1),
        fill(Side.SELL, 1, 130, now_ms - HOUR_MS),
        fill(Side.SELL, 1, 90, now_ms - 1),
    )
    told = day_of(robot, fills, now_ms)
    assert (told.orders, told.realised, told.held) == (2, Decimal(20), Decimal(1))
    paused = replace(
        told, robot=replace(robot, status=RobotStatus.PAUSED, reason="insufficient_funds")
    )
    keys = [replace(it, status=KeyStatus.INVALID) for it in await bench.vault.list_keys(OWNER)]
    text = summary_text([told, paused], keys, now_ms)
    assert "Robots: 0 at work, 1 paused." in text
    assert "4 orders filled." in text
    assert "Realised profit (Paper): 40 USDT." in text
    assert "Open: 1 BTC, “Anchor” (Paper)." in text
    assert "Paused: “Anchor”." in text
    assert "Key “First”: Not valid." in text


# ---------------------------------------------------------------------------------- expiry


async def test_a_key_that_expires_is_told_of_at_each_of_its_days(bench: Bench) -> None:
    """Scenario 42."""
    expires_ms = MIDNIGHT_MS + 40 * DAY_MS
    await bench.change("UPDATE keys SET expires_ms = ?", expires_ms)
    for _ in range(40 * 2):
        await bench.pass_by(DAY_MS // 2)
    told = await bench.told(NoticeKind.KEY_EXPIRING)
    assert [facts["days"] for facts in told] == [30, 14, 7, 1]
    assert told[0]["label"] == "First"


async def test_a_key_found_late_is_told_of_once_with_the_days_that_are_left(bench: Bench) -> None:
    await bench.change("UPDATE keys SET expires_ms = ?", MIDNIGHT_MS + 5 * DAY_MS)
    for _ in range(10):
        await bench.pass_by()
    assert [facts["days"] for facts in await bench.told(NoticeKind.KEY_EXPIRING)] == [5]


async def test_a_key_with_a_new_date_is_told_of_anew(bench: Bench) -> None:
    for days in (5, 6):
        await bench.change("UPDATE keys SET expires_ms = ?", MIDNIGHT_MS + days * DAY_MS)
        await bench.pass_by()
    assert [facts["days"] for facts in await bench.told(NoticeKind.KEY_EXPIRING)] == [5, 6]


@pytest.mark.parametrize("status", ["disabled", "invalid", "refused"])
async def test_a_key_out_of_use_is_not_told_of(bench: Bench, status: str) -> None:
    await bench.change("UPDATE keys SET status = ?, expires_ms = ?", status, MIDNIGHT_MS + DAY_MS)
    await bench.pass_by()
    assert await bench.told(NoticeKind.KEY_EXPIRING) == []


async def test_an_exchange_that_has_closed_is_told_of_once_to_whoever_has_a_key_there(
    bench: Bench,
) -> None:
    """Scenario 43: with the date; keys and what they did stay on record."""
    await bench.change("UPDATE keys SET exchange = 'bitmex', venue = 'paper'")
    await bench.pass_by()
    assert await bench.told(NoticeKind.EXCHANGE_CLOSED) == []
    await bench.change("UPDATE keys SET venue = 'live'")
    for _ in range(5):
        await bench.pass_by()
    [facts] = await bench.told(NoticeKind.EXCHANGE_CLOSED)
    assert (facts["exchange"], facts["since"]) == ("BitMEX", "2026-09-23")
    [key] = await bench.vault.list_keys(OWNER)
    assert key.status is KeyStatus.ENABLED


async def test_days_are_counted_from_now_and_not_beyond_the_end(bench: Bench) -> None:
    [key] = await bench.vault.list_keys(OWNER)
    for expires_ms, left in ((None, None), (0, None), (1, 1), (DAY_MS, 1), (DAY_MS + 1, 2)):
        dated = None if expires_ms is None else MIDNIGHT_MS + expires_ms
        assert days_left(replace(key, expires_ms=dated), MIDNIGHT_MS) == left
