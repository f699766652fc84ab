"""Numbers that look random and are not: the same seed and place give the same number for ever.

Prices, depth and faults draw from here, so that a paper exchange can be replayed exactly. None
of this is fit for keys or ids that nobody may guess.
"""

from hashlib import blake2b
from typing import Final

_MASK: Final = (1 << 64) - 1
_WIDE: Final = 1 << 32


def seed_of(*names: str) -> int:
    """Make a seed out of names."""
    return int.from_bytes(blake2b("\x1f".join(names).encode(), digest_size=8).digest(), "big")


def draw(seed: int, place: int) -> int:
    """Give the number from 0 up to 2^32 that stands at a place (the finaliser of SplitMix64)."""
    mixed = (seed + place * 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return (mixed ^ (mixed >> 31)) >> 32


def between(seed: int, place: int, low: int, high: int) -> int:
    """Give the whole number from `low` up to and including `high` that stands at a place."""
    return low + draw(seed, place) * (high - low + 1) // _WIDE
