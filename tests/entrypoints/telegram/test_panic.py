"""Stopping in a hurry from the chat: one key, all of an exchange, all; and what a key did."""

import pytest

from drawbridge.core.operations import Scope
from drawbridge.rotation import leak_store
from drawbridge.rotation.leak import Answer, Deed, DeedKind, Gap
from drawbridge.vault.model import KeyRecord, KeyStatus, Standing
from drawbridge.wording.say import say
from tests.kit.bot_house import BotHouse
from tests.kit.bot_people import Person
from tests.kit.owner import KEY, SECRET

_TRADES = frozenset({Scope.READ, Scope.TRADE_SPOT})
LEAK = "I think it leaked"


async def _key(bot: BotHouse) -> KeyRecord:
    fields = {"api_key": KEY, "api_secret": SECRET}
    key = (await bot.house.vault.add(bot.owner, "kraken", "paper", fields, "Main account")).key
    return await bot.house.vault.record_verdict(key.id, Standing(KeyStatus.ENABLED, scopes=_TRADES))


async def _open(person: Person) -> str:
    await person.say("/menu")
    await person.press("Settings")
    await person.press("keys")
    return await person.press("Main account")


async def test_another_persons_key_cannot_be_stopped(bot: BotHouse) -> None:
    ada, key = await bot.linked(), await _key(bot)
    for to in ("leak", "leak_now", "leak_report"):
        await _open(ada)
        ada.seen[-1].buttons[0][0]["callback_data"] = f"go:{to}:{key.id[:-1]}:"
        assert say("errors.unknown_key") in await ada.press("Check")
    assert (await bot.house.vault.get_record(key.id)).status is KeyStatus.ENABLED


@pytest.mark.parametrize("how", ["Stop it now", "cancel open orders"])
async def test_a_key_that_may_have_leaked_is_stopped_with_two_presses(
    bot: BotHouse, how: str
) -> None:
    """Scenario 38."""
    ada, key = await bot.linked(), await _key(bot)
    await _open(ada)
    assert "Nothing crosses with it" in await ada.press(LEAK)
    told = await ada.press(how)
    assert "Its use is stopped" in told
    assert "delete it" in told
    assert (await bot.house.vault.get_record(key.id)).reason == "key_leaked"
    assert await bot.house.panic.is_cancelling(key.id) is ("cancel" in how)
    [inquiry] = await leak_store.list_open(bot.house.database)
    now_ms = bot.house.clock.now_ms()
    theirs = Deed(
        now_ms, DeedKind.TRADE, "filled", "", "ABC/USD", "sell", "5", "1", is_foreign=True
    )
    gaps = (Gap("open_orders", "exchange_unreachable"),)
    assert "is being asked" in await ada.press("What was done")
    async with bot.house.database.transaction() as tx:
        await leak_store.write_answer(tx, inquiry, Answer(0, 1, (theirs,), (), gaps), now_ms)
    told = await ada.press("Look again")
    assert "1 thing was done that did not go through us" in told
    assert "5 ABC/USD" in told
    assert "Open orders:" in told


@pytest.mark.parametrize("lot", ["All my keys, at", "All my keys of Kraken"])
async def test_many_keys_are_stopped_from_the_main_menu(bot: BotHouse, lot: str) -> None:
    ada, key = await bot.linked(), await _key(bot)
    await ada.say("/menu")
    await ada.press("Stop everything")
    await ada.press("Stop in a hurry")
    await ada.press(lot)
    assert "Their use is stopped" in await ada.press("Stop it now")
    assert (await bot.house.vault.get_record(key.id)).reason == "key_frozen"
    await ada.say("/menu")
    await ada.press("Stop everything")
    assert "nothing to stop" in await ada.press("Stop in a hurry")
