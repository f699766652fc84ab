"""All SQL of trials."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from drawbridge.core.errors import NotFound
from drawbridge.lab.model import TrialStatus, TrialWish, wish_from
from drawbridge.storage.database import Database, Row, Transaction

_MOST: Final = 200
# All but the sheet, which is large.
_SELECT: Final = (
    "SELECT id, owner, wish, status, done, runs, reason, facts, created_ms, changed_ms FROM trials"
)


@dataclass(frozen=True, slots=True)
class Ordered:
    """A trial on record; `reason` is a code with a sentence, empty when there is none."""

    id: str
    owner: str
    wish: TrialWish
    status: TrialStatus
    created_ms: int
    changed_ms: int
    done: int = 0
    runs: int = 1
    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_at_work(self) -> bool:
        """Tell whether something is still to come of it."""
        return self.status in {TrialStatus.WISHED, TrialStatus.RUNNING}


class TrialStore:
    """Read and write trials."""

    def __init__(self, database: Database) -> None:
        """Use the app's database."""
        self._database = database

    async def list_of(self, owner: str) -> tuple[Ordered, ...]:
        """List an owner's trials, newest first."""
        rows = await self._database.fetch_all(
            _SELECT + " WHERE owner = ? ORDER BY created_ms DESC, id LIMIT ?",
            owner,
            _MOST,
        )
        return tuple(_ordered(row) for row in rows)

    async def get(self, owner: str, trial_id: str) -> Ordered:
        """Give one trial of this owner. Raises: `NotFound("unknown_trial")`."""
        row = await self._database.fetch_one(
            _SELECT + " WHERE owner = ? AND id = ?", owner, trial_id
        )
        if row is None:
            raise NotFound("unknown_trial", trial=trial_id)
        return _ordered(row)

    async def get_sheet(self, owner: str, trial_id: str) -> dict[str, Any]:
        """Give what came of a trial, empty while nothing did. Raises: as `get`."""
        row = await self._database.fetch_one(
            "SELECT sheet FROM trials WHERE owner = ? AND id = ?", owner, trial_id
        )
        if row is None:
            raise NotFound("unknown_trial", trial=trial_id)
        sheet: dict[str, Any] = json.loads(row["sheet"] or "{}")
        return sheet

    async def find_next(self) -> Ordered | None:
        """Give the oldest trial that nobody works on yet."""
        row = await self._database.fetch_one(
            _SELECT + " WHERE status = 'wished' ORDER BY created_ms LIMIT 1"
        )
        return None if row is None else _ordered(row)

    async def get_status(self, trial_id: str) -> TrialStatus:
        """Give where a trial stands; one that was deleted is stopped."""
        row = await self._database.fetch_one("SELECT status FROM trials WHERE id = ?", trial_id)
        return TrialStatus.STOPPED if row is None else TrialStatus(row["status"])


async def count_at_work(tx: Transaction, owner: str) -> int:
    """Count the trials of an owner that are wished for or under way."""
    row = await tx.fetch_one(
        "SELECT count(*) AS n FROM trials WHERE owner = ? AND status IN ('wished', 'running')",
        owner,
    )
    return 0 if row is None else int(row["n"])


async def insert(tx: Transaction, ordered: Ordered) -> None:
    """Write a new trial."""
    await tx.execute(
        "INSERT INTO trials (id, owner, wish, status, created_ms, changed_ms)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        *(ordered.id, ordered.owner, json.dumps(ordered.wish.told()), ordered.status.value),
        *(ordered.created_ms, ordered.changed_ms),
    )


async def take_up(tx: Transaction, trial_id: str, now_ms: int) -> bool:
    """Begin with a trial; False when it was stopped or somebody else was faster."""
    changed = await tx.execute(
        "UPDATE trials SET status = 'running', changed_ms = ? WHERE id = ? AND status = 'wished'",
        now_ms,
        trial_id,
    )
    return changed == 1


async def set_progress(tx: Transaction, trial_id: str, done: int, runs: int, now_ms: int) -> None:
    """Write down how many of how many runs are done."""
    await tx.execute(
        "UPDATE trials SET done = ?, runs = ?, changed_ms = ? WHERE id = ? AND status = 'running'",
        *(done, runs, now_ms, trial_id),
    )


async def finish(tx: Transaction, trial_id: str, sheet: str, now_ms: int) -> bool:
    """Write down what came of it; False when it was stopped meanwhile."""
    changed = await tx.execute(
        "UPDATE trials SET status = 'done', sheet = ?, done = runs, changed_ms = ?"
        " WHERE id = ? AND status = 'running'",
        *(sheet, now_ms, trial_id),
    )
    return changed == 1


async def fail(
    tx: Transaction, trial_id: str, reason: str, facts: Mapping[str, object], now_ms: int
) -> bool:
    """Write down why nothing came of it; False when it was stopped meanwhile."""
    told = json.dumps({name: str(fact) for name, fact in facts.items()})
    changed = await tx.execute(
        "UPDATE trials SET status = 'failed', reason = ?, facts = ?, changed_ms = ?"
        " WHERE id = ? AND status IN ('wished', 'running')",
        *(reason, told, now_ms, trial_id),
    )
    return changed == 1


async def stop(tx: Transaction, owner: str, trial_id: str, now_ms: int) -> None:
    """Stop a trial that is wished for or under way; one that has ended stays as it is."""
    await tx.execute(
        "UPDATE trials SET status = 'stopped', changed_ms = ?"
        " WHERE owner = ? AND id = ? AND status IN ('wished', 'running')",
        *(now_ms, owner, trial_id),
    )


async def delete(tx: Transaction, owner: str, trial_id: str) -> None:
    """Delete a trial; nothing else refers to it."""
    await tx.execute("DELETE FROM trials WHERE owner = ? AND id = ?", owner, trial_id)


async def give_up_left_behind(tx: Transaction, now_ms: int, quiet_ms: int) -> None:
    """Begin anew with what a process that died was working on: what was not told of so long."""
    await tx.execute(
        "UPDATE trials SET status = 'wished', done = 0, changed_ms = ?"
        " WHERE status = 'running' AND changed_ms <= ?",
        *(now_ms, now_ms - quiet_ms),
    )


def _ordered(row: Row) -> Ordered:
    return Ordered(
        id=row["id"],
        owner=row["owner"],
        wish=wish_from(json.loads(row["wish"])),
        status=TrialStatus(row["status"]),
        created_ms=row["created_ms"],
        changed_ms=row["changed_ms"],
        done=row["done"],
        runs=row["runs"],
        reason=row["reason"],
        facts=json.loads(row["facts"]),
    )
