"""The holder of the vault's private key: lives in the gateway's process and nowhere else.

It publishes a key of its own for passphrases, answers wishes to create, unlock or replace, and
tells in the database how the vault stands. Wishes are made through `unlock`. Of several workers
one does so, and the others follow: each opens the key file by itself, and reads it again when it
has changed.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.cluster.share import WHOLE, Share
from drawbridge.core.clock import SECOND_MS, Clock
from drawbridge.core.errors import Conflict, Corrupted, DrawbridgeError, Forbidden, NotFound
from drawbridge.core.secret import Secret
from drawbridge.sealing.keepers import KEEPERS, Keeper
from drawbridge.sealing.key_file import (
    OPEN,
    STRETCHED,
    Wrapping,
    drop_older,
    found_under,
    nothing,
    read_key_file,
    under,
)
from drawbridge.sealing.keyring import Keyring
from drawbridge.storage.database import Database, Row, Transaction
from drawbridge.vault.rotations import begin_rotation, end_rotation, find_rotation
from drawbridge.vault.unlock import (
    KEY_FILE,
    PASSPHRASE,
    VaultStatus,
    Wish,
    read_keep_wish,
    request_binding,
)

_log: Final = logging.getLogger(__name__)
_AGAIN_MS: Final = 15 * SECOND_MS
_TELL: Final = """
INSERT INTO vault_state
    (only_row, state, public_key, error, error_facts, holder_key, wrap, updated_ms)
VALUES (1, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (only_row) DO UPDATE SET state = excluded.state,
    public_key = coalesce(excluded.public_key, vault_state.public_key),
    error = excluded.error, error_facts = excluded.error_facts,
    holder_key = excluded.holder_key, wrap = excluded.wrap, updated_ms = excluded.updated_ms
"""
_GONE: Final = """
UPDATE vault_state SET holder_key = NULL, state = iif(state = 'open', 'locked', state)
"""
# The vault of a cluster stays open in the other workers, so its state stays what it is.
_GONE_AMONG_OTHERS: Final = "UPDATE vault_state SET holder_key = NULL WHERE holder_key = ?"
_TOLD: Final = "SELECT public_key, updated_ms FROM vault_state WHERE only_row = 1"
_TAGS: Final = {
    Wish.CREATE: Tag.VAULT_KEYRING_CREATED,
    Wish.UNLOCK: Tag.VAULT_KEYRING_UNLOCKED,
    Wish.ROTATE: Tag.VAULT_KEYRING_ROTATED,
    Wish.DESTROY: Tag.VAULT_KEYRING_OLD_DESTROYED,
    Wish.KEEP: Tag.VAULT_KEYRING_KEPT_ELSEWHERE,
}


class KeyHolder:
    """Hold the keyring while this process runs."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        path: Path,
        keepers: Mapping[str, Keeper] = MappingProxyType({}),
        share: Share = WHOLE,
    ) -> None:
        """Begin with a locked vault; `path` is its key file, `keepers` who may keep its key.

        Who has the house's shard in `share` answers wishes; who shares with nobody always does.
        """
        self._database = database
        self._clock = clock
        self._path = path
        self._keyring: Keyring | None = None
        # Drawn for this process alone: what was sealed to it cannot be opened after its end.
        self._own = Keyring.create()
        self._taken: set[str] = set()
        self._keepers = keepers
        self._share = share
        self._is_alone = share.shards is None
        self._is_known = False
        self._wrap = ""
        self._tried_ms = 0
        # How the vault stood in the rows when the key file was last read.
        self._followed: tuple[object, ...] | None = None
        self._acts: Mapping[Wish, Callable[[Secret | None], Awaitable[None]]] = {
            Wish.CREATE: self._create,
            Wish.UNLOCK: self._unlock,
            Wish.ROTATE: self._rotate,
            Wish.DESTROY: self._destroy,
            Wish.KEEP: self._keep,
        }

    @property
    def is_open(self) -> bool:
        """Tell whether secrets can be opened."""
        return self._keyring is not None

    def keyring(self) -> Keyring:
        """Give the keyring. Raises: `Forbidden("vault_locked")`."""
        if self._keyring is None:
            raise Forbidden("vault_locked", rule="vault")
        return self._keyring

    async def start(self) -> None:
        """Open a vault that needs no passphrase, and tell everybody that a holder is there."""
        problem: DrawbridgeError | None = None
        try:
            self._wrap = (await asyncio.to_thread(read_key_file, self._path)).wrap
            self._tried_ms = self._clock.now_ms()
            if self._wrap != STRETCHED:
                await self._load(None)
        except DrawbridgeError as error:
            problem = error
        if self._share.is_house:
            await self._become_known(problem)

    async def answer(self) -> int:
        """Answer the wishes that wait; give how many there were. Who is not to answer follows."""
        if not self._share.is_house:
            self._is_known = False
            await self._follow()
            return 0
        if not self._is_known:
            await self._become_known(await self._follow())
        await self._try_keeper_again()
        rows = await self._take_requests()
        for row in rows:
            await self._answer(row)
        return len(rows)

    async def stop(self) -> None:
        """Forget the keyring and tell that the holder is gone."""
        self._keyring = None
        async with self._database.transaction() as tx:
            if self._is_alone:
                await tx.execute(_GONE)
            else:
                await tx.execute(_GONE_AMONG_OTHERS, self._own.public.data)

    async def _become_known(self, problem: DrawbridgeError | None) -> None:
        """Tell that this process answers for the vault from now on, and how it stands."""
        async with self._database.transaction() as tx:
            # Sealed to a holder that is gone, so that nobody can read them any more.
            unanswered = await tx.execute("DELETE FROM vault_requests")
            if isinstance(problem, NotFound) and not await _stored_public_key(tx):
                problem = None  # no vault was made yet
            if unanswered and problem is None:
                # Whoever wished looks for an answer, and has to be told that none will come.
                problem = Conflict("vault_holder_moved")
            await self._tell(tx, problem)
        self._taken.clear()
        self._is_known = True

    async def _follow(self) -> DrawbridgeError | None:
        """Read the key file again where it has changed, or could not be opened a while ago.

        Why what was open stays so where that fails: it opens all that was sealed until then.
        """
        row = await self._database.fetch_one(_TOLD)
        told = None if row is None else (row["public_key"], row["updated_ms"])
        if told is None or told[0] is None:
            return None
        now_ms = self._clock.now_ms()
        waits = self._keyring is not None or now_ms - self._tried_ms < _AGAIN_MS
        if told == self._followed and waits:
            return None
        self._followed, self._tried_ms = told, now_ms
        try:
            await self._load(None)
        except DrawbridgeError as error:
            _log.warning("vault: %s", error)
            return error
        return None

    async def _take_requests(self) -> list[Row]:
        waiting = "SELECT id, owner, wish, sealed_passphrase FROM vault_requests"
        if not await self._database.fetch_one(waiting):
            return []
        async with self._database.transaction() as tx:
            rows = await tx.fetch_all(f"{waiting} ORDER BY created_ms, id")
            # Gone before it is tried: a passphrase is on disk, sealed, no longer than it must be.
            # The wish itself stays until it is answered, so that whoever looks is not told that
            # nothing was asked while a slow key is derived.
            await tx.execute("UPDATE vault_requests SET sealed_passphrase = NULL")
        # A wish is tried once: a second time it would be one without a passphrase.
        new = [row for row in rows if row["id"] not in self._taken]
        self._taken |= {row["id"] for row in new}
        return new

    async def _answer(self, row: Row) -> None:
        wish, problem = Wish(row["wish"]), None
        try:
            passphrase = self._opened(row)
            await self._acts[wish](passphrase)
        except DrawbridgeError as error:
            problem = error
        is_ours = self._share.is_house
        if not is_ours:
            # It took so long that another answers for the vault now; what was done is read again.
            problem, self._followed = Conflict("vault_holder_moved"), None
        async with self._database.transaction() as tx:
            tag = Tag.VAULT_KEYRING_REFUSED if problem else _TAGS[wish]
            facts = {"reason": problem.code} if problem else {}
            event = AuditEvent(tag, row["owner"], "vault", facts)
            await append(tx, event, self._clock.now_ms())
            await tx.execute("DELETE FROM vault_requests WHERE id = ?", row["id"])
            if problem is None:
                await self._write_rotation(tx, wish)
            if is_ours:
                await self._tell(tx, problem)
        self._taken.discard(row["id"])

    def _opened(self, row: Row) -> Secret | None:
        sealed = row["sealed_passphrase"]
        if sealed is None:
            return None
        try:
            return self._own.open(sealed, request_binding(row["owner"], row["id"]))
        except Corrupted as error:
            # Sealed to a holder before us, or changed on its way: the person enters it again.
            raise Conflict("vault_request_unreadable") from error

    async def _create(self, passphrase: Secret | None) -> None:
        if self._keyring is not None:
            raise Conflict("vault_exists")
        self._check_way(PASSPHRASE if passphrase else KEY_FILE)
        async with self._database.transaction() as tx:
            if await _stored_public_key(tx):
                # Secrets were sealed to a key whose file is gone; a new key would orphan them.
                raise NotFound("key_file_missing", path=str(self._path))
        keyring = Keyring.create()
        await asyncio.to_thread(keyring.save, self._path, passphrase)
        self._keyring, self._wrap = keyring, OPEN if passphrase is None else STRETCHED

    async def _unlock(self, passphrase: Secret | None) -> None:
        if self._keyring is None:
            await self._load(passphrase)

    async def _load(self, passphrase: Secret | None) -> None:
        wrapping, keyring = await self._read(passphrase)
        row = await self._database.fetch_one(_TOLD)
        stored = row["public_key"] if row else None
        led = keyring.led_by(stored) if stored else keyring
        if led is None:
            # Another vault's key file: nothing that is stored here would open with it.
            raise Conflict("vault_key_differs", path=str(self._path))
        if led.public.data != keyring.public.data and self._share.is_house:
            # A rotation that ended before the database knew of it: the file follows the database.
            await asyncio.to_thread(partial(led.save_under, self._path, wrapping, replace=True))
        self._keyring, self._wrap = led, wrapping.name
        self._followed = None if row is None else (row["public_key"], row["updated_ms"])

    async def _rotate(self, passphrase: Secret | None) -> None:
        """Let a new key lead; the passphrase is asked for, because the file is wrapped anew."""
        ring = self.keyring()
        async with self._database.transaction() as tx:
            last = await find_rotation(tx)
        if last is not None and last.destroyed_ms is None:
            raise Conflict("vault_old_key_kept")
        wrapping, _ = await self._read(passphrase)
        # Alone: what else were in the ring led never, and nothing is sealed to it.
        renewed = await asyncio.to_thread(ring.alone().renewed)
        # On disk before anything is sealed to it.
        await asyncio.to_thread(partial(renewed.save_under, self._path, wrapping, replace=True))
        self._keyring = renewed

    async def _destroy(self, _passphrase: Secret | None) -> None:
        """Take the key that led before out of the file and out of memory."""
        ring = self.keyring()
        async with self._database.transaction() as tx:
            last = await find_rotation(tx)
        if last is None:
            raise Conflict("vault_no_old_key")
        last.check_destroying()
        await asyncio.to_thread(drop_older, self._path, ring.public.fingerprint.hex())
        self._keyring = ring.alone()

    async def _keep(self, told: Secret | None) -> None:
        """Wrap the key file under something else: another passphrase, or what a keeper keeps."""
        ring, wish = self.keyring(), read_keep_wish(told)
        self._check_way(wish.keeper)
        # Whoever is let in here could as well have read everything: so it is asked for again.
        await self._read(wish.old)
        keeper = self._keepers.get(wish.keeper)
        if keeper is not None:
            wrapping = await keeper.make()
            # Proven before anything depends on it: a keeper that takes and does not give back
            # would lock the vault for ever.
            if (await keeper.find(wrapping.facts)).key != wrapping.key:
                raise Corrupted("keeper_answer_unreadable", keeper=wish.keeper)
        elif wish.keeper == PASSPHRASE and wish.new is not None:
            wrapping = await asyncio.to_thread(under, wish.new)
        elif wish.keeper == KEY_FILE:
            wrapping = nothing()
        else:
            raise Conflict("keeper_not_set", keeper=wish.keeper)
        await asyncio.to_thread(partial(ring.save_under, self._path, wrapping, replace=True))
        self._wrap = wrapping.name

    def _check_way(self, keeper: str) -> None:
        """Refuse a passphrase among several workers: nobody could type it into each of them."""
        if keeper == PASSPHRASE and not self._is_alone:
            raise Conflict("passphrase_in_cluster")

    async def _read(self, passphrase: Secret | None) -> tuple[Wrapping, Keyring]:
        """Read the key file by what it is wrapped under; slow on purpose."""
        file = await asyncio.to_thread(read_key_file, self._path)
        self._wrap = file.wrap
        if file.wrap in KEEPERS:
            keeper = self._keepers.get(file.wrap)
            if keeper is None:
                raise Conflict("keeper_not_set", keeper=file.wrap)
            wrapping = await keeper.find(file.facts)
        else:
            wrapping = await asyncio.to_thread(found_under, file, passphrase)
        return wrapping, await asyncio.to_thread(Keyring.unwrapped, file, wrapping)

    async def _try_keeper_again(self) -> None:
        """Ask a keeper that was out of reach when this process began."""
        now_ms = self._clock.now_ms()
        if self._keyring or self._wrap not in KEEPERS or now_ms - self._tried_ms < _AGAIN_MS:
            return
        self._tried_ms = now_ms
        with contextlib.suppress(DrawbridgeError):
            await self._load(None)
            async with self._database.transaction() as tx:
                await self._tell(tx, None)

    async def _write_rotation(self, tx: Transaction, wish: Wish) -> None:
        now_ms = self._clock.now_ms()
        if wish is Wish.ROTATE:
            ring = self.keyring()
            old, new = ring.older[0].fingerprint.hex(), ring.public.fingerprint.hex()
            await begin_rotation(tx, old, new, now_ms)
        elif wish is Wish.DESTROY and (last := await find_rotation(tx)):
            await end_rotation(tx, last.n, now_ms)

    async def _tell(self, tx: Transaction, problem: DrawbridgeError | None) -> None:
        public = self._keyring.public.data if self._keyring else None
        known = public or await _stored_public_key(tx) or self._path.exists()
        status = VaultStatus.ABSENT
        if known:
            status = VaultStatus.OPEN if self._keyring else VaultStatus.LOCKED
        await tx.execute(
            _TELL,
            status,
            public,
            problem.code if problem else "",
            json.dumps(dict(problem.facts) if problem else {}, default=str),
            self._own.public.data,
            self._wrap,
            self._clock.now_ms(),
        )


async def _stored_public_key(tx: Transaction) -> bytes | None:
    row = await tx.fetch_one("SELECT public_key FROM vault_state WHERE only_row = 1")
    return row["public_key"] if row else None
