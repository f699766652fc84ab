"""A key's replacement as a value: how far it is, and what its owner may do about it. Pure.

Until the swap the stand-in's row holds the new secret; from then on it holds the old one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from drawbridge.core.errors import BadInput, Conflict
from drawbridge.core.operations import Scope
from drawbridge.vault.model import IN_USE, KeyRecord, KeyStatus


class ReplacementState(StrEnum):
    """How far a replacement is.

    `FAILED`: the new key is not good, and the old one stays in use. `ASKING`: nothing shows that
    both are of one account, so their owner is asked. `SWITCHED`: all goes on with the new key, and
    the old one is kept until that has worked. `RETIRING`: the old one is to be deleted.
    """

    CHECKING = "checking"
    FAILED = "failed"
    PROVING = "proving"
    ASKING = "asking"
    SWITCHING = "switching"
    SWITCHED = "switched"
    TURNING_BACK = "turning_back"
    RETIRING = "retiring"
    DONE = "done"
    GIVEN_UP = "given_up"


class AccountProof(StrEnum):
    """What showed that both keys are of one exchange account; `CONFIRMED`: their owner's word."""

    NONE = ""
    ACCOUNT = "account"
    ORDER = "order"
    HOLDINGS = "holdings"
    CONFIRMED = "confirmed"


class ReplacementAct(StrEnum):
    """What an owner may do about a replacement that is under way.

    `CHECK_AGAIN`: after mending the new key at the exchange. `CONFIRM`: let the robots go over to
    another account. `ACCEPT`: do not wait for an order. `LOOK`: the old key was deleted at the
    exchange. `LET_GO`: forget the old key without that having been seen.
    """

    CHECK_AGAIN = "check_again"
    CONFIRM = "confirm"
    GIVE_UP = "give_up"
    ACCEPT = "accept"
    TURN_BACK = "turn_back"
    LOOK = "look"
    LET_GO = "let_go"


@dataclass(frozen=True, slots=True)
class Replacement:
    """A replacement as it stands; `reason` is a code of the wording files with its `facts`."""

    id: str
    owner: str
    key_id: str
    stand_in_id: str
    state: ReplacementState
    begun_ms: int
    changed_ms: int
    proof: AccountProof = AccountProof.NONE
    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    switched_ms: int | None = None
    asked_ms: int | None = None
    ended_ms: int | None = None

    @property
    def acts(self) -> tuple[ReplacementAct, ...]:
        """Give what its owner may do about it now."""
        return ACTS[self.state]

    @property
    def is_open(self) -> bool:
        """Tell whether it has not ended."""
        return self.ended_ms is None

    @property
    def is_done(self) -> bool:
        """Tell whether the new key is in use and the old one is gone from here."""
        return self.state is ReplacementState.DONE

    @property
    def goes_on(self) -> bool:
        """Tell whether it is about to go on by itself, before the new key is in use."""
        return self.state in _ON_ITS_WAY

    @property
    def waits(self) -> bool:
        """Tell whether it waits for its owner."""
        return self.state in _WAITING

    @property
    def takes_entry(self) -> bool:
        """Tell whether the new key may be entered once more."""
        return self.state in _ENTERED_AGAIN


ACTS: Final[Mapping[ReplacementState, tuple[ReplacementAct, ...]]] = {
    ReplacementState.CHECKING: (ReplacementAct.GIVE_UP,),
    ReplacementState.FAILED: (ReplacementAct.CHECK_AGAIN, ReplacementAct.GIVE_UP),
    ReplacementState.PROVING: (ReplacementAct.GIVE_UP,),
    ReplacementState.ASKING: (ReplacementAct.CONFIRM, ReplacementAct.GIVE_UP),
    ReplacementState.SWITCHING: (ReplacementAct.GIVE_UP,),
    ReplacementState.SWITCHED: (ReplacementAct.ACCEPT, ReplacementAct.TURN_BACK),
    ReplacementState.TURNING_BACK: (),
    ReplacementState.RETIRING: (ReplacementAct.LOOK, ReplacementAct.LET_GO),
    ReplacementState.DONE: (),
    ReplacementState.GIVEN_UP: (),
}
_WAITING: Final = frozenset(
    {ReplacementState.FAILED, ReplacementState.ASKING, ReplacementState.RETIRING}
)
_ON_ITS_WAY: Final = frozenset(
    {ReplacementState.CHECKING, ReplacementState.PROVING, ReplacementState.SWITCHING}
)
_ENTERED_AGAIN: Final = frozenset(
    {ReplacementState.CHECKING, ReplacementState.FAILED, ReplacementState.ASKING}
)
_TRADING: Final = frozenset({Scope.TRADE_SPOT, Scope.TRADE_MARGIN, Scope.TRADE_DERIVATIVES})
_UNDER_CHECK: Final = frozenset({KeyStatus.CHECKING, KeyStatus.CLEANUP_PENDING})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a stand-in's check means for the replacement; no reason: it is good."""

    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


def read_act(text: str) -> ReplacementAct:
    """Read what is to be done. Raises: `BadInput("bad_replacement_act")`."""
    try:
        return ReplacementAct(text.strip().lower())
    except ValueError:
        known = [act.value for act in ReplacementAct]
        raise BadInput("bad_replacement_act", field="act", known=known) from None


def check_act(replacement: Replacement, act: ReplacementAct) -> None:
    """Make sure that this may be done now. Raises: `Conflict("replacement_elsewhere")`."""
    if act not in replacement.acts:
        raise Conflict("replacement_elsewhere", state=replacement.state.value, act=act.value)


def judge_check(key: KeyRecord, stand_in: KeyRecord) -> Verdict | None:
    """Tell what a stand-in's check means; None while it has not ended.

    A key that may do less than the one in its place is not good enough: robots would stop.
    """
    if stand_in.check_requested_ms is not None or stand_in.status in _UNDER_CHECK:
        return None
    if stand_in.status is KeyStatus.DISABLED:
        return Verdict("key_disabled", {"label": stand_in.label})
    if stand_in.status not in IN_USE:
        if not stand_in.reason and stand_in.checked_ms is None:
            return None
        return Verdict(stand_in.reason or "check_interrupted", stand_in.facts)
    if (key.scopes & _TRADING) - stand_in.scopes:
        return Verdict("replacement_trades_less", {"label": key.label})
    return Verdict()


def trades(key: KeyRecord) -> bool:
    """Tell whether a key may trade anything."""
    return bool(key.scopes & _TRADING)


def is_at_rest(key: KeyRecord) -> bool:
    """Tell whether no check of a key is under way or wished for."""
    return key.check_requested_ms is None and key.status not in _UNDER_CHECK
