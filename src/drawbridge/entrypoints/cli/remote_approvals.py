"""The approvals of a Drawbridge elsewhere, with the names and methods of the house's own."""

from drawbridge.approvals.model import DONE, Approval, Question
from drawbridge.client.approvals import ApprovalTold
from drawbridge.core.clock import Clock
from drawbridge.entrypoints.cli.remote_line import Line
from drawbridge.entrypoints.cli.remote_reading import read_as
from drawbridge.entrypoints.cli.remote_trading import ME


class RemoteApprovals:
    """What waits there for an answer, and the answers: approvals and answering in one."""

    def __init__(self, line: Line, clock: Clock) -> None:
        """Speak over a line; what has ended is told by this clock."""
        self._line = line
        self._clock = clock

    async def list_newest(self, _owner: str) -> tuple[Approval, ...]:
        """List approvals, newest first."""
        return await self._line.ask(
            lambda client: tuple(map(_read, client.approvals.list_approvals()["items"]))
        )

    async def list_open(self, owner: str) -> tuple[Approval, ...]:
        """List those that wait for an answer, the one that ends first in front."""
        now_ms = self._clock.now_ms()
        waiting = [it for it in await self.list_newest(owner) if it.is_open(now_ms)]
        return tuple(sorted(waiting, key=lambda it: (it.expires_ms, it.id)))

    async def get(self, _owner: str, approval_id: str) -> Approval:
        """Give one."""
        return await self._line.ask(
            lambda client: _read(client.approvals.get_approval(approval_id))
        )

    async def answer(self, _owner: str, approval_id: str, *, is_yes: bool, by: str) -> Approval:
        """Answer; `by` is there who the token says it is."""
        del by
        return await self._line.act(
            lambda client, once: _read(
                client.approvals.approve(approval_id, idempotency_key=once)
                if is_yes
                else client.approvals.decline(approval_id, idempotency_key=once)
            )
        )


def _read(told: ApprovalTold) -> Approval:
    reason = told["reason"]
    outcome = DONE if told["is_done"] else reason["code"] if reason else ""
    question = read_as(Question, told, {"owner": ME})
    return read_as(Approval, told, {"question": question, "outcome": outcome})
