"""Robots that ask before each order: unanswered is no, and what protects a position never asks."""

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.approvals.model import DONE, Approval, ApprovalState
from drawbridge.approvals.service import Approvals
from drawbridge.audit.store import list_events
from drawbridge.core.errors import (
    BadInput,
    Conflict,
    ExchangeDown,
    ExchangeRefused,
    NotFound,
    OutcomeUnknown,
)
from drawbridge.core.orders import Side
from drawbridge.notices.model import NoticeKind
from drawbridge.notices.store import NoticeStore
from drawbridge.robots.model import DecisionState, RobotStatus
from drawbridge.vault.model import KeyStatus
from tests.kit.robot_bench import DOWN, UP, WISH, Bench
from tests.kit.robots import OWNER, key_record, open_database

ASKING = replace(WISH, asks=True)
BUY, SELL = Side.BUY, Side.SELL


class Asked(Bench):
    """A bench whose robots ask, and the person who answers."""

    @property
    def approvals(self) -> Approvals:
        drawn = count(1)
        return Approvals(
            self.database, self.exchange.clock, lambda size: next(drawn).to_bytes(size, "big")
        )

    async def questions(self) -> tuple[Approval, ...]:
        return await self.approvals.list_open(OWNER)

    async def say(self, *, is_yes: bool) -> None:
        """Answer the one question that waits."""
        (question,) = await self.questions()
        await self.approvals.answer(OWNER, question.id, is_yes=is_yes, by=OWNER)

    async def outcomes(self) -> list[str]:
        return [it.outcome for it in await self.approvals.list_newest(OWNER)]

    async def told(self) -> list[tuple[NoticeKind, str]]:
        kept = await NoticeStore(self.database).list_of(OWNER, None, 50)
        return [(it.notice.kind, str(it.notice.facts.get("reason", ""))) for it in reversed(kept)]

    async def newest(self) -> tuple[str, DecisionState, str]:
        decision = (await self.service.list_decisions(OWNER, self.id))[0]
        return decision.tag.partition(":")[0], decision.state, decision.reason


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Asked]:
    async with open_database(tmp_path) as database:
        yield Asked(database)


async def entered(bench: Asked, **guards: str) -> None:
    """Let the robot enter, with a yes."""
    await bench.begin(replace(ASKING, guards=guards))
    await bench.tell(UP)
    await bench.say(is_yes=True)
    await bench.step()


async def test_nothing_is_placed_until_the_person_says_yes(bench: Asked) -> None:
    await bench.begin(ASKING)

    await bench.tell(UP)
    assert bench.sides == []
    assert await bench.newest() == ("enter", DecisionState.ASKED, "")
    await bench.say(is_yes=True)
    await bench.step()

    assert bench.sides == [BUY]
    assert await bench.newest() == ("enter", DecisionState.DONE, "")
    assert await bench.outcomes() == [DONE]


async def test_what_the_exchange_refused_is_told_as_what_came_of_the_yes(bench: Asked) -> None:
    await bench.begin(ASKING)
    await bench.tell(UP)
    await bench.say(is_yes=True)
    bench.exchange.place_errors = [ExchangeRefused("insufficient_funds")]

    robot = await bench.step()

    assert robot.reason == "insufficient_funds"
    assert await bench.outcomes() == ["insufficient_funds"]


async def test_the_question_tells_what_would_be_done_and_until_when(bench: Asked) -> None:
    await bench.begin(ASKING)

    await bench.tell(UP)

    (question,) = await bench.questions()
    facts = question.question.facts
    assert facts["orders"] == [{"side": "buy", "quantity": "0.833", "why": "enter"}]
    assert (facts["name"], facts["symbol"], facts["price"]) == ("BTC/USDT #1", "BTC/USDT", "120")
    assert 60_000 < question.expires_ms - question.asked_ms <= 120_000
    assert (NoticeKind.ORDER_ASKED, "") in await bench.told()


async def test_unanswered_is_not_placed(bench: Asked) -> None:
    """Scenario 28."""
    await bench.begin(ASKING)
    await bench.tell(UP)

    bench.exchange.clock.advance(130_000)
    await bench.step()

    assert bench.sides == []
    assert await bench.newest() == ("enter", DecisionState.DROPPED, "approval_expired")
    assert (NoticeKind.ORDER_REFUSED, "approval_expired") in await bench.told()


async def test_a_no_is_not_placed_and_is_not_told_back(bench: Asked) -> None:
    await bench.begin(ASKING)
    await bench.tell(UP)

    await bench.say(is_yes=False)
    robot = await bench.step()

    assert bench.sides == []
    assert robot.status is RobotStatus.STARTED
    assert await bench.newest() == ("enter", DecisionState.DROPPED, "approval_declined")
    assert NoticeKind.ORDER_REFUSED not in [kind for kind, _ in await bench.told()]


async def test_a_yes_that_comes_too_late_is_refused(bench: Asked) -> None:
    await bench.begin(ASKING)
    await bench.tell(UP)
    (question,) = await bench.questions()
    bench.exchange.clock.advance(130_000)

    with pytest.raises(Conflict) as caught:
        await bench.approvals.answer(OWNER, question.id, is_yes=True, by=OWNER)

    assert caught.value.code == "approval_expired"


async def test_a_yes_that_is_heard_too_late_places_nothing(bench: Asked) -> None:
    """A gateway that was away while the person said yes."""
    await bench.begin(ASKING)
    await bench.tell(UP)
    await bench.say(is_yes=True)

    bench.exchange.clock.advance(130_000)
    bench.runner = bench.new_runner()
    await bench.step(3)

    assert bench.sides == []
    assert await bench.newest() == ("enter", DecisionState.DROPPED, "approval_too_late")
    (approval,) = await bench.approvals.list_newest(OWNER)
    assert (approval.state, approval.outcome) == (ApprovalState.APPROVED, "approval_too_late")


async def test_the_first_answer_counts(bench: Asked) -> None:
    await bench.begin(ASKING)
    await bench.tell(UP)
    (question,) = await bench.questions()
    await bench.approvals.answer(OWNER, question.id, is_yes=False, by=OWNER)

    with pytest.raises(Conflict) as caught:
        await bench.approvals.answer(OWNER, question.id, is_yes=True, by=OWNER)

    assert caught.value.code == "approval_answered"
    await bench.step()
    assert bench.sides == []


async def test_nobody_answers_for_somebody_else(bench: Asked) -> None:
    await bench.begin(ASKING)
    await bench.tell(UP)
    (question,) = await bench.questions()

    with pytest.raises(NotFound):
        await bench.approvals.answer("owner_other", question.id, is_yes=True, by="owner_other")


async def test_a_restart_before_the_answer_forgets_no_question_and_asks_none_twice(
    bench: Asked,
) -> None:
    await bench.begin(ASKING)
    await bench.tell(UP)

    bench.runner = bench.new_runner()
    await bench.step()
    bench.runner = bench.new_runner()
    await bench.say(is_yes=True)
    await bench.step()

    assert bench.sides == [BUY]
    assert len(await bench.approvals.list_newest(OWNER)) == 1


async def test_a_restart_after_the_answer_places_once(bench: Asked) -> None:
    await bench.begin(ASKING)
    await bench.tell(UP)
    await bench.say(is_yes=True)
    bench.exchange.place_errors = [OutcomeUnknown("no_answer")]
    bench.exchange.carried_out_all_the_same = True
    await bench.step(1)

    for _ in range(3):
        bench.runner = bench.new_runner()
        await bench.step()

    assert bench.sides == [BUY]


async def test_an_order_that_did_not_get_through_is_not_tried_after_the_time(
    bench: Asked,
) -> None:
    await bench.begin(ASKING)
    await bench.tell(UP)
    await bench.say(is_yes=True)
    bench.exchange.place_errors = [ExchangeDown("unreachable")]
    await bench.step(1)

    bench.exchange.clock.advance(130_000)
    await bench.step(3)

    assert len(bench.exchange.placed) == 1, "the one that did not get through"
    assert await bench.outcomes() == ["approval_too_late"]
    assert await bench.newest() == ("enter", DecisionState.DROPPED, "approval_too_late")


async def test_a_stop_loss_never_asks(bench: Asked) -> None:
    await entered(bench, stop_loss="1")

    await bench.tell(UP - 10)

    assert bench.sides == [BUY, SELL]
    assert await bench.newest() == ("stop", DecisionState.DONE, "")


async def test_a_stop_loss_acts_while_another_exit_waits_for_an_answer(bench: Asked) -> None:
    await entered(bench, stop_loss="50", take_profit="5")
    await bench.tell(UP + 20)
    (question,) = await bench.questions()
    assert bench.sides == [BUY]

    await bench.tell(UP - 70)

    assert bench.sides == [BUY, SELL]
    ended = await bench.approvals.get(OWNER, question.id)
    assert ended.state is ApprovalState.WITHDRAWN
    with pytest.raises(Conflict):
        await bench.approvals.answer(OWNER, question.id, is_yes=True, by=OWNER)
    await bench.step(3)
    assert bench.sides == [BUY, SELL]


async def test_an_exit_by_signal_asks_once_and_again_only_after_the_answer(bench: Asked) -> None:
    await entered(bench)

    await bench.tell(DOWN, DOWN - 1)
    (question,) = await bench.questions()
    await bench.say(is_yes=True)
    await bench.step()

    assert bench.sides == [BUY, SELL]
    facts = question.question.facts
    assert facts["orders"] == [{"side": "sell", "quantity": "0.832", "why": "leave"}]


async def test_an_entry_is_withdrawn_when_the_strategy_turns_meanwhile(bench: Asked) -> None:
    await bench.begin(ASKING)
    await bench.tell(UP)
    (question,) = await bench.questions()

    await bench.tell(DOWN)

    assert (await bench.approvals.get(OWNER, question.id)).state is ApprovalState.WITHDRAWN
    assert await bench.newest() == ("enter", DecisionState.DROPPED, "approval_withdrawn")


async def test_a_stop_chosen_by_the_person_never_asks_and_ends_the_question(
    bench: Asked,
) -> None:
    await entered(bench)
    await bench.tell(DOWN)
    (question,) = await bench.questions()

    await bench.service.stop(OWNER, bench.id)
    robot = await bench.step(3)

    assert robot.status is RobotStatus.STOPPED
    assert bench.sides == [BUY, SELL]
    assert (await bench.approvals.get(OWNER, question.id)).state is ApprovalState.WITHDRAWN


async def test_a_pause_ends_the_question(bench: Asked) -> None:
    await bench.begin(ASKING)
    await bench.tell(UP)
    (question,) = await bench.questions()

    bench.exchange.keys.first = key_record(KeyStatus.DISABLED)
    await bench.step(3)

    assert (await bench.approvals.get(OWNER, question.id)).state is ApprovalState.WITHDRAWN


async def test_other_robots_go_on_while_one_waits(bench: Asked) -> None:
    await bench.begin(ASKING)
    other = await bench.service.create(OWNER, WISH)
    await bench.service.start(OWNER, other.id)
    await bench.step(3)

    await bench.tell(UP, DOWN)

    decided = await bench.service.list_decisions(OWNER, other.id)
    assert [it.state for it in decided] == [DecisionState.DONE] * 2


async def test_every_question_and_answer_is_in_the_audit_log(bench: Asked) -> None:
    await bench.begin(ASKING)
    await bench.tell(UP)
    await bench.say(is_yes=True)

    tags = [it.tag for it in await list_events(bench.database, OWNER)]

    assert tags[:2] == ["approvals:approval:given", "approvals:approval:asked"]


async def test_a_strategy_with_orders_of_its_own_is_not_asked_for(bench: Asked) -> None:
    wish = replace(ASKING, strategy="grid", settings={})

    with pytest.raises(BadInput) as caught:
        await bench.service.create(OWNER, wish)

    assert (caught.value.code, caught.value.facts["field"]) == ("orders_take_no_guards", "asks")


async def test_prices_between_candles_ask_once_and_after_a_no_again_at_the_next_candle(
    bench: Asked,
) -> None:
    await bench.begin(replace(ASKING, guards={"take_profit": "5"}, trigger="tick"))
    await bench.tell(UP)
    await bench.say(is_yes=True)
    await bench.step()
    bench.exchange.closes[-1] = str(UP + 20)  # what trades go at now, while no candle closes
    await bench.step(3)
    (first,) = await bench.questions()
    assert first.question.facts["orders"] == [
        {"side": "sell", "quantity": "0.832", "why": "profit"}
    ]

    await bench.say(is_yes=False)
    await bench.step(3)
    assert await bench.questions() == ()

    await bench.tell(UP + 21)
    (again,) = await bench.questions()
    assert again.id != first.id
    await bench.say(is_yes=True)
    await bench.step()
    assert bench.sides == [BUY, SELL]
