"""The vault's key file: seeds of private keys, wrapped under one key or lying open.

What they are wrapped under comes from a passphrase, or from whoever keeps a key for us
(`keepers`); which of them leads, and what they open, is in `keyring`.
"""

import base64
import binascii
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from drawbridge.core.errors import Conflict, Corrupted, NotProven
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import Kem, bytes_of
from drawbridge.sealing.passphrase import MAX_PASSPHRASE_LENGTH, check_passphrase
from drawbridge.sealing.private_files import read_private, write_private

OPEN: Final = "none"
"""The wrapping of a file that lies open: whoever reads it opens the vault."""
STRETCHED: Final = "argon2id"

_ONE: Final = "drawbridge keyring 1"
_MORE: Final = "drawbridge keyring 2"
_FORMATS: Final = frozenset({_ONE, _MORE})
_OURS: Final = frozenset({"format", "kem", "wrap", "key", "older", "of"})
_MOST_OLDER: Final = 8
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
UNREADABLE: Final = (
    AttributeError,
    KeyError,
    TypeError,
    ValueError,
    OverflowError,
    HashingError,
    UnsupportedAlgorithm,
)


@dataclass(frozen=True, slots=True)
class Seed:
    """A private key as it is stored: its method, and the bytes from which it is derived.

    `name` is the fingerprint of its public half; a file with one key does not tell it.
    """

    kem: Kem
    data: bytes
    name: str = ""

    def __repr__(self) -> str:
        """Name the method only."""
        return f"Seed({self.kem.name})"


@dataclass(frozen=True, slots=True, repr=False)
class Wrapping:
    """What seeds are wrapped under: its name, what finding it again takes, and the key itself.

    `facts` stand in the file for everybody to read. `key` is None where the file lies open.
    """

    name: str
    facts: Mapping[str, object]
    key: bytes | None


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key file as it was read, nothing of it unwrapped."""

    path: Path
    content: Mapping[str, Any]

    @property
    def wrap(self) -> str:
        """Tell what it is wrapped under."""
        return str(self.content.get("wrap"))

    @property
    def facts(self) -> dict[str, Any]:
        """Give what it tells of what it is wrapped under."""
        return {name: it for name, it in self.content.items() if name not in _OURS}


def nothing() -> Wrapping:
    """Wrap under nothing. Whoever can read the file can open the vault."""
    return Wrapping(OPEN, {}, None)


def under(passphrase: Secret) -> Wrapping:
    """Wrap under a passphrase; slow on purpose.

    Raises: `BadInput("passphrase_too_short")`, `BadInput("passphrase_too_long")`.
    """
    check_passphrase(passphrase)
    salt = os.urandom(_SALT_LENGTH)
    cost = (_PASSES, _MEMORY_KIB, _LANES)
    facts = {
        "salt": _text(salt),
        "passes": _PASSES,
        "memory_kib": _MEMORY_KIB,
        "lanes": _LANES,
    }
    return Wrapping(STRETCHED, facts, _derived(passphrase, salt, cost))


def found_under(file: KeyFile, passphrase: Secret | None) -> Wrapping:
    """Give what a file is wrapped under, by its passphrase; slow on purpose.

    Raises: `NotProven("passphrase_needed")`, `Corrupted("key_file_damaged")`.
    """
    if file.wrap == OPEN:
        return nothing()
    if passphrase is None:
        raise NotProven("passphrase_needed")
    try:
        cost = (file.content["passes"], file.content["memory_kib"], file.content["lanes"])
        limits = (_MOST_PASSES, _MOST_MEMORY_KIB, _MOST_LANES)
        if file.wrap != STRETCHED or any(a > b for a, b in zip(cost, limits, strict=True)):
            raise _damaged(file.path)
        key = _derived(passphrase, _bytes(file.content["salt"]), cost)
    except UNREADABLE as error:
        raise _damaged(file.path) from error
    names = ("salt", "passes", "memory_kib", "lanes")
    return Wrapping(STRETCHED, {name: file.content[name] for name in names}, key)


def read_key_file(path: Path) -> KeyFile:
    """Read a key file as it lies there.

    Raises: `NotFound("key_file_missing")`, `Forbidden("key_file_exposed")`,
    `Corrupted("key_file_damaged")`.
    """
    data = read_private(path)
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _damaged(path) from error
    if not isinstance(content, dict) or content.get("format") not in _FORMATS:
        raise _damaged(path)
    return KeyFile(path, content)


def unwrap(file: KeyFile, wrapping: Wrapping) -> tuple[Seed, ...]:
    """Give the seeds, the leading one first.

    Raises: `NotProven("passphrase_wrong")`, which a changed byte looks like as well, though the
    first is likelier; `Corrupted("key_file_damaged")`.
    """
    try:
        content = file.content
        older = content.get("older", [])
        if len(older) > _MOST_OLDER:
            raise _damaged(file.path)
        header = _header(content)
        seeds = [_unwrapped(header, content["key"], wrapping)]
        for it in older:
            about = {"kem": it["kem"], "of": it["of"]}
            seeds.append(_unwrapped(header | about, it["key"], wrapping))
    except UNREADABLE as error:
        raise _damaged(file.path) from error
    return tuple(seeds)


def write_key_file(
    path: Path, seeds: Sequence[Seed], wrapping: Wrapping, *, replace: bool = False
) -> None:
    """Write a key file, the leading seed first. Raises: `Conflict("key_file_exists")`."""
    first, *older = seeds
    header: dict[str, Any] = {
        "format": _MORE if older else _ONE,
        "kem": int(first.kem),
        "wrap": wrapping.name,
        **wrapping.facts,
    }
    if older:
        header["of"] = first.name
    content = header | {"key": _wrapped(header, first, wrapping)}
    if older:
        content["older"] = [_entry(header, seed, wrapping) for seed in older]
    _write(path, content, replace=replace)


def drop_older(path: Path, leading: str) -> int:
    """Take every seed but the leading one out of a key file, and give how many they were.

    It needs no passphrase: nothing is unwrapped.
    Raises: as `read_key_file`; `Conflict("vault_key_differs")` unless the file is led by the key
    of this name, because then the one that is needed would be among those that go.
    """
    file = read_key_file(path)
    content = dict(file.content)
    older = content.pop("older", [])
    if older and content.get("of") != leading:
        raise Conflict("vault_key_differs", path=str(path))
    if older:
        _write(path, content, replace=True)
    return len(older)


def _write(path: Path, content: Mapping[str, Any], *, replace: bool) -> None:
    write_private(path, json.dumps(content, indent=1).encode() + b"\n", replace=replace)


def _header(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in {"key", "older"}}


def _entry(header: Mapping[str, Any], seed: Seed, wrapping: Wrapping) -> dict[str, Any]:
    about = {"kem": int(seed.kem), "of": seed.name}
    return about | {"key": _wrapped({**header, **about}, seed, wrapping)}


def _wrapped(header: Mapping[str, Any], seed: Seed, wrapping: Wrapping) -> str:
    if wrapping.key is None:
        return _text(seed.data)
    nonce = os.urandom(_NONCE_LENGTH)
    return _text(nonce + AESGCM(wrapping.key).encrypt(nonce, seed.data, _canonical(header)))


def _unwrapped(header: Mapping[str, Any], text: str, wrapping: Wrapping) -> Seed:
    kem, data = Kem(header["kem"]), _bytes(text)
    if wrapping.key is None:
        return Seed(kem, data)
    nonce, sealed = data[:_NONCE_LENGTH], data[_NONCE_LENGTH:]
    try:
        return Seed(kem, AESGCM(wrapping.key).decrypt(nonce, sealed, _canonical(header)))
    except InvalidTag:
        raise NotProven("passphrase_wrong") from None


def _derived(passphrase: Secret, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    passes, memory_kib, lanes = cost
    text = Secret(passphrase.reveal()[: MAX_PASSPHRASE_LENGTH + 1])
    plain = bytes_of(text, "passphrase")
    return hash_secret_raw(plain, salt, passes, memory_kib, lanes, 32, Type.ID)


def _damaged(path: Path) -> Corrupted:
    return Corrupted("key_file_damaged", path=str(path))


def _canonical(header: Mapping[str, Any]) -> bytes:
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        message = "not base64"
        raise ValueError(message) from error
