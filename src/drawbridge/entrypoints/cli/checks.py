"""Following a key's check while it runs, step by step."""

from collections.abc import Mapping
from typing import Final

from drawbridge.core.errors import (
    Corrupted,
    DrawbridgeError,
    ExchangeDown,
    Forbidden,
    NotProven,
    OutcomeUnknown,
)
from drawbridge.entrypoints.cli.house import Place, has_gateway, looks, vault_status
from drawbridge.entrypoints.cli.output import print_hint, print_json, print_line
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.vault.unlock import VaultStatus
from drawbridge.verification.store import Check, Step, StepState
from drawbridge.wire.errors import FAMILIES
from drawbridge.wording.say import has_words, say, say_reason

_LONGEST_S: Final = 90
# How a script learns what a check found: by the exit code of the family that fits.
_EXIT: Final[Mapping[KeyStatus, int]] = {
    KeyStatus.ENABLED: 0,
    KeyStatus.READ_ONLY: 0,
    KeyStatus.REFUSED: Forbidden.exit_code,
    KeyStatus.INVALID: NotProven.exit_code,
    KeyStatus.CLEANUP_PENDING: OutcomeUnknown.exit_code,
}
# A check that reached no verdict ends as what kept it from there, by the family of its error.
_FAMILIES: Final[tuple[type[DrawbridgeError], ...]] = (*FAMILIES.values(), Corrupted)
_FAULTS: Final[Mapping[str, int]] = {family.__name__: family.exit_code for family in _FAMILIES}
_OTHER_FAULT: Final = ExchangeDown.exit_code
_MARKS: Final[Mapping[StepState, str]] = {
    StepState.RUNNING: "…",
    StepState.OK: "ok",
    StepState.FAILED: "no",
    StepState.SKIPPED: "-",
}


async def see_check(place: Place, key: KeyRecord, *, wait: bool, as_json: bool) -> int:
    """Print a key's check as it goes on, and give the exit code for what it found."""
    wait = wait and await _can_be_checked(place)
    check = await _follow(place, key, quiet=as_json) if wait else None
    found = await place.vault.get_record(key.id)
    remarks = await latest_remarks(place, found)
    if as_json:
        print_json(
            {
                "id": found.id,
                "label": found.label,
                "status": found.status,
                "reason": found.reason,
                "facts": found.facts,
                "scopes": found.scopes,
                "check": await latest_check(place, found),
                "remarks": remarks,
            }
        )
    else:
        status = say(f"cli.key.status.{found.status.value}")
        print_line(say("cli.key.changed", label=found.label, status=status))
        if found.reason:
            print_line(say_reason(found.reason, found.facts))
        print_remarks(remarks)
    return _exit_code(check, found.status) if wait else 0


def _exit_code(check: Check | None, status: KeyStatus) -> int:
    """Give the exit code for a check that was followed; None was not seen to end.

    Why: a check that did not get to a verdict leaves a good key good, and has still not
    succeeded; what went wrong decides then.
    """
    if check is None:
        return ExchangeDown.exit_code
    if not any(step.step is Step.DONE and step.state is StepState.FAILED for step in check.steps):
        return _EXIT.get(status, ExchangeDown.exit_code)
    families = (step.facts.get("family") for step in check.steps if step.state is StepState.FAILED)
    return next((_FAULTS[str(name)] for name in families if name in _FAULTS), _OTHER_FAULT)


async def latest_check(place: Place, key: KeyRecord) -> list[dict[str, object]]:
    """Give the steps of a key's last check, as scripts read them."""
    check = await place.checks.find_latest(key.id)
    return [
        {
            "step": step.step.value,
            "state": step.state.value,
            "code": step.code,
            "facts": step.facts,
            "at_ms": step.at_ms,
        }
        for step in (check.steps if check else ())
    ]


async def latest_remarks(place: Place, key: KeyRecord) -> list[dict[str, object]]:
    """Give what a key's last check found beside its verdict, as scripts read it."""
    check = await place.checks.find_latest(key.id)
    return [
        {
            "code": remark.code,
            "message": say_reason(remark.code, remark.facts),
            "facts": remark.facts,
        }
        for remark in (check.remarks if check else ())
    ]


def print_remarks(remarks: list[dict[str, object]]) -> None:
    """Print what is worth knowing beside the verdict."""
    for remark in remarks:
        print_line(f"- {remark['message']}")


def print_steps(steps: list[dict[str, object]]) -> None:
    """Print the steps of a check that has ended."""
    for step in steps:
        facts = step["facts"]
        end = facts.get("end") if isinstance(facts, dict) else None
        _print_step(str(step["step"]), StepState(str(step["state"])), end)


async def _can_be_checked(place: Place) -> bool:
    """Tell whether somebody is there to check, and say what to do if not."""
    if not await has_gateway(place):
        print_hint(say("cli.key.no_gateway"))
        return False
    if await vault_status(place) is not VaultStatus.OPEN:
        print_hint(say("cli.key.vault_closed"))
        return False
    return True


async def _follow(place: Place, key: KeyRecord, *, quiet: bool) -> Check | None:
    """Look at the rows of the check until it has ended, and give it; None if that takes long.

    Why: it is our check if anything of it happened after it was wished for, whether it was begun
    for us or we joined one that was under way.
    """
    since_ms = key.check_requested_ms or 0
    shown: set[tuple[str, StepState]] = set()
    async for _ in looks(place, _LONGEST_S):
        check = await place.checks.find_latest(key.id)
        if check is not None and any(step.at_ms >= since_ms for step in check.steps):
            if not quiet:
                _show_news(check, shown)
            if any(step.step is Step.DONE and step.at_ms >= since_ms for step in check.steps):
                return check
    print_hint(say("cli.key.still_checking"))
    return None


def _show_news(check: Check, shown: set[tuple[str, StepState]]) -> None:
    for step in check.steps:
        news = (step.step.value, step.state)
        if step.state is StepState.RUNNING or news in shown:
            continue
        shown.add(news)
        _print_step(step.step.value, step.state, step.facts.get("end"))


def _print_step(name: str, state: StepState, end: object) -> None:
    """Print a step, and how the test order ended where that is not as the step says."""
    words = say(f"cli.step.{name}")
    if has_words(key := f"probe_end.{end}"):
        words = f"{words}. {say(key)}"
    print_line(f"  {_MARKS[state]:3} {words}")
