"""Licences, leases, lists and questions to and from what stands in their documents. Pure.

What is missing or of another type makes the whole document unreadable: nothing is guessed.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from drawbridge.core.errors import BadInput
from drawbridge.licences.documents import decode, encode
from drawbridge.licences.model import Act, Ask, Feature, Lease, Licence, Revocations

T = TypeVar("T")
Facts = Mapping[str, object]

_MARK_KEY_BYTES: Final = 32
_MOST_SLOTS: Final = 1_000_000
_MOST_TEXT: Final = 200
_LATEST_MS: Final = 2**53


def encode_licence(licence: Licence) -> dict[str, object]:
    """Write a licence."""
    return {
        "id": licence.id,
        "holder": licence.holder,
        "slots": licence.slots,
        "features": sorted(licence.features),
        "issued_ms": licence.issued_ms,
        "mark_key": encode(licence.mark_key),
        "expires_ms": licence.expires_ms,
        "lease_ms": licence.lease_ms,
        "grace_ms": licence.grace_ms,
    }


def read_licence(told: Facts) -> Licence:
    """Read a licence. Raises: `BadInput("licence_unreadable")`."""
    mark_key = decode(_text(told, "mark_key"))
    if len(mark_key) != _MARK_KEY_BYTES:
        raise _unreadable("mark_key")
    return Licence(
        id=_text(told, "id"),
        holder=_text(told, "holder"),
        slots=_whole(told, "slots", _MOST_SLOTS),
        features=frozenset(_each(told, "features", Feature)),
        issued_ms=_whole(told, "issued_ms"),
        mark_key=mark_key,
        expires_ms=None if told.get("expires_ms") is None else _whole(told, "expires_ms"),
        lease_ms=_whole(told, "lease_ms"),
        grace_ms=_whole(told, "grace_ms"),
    )


def encode_lease(lease: Lease) -> dict[str, object]:
    """Write a lease."""
    return {
        "licence": lease.licence_id,
        "installation": lease.installation,
        "serial": lease.serial,
        "nonce": lease.nonce,
        "issued_ms": lease.issued_ms,
        "ends_ms": lease.ends_ms,
        "grace_ends_ms": lease.grace_ends_ms,
        "active": sorted(lease.active),
        "archived": sorted(lease.archived),
        "used_slots": lease.used_slots,
        "revocations": lease.revocations,
    }


def read_lease(told: Facts) -> Lease:
    """Read a lease. Raises: `BadInput("licence_unreadable")`."""
    return Lease(
        licence_id=_text(told, "licence"),
        installation=_text(told, "installation"),
        serial=_whole(told, "serial"),
        nonce=_text(told, "nonce"),
        issued_ms=_whole(told, "issued_ms"),
        ends_ms=_whole(told, "ends_ms"),
        grace_ends_ms=_whole(told, "grace_ends_ms"),
        active=frozenset(_each(told, "active", str)),
        archived=frozenset(_each(told, "archived", str)),
        used_slots=_whole(told, "used_slots", _MOST_SLOTS),
        revocations=_whole(told, "revocations"),
    )


def encode_revocations(found: Revocations) -> dict[str, object]:
    """Write a list of what is revoked."""
    revoked = sorted(found.revoked)
    return {"number": found.number, "issued_ms": found.issued_ms, "revoked": revoked}


def read_revocations(told: Facts) -> Revocations:
    """Read such a list. Raises: `BadInput("licence_unreadable")`."""
    revoked = frozenset(_each(told, "revoked", str))
    return Revocations(_whole(told, "number"), _whole(told, "issued_ms"), revoked)


def encode_ask(ask: Ask) -> dict[str, object]:
    """Write a question."""
    return {
        "act": ask.act,
        "licence": ask.licence,
        "installation": ask.installation,
        "serial": ask.serial,
        "nonce": ask.nonce,
        "at_ms": ask.at_ms,
        "mark": ask.mark,
        "old_mark": ask.old_mark,
        "code": ask.code,
        "proof": ask.proof,
    }


def read_ask(told: Facts) -> Ask:
    """Read a question. Raises: `BadInput("licence_unreadable")`."""
    proof = told.get("proof")
    if not isinstance(proof, dict):
        raise _unreadable("proof")
    return Ask(
        act=_one(_text(told, "act"), Act, "act"),
        licence=_text(told, "licence", None),
        installation=_text(told, "installation"),
        serial=_whole(told, "serial"),
        nonce=_text(told, "nonce"),
        at_ms=_whole(told, "at_ms"),
        mark=_text(told, "mark"),
        old_mark=_text(told, "old_mark"),
        code=_text(told, "code"),
        proof=proof,
    )


def _text(told: Facts, name: str, most: int | None = _MOST_TEXT) -> str:
    found = told.get(name)
    if not isinstance(found, str) or (most is not None and len(found) > most):
        raise _unreadable(name)
    return found


def _whole(told: Facts, name: str, most: int = _LATEST_MS) -> int:
    found = told.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= most:
        raise _unreadable(name)
    return found


def _each(told: Facts, name: str, read: Callable[[str], T]) -> list[T]:
    found = told.get(name)
    if not isinstance(found, list) or not all(isinstance(it, str) for it in found):
        raise _unreadable(name)
    return [_one(it, read, name) for it in found]


def _one(text: str, read: Callable[[str], T], name: str) -> T:
    try:
        return read(text)
    except ValueError:
        raise _unreadable(name) from None


def _unreadable(name: str) -> BadInput:
    return BadInput("licence_unreadable", field=name)
