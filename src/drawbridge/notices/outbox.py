"""Telling: one row, written in the transaction of the change that it tells of.

So a change without its notice, or a notice of a change that was rolled back, cannot be. What is
told a hundred times within a minute is kept as two rows: the first at once, the rest as one.
"""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from drawbridge.core.money import plain
from drawbridge.notices.model import EACH_ALONE, FOLDED_FOR_MS, Notice, NoticeKind
from drawbridge.storage.database import Transaction

_LISTENER: Final = (
    "SELECT 1 FROM notice_channels WHERE owner = ? AND channel = 'webhook' AND is_on = 1"
)
_LISTENERS: Final = "SELECT owner FROM notice_channels WHERE channel = 'webhook' AND is_on = 1"
_LATEST: Final = (
    "SELECT n, due_ms FROM notices WHERE owner = ? AND kind = ? AND subject = ? AND reason = ?"
    " ORDER BY n DESC LIMIT 1"
)
_FOLD: Final = "UPDATE notices SET count = count + 1, last_ms = ?, facts = ? WHERE n = ?"
_INSERT: Final = (
    "INSERT INTO notices (owner, kind, subject, reason, facts, at_ms, last_ms, due_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


async def tell(tx: Transaction, notice: Notice, now_ms: int) -> None:
    """Write a notice down; it is delivered once the transaction has committed.

    Facts are plain values (texts, numbers, amounts, moments in milliseconds) or mappings and
    lists of these, and never hold a secret.
    """
    # A thousand robots decide every minute: written down only where a program listens.
    is_decision = notice.kind is NoticeKind.ROBOT_DECIDED
    if is_decision and await tx.fetch_one(_LISTENER, notice.owner) is None:
        return
    due_ms = now_ms
    equal = (notice.owner, notice.kind.value, notice.subject, str(notice.facts.get("reason", "")))
    if notice.kind not in EACH_ALONE:
        before = await tx.fetch_one(_LATEST, *equal)
        if before is not None and before["due_ms"] > now_ms:
            await tx.execute(_FOLD, now_ms, _written(notice.facts), before["n"])
            return
        if before is not None:
            due_ms = max(now_ms, before["due_ms"] + FOLDED_FOR_MS)
    await tx.execute(_INSERT, *equal, _written(notice.facts), now_ms, now_ms, due_ms)


async def tell_all(tx: Transaction, notices: Iterable[Notice], now_ms: int) -> None:
    """Write many notices down; those that are each told alone with one statement."""
    alone, listening = [], None
    for notice in notices:
        if notice.kind is NoticeKind.ROBOT_DECIDED:
            listening = await _listening(tx) if listening is None else listening
            if notice.owner not in listening:
                continue
        if notice.kind in EACH_ALONE:
            about = (notice.owner, notice.kind.value, notice.subject)
            reason = str(notice.facts.get("reason", ""))
            alone.append((*about, reason, _written(notice.facts), now_ms, now_ms, now_ms))
        else:
            await tell(tx, notice, now_ms)
    await tx.execute_many(_INSERT, alone)


async def _listening(tx: Transaction) -> frozenset[str]:
    """Give the owners of whom a program wants to hear."""
    return frozenset(row["owner"] for row in await tx.fetch_all(_LISTENERS))


def _written(facts: Mapping[str, object]) -> str:
    return json.dumps(_told(facts), separators=(",", ":"))


def _told(fact: object) -> object:
    """Give a fact as JSON can hold it; amounts stay exact as texts."""
    if isinstance(fact, Decimal):
        return plain(fact)
    if isinstance(fact, Mapping):
        return {str(name): _told(value) for name, value in fact.items()}
    if isinstance(fact, list | tuple | set | frozenset):
        return [_told(value) for value in fact]
    return fact if isinstance(fact, int | str | None) else str(fact)
