"""Sealing under a symmetric key of one process or one machine: AES-256-GCM.

A fresh key keeps what the gateway has opened sealed in memory; a key from a file keeps secrets
that the pages must check themselves (authenticators) out of the database. The vault's secrets
are not sealed with this: see `envelope`.
"""

import contextlib
import os
from pathlib import Path
from typing import Final, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from drawbridge.core.errors import Conflict, Corrupted, NotFound
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import Binding, bytes_of
from drawbridge.sealing.private_files import read_private, write_private

_MAGIC: Final = b"DBLOCAL\x01"
_KEY_LENGTH: Final = 32
_NONCE_LENGTH: Final = 12


class LocalKey:
    """Seal and open under one symmetric key that never leaves this object."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        """Take 32 bytes of key."""
        self._cipher = AESGCM(key)

    @classmethod
    def fresh(cls) -> "LocalKey":
        """Draw a key that ends with this process."""
        return cls(os.urandom(_KEY_LENGTH))

    @classmethod
    def load_or_create(cls, path: Path) -> "LocalKey":
        """Read the machine's key file, made at its first use, with mode 0600.

        Raises: `Forbidden("key_file_exposed")`, `Corrupted("key_file_damaged")`.
        """
        try:
            key = read_private(path)
        except NotFound:
            # Another process may make it at this very moment: then its key is the key.
            with contextlib.suppress(Conflict):
                write_private(path, os.urandom(_KEY_LENGTH))
            key = read_private(path)
        if len(key) != _KEY_LENGTH:
            raise Corrupted("key_file_damaged", path=str(path))
        return cls(key)

    def seal(self, secret: Secret, binding: Binding) -> bytes:
        """Seal for this binding. Raises: `BadInput("not_text")`."""
        return self.seal_bytes(bytes_of(secret, binding.field), binding.info())

    def open(self, sealed: bytes, binding: Binding) -> Secret:
        """Open what was sealed for this binding. Raises: `Corrupted("sealed_value_damaged")`."""
        try:
            return Secret(self._opened(sealed, binding.info()).decode())
        except (InvalidTag, ValueError):
            # `from None`: a decoding error would carry the plain bytes.
            raise Corrupted(
                "sealed_value_damaged", key_id=binding.key_id, field=binding.field
            ) from None

    def seal_bytes(self, plain: bytes, about: bytes) -> bytes:
        """Seal bytes that belong to what `about` says.

        Shape: magic with format version, nonce, ciphertext.
        """
        nonce = os.urandom(_NONCE_LENGTH)
        return _MAGIC + nonce + self._cipher.encrypt(nonce, plain, _MAGIC + about)

    def open_bytes(self, sealed: bytes, about: bytes) -> bytes:
        """Open what `seal_bytes` sealed. Raises: `Corrupted("sealed_value_damaged")`."""
        try:
            return self._opened(sealed, about)
        except (InvalidTag, ValueError):
            raise Corrupted("sealed_value_damaged", field="") from None

    def _opened(self, sealed: bytes, about: bytes) -> bytes:
        start = len(_MAGIC) + _NONCE_LENGTH
        magic, nonce = sealed[: len(_MAGIC)], sealed[len(_MAGIC) : start]
        return self._cipher.decrypt(nonce, sealed[start:], magic + about)

    def __repr__(self) -> str:
        """Show nothing of the key."""
        return "LocalKey()"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied into another process."""
        message = "a key cannot be pickled"
        raise TypeError(message)
