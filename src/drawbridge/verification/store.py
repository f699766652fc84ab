"""The rows of checks: written step by step, read by whoever shows them.

Probe orders stand in the order journal; here they are only found again after a crash.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from drawbridge.core.clock import Clock
from drawbridge.storage.database import Database, Row
from drawbridge.verification.verdict import Remark


class Step(StrEnum):
    """The steps of a check, in their order."""

    FORMAT = "format"
    CLOCK = "clock"
    RIGHTS = "rights"
    VERDICT = "verdict"
    BALANCE = "balance"
    PROBE_PLACED = "probe_placed"
    PROBE_CANCELLED = "probe_cancelled"
    DONE = "done"


class StepState(StrEnum):
    """How a step stands."""

    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One step: `code` and `facts` make its sentence."""

    step: Step
    state: StepState
    code: str
    facts: Mapping[str, object]
    at_ms: int


@dataclass(frozen=True, slots=True)
class Check:
    """A check and the steps that it has reached."""

    key_id: str
    number: int
    steps: tuple[CheckStep, ...]

    @property
    def is_done(self) -> bool:
        """Tell whether it has ended."""
        return any(step.step is Step.DONE for step in self.steps)

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """Give what is worth knowing beside the verdict, each thing once."""
        told = [remark for step in self.steps for remark in _remarks(step.facts.get("remarks"))]
        return tuple(remark for at, remark in enumerate(told) if remark not in told[:at])


@dataclass(frozen=True, slots=True)
class PendingProbe:
    """A probe order that was begun and not seen to end."""

    key_id: str
    check_no: int
    symbol: str
    client_id: str
    intended_ms: int
    order_id: str = ""


class CheckStore:
    """All SQL about checks."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Read and write in this database."""
        self._database = database
        self._clock = clock

    async def begin(self, key_id: str) -> int:
        """Give the next check of a key its number."""
        async with self._database.transaction() as tx:
            row = await tx.fetch_one(
                "SELECT coalesce(max(check_no), 0) + 1 FROM check_steps WHERE key_id = ?", key_id
            )
            number = int(row[0]) if row else 1
            await tx.execute(_WRITE, *self._values(key_id, number, Step.FORMAT))
        return number

    async def write(
        self,
        check: tuple[str, int],
        step: Step,
        state: StepState,
        code: str = "",
        facts: Mapping[str, object] | None = None,
    ) -> None:
        """Write how a step stands."""
        async with self._database.transaction() as tx:
            await tx.execute(_WRITE, *self._values(*check, step, state, code, facts or {}))

    async def find_latest(self, key_id: str) -> Check | None:
        """Give the last check of a key, None when there was none."""
        rows = await self._database.fetch_all(
            "SELECT * FROM check_steps WHERE key_id = ?1 AND check_no ="
            " (SELECT max(check_no) FROM check_steps WHERE key_id = ?1) ORDER BY position",
            key_id,
        )
        if not rows:
            return None
        return Check(key_id, rows[0]["check_no"], tuple(_step(row) for row in rows))

    async def pending_probes(self) -> tuple[PendingProbe, ...]:
        """Give the probe orders whose end nobody saw, oldest first."""
        rows = await self._database.fetch_all(
            "SELECT key_id, origin, symbol, client_order_id, intended_ms,"
            " exchange_order_id FROM orders"
            " WHERE state IN ('intended', 'unknown', 'open', 'partially_filled')"
            " AND origin LIKE 'check:%' ORDER BY intended_ms"
        )
        return tuple(
            PendingProbe(
                key_id=row["key_id"],
                check_no=int(row["origin"].partition(":")[2]),
                symbol=row["symbol"],
                client_id=row["client_order_id"],
                intended_ms=row["intended_ms"],
                order_id=row["exchange_order_id"],
            )
            for row in rows
        )

    def _values(
        self,
        key_id: str,
        number: int,
        step: Step,
        state: StepState = StepState.RUNNING,
        code: str = "",
        facts: Mapping[str, object] | None = None,
    ) -> tuple[str | int, ...]:
        position = list(Step).index(step)
        # Facts are amounts, names and times; whatever else they are is written as its text.
        told = json.dumps(facts or {}, default=str)
        now_ms = self._clock.now_ms()
        return (key_id, number, step.value, position, state.value, code, told, now_ms)


_WRITE = (
    "INSERT INTO check_steps (key_id, check_no, step, position, state, code, facts, at_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key_id, check_no, step) DO UPDATE SET"
    " state = excluded.state, code = excluded.code, facts = excluded.facts, at_ms = excluded.at_ms"
)


def _remarks(told: object) -> tuple[Remark, ...]:
    remarks = told if isinstance(told, list) else []
    return tuple(Remark(remark["code"], remark["facts"]) for remark in remarks)


def _step(row: Row) -> CheckStep:
    return CheckStep(
        step=Step(row["step"]),
        state=StepState(row["state"]),
        code=row["code"],
        facts=json.loads(row["facts"]),
        at_ms=row["at_ms"],
    )
