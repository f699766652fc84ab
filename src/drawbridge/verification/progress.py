"""Telling how far a check is, step by step, to whoever looks at the rows."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from drawbridge.core.errors import DrawbridgeError
from drawbridge.verification.store import CheckStore, Step, StepState
from drawbridge.verification.verdict import ProbeEnd, Verdict, plain_fact

# How a step of the probe order stands after each end that did not do what the step says.
_STATES: Final[Mapping[str, StepState]] = {
    ProbeEnd.FUNDS_MISSING: StepState.SKIPPED,
    ProbeEnd.REFUSED: StepState.FAILED,
    ProbeEnd.NEVER_ARRIVED: StepState.FAILED,
    ProbeEnd.PENDING: StepState.FAILED,
    ProbeEnd.FILLED: StepState.FAILED,
}


class Progress:
    """The steps of one check."""

    def __init__(self, checks: CheckStore, key_id: str, number: int) -> None:
        """Write to this check."""
        self._checks = checks
        self._check = (key_id, number)

    @asynccontextmanager
    async def step(self, step: Step) -> AsyncIterator[dict[str, object]]:
        """Show a step as running, then as done with the facts put in, or as failed."""
        facts: dict[str, object] = {}
        await self._checks.write(self._check, step, StepState.RUNNING)
        try:
            yield facts
        except DrawbridgeError as error:
            # The family is for scripts: it decides their exit code, as that of any error does.
            facts = {**error.facts, "family": type(error).__name__}
            await self._checks.write(self._check, step, StepState.FAILED, error.code, facts)
            raise
        state = _STATES.get(str(facts.get("end", "")), StepState.OK)
        await self._checks.write(self._check, step, state, facts=facts)

    async def skip(self, *steps: Step) -> None:
        """Show steps as left out."""
        for step in steps:
            await self._checks.write(self._check, step, StepState.SKIPPED)

    async def end(self, found: Verdict) -> None:
        """Show the check as ended, with what it found.

        Why: some remarks arise only after the verdict's own step, from the probe order.
        """
        failed = found.status is None or found.reason in {"check_interrupted", "check_too_slow"}
        state = StepState.FAILED if failed else StepState.OK
        facts = {**found.facts, "remarks": _remarks(found)}
        await self._checks.write(self._check, Step.DONE, state, found.reason, facts)


def told(found: Verdict) -> Mapping[str, object]:
    """Give a verdict as the facts of its step: remarks with their codes, switches to turn."""
    return {
        "status": "" if found.status is None else found.status.value,
        "reason": found.reason,
        "mend": list(found.mend),
        "remarks": _remarks(found),
    }


def _remarks(found: Verdict) -> list[dict[str, object]]:
    return [
        {
            "code": remark.code,
            "facts": {name: plain_fact(fact) for name, fact in remark.facts.items()},
        }
        for remark in found.remarks
    ]
