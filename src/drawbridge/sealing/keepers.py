"""Who keeps the key under which the vault's key file is wrapped, where it is no passphrase.

The seam, and the keepers of one machine: the operating system's keyring and systemd's
credentials. Those that are asked over the network stand in `gateway/`.
"""

import asyncio
import base64
import binascii
import importlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol, cast

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from drawbridge.core.errors import Conflict, Corrupted, DrawbridgeError
from drawbridge.sealing.key_file import Wrapping
from drawbridge.sealing.private_files import read_private

OS_KEYRING: Final = "os-keyring"
SYSTEMD: Final = "systemd"
TRANSIT: Final = "transit"
AWS_KMS: Final = "aws-kms"
KEEPERS: Final = (OS_KEYRING, SYSTEMD, TRANSIT, AWS_KMS)
"""The keepers by name, as key files and commands tell them."""

_KEY_LENGTH: Final = 32
_SERVICE: Final = "drawbridge"
_ID_BYTES: Final = 8
_CREDENTIAL: Final = "drawbridge-vault"
_LEAST_CREDENTIAL: Final = 16
_PURPOSE: Final = b"drawbridge vault, systemd credential, version 1"


class Keeper(Protocol):
    """Somebody who keeps a key for us, and gives it back to who may have it."""

    async def make(self) -> Wrapping:
        """Have a new key kept. Raises: `Conflict`, `Forbidden`, `ExchangeDown`, `Corrupted`."""

    async def find(self, facts: Mapping[str, object]) -> Wrapping:
        """Give the key that was kept, by what the file tells of it. Raises: as `make`."""


class KeyringLibrary(Protocol):
    """What is used of the library `keyring`."""

    def get_password(self, service_name: str, username: str) -> str | None:
        """Give what was kept, None where nothing was."""

    def set_password(self, service_name: str, username: str, password: str) -> None:
        """Keep something."""


class OsKeyring:
    """The operating system's keyring of the user under whom Drawbridge runs."""

    def __init__(self, library: KeyringLibrary | None = None) -> None:
        """Ask this library, by default the one that is installed."""
        self._library = library

    async def make(self) -> Wrapping:
        """Put a new key into the keyring. Raises: `Conflict("keeper_missing")`."""
        key, name = draw_key(), os.urandom(_ID_BYTES).hex()
        text = base64.b64encode(key).decode()
        await asyncio.to_thread(self._asked, lambda it: it.set_password(_SERVICE, name, text))
        return Wrapping(OS_KEYRING, {"entry": name}, key)

    async def find(self, facts: Mapping[str, object]) -> Wrapping:
        """Take the key out of it. Raises: `Conflict("keeper_missing")`, `Corrupted`."""
        name = str(facts.get("entry", ""))
        text = await asyncio.to_thread(self._asked, lambda it: it.get_password(_SERVICE, name))
        return Wrapping(OS_KEYRING, {"entry": name}, read_kept(OS_KEYRING, text or ""))

    def _asked(self, ask: Callable[[KeyringLibrary], str | None]) -> str | None:
        library = self._library or _library()
        try:
            return ask(library)
        except Exception as error:
            # A rim: each system's keyring fails in its own way.
            raise Conflict("keeper_missing", keeper=OS_KEYRING) from error


class SystemdCredential:
    """A credential that systemd has decrypted for this service, as `LoadCredentialEncrypted=` says.

    Nothing is stored by us: its content, whatever it is, stretches to the key.
    """

    def __init__(self, folder: Path | None) -> None:
        """Look into the folder that systemd names, None where it names none."""
        self._folder = folder

    async def make(self) -> Wrapping:
        """Use the credential as it is. Raises: `Conflict("keeper_missing")`."""
        return await self.find({})

    async def find(self, facts: Mapping[str, object]) -> Wrapping:
        """Read the credential. Raises: `Conflict("keeper_missing")`."""
        del facts
        if self._folder is None:
            raise Conflict("keeper_missing", keeper=SYSTEMD)
        try:
            content = await asyncio.to_thread(read_private, self._folder / _CREDENTIAL)
        except DrawbridgeError as error:
            raise Conflict("keeper_missing", keeper=SYSTEMD) from error
        if len(content) < _LEAST_CREDENTIAL:
            raise Corrupted("keeper_answer_unreadable", keeper=SYSTEMD)
        key = HKDF(SHA256(), _KEY_LENGTH, salt=None, info=_PURPOSE).derive(content)
        return Wrapping(SYSTEMD, {}, key)


def draw_key() -> bytes:
    """Draw a key to wrap others under."""
    return os.urandom(_KEY_LENGTH)


def read_kept(keeper: str, text: str) -> bytes:
    """Read a key as keepers give it back. Raises: `Corrupted("keeper_answer_unreadable")`."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_LENGTH:
        raise Corrupted("keeper_answer_unreadable", keeper=keeper) from None
    return key


def _library() -> KeyringLibrary:
    try:
        # An extra: who does not use it need not have it.
        return cast("KeyringLibrary", importlib.import_module("keyring"))
    except ImportError:
        raise Conflict("keeper_missing", keeper=OS_KEYRING) from None
