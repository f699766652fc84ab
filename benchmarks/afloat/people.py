"""Who lives in the simulator: owners, keys with sealed secrets, accounts at the exchange, robots.

Written into the real tables by the thousand, as many small transactions would write them.
"""

import asyncio
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from benchmarks.afloat.worker import EXCHANGE
from drawbridge.app.clock import SystemClock, entropy
from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.clock import HOUR_MS, MINUTE_MS
from drawbridge.core.ids import KeyId, OwnerId
from drawbridge.core.operations import Scope
from drawbridge.core.secret import Secret
from drawbridge.core.shards import shard_of
from drawbridge.paper import store as paper_store
from drawbridge.paper.accounts import KeyWish, draw_key, switches_for
from drawbridge.robots import store as robot_store
from drawbridge.robots.model import Plan, Robot, RobotStatus, Trigger
from drawbridge.sealing.envelope import VaultPublicKey, seal
from drawbridge.storage.database import Database
from drawbridge.vault.model import KeyRecord, KeyStatus, Venue
from drawbridge.vault.service import binding_of

SYMBOL: Final = "BTC/USDT"
_AMOUNT: Final = "50"
_CHUNK: Final = 1_000
_FAST: Final = 8
_SLOW: Final = 32
_RIGHTS: Final = frozenset({Scope.READ, Scope.TRADE_SPOT})
_OWNER: Final = """
INSERT INTO owners (id, name, name_folded, password_hash, created_ms) VALUES (?, ?, ?, 'none', ?)
"""
_KEY: Final = """
INSERT INTO keys (id, owner, exchange, venue, label, label_folded, public_key, status, scopes,
                  created_ms, checked_ms, check_proof, shard)
VALUES (?, ?, ?, 'paper', ?, ?, ?, ?, ?, ?, ?, 'skip', ?)
"""
_SECRET: Final = "INSERT INTO key_secrets (key_id, field, version, sealed) VALUES (?, ?, 1, ?)"
_SEAT: Final = """
INSERT INTO robot_accounts (robot_id, key_id, place, amount, status, changed_ms)
VALUES (?, ?, ?, ?, 'started', ?)
"""
_PAPER_ACCOUNT: Final = "INSERT INTO paper_accounts (id, created_ms) VALUES (?, ?)"
_PAPER_KEY: Final = """
INSERT INTO paper_keys (exchange, key, account, label, switches, ip_list, created_ms, material)
VALUES (?, ?, ?, ?, ?, '[]', ?, ?)
"""


@dataclass(frozen=True, slots=True)
class Living:
    """One account: its key here, and what it is called at the exchange."""

    key_id: KeyId
    api_key: str
    secret: str

    @property
    def account(self) -> str:
        """Give the account's name at the exchange."""
        return f"account-{self.key_id}"


def draw_accounts(count: int) -> Sequence[Living]:
    """Draw so many accounts with a key each."""
    exchange, now_ms = get_exchange(EXCHANGE), SystemClock().now_ms()
    wish, drawn = KeyWish(EXCHANGE, switches=switches_for(exchange.card, _RIGHTS)), []
    for number in range(count):
        shown = draw_key(exchange, wish, entropy, now_ms).shown
        secret = shown.api_secret.reveal() if shown.api_secret else ""
        drawn.append(Living(KeyId(f"key_{number:016x}"), shown.api_key, secret))
    return drawn


async def settle_at_exchange(state: Path, living: Sequence[Living]) -> None:
    """Write accounts and keys down at the paper exchange."""
    database, now_ms = await paper_store.open_database(state), SystemClock().now_ms()
    card = get_exchange(EXCHANGE).card
    switches = json.dumps(sorted(card.with_needed(switches_for(card, _RIGHTS))))
    try:
        async with database.transaction() as tx:
            await tx.execute_many(_PAPER_ACCOUNT, [(it.account, now_ms) for it in living])
            rows = [
                (EXCHANGE, it.api_key, it.account, "Fleet", switches, now_ms, it.secret)
                for it in living
            ]
            await tx.execute_many(_PAPER_KEY, rows)
    finally:
        await database.close()


async def settle(
    database: Database,
    public: VaultPublicKey,
    living: Sequence[Living],
    robots: int,
    trigger: Trigger,
) -> Sequence[Robot]:
    """Write owners, each with a robot and a share of the accounts; gives the robots."""
    now_ms, made = SystemClock().now_ms(), []
    each = -(-len(living) // robots)
    for number, own in enumerate(_chunks(iter(living), each)):
        made.append(_robot(number, _plan(number, trigger), now_ms))
        await _settle_owner(database, public, made[-1], own, now_ms)
    return made


async def _settle_owner(
    database: Database, public: VaultPublicKey, robot: Robot, own: Sequence[Living], now_ms: int
) -> None:
    async with database.transaction() as tx:
        await tx.execute(_OWNER, robot.owner, robot.owner, robot.owner, now_ms)
        await robot_store.insert(tx, robot)
    places = itertools.count()
    for chunk in _chunks(iter(own), _CHUNK):
        # Beforehand: nobody may be in a transaction for as long as this takes.
        sealed = await asyncio.to_thread(_sealed, public, robot.owner, chunk, now_ms)
        async with database.transaction() as tx:
            await tx.execute_many(_KEY, [_key_row(it, robot.owner, now_ms) for it in chunk])
            await tx.execute_many(_SECRET, sealed)
            seats = [(robot.id, it.key_id, next(places), _AMOUNT, now_ms) for it in chunk]
            await tx.execute_many(_SEAT, seats)


def _plan(number: int, trigger: Trigger) -> Plan:
    """Give the plan of a robot; those that decide at candles look each in its own way."""
    is_by_candle = trigger is Trigger.CANDLE
    fast, slow = (number % _FAST, number // _FAST % _SLOW) if is_by_candle else (0, 0)
    return Plan(
        stakes=(),
        exchange=EXCHANGE,
        venue=Venue.PAPER,
        symbol=SYMBOL,
        interval_ms=MINUTE_MS if is_by_candle else HOUR_MS,
        strategy="ema_cross",
        settings={"fast": 2 + fast, "slow": 2 + _FAST + slow},
        trigger=trigger,
    )


def _robot(number: int, plan: Plan, now_ms: int) -> Robot:
    return Robot(
        id=f"robot_{number:016x}",
        owner=f"owner_{number:016x}",
        name="Fleet",
        plan=plan,
        created_ms=now_ms,
        changed_ms=now_ms,
        accounts=(),
        status=RobotStatus.STARTED,
    )


def _key_row(it: Living, owner: str, now_ms: int) -> tuple[str | int, ...]:
    scopes = " ".join(sorted(_RIGHTS))
    named = (it.key_id, owner, EXCHANGE, it.key_id, it.key_id, it.api_key)
    return (*named, KeyStatus.ENABLED, scopes, now_ms, now_ms, shard_of(it.key_id))


def _sealed(
    public: VaultPublicKey, owner: str, chunk: Sequence[Living], now_ms: int
) -> Sequence[tuple[str, str, bytes]]:
    rows = []
    for it in chunk:
        key = KeyRecord(
            id=it.key_id,
            owner=OwnerId(owner),
            exchange=EXCHANGE,
            venue=Venue.PAPER,
            label="Fleet",
            public_key=it.api_key,
            status=KeyStatus.ENABLED,
            created_ms=now_ms,
        )
        for field, text in (("api_key", it.api_key), ("api_secret", it.secret)):
            rows.append((it.key_id, field, seal(public, Secret(text), binding_of(key, field))))
    return rows


def _chunks(living: Iterator[Living], size: int) -> Iterator[Sequence[Living]]:
    while chunk := list(islice(living, size)):
        yield chunk
