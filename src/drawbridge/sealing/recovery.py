"""The recovery key: a secret that a person keeps on paper, and to which backups are sealed.

Whoever has it can read every backup made for it; this machine keeps its public half, and a second
half that proves where a backup comes from. What a backup holds is not known here.
"""

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass
from typing import Final, NoReturn

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.sealing.deriving import RawPrivateKey, derive, seed_length
from drawbridge.sealing.envelope import SUITES, Kem, VaultPublicKey, public_key_from

_LENGTH: Final = 32
_SUM_LENGTH: Final = 3
_GROUP: Final = 4
_LONGEST_TEXT: Final = 256
_ORIGIN_LENGTH: Final = 32
_SUM_PURPOSE: Final = b"drawbridge recovery key, typing mistakes"
_SEED_PURPOSE: Final = b"drawbridge recovery key, private key %d, version 1"
_ORIGIN_PURPOSE: Final = b"drawbridge recovery key, origin of backups, version 1"
# What people read in place of a letter; none of these stands in base32.
_MISREAD: Final = str.maketrans("018", "OIB")


@dataclass(frozen=True, slots=True, repr=False)
class RecoveryHalf:
    """What a machine keeps of a recovery key: it can make backups and read none.

    `origin` is known to this machine and to the holder of the recovery key alone.
    Why: sealing to a public key proves nothing about who sealed. Without it, whoever has seen the
    public half could write a backup of their own and have it restored.
    """

    public: VaultPublicKey
    origin: bytes


class RecoveryKey:
    """A recovery key as its person holds it."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        """Take its 32 bytes; `draw` and `read` are the usual ways."""
        self._secret = secret

    @classmethod
    def draw(cls) -> "RecoveryKey":
        """Draw a new one."""
        return cls(os.urandom(_LENGTH))

    @classmethod
    def read(cls, text: Secret) -> "RecoveryKey":
        """Read what a person typed; signs between groups, and lower case, make no difference.

        Raises: `BadInput("recovery_key_unreadable")` also for one mistyped sign.
        """
        typed = text.reveal()[:_LONGEST_TEXT].upper().translate(_MISREAD)
        kept = "".join(sign for sign in typed if sign.isalnum())
        try:
            data = base64.b32decode(kept)
        except (binascii.Error, ValueError):
            raise BadInput("recovery_key_unreadable", field="recovery_key") from None
        secret, told = data[:_LENGTH], data[_LENGTH:]
        if len(secret) != _LENGTH or told != _sum_of(secret):
            raise BadInput("recovery_key_unreadable", field="recovery_key")
        return cls(secret)

    def text(self) -> Secret:
        """Write it for a person to keep: fourteen groups of four capital letters and digits."""
        signs = base64.b32encode(self._secret + _sum_of(self._secret)).decode()
        groups = (signs[at : at + _GROUP] for at in range(0, len(signs), _GROUP))
        return Secret("-".join(groups))

    def half(self) -> RecoveryHalf:
        """Give what the machine keeps, post-quantum hybrid where the library has it."""
        try:
            public = self._pair(Kem.MLKEM768_X25519)[1]
        except UnsupportedAlgorithm:
            public = self._pair(Kem.X25519)[1]
        return RecoveryHalf(public, self._derived(_ORIGIN_PURPOSE, _ORIGIN_LENGTH))

    def public(self, kem: Kem) -> VaultPublicKey:
        """Give the public half of one method. Raises: `UnsupportedAlgorithm`."""
        return self._pair(kem)[1]

    def origin(self) -> bytes:
        """Give what backups of this key are bound to beside its public half."""
        return self._derived(_ORIGIN_PURPOSE, _ORIGIN_LENGTH)

    def open(self, kem: Kem, sealed: bytes, about: bytes) -> bytes:
        """Open what was sealed to this key. Raises: `NotProven("recovery_key_wrong")`."""
        try:
            return SUITES[kem].decrypt(sealed, self._pair(kem)[0], about)
        except (InvalidTag, ValueError):
            raise NotProven("recovery_key_wrong") from None

    def _pair(self, kem: Kem) -> tuple[RawPrivateKey, VaultPublicKey]:
        raw, public = derive(kem, self._derived(_SEED_PURPOSE % kem, seed_length(kem)))
        return raw, public_key_from(kem, public)

    def _derived(self, purpose: bytes, length: int) -> bytes:
        return HKDF(SHA256(), length, salt=None, info=purpose).derive(self._secret)

    def __repr__(self) -> str:
        """Show nothing of the key."""
        return "RecoveryKey()"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied into another process."""
        message = "a recovery key cannot be pickled"
        raise TypeError(message)


def _sum_of(secret: bytes) -> bytes:
    return hashlib.sha256(_SUM_PURPOSE + secret).digest()[:_SUM_LENGTH]
