"""Approvals: a question with an end, answered once, and told with the change that it is about."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.approvals import asking
from drawbridge.approvals.model import (
    MOST_PROPOSED,
    PROPOSAL_LIVES_MS,
    Approval,
    ApprovalKind,
    ApprovalState,
    Question,
)
from drawbridge.approvals.service import Approvals
from drawbridge.approvals.words import question_of, state_of, subject_of
from drawbridge.audit.store import list_events
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import Conflict, NotFound
from drawbridge.notices.store import NoticeStore
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from tests.kit.store import place_in

OWNER, OTHER = "owner_a", "owner_b"
BEGIN_MS = 1_790_000_000_000
STOP = Question(OWNER, ApprovalKind.STOP_EVERYTHING, "", {"name": ""}, "Jeeves")


@dataclass
class Bench:
    """The service over a database with two owners."""

    database: Database
    clock: SteppedClock
    approvals: Approvals

    def start_of(self, robot: str) -> Question:
        return Question(OWNER, ApprovalKind.START_ROBOT, robot, {"name": robot}, "Jeeves")

    async def told(self) -> int:
        return len(await NoticeStore(self.database).list_of(OWNER, None, 100))

    async def tags(self) -> list[str]:
        return [it.tag for it in await list_events(self.database, OWNER)]


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    database = await open_database(place_in(tmp_path), "app")
    async with database.transaction() as tx:
        for owner in (OWNER, OTHER):
            await tx.execute(
                "INSERT INTO owners (id, name, name_folded, password_hash, created_ms)"
                " VALUES (?, ?, ?, '', 0)",
                *(owner, owner, owner),
            )
    clock, drawn = SteppedClock(BEGIN_MS), count(1)
    approvals = Approvals(database, clock, lambda size: next(drawn).to_bytes(size, "big"))
    yield Bench(database, clock, approvals)
    await database.close()


async def test_nobody_sees_or_answers_what_another_is_asked(bench: Bench) -> None:
    approval = await bench.approvals.propose(STOP)

    with pytest.raises(NotFound):
        await bench.approvals.get(OTHER, approval.id)
    with pytest.raises(NotFound):
        await bench.approvals.answer(OTHER, approval.id, is_yes=True, by=OTHER)
    assert await bench.approvals.list_open(OTHER) == ()
    assert bench.approvals.count_open(OTHER) == 0


async def test_an_answer_after_the_end_is_none(bench: Bench) -> None:
    approval = await bench.approvals.propose(STOP)
    bench.clock.advance(PROPOSAL_LIVES_MS)

    with pytest.raises(Conflict) as caught:
        await bench.approvals.answer(OWNER, approval.id, is_yes=True, by=OWNER)

    assert caught.value.code == "approval_expired"
    assert await bench.approvals.list_open(OWNER) == ()


async def test_a_yes_counts_only_until_the_end(bench: Bench) -> None:
    approval = await bench.approvals.propose(STOP)
    answered = await bench.approvals.answer(OWNER, approval.id, is_yes=True, by=OWNER)

    assert answered.is_allowed(answered.expires_ms - 1)
    assert not answered.is_allowed(answered.expires_ms)


async def test_only_the_first_answer_counts(bench: Bench) -> None:
    approval = await bench.approvals.propose(STOP)
    await bench.approvals.answer(OWNER, approval.id, is_yes=False, by=OWNER)

    with pytest.raises(Conflict) as caught:
        await bench.approvals.answer(OWNER, approval.id, is_yes=True, by=OWNER)

    assert caught.value.code == "approval_answered"
    state = (await bench.approvals.get(OWNER, approval.id)).state
    assert state is ApprovalState.DECLINED


async def test_too_many_proposals_are_refused_until_some_are_answered(bench: Bench) -> None:
    for n in range(MOST_PROPOSED):
        last = await bench.approvals.propose(bench.start_of(f"robot_{n}"))
    with pytest.raises(Conflict) as caught:
        await bench.approvals.propose(STOP)
    assert caught.value.code == "too_many_proposals"

    await bench.approvals.answer(OWNER, last.id, is_yes=False, by=OWNER)

    assert (await bench.approvals.propose(STOP)).state is ApprovalState.ASKED


async def test_proposing_the_same_again_asks_once_until_it_has_ended(bench: Bench) -> None:
    first = await bench.approvals.propose(STOP)
    assert await bench.approvals.propose(STOP) == first
    assert await bench.told() == 1

    bench.clock.advance(PROPOSAL_LIVES_MS)

    assert (await bench.approvals.propose(STOP)).id != first.id
    assert await bench.told() == 2


async def test_what_nobody_answered_is_written_down_as_ended_once(bench: Bench) -> None:
    approval = await bench.approvals.propose(STOP)
    await bench.approvals.end_unanswered()
    assert (await bench.approvals.get(OWNER, approval.id)).state is ApprovalState.ASKED
    bench.clock.advance(PROPOSAL_LIVES_MS)

    await bench.approvals.end_unanswered()
    await bench.approvals.end_unanswered()

    assert (await bench.approvals.get(OWNER, approval.id)).state is ApprovalState.EXPIRED
    assert await bench.tags() == ["approvals:approval:ended", "approvals:approval:asked"]


async def test_a_question_that_is_rolled_back_was_never_asked(bench: Bench) -> None:
    approval = Approval("approval_x", STOP, BEGIN_MS, BEGIN_MS + 1)
    with suppress(Conflict):
        async with bench.database.transaction() as tx:
            await asking.ask(tx, approval)
            raise Conflict("robot_has_changed")

    assert await bench.approvals.list_newest(OWNER) == ()
    assert await bench.told() == 0


async def test_an_answer_names_who_gave_it(bench: Bench) -> None:
    approval = await bench.approvals.propose(STOP)

    answered = await bench.approvals.answer(OWNER, approval.id, is_yes=True, by="owner_b")

    assert (answered.answered_by, answered.answered_ms) == ("owner_b", BEGIN_MS)
    [given, _] = await list_events(bench.database, OWNER)
    assert given.facts["by"] == "owner_b"


async def test_questions_are_put_into_words(bench: Bench) -> None:
    approval = await bench.approvals.propose(bench.start_of("robot_1"))

    assert subject_of(approval) == "Start the robot “robot_1”"
    assert "“Jeeves” asks for your approval" in question_of(approval)
    assert state_of(approval, BEGIN_MS) == "Waiting for your answer"
    assert state_of(approval, BEGIN_MS + PROPOSAL_LIVES_MS) == "Not answered in time"
    given = await bench.approvals.answer(OWNER, approval.id, is_yes=True, by=OWNER)
    assert state_of(given, BEGIN_MS) == "Approved. Not done yet"
    await bench.approvals.tell_outcome(given, "unknown_robot")
    failed = await bench.approvals.get(OWNER, approval.id)
    assert "There is no such robot" in state_of(failed, BEGIN_MS)
