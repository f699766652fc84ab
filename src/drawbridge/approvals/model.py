"""Approvals as values: who asks for what, until when, and what a person said. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from drawbridge.core.clock import HOUR_MS

PROPOSAL_LIVES_MS: Final = HOUR_MS
"""For so long what an assistant proposes waits for an answer."""

MOST_PROPOSED: Final = 20
"""So many proposals of one person may wait; who proposes more is told to wait for answers."""

DONE: Final = "done"
"""The outcome of an approval that was carried out; any other is the code of what kept it back."""


class ApprovalKind(StrEnum):
    """What is asked for. A kind is never renamed: rows keep it.

    Facts by kind: `ORDERS`: `name` (the robot's), `symbol`, `price`, `orders` (each with `side`,
    `quantity` and `why`), subject: the robot's id. `START_ROBOT`, `STOP_ROBOT`: `name`, subject:
    the robot's id. `STOP_EVERYTHING`: none. `CHECK_KEY`: `name` (the key's), subject: its id.
    """

    ORDERS = "orders"
    START_ROBOT = "start_robot"
    STOP_ROBOT = "stop_robot"
    STOP_EVERYTHING = "stop_everything"
    CHECK_KEY = "check_key"


PROPOSALS: Final = frozenset(ApprovalKind) - {ApprovalKind.ORDERS}
"""The kinds that assistants propose."""


class ApprovalState(StrEnum):
    """Where a question stands. `WITHDRAWN`: who asked needs no answer any more."""

    ASKED = "asked"
    APPROVED = "approved"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be asked. `asked_by` is shown: a robot's or a token's name."""

    owner: str
    kind: ApprovalKind
    subject: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    asked_by: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """A question as it stands. `answered_by` is the person, `outcome` what came of a yes."""

    id: str
    question: Question
    asked_ms: int
    expires_ms: int
    state: ApprovalState = ApprovalState.ASKED
    answered_ms: int | None = None
    answered_by: str = ""
    outcome: str = ""

    @property
    def owner(self) -> str:
        """Give whose question it is."""
        return self.question.owner

    @property
    def kind(self) -> ApprovalKind:
        """Give what is asked for."""
        return self.question.kind

    def state_at(self, now_ms: int) -> ApprovalState:
        """Tell where it stands at a time: a question that nobody answered has ended with it."""
        if self.state is ApprovalState.ASKED and now_ms >= self.expires_ms:
            return ApprovalState.EXPIRED
        return self.state

    def is_open(self, now_ms: int) -> bool:
        """Tell whether it can still be answered."""
        return self.state_at(now_ms) is ApprovalState.ASKED

    def is_allowed(self, now_ms: int) -> bool:
        """Tell whether what was asked for may be done now.

        Why the end counts here as well: a yes is for what the person saw, not for an hour later.
        """
        return self.state is ApprovalState.APPROVED and now_ms < self.expires_ms
