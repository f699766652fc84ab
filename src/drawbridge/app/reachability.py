"""Noticing that an exchange cannot be reached, and that it can again (scenario 47).

Read off the accounts, which are read every minute while all is well and every half minute while
not: no request is made for this. One failure is nobody's business; five minutes of nothing else,
for every account there, is.
"""

import itertools
from collections.abc import Sequence
from typing import Final

from drawbridge.catalogue.registry import exchange_ids, get_card
from drawbridge.core.clock import MINUTE_MS, SECOND_MS, Clock
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.notices.store import NoticeStore
from drawbridge.storage.database import Database
from drawbridge.trading.holdings import PortfolioStore, Shown
from drawbridge.vault import in_use
from drawbridge.vault.model import Venue

GONE_AFTER_MS: Final = 5 * MINUTE_MS

_LOOK_EVERY_MS: Final = 15 * SECOND_MS
_MOST_ASKED: Final = 20
# What is said when nobody is there, or nobody who could answer.
_GONE: Final = frozenset(
    {
        *("unreachable", "certificate_refused", "answer_late", "answer_lost"),
        *("overloaded", "maintenance", "exchange_fault", "timed_out"),
    }
)

_Place = tuple[str, str]


class Reachability:
    """Watches the exchanges of keys in use; one of these lives in the gateway's process."""

    def __init__(self, database: Database, portfolios: PortfolioStore, clock: Clock) -> None:
        """Use the app's database, and what was last read of accounts."""
        self._database = database
        self._notices = NoticeStore(database)
        self._portfolios = portfolios
        self._clock = clock
        self._gone_since: dict[_Place, int] = {}
        # What everybody at an exchange was told last, as far as it was told by this process.
        self._said: dict[_Place, NoticeKind] = {}
        self._not_before_ms = 0

    async def step(self) -> None:
        """Look at every exchange with keys in use; looked at four times a minute."""
        now_ms = self._clock.now_ms()
        if now_ms < self._not_before_ms:
            return
        if now_ms >= self._not_before_ms + _LOOK_EVERY_MS:
            # Another process may have told something since.
            self._said.clear()
        self._not_before_ms = now_ms + _LOOK_EVERY_MS
        for place in itertools.product(exchange_ids(), map(str, Venue)):
            # Some of ten thousand accounts say as much about the exchange as all of them.
            some = await in_use.sample_of_place(self._database, place, _MOST_ASKED)
            if not some:
                self._gone_since.pop(place, None)
                continue
            shown = await self._portfolios.find_all(some)
            await self._take(place, tuple(shown.values()), now_ms)

    async def _take(self, place: _Place, shown: Sequence[Shown], now_ms: int) -> None:
        problems = {it.problem for it in shown}
        if not shown or not problems <= _GONE:
            # Whoever is refused for another reason was answered, so somebody is there.
            self._gone_since.pop(place, None)
            if shown and self._said.get(place) is not NoticeKind.EXCHANGE_BACK:
                await self._tell(NoticeKind.EXCHANGE_BACK, place, now_ms)
            return
        since_ms = self._gone_since.setdefault(place, now_ms)
        if now_ms - since_ms >= GONE_AFTER_MS:
            await self._tell(NoticeKind.EXCHANGE_UNREACHABLE, place, now_ms)

    async def _tell(self, kind: NoticeKind, place: _Place, now_ms: int) -> None:
        """Tell every owner who was not told so before; of a return, only who knew of the loss."""
        exchange, venue = place
        subject = exchange if venue == Venue.LIVE else f"{exchange}:{venue}"
        facts = {"exchange": get_card(exchange).name, "venue": str(venue)}
        for owner in await in_use.owners_of_place(self._database, place):
            last = await self._notices.last_of(owner, subject, _KINDS)
            if last is kind or (last is None and kind is NoticeKind.EXCHANGE_BACK):
                continue
            async with self._database.transaction() as tx:
                await tell(tx, Notice(kind, owner, subject, facts), now_ms)
        self._said[place] = kind


_KINDS: Final = (NoticeKind.EXCHANGE_UNREACHABLE, NoticeKind.EXCHANGE_BACK)
