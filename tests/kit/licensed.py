"""An operator of tests, and a person who holds a licence of theirs with one account under it."""

from typing import Final

from drawbridge.app.build import House
from drawbridge.core.clock import DAY_MS
from drawbridge.licences import store
from drawbridge.licences.documents import Kind, private_key_from, public_key_of, sign
from drawbridge.licences.kept import account_of
from drawbridge.licences.marks import mark_of
from drawbridge.licences.model import Feature, Lease, Licence, Operator
from drawbridge.licences.written import encode_lease, encode_licence
from drawbridge.vault.model import KeyRecord, Venue

_SIGNING: Final = private_key_from(b"o" * 32)
_MARKING: Final = b"m" * 32
_PUBLIC: Final = public_key_of(_SIGNING)
_SERVER: Final = "https://licences.example.com"
OPERATOR: Final = Operator(_PUBLIC, _SERVER, frozenset({Venue.LIVE}))
"""Who asks for licences of real money alone, as is usual."""

STRICT_OPERATOR: Final = Operator(_PUBLIC, _SERVER, frozenset(Venue))
"""Who asks for them on paper as well."""


def licence_text(now_ms: int, slots: int = 3) -> str:
    """Write a licence as an operator gives it out."""
    licence = Licence(
        id="lic_furnished",
        holder="Ada",
        slots=slots,
        features=frozenset(Feature),
        issued_ms=now_ms - 30 * DAY_MS,
        mark_key=_MARKING,
        expires_ms=now_ms + 335 * DAY_MS,
    )
    return sign(Kind.LICENCE, encode_licence(licence), _SIGNING)


async def hold_licence(house: House, owner: str, key: KeyRecord, lasts_ms: int = DAY_MS) -> None:
    """Let a person hold a licence, leased, under which a key's account has a place."""
    now_ms = house.clock.now_ms()
    await house.licences.add(owner, licence_text(now_ms))
    lease = Lease(
        licence_id="lic_furnished",
        installation="here",
        serial=1,
        nonce="one",
        issued_ms=now_ms,
        ends_ms=now_ms + lasts_ms,
        grace_ends_ms=now_ms + lasts_ms + 7 * DAY_MS,
        active=frozenset({mark_of(_MARKING, account_of(key))}),
        archived=frozenset(),
        used_slots=1,
        revocations=0,
    )
    text = sign(Kind.LEASE, encode_lease(lease), _SIGNING)
    async with house.database.transaction() as tx:
        await store.write_lease(tx, owner, text, lease.serial, now_ms + DAY_MS // 2)
