"""Keys and their checks as pages show them: states, rights and reasons in plain words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from drawbridge.catalogue.card import Card
from drawbridge.catalogue.registry import get_card
from drawbridge.core.operations import Scope
from drawbridge.vault.model import IN_USE, KeyRecord, KeyStatus
from drawbridge.verification.store import Check, CheckStep, Step, StepState
from drawbridge.wording.say import has_words, say, say_reason

_ATTENTION: Final = frozenset({KeyStatus.DISABLED, KeyStatus.CLEANUP_PENDING, KeyStatus.UNVERIFIED})
_UNFINISHED: Final = frozenset({KeyStatus.UNVERIFIED, KeyStatus.CHECKING})
_AGAINST: Final = frozenset({KeyStatus.REFUSED.value, KeyStatus.INVALID.value})
_NOT_REACHED: Final = {True: "skipped", False: "waiting"}


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as a row or a page shows it."""

    id: str
    label: str
    exchange: str
    exchange_name: str
    venue: str
    status: str
    reason: str
    cause: str
    rights: str
    public_key: str
    expires_ms: int | None
    checked_ms: int | None
    created_ms: int


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of a check: `waiting`, `running`, `ok`, `failed` or `skipped`."""

    name: str
    state: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class CheckView:
    """The steps of a key's last check."""

    steps: tuple[StepView, ...]
    running: bool

    @property
    def begun(self) -> bool:
        """Tell whether the check has reached its first step."""
        return any(step.state != _NOT_REACHED[False] for step in self.steps)


@dataclass(frozen=True, slots=True)
class VerdictView:
    """What came out, in a few lines, and where to go from there."""

    tone: str
    title: str
    lines: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    onward: str = ""
    onward_words: str = ""


def view_key(key: KeyRecord) -> KeyView:
    """Put a key into words."""
    return KeyView(
        id=key.id,
        label=key.label,
        exchange=key.exchange,
        exchange_name=get_card(key.exchange).name,
        venue=key.venue.value,
        status=key.status.value,
        reason=say_reason(key.reason, key.facts) if key.reason else "",
        cause=key.reason,
        rights=words_of(key.scopes),
        public_key=key.public_key,
        expires_ms=key.expires_ms,
        checked_ms=key.checked_ms,
        created_ms=key.created_ms,
    )


def words_of(scopes: Iterable[Scope]) -> str:
    """Say rights in plain words, in the order of the enum."""
    held = frozenset(scopes)
    return ", ".join(say(f"scope.{scope.value}") for scope in Scope if scope in held)


def view_verdict(key: KeyRecord, check: Check | None) -> VerdictView:
    """Say what a key's last check means for the person."""
    reason = say_reason(key.reason, key.facts) if key.reason else ""
    lines = tuple(line for line in (reason,) if line)
    if key.status in IN_USE:
        trades = key.status is KeyStatus.ENABLED
        title = say(_good_title(key))
        onward = (f"/robots/new?key={key.id}", say("check.start_robot")) if trades else ("", "")
        return VerdictView("good", title, lines, _remarks(check), *onward)
    if key.status in _UNFINISHED and not reason:
        line = say("check.waiting_line" if key.check_requested_ms else "check.none_line")
        return VerdictView("", say("check.none_title"), (line,))
    tone = "warn" if key.status in _ATTENTION else "bad"
    guide = (f"/keys/new?exchange={key.exchange}&venue={key.venue.value}", say("check.guide"))
    onward = guide if tone == "bad" else ("", "")
    return VerdictView(tone, say(f"check.{tone}"), lines, _remarks(check), *onward)


def _good_title(key: KeyRecord) -> str:
    if key.status is KeyStatus.READ_ONLY:
        return "check.good_reading"
    is_proven = key.reason != "trading_not_proven"
    return "check.good_trading" if is_proven else "check.good_unproven"


def view_check(key: KeyRecord, check: Check | None) -> CheckView:
    """Put all steps in order; those that the check has not reached wait, or never came."""
    asked_anew = key.check_requested_ms is not None and (check is None or check.is_done)
    if check is None or asked_anew:
        return CheckView(tuple(StepView(step.value, "waiting") for step in Step), asked_anew)
    reached = {step.step: step for step in check.steps}
    views = (
        _view_step(reached[step])
        if step in reached
        else StepView(step.value, _NOT_REACHED[check.is_done])
        for step in Step
    )
    return CheckView(tuple(views), running=not check.is_done)


def _view_step(step: CheckStep) -> StepView:
    state = step.state.value
    if step.step is Step.VERDICT and step.facts.get("status") in _AGAINST:
        # The step itself was taken; what it found is against the key, and that is what counts.
        state = StepState.FAILED.value
    return StepView(step.step.value, state, _told(step))


def _told(step: CheckStep) -> str:
    """Say what a step found; the end says nothing of its own, the verdict stands below it."""
    if step.step is Step.DONE:
        return ""
    if step.code:
        return say_reason(step.code, step.facts)
    if has_words(end := f"probe_end.{step.facts.get('end')}"):
        return say(end)
    try:
        return say(f"check.found_{step.step.value}", **step.facts)
    except KeyError:
        return ""


def _remarks(check: Check | None) -> tuple[str, ...]:
    """Say what is worth knowing beside the verdict."""
    remarks = check.remarks if check else ()
    return tuple(say_reason(remark.code, remark.facts) for remark in remarks)


def form_facts(card: Card) -> dict[str, object]:
    """Give what the fields of a new key name: their labels, and which another one may replace."""
    return {
        "labels": {part.field: part.label for part in card.credentials},
        "replaceable": {part.either for part in card.credentials if part.either},
    }
