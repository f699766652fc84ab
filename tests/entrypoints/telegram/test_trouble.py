"""Telegram that fails, a network that is gone, a bot that dies: nothing is done twice or lost."""

import json
import logging
from itertools import pairwise

import pytest

from drawbridge.vault.model import KeyStatus, Standing
from drawbridge.wording.say import say
from tests.entrypoints.telegram.typing_in import SECRET, add, go_to_parts
from tests.kit.bot_api import BOT_ID, BotApi, Fault
from tests.kit.bot_house import BotHouse
from tests.kit.bot_people import Person
from tests.kit.bot_wire import TOKEN

TOO_MANY = "Too Many Requests: retry after 1"


async def test_an_update_that_comes_again_is_not_acted_on_again(bot: BotHouse) -> None:
    ada = await bot.linked()
    key = await add(bot, ada)
    await bot.house.vault.record_verdict(key, Standing(KeyStatus.ENABLED))
    await ada.press("Look again")
    # The bot handles it, and dies before Telegram hears that it was handled.
    update = await ada.touch("Disable")
    await bot.api.handled(update)
    await bot.stop()
    await bot.house.vault.enable(bot.owner, key)
    bot.api.confirm_only_up_to(update)
    bot.start()
    await bot.api.handled(update)
    assert (await bot.house.vault.get_key(bot.owner, key)).status is KeyStatus.UNVERIFIED


async def test_what_a_crash_interrupted_is_not_done_twice_and_a_secret_goes(bot: BotHouse) -> None:
    ada = await bot.linked()
    await go_to_parts(bot, ada)
    await ada.say("K" * 55 + "a")
    # It dies while it deletes the message with the secret.
    bot.api.faults.append(Fault("deleteMessage", holds=True))
    asked = len(bot.api.of("deleteMessage"))
    update = await ada.write(SECRET)
    await bot.api.until(lambda: len(bot.api.of("deleteMessage")) > asked)
    assert SECRET in ada.written
    await bot.stop()
    bot.start()
    await bot.api.handled(update)
    assert say("telegram.interrupted") in ada.screen
    assert SECRET not in ada.written
    assert await bot.house.vault.list_keys(bot.owner) == ()


async def test_after_a_restart_in_between_the_parts_are_asked_for_again(bot: BotHouse) -> None:
    ada = await bot.linked()
    await go_to_parts(bot, ada)
    await ada.say("K" * 55 + "a")
    await bot.stop()
    bot.start()
    told = await ada.say(SECRET)
    assert say("telegram.add.forgotten") in told
    assert "1 of 2" in told
    assert SECRET not in ada.written
    await ada.say("K" * 55 + "a")
    await ada.say(SECRET)
    assert len(await bot.house.vault.list_keys(bot.owner)) == 1


async def test_being_asked_to_wait_is_waited_for(bot: BotHouse) -> None:
    ada = await bot.linked()
    sent = len(bot.api.of("sendMessage"))
    for _ in range(2):
        bot.api.faults.append(Fault("sendMessage", 429, TOO_MANY, {"retry_after": 1}))
    assert "Main menu" in await ada.say("/menu")
    tries = [call.at_s for call in bot.api.of("sendMessage")[sent:]]
    assert len(tries) == 3
    assert all(later - first >= 1 for first, later in pairwise(tries))


async def test_being_asked_to_wait_before_more_updates_is_waited_for(bot: BotHouse) -> None:
    ada = await bot.linked()
    bot.api.faults.append(Fault("getUpdates", 429, TOO_MANY, {"retry_after": 1}))
    await ada.say("/menu")
    asked = [call.at_s for call in bot.api.of("getUpdates")][-3:]
    assert max(later - first for first, later in pairwise(asked)) >= 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault("getUpdates"),
        Fault("getUpdates", 500, "Internal Server Error"),
        Fault("getUpdates", 502, "Bad Gateway"),
        Fault("getUpdates", 409, "Conflict: terminated by other getUpdates request"),
        Fault("answerCallbackQuery"),
        Fault("editMessageText"),
        Fault("editMessageText", 400, "Bad Request: message can't be edited"),
    ],
    ids=lambda fault: f"{fault.method} {fault.status}",
)
async def test_whatever_fails_once_the_press_is_answered(bot: BotHouse, fault: Fault) -> None:
    ada = await bot.linked()
    bot.api.faults.append(fault)
    assert "Settings" in await ada.press("Settings")
    assert "🔑 My exchange API keys" in ada.labels


async def test_an_answer_that_is_lost_after_it_was_sent_is_not_sent_twice(bot: BotHouse) -> None:
    ada = await bot.linked()
    before = len(ada.seen)
    bot.api.faults.append(Fault("sendMessage", executes=True))
    await bot.api.handled(await ada.write("/menu"))
    assert len(ada.seen) == before + 1


async def test_a_network_that_is_gone_for_a_while_loses_nothing(bot: BotHouse) -> None:
    ada = await bot.linked()
    await bot.api.hang_up()
    update = await ada.write("/menu")
    bot.api.is_gone = False
    await bot.api.handled(update)
    assert "Main menu" in ada.screen


async def test_a_person_who_has_blocked_the_bot_holds_up_nobody(bot: BotHouse) -> None:
    ada = await bot.linked()
    bot.api.blocked.add(666)
    mallory = Person(bot.api, 666, "en", "Mallory")
    await bot.api.handled(await mallory.write("hello"))
    assert "Main menu" in await ada.say("/menu")


async def test_an_update_that_cannot_be_read_is_left_out(bot: BotHouse) -> None:
    ada = await bot.linked()
    await bot.api.receive("message", {"message_id": "no number", "chat": 7})
    await bot.api.receive("message", {})
    assert "Main menu" in await ada.say("/menu")


async def test_a_button_of_another_version_leads_to_the_menu(bot: BotHouse) -> None:
    ada = await bot.linked()
    for data in ("go:gone:x:y", "nonsense", "go:key:key_nobody:"):
        ada.seen[-1].buttons[0][0].update(text="odd", callback_data=data)
        await ada.press("odd")
        assert "🏠 Main menu" in ada.labels or "Main menu" in ada.screen
        await ada.say("/menu")


async def test_a_button_pressed_long_ago_does_nothing(bot: BotHouse) -> None:
    ada = await bot.linked()
    key = await add(bot, ada)
    await bot.house.vault.record_verdict(key, Standing(KeyStatus.ENABLED))
    await ada.press("Look again")
    await bot.stop()
    update = await ada.touch("Disable")
    bot.api.age(3_600)
    bot.start()
    await bot.api.handled(update)
    assert say("telegram.late_press") in ada.screen
    assert (await bot.house.vault.get_key(bot.owner, key)).status is KeyStatus.ENABLED


async def test_the_token_stands_in_no_log_whatever_fails(
    bot: BotHouse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ada = await bot.linked()
    for method in ("getUpdates", "sendMessage", "answerCallbackQuery", "editMessageText"):
        bot.api.faults += [Fault(method), Fault(method, 500, "Internal Server Error")]
    await bot.api.handled(await ada.write("/menu"))
    await ada.press("Settings")
    await bot.api.hang_up()
    await bot.stop()
    assert TOKEN not in caplog.text
    assert TOKEN.partition(":")[2] not in caplog.text


async def test_with_a_wrong_token_it_waits_and_says_nothing_of_it(
    bot: BotHouse, caplog: pytest.LogCaptureFixture
) -> None:
    await bot.stop()
    wrong = TOKEN.replace("planted", "guessed")
    bot.file.write_text(wrong)
    calls = len(bot.api.calls)
    bot.start()
    await bot.api.until(lambda: bot.api.refused > 1)
    assert len(bot.api.calls) == calls
    assert wrong not in caplog.text


async def test_the_server_is_as_strict_as_telegram(bot: BotHouse) -> None:
    """What the tests above believe in: sizes, unknown parameters, one poller at a time."""
    await bot.stop()
    api: BotApi = bot.api
    chat = api.message_of(1, "hello").chat
    long = [[{"text": "x", "callback_data": "é" * 33}]]
    refusals = {
        "message is too long": {"text": "😀" * 2_049},
        "message text is empty": {"text": " \n"},
        "unknown parameter": {"text": "x", "chat": "1"},
        "BUTTON_DATA_INVALID": {"text": "x", "reply_markup": keyboard(long)},
    }
    for told, form in refusals.items():
        assert told in await api.refusal("sendMessage", {"chat_id": str(chat), **form})
    assert "message to edit not found" in await api.refusal(
        "editMessageText", {"chat_id": "1", "message_id": "99", "text": "x"}
    )
    assert int(TOKEN.partition(":")[0]) == BOT_ID


def keyboard(rows: list[list[dict[str, str]]]) -> str:
    return json.dumps({"inline_keyboard": rows})
