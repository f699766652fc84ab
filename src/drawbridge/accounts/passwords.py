"""Password hashes: argon2id, in a thread, a few at a time.

Which passwords are allowed is said in `model`.
"""

import asyncio
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from drawbridge.accounts.model import MAX_PASSWORD_LENGTH
from drawbridge.core.errors import Corrupted
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import bytes_of

# OWASP's recommended setting: 19 MiB, two passes, one lane.
_HASHER: Final = PasswordHasher(
    time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, type=Type.ID
)
SALT_LENGTH: Final = 16
# Each takes 19 MiB while it runs: many log-ins at once must not take all memory.
_AT_ONCE: Final = 4

# Verified in place of a hash when the name is unknown, so that the time taken tells nothing.
STAND_IN_HASH: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$c3RhbmQtaW4tc2FsdC4uLg"
    "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)


class Passwords:
    """Hash and check passwords off the event loop."""

    def __init__(self) -> None:
        """Begin with nothing running."""
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: Secret, salt: bytes) -> str:
        """Hash a password with a salt of `SALT_LENGTH` random bytes."""
        plain = bytes_of(password, "password")
        async with self._room:
            return await asyncio.to_thread(_HASHER.hash, plain, salt=salt)

    async def fits(self, password: Secret, hashed: str) -> bool:
        """Tell whether the password has this hash. Raises: `Corrupted("password_hash")`."""
        if len(password) > MAX_PASSWORD_LENGTH:
            return False
        plain = bytes_of(password, "password")
        async with self._room:
            return await asyncio.to_thread(_fits, plain, hashed)


def _fits(plain: bytes, hashed: str) -> bool:
    try:
        return _HASHER.verify(hashed, plain)
    except VerificationError:
        return False
    except InvalidHashError:
        raise Corrupted("password_hash_damaged") from None
