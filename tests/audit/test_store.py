"""The audit log on disk: append-only, in the change's own transaction, and provably whole."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import AuditLog, append, list_events, verify
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import Corrupted
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from drawbridge.wording.say import has_words
from tests.kit.store import ZERO, place_in, without_trigger, write_rows


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(place_in(tmp_path), "app")
    yield opened
    await opened.close()


async def _tell(database: Database, count: int, owner: str = "owner_a") -> None:
    for n in range(count):
        async with database.transaction() as tx:
            event = AuditEvent(Tag.VAULT_KEY_ADDED, owner, f"key_{n}", {"label": "Kraken #1"})
            await append(tx, event, 1_000 + n)


def _tamper(folder: Path, *statements: str) -> None:
    """Change rows the way somebody with the disk or the server in hand could."""
    triggers = ("audit_events_are_not_changed", "audit_events_are_not_deleted")
    unguarded = [without_trigger(name, "audit_events") for name in triggers]
    write_rows(place_in(folder), *unguarded, *statements)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET facts = '{}' WHERE n = 3",
        "UPDATE audit_events SET at_ms = 0 WHERE n = 3",
        "UPDATE audit_events SET owner = 'owner_b' WHERE n = 3",
        "UPDATE audit_events SET tag = 'vault:key:deleted' WHERE n = 3",
        "UPDATE audit_events SET subject = 'key_9' WHERE n = 3",
        f"UPDATE audit_events SET hash = {ZERO} WHERE n = 3",  # noqa: S608 - fixed text
        "DELETE FROM audit_events WHERE n = 3",
        "UPDATE audit_events SET n = 33 WHERE n = 3",
    ],
)
async def test_a_changed_event_breaks_the_chain_where_it_stands(
    database: Database, tmp_path: Path, statement: str
) -> None:
    await _tell(database, 5)
    _tamper(tmp_path, statement)
    with pytest.raises(Corrupted) as told:
        await verify(database)
    assert told.value.code == "audit_chain_broken"
    assert told.value.facts == {"at": 3}


async def test_events_cut_off_the_end_are_missed(database: Database, tmp_path: Path) -> None:
    await _tell(database, 5)
    _tamper(tmp_path, "DELETE FROM audit_events WHERE n > 3")
    with pytest.raises(Corrupted) as told:
        await verify(database)
    assert told.value.code == "audit_chain_cut"
    assert told.value.facts == {"at": 4, "head": 5}


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_events SET facts = '{}'", "DELETE FROM audit_events"]
)
async def test_the_table_itself_refuses_changes(database: Database, statement: str) -> None:
    await _tell(database, 1)
    with pytest.raises(Corrupted):
        async with database.transaction() as tx:
            await tx.execute(statement)


async def test_a_change_that_fails_leaves_no_event(database: Database) -> None:
    log = AuditLog(SteppedClock(1_000))
    with pytest.raises(ZeroDivisionError):
        await _record_and_fail(database, log)
    assert (await verify(database)).count == 0


async def _record_and_fail(database: Database, log: AuditLog) -> None:
    async with database.transaction() as tx:
        await log.record(tx, Tag.VAULT_KEY_ADDED, "owner_a", "key_1")
        message = "the change itself failed"
        raise ZeroDivisionError(message)


async def test_a_tag_that_does_not_exist_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="made:up:tag"):
        async with database.transaction() as tx:
            await AuditLog(SteppedClock(0)).record(tx, "made:up:tag", "owner_a", "key_1")


async def test_an_empty_log_is_whole(database: Database) -> None:
    assert (await verify(database)).count == 0


async def test_a_long_log_is_verified_to_its_end(database: Database) -> None:
    async with database.transaction() as tx:
        for n in range(2_100):
            await append(tx, AuditEvent(Tag.VAULT_SECRET_OPENED, "owner_a", f"key_{n}"), n)
    proof = await verify(database)
    assert proof.count == 2_100
    await _tell(database, 1)
    assert (await verify(database)).head != proof.head


async def test_events_told_at_the_same_moment_form_one_chain(
    database: Database, tmp_path: Path
) -> None:
    other = await open_database(place_in(tmp_path), "app")
    await asyncio.gather(_tell(database, 20), _tell(other, 20), _tell(database, 20))
    await other.close()
    assert (await verify(database)).count == 60


async def test_an_owner_sees_their_own_events_newest_first(database: Database) -> None:
    await _tell(database, 3, "owner_a")
    await _tell(database, 3, "owner_b")
    events = await list_events(database, "owner_a", limit=2)
    assert [event.n for event in events] == [3, 2]
    assert events[0].facts == {"label": "Kraken #1"}
    assert [event.n for event in await list_events(database, "owner_a", before=2)] == [1]


@pytest.mark.parametrize("tag", list(Tag))
def test_every_tag_has_a_name_for_people(tag: Tag) -> None:
    assert has_words(f"audit.tag.{tag}")


@pytest.mark.parametrize("tag", list(Tag))
def test_a_tag_tells_source_subject_and_action(tag: Tag) -> None:
    assert len([part for part in tag.value.split(":") if part]) == 3
