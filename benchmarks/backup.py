"""A backup of a house with 100,000 keys: time, size, verify, restore, and flipped bits found.

The reference is what people do without it: a consistent copy of the database by SQLite itself,
written into a plain tar file, which is neither sealed nor proven, and taken out of it again. What
verifying costs has no counterpart there: a tar file proves nothing.
"""

import asyncio
import os
import random
import sqlite3
import tarfile
import tempfile
import time
from collections import deque
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from benchmarks.measure import Result
from drawbridge.app.backup import Wish
from drawbridge.app.backup_reading import check_file, verify
from drawbridge.app.backup_restoring import restore
from drawbridge.app.build import House, open_house
from drawbridge.app.data_folder import database_file
from drawbridge.app.settings import Settings
from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append_all
from drawbridge.audit.tags import Tag
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import Binding, VaultPublicKey, seal
from drawbridge.sealing.recovery import RecoveryKey
from drawbridge.sealing.stream import read_sealed
from drawbridge.storage.copying import copy_database
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.unlock import Wish as VaultWish
from drawbridge.vault.unlock import read_vault_key
from tests.kit.holding import held_here

KEYS: Final = int(os.environ.get("BACKUP_KEYS", "100000"))
_FIELDS: Final = ("api_key", "api_secret")
_FLIPS: Final = 24
_BATCH: Final = 5_000
_KEY: Final = """
INSERT INTO keys (id, owner, exchange, venue, label, label_folded, public_key, status, created_ms)
VALUES (?, ?, 'binance', 'paper', ?, ?, ?, 'enabled', ?)
"""
_SEALED: Final = "INSERT INTO key_secrets (key_id, field, version, sealed) VALUES (?, ?, 1, ?)"


@dataclass
class _Times:
    """How long each step took, in seconds."""

    made: float = 0.0
    checked: float = 0.0
    verified: float = 0.0
    restored: float = 0.0
    reference_made: float = 0.0
    reference_restored: float = 0.0


def run() -> list[Result]:
    """Measure it once: it takes minutes to furnish."""
    return asyncio.run(_run())


async def _run() -> list[Result]:
    with tempfile.TemporaryDirectory() as name:
        folder, times = Path(name), _Times()
        async with open_house(Settings(folder / "data")) as opened:
            house = held_here(opened)
            owner = await _furnish(house)
            text = await house.safe_keeping.make_recovery_key(owner)
            recovery = RecoveryKey.read(text)
            begun = time.perf_counter()
            made = await house.safe_keeping.make(owner, folder, Wish())
            times.made = time.perf_counter() - begun
            _reference(house, folder, times)
            database_bytes = await asyncio.to_thread(_size, database_file(house.settings))
        file = folder / made.name
        await _read(file, recovery, folder, times)
        found = await asyncio.to_thread(_flip, file, recovery)
    megabytes, whole = made.size_bytes / 1e6, database_bytes / 1e6
    return [
        Result(
            "backup",
            f"make, {KEYS:,} keys",
            times.made / times.reference_made,
            None,
            f"{times.made:.1f} s against {times.reference_made:.1f} s of copy and tar;"
            f" {megabytes:.0f} MB of {whole:.0f} MB",
            at_least=False,
        ),
        Result(
            "backup",
            "restore, all of it proven first",
            times.restored / times.reference_restored,
            None,
            f"{times.restored:.1f} s against {times.reference_restored:.1f} s of taking it out;"
            f" verify {times.verified:.1f} s, without the key {times.checked:.1f} s",
            at_least=False,
        ),
        Result("backup", "flipped bits found", found / _FLIPS, 1, f"{found} of {_FLIPS}"),
    ]


async def _furnish(house: House) -> str:
    password = Secret("seven quiet herons at dusk")
    owner = await house.accounts.create_owner("Ada", password, first=True)
    holder = KeyHolder(house.database, house.clock, house.settings.vault_key)
    await holder.start()
    await house.door.ask(owner.id, VaultWish.CREATE, None)
    await holder.answer()
    public, now_ms = await read_vault_key(house.database), house.clock.now_ms()
    for begin in range(0, KEYS, _BATCH):
        numbers = range(begin, min(begin + _BATCH, KEYS))
        sealed = [_sealed(public, owner.id, n, field) for n in numbers for field in _FIELDS]
        labels = {n: f"Account {n}" for n in numbers}
        async with house.database.transaction() as tx:
            keys = [
                (_id(n), owner.id, labels[n], labels[n].casefold(), f"{n:064d}", now_ms)
                for n in numbers
            ]
            await tx.execute_many(_KEY, keys)
            await tx.execute_many(_SEALED, sealed)
            events = [AuditEvent(Tag.VAULT_KEY_ADDED, owner.id, _id(n)) for n in numbers]
            await append_all(tx, events, now_ms)
    await holder.stop()
    return owner.id


def _id(number: int) -> str:
    return f"key_{number:016d}"


def _sealed(public: VaultPublicKey, owner: str, number: int, field: str) -> tuple[str, str, bytes]:
    binding = Binding(owner, "binance", _id(number), field, 1, "paper")
    secret = Secret(f"{number:064d}")
    return _id(number), field, seal(public, secret, binding)


def _reference(house: House, folder: Path, times: _Times) -> None:
    copy, archive = folder / "copy.db", folder / "plain.tar"
    begun = time.perf_counter()
    copy_database(house.settings.database, copy)
    with tarfile.open(archive, "w") as tar:
        tar.add(copy, "drawbridge.db")
    times.reference_made = time.perf_counter() - begun
    begun = time.perf_counter()
    with tarfile.open(archive) as tar:
        tar.extractall(folder / "plain", filter="data")
    with closing(sqlite3.connect(folder / "plain" / "drawbridge.db")) as opened:
        opened.execute("SELECT count(*) FROM keys").fetchone()
    times.reference_restored = time.perf_counter() - begun


async def _read(file: Path, recovery: RecoveryKey, folder: Path, times: _Times) -> None:
    begun = time.perf_counter()
    await check_file(file)
    times.checked = time.perf_counter() - begun
    begun = time.perf_counter()
    contents = await verify(file, recovery)
    times.verified = time.perf_counter() - begun
    if contents.keys != KEYS:
        message = f"{contents.keys} keys in the backup, and not {KEYS}"
        raise RuntimeError(message)
    begun = time.perf_counter()
    await restore(file, recovery, Settings(folder / "restored"))
    times.restored = time.perf_counter() - begun


def _flip(file: Path, recovery: RecoveryKey) -> int:
    """Flip bits here and there, one at a time, and count how many are found."""
    dice, found = random.Random(7), 0
    with file.open("r+b") as changed:
        length = changed.seek(0, os.SEEK_END)
        for _ in range(_FLIPS):
            at, bit = dice.randrange(length), 1 << dice.randrange(8)
            _flip_at(changed.fileno(), at, bit)
            found += _is_found(changed, recovery)
            _flip_at(changed.fileno(), at, bit)
    return found


def _is_found(changed: BinaryIO, recovery: RecoveryKey) -> bool:
    changed.seek(0)
    try:
        deque(read_sealed(changed, recovery), maxlen=0)
    except DrawbridgeError:
        return True
    return False


def _flip_at(descriptor: int, at: int, bit: int) -> None:
    (value,) = os.pread(descriptor, 1, at)
    os.pwrite(descriptor, bytes([value ^ bit]), at)


def _size(path: Path) -> int:
    return sum(it.stat().st_size for it in path.parent.glob(f"{path.name}*"))
