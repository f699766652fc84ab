"""Answers that act: by the same services as the buttons, once, with what came of it on record."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.app.build import House, open_house
from drawbridge.app.settings import Settings
from drawbridge.approvals.model import DONE, Approval, ApprovalKind, Question
from drawbridge.core.errors import DrawbridgeError, NotFound
from drawbridge.core.secret import Secret
from tests.kit.store import store_in


@dataclass
class Bench:
    """A house and its owner."""

    house: House
    owner: str

    async def asked(self, kind: ApprovalKind, subject: str = "") -> Approval:
        question = Question(self.owner, kind, subject, {"name": "Ace"}, "Jeeves")
        return await self.house.approvals.propose(question)


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_house(Settings(data=tmp_path, store=store_in(tmp_path))) as house:
        owner = await house.accounts.create_owner("Ada", Secret("correct horse battery"))
        yield Bench(house, owner.id)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ApprovalKind.START_ROBOT, "unknown_robot"),
        (ApprovalKind.STOP_ROBOT, "unknown_robot"),
        (ApprovalKind.CHECK_KEY, "unknown_key"),
    ],
)
async def test_an_act_that_cannot_be_is_said_and_kept_as_its_outcome(
    bench: Bench, kind: ApprovalKind, code: str
) -> None:
    approval = await bench.asked(kind, "gone")

    with pytest.raises(NotFound) as caught:
        await bench.house.answering.answer(bench.owner, approval.id, is_yes=True, by=bench.owner)

    assert caught.value.code == code
    assert (await bench.house.approvals.get(bench.owner, approval.id)).outcome == code


async def test_a_yes_acts_once(bench: Bench) -> None:
    approval = await bench.asked(ApprovalKind.STOP_EVERYTHING)
    answering, limits = bench.house.answering, bench.house.limits

    answered = await answering.answer(bench.owner, approval.id, is_yes=True, by=bench.owner)
    assert limits.is_stopped(bench.owner)
    assert answered.outcome == DONE
    await limits.resume(bench.owner, of=bench.owner)
    with pytest.raises(DrawbridgeError):
        await answering.answer(bench.owner, approval.id, is_yes=True, by=bench.owner)

    assert not limits.is_stopped(bench.owner)


async def test_a_no_does_nothing(bench: Bench) -> None:
    approval = await bench.asked(ApprovalKind.STOP_EVERYTHING)

    answered = await bench.house.answering.answer(
        bench.owner, approval.id, is_yes=False, by=bench.owner
    )

    assert answered.outcome == ""
    assert not bench.house.limits.is_stopped(bench.owner)
