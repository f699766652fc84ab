"""Keys and their checks as the chat shows them."""

from collections.abc import Mapping
from typing import Final

from drawbridge.catalogue.registry import get_card
from drawbridge.core.operations import Scope
from drawbridge.core.secret import masked
from drawbridge.entrypoints.telegram.screens import Button, Screen, back_to, button, in_rows, named
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.verification.store import Check, CheckStep, Step, StepState
from drawbridge.wording.formats import day, moment
from drawbridge.wording.language import spoken
from drawbridge.wording.say import has_words, say, say_reason

_MARKS: Final[Mapping[KeyStatus, str]] = {
    KeyStatus.UNVERIFIED: "⏳",
    KeyStatus.CHECKING: "⏳",
    KeyStatus.ENABLED: "✅",
    KeyStatus.READ_ONLY: "✅",
    KeyStatus.DISABLED: "⏸",
    KeyStatus.REFUSED: "❌",
    KeyStatus.INVALID: "❌",
    KeyStatus.CLEANUP_PENDING: "⚠️",
}
_ACTS: Final[Mapping[KeyStatus, tuple[str, ...]]] = {
    KeyStatus.UNVERIFIED: ("verify", "disable", "delete"),
    KeyStatus.CHECKING: ("verify", "disable"),
    KeyStatus.ENABLED: ("verify", "disable", "delete"),
    KeyStatus.READ_ONLY: ("verify", "disable", "delete"),
    KeyStatus.DISABLED: ("enable", "delete"),
    KeyStatus.REFUSED: ("delete",),
    KeyStatus.INVALID: ("verify", "disable", "delete"),
    KeyStatus.CLEANUP_PENDING: ("verify", "disable"),
}
_STEP_MARKS: Final[Mapping[StepState, str]] = {
    StepState.RUNNING: "⏳",
    StepState.OK: "✅",
    StepState.FAILED: "❌",
    StepState.SKIPPED: "⏭",
}
_WAITING: Final = "▫️"
_AGAINST: Final = frozenset({KeyStatus.REFUSED.value, KeyStatus.INVALID.value})


def mark_of(key: KeyRecord) -> str:
    """Give the sign of a key's state."""
    return _MARKS[key.status]


def is_awaited(key: KeyRecord, check: Check | None) -> bool:
    """Tell whether a check is under way or will begin."""
    return key.check_requested_ms is not None or (check is not None and not check.is_done)


def key_screen(key: KeyRecord, check: Check | None, first: str = "") -> Screen:
    """Draw one key: where it stands, and what can be done with it."""
    place = f"{get_card(key.exchange).name}, {say(f'venue.{key.venue.value}')}"
    lines = [
        *([first, ""] if first else []),
        f"{mark_of(key)} {key.label} ({place})",
        "",
        f"{say('keys.status')}: {say(f'key_status.{key.status.value}')}",
        *([say_reason(key.reason, key.facts)] if key.reason else []),
        f"{say('keys.rights')}: {_rights(key)}",
        f"{say('keys.key_shown')}: {masked(key.public_key)}",
        f"{say('keys.expiry')}: {day(key.expires_ms) if key.expires_ms else say('keys.no_expiry')}",
        *_end(key),
        f"{say('keys.checked')}: {moment(key.checked_ms) if key.checked_ms else say('keys.never')}",
        *(_remarks(check)),
    ]
    acts = [button(act, act, key.id) for act in _ACTS[key.status]]
    replacing = named(say("replacing.on_key"), "replacement", key.id)
    leak = (named(f"🚨 {say('leak.on_key')}", "leak", key.id),)
    rows = (*in_rows((*acts, replacing), 2), (_watching(key),), leak, back_to("keys"))
    return Screen("\n".join(lines), rows)


def check_screen(key: KeyRecord, check: Check | None, first: str = "") -> Screen:
    """Draw the steps of a key's check, and in the end what came out."""
    title = f"{say('check.title')}: {key.label} ({get_card(key.exchange).name})"
    if check is None or (key.check_requested_ms is not None and check.is_done):
        steps, told = [f"{_WAITING} {_name(step)}" for step in Step], say("check.waiting_line")
    else:
        reached = {step.step: step for step in check.steps}
        steps = [
            _line(reached[step]) if step in reached else f"{_waiting(check)} {_name(step)}"
            for step in Step
        ]
        told = _verdict(key) if check.is_done else say("check.running")
    acts = [button("look", "key", key.id)]
    if key.status is KeyStatus.ENABLED and not is_awaited(key, check):
        acts.append(named(say("check.start_robot"), "robot_with", key.id))
    lines = [*([first, ""] if first else []), title, "", *steps, "", told]
    return Screen("\n".join(lines), (tuple(acts), back_to("keys")))


def _verdict(key: KeyRecord) -> str:
    status = f"{mark_of(key)} {say(f'key_status.{key.status.value}')}"
    reason = say_reason(key.reason, key.facts) if key.reason else ""
    return f"{status}\n{reason}" if reason else status


def _rights(key: KeyRecord) -> str:
    held = [say(f"scope.{scope.value}") for scope in Scope if scope in key.scopes]
    return spoken().comma.join(held) if held else say("keys.rights_unknown")


def _watching(key: KeyRecord) -> Button:
    """Give the button that switches the alarm at trades from elsewhere."""
    wished = "off" if key.life.watched else "on"
    return button(f"watch_{wished}", "watch", key.id, wished)


def _end(key: KeyRecord) -> list[str]:
    """Say from where a key's end is known, when robots pause, and what is watched."""
    watched = f"key_life.watched_{'on' if key.life.watched else 'off'}"
    lines = [f"{say('key_life.watched')}: {say(watched)}"]
    if key.pauses_ms is None:
        return lines
    lines.insert(0, f"{say('key_life.pauses')}: {moment(key.pauses_ms)}")
    if key.life.dated:
        dated = say(f"key_life.dated.{key.life.dated}")
        lines.insert(0, f"{say('key_life.known_from')}: {dated}")
    return lines


def _remarks(check: Check | None) -> list[str]:
    remarks = check.remarks if check else ()
    return [f"• {say_reason(remark.code, remark.facts)}" for remark in remarks]


def _waiting(check: Check) -> str:
    return _STEP_MARKS[StepState.SKIPPED] if check.is_done else _WAITING


def _line(step: CheckStep) -> str:
    is_against = step.step is Step.VERDICT and step.facts.get("status") in _AGAINST
    mark = _STEP_MARKS[StepState.FAILED if is_against else step.state]
    found = _found(step)
    return f"{mark} {_name(step.step)}" + (f": {found}" if found else "")


def _found(step: CheckStep) -> str:
    if step.step is Step.DONE:
        return ""
    if step.code:
        return say_reason(step.code, step.facts)
    if has_words(end := f"probe_end.{step.facts.get('end')}"):
        return say(end)
    return ""


def _name(step: Step) -> str:
    return say(f"check.step_{step.value}")
