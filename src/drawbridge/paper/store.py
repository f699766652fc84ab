"""All SQL of the paper exchange, its lock on the folder, and the journal of commands.

One process runs a world; others may look at it and make keys for it while it runs. What
the events say is not known here: they arrive as text.
"""

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Final

import orjson

from drawbridge.core.errors import Conflict, Corrupted, DrawbridgeError
from drawbridge.paper.accounts import DrawnKey, Network
from drawbridge.paper.events import encode_batch
from drawbridge.storage import engines
from drawbridge.storage.connection import Value
from drawbridge.storage.database import Database, Row
from drawbridge.storage.rows import RowJournal

DATABASE: Final = "paper.db"
_LOCK: Final = "paper.lock"

_GATHER_S: Final = 0.002

Statement = tuple[str, Sequence[Value]]

_INSERT_BATCH: Final = "INSERT INTO paper_commands (n, batch) VALUES (?, ?)"
# Takes `[[exchange, key, nonce], …]` as JSON: one statement however many keys were used.
_NOTE_NONCES: Final = (
    "UPDATE paper_keys SET last_nonce = noted.nonce FROM"
    " (SELECT json_extract(value, '$[0]') AS exchange, json_extract(value, '$[1]') AS key,"
    " json_extract(value, '$[2]') AS nonce FROM json_each(?)) AS noted"
    " WHERE paper_keys.exchange = noted.exchange AND paper_keys.key = noted.key"
)


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as it lies in the table; `material` is what the exchange verifies with."""

    exchange_id: str
    key: str
    account: str
    label: str
    switches: frozenset[str]
    ip_list: tuple[Network, ...]
    expires_ms: int | None
    disabled: bool
    created_ms: int
    last_nonce: int
    material: str
    passphrase: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """What is on disk of a world: the last snapshot (empty: none) and the commands after it.

    `n` is the number of the last command; `batches` as `events.encode_batch` wrote them.
    """

    n: int
    snapshot: bytes
    batches: Sequence[str]


async def open_database(folder: Path) -> Database:
    """Open the state folder's database; folder and file are for their owner only."""
    await asyncio.to_thread(_make_private, folder)
    return await engines.open_database(folder / DATABASE, "paper")


def lock(folder: Path) -> int:
    """Take the folder for this process; give the descriptor, which must stay open.

    Raises: `Conflict("paper_running")`.
    """
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise Conflict("paper_running", folder=str(folder)) from None
    return descriptor


def is_locked(folder: Path) -> bool:
    """Tell whether a process runs the world of this folder."""
    try:
        os.close(lock(folder))
    except Conflict:
        return True
    return False


class PaperStore:
    """The tables of the paper exchange."""

    def __init__(self, database: Database) -> None:
        """Use this database, which has the `paper` schema."""
        self._database = database

    async def settings(self) -> dict[str, str]:
        """Read all settings of the world."""
        rows = await self._database.fetch_all("SELECT name, value FROM paper_settings")
        return {row["name"]: row["value"] for row in rows}

    async def set_setting(self, name: str, value: str) -> None:
        """Write a setting."""
        async with self._database.transaction() as it:
            await it.execute(
                "INSERT INTO paper_settings (name, value) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                name,
                value,
            )

    async def changes(self) -> int:
        """Give a number that rises with every change of accounts and keys, by whomever."""
        row = await self._database.fetch_one("SELECT n FROM paper_changes")
        return int(row["n"]) if row else 0

    async def accounts(self) -> tuple[tuple[str, int], ...]:
        """Give all accounts with the time of their opening, oldest first."""
        rows = await self._database.fetch_all(
            "SELECT id, created_ms FROM paper_accounts ORDER BY created_ms, id"
        )
        return tuple((row["id"], row["created_ms"]) for row in rows)

    async def add_account(self, account: str, now_ms: int) -> None:
        """Note an account; one that is there already stays as it is."""
        async with self._database.transaction() as it:
            await it.execute(
                "INSERT INTO paper_accounts (id, created_ms) VALUES (?, ?) ON CONFLICT DO NOTHING",
                account,
                now_ms,
            )

    async def keys(self) -> tuple[KeyRow, ...]:
        """Give all keys, oldest first."""
        rows = await self._database.fetch_all(
            "SELECT exchange, key, account, label, switches, ip_list, expires_ms, disabled,"
            " created_ms, last_nonce, material, passphrase FROM paper_keys ORDER BY created_ms"
        )
        return tuple(_key_row(row) for row in rows)

    async def add_key(self, exchange_id: str, account: str, drawn: DrawnKey, now_ms: int) -> None:
        """Store a new key."""
        shown = drawn.shown
        async with self._database.transaction() as it:
            await it.execute(
                "INSERT INTO paper_keys (exchange, key, account, label, switches, ip_list,"
                " expires_ms, created_ms, material, passphrase)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                exchange_id,
                shown.api_key,
                account,
                drawn.label,
                orjson.dumps(sorted(drawn.switches)).decode(),
                orjson.dumps([str(network) for network in drawn.ip_list]).decode(),
                drawn.expires_ms,
                now_ms,
                drawn.material.reveal(),
                None if shown.passphrase is None else shown.passphrase.reveal(),
            )

    async def set_disabled(
        self, account: str, exchange_id: str, key: str, *, disabled: bool
    ) -> bool:
        """Disable or enable a key; tell whether the account has such a key."""
        async with self._database.transaction() as it:
            changed = await it.execute(
                "UPDATE paper_keys SET disabled = ? WHERE account = ? AND exchange = ? AND key = ?",
                int(disabled),
                account,
                exchange_id,
                key,
            )
        return changed > 0

    async def delete_key(self, account: str, exchange_id: str, key: str) -> bool:
        """Delete a key; tell whether the account had such a key."""
        async with self._database.transaction() as it:
            changed = await it.execute(
                "DELETE FROM paper_keys WHERE account = ? AND exchange = ? AND key = ?",
                account,
                exchange_id,
                key,
            )
        return changed > 0

    async def told(self) -> Told:
        """Read what is on disk of the world, all of one moment."""
        # In a transaction: a running world may be taking a snapshot between two reads.
        async with self._database.transaction() as it:
            snapshot = await it.fetch_one(
                "SELECT n, state FROM paper_snapshots ORDER BY n DESC LIMIT 1"
            )
            n = snapshot["n"] if snapshot else 0
            rows = await it.fetch_all(
                "SELECT n, batch FROM paper_commands WHERE n > ? ORDER BY n", n
            )
        return Told(
            n=rows[-1]["n"] if rows else n,
            snapshot=snapshot["state"] if snapshot else b"",
            batches=[row["batch"] for row in rows],
        )


class CommandLog:
    """Commands on their way to the disk.

    `append` is for the hot path and only queues; `durable` returns once all that was queued
    before is on disk. While one batch is being written, the next one gathers.
    """

    def __init__(self, journal: RowJournal, n: int) -> None:
        """Go on after command number `n`."""
        self._journal = journal
        self._loop = asyncio.get_running_loop()
        self._n = n
        self._commands: list[tuple[str, str]] = []
        self._nonces: dict[tuple[str, str], int] = {}
        self._others: list[Statement] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._writing: list[asyncio.Future[None]] = []
        self._in_flight = False
        self._expected = 1
        self._company: asyncio.Future[None] | None = None
        self._writer: asyncio.Task[None] | None = None
        self.failure: DrawbridgeError | None = None

    @property
    def n(self) -> int:
        """Give the number of the last command."""
        return self._n

    def append(self, exchange_id: str, events: str) -> None:
        """Queue the events of one command."""
        self._n += 1
        self._commands.append((exchange_id, events))

    def note_nonce(self, exchange_id: str, key: str, nonce: int) -> None:
        """Queue the last nonce of a key."""
        self._nonces[exchange_id, key] = nonce

    def snapshot(self, state: bytes) -> None:
        """Queue a snapshot of everything up to now; what it sums up is let go of."""
        self._others += (
            ("INSERT INTO paper_snapshots (n, state) VALUES (?, ?)", (self._n, state)),
            ("DELETE FROM paper_snapshots WHERE n < ?", (self._n,)),
            ("DELETE FROM paper_commands WHERE n <= ?", (self._n,)),
        )

    async def durable(self) -> None:
        """Return once everything queued so far is on disk. Raises: `Corrupted`."""
        if self.failure is not None:
            raise self.failure
        queued = self._commands or self._nonces or self._others
        if not queued and not self._in_flight:
            return
        done: asyncio.Future[None] = self._loop.create_future()
        (self._waiting if queued else self._writing).append(done)
        if self._writer is None:
            self._writer = self._loop.create_task(self._write())
        elif self._company is not None and len(self._waiting) >= self._expected:
            _let_go(self._company)
        await done

    async def close(self) -> None:
        """Write what is queued and stop."""
        try:
            await self.durable()
        finally:
            await self._journal.close()

    async def _write(self) -> None:
        while self._commands or self._nonces or self._others:
            rows = self._take()
            self._writing, self._waiting = self._waiting, []
            self._in_flight = True
            try:
                await self._journal.write_many(rows)
            except (DrawbridgeError, sqlite3.Error) as error:
                # Memory is ahead of the disk now; nothing may be promised any more.
                self.failure = Corrupted("paper_journal_failed", cause=type(error).__name__)
                self._tell((*self._writing, *self._waiting), self.failure)
                return
            self._in_flight = False
            # Whoever is answered now may come again, and some have come meanwhile.
            self._expected = len(self._writing) + len(self._waiting)
            self._tell(self._writing, None)
            self._writing = []
            if self._expected > 1:
                await self._gather()
        self._writer = None

    async def _gather(self) -> None:
        """Wait until as many have come as trade at the moment, but not for long.

        Why: one commit for many costs a fraction of many commits, and whoever was answered
        mostly asks again at once. Who is alone never waits.
        """
        if len(self._waiting) >= self._expected:
            return
        self._company = self._loop.create_future()
        timer = self._loop.call_later(_GATHER_S, _let_go, self._company)
        await self._company
        timer.cancel()
        self._company = None

    def _take(self) -> list[Statement]:
        rows: list[Statement] = []
        if self._commands:
            rows.append((_INSERT_BATCH, (self._n, encode_batch(self._commands))))
            self._commands = []
        if self._nonces:
            # As texts: a nonce may be larger than any number of the database.
            noted = [(*name, str(nonce)) for name, nonce in self._nonces.items()]
            rows.append((_NOTE_NONCES, (orjson.dumps(noted).decode(),)))
            self._nonces = {}
        # After the commands: a snapshot takes the place of all that came before it.
        rows += self._others
        self._others = []
        return rows

    @staticmethod
    def _tell(waiting: Sequence[asyncio.Future[None]], error: DrawbridgeError | None) -> None:
        for future in waiting:
            if future.done():  # cancelled, and does not wait any more
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)


def _let_go(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    database = folder / DATABASE
    database.touch(mode=0o600)
    database.chmod(0o600)


def _key_row(row: Row) -> KeyRow:
    return KeyRow(
        exchange_id=row["exchange"],
        key=row["key"],
        account=row["account"],
        label=row["label"],
        switches=frozenset(orjson.loads(row["switches"])),
        ip_list=tuple(ip_network(text) for text in orjson.loads(row["ip_list"])),
        expires_ms=row["expires_ms"],
        disabled=bool(row["disabled"]),
        created_ms=row["created_ms"],
        last_nonce=int(row["last_nonce"]),
        material=row["material"],
        passphrase=row["passphrase"],
    )
