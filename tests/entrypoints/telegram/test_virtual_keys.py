"""Virtual keys in the chat: listed with their last use, looked at, and revoked after a question."""

import pytest

from drawbridge.accounts.roles import Role
from drawbridge.core.operations import Scope
from drawbridge.trading.cancelling import is_wished
from drawbridge.vault.model import KeyStatus, Standing
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.virtual_keys.uses import UseCounter
from drawbridge.virtual_keys.wishes import Wish
from drawbridge.wording.formats import moment
from drawbridge.wording.language import speaking
from drawbridge.wording.say import say
from tests.kit.bot_house import BotHouse
from tests.kit.bot_people import Person
from tests.kit.owner import KEY, SECRET
from tests.kit.roles import let_in

REVOKE = "Revoke"
_TRADES = frozenset({Scope.READ, Scope.TRADE_SPOT})


async def _virtual(bot: BotHouse) -> VirtualKey:
    fields = {"api_key": KEY, "api_secret": SECRET}
    key = (await bot.house.vault.add(bot.owner, "kraken", "paper", fields, "Main account")).key
    await bot.house.vault.record_verdict(key.id, Standing(KeyStatus.ENABLED, scopes=_TRADES))
    wish = Wish(scopes=("trade_spot",), pairs=("BTC/USD",))
    made = await bot.house.virtual_keys.make(bot.owner, key.id, wish, "Night bot", bot.code())
    return made.virtual


async def _now(bot: BotHouse, virtual: VirtualKey) -> VirtualKey:
    return await bot.house.virtual_keys.get(bot.owner, virtual.id)


async def _list(person: Person) -> str:
    await person.say("/menu")
    await person.press("Settings")
    return await person.press("Virtual keys")


async def test_where_there_are_none_the_chat_says_so(bot: BotHouse) -> None:
    assert "No virtual keys yet" in await _list(await bot.linked())


async def test_another_persons_virtual_key_is_not_there(bot: BotHouse) -> None:
    ada = await bot.linked()
    virtual = await _virtual(bot)
    for to in ("virtual_key", "revoke_virtual", "revoke_virtual_now"):
        await _list(ada)
        ada.seen[-1].buttons[0][0]["callback_data"] = f"go:{to}:{virtual.id[:-1]}:"
        assert say("errors.unknown_virtual_key") in await ada.press("Night bot")
    assert (await _now(bot, virtual)).revoked_ms is None


async def test_the_list_tells_state_and_last_use(bot: BotHouse) -> None:
    ada = await bot.linked()
    virtual = await _virtual(bot)
    assert "Night bot: In use. Last used: Never" in await _list(ada)
    now_ms = bot.clock.now_ms()
    counter = UseCounter(bot.house.database)
    counter.note(virtual.id, None, now_ms)
    await counter.flush()
    assert f"Night bot: In use. Last used: {moment(now_ms)}" in await _list(ada)
    told = await ada.press("Night bot")
    for words in ("Kraken, Paper", "Main account", "BTC/USD", "withdraw", moment(now_ms)):
        assert words in told
    assert virtual.public not in told


async def test_one_is_revoked_after_a_question_and_not_before(bot: BotHouse) -> None:
    ada = await bot.linked()
    virtual = await _virtual(bot)
    await _list(ada)
    await ada.press("Night bot")
    assert "It ends for good" in await ada.press(REVOKE)
    await ada.press(say("telegram.button.back"))
    assert (await _now(bot, virtual)).revoked_ms is None
    await ada.press(REVOKE)
    told = await ada.press(REVOKE)
    assert (await _now(bot, virtual)).revoked_ms == bot.clock.now_ms()
    assert "Whoever has it is refused from now on" in told
    assert "Night bot: Revoked" in told
    await ada.press("❌ Night bot")
    assert REVOKE not in ada.labels


async def test_its_open_orders_are_cancelled_with_it_where_that_is_chosen(bot: BotHouse) -> None:
    ada = await bot.linked()
    virtual = await _virtual(bot)
    await _list(ada)
    await ada.press("Night bot")
    await ada.press(REVOKE)
    await ada.press("cancel its open orders")
    assert (await _now(bot, virtual)).revoked_ms == bot.clock.now_ms()
    assert await is_wished(bot.house.database, virtual.origin)


async def test_who_may_only_look_sees_it_and_cannot_end_it(bot: BotHouse) -> None:
    ada = await bot.linked()
    virtual = await _virtual(bot)
    await _list(ada)
    await ada.press("Night bot")
    old = ada.seen[-1]
    async with bot.house.database.transaction() as tx:
        await tx.execute("UPDATE owners SET role = 'owner' WHERE id = ?", bot.owner)
    inviter = await bot.house.people.find_owner(bot.owner)
    assert inviter is not None
    rosa = await let_in(bot.house, inviter, Role.READ_ONLY)
    chat = Person(bot.api, 5_151, "en", rosa.name)
    await chat.say(f"/start {(await bot.house.telegram.draw_code(rosa.id)).reveal()}")
    assert "Night bot: In use" in await _list(chat)
    assert "BTC/USD" in await chat.press("Night bot")
    assert REVOKE not in chat.labels
    async with bot.house.database.transaction() as tx:
        await tx.execute("UPDATE owners SET role = 'read_only' WHERE id = ?", bot.owner)
    assert "Your role does not allow this." in await ada.press(REVOKE, under=old)
    assert (await _now(bot, virtual)).revoked_ms is None


@pytest.mark.parametrize("tag", ["de", "ru", "ar"])
async def test_the_menu_speaks_the_persons_language(bot: BotHouse, tag: str) -> None:
    await _virtual(bot)
    person = await bot.linked(language=tag)
    with speaking(tag):
        await person.say("/menu")
        await person.press(say("telegram.button.settings"))
        told = await person.press(say("virtual_keys.title"))
        assert say("virtual_keys.never_used") in told
