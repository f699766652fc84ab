"""How several accounts did together, read from their snapshots.

What was worked out is remembered until one of the accounts is looked at again: a snapshot is
taken once an hour, and pages are drawn far more often.
"""

import asyncio
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Final, NamedTuple, Protocol

from drawbridge.core.money import ZERO
from drawbridge.statistics.account import Snapshot
from drawbridge.statistics.together import Together, report_together

_MOST_REMEMBERED: Final = 32


class Pasts(Protocol):
    """Where accounts' snapshots stand on disk; our store is one."""

    async def newest_of(self, key_ids: Collection[str]) -> tuple[int, int]:
        """Tell how many snapshots there are of these accounts, and when the newest was taken."""

    async def list_of_all(
        self, key_ids: Collection[str], since_ms: int = 0
    ) -> Mapping[str, tuple[Snapshot, ...]]:
        """Give the snapshots of several keys' accounts since a moment, each oldest first."""

    async def list_coarse(
        self, key_ids: Collection[str], since_ms: int, fine_from_ms: int
    ) -> Mapping[str, tuple[Snapshot, ...]]:
        """Give only a few of each day before a moment, and all from there on."""


class _Asked(NamedTuple):
    key_ids: tuple[str, ...]
    currency: str
    since_ms: int
    fine_from_ms: int
    risk_free_rate: Decimal


class Wealth:
    """How a person's accounts did in sum."""

    def __init__(self, pasts: Pasts) -> None:
        """Read snapshots from there."""
        self._pasts = pasts
        self._known: dict[_Asked, tuple[tuple[int, int], Together]] = {}

    async def together(
        self,
        key_ids: Collection[str],
        currency: str,
        *,
        since_ms: int = 0,
        fine_from_ms: int = 0,
        risk_free_rate: Decimal = ZERO,
    ) -> Together:
        """Report on these accounts in a currency, from the beginning or since a moment.

        Where it is looked at finely from a later moment on only, it is found sooner.
        """
        ids = tuple(sorted(key_ids))
        asked = _Asked(ids, currency, since_ms, fine_from_ms, risk_free_rate)
        newest = await self._pasts.newest_of(asked.key_ids)
        known = self._known.pop(asked, None)
        if known is None or known[0] != newest:
            known = newest, await self._work_out(asked)
        while len(self._known) >= _MOST_REMEMBERED:
            del self._known[next(iter(self._known))]  # The one asked for the longest ago.
        self._known[asked] = known
        return known[1]

    async def _work_out(self, asked: _Asked) -> Together:
        if asked.fine_from_ms:
            pasts = await self._pasts.list_coarse(asked.key_ids, asked.since_ms, asked.fine_from_ms)
        else:
            pasts = await self._pasts.list_of_all(asked.key_ids, asked.since_ms)
        # Beside everything else: a long past takes a moment, and others wait for their pages.
        return await asyncio.to_thread(report_together, pasts, asked.currency, asked.risk_free_rate)
