"""Who may speak to the bot: linking, strangers, groups."""

import pytest

from drawbridge.accounts.telegram_links import is_linked_to
from drawbridge.notices.model import Channel
from drawbridge.wording.language import speaking
from drawbridge.wording.say import say
from tests.kit.bot_api import BOT_NAME
from tests.kit.bot_house import CHAT, BotHouse
from tests.kit.bot_people import Person


@pytest.mark.parametrize("language", ["en", "ru", "ar", "xx"])
async def test_a_stranger_gets_one_sentence_in_their_language(bot: BotHouse, language: str) -> None:
    """Prove scenario 27."""
    stranger = Person(bot.api, 666, language, "Mallory")
    await stranger.say("/menu")
    with speaking("en" if language == "xx" else language):
        assert stranger.screen == say("telegram.stranger")
    assert stranger.seen[-1].buttons == []


async def test_a_stranger_who_goes_on_writing_is_answered_once(bot: BotHouse) -> None:
    """Prove scenario 27: nobody waits behind a stranger's hundred messages."""
    stranger = Person(bot.api, 666, "en", "Mallory")
    for number in range(8):
        await stranger.say(f"hello {number}")
    for number in range(8):
        await stranger.say(f"/start wrong{number}")
    told = [message.text for message in stranger.seen]
    assert told.count(say("telegram.stranger")) == 1
    assert len(told) == 1 + 5 + 1


async def test_a_stranger_cannot_press_what_they_never_got(bot: BotHouse) -> None:
    """Prove scenario 27."""
    ada = await bot.linked()
    stranger = Person(bot.api, 666, "en", "Mallory")
    await stranger.say("hello")
    await stranger.press("Robots", under=ada.seen[-1])
    assert stranger.screen == say("telegram.stranger")


async def test_a_wrong_code_links_nothing_and_after_five_one_waits(bot: BotHouse) -> None:
    """Prove scenario 29."""
    right = (await bot.house.telegram.draw_code(bot.owner)).reveal()
    stranger = Person(bot.api, 666, "en", "Mallory")
    for number in range(5):
        told = await stranger.say(f"/start wrong{number}")
        assert told.startswith("This code is wrong")
        assert right not in told
    told = await stranger.say(f"/start {right}")
    assert "Wait" in told
    assert await bot.house.telegram.find(bot.owner) is None


async def test_a_code_works_once_and_for_ten_minutes(bot: BotHouse) -> None:
    code = (await bot.house.telegram.draw_code(bot.owner)).reveal()
    bot.clock.advance(10 * 60_000)
    late = Person(bot.api, 5, "en", "Ada")
    assert (await late.say(f"/start {code}")).startswith("This code is wrong")
    code = (await bot.house.telegram.draw_code(bot.owner)).reveal()
    ada = Person(bot.api, CHAT, "en", "Ada")
    assert "linked to Ada" in await ada.say(f"/start {code}")
    other = Person(bot.api, 6, "en", "Eve")
    assert (await other.say(f"/start {code}")).startswith("This code is wrong")


async def test_linking_brings_the_menu_and_the_notices(bot: BotHouse) -> None:
    ada = await bot.linked()
    assert ada.labels == [
        *("🤖 Robots", "📈 Signals", "📊 Portfolio", "⚙️ Settings"),
        "🛑 Stop everything",
    ]
    way = (await bot.house.notices.list_ways(bot.owner))[Channel.TELEGRAM]
    assert (way.place, way.is_on) == (str(CHAT), True)
    assert await is_linked_to(bot.house.database, bot.owner, str(CHAT))
    assert not await is_linked_to(bot.house.database, bot.owner, "@channel")
    assert not await is_linked_to(bot.house.database, "owner_other", str(CHAT))
    await bot.api.until(lambda: bool(bot.api.commands))
    assert await bot.house.telegram.bot_name() == BOT_NAME
    await bot.api.until(lambda: {"", "en", "ru", "ar", "zh", "pt"} <= set(bot.api.commands))


async def test_a_name_that_would_turn_a_line_is_kept_plain(bot: BotHouse) -> None:
    code = await bot.house.telegram.draw_code(bot.owner)
    ada = Person(bot.api, CHAT, "en", "Ada\u202e\n\x1b[31m" + "x" * 99)
    await ada.say(f"/start {code.reveal()}")
    link = await bot.house.telegram.find(bot.owner)
    assert link is not None
    assert (link.name.isprintable(), len(link.name)) == (True, 64)


async def test_unlinking_in_the_chat_ends_it(bot: BotHouse) -> None:
    ada = await bot.linked()
    await ada.press("Settings")
    await ada.press("Unlink")
    await ada.press("Yes, unlink")
    assert ada.screen == say("telegram.unlinked")
    assert await ada.say("/menu") == say("telegram.stranger")
    way = (await bot.house.notices.list_ways(bot.owner))[Channel.TELEGRAM]
    assert not way.is_on


async def test_unlinking_in_the_app_ends_it_at_once(bot: BotHouse) -> None:
    ada = await bot.linked()
    menu = ada.seen[-1]
    await bot.house.telegram.unlink(bot.owner)
    await ada.press("Robots", under=menu)
    assert ada.screen == say("telegram.stranger")


async def test_another_chat_takes_the_place_of_the_first(bot: BotHouse) -> None:
    ada = await bot.linked()
    phone = await bot.linked(chat=77)
    assert phone.labels
    assert await ada.say("/menu") == say("telegram.stranger")


@pytest.mark.parametrize("kind", ["supergroup", "group", "channel"])
async def test_groups_and_channels_are_left_at_once(bot: BotHouse, kind: str) -> None:
    """Prove scenario 26."""
    ada = await bot.linked()
    await ada.add_to_group(-100_7, kind)
    assert bot.api.left == [-100_7]


async def test_in_a_group_even_the_owner_gets_no_menu(bot: BotHouse) -> None:
    """Prove scenario 26."""
    ada = await bot.linked()
    await ada.in_group("/menu@drawbridge_test_bot")
    group = Person(bot.api, -100_123, "en", "Traders")
    assert group.screen == say("telegram.private_only")
    assert group.seen[-1].buttons == []
    assert bot.api.left == [-100_123]
