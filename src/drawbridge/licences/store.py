"""All SQL of the licences that people hold here, and of what they wish of the licence server."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from drawbridge.licences.model import Act
from drawbridge.storage.database import Database, Row, Transaction

_HOLDINGS: Final = """
SELECT owner, licence_id, document, lease, serial, added_ms, nonce, act, key_id, wish_n, next_ms,
       problem, problem_facts, told_state FROM licences
"""
_WISHES: Final = "SELECT n, owner, act, key_id, sealed, done_ms, code, facts FROM licence_wishes"
_OWN: Final = """
INSERT INTO licence_accounts (key_id, owner, mark, is_followed, problem, problem_facts, tried_ms)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key_id) DO UPDATE SET mark = excluded.mark, is_followed = excluded.is_followed,
    problem = excluded.problem, problem_facts = excluded.problem_facts,
    tried_ms = excluded.tried_ms
"""


@dataclass(frozen=True, slots=True)
class Holding:
    """A licence that a person holds here, as its row stands.

    `nonce`, `act`, `key_id` and `wish_n` are of the question under way, `nonce` empty when none
    is; `next_ms` is when to ask again.
    """

    owner: str
    licence_id: str
    document: str
    lease: str
    serial: int
    added_ms: int
    nonce: str
    act: str
    key_id: str
    wish_n: int | None
    next_ms: int
    problem: str
    problem_facts: Mapping[str, object]
    told_state: str


@dataclass(frozen=True, slots=True)
class Bound:
    """By which mark a key's account was bound, or why it was not.

    `is_followed`: another key of the same account stands there now.
    """

    key_id: str
    owner: str
    mark: str = ""
    is_followed: bool = False
    problem: str = ""
    problem_facts: Mapping[str, object] = field(default_factory=dict)
    tried_ms: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wishes of the licence server; `code` is the refusal once it is done."""

    n: int
    owner: str
    act: Act
    key_id: str = ""
    sealed: bytes | None = None
    done_ms: int | None = None
    code: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


async def find_holding(source: Database | Transaction, owner: str) -> Holding | None:
    """Find the licence that a person holds."""
    row = await source.fetch_one(f"{_HOLDINGS} WHERE owner = ?", owner)
    return None if row is None else _holding(row)


async def list_holdings(source: Database) -> tuple[Holding, ...]:
    """List all licences that are held here."""
    return tuple(map(_holding, await source.fetch_all(f"{_HOLDINGS} ORDER BY owner")))


async def list_claiming(source: Database) -> tuple[Holding, ...]:
    """List those of which an account is being claimed just now."""
    sql = f"{_HOLDINGS} WHERE nonce <> '' AND act = ? ORDER BY owner"
    return tuple(map(_holding, await source.fetch_all(sql, Act.CLAIM.value)))


async def insert_holding(
    tx: Transaction, owner: str, licence_id: str, document: str, now_ms: int
) -> None:
    """Write that a person holds a licence, in place of one that they held before."""
    await delete_holding(tx, owner)
    await tx.execute(
        "INSERT INTO licences (owner, licence_id, document, added_ms) VALUES (?, ?, ?, ?)",
        *(owner, licence_id, document, now_ms),
    )


async def delete_holding(tx: Transaction, owner: str) -> None:
    """Forget a person's licence and what was known of their accounts under it."""
    await tx.execute("DELETE FROM licences WHERE owner = ?", owner)
    await tx.execute("DELETE FROM licence_accounts WHERE owner = ?", owner)


async def write_question(
    tx: Transaction, owner: str, nonce: str, act: Act, key_id: str, wish_n: int | None
) -> None:
    """Write which question is under way."""
    await tx.execute(
        "UPDATE licences SET nonce = ?, act = ?, key_id = ?, wish_n = ? WHERE owner = ?",
        *(nonce, act.value, key_id, wish_n, owner),
    )


async def hold_question(tx: Transaction, owner: str, nonce: str) -> bool:
    """Tell whether this question is still under way, and let nobody else end it meanwhile."""
    sql = "UPDATE licences SET nonce = nonce WHERE owner = ? AND nonce = ? RETURNING owner"
    return await tx.fetch_one(sql, owner, nonce) is not None


async def write_lease(tx: Transaction, owner: str, lease: str, serial: int, next_ms: int) -> None:
    """Write a lease as the answer to the question under way."""
    await tx.execute(
        "UPDATE licences SET lease = ?, serial = ?, next_ms = ?, nonce = '', act = '', key_id = '',"
        " wish_n = NULL, problem = '', problem_facts = '{}' WHERE owner = ?",
        *(lease, serial, next_ms, owner),
    )


async def write_no(
    tx: Transaction, owner: str, code: str, facts: Mapping[str, object], next_ms: int
) -> None:
    """Write that the question under way was refused, and end it."""
    await tx.execute(
        "UPDATE licences SET nonce = '', act = '', key_id = '', wish_n = NULL, next_ms = ?,"
        " problem = ?, problem_facts = ? WHERE owner = ?",
        *(next_ms, code, _json(facts), owner),
    )


async def write_unheard(
    tx: Transaction, owner: str, code: str, facts: Mapping[str, object], next_ms: int
) -> None:
    """Write that nobody answered; the question stays as it is."""
    await tx.execute(
        "UPDATE licences SET next_ms = ?, problem = ?, problem_facts = ? WHERE owner = ?",
        *(next_ms, code, _json(facts), owner),
    )


async def ask_soon(tx: Transaction, owner: str) -> None:
    """Let whatever is to be asked be asked now: a person who wishes something waits for it."""
    await tx.execute("UPDATE licences SET next_ms = 0 WHERE owner = ? AND nonce <> ''", owner)


async def write_told_state(tx: Transaction, owner: str, state: str) -> None:
    """Write which state the person was told of."""
    await tx.execute("UPDATE licences SET told_state = ? WHERE owner = ?", state, owner)


async def list_bound(source: Database | Transaction, owner: str) -> dict[str, Bound]:
    """List what is known of a person's accounts, by key."""
    sql = "SELECT * FROM licence_accounts WHERE owner = ?"
    return {row["key_id"]: _bound(row) for row in await source.fetch_all(sql, owner)}


async def list_refused(source: Database) -> tuple[Bound, ...]:
    """List all accounts that could not be bound."""
    rows = await source.fetch_all("SELECT * FROM licence_accounts WHERE problem <> ''")
    return tuple(map(_bound, rows))


async def put_bound(tx: Transaction, bound: Bound) -> None:
    """Write what became of binding an account."""
    facts = _json(bound.problem_facts)
    tried = (int(bound.is_followed), bound.problem, facts, bound.tried_ms)
    await tx.execute(_OWN, bound.key_id, bound.owner, bound.mark, *tried)


async def mark_followed(tx: Transaction, key_id: str) -> None:
    """Write that another key of the same account stands in a key's place now."""
    await tx.execute("UPDATE licence_accounts SET is_followed = 1 WHERE key_id = ?", key_id)


async def insert_wish(
    tx: Transaction, owner: str, act: Act, key_id: str, sealed: bytes | None, now_ms: int
) -> int:
    """Write a wish and give its number."""
    row = await tx.fetch_one(
        "INSERT INTO licence_wishes (owner, act, key_id, sealed, asked_ms)"
        " VALUES (?, ?, ?, ?, ?) RETURNING n",
        *(owner, act.value, key_id, sealed, now_ms),
    )
    return int(row["n"]) if row else 0


async def find_wish(source: Database | Transaction, number: int) -> Wish | None:
    """Find a wish, also one that is done."""
    row = await source.fetch_one(f"{_WISHES} WHERE n = ?", number)
    return None if row is None else _wish(row)


async def find_next_wish(source: Database, owner: str) -> Wish | None:
    """Find the oldest wish of a person that is not done."""
    sql = f"{_WISHES} WHERE owner = ? AND done_ms IS NULL ORDER BY n LIMIT 1"
    row = await source.fetch_one(sql, owner)
    return None if row is None else _wish(row)


async def count_open_wishes(tx: Transaction, owner: str) -> int:
    """Count a person's wishes that are not done."""
    sql = "SELECT count(*) AS n FROM licence_wishes WHERE owner = ? AND done_ms IS NULL"
    row = await tx.fetch_one(sql, owner)
    return int(row["n"]) if row else 0


async def end_wish(
    tx: Transaction, number: int, code: str, facts: Mapping[str, object], now_ms: int
) -> None:
    """Write what became of a wish; what was sealed for it is erased."""
    await tx.execute(
        "UPDATE licence_wishes SET done_ms = ?, code = ?, facts = ?, sealed = NULL WHERE n = ?",
        *(now_ms, code, _json(facts), number),
    )


async def read_time(source: Database) -> tuple[int, str]:
    """Read the latest moment that was seen, and the latest list of what is revoked."""
    row = await source.fetch_one("SELECT seen_ms, revocations FROM licence_time")
    return (row["seen_ms"], row["revocations"]) if row else (0, "")


async def write_seen(tx: Transaction, seen_ms: int) -> None:
    """Write the latest moment that was seen."""
    await tx.execute("UPDATE licence_time SET seen_ms = ?", seen_ms)


async def write_revocations(tx: Transaction, document: str) -> None:
    """Write the latest list of what is revoked."""
    await tx.execute("UPDATE licence_time SET revocations = ?", document)


def glance_changes(database: Database) -> int:
    """Give the number that rises with every change of what orders are judged by, at once."""
    row = database.glance("SELECT n FROM licence_changes WHERE only_row = 1")
    return int(row["n"]) if row else 0


def _json(facts: Mapping[str, object]) -> str:
    return json.dumps(facts, default=str, sort_keys=True)


def _holding(row: Row) -> Holding:
    told = dict(row)
    return Holding(**{**told, "problem_facts": json.loads(told["problem_facts"])})


def _bound(row: Row) -> Bound:
    told = dict(row)
    told["is_followed"] = bool(told["is_followed"])
    return Bound(**{**told, "problem_facts": json.loads(told["problem_facts"])})


def _wish(row: Row) -> Wish:
    told = dict(row)
    return Wish(**{**told, "act": Act(told["act"]), "facts": json.loads(told["facts"])})
