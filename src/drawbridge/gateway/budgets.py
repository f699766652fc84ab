"""Staying below the exchanges' rate limits: counts per address, per account and per key.

A short wait is waited; a long one is told to the caller, who comes back later. Limits and costs
stand in each exchange's endpoint table; the arithmetic is in `wire/limits.py`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from drawbridge.core.clock import Clock
from drawbridge.core.errors import ExchangeDown
from drawbridge.core.values import light_value
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.limits import Count, Limit, LimitPer

# A tenth is left for what we cannot count: the person's own browser, other programs.
_SHARE: Final = (9, 10)
PATIENCE_MS: Final = 2_000


@light_value
class Payer:
    """On whose counts a request goes: exchange and venue, the account, the key.

    Keys of one account share its limits, so `account` is the same text for all of them.
    """

    exchange_id: str
    venue: str
    account: str = ""
    key_id: str = ""


class Budgets:
    """What is used up of every limit, and which exchange asked us to stay away."""

    def __init__(self, clock: Clock) -> None:
        """Begin with nothing used up."""
        self._clock = clock
        self._counts: dict[tuple[str, str, str, str], Count] = {}
        # What a payer is charged for an endpoint: the same counts, found with one look.
        self._purses: dict[tuple[str, str, str, str, str], tuple[Count, ...]] = {}
        self._silent_until_ms: dict[tuple[str, str], int] = {}

    def charge(self, payer: Payer, endpoint: Endpoint, limits: Mapping[str, Limit]) -> int:
        """Take what a request costs; give 0, or the milliseconds after which to ask again.

        Raises: `ExchangeDown("rate_limited")` when that would be longer than patience lasts.
        """
        now_ms = self._clock.now_ms()
        wait_ms = self._silent_until_ms.get((payer.exchange_id, payer.venue), 0) - now_ms
        at = (payer.exchange_id, payer.venue, payer.account, payer.key_id, endpoint.name)
        purse = self._purses.get(at)
        if purse is None:
            purse = self._purses[at] = self._purse(payer, endpoint, limits)
        for count, (_, cost) in zip(purse, endpoint.costs, strict=True):
            if wait_ms > 0:
                break
            wait_ms = count.charge(cost, now_ms)
        if wait_ms > PATIENCE_MS:
            raise ExchangeDown("rate_limited", retry_after_ms=wait_ms)
        return max(0, wait_ms)

    def stay_away(self, payer: Payer, for_ms: int) -> None:
        """Send nothing to this exchange for a while, because it said so."""
        place = (payer.exchange_id, payer.venue)
        until_ms = self._clock.now_ms() + for_ms
        self._silent_until_ms[place] = max(until_ms, self._silent_until_ms.get(place, 0))

    def _purse(
        self, payer: Payer, endpoint: Endpoint, limits: Mapping[str, Limit]
    ) -> tuple[Count, ...]:
        counts = []
        for name, _ in endpoint.costs:
            limit = limits[name]
            at = (name, payer.exchange_id, payer.venue, _whose(payer, limit.per))
            count = self._counts.get(at)
            if count is None:
                count = self._counts[at] = _count(limit)
            counts.append(count)
        return tuple(counts)


def _count(limit: Limit) -> Count:
    part, whole = _SHARE
    return Count(replace(limit, amount=max(1, limit.amount * part // whole)))


def _whose(payer: Payer, per: LimitPer) -> str:
    if per is LimitPer.ADDRESS:
        return ""
    return payer.account if per is LimitPer.ACCOUNT else payer.key_id
