"""In which of 64 shards an account lies: what workers share out among themselves.

The number follows from the key's id alone, so every process says the same without asking; it
never changes, because rows and orders of an account stay where they are.
"""

from typing import Final
from zlib import crc32

from drawbridge.core.ids import id_from

_HEAD_BYTES: Final = 8
_TAIL_BYTES: Final = 2
_TAILS: Final = 1 << (8 * _TAIL_BYTES)

SHARDS: Final = 64
HOUSE: Final = 0
"""Who holds this one also does what is done once for all."""


def shard_of(key_id: str) -> int:
    """Give the shard of a key's account."""
    return crc32(key_id.encode()) % SHARDS


def id_in_shard(prefix: str, entropy: bytes, shard: int) -> str:
    """Make an id as `id_from` does, from ten random bytes, that lies in this shard.

    The last two bytes are counted on until it does, 64 times on average.
    """
    head, first = entropy[:_HEAD_BYTES], entropy[_HEAD_BYTES : _HEAD_BYTES + _TAIL_BYTES]
    start = int.from_bytes(first, "big")
    tails = (((start + n) % _TAILS).to_bytes(_TAIL_BYTES, "big") for n in range(_TAILS))
    # What the tail does to a checksum is the same behind every head, and reaches every shard.
    return next(it for tail in tails if shard_of(it := id_from(prefix, head + tail)) == shard)
