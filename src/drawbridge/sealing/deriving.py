"""Private keys from their seeds, for whoever holds one: the vault's keyring, a recovery key.

Nothing is opened here, and nothing is drawn: a seed comes from elsewhere and gives one key.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from drawbridge.sealing.envelope import Kem

RawPrivateKey: TypeAlias = X25519PrivateKey | MLKEM768X25519PrivateKey

MLKEM_SEED_LENGTH: Final = 64
X25519_SEED_LENGTH: Final = 32


def derive(kem: Kem, seed: bytes) -> tuple[RawPrivateKey, bytes]:
    """Give a private key and the raw bytes of its public half.

    Shape: `seed` is ML-KEM's 64 bytes, where the method has it, then X25519's 32.
    Raises: `ValueError` for a seed of another length; `UnsupportedAlgorithm` where the library
    does not have the method.
    """
    return _DERIVERS[kem](seed)


def seed_length(kem: Kem) -> int:
    """Tell how many bytes a seed has."""
    has_mlkem = kem is Kem.MLKEM768_X25519
    return X25519_SEED_LENGTH + (MLKEM_SEED_LENGTH if has_mlkem else 0)


def _derive_x25519(seed: bytes) -> tuple[RawPrivateKey, bytes]:
    key = X25519PrivateKey.from_private_bytes(seed)
    return key, key.public_key().public_bytes_raw()


def _derive_hybrid(seed: bytes) -> tuple[RawPrivateKey, bytes]:
    mlkem = MLKEM768PrivateKey.from_seed_bytes(seed[:MLKEM_SEED_LENGTH])
    x25519 = X25519PrivateKey.from_private_bytes(seed[MLKEM_SEED_LENGTH:])
    public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
    return MLKEM768X25519PrivateKey(mlkem, x25519), public


_DERIVERS: Final[Mapping[Kem, Callable[[bytes], tuple[RawPrivateKey, bytes]]]] = {
    Kem.X25519: _derive_x25519,
    Kem.MLKEM768_X25519: _derive_hybrid,
}
