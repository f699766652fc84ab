"""The use cases of signals from outside: make a hook, receive what comes by it.

A stranger learns nothing: neither whether a hook is there, nor which part of a message was wrong.
Whoever has proven the secret is told by name.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import Clock
from drawbridge.core.errors import BadInput, Conflict, DrawbridgeError, NotFound, NotProven
from drawbridge.core.ids import id_from
from drawbridge.core.secret import Secret
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.storage.database import Database
from drawbridge.trading.signal_words import is_about, read_body, read_message
from drawbridge.trading.signals import (
    Hook,
    Signal,
    SignalStore,
    insert_signal,
    put_hook,
    remove_hook,
)

_ID_BYTES: Final = 10
_SECRET_BYTES: Final = 20
_LONGEST_HOOK_ID: Final = 64
_LISTED: Final = 50
_NOBODYS_HASH: Final = bytes(32)


class Targets(Protocol):
    """What knows the market of a robot."""

    async def symbol_of(self, owner: str, robot_id: str) -> str:
        """Give its symbol. Raises: `NotFound("unknown_robot")`."""


@dataclass(frozen=True, slots=True)
class MadeHook:
    """A new hook and its secret, which is shown this one time."""

    hook: Hook
    secret: Secret


class SignalService:
    """What pages, commands and the hooks' address call."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        """Use the app's database, its clock and its randomness."""
        self._database = database
        self._store = SignalStore(database)
        self._clock = clock
        self._entropy = entropy

    async def make_hook(self, owner: str, robot_id: str, name: str) -> MadeHook:
        """Make a hook for an owner's robot, in place of the one that it had."""
        now_ms = self._clock.now_ms()
        drawn = base64.b32encode(self._entropy(_SECRET_BYTES)).decode("ascii").lower()
        secret = Secret(drawn)
        hook_id = id_from("hook", self._entropy(_ID_BYTES))
        hook = Hook(hook_id, owner, robot_id, name, _hash(secret), now_ms)
        async with self._database.transaction() as tx:
            await put_hook(tx, hook)
            event = AuditEvent(Tag.TRADING_HOOK_MADE, owner, robot_id, {"name": name})
            await append(tx, event, now_ms)
        return MadeHook(hook, secret)

    async def remove_hook(self, owner: str, robot_id: str) -> None:
        """Take a robot's hook away. Raises: `NotFound("no_hook")`."""
        async with self._database.transaction() as tx:
            if not await remove_hook(tx, owner, robot_id):
                raise NotFound("no_hook")
            event = AuditEvent(Tag.TRADING_HOOK_REMOVED, owner, robot_id)
            await append(tx, event, self._clock.now_ms())

    async def find_hook(self, owner: str, robot_id: str) -> Hook | None:
        """Give a robot's hook, None when there is none."""
        return await self._store.find_hook_of(owner, robot_id)

    async def list_signals(self, owner: str, robot_id: str) -> tuple[Signal, ...]:
        """List the newest signals of a robot."""
        return await self._store.list_of(owner, robot_id, _LISTED)

    async def receive(self, hook_id: str, body: bytes, targets: Targets) -> None:
        """Receive a message and write its signal down.

        Raises: `NotProven("signal_not_proven")` to every stranger alike; to who has proven the
        secret, `BadInput` naming the field, `Conflict("signal_seen_before")`.
        """
        hook, told = await self._proven(hook_id, body)
        now_ms = self._clock.now_ms()
        try:
            message = read_message(told, now_ms)
            symbol = await targets.symbol_of(hook.owner, hook.robot_id)
            if not is_about(message.symbol, symbol):
                raise BadInput("signal_other_market", field="symbol", symbol=symbol)
            async with self._database.transaction() as tx:
                await insert_signal(tx, hook, message, now_ms)
        except Conflict:
            # Senders repeat what they are not sure of; that is no reason to wake anybody.
            raise
        except DrawbridgeError as error:
            await self._tell(hook, error, now_ms)
            raise

    async def _proven(self, hook_id: str, body: bytes) -> tuple[Hook, dict[str, object]]:
        hook = await self._store.find_hook(hook_id) if len(hook_id) <= _LONGEST_HOOK_ID else None
        try:
            secret, told = read_body(body)
        except BadInput:
            secret, told = Secret(""), {}
        # Compared also where there is no hook, so that time tells nothing either.
        known = _NOBODYS_HASH if hook is None else hook.secret_hash
        if not hmac.compare_digest(_hash(secret), known) or hook is None:
            raise NotProven("signal_not_proven")
        return hook, dict(told)

    async def _tell(self, hook: Hook, error: DrawbridgeError, now_ms: int) -> None:
        facts = {"name": hook.name, "reason": error.code, "about": error.facts}
        notice = Notice(NoticeKind.SIGNAL_REFUSED, hook.owner, hook.robot_id, facts)
        async with self._database.transaction() as tx:
            await tell(tx, notice, now_ms)


def _hash(secret: Secret) -> bytes:
    """Hash a secret that we drew ourselves: too long to be guessed, so no slow hash is needed."""
    return hashlib.sha256(b"drawbridge hook 1\0" + secret.reveal().encode()).digest()
