"""Roles in the chat: looking is all that is offered, an operator stops, who is ended is out."""

import pytest

from drawbridge.accounts.model import Owner
from drawbridge.accounts.roles import Role
from drawbridge.vault.model import KeyStatus
from drawbridge.wording.say import say
from tests.kit.bot_house import BotHouse
from tests.kit.bot_people import Person
from tests.kit.owner import KEY, SECRET
from tests.kit.roles import let_in

CHAT = 5_151
_NO = "Your role does not allow this."


async def _ada(bot: BotHouse) -> Owner:
    """Give the owner of the house, who has a key."""
    async with bot.house.database.transaction() as tx:
        await tx.execute("UPDATE owners SET role = 'owner' WHERE id = ?", bot.owner)
    fields = {"api_key": KEY, "api_secret": SECRET}
    await bot.house.vault.add(bot.owner, "kraken", "paper", fields, "Main account")
    ada = await bot.house.people.find_owner(bot.owner)
    assert ada is not None
    return ada


async def _chat_of(bot: BotHouse, person: Owner) -> Person:
    chatting = Person(bot.api, CHAT, "en", person.name)
    code = await bot.house.telegram.draw_code(person.id)
    await chatting.say(f"/start {code.reveal()}")
    return chatting


async def _status(bot: BotHouse) -> KeyStatus:
    [key] = await bot.house.vault.list_keys(bot.owner)
    return key.status


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.OPERATOR])
async def test_a_button_of_before_is_refused_after_the_role_has_changed(
    bot: BotHouse, role: Role
) -> None:
    await _ada(bot)
    person = await bot.linked()
    await person.press("Settings")
    await person.press("keys")
    await person.press("Main account")
    old = person.seen[-1]
    async with bot.house.database.transaction() as tx:
        await tx.execute("UPDATE owners SET role = ? WHERE id = ?", role, bot.owner)
    assert _NO in await person.press(say("telegram.button.disable"), under=old)
    assert await _status(bot) is KeyStatus.UNVERIFIED


async def test_a_dialog_begun_before_ends_with_the_right_to_it(bot: BotHouse) -> None:
    await _ada(bot)
    person = await bot.linked()
    await person.press("Settings")
    await person.press("keys")
    await person.press("Main account")
    await person.press(say("telegram.button.delete"))
    await person.press(say("telegram.button.do_delete"))
    async with bot.house.database.transaction() as tx:
        await tx.execute("UPDATE owners SET role = 'operator' WHERE id = ?", bot.owner)
    assert _NO in await person.say(bot.code())
    assert await _status(bot) is KeyStatus.UNVERIFIED


async def test_who_may_only_look_sees_the_inviters_things_and_no_button_that_changes_them(
    bot: BotHouse,
) -> None:
    rosa = await _chat_of(bot, await let_in(bot.house, await _ada(bot), Role.READ_ONLY))
    assert say("telegram.button.stop_all") not in rosa.labels
    await rosa.press("Settings")
    await rosa.press("keys")
    assert say("telegram.button.add_key") not in rosa.labels
    await rosa.press("Main account")
    for act in ("disable", "delete", "verify"):
        assert say(f"telegram.button.{act}") not in rosa.labels
    assert say("telegram.button.back") in rosa.labels


async def test_an_operator_sees_people_and_their_keys_by_name_and_switches_one_off(
    bot: BotHouse,
) -> None:
    otto = await _chat_of(bot, await let_in(bot.house, await _ada(bot), Role.OPERATOR))
    assert otto.labels == [say("people.title"), say("telegram.button.settings")]
    await otto.press(say("people.title"))
    told = await otto.press("Ada")
    assert "Main account" in told
    assert KEY not in told
    assert say("people.end_sessions") not in otto.labels
    told = await otto.press(say("people.stop_key_what", label="Main account"))
    assert say("done.key_halted") in told
    assert await _status(bot) is KeyStatus.DISABLED


async def test_an_operator_freezes_an_exchange_on_their_code(bot: BotHouse) -> None:
    """Scenario 75."""
    otto = await let_in(bot.house, await _ada(bot), Role.OPERATOR)
    bot.totp = (await bot.house.accounts.enrol_second_factor(otto.id)).secret.reveal()
    await bot.house.accounts.confirm_second_factor(otto.id, bot.code())
    chat = await _chat_of(bot, otto)
    await chat.press(say("people.title"))
    await chat.press(say("people.freeze"))
    await chat.press("Kraken")
    await chat.say("000000")
    assert await _status(bot) is KeyStatus.UNVERIFIED
    assert say("done.exchange_frozen") in await chat.say(bot.code())
    assert await _status(bot) is KeyStatus.DISABLED


async def test_a_member_sees_nobody(bot: BotHouse) -> None:
    mia = await _chat_of(bot, await let_in(bot.house, await _ada(bot), Role.MEMBER))
    await mia.press("Settings")
    assert say("people.title") not in mia.labels


async def test_the_chat_of_who_is_ended_is_a_strangers(bot: BotHouse) -> None:
    ada = await _ada(bot)
    mia = await let_in(bot.house, ada, Role.MEMBER)
    chat = await _chat_of(bot, mia)
    await bot.house.people.end(ada, mia.id)
    assert await chat.say("/menu") == say("telegram.stranger")
