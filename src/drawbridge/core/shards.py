"""In which of 64 shards an account lies: what workers share out among themselves.

The number follows from the key's id alone, so every process says the same without asking; it
never changes, because rows and orders of an account stay where they are.
"""

from typing import Final
from zlib import crc32

SHARDS: Final = 64
HOUSE: Final = 0
"""Who holds this one also does what is done once for all."""


def shard_of(key_id: str) -> int:
    """Give the shard of a key's account."""
    return crc32(key_id.encode()) % SHARDS
