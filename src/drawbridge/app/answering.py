"""What a person's answer brings about, and what assistants may ask for.

A yes is carried out by the same services as the buttons. Orders of robots are not carried out
here: the gateway's process finds the answer in its row.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

from drawbridge.accounts.api_tokens import ApiToken, TokenScope
from drawbridge.approvals.model import DONE, Approval, ApprovalKind, Question
from drawbridge.approvals.service import Approvals
from drawbridge.core.errors import DrawbridgeError, Forbidden
from drawbridge.robots.model import Robot
from drawbridge.robots.service import RobotService
from drawbridge.trading.limit_service import LimitService
from drawbridge.vault.model import KeyRecord
from drawbridge.vault.service import Vault

_NEEDED: Final[Mapping[ApprovalKind, TokenScope]] = {
    ApprovalKind.START_ROBOT: TokenScope.ROBOTS,
    ApprovalKind.STOP_ROBOT: TokenScope.ROBOTS,
    ApprovalKind.STOP_EVERYTHING: TokenScope.LIMITS,
    ApprovalKind.CHECK_KEY: TokenScope.KEYS,
}


class Answering:
    """Takes answers, and carries out what was proposed."""

    def __init__(
        self, approvals: Approvals, robots: RobotService, limits: LimitService, vault: Vault
    ) -> None:
        """Act through these."""
        self._approvals = approvals
        self._robots = robots
        self._limits = limits
        self._vault = vault
        self._acts: Mapping[ApprovalKind, Callable[[Question], Awaitable[object]]] = {
            ApprovalKind.START_ROBOT: self._start_robot,
            ApprovalKind.STOP_ROBOT: self._stop_robot,
            ApprovalKind.STOP_EVERYTHING: self._stop_everything,
            ApprovalKind.CHECK_KEY: self._check_key,
        }

    async def answer(self, owner: str, approval_id: str, *, is_yes: bool, by: str) -> Approval:
        """Take an answer; a yes to a proposal is carried out at once.

        Why the answer is written first: pressing twice, or in two places, acts once.
        Raises: `NotFound("unknown_approval")`, `Conflict("approval_expired")`,
        `Conflict("approval_answered")`, and what the act itself raises; that is its outcome then.
        """
        approval = await self._approvals.answer(owner, approval_id, is_yes=is_yes, by=by)
        act = self._acts.get(approval.kind)
        if not is_yes or act is None:
            return approval
        try:
            await act(approval.question)
        except DrawbridgeError as error:
            await self._approvals.tell_outcome(approval, error.code)
            raise
        await self._approvals.tell_outcome(approval, DONE)
        return await self._approvals.get(owner, approval_id)

    async def _start_robot(self, question: Question) -> object:
        return await self._robots.start(question.owner, question.subject)

    async def _stop_robot(self, question: Question) -> object:
        return await self._robots.stop(question.owner, question.subject)

    async def _stop_everything(self, question: Question) -> None:
        await self._limits.stop(question.owner, of=question.owner)

    async def _check_key(self, question: Question) -> object:
        key = await self._vault.get_key(question.owner, question.subject)
        return await self._vault.request_check(question.owner, key.id, proof=key.check_proof)


class Tokens(Protocol):
    """Who knows the tokens of programs; the accounts are one."""

    async def prove(self, text: str, address: str) -> ApiToken:
        """Give the token of this text. Raises: `NotProven`."""


class Proposals:
    """What assistants ask for with a token; nothing here acts."""

    def __init__(
        self, tokens: Tokens, approvals: Approvals, robots: RobotService, vault: Vault
    ) -> None:
        """Find robots and keys through these."""
        self._tokens = tokens
        self._approvals = approvals
        self._robots = robots
        self._vault = vault

    async def prove(self, text: str, kind: ApprovalKind | None = None) -> ApiToken:
        """Give the token of an assistant, once it may propose this (without a kind: look).

        Why one that can answer is refused: whoever proposes must not be who says yes.
        Raises: `NotProven("token_wrong")`, `NotProven("token_ended")`,
        `Forbidden("token_lacks_scope")`, `Forbidden("token_could_answer")`.
        """
        token = await self._tokens.prove(text, "assistant")
        if kind is not None:
            token.check(_NEEDED[kind])
        if TokenScope.APPROVALS in token.scopes:
            raise Forbidden("token_could_answer", rule="scope", name=token.name)
        return token

    async def propose(self, token: ApiToken, kind: ApprovalKind, subject: str) -> Approval:
        """Ask the token's owner for something; `subject` is the id of the robot or key.

        Raises: `NotFound` for what is not the owner's, `Conflict("too_many_proposals")`.
        """
        token.check(_NEEDED[kind])
        facts = {"name": await self._name_of(token.owner, kind, subject)}
        question = Question(token.owner, kind, subject, facts, token.name)
        return await self._approvals.propose(question)

    async def _name_of(self, owner: str, kind: ApprovalKind, subject: str) -> str:
        if kind is ApprovalKind.STOP_EVERYTHING:
            return ""
        if kind is ApprovalKind.CHECK_KEY:
            key: KeyRecord = await self._vault.get_key(owner, subject)
            return key.label
        robot: Robot = await self._robots.get_robot(owner, subject)
        return robot.name
