"""What holds on a server alone: nobody's writing holds up anybody's claims."""

import asyncio
from contextlib import suppress

from drawbridge.cluster.model import CLAIM_MS
from drawbridge.core.errors import ExchangeDown
from drawbridge.core.shards import SHARDS
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from drawbridge.storage.place import PostgresPlace
from tests.cluster.worlds import OneOfThem, world
from tests.kit.turns import a_turn

_ADD = "INSERT INTO workers VALUES ('x', '', '', '[]', '', 0, 0, 0)"


async def test_claims_are_renewed_while_somebody_stops_in_the_middle_of_writing(
    postgres_url: str,
) -> None:
    place = PostgresPlace(postgres_url)
    async with world(place) as here:
        other = await open_database(place, "app")
        ann = here.join("ann")
        try:
            await ann.member.step()
            async with other.transaction() as tx:
                await tx.execute(_ADD)
                here.clock.advance(CLAIM_MS - 500)
                await ann.member.step()
                here.clock.advance(CLAIM_MS - 500)
                assert len(ann.held) == SHARDS
        finally:
            await other.close()


async def test_renewing_wakes_nobody_who_waits_for_wishes(postgres_url: str) -> None:
    place = PostgresPlace(postgres_url)
    async with world(place) as here:
        other = await open_database(place, "app")
        try:
            before = await _version_other_than(other, 0)
            await here.join("ann").member.step()
            # They are told in order: whoever hears of a transaction has missed nothing before it.
            async with here.database.transaction() as tx:
                await tx.execute(_ADD)
            assert await _version_other_than(other, before) == before + 1
        finally:
            await other.close()


async def _version_other_than(database: Database, before: int) -> int:
    async with asyncio.timeout(10):
        while True:
            version = await database.data_version()
            if version != before:
                return version
            await a_turn()


async def test_a_server_that_went_away_is_asked_again(postgres_url: str) -> None:
    async with world(PostgresPlace(postgres_url)) as here:
        ann = here.join("ann")
        await ann.member.step()
        # Also the connection over which this is asked: what was to be told is lost with it.
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user"
        with suppress(ExchangeDown):
            await here.database.at_once(cut)
        await _until_renewed(ann)
        assert len(ann.held) == SHARDS


async def _until_renewed(one: OneOfThem) -> None:
    while True:
        try:
            await one.member.step()
        except ExchangeDown:
            continue
        return


async def test_the_servers_clock_is_the_one_that_counts(postgres_url: str) -> None:
    database = await open_database(PostgresPlace(postgres_url), "app")
    try:
        row = await database.fetch_one("SELECT extract(epoch FROM now())::bigint AS now_s")
        assert row is not None
        assert abs(await database.now_ms() // 1_000 - row["now_s"]) <= 1
    finally:
        await database.close()
