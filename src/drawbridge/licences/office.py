"""What an operator does: issue licences, revoke them, look at them.

The operator's key signs here and at the desk that answers installations, and is kept by no
installation. The code with which a holder goes on elsewhere is told once and kept hashed.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drawbridge.core.clock import Clock
from drawbridge.core.errors import BadInput, NotFound
from drawbridge.core.ids import id_from
from drawbridge.core.secret import Secret
from drawbridge.licences import register
from drawbridge.licences.documents import Kind, peek, public_key_of, sign
from drawbridge.licences.model import (
    USUAL_GRACE_MS,
    USUAL_LEASE_MS,
    Feature,
    Licence,
    Revocations,
)
from drawbridge.licences.register import Issued
from drawbridge.licences.written import encode_licence, encode_revocations, read_licence
from drawbridge.storage.database import Database

_ID_BYTES: Final = 10
_CODE_BYTES: Final = 15
_GROUP: Final = 6
_MOST_SLOTS: Final = 100_000
_MOST_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class OperatorKeys:
    """What makes an operator: the key that signs, and the one that accounts are hashed with."""

    signing: Ed25519PrivateKey
    marking: bytes

    @property
    def public(self) -> str:
        """Give what installations prove licences by."""
        return public_key_of(self.signing)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a licence is to grant."""

    holder: str
    slots: int
    features: frozenset[Feature] = frozenset(Feature)
    expires_ms: int | None = None
    lease_ms: int = USUAL_LEASE_MS
    grace_ms: int = USUAL_GRACE_MS


@dataclass(frozen=True, slots=True)
class Made:
    """A licence just issued: its text for the holder, and the code that is told this once."""

    licence: Licence
    document: str
    recovery_code: Secret


@dataclass(frozen=True, slots=True)
class Listed:
    """A licence with how it is used."""

    issued: Issued
    licence: Licence
    used_slots: int


class Office:
    """The operator's own commands, over the licence server's database."""

    def __init__(
        self, database: Database, keys: OperatorKeys, clock: Clock, entropy: Callable[[int], bytes]
    ) -> None:
        """Join the parts."""
        self._database = database
        self._keys = keys
        self._clock = clock
        self._entropy = entropy

    async def issue(self, terms: Terms) -> Made:
        """Issue a licence. Raises: `BadInput` naming the field."""
        now_ms = self._clock.now_ms()
        _check(terms, now_ms)
        licence = Licence(
            id=id_from("lic", self._entropy(_ID_BYTES)),
            holder=" ".join(terms.holder.split()),
            slots=terms.slots,
            features=terms.features,
            issued_ms=now_ms,
            mark_key=self._keys.marking,
            expires_ms=terms.expires_ms,
            lease_ms=terms.lease_ms,
            grace_ms=terms.grace_ms,
        )
        document = sign(Kind.LICENCE, encode_licence(licence), self._keys.signing)
        code = _grouped(base64.b32encode(self._entropy(_CODE_BYTES)).decode("ascii").lower())
        issued = Issued(licence.id, licence.holder, document, hash_of_code(code), now_ms)
        async with self._database.transaction() as tx:
            await register.insert_licence(tx, issued)
            await register.note_event(tx, licence.id, "issue", "", now_ms)
        return Made(licence, document, Secret(code))

    async def revoke(self, licence_id: str) -> bool:
        """Revoke a licence for good; tells whether it was not before.

        Raises: `NotFound("licence_unknown")`.
        """
        now_ms = self._clock.now_ms()
        async with self._database.transaction() as tx:
            if await register.find_licence(tx, licence_id) is None:
                raise NotFound("licence_unknown", id=licence_id[:40])
            is_news = await register.revoke(tx, licence_id, now_ms)
            if is_news:
                await register.note_event(tx, licence_id, "revoke", "", now_ms)
        return is_news

    async def list_licences(self) -> tuple[Listed, ...]:
        """List all licences, oldest first."""
        found = await register.list_licences(self._database)
        return tuple([await self._listed(it) for it in found])

    async def revocations(self) -> str:
        """Give the signed list of what is revoked."""
        found = await register.read_revocations(self._database, self._clock.now_ms())
        return sign_revocations(found, self._keys.signing)

    async def _listed(self, issued: Issued) -> Listed:
        used = await register.count_active(self._database, issued.id)
        # Our own book is believed without proving it again.
        return Listed(issued, read_licence(peek(Kind.LICENCE, issued.document)), used)


def sign_revocations(found: Revocations, key: Ed25519PrivateKey) -> str:
    """Write and sign a list of what is revoked."""
    return sign(Kind.REVOCATIONS, encode_revocations(found), key)


def hash_of_code(code: str) -> bytes:
    """Give what is kept of a recovery code; blanks, dashes and capitals do not count.

    Why no slow hash: its 120 bits were drawn and not chosen, so nobody can try them all.
    """
    return sha256("".join(code.lower().replace("-", "").split()).encode()).digest()


def _check(terms: Terms, now_ms: int) -> None:
    name = " ".join(terms.holder.split())
    if not name or len(name) > _MOST_NAME or not name.isprintable():
        raise BadInput("licence_bad_holder", field="holder", most=_MOST_NAME)
    if not 1 <= terms.slots <= _MOST_SLOTS:
        raise BadInput("licence_bad_slots", field="slots", most=_MOST_SLOTS)
    if not terms.features:
        raise BadInput("licence_no_feature", field="feature", known=sorted(Feature))
    if terms.expires_ms is not None and terms.expires_ms <= now_ms:
        raise BadInput("licence_ends_before", field="expires")


def _grouped(text: str) -> str:
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))
