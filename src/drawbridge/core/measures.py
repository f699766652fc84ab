"""Counts of what happens in a process, for whoever watches it: how often, and how long it took.

Words that tell counts apart come from closed lists; an id of a person, a key or a robot is none of
them. Nothing here knows who reads the counts or how they are shown.
"""

from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

from drawbridge.core.errors import DrawbridgeError, ExchangeDown, OutcomeUnknown

_MOST_KINDS: Final = 1_000
_OTHER: Final = "other"

ANSWERED: Final = "answered"

BOUNDS_US: Final = (
    *(100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000),
    *(100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000),
)
"""Up to how many microseconds each place of a `Spread` counts; the last place counts the rest."""


class Tally:
    """How often something happened, told apart by a few words."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        """Begin with nothing."""
        self._counts: dict[tuple[str, ...], int] = {}

    def add(self, *words: str) -> None:
        """Count one more. Beyond a thousand kinds, what is new is counted as “other”."""
        counts = self._counts
        if words not in counts and len(counts) >= _MOST_KINDS:
            words = (_OTHER,) * len(words)
        counts[words] = counts.get(words, 0) + 1

    def counts(self) -> Mapping[tuple[str, ...], int]:
        """Give the counts until now by their words."""
        return dict(self._counts)


class Spread:
    """How long something took, each time."""

    __slots__ = ("counts", "sum_us")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.counts = [0] * (len(BOUNDS_US) + 1)
        self.sum_us = 0

    def add(self, took_us: int) -> None:
        """Count one more."""
        self.counts[bisect_left(BOUNDS_US, took_us)] += 1
        self.sum_us += took_us


class Spreads:
    """How long something took, told apart by a few words."""

    __slots__ = ("_spreads",)

    def __init__(self) -> None:
        """Begin with nothing."""
        self._spreads: dict[tuple[str, ...], Spread] = {}

    def add(self, took_us: int, *words: str) -> None:
        """Count one more. Beyond a thousand kinds, what is new is counted as “other”."""
        spreads = self._spreads
        spread = spreads.get(words)
        if spread is None:
            if len(spreads) >= _MOST_KINDS:
                words = (_OTHER,) * len(words)
            spread = spreads.setdefault(words, Spread())
        spread.add(took_us)

    def spreads(self) -> Mapping[tuple[str, ...], Spread]:
        """Give what was counted until now by its words."""
        return dict(self._spreads)


def outcome_of(error: DrawbridgeError) -> str:
    """Give the word for what became of a request that got no answer."""
    if isinstance(error, OutcomeUnknown):
        return "unknown"
    return "down" if isinstance(error, ExchangeDown) else "failed"
