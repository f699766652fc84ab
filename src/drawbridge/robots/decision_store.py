"""All SQL of what robots decide and remember: written many at once, with what they came from."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Final

from drawbridge.approvals import asking
from drawbridge.approvals.model import Approval, ApprovalState
from drawbridge.approvals.store import list_by_id, set_outcome
from drawbridge.core.money import plain
from drawbridge.core.orders import Side
from drawbridge.notices.model import Notice
from drawbridge.notices.outbox import tell_all
from drawbridge.robots.model import Decision, DecisionState, Standing
from drawbridge.robots.store import Reason, encode_standing, set_reasons, sum_up
from drawbridge.robots.strategy import Memory
from drawbridge.storage.database import Database, Row, Transaction

_MOST: Final = 1_000
_OPEN: Final = "state IN ('asked', 'open', 'leaving')"


@dataclass(slots=True)
class Changes:
    """What is to be written together or not at all.

    `made` are new decisions, `moved` known ones with what became of them; standings and memories
    are by robot and key. `questions` are asked, `withdrawn` need no answer any more, and
    `outcomes` tell by approval what came of a yes.
    """

    made: list[Decision] = field(default_factory=list)
    moved: list[Decision] = field(default_factory=list)
    standings: list[tuple[str, str, Standing]] = field(default_factory=list)
    memories: list[tuple[str, str, Memory]] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    questions: list[Approval] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    outcomes: list[tuple[str, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Tell whether there is anything to write."""
        return any(getattr(self, it.name) for it in fields(self))

    def key_ids(self) -> frozenset[str]:
        """Give the keys on whose accounts something is to be written."""
        decisions = {it.key_id for it in (*self.made, *self.moved)}
        kept = {key_id for _, key_id, _ in (*self.standings, *self.memories)}
        return frozenset(decisions | kept | {it.key_id for it in self.reasons})

    def extend(self, others: Iterable["Changes"]) -> None:
        """Take in the changes of others, behind these."""
        for other in others:
            for it in fields(self):
                getattr(self, it.name).extend(getattr(other, it.name))


class DecisionStore:
    """Read decisions."""

    def __init__(self, database: Database) -> None:
        """Use the app's database."""
        self._database = database

    async def list_newest(self, robot_id: str, limit: int) -> tuple[Decision, ...]:
        """List a robot's newest decisions on all accounts, newest first."""
        rows = await self._database.fetch_all(
            "SELECT * FROM robot_decisions WHERE robot_id = ?"
            " ORDER BY moment_ms DESC, key_id, tag LIMIT ?",
            robot_id,
            min(limit, _MOST),
        )
        return tuple(_decision(row) for row in rows)

    async def list_open(
        self, robot_ids: Sequence[str], key_ids: Sequence[str] | None = None
    ) -> tuple[Decision, ...]:
        """List the decisions of robots (on some accounts) that are not settled, oldest first."""
        of_keys = "" if key_ids is None else " AND key_id IN (SELECT value FROM json_each(?))"
        rows = await self._database.fetch_all(
            f"SELECT * FROM robot_decisions WHERE {_OPEN}"  # noqa: S608 - constants of this file
            f" AND robot_id IN (SELECT value FROM json_each(?)){of_keys} ORDER BY moment_ms, tag",
            json.dumps(robot_ids),
            *(() if key_ids is None else (json.dumps(key_ids),)),
        )
        return tuple(_decision(row) for row in rows)

    async def used_tags(self, robot_id: str, key_id: str, tags: Sequence[str]) -> frozenset[str]:
        """Give those of some tags that name decisions already."""
        rows = await self._database.fetch_all(
            "SELECT tag FROM robot_decisions WHERE robot_id = ? AND key_id = ?"
            " AND tag IN (SELECT value FROM json_each(?))",
            *(robot_id, key_id, json.dumps(tags)),
        )
        return frozenset(row["tag"] for row in rows)


async def write(tx: Transaction, changes: Changes, now_ms: int) -> None:
    """Write changes down. A decision whose tag is there already stays as it is."""
    await tx.execute_many(
        "INSERT INTO robot_decisions (robot_id, key_id, tag, moment_ms, side, quantity,"
        " price, reduces, attempt, state, reason, approval, until_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [_row(decision) for decision in changes.made],
    )
    await tx.execute_many(
        "UPDATE robot_decisions SET attempt = ?, state = ?, reason = ?, quantity = ?, price = ?"
        " WHERE robot_id = ? AND key_id = ? AND tag = ?",
        [
            (
                *(it.attempt, it.state.value, it.reason, plain(it.quantity), _price(it)),
                *(it.robot_id, it.key_id, it.tag),
            )
            for it in changes.moved
        ],
    )
    await tx.execute_many(
        "UPDATE robot_accounts SET standing = ? WHERE robot_id = ? AND key_id = ?",
        [(encode_standing(it), robot_id, key_id) for robot_id, key_id, it in changes.standings],
    )
    await tx.execute_many(
        "UPDATE robot_accounts SET memory = ? WHERE robot_id = ? AND key_id = ?",
        [(json.dumps(it), robot_id, key_id) for robot_id, key_id, it in changes.memories],
    )
    if changes.reasons:
        await set_reasons(tx, changes.reasons)
        await sum_up(tx, (it.robot_id for it in changes.reasons))
    await _write_approvals(tx, changes, now_ms)
    await tell_all(tx, changes.notices, now_ms)


async def _write_approvals(tx: Transaction, changes: Changes, now_ms: int) -> None:
    for question in changes.questions:
        await asking.ask(tx, question)
    withdrawn = await list_by_id(tx, changes.withdrawn) if changes.withdrawn else ()
    await asking.end(tx, withdrawn, ApprovalState.WITHDRAWN, now_ms)
    for approval_id, outcome in changes.outcomes:
        await set_outcome(tx, approval_id, outcome)


def _row(decision: Decision) -> tuple[str | int | None, ...]:
    return (
        *(decision.robot_id, decision.key_id, decision.tag, decision.moment_ms),
        *(decision.side.value, plain(decision.quantity), _price(decision), int(decision.reduces)),
        *(decision.attempt, decision.state.value, decision.reason),
        *(decision.approval, decision.until_ms),
    )


def _price(decision: Decision) -> str | None:
    return None if decision.price is None else plain(decision.price)


def _decision(row: Row) -> Decision:
    return Decision(
        robot_id=row["robot_id"],
        key_id=row["key_id"],
        tag=row["tag"],
        moment_ms=row["moment_ms"],
        side=Side(row["side"]),
        quantity=Decimal(row["quantity"]),
        price=None if row["price"] is None else Decimal(row["price"]),
        reduces=bool(row["reduces"]),
        attempt=row["attempt"],
        state=DecisionState(row["state"]),
        reason=row["reason"],
        approval=row["approval"],
        until_ms=row["until_ms"],
    )
