"""A licence in the chat: told, asked about, and not there at all where nobody asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.core.operations import Scope
from drawbridge.licences import store
from drawbridge.licences.model import Act
from drawbridge.vault.model import KeyRecord, KeyStatus, Standing
from tests.kit.bot_house import BotHouse, open_bot_house
from tests.kit.bot_people import Person
from tests.kit.licensed import STRICT_OPERATOR, hold_licence
from tests.kit.owner import KEY, SECRET


@pytest_asyncio.fixture
async def licensed(tmp_path: Path) -> AsyncIterator[BotHouse]:
    async with open_bot_house(tmp_path, STRICT_OPERATOR) as opened:
        yield opened


async def _key(bot: BotHouse) -> KeyRecord:
    fields = {"api_key": KEY, "api_secret": SECRET}
    added = await bot.house.vault.add(bot.owner, "kraken", "paper", fields, "Main account")
    standing = Standing(KeyStatus.ENABLED, scopes=frozenset({Scope.READ, Scope.TRADE_SPOT}))
    return await bot.house.vault.record_verdict(added.key.id, standing)


async def _open(person: Person) -> str:
    await person.say("/menu")
    await person.press("Settings")
    return await person.press("Licence")


async def test_where_nobody_asks_for_licences_there_is_no_button(bot: BotHouse) -> None:
    person = await bot.linked()
    await person.say("/menu")
    await person.press("Settings")
    with pytest.raises(AssertionError):
        await person.press("Licence")


async def test_that_a_licence_is_missing_is_told(licensed: BotHouse) -> None:
    await _key(licensed)
    told = await _open(await licensed.linked())
    assert "There is no licence here yet." in told


async def test_an_account_is_set_aside_from_the_chat(licensed: BotHouse) -> None:
    key = await _key(licensed)
    await hold_licence(licensed.house, licensed.owner, key)
    person = await licensed.linked()
    told = await _open(person)
    assert "The licence is in order." in told
    assert "1 of 3" in told
    assert "Has a place" in await person.press("Main account")
    await person.press("Set aside")
    wish = await store.find_wish(licensed.house.database, 1)
    assert wish is not None
    assert (wish.act, wish.key_id) == (Act.ARCHIVE, key.id)
    await _open(person)
    await person.press("Ask the licence server now")
    wish = await store.find_wish(licensed.house.database, 2)
    assert wish is not None
    assert wish.act is Act.RENEW


async def test_who_only_looks_changes_nothing(licensed: BotHouse) -> None:
    key = await _key(licensed)
    await hold_licence(licensed.house, licensed.owner, key)
    person = await licensed.linked()
    await _open(person)
    await person.press("Main account")
    async with licensed.house.database.transaction() as tx:
        await tx.execute("UPDATE owners SET role = 'operator' WHERE id = ?", licensed.owner)
    assert "Your role does not allow this." in await person.press("Set aside")
    assert await store.find_wish(licensed.house.database, 1) is None
