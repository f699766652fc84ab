"""Which channels fail: those that did not carry the last notice that was given to them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drawbridge.notices.deliveries import DeliveryStore, postpone, settle
from drawbridge.notices.model import Channel, Notice, NoticeKind, Way
from drawbridge.notices.outbox import tell
from drawbridge.notices.store import NoticeStore, put_way
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from tests.kit.store import place_in

OWNER = "owner_1"
PAUSED = Notice(NoticeKind.ROBOT_PAUSED, OWNER, "robot_1", {"name": "BTC"})


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_database(place_in(tmp_path), "app")
    async with database.transaction() as tx:
        for channel in (Channel.MAIL, Channel.WEBHOOK):
            await put_way(tx, Way(OWNER, channel, "somewhere", is_on=True), 0)
    yield database
    await database.close()


async def carry(database: Database, now_ms: int, mail_problem: str, next_ms: int | None) -> None:
    """Let a notice arise, mail fail as told, and the webhook take it."""
    deliveries = DeliveryStore(database)
    async with database.transaction() as tx:
        await tell(tx, PAUSED, now_ms)
    await deliveries.route(now_ms + 60_000)
    due = await deliveries.list_due(now_ms + 60_000)
    mail = [it for it in due if it.way.channel is Channel.MAIL]
    async with database.transaction() as tx:
        await settle(tx, [it for it in due if it not in mail])
        if mail_problem:
            await postpone(tx, mail, mail_problem, next_ms)
        else:
            await settle(tx, mail)


async def test_who_was_told_nothing_yet_has_no_failing_channel(database: Database) -> None:
    assert await NoticeStore(database).list_failing(OWNER) == ()
    async with database.transaction() as tx:
        await tell(tx, PAUSED, 0)
    await DeliveryStore(database).route(60_000)
    assert await NoticeStore(database).list_failing(OWNER) == ()


async def test_a_channel_that_gave_up_fails_until_it_carries_the_next(database: Database) -> None:
    store = NoticeStore(database)
    await carry(database, 0, "refused", None)
    assert await store.list_failing(OWNER) == (Channel.MAIL,)
    assert await store.list_failing("owner_2") == ()
    await carry(database, 600_000, "", None)
    assert await store.list_failing(OWNER) == ()


async def test_one_try_in_vain_is_no_failure_yet_and_two_are(database: Database) -> None:
    store = NoticeStore(database)
    await carry(database, 0, "refused", 61_000)
    assert await store.list_failing(OWNER) == ()
    async with database.transaction() as tx:
        await postpone(tx, await DeliveryStore(database).list_due(90_000), "refused", 99_000)
    assert await store.list_failing(OWNER) == (Channel.MAIL,)


async def test_a_channel_that_was_switched_off_fails_nobody(database: Database) -> None:
    await carry(database, 0, "refused", None)
    async with database.transaction() as tx:
        await put_way(tx, Way(OWNER, Channel.MAIL, "somewhere", is_on=False), 0)
    assert await NoticeStore(database).list_failing(OWNER) == ()
