"""All SQL of leak reports: questions to exchanges, their answers, and what of it is ours."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from drawbridge.core.orders import Fill, Order
from drawbridge.core.shards import shard_of
from drawbridge.rotation.leak import Answer, Deed, DeedKind, Gap, Inquiry, OurNames
from drawbridge.storage.database import Database, Row, Transaction
from drawbridge.vault.model import KeyRecord

_ASK: Final = """
INSERT INTO leak_inquiries (key_id, since_ms, asked_ms) VALUES (?, ?, ?)
ON CONFLICT (key_id) DO UPDATE SET
    since_ms = excluded.since_ms, asked_ms = excluded.asked_ms, answered_ms = NULL, answer = NULL
"""
_ANSWER: Final = """
UPDATE leak_inquiries SET answered_ms = ?, answer = ?
WHERE key_id = ? AND asked_ms = ? AND since_ms = ?
"""
# Another key of ours may be one of the same account, so what went through it counts as well.
_OURS: Final = """
SELECT symbol, client_order_id, exchange_order_id FROM orders
WHERE key_id IN (SELECT id FROM keys WHERE owner = ?1 AND exchange = ?2 AND venue = ?3)
AND (client_order_id IN (SELECT value FROM json_each(?4))
    OR exchange_order_id IN (SELECT value FROM json_each(?5)))
"""
_SYMBOLS: Final = """
SELECT DISTINCT symbol FROM orders
WHERE key_id IN (SELECT id FROM keys WHERE owner = ?1 AND exchange = ?2 AND venue = ?3)
"""
_REQUESTS: Final = """
SELECT crossings.virtual_id, crossings.endpoint, crossings.outcome, crossings.address,
    count(*) AS times, max(crossings.at_ms) AS last_ms
FROM crossings JOIN virtual_keys ON virtual_keys.id = crossings.virtual_id
WHERE virtual_keys.key_id = ? AND crossings.at_ms >= ?
GROUP BY crossings.virtual_id, crossings.endpoint, crossings.outcome, crossings.address
ORDER BY last_ms DESC LIMIT ?
"""


async def ask(tx: Transaction, key_id: str, since_ms: int, now_ms: int) -> None:
    """Wish for the exchange to be asked, in place of what was asked before."""
    await tx.execute(_ASK, key_id, since_ms, now_ms)
    tx.wake((shard_of(key_id),))


async def find(database: Database, key_id: str) -> Inquiry | None:
    """Find what was asked last about a key."""
    row = await database.fetch_one("SELECT * FROM leak_inquiries WHERE key_id = ?", key_id)
    return None if row is None else _inquiry(row)


async def list_open(database: Database) -> tuple[Inquiry, ...]:
    """List what nobody has answered yet, the oldest question first."""
    rows = await database.fetch_all(
        "SELECT * FROM leak_inquiries WHERE answered_ms IS NULL ORDER BY asked_ms"
    )
    return tuple(map(_inquiry, rows))


async def write_answer(tx: Transaction, inquiry: Inquiry, answer: Answer, now_ms: int) -> None:
    """Write an answer, unless something else has been asked meanwhile."""
    told = json.dumps(_written(answer), separators=(",", ":"))
    await tx.execute(_ANSWER, now_ms, told, inquiry.key_id, inquiry.asked_ms, inquiry.since_ms)


async def ours_among(database: Database, key: KeyRecord, told: Iterable[Order | Fill]) -> OurNames:
    """Tell which of these went through us, with whichever key of the same person."""
    found = [(it.client_id, it.order_id) for it in told]
    rows = await database.fetch_all(
        _OURS,
        *(key.owner, key.exchange, key.venue),
        json.dumps([client for client, _ in found if client]),
        json.dumps([order for _, order in found if order]),
    )
    return OurNames(
        frozenset(row["client_order_id"] for row in rows),
        frozenset((row["symbol"], row["exchange_order_id"]) for row in rows),
    )


async def list_symbols(database: Database, key: KeyRecord) -> tuple[str, ...]:
    """List the markets in which a person ever traded at the exchange of a key."""
    rows = await database.fetch_all(_SYMBOLS, key.owner, key.exchange, key.venue)
    return tuple(sorted(row["symbol"] for row in rows))


async def list_requests(
    database: Database, key_id: str, since_ms: int, most: int
) -> tuple[Deed, ...]:
    """List what bots asked for with a key behind them, equal requests counted."""
    rows = await database.fetch_all(_REQUESTS, key_id, since_ms, most)
    return tuple(
        Deed(
            at_ms=row["last_ms"],
            kind=DeedKind.REQUESTS,
            what=row["endpoint"],
            by=f"virtual:{row['virtual_id']}",
            name=row["outcome"],
            address=row["address"],
            times=row["times"],
        )
        for row in rows
    )


def _inquiry(row: Row) -> Inquiry:
    answer = Answer() if row["answer"] is None else _read(json.loads(row["answer"]))
    return Inquiry(row["key_id"], row["since_ms"], row["asked_ms"], row["answered_ms"], answer)


def _written(answer: Answer) -> Mapping[str, object]:
    return {
        "orders": answer.orders,
        "trades": answer.trades,
        "markets": answer.markets,
        "gaps": [[it.part, it.code, it.symbol] for it in answer.gaps],
        "foreign": [
            [it.at_ms, it.kind, it.what, it.symbol, it.side, it.quantity, it.price, it.name]
            for it in answer.foreign
        ],
    }


def _read(told: Mapping[str, Any]) -> Answer:
    return Answer(
        orders=told["orders"],
        trades=told["trades"],
        foreign=tuple(map(_foreign, told["foreign"])),
        markets=tuple(told["markets"]),
        gaps=tuple(Gap(*it) for it in told["gaps"]),
    )


def _foreign(told: list[Any]) -> Deed:
    at_ms, kind, what, symbol, side, quantity, price, name = told
    return Deed(
        at_ms=at_ms,
        kind=DeedKind(kind),
        what=what,
        symbol=symbol,
        side=side,
        quantity=quantity,
        price=price,
        name=name,
        is_foreign=True,
    )
