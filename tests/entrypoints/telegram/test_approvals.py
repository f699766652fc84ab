"""Approvals in the chat: the question with its two buttons, and what becomes of the answer."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio

from drawbridge.accounts.roles import Role
from drawbridge.app.notice_ways import api_address, secret_reader
from drawbridge.approvals import asking
from drawbridge.approvals.model import (
    DONE,
    PROPOSAL_LIVES_MS,
    Approval,
    ApprovalKind,
    ApprovalState,
    Question,
)
from drawbridge.core.clock import MINUTE_MS
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.postman import Postman, Ways
from drawbridge.gateway.telegram import TelegramPost
from drawbridge.gateway.webhooks import WebhookPost
from drawbridge.wording.language import speaking
from drawbridge.wording.say import say
from tests.kit.bot_house import BotHouse
from tests.kit.bot_people import Person

ORDER = {"side": "buy", "quantity": "0.5", "why": "enter"}
FACTS = {"name": "Turtle", "symbol": "BTC/USD", "price": Decimal("60123.4"), "orders": [ORDER]}


@pytest_asyncio.fixture
async def postman(bot: BotHouse) -> AsyncIterator[Postman]:
    egress = Egress()
    address = api_address(bot.house.settings.notices.telegram_url)
    ways = Ways(
        WebhookPost(egress, []), None, TelegramPost(egress, secret_reader(bot.file), address)
    )
    house = bot.house
    yield Postman(house.database, house.languages, house.local_key, ways, house.clock)
    await egress.close()


async def ask_orders(bot: BotHouse, approval_id: str = "approval_aaaaaaaaaaaaaaaa") -> Approval:
    """Ask as a robot does."""
    now_ms = bot.clock.now_ms()
    question = Question(bot.owner, ApprovalKind.ORDERS, "robot_x", FACTS, "Turtle")
    approval = Approval(approval_id, question, now_ms, now_ms + 2 * MINUTE_MS)
    async with bot.house.database.transaction() as tx:
        await asking.ask(tx, approval)
    return approval


async def propose_stop(bot: BotHouse) -> Approval:
    question = Question(bot.owner, ApprovalKind.STOP_EVERYTHING, "", {"name": ""}, "Jeeves")
    return await bot.house.approvals.propose(question)


async def state_of(bot: BotHouse, approval: Approval) -> ApprovalState:
    return (await bot.house.approvals.get(bot.owner, approval.id)).state


async def test_a_question_that_ended_meanwhile_is_not_answered_by_its_button(
    bot: BotHouse, postman: Postman
) -> None:
    """Scenario 28."""
    ada = await bot.linked()
    approval = await ask_orders(bot)
    await postman.step()
    bot.clock.advance(3 * MINUTE_MS)

    told = await ada.press("✅")

    assert say("errors.approval_expired") in told
    assert say("approval.status.expired") in told
    assert await state_of(bot, approval) is ApprovalState.ASKED
    assert ada.labels == [say("telegram.button.back"), say("telegram.button.main")]


async def test_pressing_both_buttons_counts_the_first(bot: BotHouse, postman: Postman) -> None:
    ada = await bot.linked()
    approval = await ask_orders(bot)
    await postman.step()
    question = ada.seen[-1]
    buttons = question.buttons

    await ada.press("✖️")
    question.buttons = buttons
    told = await ada.press("✅", under=question)

    assert say("errors.approval_answered") in told
    assert await state_of(bot, approval) is ApprovalState.DECLINED


async def test_somebody_elses_question_is_not_there(bot: BotHouse) -> None:
    ada = await bot.linked()
    await propose_stop(bot)
    await ada.say("/menu")
    ada.seen[-1].buttons[0][0]["callback_data"] = "go:approve:approval_zzzz:"

    told = await ada.press("🙋")

    assert say("errors.unknown_approval") in told


async def test_who_may_only_look_sees_the_question_and_cannot_answer(bot: BotHouse) -> None:
    approval = await propose_stop(bot)
    async with bot.house.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO owners (id, name, name_folded, password_hash, created_ms, role, sees)"
            " SELECT 'owner_eve', 'Eve', 'eve', password_hash, created_ms, ?, id FROM owners",
            Role.READ_ONLY.value,
        )
    code = await bot.house.telegram.draw_code("owner_eve")
    eve = Person(bot.api, 777, "en", "Eve")
    await eve.say(f"/start {code.reveal()}")
    assert not [it for it in eve.labels if "🛑" in it]
    await eve.press("🙋")
    await eve.press(say("approval.act.stop_everything"))
    assert eve.labels == [say("telegram.button.back"), say("telegram.button.main")]
    # As if it stood under a message of a time at which she could.
    eve.seen[-1].buttons[0][0]["callback_data"] = f"go:approve:{approval.id}:"

    told = await eve.press(say("telegram.button.back"))

    assert say("errors.role_forbids") in told
    assert await state_of(bot, approval) is ApprovalState.ASKED


@pytest.mark.parametrize("language", ["en", "ru", "ja"])
async def test_a_yes_in_the_chat(bot: BotHouse, postman: Postman, language: str) -> None:
    ada = await bot.linked(language=language)
    await bot.house.languages.choose(bot.owner, language)
    approval = await ask_orders(bot)
    await postman.step()
    with speaking(language):
        assert "Turtle" in ada.screen
        assert "0.5" in ada.screen
        assert ada.labels == [say("telegram.button.approve"), say("telegram.button.decline")]
        before = len(ada.seen)

        told = await ada.press(say("telegram.button.approve"))

        assert say("approval.status.approved") in told
        assert say("approval.end.pending") in told, "the gateway places it"
    assert len(ada.seen) == before, "the answer stands in place of the question"
    assert await state_of(bot, approval) is ApprovalState.APPROVED


async def test_each_question_has_buttons_of_its_own(bot: BotHouse, postman: Postman) -> None:
    ada = await bot.linked()
    first = await ask_orders(bot)
    second = await ask_orders(bot, "approval_bbbbbbbbbbbbbbbb")
    await postman.step()
    told = [it for it in ada.seen if "Turtle" in it.text]
    assert len(told) == 2

    await ada.press("✅", under=told[1])

    assert await state_of(bot, first) is ApprovalState.ASKED
    assert await state_of(bot, second) is ApprovalState.APPROVED


async def test_a_yes_to_a_proposal_acts_at_once(bot: BotHouse, postman: Postman) -> None:
    ada = await bot.linked()
    approval = await propose_stop(bot)
    await postman.step()
    assert "“Jeeves”" in ada.screen
    assert not bot.house.limits.is_stopped(bot.owner)

    told = await ada.press("✅")

    assert bot.house.limits.is_stopped(bot.owner)
    assert say("approval.end.done") in told
    assert (await bot.house.approvals.get(bot.owner, approval.id)).outcome == DONE


async def test_a_no_to_a_proposal_does_nothing(bot: BotHouse, postman: Postman) -> None:
    ada = await bot.linked()
    await propose_stop(bot)
    await postman.step()

    told = await ada.press("✖️")

    assert not bot.house.limits.is_stopped(bot.owner)
    assert say("approval.status.declined") in told


async def test_what_waits_stands_in_the_main_menu(bot: BotHouse) -> None:
    ada = await bot.linked()
    assert not [it for it in ada.labels if "🙋" in it]
    await propose_stop(bot)

    await ada.say("/menu")
    await ada.press(say("approval.waiting", count=1))
    told = await ada.press(say("approval.act.stop_everything"))

    assert say("approval.time_left", left_ms=PROPOSAL_LIVES_MS) in told
    await ada.press("✖️")
    assert await ada.press(say("telegram.button.back")) == (
        f"{say('approval.title')}\n\n{say('approval.none')}"
    )
