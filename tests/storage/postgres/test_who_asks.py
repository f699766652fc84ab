"""Whoever asks gets their own rows, by every way to them, with the server's fence and without."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import pytest
import pytest_asyncio

from drawbridge.core.errors import Corrupted, Forbidden
from drawbridge.storage.acting import acting_for, as_house, as_nobody
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.database import PostgresDatabase
from drawbridge.storage.schema import bring_up_to_date
from tests.kit.postgres import PrivateServer, as_master


@pytest_asyncio.fixture
async def database(postgres_url: str) -> AsyncIterator[PostgresDatabase]:
    opened = await PostgresDatabase.open(PostgresPlace(postgres_url), "app")
    async with opened.transaction() as tx:
        for person in ("ann", "bob"):
            await tx.execute(
                "INSERT INTO owners (id, name, name_folded, password_hash, created_ms)"
                " VALUES (?, ?, ?, '', 7)",
                *(person,) * 3,
            )
            await tx.execute(
                "INSERT INTO keys (id, owner, exchange, venue, label, label_folded, public_key,"
                " status, created_ms) VALUES (?, ?, 'x', 'paper', ?, ?, ?, 'ready', 7)",
                *(person,) * 5,
            )
    yield opened
    await opened.close()


_IDS: Final = "SELECT id FROM keys ORDER BY id"
_JOINED: Final = "SELECT string_agg(id, ' ' ORDER BY id) FROM keys"


async def _in_transaction(database: PostgresDatabase) -> list[str]:
    async with database.transaction() as tx:
        return [row[0] for row in await tx.fetch_all(_IDS)]


async def _in_lane(database: PostgresDatabase) -> list[str]:
    async with database.lane() as tx:
        return [row[0] for row in await tx.fetch_all(_IDS)]


async def _all(database: PostgresDatabase) -> list[str]:
    return [row[0] for row in await database.fetch_all(_IDS)]


async def _one(database: PostgresDatabase) -> list[str]:
    row = await database.fetch_one(_JOINED)
    return str(row[0]).split() if row else []


async def _glance(database: PostgresDatabase) -> list[str]:
    row = database.glance(_JOINED)
    return str(row[0]).split() if row else []


async def _at_once(database: PostgresDatabase) -> list[str]:
    return [row[0] for row in await database.at_once(_IDS)]


_WAYS: Final = (_in_transaction, _in_lane, _all, _one, _glance, _at_once)


@pytest.mark.parametrize("way", _WAYS)
async def test_who_is_nobody_is_refused_and_a_person_gets_their_own(
    way: Callable[[PostgresDatabase], Awaitable[list[str]]], database: PostgresDatabase
) -> None:
    """Whichever way is taken to the rows, and in whichever order people come along."""
    assert database.is_separated
    with as_nobody(), pytest.raises(Forbidden, match="nobody_asks"):
        await way(database)
    for person in ("ann", "bob", "ann"):
        with acting_for(person):
            assert await way(database) == [person]
            with as_house():
                assert await way(database) == ["ann", "bob"]
    assert await way(database) == ["ann", "bob"]


async def test_what_is_no_persons_id_is_nobody() -> None:
    for who in ("", "*", "ann'; RESET ROLE; --", "a" * 65, "ann\n"):
        with pytest.raises(Forbidden, match="nobody_asks"), acting_for(who):
            raise AssertionError


async def test_a_row_for_somebody_else_is_refused_and_nothing_of_it_stays(
    database: PostgresDatabase,
) -> None:
    with acting_for("ann"):
        with pytest.raises(Corrupted, match="row_refused"):
            await _give_away(database)
        async with database.transaction() as tx:
            assert await tx.execute("UPDATE keys SET label = 'mine'") == 1
            assert await tx.execute("DELETE FROM owners WHERE id = 'bob'") == 0
            tx.wake([3])
    rows = await database.fetch_all("SELECT id, label FROM keys ORDER BY id")
    assert [tuple(row) for row in rows] == [("ann", "mine"), ("bob", "bob")]


async def _give_away(database: PostgresDatabase) -> None:
    async with database.transaction() as tx:
        await tx.execute("UPDATE keys SET label = 'given'")
        await tx.execute("UPDATE keys SET owner = 'bob'")


async def test_what_people_change_is_counted_for_all(database: PostgresDatabase) -> None:
    """Whoever follows changes sees no number twice, though no person sees the others' numbers."""
    for person in ("ann", "bob"):
        with acting_for(person):
            async with database.transaction() as tx:
                await tx.execute("UPDATE keys SET status = 'paused'")
    rows = await database.fetch_all("SELECT key_id, n FROM key_changes ORDER BY n")
    assert [tuple(row) for row in rows] == [("ann", 1), ("bob", 2)]


async def test_without_the_role_statements_alone_keep_people_apart_and_with_it_the_server(
    postgres_server: PrivateServer,
) -> None:
    """A house from before goes on as it was, and is fenced from its next start on."""
    url, grant = postgres_server.new_database_of_another()
    without = await PostgresDatabase.open(PostgresPlace(url), "app")
    with acting_for("ann"):
        assert await without.fetch_one("SELECT count(*) FROM owners") is not None
    assert not without.is_separated
    await without.close()
    postgres_server.tell(grant)
    with_it = await PostgresDatabase.open(PostgresPlace(url), "app")
    assert with_it.is_separated
    await with_it.close()
    postgres_server.drop_database(url)


async def test_a_superuser_is_held_to_the_same(postgres_url: str) -> None:
    """Whoever connects as one is fenced as well: people's statements run as somebody else."""
    bring_up_to_date(PostgresPlace(postgres_url), "app")
    database = await PostgresDatabase.open(PostgresPlace(as_master(postgres_url)), "app")
    assert database.is_separated
    with acting_for("ann"), pytest.raises(Corrupted, match="row_refused"):
        await database.at_once(
            "INSERT INTO owners (id, name, name_folded, password_hash, created_ms)"
            " VALUES ('bob', 'Bob', 'bob', '', 7)"
        )
    await database.close()
