"""Virtual keys in memory: found at once, and never older than the last change on disk."""

import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from drawbridge.accounts.model import Owner
from drawbridge.core.operations import Scope
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from drawbridge.vault.model import KeyRecord
from drawbridge.virtual_keys import store
from drawbridge.virtual_keys.book import VirtualKeyBook
from drawbridge.virtual_keys.model import VirtualKey, VirtualKeyId
from drawbridge.virtual_keys.restrictions import Rate, Scopes
from drawbridge.virtual_keys.wishes import Wish, read_wish
from tests.kit.store import passed_on, place_in


def a_virtual_key(key: KeyRecord, number: int = 1) -> VirtualKey:
    return VirtualKey(
        id=VirtualKeyId(f"vk_{number}"),
        owner=key.owner,
        key_id=key.id,
        exchange=key.exchange,
        venue=key.venue,
        label=f"bot {number}",
        public=f"a{number}",
        restrictions=(Scopes(frozenset({Scope.READ})),),
        created_ms=1_790_000_000_000,
    )


@pytest_asyncio.fixture
async def elsewhere(tmp_path: Path) -> AsyncIterator[Database]:
    """Open the same file as another process does."""
    opened = await open_database(place_in(tmp_path), "app")
    yield opened
    await opened.close()


async def test_what_no_bot_was_given_is_not_found(database: Database, key: KeyRecord) -> None:
    book = VirtualKeyBook(database)
    for public in ("", "a1", "ключ", "a" * 100_000, "half \ud800", "a1\0", key.public_key):
        assert book.find("binance", public) is None


async def test_a_key_of_one_exchange_is_unknown_at_another(
    database: Database, key: KeyRecord
) -> None:
    async with database.transaction() as tx:
        await store.insert(tx, a_virtual_key(key), {})
    assert VirtualKeyBook(database).find("kraken", "a1") is None


async def test_one_made_elsewhere_is_found_with_all_that_it_is_held_to(
    database: Database, elsewhere: Database, key: KeyRecord
) -> None:
    book = VirtualKeyBook(database)
    assert book.find("binance", "a1") is None
    async with elsewhere.transaction() as tx:
        await store.insert(tx, a_virtual_key(key), {})
    assert book.find("binance", "a1") == a_virtual_key(key)


async def test_a_change_elsewhere_counts_at_the_next_turn_of_the_loop(
    database: Database, elsewhere: Database, key: KeyRecord
) -> None:
    """Scenario 84: revoked is revoked at the next request."""
    virtual = a_virtual_key(key)
    async with elsewhere.transaction() as tx:
        await store.insert(tx, virtual, {"material": b"sealed"})
    book = VirtualKeyBook(database)
    assert book.find("binance", "a1") == virtual
    narrowed = (*virtual.restrictions, Rate(1))
    async with elsewhere.transaction() as tx:
        await store.write_restrictions(tx, virtual.id, narrowed)
    await passed_on()
    assert book.find("binance", "a1") == replace(virtual, restrictions=narrowed)
    async with elsewhere.transaction() as tx:
        await store.write_revoked(tx, virtual.id, 7)
    await passed_on()
    found = book.find("binance", "a1")
    assert found is not None
    assert found.revoked_ms == 7
    assert await store.read_sealed(database, virtual.id) == {}


async def test_who_holds_connections_open_is_told_what_changed(
    database: Database, elsewhere: Database, key: KeyRecord
) -> None:
    async with elsewhere.transaction() as tx:
        for number in range(3):
            await store.insert(tx, a_virtual_key(key, number), {})
    book = VirtualKeyBook(database)
    assert await book.refresh() == ()
    async with elsewhere.transaction() as tx:
        await store.write_revoked(tx, "vk_2", 7)
        await store.write_revoked(tx, "vk_0", 7)
    assert await book.refresh() == ("vk_2", "vk_0")
    assert await book.refresh() == ()


async def test_ann_alone_lists_her_own(database: Database, key: KeyRecord, ann: Owner) -> None:
    async with database.transaction() as tx:
        await store.insert(tx, a_virtual_key(key), {})
    assert await store.list_of_owner(database, ann.id) == (a_virtual_key(key),)
    assert await store.list_of_owner(database, "somebody else") == ()


async def test_ten_thousand_of_them_would_take_little_memory(
    database: Database, key: KeyRecord
) -> None:
    count = 200
    held = read_wish(
        Wish(scopes=("trade_spot",), pairs=("BTC/USDT",), largest_order="500", rate="20"), 1
    )
    async with database.transaction() as tx:
        for number in range(count):
            virtual = replace(a_virtual_key(key, number), restrictions=held)
            await store.insert(tx, virtual, {})
    book = VirtualKeyBook(database)
    book.find("binance", "a0")
    tracemalloc.start()
    try:
        for number in range(count):
            book.find("binance", f"a{number}")
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken / count < 4_096
