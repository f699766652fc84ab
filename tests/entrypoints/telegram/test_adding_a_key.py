"""Adding a key in the chat: what is typed is deleted, sealed, and stays nowhere else."""

import logging
from base64 import b64encode
from pathlib import Path

import pytest

from drawbridge.core.operations import Scope
from drawbridge.vault.model import KeyStatus, Standing
from drawbridge.verification.store import Step, StepState
from drawbridge.wording.language import speaking
from drawbridge.wording.say import say
from tests.entrypoints.telegram.typing_in import KEY, SECRET, add, go_to_exchange, go_to_parts
from tests.kit.bot_api import BotApi, Call, Fault
from tests.kit.bot_house import BotHouse
from tests.kit.bot_people import Person
from tests.kit.store import files_of

OTHER = b64encode(b"another secret of sixty-four bytes, typed where nobody asked one").decode()
MINUTE_MS = 60_000


def database_text(folder: Path) -> bytes:
    """Give every byte of the database, what is not yet checkpointed included."""
    return b"".join(path.read_bytes() for path in files_of(folder / "data"))


# ------------------------------------------------------------------------------- what goes wrong


async def test_a_wrong_code_adds_nothing_and_is_deleted(bot: BotHouse) -> None:
    """Prove scenario 36."""
    ada = await bot.linked()
    await go_to_exchange(ada)
    await ada.press("⌨️")
    told = await ada.say("000000")
    assert "wrong or was used already" in told
    assert "six digits" in told
    assert "000000" not in ada.written
    assert "1 of 2" in await ada.say(bot.code())


async def test_without_an_authenticator_nothing_is_asked(bot: BotHouse) -> None:
    ada = await bot.linked()
    await bot.house.accounts.remove_second_factor(bot.owner, bot.code())
    await go_to_exchange(ada)
    assert "Set one up first" in await ada.press("⌨️")


async def test_a_message_that_cannot_be_deleted_is_told(bot: BotHouse) -> None:
    """Prove scenario 22."""
    ada = await bot.linked()
    await go_to_parts(bot, ada)
    told = "Bad Request: message can't be deleted for everyone"
    bot.api.faults.append(Fault("deleteMessage", 400, told))
    assert "delete it yourself" in await ada.say(KEY)
    bot.api.faults.append(Fault("deleteMessage", 400, told))
    await ada.say(SECRET)
    await bot.api.until(lambda: "make a new key at the exchange" in ada.screen)
    assert SECRET in ada.written


async def test_swapped_parts_are_noticed_and_asked_for_again(bot: BotHouse) -> None:
    ada = await bot.linked()
    await go_to_parts(bot, ada)
    await ada.say(SECRET)
    told = await ada.say(KEY)
    assert "swapped" in told
    assert "1 of 2" in told
    await ada.say(KEY)
    await ada.say(SECRET)
    assert len(await bot.house.vault.list_keys(bot.owner)) == 1


async def test_a_picture_of_a_secret_is_deleted_and_asked_for_as_text(bot: BotHouse) -> None:
    ada = await bot.linked()
    await go_to_parts(bot, ada)
    await bot.api.handled(await ada.write("", "photo"))
    assert "as a text" in ada.screen
    assert "" not in ada.written


async def test_after_ten_minutes_a_text_is_no_answer_any_more(bot: BotHouse) -> None:
    """Prove scenario 24."""
    ada = await bot.linked()
    await go_to_parts(bot, ada)
    await ada.say(KEY)
    bot.clock.advance(10 * MINUTE_MS)
    assert "waited ten minutes" in await ada.say("hello?")
    assert await bot.house.vault.list_keys(bot.owner) == ()
    await go_to_parts(bot, ada)
    assert "2 of 2" in await ada.say(KEY)


async def test_what_looks_like_a_secret_outside_a_dialog_is_deleted(bot: BotHouse) -> None:
    """Prove scenario 25."""
    ada = await bot.linked()
    assert "nobody had asked" in await ada.say(f"my secret: {OTHER}")
    assert not any(OTHER in text for text in ada.written)
    bot.api.faults.append(Fault("deleteMessage", 400, "Bad Request: no rights"))
    assert "delete it yourself" in await ada.say(OTHER)


async def test_plain_talk_is_no_secret(bot: BotHouse) -> None:
    ada = await bot.linked()
    for text in ("How are you today?", "BTC/USDT", "antidisestablishmentarianism" * 2, "123456"):
        assert "Main menu" in await ada.say(text)
        assert text in ada.written


@pytest.mark.parametrize("language", ["en", "ru", "ar"])
async def test_back_menu_and_cancel_work_within_a_dialog(bot: BotHouse, language: str) -> None:
    """Prove scenario 24."""
    ada = await bot.linked(language=language)
    with speaking(language):
        lead = say("telegram.main.lead", name="Ada")
        for leave in ("/cancel", "/menu", "✖️"):
            await go_to_parts(bot, ada)
            await (ada.press(leave) if leave == "✖️" else ada.say(leave))
            assert lead in ada.screen
            assert lead in await ada.say("hello")
    assert await bot.house.vault.list_keys(bot.owner) == ()


async def test_a_key_of_this_owner_is_not_added_twice(bot: BotHouse) -> None:
    """Prove scenario 17."""
    ada = await bot.linked()
    key = await add(bot, ada)
    await bot.house.vault.record_verdict(key, Standing(KeyStatus.ENABLED))
    await go_to_parts(bot, ada)
    await ada.say(KEY)
    assert "Kraken #1" in await ada.say(SECRET)
    assert len(await bot.house.vault.list_keys(bot.owner)) == 1


# ------------------------------------------------------------------------------- what goes well


@pytest.mark.parametrize("language", ["en", "ru", "ar"])
async def test_a_key_is_added_in_the_chat_and_its_secret_stays_nowhere(
    bot: BotHouse, tmp_path: Path, caplog: pytest.LogCaptureFixture, language: str
) -> None:
    """Prove scenario 21."""
    caplog.set_level(logging.DEBUG)
    ada = await bot.linked(language=language)
    await go_to_parts(bot, ada)
    told = await ada.say(KEY)
    assert f"{KEY[:4]}…{KEY[-4:]}" in told
    facts = await bot.house.database.fetch_one("SELECT * FROM telegram_talks")
    assert facts is not None
    assert KEY not in str(tuple(facts))
    sent_before = len(bot.api.calls)
    await ada.say(SECRET)
    methods = [call.method for call in bot.api.calls[sent_before:]]
    assert methods.index("deleteMessage") < methods.index("sendMessage")
    assert not {KEY, SECRET} & set(ada.written)
    assert not any(SECRET in message.text for message in bot.api.messages.values())
    assert SECRET not in caplog.text
    assert SECRET.encode() not in database_text(tmp_path)
    assert SECRET.encode() not in b"".join(bot.api.wire)
    [key] = await bot.house.vault.list_keys(bot.owner)
    assert (key.label, key.venue.value) == ("Kraken #1", "paper")
    with speaking(language):
        assert say("check.waiting_line") in ada.screen


async def test_the_steps_of_the_check_are_shown_live_in_one_message(bot: BotHouse) -> None:
    """Prove scenario 5."""
    ada = await bot.linked()
    key = await add(bot, ada)
    message = ada.seen[-1]
    checks, vault = bot.house.checks, bot.house.vault
    number = await checks.begin(key)
    await checks.write((key, number), Step.FORMAT, StepState.OK)
    await checks.write((key, number), Step.CLOCK, StepState.RUNNING)
    await vault.record_verdict(key, Standing(KeyStatus.CHECKING))
    await bot.api.until(lambda: "⏳ Connection and clock" in message.text)
    for step in (Step.CLOCK, Step.RIGHTS, Step.VERDICT, Step.BALANCE, Step.DONE):
        await checks.write((key, number), step, StepState.OK)
    scopes = frozenset({Scope.READ, Scope.TRADE_SPOT})
    await vault.record_verdict(key, Standing(KeyStatus.ENABLED, scopes=scopes))
    await bot.api.until(lambda: "✅ Ready to trade" in message.text)
    assert ada.seen[-1] is message
    await ada.press("Look again")
    assert "Read balances and orders, Trade spot" in ada.screen


async def test_the_page_that_opens_once_is_offered_first(bot: BotHouse) -> None:
    """Prove scenario 23."""
    ada = await bot.linked()
    await go_to_exchange(ada)
    assert ada.labels[:2] == ["🔗 Open a page once (safer)", "⌨️ Type it here"]
    told = await ada.press("🔗")
    address = told.splitlines()[-1]
    assert address.startswith("https://bridge.example.com/add/")
    opened = await bot.house.passes.get(address.rpartition("/")[2])
    assert (opened.owner.id, opened.exchange, opened.venue) == (bot.owner, "kraken", "paper")
    # Telegram's machines must not look at it.
    assert all("true" in call.form["link_preview_options"] for call in sends(bot.api))


async def test_three_parts_are_asked_for_where_there_are_three(bot: BotHouse) -> None:
    ada = await bot.linked()
    await go_to_parts(bot, ada, "KuCoin")
    assert "1 of 3" in ada.screen
    await ada.say("5f0e8d3b1c9d440006a1b2c3")
    await ada.say("0f0e8d3b-1c9d-4400-86a1-b2c3d4e5f607")
    assert "3 of 3" in ada.screen
    told = await ada.say("passphrase7")
    assert "pass" not in told.partition(".")[0]
    [key] = await bot.house.vault.list_keys(bot.owner)
    assert key.label == "KuCoin #1"


async def test_a_language_chosen_on_the_page_is_spoken_in_the_running_dialog(
    bot: BotHouse,
) -> None:
    """Prove scenario 72."""
    ada = await bot.linked()
    await go_to_parts(bot, ada)
    await bot.house.languages.choose(bot.owner, "ru")
    told = await ada.say(KEY)
    with speaking("ru"):
        facts = {"n": 2, "of": 2, "label": "Private key", "exchange": "Kraken"}
        assert say("telegram.ask.part", **facts) in told
    await ada.say(SECRET)
    assert len(await bot.house.vault.list_keys(bot.owner)) == 1


async def test_a_language_chosen_in_the_chat_holds_for_the_pages(bot: BotHouse) -> None:
    """Prove scenario 72."""
    ada = await bot.linked()
    await go_to_parts(bot, ada)
    await ada.say("/language")
    told = await ada.press("العربية")
    with speaking("ar"):
        facts = {"n": 1, "of": 2, "label": "API key", "exchange": "Kraken"}
        assert say("telegram.ask.part", **facts) in told
    assert await bot.house.languages.language_of(bot.owner) == "ar"
    await ada.say(KEY)
    await ada.say(SECRET)
    assert len(await bot.house.vault.list_keys(bot.owner)) == 1


def sends(api: BotApi) -> list[Call]:
    return [*api.of("sendMessage"), *api.of("editMessageText")]


async def test_someone_else_in_another_chat_is_not_asked_for_it(bot: BotHouse) -> None:
    ada = await bot.linked()
    await go_to_parts(bot, ada)
    stranger = Person(bot.api, 666, "en", "Mallory")
    assert await stranger.say(SECRET) == say("telegram.stranger")
    assert await bot.house.vault.list_keys(bot.owner) == ()
