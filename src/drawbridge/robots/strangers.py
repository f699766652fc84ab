"""Look for orders on robots' accounts that nobody placed here, and tell of each once.

They may hold money or goods that a robot counts on, so a person should know. They are never taken
over, however alike they are, and never cancelled. Beside the runner, because one look does for all
robots on an account and market.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from drawbridge.catalogue.registry import get_card
from drawbridge.cluster.share import WHOLE, Share
from drawbridge.core.clock import MINUTE_MS, SECOND_MS, Clock
from drawbridge.core.due import Due
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.operations import GetOpenOrders, Operation
from drawbridge.core.orders import Order
from drawbridge.gateway.policy import Purpose
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.robots.store import RobotStore
from drawbridge.storage.database import Database
from drawbridge.trading.foreign_orders import ForeignOrders, keep_foreign
from drawbridge.vault.model import KeyRecord

_LOOK_EVERY_MS: Final = SECOND_MS
_ASK_EVERY_MS: Final = 15 * MINUTE_MS
_AFTER_TROUBLE_MS: Final = MINUTE_MS
# An order of our own may be listed before its name is known here, or after it has ended here: what
# is foreign is so at a second look as well.
_SURE_AFTER_MS: Final = 5 * SECOND_MS
_AT_ONCE: Final = 8
_NEVER: Final = -1


class Place(NamedTuple):
    """An account and a market on which robots work."""

    key_id: str
    symbol: str


_NOWHERE: Final[frozenset[Place]] = frozenset()


class Road(Protocol):
    """What leads to accounts; the gateway is one."""

    async def call(
        self, key_id: str, operation: Operation[tuple[Order, ...]], *, purpose: Purpose
    ) -> tuple[Order, ...]:
        """Carry out an operation with a key."""


class Keys(Protocol):
    """Where keys stand; the vault is one."""

    async def get_record(self, key_id: str) -> KeyRecord:
        """Give a key's record. Raises: `NotFound("unknown_key")`."""


class Strangers:
    """Looks at the places where robots work, a few at a time."""

    def __init__(
        self, database: Database, road: Road, keys: Keys, clock: Clock, share: Share = WHOLE
    ) -> None:
        """Use the app's database, and ask over this road about the accounts of a share."""
        self._share = share
        self._database = database
        self._robots = RobotStore(database)
        self._foreign = ForeignOrders(database)
        self._road = road
        self._keys = keys
        self._clock = clock
        self._looked_ms = 0
        # The changes of robots, and the version of the share, of which all places are known.
        self._seen, self._seen_of = _NEVER, share.version
        self._due: Due[Place] = Due()
        self._of_robots: dict[str, frozenset[Place]] = {}
        # How many robots work there.
        self._places: Counter[Place] = Counter()
        self._has_left = False
        self._suspects: dict[Place, frozenset[str]] = {}

    async def step(self) -> None:
        """Look at the places that are due."""
        now_ms = self._clock.now_ms()
        if now_ms < self._looked_ms + _LOOK_EVERY_MS:
            return
        self._looked_ms = now_ms
        await self._know_places(now_ms)
        due = self._due.take(now_ms, _AT_ONCE, again_ms=_ASK_EVERY_MS)
        await asyncio.gather(*(self._look(place, now_ms) for place in due))

    async def _know_places(self, now_ms: int) -> None:
        version, seen = self._share.version, self._robots.changes()
        if version != self._seen_of:
            self._seen = _NEVER
        if seen == self._seen:
            return
        changed = await self._robots.places_at_work(self._seen, self._share.shards)
        told = {it: frozenset(Place(*at) for at in places) for it, places in changed.items()}
        is_all = self._seen == _NEVER
        left = self._of_robots.keys() - told.keys() if is_all else ()
        self._has_left |= self._take_in({**dict.fromkeys(left, _NOWHERE), **told}, now_ms)
        if self._has_left or is_all:
            await self._forget(now_ms)
            self._has_left = False
        self._seen, self._seen_of = seen, version

    def _take_in(self, told: Mapping[str, frozenset[Place]], now_ms: int) -> bool:
        """Take note of where robots work now; tells whether a place was left."""
        before = {place for it in told for place in self._of_robots.get(it, _NOWHERE)}
        for robot_id, places in told.items():
            self._places.subtract(self._of_robots.pop(robot_id, _NOWHERE))
            self._places.update(places)
            if places:
                self._of_robots[robot_id] = places
        after = {place for places in told.values() for place in places}
        for place in after - before:
            if place not in self._due:
                self._due.put(place, now_ms)
        gone = {place for place in before if not self._places[place]}
        for place in gone:
            del self._places[place]
            self._due.drop(place)
            self._suspects.pop(place, None)
        return bool(gone)

    async def _forget(self, now_ms: int) -> None:
        """Forget the orders of others where no robot works any more."""
        kept = {Place(*it) for it in await self._foreign.places() if self._share.holds(it[0])}
        if gone := {it for it in kept if it not in self._places}:
            async with self._database.transaction() as tx:
                for place in gone:
                    await keep_foreign(tx, *place, (), now_ms)

    async def _look(self, place: Place, now_ms: int) -> None:
        try:
            key = await self._keys.get_record(place.key_id)
            asked = GetOpenOrders(place.symbol)
            orders = await self._road.call(place.key_id, asked, purpose=Purpose.READ)
            foreign = await self._foreign.foreign_among(key, place.symbol, orders, now_ms)
        except DrawbridgeError:
            # Whatever it is, robots themselves tell of it.
            self._put_off(place, now_ms + _AFTER_TROUBLE_MS)
            return
        if foreign is None or not self._is_sure(place, foreign):
            self._put_off(place, now_ms + _SURE_AFTER_MS)
            return
        if not self._share.holds(place.key_id):
            return
        await self._keep(key, place.symbol, foreign, now_ms)

    def _put_off(self, place: Place, until_ms: int) -> None:
        """Look there again then, if robots still work there."""
        if place in self._due:
            self._due.put(place, until_ms)

    def _is_sure(self, place: Place, foreign: Sequence[Order]) -> bool:
        """Tell whether all of them were foreign at the last look as well."""
        before = self._suspects.get(place, frozenset())
        now = self._suspects[place] = frozenset(it.order_id for it in foreign)
        return now <= before

    async def _keep(
        self, key: KeyRecord, symbol: str, foreign: Sequence[Order], now_ms: int
    ) -> None:
        kept = await self._foreign.list_of([key.id], symbol)
        if {it.order_id for it in kept} == {it.order_id for it in foreign}:
            return
        async with self._database.transaction() as tx:
            new = await keep_foreign(tx, key.id, symbol, foreign, now_ms)
            if new:
                place = {"label": key.label, "exchange": get_card(key.exchange).name}
                facts = {**place, "symbol": symbol, "count": new}
                notice = Notice(NoticeKind.FOREIGN_ORDERS, key.owner, key.id, facts)
                await tell(tx, notice, now_ms)
