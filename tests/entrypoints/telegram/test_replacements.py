"""Replacing a key, as far as the chat goes: it shows the page, tells how it stands, and acts."""

import json

from drawbridge.core.operations import Scope
from drawbridge.vault.model import KeyRecord, KeyStatus, Standing
from drawbridge.wording.say import say
from tests.kit.bot_house import BotHouse
from tests.kit.bot_people import Person
from tests.kit.owner import KEY, SECRET

_TRADES = frozenset({Scope.READ, Scope.TRADE_SPOT})
_NEW = {"api_key": "N" * 56, "api_secret": SECRET}


async def _key(bot: BotHouse) -> KeyRecord:
    fields = {"api_key": KEY, "api_secret": SECRET}
    key = (await bot.house.vault.add(bot.owner, "kraken", "paper", fields, "Main account")).key
    return await bot.house.vault.record_verdict(key.id, Standing(KeyStatus.ENABLED, scopes=_TRADES))


async def _open(person: Person) -> str:
    await person.say("/menu")
    await person.press("Settings")
    await person.press("keys")
    return await person.press("Main account")


async def test_another_persons_key_is_neither_shown_nor_replaced(bot: BotHouse) -> None:
    ada, key = await bot.linked(), await _key(bot)
    for to in ("replacement", "replacement_do"):
        await _open(ada)
        how = "give_up" if to.endswith("do") else ""
        ada.seen[-1].buttons[0][0]["callback_data"] = f"go:{to}:{key.id[:-1]}:{how}"
        assert say("errors.unknown_key") in await ada.press("Check")


async def test_a_replacement_is_shown_answered_and_given_up(bot: BotHouse) -> None:
    """Scenarios 37 and 39, as far as the chat goes."""
    ada, key = await bot.linked(), await _key(bot)
    await _open(ada)
    assert f"/keys/{key.id}/replace" in await ada.press("Replace")
    await bot.house.replacements.enter(bot.owner, key.id, _NEW)
    assert "is being checked" in await ada.press("Look")
    facts = json.dumps({"label": key.label, "exchange": "Kraken"})
    async with bot.house.database.transaction() as tx:
        await tx.execute(
            "UPDATE replacements SET state = 'asking', facts = ?,"
            " reason = 'replacement_other_account'",
            facts,
        )
    assert "of another account at Kraken" in await ada.press("Look")
    assert "was given up" in await ada.press("Give up")
    await bot.house.replacements.enter(bot.owner, key.id, _NEW)
    async with bot.house.database.transaction() as tx:
        await tx.execute("UPDATE replacements SET state = 'retiring' WHERE ended_ms IS NULL")
    told = await ada.press("Look")
    assert "The old key is NNNN…NNNN" in told
    assert "forgotten here" in await ada.press("Forget the old key")
