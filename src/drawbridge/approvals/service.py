"""The use cases of approvals: propose, list, answer, let end. Nothing here acts."""

from collections.abc import Callable
from typing import Final

from drawbridge.approvals import asking, store
from drawbridge.approvals.model import (
    MOST_PROPOSED,
    PROPOSAL_LIVES_MS,
    Approval,
    ApprovalState,
    Question,
)
from drawbridge.approvals.store import ApprovalStore
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict, NotFound
from drawbridge.core.ids import id_from
from drawbridge.storage.database import Database

_ID_BYTES: Final = 10
_LISTED: Final = 50


class Approvals:
    """What people are asked, and what they said."""

    def __init__(self, database: Database, clock: Clock, entropy: Callable[[int], bytes]) -> None:
        """Use the app's database, its clock and its randomness."""
        self._database = database
        self._store = ApprovalStore(database)
        self._clock = clock
        self._entropy = entropy

    async def propose(self, question: Question) -> Approval:
        """Ask a person for something; the same question that still waits is given again.

        Raises: `Conflict("too_many_proposals")` while too many wait for an answer.
        """
        now_ms = self._clock.now_ms()
        approval_id = id_from("approval", self._entropy(_ID_BYTES))
        approval = Approval(approval_id, question, now_ms, now_ms + PROPOSAL_LIVES_MS)
        async with self._database.transaction() as tx:
            same = await store.find_same(tx, question, now_ms)
            if same is not None:
                return same
            if await store.count_proposed(tx, question.owner, now_ms) >= MOST_PROPOSED:
                raise Conflict("too_many_proposals", most=MOST_PROPOSED)
            await asking.ask(tx, approval)
        return approval

    async def get(self, owner: str, approval_id: str) -> Approval:
        """Give one of this owner's. Raises: `NotFound("unknown_approval")`."""
        found = await self._store.find(owner, approval_id)
        if found is None:
            raise NotFound("unknown_approval", approval=approval_id)
        return found

    async def list_newest(self, owner: str) -> tuple[Approval, ...]:
        """List an owner's, newest first, those that have ended among them."""
        return await self._store.list_of(owner, _LISTED)

    async def list_open(self, owner: str) -> tuple[Approval, ...]:
        """List those that wait for an answer, the one that ends first in front."""
        return await self._store.list_open(owner, self._clock.now_ms())

    def count_open(self, owner: str) -> int:
        """Count at once those that wait for an answer."""
        return self._store.count_open(owner, self._clock.now_ms())

    async def answer(self, owner: str, approval_id: str, *, is_yes: bool, by: str) -> Approval:
        """Write down what a person said; what it brings about is done by whoever asked.

        Raises: `NotFound("unknown_approval")`; `Conflict("approval_expired")`,
        `Conflict("approval_answered")`.
        """
        now_ms = self._clock.now_ms()
        async with self._database.transaction() as tx:
            approval = await store.get(tx, owner, approval_id)
            await asking.answer(tx, approval, now_ms, is_yes=is_yes, by=by)
            return await store.get(tx, owner, approval_id)

    async def tell_outcome(self, approval: Approval, outcome: str) -> None:
        """Write down what came of a yes."""
        async with self._database.transaction() as tx:
            await store.set_outcome(tx, approval.id, outcome)

    async def end_unanswered(self) -> None:
        """Write down which questions have ended without an answer."""
        now_ms = self._clock.now_ms()
        over = await self._store.list_over(now_ms)
        if over:
            async with self._database.transaction() as tx:
                await asking.end(tx, over, ApprovalState.EXPIRED, now_ms)
