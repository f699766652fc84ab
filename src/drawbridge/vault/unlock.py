"""How a passphrase reaches the process that holds the vault: the half for everybody else.

The holder publishes a public key of its own; a wish to create or unlock the vault carries the
passphrase sealed to that key, which is erased as soon as it is read; the wish's row is deleted
when it is answered. The holder's half is `keyholder`.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from drawbridge.core.clock import Clock
from drawbridge.core.errors import BadInput, Conflict
from drawbridge.core.ids import id_from
from drawbridge.core.secret import Secret
from drawbridge.core.shards import SHARDS
from drawbridge.sealing.envelope import Binding, VaultPublicKey, read_public_key, seal
from drawbridge.sealing.passphrase import check_passphrase
from drawbridge.storage.database import Database, Row, Transaction

PASSPHRASE: Final = "passphrase"  # noqa: S105  the name of a way
KEY_FILE: Final = "key-file"
BY_PASSPHRASE: Final = "argon2id"  # noqa: S105  how it is stretched

_ID_BYTES: Final = 10
_MOST_WAITING: Final = 20
_STATE: Final = """
SELECT state, public_key, error, error_facts, holder_key, wrap FROM vault_state WHERE only_row = 1
"""
_ASK: Final = """
INSERT INTO vault_requests (id, owner, wish, sealed_passphrase, created_ms)
VALUES (?, ?, ?, ?, ?)
"""


class VaultStatus(StrEnum):
    """Whether there is a vault, and whether its holder can open secrets now."""

    ABSENT = "absent"
    LOCKED = "locked"
    OPEN = "open"


class Wish(StrEnum):
    """What is asked of the holder.

    `ROTATE` lets a new key lead; `DESTROY` ends the one that led before; `KEEP` wraps the key file
    under something else.
    """

    CREATE = "create"
    UNLOCK = "unlock"
    ROTATE = "rotate"
    DESTROY = "destroy"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class VaultState:
    """The vault as the holder last told it; `error` is the code of what last went wrong.

    `waiting` tells that a wish was not answered yet; `has_holder` that a gateway said that it is
    there (one that was killed did not say that it went: `VaultDoor.state` knows); `wrap` what the
    key file is wrapped under.
    """

    status: VaultStatus = VaultStatus.ABSENT
    error: str = ""
    error_facts: Mapping[str, object] = field(default_factory=dict)
    has_holder: bool = False
    waiting: bool = False
    wrap: str = ""

    @property
    def needs_passphrase(self) -> bool:
        """Tell whether the key file opens by a passphrase."""
        return self.wrap == BY_PASSPHRASE


@dataclass(frozen=True, slots=True)
class KeepWish:
    """Under what the key file is to be wrapped: a keeper's name, `PASSPHRASE` or `KEY_FILE`.

    `old` is the passphrase that opens it now, `new` the one that is to open it, where there is one.
    """

    keeper: str
    old: Secret | None = None
    new: Secret | None = None

    def written(self) -> Secret:
        """Write it as it travels to the holder. Raises: `BadInput` for a weak passphrase."""
        if self.keeper == PASSPHRASE:
            check_passphrase(self.new or Secret(""))
        told = {"keeper": self.keeper, "old": _shown(self.old), "new": _shown(self.new)}
        return Secret(json.dumps(told))


def read_keep_wish(told: Secret | None) -> KeepWish:
    """Read what `KeepWish.written` wrote. Raises: `Conflict("vault_request_unreadable")`."""
    try:
        read = json.loads(told.reveal() if told else "")
        old, new = (None if read[it] is None else Secret(str(read[it])) for it in ("old", "new"))
        return KeepWish(str(read["keeper"]), old, new)
    except (ValueError, KeyError, TypeError):
        raise Conflict("vault_request_unreadable") from None


async def read_vault_state(source: Database | Transaction) -> VaultState:
    """Tell how the vault stands by what its holder wrote."""
    # In this order: an answer that falls between the two reads is seen in the second one.
    waiting = await _count_waiting(source) > 0
    row = await source.fetch_one(_STATE)
    if row is None:
        return VaultState(waiting=waiting)
    return VaultState(
        status=VaultStatus(row["state"]),
        error=row["error"],
        error_facts=json.loads(row["error_facts"]),
        has_holder=row["holder_key"] is not None,
        waiting=waiting,
        wrap=row["wrap"],
    )


async def read_vault_key(database: Database) -> VaultPublicKey:
    """Give the key that secrets are sealed to. Raises: `Conflict("vault_absent")`."""
    row = await database.fetch_one(_STATE)
    if row is None or row["public_key"] is None:
        raise Conflict("vault_absent")
    return read_public_key(row["public_key"])


@dataclass(frozen=True, slots=True)
class VaultDoor:
    """Asks the holder to create or unlock the vault; `is_held` tells whether one is alive."""

    database: Database
    clock: Clock
    entropy: Callable[[int], bytes]
    is_held: Callable[[], Awaitable[bool]]

    async def state(self) -> VaultState:
        """Tell how the vault stands, and whether its holder is still there."""
        state = await read_vault_state(self.database)
        if state.has_holder and not await self.is_held():
            return replace(state, has_holder=False)
        return state

    async def ask(self, owner: str, wish: Wish, passphrase: Secret | None) -> str:
        """Write the wish down for the holder and give its id.

        No passphrase makes a vault whose key file opens by itself.
        Raises: `BadInput("passphrase_too_short")`, `BadInput("passphrase_missing")`,
        `Conflict("gateway_not_running")`, `Conflict("vault_exists")`, `Conflict("vault_absent")`,
        `Conflict("vault_busy")`.
        """
        _check(wish, passphrase)
        if not await self.is_held():
            raise Conflict("gateway_not_running")
        request = id_from("wish", self.entropy(_ID_BYTES))
        async with self.database.transaction() as tx:
            row = await tx.fetch_one(_STATE)
            holder = _holder_of(row, wish)
            if await _count_waiting(tx) >= _MOST_WAITING:
                raise Conflict("vault_busy")
            binding = request_binding(owner, request)
            sealed = seal(holder, passphrase, binding) if passphrase else None
            await tx.execute(_ASK, request, owner, wish, sealed, self.clock.now_ms())
            # Whoever holds accounts opens the vault; one of them answers.
            tx.wake(range(SHARDS))
        return request


def request_binding(owner: str, request: str) -> Binding:
    """Give what the passphrase of a wish is sealed for."""
    return Binding(owner, "", request, "passphrase", 1)


def _check(wish: Wish, passphrase: Secret | None) -> None:
    if wish is Wish.UNLOCK and (passphrase is None or not len(passphrase)):
        raise BadInput("passphrase_missing", field="passphrase")
    if passphrase is not None and wish is not Wish.KEEP:
        check_passphrase(passphrase)


def _holder_of(row: Row | None, wish: Wish) -> VaultPublicKey:
    if row is None or row["holder_key"] is None:
        raise Conflict("gateway_not_running")
    absent = VaultStatus(row["state"]) is VaultStatus.ABSENT
    if wish is Wish.CREATE and not absent:
        raise Conflict("vault_exists")
    if wish is not Wish.CREATE and absent:
        raise Conflict("vault_absent")
    return read_public_key(row["holder_key"])


def _shown(secret: Secret | None) -> str | None:
    return None if secret is None else secret.reveal()


async def _count_waiting(source: Database | Transaction) -> int:
    row = await source.fetch_one("SELECT count(*) AS n FROM vault_requests")
    return int(row["n"]) if row else 0
