"""All SQL about accounts' past: their snapshots, kept and thinned out."""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Final

import orjson

from drawbridge.core.clock import DAY_MS, HOUR_MS
from drawbridge.core.money import plain
from drawbridge.statistics.account import Held, Snapshot
from drawbridge.storage.database import Database, Row

ALL_KEPT_MS: Final = 90 * DAY_MS
"""For how long every snapshot is kept; of older ones the last of each day stays."""

COARSE_MS: Final = 6 * HOUR_MS
"""Of so long a time one snapshot is read where a glance is enough."""


class SnapshotStore:
    """Accounts' snapshots as they are on disk."""

    def __init__(self, database: Database) -> None:
        """Use the app's database."""
        self._database = database

    async def list_of(self, key_id: str) -> tuple[Snapshot, ...]:
        """Give all snapshots of a key's account, oldest first."""
        rows = await self._database.fetch_all(
            "SELECT * FROM account_snapshots WHERE key_id = ? ORDER BY at_ms", key_id
        )
        return tuple(_snapshot(row) for row in rows)

    async def list_of_all(
        self, key_ids: Collection[str], since_ms: int = 0
    ) -> Mapping[str, tuple[Snapshot, ...]]:
        """Give the snapshots of several keys' accounts since a moment, each oldest first.

        Every account's last snapshot before that moment is among them: what came after it began
        there.
        """
        rows = await self._database.fetch_all(
            "SELECT account_snapshots.* FROM json_each(?) AS keys JOIN account_snapshots"
            " ON key_id = keys.value WHERE at_ms >= coalesce((SELECT max(at_ms)"
            " FROM account_snapshots AS before WHERE before.key_id = keys.value"
            " AND before.at_ms <= ?), 0) ORDER BY key_id, at_ms",
            orjson.dumps(list(key_ids)).decode(),
            since_ms,
        )
        return _by_key(key_ids, rows)

    async def list_coarse(
        self, key_ids: Collection[str], since_ms: int, fine_from_ms: int
    ) -> Mapping[str, tuple[Snapshot, ...]]:
        """Give as `list_of_all`, but before a moment only a few a day, and no unsettled ones.

        Why: what is between two snapshots without a transfer multiplies up to the same return
        whether the ones between are there or not; those around a transfer stay.
        """
        rows = await self._database.fetch_all(
            "SELECT * FROM (SELECT account_snapshots.*, lead(at_ms) OVER later AS next_ms,"
            " lead(transfers) OVER later AS next_transfers"
            " FROM json_each(?) AS keys JOIN account_snapshots ON key_id = keys.value"
            " WHERE settled_ms IS NOT NULL AND at_ms >= coalesce((SELECT max(at_ms)"
            " FROM account_snapshots AS before WHERE before.key_id = keys.value"
            " AND before.at_ms <= ?), 0)"
            " WINDOW later AS (PARTITION BY key_id ORDER BY at_ms))"
            " WHERE at_ms <= ? OR at_ms >= ? OR transfers <> '{}' OR next_transfers <> '{}'"
            " OR next_ms IS NULL OR next_ms / ? > at_ms / ? ORDER BY key_id, at_ms",
            orjson.dumps(list(key_ids)).decode(),
            *(since_ms, since_ms, fine_from_ms, COARSE_MS, COARSE_MS),
        )
        return _by_key(key_ids, rows)

    async def newest_of(self, key_ids: Collection[str]) -> tuple[int, int]:
        """Tell how many snapshots there are of these accounts, and when the newest was taken."""
        row = await self._database.fetch_one(
            "SELECT count(*) AS many, coalesce(max(at_ms), 0) AS newest_ms FROM account_snapshots"
            " WHERE key_id IN (SELECT value FROM json_each(?))",
            orjson.dumps(list(key_ids)).decode(),
        )
        return (0, 0) if row is None else (row["many"], row["newest_ms"])

    async def find_last_ms(self, key_id: str) -> int | None:
        """Give when the newest snapshot was taken."""
        row = await self._database.fetch_one(
            "SELECT max(at_ms) FROM account_snapshots WHERE key_id = ?", key_id
        )
        return None if row is None else row[0]

    async def find_settled(self, key_id: str) -> Snapshot | None:
        """Give the newest snapshot of which all trades are known."""
        row = await self._database.fetch_one(
            "SELECT * FROM account_snapshots WHERE key_id = ? AND settled_ms IS NOT NULL"
            " ORDER BY at_ms DESC LIMIT 1",
            key_id,
        )
        return None if row is None else _snapshot(row)

    async def keep(self, key_id: str, snapshot: Snapshot) -> None:
        """Keep a snapshot, and thin out those that are old enough.

        Why: what is between two snapshots without a transfer multiplies up to the same return
        whether the ones between are there or not; those around a transfer must stay.
        """
        async with self._database.lane() as tx:
            await tx.execute(
                "INSERT INTO account_snapshots VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (key_id, at_ms) DO UPDATE SET currency = excluded.currency,"
                " held = excluded.held, settled_ms = excluded.settled_ms,"
                " transfers = excluded.transfers, wallets = excluded.wallets",
                key_id,
                snapshot.at_ms,
                snapshot.currency,
                orjson.dumps(_told_held(snapshot.held)).decode(),
                snapshot.settled_ms,
                _told(snapshot.transfers),
                _told(snapshot.wallets),
            )
            await tx.execute(
                "DELETE FROM account_snapshots AS old WHERE key_id = ? AND at_ms < ?"
                " AND transfers = '{}'"
                # Midnight is the end of its day, as everywhere in statistics.
                " AND EXISTS (SELECT 1 FROM account_snapshots AS later"
                "  WHERE later.key_id = old.key_id AND later.at_ms > old.at_ms"
                "  AND (later.at_ms - 1) / ? = (old.at_ms - 1) / ?"
                "  AND (later.settled_ms IS NULL) <= (old.settled_ms IS NULL))"
                " AND NOT EXISTS (SELECT 1 FROM account_snapshots AS next"
                "  WHERE next.key_id = old.key_id AND next.transfers <> '{}' AND next.at_ms ="
                "  (SELECT min(at_ms) FROM account_snapshots AS after"
                "   WHERE after.key_id = old.key_id AND after.at_ms > old.at_ms"
                "   AND after.settled_ms IS NOT NULL))"
                " AND at_ms > (SELECT min(at_ms) FROM account_snapshots WHERE key_id = old.key_id)",
                key_id,
                snapshot.at_ms - ALL_KEPT_MS,
                DAY_MS,
                DAY_MS,
            )


def _told_held(held: Mapping[str, Held]) -> dict[str, list[str | None]]:
    return {
        name: [plain(it.amount), None if it.value is None else plain(it.value)]
        for name, it in held.items()
    }


def _by_key(key_ids: Collection[str], rows: Iterable[Row]) -> Mapping[str, tuple[Snapshot, ...]]:
    found: dict[str, list[Snapshot]] = {key_id: [] for key_id in key_ids}
    for row in rows:
        found[row["key_id"]].append(_snapshot(row))
    return {key_id: tuple(snapshots) for key_id, snapshots in found.items()}


def _snapshot(row: Row) -> Snapshot:
    held = {
        name: Held(Decimal(amount), None if value is None else Decimal(value))
        for name, (amount, value) in orjson.loads(row["held"]).items()
    }
    return Snapshot(
        row["at_ms"],
        row["currency"],
        held,
        row["settled_ms"],
        _amounts(row["transfers"]),
        _amounts(row["wallets"]),
    )


def _told(amounts: Mapping[str, Decimal]) -> str:
    return orjson.dumps({name: plain(it) for name, it in amounts.items()}).decode()


def _amounts(told: str) -> dict[str, Decimal]:
    return {name: Decimal(it) for name, it in orjson.loads(told).items()}
