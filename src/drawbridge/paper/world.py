"""The world of the paper exchanges: all of them over one ledger, alive and on disk.

`carry_out` is the hot path: it judges, applies and queues, all in memory and without waiting;
`durable` is awaited before anything is promised to a client. People and their passwords are the
accounts package's business; wires and signatures belong to the exchanges' folders.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar

from drawbridge.catalogue.forms import Entropy
from drawbridge.catalogue.registry import Exchange
from drawbridge.core.clock import Clock
from drawbridge.core.errors import NotFound
from drawbridge.core.markets import Markets
from drawbridge.core.operations import Balance, Operation
from drawbridge.paper.accounts import PaperKey
from drawbridge.paper.desk import Desk, Witness
from drawbridge.paper.keys import PaperKeys, Surroundings
from drawbridge.paper.ledger import Proof
from drawbridge.paper.rules import atoms_of
from drawbridge.paper.setting_up import (
    USUAL_SCENERY,
    Built,
    Scenery,
    build,
    read_pace,
    relive,
    settle_pace,
    settle_replays,
    settle_rules,
)
from drawbridge.paper.snapshot import encode_state
from drawbridge.paper.store import DATABASE, CommandLog, PaperStore, lock, open_database
from drawbridge.paper.stream_tokens import StreamTokens
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_journal

Answer = TypeVar("Answer")

# What a newcomer gets to play with, of each currency that any of the exchanges knows.
DEMO_BALANCES: Final = {
    "USD": Decimal(100_000),
    "USDT": Decimal(100_000),
    "USDC": Decimal(100_000),
    "BTC": Decimal(2),
    "ETH": Decimal(20),
    "XRP": Decimal(50_000),
    "SOL": Decimal(500),
    "DOGE": Decimal(200_000),
}

_SNAPSHOT_EVERY: Final = 20_000


class PaperWorld:
    """The running world. One process at a time may run the world of a folder."""

    def __init__(self, built: Built, log: CommandLog, keys: PaperKeys, database: Database) -> None:
        """Join the parts; `open` makes them."""
        self.keys = keys
        self.database = database
        self.stream_tokens = StreamTokens(keys.entropy)
        self._state = built.state
        self._desk = Desk(built, log.append)
        self._log = log
        self._store = PaperStore(database)
        self._markets: dict[str, Markets] = {}
        self._lock = -1
        self._changes = -1
        self._taking_in = asyncio.Lock()
        self._snapshot_n = log.n

    @classmethod
    async def open(
        cls,
        folder: Path,
        exchanges: Sequence[Exchange],
        clock: Clock,
        entropy: Entropy,
        *,
        scenery: Scenery = USUAL_SCENERY,
    ) -> "PaperWorld":
        """Go on where the folder's world stood, or begin one.

        Raises: `Conflict("paper_running")`, `Conflict("paper_rules_changed")`, `Corrupted`.
        """
        database = await open_database(folder)
        descriptor = -1
        try:
            descriptor = lock(folder)
            store, now_ms = PaperStore(database), clock.now_ms()
            built = build(
                exchanges,
                await settle_pace(store, now_ms, scenery.speed),
                quoting=scenery.quoting,
                replays=await settle_replays(store, scenery, now_ms),
            )
            await settle_rules(store, built.state)
            told = await store.told()
            relive(built.state, told)
            by_id = {exchange.card.id: exchange for exchange in exchanges}
            keys = PaperKeys(store, by_id, Surroundings(clock, entropy))
            log = CommandLog(open_journal(folder / DATABASE), told.n)
        except BaseException:
            await database.close()
            _unlock(descriptor)
            raise
        world = cls(built, log, keys, database)
        world._lock = descriptor
        world._markets = {exchange.card.id: exchange.card.markets() for exchange in exchanges}
        await world.refresh()
        return world

    def markets(self, exchange_id: str) -> Markets:
        """Give an exchange's markets. Raises: `NotFound("unknown_exchange")`."""
        markets = self._markets.get(exchange_id)
        if markets is None:
            raise NotFound("unknown_exchange", exchange=exchange_id[:32])
        return markets

    def watch(self, witness: Witness) -> None:
        """Tell a witness of every event from now on, the moment it has happened.

        It has not reached the disk then: nobody may be told of it before `durable` returns.
        """
        self._desk.witness = witness

    def raise_nonce(self, key: PaperKey, nonce: int) -> None:
        """Let a key be used with higher nonces only; `durable` tells when that is on disk."""
        key.last_nonce = nonce
        self._log.note_nonce(key.exchange_id, key.key, nonce)

    def carry_out(
        self, exchange_id: str, account: str | None, operation: Operation[Answer], now_ms: int
    ) -> Answer:
        """Carry out one operation at once; `durable` tells when it is on disk.

        Raises: the errors whose codes every exchange can speak; `Corrupted` once the disk failed.
        """
        if self._log.failure is not None:
            raise self._log.failure
        return self._desk.carry_out(exchange_id, account, operation, now_ms)

    def advance(self, now_ms: int) -> None:
        """Let resting orders meet the moving price."""
        if self._log.failure is None:
            self._desk.advance(now_ms)

    async def durable(self) -> None:
        """Return once everything carried out so far is on disk. Raises: `Corrupted`."""
        await self._log.durable()

    async def refresh(self) -> None:
        """Take in what other processes wrote, and put on disk what nobody is waiting for."""
        # One at a time: whoever comes second must find everything taken in, not half of it.
        async with self._taking_in:
            changes = await self._store.changes()
            if changes != self._changes:
                index = await self.keys.read()
                for account, opened_ms in await self._store.accounts():
                    self._desk.open_account(account, self._demo(), opened_ms)
                # Only now: whoever finds a key must find its account open.
                self.keys.use(index)
                self._changes = changes
        await self.durable()
        if self._log.n - self._snapshot_n >= _SNAPSHOT_EVERY:
            await self._take_snapshot()

    async def open_account(self, account: str, now_ms: int) -> None:
        """Open a person's account with demo balances; one that is open stays as it is."""
        await self._store.add_account(account, now_ms)
        self._desk.open_account(account, self._demo(), now_ms)
        await self._log.durable()

    def balances(self, account: str) -> tuple[Balance, ...]:
        """Give what an account has of every currency."""
        return self._state.balances(account)

    def books_balance(self) -> tuple[Proof, ...]:
        """Prove for every currency that no money was made or lost."""
        return self._state.ledger.prove(self._state.places)

    async def close(self) -> None:
        """Put everything on disk and let go of the folder."""
        try:
            if self._log.failure is None and self._log.n > self._snapshot_n:
                await self._take_snapshot()
        finally:
            await self._log.close()
            await self.database.close()
            _unlock(self._lock)

    async def _take_snapshot(self) -> None:
        # The state is written down in one go, so that no command can slip in between.
        self._log.snapshot(encode_state(self._state))
        self._snapshot_n = self._log.n
        await self._log.durable()

    def _demo(self) -> list[tuple[str, int]]:
        places = self._state.places
        return [
            (code, atoms_of(amount, places[code]))
            for code, amount in DEMO_BALANCES.items()
            if code in places
        ]


@dataclass(frozen=True, slots=True)
class Books:
    """A world's books as they are on disk: who has what, and the proof."""

    balances: dict[str, tuple[Balance, ...]]
    proofs: tuple[Proof, ...]


async def read_books(folder: Path, exchanges: Sequence[Exchange], now_ms: int) -> Books:
    """Add up the books from the disk, also while another process runs the world.

    Raises: `NotFound("no_paper_state")`, `Corrupted`.
    """
    if not (folder / DATABASE).is_file():
        raise NotFound("no_paper_state", folder=str(folder))
    database = await open_database(folder)
    try:
        store = PaperStore(database)
        state = build(exchanges, await read_pace(store, now_ms)).state
        relive(state, await store.told())
    finally:
        await database.close()
    balances = {account: state.balances(account) for account in state.accounts}
    return Books(balances, state.ledger.prove(state.places))


def _unlock(descriptor: int) -> None:
    if descriptor >= 0:
        os.close(descriptor)
