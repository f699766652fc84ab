"""Looking once more at keys in use: every hour, and when an exchange spoke against one.

One answer against a key is a doubt and no verdict: a second, independent call after a pause
confirms it, and only then the key is invalid. A key that is good again is checked in full. What
the answers mean is decided in `verdict.py`. A key that may do more than when it was checked is
an alarm: what could move money out stops its use at once.
"""

import asyncio
from hashlib import blake2b
from typing import Final

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.clock import HOUR_MS, MINUTE_MS, Clock
from drawbridge.core.due import Due, Pace
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.operations import GetBalances
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.policy import Purpose
from drawbridge.vault.living import KeyLives
from drawbridge.vault.model import IN_USE, KeyRecord, KeyStatus
from drawbridge.vault.shelf import Shelf
from drawbridge.verification.doubts import Doubts
from drawbridge.verification.patience import Patience
from drawbridge.verification.rights import ask_rights
from drawbridge.verification.service import Verification
from drawbridge.verification.verdict import (
    Born,
    Growth,
    Verdict,
    find_growth,
    judge_error,
    judge_rights,
)

_LONGEST_S: Final = 60
_AT_ONCE: Final = 8
# After a start, keys that are overdue are not all asked about in one moment.
_SPREAD_MS: Final = 10 * MINUTE_MS
# So many a second, or as many as it takes to look at all of them within the hour.
_USUAL: Final = 10
_ROUND_MS: Final = 50 * MINUTE_MS
_CHECKED: Final = (*IN_USE, KeyStatus.INVALID)
# Said of an order; that a key may still read does not clear it.
_ABOUT_ORDERS: Final = frozenset({"right_missing"})


class Rechecks:
    """The second looks of this process."""

    def __init__(
        self,
        gateway: Gateway,
        keys: Shelf,
        verification: Verification,
        doubts: Doubts,
        lives: KeyLives,
        clock: Clock,
    ) -> None:
        """Join the parts; `step` does what is due."""
        self._gateway = gateway
        self._keys = keys
        self._verification = verification
        self._doubts = doubts
        self._clock = clock
        self._lives = lives
        self._hourly: Due[str] = Due()
        self._pace = Pace(_USUAL, _ROUND_MS)
        self._ends_ms: dict[str, int] = {}
        self._share = verification.share
        self._seen = 0

    async def step(self) -> None:
        """Look at every key for which it is time."""
        now_ms = self._clock.now_ms()
        await self._take_in(now_ms)
        most = self._pace.most(now_ms, len(self._hourly))
        due = self._hourly.take(now_ms, most, again_ms=HOUR_MS)
        self._pace.took(len(due))
        # A second look that came at once would not be one after a pause.
        hourly = [it for it in due if self._doubts.find(it) is None]
        turn = asyncio.Semaphore(_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for key_id in dict.fromkeys((*self._doubts.due(), *hourly)):
                group.create_task(self._in_turn(turn, key_id))

    async def _take_in(self, now_ms: int) -> None:
        """Take note of the keys that have come, changed or gone since the last look."""
        news = await self._keys.news(self._seen)
        for key_id in (*news.gone, *(it.id for it in news.keys if not _is_checked(it))):
            self._hourly.drop(key_id)
            self._ends_ms.pop(key_id, None)
        for key in filter(_is_checked, news.keys):
            self._ends_ms.pop(key.id, None)
            if key.expires_ms is not None:
                self._ends_ms[key.id] = key.expires_ms
            due_ms = self._hourly.find(key.id) or _first_due_ms(key, now_ms)
            self._hourly.put(key.id, self._by_its_end(key.id, due_ms, now_ms))
        self._seen = news.version

    def _by_its_end(self, key_id: str, due_ms: int, now_ms: int) -> int:
        """Look at a key that expires when it does, so that no order finds out first."""
        end_ms = self._ends_ms.get(key_id, now_ms)
        return due_ms if end_ms <= now_ms else min(due_ms, end_ms)

    async def _in_turn(self, turn: asyncio.Semaphore, key_id: str) -> None:
        async with turn:
            if key_id in self._hourly:
                now_ms = self._clock.now_ms()
                self._hourly.put(key_id, self._by_its_end(key_id, now_ms + HOUR_MS, now_ms))
            if not self._share.holds(key_id):
                # Whoever works for the account now hears for himself what is said against it.
                self._doubts.end(key_id)
                return
            try:
                async with asyncio.timeout(_LONGEST_S):
                    await self._look(key_id)
            except (DrawbridgeError, TimeoutError):
                # A key that was deleted, a vault that is locked, an exchange that is too slow.
                self._doubts.put_off(key_id)

    async def _look(self, key_id: str) -> None:
        key, doubt = await self._keys.get_record(key_id), self._doubts.find(key_id)
        is_about_orders = doubt is not None and doubt.code in _ABOUT_ORDERS
        is_known = is_about_orders and key.status is KeyStatus.READ_ONLY
        if key.status not in _CHECKED or is_known:
            # A check is under way, or the key was taken out of use: that says more than we can.
            # That it may not trade may be known by now, from the word of another order.
            self._doubts.end(key_id)
        elif is_about_orders and key.status is KeyStatus.ENABLED:
            # Whether it may trade is proven as its owner chose it.
            found = await self._verification.verify(key_id, proof=key.check_proof)
            self._settle(key_id, found)
        else:
            found, growth = await self._found(key)
            if (await self._keys.get_record(key_id)).version != key.version:
                # It got another secret meanwhile, and this was said of the one before.
                return
            is_good = found.status in IN_USE and key.status in IN_USE
            if is_good and growth is not None:
                told = (growth.scopes, growth.switches)
                await self._lives.take_growth(key.id, *told, stops=growth.stops)
                if growth.stops:
                    self._settle(key_id, found)
                    return
            await self._take(key, found)
            if is_good:
                await self._lives.take_end(key.id, found.standing(key.status))

    async def _found(self, key: KeyRecord) -> tuple[Verdict, Growth | None]:
        exchange = get_exchange(key.exchange)
        try:
            rights = await ask_rights(self._gateway, exchange, key.id, Patience(0))
            found = judge_rights(exchange.card, rights, self._clock.now_ms(), Born.of(key))
            if found.status in IN_USE:
                await self._gateway.call(key.id, GetBalances(), purpose=Purpose.CHECK)
        except DrawbridgeError as error:
            return judge_error(exchange.card, error), None
        return found, find_growth(exchange.card, rights, key.scopes)

    async def _take(self, key: KeyRecord, found: Verdict) -> None:
        """Do what follows from what was found out about a key."""
        is_news = key.status is not KeyStatus.INVALID
        if found.status is KeyStatus.INVALID and is_news and self._doubts.find(key.id) is None:
            self._doubts.add(key.id, found.reason)
            return
        if found.status is KeyStatus.INVALID and is_news:
            await self._keys.record_verdict(key.id, found.standing(key.status))
        elif found.status is KeyStatus.REFUSED:
            standing = found.standing(key.status)
            await self._keys.refuse(key.id, standing.reason, standing.facts)
        elif found.status in IN_USE:
            await self._take_good(key, found)
        self._settle(key.id, found)

    async def _take_good(self, key: KeyRecord, found: Verdict) -> None:
        if key.status is KeyStatus.ENABLED and not found.may_trade:
            await self._keys.record_verdict(key.id, found.standing(key.status))
            return
        # What only an order shows was not shown now, and none is placed for it hour by hour.
        may_trade_again = key.status is KeyStatus.READ_ONLY and found.may_trade
        if key.status is KeyStatus.INVALID or (may_trade_again and not found.is_by_probes):
            await self._verification.verify(key.id, proof=key.check_proof)

    def _settle(self, key_id: str, found: Verdict) -> None:
        if found.status is None:
            self._doubts.put_off(key_id)
        elif found.status in IN_USE:
            self._doubts.clear(key_id)
        else:
            self._doubts.end(key_id)


def _is_checked(key: KeyRecord) -> bool:
    return key.status in _CHECKED and not key.replaces


def _first_due_ms(key: KeyRecord, now_ms: int) -> int:
    """Give when to look at a key first: an hour after its check, or soon when that is past."""
    due_ms = (now_ms if key.checked_ms is None else key.checked_ms) + HOUR_MS
    if due_ms > now_ms:
        return due_ms
    spread = int.from_bytes(blake2b(key.id.encode(), digest_size=4).digest(), "big")
    return now_ms + spread % _SPREAD_MS
