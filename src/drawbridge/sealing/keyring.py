"""The private half of sealing: the key that opens what `envelope` sealed.

Only the process that runs the gateway loads it; the pages, the bots' proxy and the command line
have no use for this module. On disk it lies wrapped under a passphrase, or, where the owner
chose to start without one, in a file that only they can read.
"""

import base64
import binascii
import json
import os
from pathlib import Path
from typing import Any, Final, NoReturn

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from drawbridge.core.errors import Corrupted, NotProven
from drawbridge.core.secret import Secret
from drawbridge.sealing.deriving import (
    MLKEM_SEED_LENGTH,
    X25519_SEED_LENGTH,
    RawPrivateKey,
    derive,
)
from drawbridge.sealing.envelope import (
    FINGERPRINT_LENGTH,
    SUITES,
    Binding,
    Kem,
    VaultPublicKey,
    bytes_of,
    header_for,
    public_key_from,
)
from drawbridge.sealing.passphrase import MAX_PASSPHRASE_LENGTH, check_passphrase
from drawbridge.sealing.private_files import read_private, write_private

_FORMAT: Final = "drawbridge keyring 1"
_SALT_LENGTH: Final = 16
_NONCE_LENGTH: Final = 12

# RFC 9106's second recommended setting: three passes over 64 MiB, four lanes.
_PASSES: Final = 3
_MEMORY_KIB: Final = 64 * 1024
_LANES: Final = 4
# A file from elsewhere must not be able to ask for all memory or for hours.
_MOST_MEMORY_KIB: Final = 1024 * 1024
_MOST_PASSES: Final = 64
_MOST_LANES: Final = 64

# What a file of the right form but with wrong values in it leads to.
_UNREADABLE: Final = (
    KeyError,
    TypeError,
    ValueError,
    OverflowError,
    HashingError,
    UnsupportedAlgorithm,
)


class Keyring:
    """Hold the vault's private key and open what was sealed to it."""

    __slots__ = ("_raw", "_seed", "public")

    def __init__(self, kem: Kem, seed: bytes) -> None:
        """Derive the key from its seed; `create` and `load` are the usual ways."""
        raw, public_bytes = derive(kem, seed)
        self._seed = seed
        self._raw: RawPrivateKey = raw
        self.public: VaultPublicKey = public_key_from(kem, public_bytes)

    @classmethod
    def create(cls) -> "Keyring":
        """Draw a new key, post-quantum hybrid where the library has it."""
        x25519 = os.urandom(X25519_SEED_LENGTH)
        try:
            return cls(Kem.MLKEM768_X25519, os.urandom(MLKEM_SEED_LENGTH) + x25519)
        except UnsupportedAlgorithm:
            return cls(Kem.X25519, x25519)

    @classmethod
    def load(cls, path: Path, passphrase: Secret | None) -> "Keyring":
        """Read the key file. Slow on purpose where there is a passphrase: call it in a thread.

        Raises: `NotFound("key_file_missing")`, `Forbidden("key_file_exposed")`,
        `NotProven("passphrase_needed")`, `NotProven("passphrase_wrong")`,
        `Corrupted("key_file_damaged")`.
        """
        file = _read_file(path)
        try:
            return cls(Kem(file["kem"]), _unwrapped(file, passphrase))
        except _UNREADABLE as error:
            raise Corrupted("key_file_damaged", path=str(path)) from error

    def save(self, path: Path, passphrase: Secret | None, *, replace: bool = False) -> None:
        """Write the key file, wrapped under the passphrase. Slow on purpose, as `load`.

        Raises: `BadInput("passphrase_too_short")`, `BadInput("passphrase_too_long")`,
        `Conflict("key_file_exists")`.
        """
        header = {"format": _FORMAT, "kem": int(self.public.kem)}
        if passphrase is None:
            # The machine key: whoever can read this file can open the vault.
            file = header | {"wrap": "none", "key": _text(self._seed)}
        else:
            check_passphrase(passphrase)
            file = _wrapped(header, self._seed, passphrase)
        write_private(path, json.dumps(file, indent=1).encode() + b"\n", replace=replace)

    def open(self, sealed: bytes, binding: Binding) -> Secret:
        """Open what was sealed to this key for exactly this binding.

        Raises: `Corrupted("sealed_value_damaged")` if a byte or the binding differs;
        `Corrupted("sealed_for_another_key")` if it was sealed to another vault.
        """
        header = header_for(self.public)
        if not sealed.startswith(header):
            whole = len(sealed) > len(header)
            foreign = whole and sealed.startswith(header[:-FINGERPRINT_LENGTH])
            code = "sealed_for_another_key" if foreign else "sealed_value_damaged"
            raise Corrupted(code, key_id=binding.key_id, field=binding.field)
        try:
            suite = SUITES[self.public.kem]
            plain = suite.decrypt(sealed[len(header) :], self._raw, header + binding.info())
            return Secret(plain.decode())
        except (InvalidTag, ValueError):
            # `from None`: a decoding error would carry the plain bytes.
            raise Corrupted(
                "sealed_value_damaged", key_id=binding.key_id, field=binding.field
            ) from None

    def __repr__(self) -> str:
        """Name the public key only."""
        return f"Keyring({self.public.fingerprint.hex()})"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied into another process."""
        message = "a keyring cannot be pickled"
        raise TypeError(message)


def needs_passphrase(path: Path) -> bool:
    """Tell whether the key file is wrapped under a passphrase. Raises: as `Keyring.load`."""
    return _read_file(path).get("wrap") != "none"


def _read_file(path: Path) -> dict[str, Any]:
    data = read_private(path)
    try:
        file = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Corrupted("key_file_damaged", path=str(path)) from error
    if not isinstance(file, dict) or file.get("format") != _FORMAT:
        raise Corrupted("key_file_damaged", path=str(path))
    return file


def _wrapped(header: dict[str, object], seed: bytes, passphrase: Secret) -> dict[str, object]:
    salt, nonce = os.urandom(_SALT_LENGTH), os.urandom(_NONCE_LENGTH)
    header = header | {
        "wrap": "argon2id",
        "salt": _text(salt),
        "passes": _PASSES,
        "memory_kib": _MEMORY_KIB,
        "lanes": _LANES,
    }
    key = _derived(passphrase, salt, (_PASSES, _MEMORY_KIB, _LANES))
    key_text = _text(nonce + AESGCM(key).encrypt(nonce, seed, _canonical(header)))
    return header | {"key": key_text}


def _unwrapped(file: dict[str, Any], passphrase: Secret | None) -> bytes:
    data = _bytes(file["key"])
    if file["wrap"] == "none":
        return data
    if passphrase is None:
        raise NotProven("passphrase_needed")
    cost = (file["passes"], file["memory_kib"], file["lanes"])
    limits = (_MOST_PASSES, _MOST_MEMORY_KIB, _MOST_LANES)
    if file["wrap"] != "argon2id" or any(a > b for a, b in zip(cost, limits, strict=True)):
        message = "a wrapping that this version does not make"
        raise ValueError(message)
    key = _derived(passphrase, _bytes(file["salt"]), cost)
    header = {name: value for name, value in file.items() if name != "key"}
    nonce, sealed = data[:_NONCE_LENGTH], data[_NONCE_LENGTH:]
    try:
        return AESGCM(key).decrypt(nonce, sealed, _canonical(header))
    except InvalidTag:
        # A wrong passphrase and a changed byte look the same here; the first is likelier.
        raise NotProven("passphrase_wrong") from None


def _derived(passphrase: Secret, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    passes, memory_kib, lanes = cost
    text = Secret(passphrase.reveal()[: MAX_PASSPHRASE_LENGTH + 1])
    plain = bytes_of(text, "passphrase")
    return hash_secret_raw(plain, salt, passes, memory_kib, lanes, 32, Type.ID)


def _canonical(header: dict[str, object]) -> bytes:
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        message = "not base64"
        raise ValueError(message) from error
