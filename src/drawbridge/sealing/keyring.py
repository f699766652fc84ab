"""The private half of sealing: the keys that open what `envelope` sealed.

Only the process that runs the gateway loads it; the pages, the bots' proxy and the command line
have no use for this module. One key leads: everything is sealed to it. Older ones open what was
sealed before it, until that is sealed anew. How they lie on disk is in `key_file`.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm

from drawbridge.core.errors import Corrupted
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
    header_for,
    public_key_from,
)
from drawbridge.sealing.key_file import (
    OPEN,
    UNREADABLE,
    KeyFile,
    Seed,
    Wrapping,
    found_under,
    nothing,
    read_key_file,
    under,
    unwrap,
    write_key_file,
)


@dataclass(frozen=True, slots=True, repr=False)
class _Key:
    """A private key, ready to open, and the beginning of all that was sealed to it."""

    seed: Seed
    raw: RawPrivateKey
    public: VaultPublicKey
    header: bytes


class Keyring:
    """Hold the vault's private keys and open what was sealed to them."""

    __slots__ = ("_keys",)

    def __init__(self, kem: Kem, seed: bytes, older: Sequence[Seed] = ()) -> None:
        """Derive the keys from their seeds; `create` and `load` are the usual ways."""
        self._keys = tuple(_key(it) for it in (Seed(kem, seed), *older))

    @classmethod
    def create(cls) -> "Keyring":
        """Draw a new key, post-quantum hybrid where the library has it."""
        seed = _drawn()
        return cls(seed.kem, seed.data)

    @classmethod
    def load(cls, path: Path, passphrase: Secret | None) -> "Keyring":
        """Read the key file. Slow on purpose where there is a passphrase: call it in a thread.

        Raises: `NotFound("key_file_missing")`, `Forbidden("key_file_exposed")`,
        `NotProven("passphrase_needed")`, `NotProven("passphrase_wrong")`,
        `Corrupted("key_file_damaged")`.
        """
        file = read_key_file(path)
        return cls.unwrapped(file, found_under(file, passphrase))

    @classmethod
    def unwrapped(cls, file: KeyFile, wrapping: Wrapping) -> "Keyring":
        """Take the keys of a file, by what they are wrapped under. Raises: as `load`."""
        first, *older = unwrap(file, wrapping)
        try:
            return cls(first.kem, first.data, older)
        except UNREADABLE as error:
            raise Corrupted("key_file_damaged", path=str(file.path)) from error

    @property
    def public(self) -> VaultPublicKey:
        """Give the key that everything is sealed to from now on."""
        return self._keys[0].public

    @property
    def older(self) -> tuple[VaultPublicKey, ...]:
        """Give the keys that only open what was sealed to them before."""
        return tuple(key.public for key in self._keys[1:])

    def save(self, path: Path, passphrase: Secret | None, *, replace: bool = False) -> None:
        """Write the key file, wrapped under the passphrase. Slow on purpose, as `load`.

        Raises: `BadInput("passphrase_too_short")`, `BadInput("passphrase_too_long")`,
        `Conflict("key_file_exists")`.
        """
        wrapping = nothing() if passphrase is None else under(passphrase)
        self.save_under(path, wrapping, replace=replace)

    def save_under(self, path: Path, wrapping: Wrapping, *, replace: bool = False) -> None:
        """Write the key file, wrapped under this. Raises: `Conflict("key_file_exists")`."""
        seeds = [
            Seed(key.seed.kem, key.seed.data, key.public.fingerprint.hex()) for key in self._keys
        ]
        write_key_file(path, seeds, wrapping, replace=replace)

    def renewed(self) -> "Keyring":
        """Give a ring that is led by a new key and opens all that this one opens."""
        fresh = _drawn()
        return Keyring(fresh.kem, fresh.data, [key.seed for key in self._keys])

    def led_by(self, public: bytes) -> "Keyring | None":
        """Give this ring led by the key of that public half, None where it has none such.

        Why: the file is written before the database says that a new key leads. Whoever is
        stopped between the two goes on with the old one, and loses nothing.
        """
        leading = [key.seed for key in self._keys if key.public.data == public]
        others = [key.seed for key in self._keys if key.public.data != public]
        return Keyring(leading[0].kem, leading[0].data, others) if leading else None

    def alone(self) -> "Keyring":
        """Give a ring of the leading key only."""
        seed = self._keys[0].seed
        return Keyring(seed.kem, seed.data)

    def open(self, sealed: bytes, binding: Binding) -> Secret:
        """Open what was sealed to one of these keys for exactly this binding.

        Raises: `Corrupted("sealed_value_damaged")` if a byte or the binding differs;
        `Corrupted("sealed_for_another_key")` if it was sealed to another vault.
        """
        for key in self._keys:
            if sealed.startswith(key.header):
                return _opened(key, sealed, binding)
        kinds = [(len(it.header), it.header[:-FINGERPRINT_LENGTH]) for it in self._keys]
        foreign = any(len(sealed) > length and sealed.startswith(it) for length, it in kinds)
        code = "sealed_for_another_key" if foreign else "sealed_value_damaged"
        raise Corrupted(code, key_id=binding.key_id, field=binding.field)

    def __repr__(self) -> str:
        """Name the public key only."""
        return f"Keyring({self.public.fingerprint.hex()})"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied into another process."""
        message = "a keyring cannot be pickled"
        raise TypeError(message)


def needs_passphrase(path: Path) -> bool:
    """Tell whether the key file is wrapped under a passphrase. Raises: as `Keyring.load`."""
    return read_key_file(path).wrap != OPEN


def _drawn() -> Seed:
    x25519 = os.urandom(X25519_SEED_LENGTH)
    hybrid = Seed(Kem.MLKEM768_X25519, os.urandom(MLKEM_SEED_LENGTH) + x25519)
    try:
        derive(hybrid.kem, hybrid.data)
    except UnsupportedAlgorithm:
        return Seed(Kem.X25519, x25519)
    return hybrid


def _key(seed: Seed) -> _Key:
    raw, public_bytes = derive(seed.kem, seed.data)
    public = public_key_from(seed.kem, public_bytes)
    return _Key(seed, raw, public, header_for(public))


def _opened(key: _Key, sealed: bytes, binding: Binding) -> Secret:
    try:
        suite = SUITES[key.public.kem]
        plain = suite.decrypt(sealed[len(key.header) :], key.raw, key.header + binding.info())
        return Secret(plain.decode())
    except (InvalidTag, ValueError):
        # `from None`: a decoding error would carry the plain bytes.
        raise Corrupted(
            "sealed_value_damaged", key_id=binding.key_id, field=binding.field
        ) from None
