"""A replacement as its page shows it: five steps, what it waits for, and what can be pressed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from drawbridge.core.secret import masked
from drawbridge.rotation.replacement import ReplacementAct, ReplacementState
from drawbridge.rotation.replacements import Told
from drawbridge.wording.say import say, say_reason

_STEPS: Final = ("enter", "check", "prove", "switch", "end")
# At which step it is in each state; one beyond the last has none left.
_AT: Final[Mapping[ReplacementState, int]] = {
    ReplacementState.CHECKING: 1,
    ReplacementState.FAILED: 1,
    ReplacementState.PROVING: 2,
    ReplacementState.ASKING: 2,
    ReplacementState.SWITCHING: 3,
    ReplacementState.SWITCHED: 3,
    ReplacementState.TURNING_BACK: 3,
    ReplacementState.RETIRING: 4,
    ReplacementState.DONE: 5,
    ReplacementState.GIVEN_UP: 0,
}
_HALTED: Final = frozenset({ReplacementState.FAILED, ReplacementState.ASKING})
# What goes on where things stand is pressed first; what leads away from it stands beside.
_ONWARD: Final = frozenset(
    {ReplacementAct.CHECK_AGAIN, ReplacementAct.CONFIRM, ReplacementAct.ACCEPT, ReplacementAct.LOOK}
)
_TONES: Final[Mapping[ReplacementState, str]] = {
    ReplacementState.FAILED: "bad",
    ReplacementState.ASKING: "warn",
    ReplacementState.RETIRING: "warn",
    ReplacementState.DONE: "good",
}


@dataclass(frozen=True, slots=True)
class StepView:
    """One step: `waiting`, `running`, `ok` or `failed`."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class ActView:
    """Something that can be pressed."""

    name: str
    words: str
    is_onward: bool


@dataclass(frozen=True, slots=True)
class ReplacementView:
    """A replacement in words; `old_key` is the masked key that is to be deleted, if any.

    `is_running`: it is about to go on by itself, so that a page without scripts looks again.
    """

    state: str
    tone: str
    title: str
    lines: tuple[str, ...]
    steps: tuple[StepView, ...]
    acts: tuple[ActView, ...]
    is_open: bool
    is_running: bool
    is_retiring: bool
    old_key: str = ""


def view_replacement(told: Told) -> ReplacementView:
    """Put a replacement into words."""
    it = told.replacement
    reason = say_reason(it.reason, it.facts) if it.reason else ""
    proof = say(f"replacing.proof.{it.proof.value}") if it.proof else ""
    is_retiring = it.state is ReplacementState.RETIRING
    old = masked(told.stand_in.public_key) if is_retiring and told.stand_in else ""
    return ReplacementView(
        state=it.state.value,
        tone=_TONES.get(it.state, ""),
        title=say(f"replacing.state.{it.state.value}"),
        lines=tuple(line for line in (reason, proof) if line),
        steps=tuple(_view_step(it.state, number) for number in range(len(_STEPS))),
        acts=tuple(
            ActView(act.value, say(f"replacing.act.{act.value}"), act in _ONWARD) for act in it.acts
        ),
        is_open=it.is_open,
        is_running=it.goes_on or it.state is ReplacementState.TURNING_BACK,
        is_retiring=is_retiring,
        old_key=old,
    )


def _view_step(state: ReplacementState, number: int) -> StepView:
    at = _AT[state]
    stands = "ok" if number < at else "waiting"
    if number == at:
        stands = "failed" if state in _HALTED else "running"
    return StepView(_STEPS[number], stands)
