"""The public half of sealing: whoever has the vault's public key can put secrets in, none out.

HPKE (RFC 9180) with X25519 and, where the library has it, ML-KEM-768 beside it, so that what is
stored today stays closed to the quantum computers of tomorrow. Opening is in `keyring`.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PublicKey, Suite

from drawbridge.core.errors import BadInput, Corrupted
from drawbridge.core.secret import Secret

MAGIC: Final = b"DBSEAL\x01"
FINGERPRINT_LENGTH: Final = 8
_KEM_LENGTH: Final = 2
_MLKEM_PUBLIC_LENGTH: Final = 1184
_PURPOSE: Final = b"drawbridge sealed value, version 1"

_RawPublicKey: TypeAlias = X25519PublicKey | MLKEM768X25519PublicKey


class Kem(IntEnum):
    """Key encapsulation methods by their number in the IANA registry of HPKE."""

    X25519 = 0x0020
    MLKEM768_X25519 = 0x647A


SUITES: Final = {
    Kem.X25519: Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
    Kem.MLKEM768_X25519: Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
}


@dataclass(frozen=True, slots=True)
class Binding:
    """What a sealed value belongs to. It opens for exactly this and for nothing else.

    Why: a row copied over another person's or another exchange's row must not open there.
    """

    owner: str
    exchange: str
    key_id: str
    field: str
    version: int
    venue: str = ""

    def info(self) -> bytes:
        """Write as bytes that no other binding has.

        Shape: each part as UTF-8 behind its length in four bytes, so that no two different
        bindings run together into the same text.
        """
        texts = (self.owner, self.exchange, self.key_id, self.field, self.venue)
        parts = [_PURPOSE, *(text.encode() for text in texts), str(self.version).encode()]
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


@dataclass(frozen=True, slots=True)
class VaultPublicKey:
    """The vault's public key. Shape of `data`: two bytes of KEM number, then the raw key."""

    kem: Kem
    data: bytes
    raw: _RawPublicKey

    @property
    def fingerprint(self) -> bytes:
        """Give the short name of the key that sealed values carry."""
        return hashlib.sha256(self.data).digest()[:FINGERPRINT_LENGTH]


def public_key_from(kem: Kem, raw_bytes: bytes) -> VaultPublicKey:
    """Make a public key of its raw bytes. Raises: `Corrupted("vault_public_key_damaged")`."""
    try:
        raw = _READERS[kem](raw_bytes)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Corrupted("vault_public_key_damaged") from error
    return VaultPublicKey(kem, kem.to_bytes(_KEM_LENGTH, "big") + raw_bytes, raw)


def read_public_key(data: bytes) -> VaultPublicKey:
    """Read what `VaultPublicKey.data` wrote. Raises: `Corrupted("vault_public_key_damaged")`."""
    return public_key_from(_kem_of(data[:_KEM_LENGTH]), data[_KEM_LENGTH:])


def seal(public: VaultPublicKey, secret: Secret, binding: Binding) -> bytes:
    """Seal a secret for the holder of the private key.

    Shape: magic with format version, KEM number, fingerprint of the public key, then HPKE's
    encapsulated key and ciphertext. The header is authenticated together with the binding.
    Raises: `BadInput("not_text")`.
    """
    header = header_for(public)
    plain = bytes_of(secret, binding.field)
    return header + SUITES[public.kem].encrypt(plain, public.raw, header + binding.info())


def header_for(public: VaultPublicKey) -> bytes:
    """Give the header of every value sealed to this key."""
    return MAGIC + public.kem.to_bytes(_KEM_LENGTH, "big") + public.fingerprint


def bytes_of(secret: Secret, field: str) -> bytes:
    """Give the secret's bytes. Raises: `BadInput("not_text")` for half surrogate pairs."""
    try:
        return secret.reveal().encode()
    except UnicodeEncodeError:
        # `from None`: an encoding error carries the text that it could not encode.
        raise BadInput("not_text", field=field) from None


def _kem_of(data: bytes) -> Kem:
    try:
        return Kem(int.from_bytes(data, "big"))
    except ValueError as error:
        raise Corrupted("vault_public_key_damaged") from error


def _read_hybrid(raw: bytes) -> MLKEM768X25519PublicKey:
    return MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM_PUBLIC_LENGTH]),
        X25519PublicKey.from_public_bytes(raw[_MLKEM_PUBLIC_LENGTH:]),
    )


_READERS: Final[Mapping[Kem, Callable[[bytes], _RawPublicKey]]] = {
    Kem.X25519: X25519PublicKey.from_public_bytes,
    Kem.MLKEM768_X25519: _read_hybrid,
}
