"""Finding out which keys are of one account, where the exchange does not tell it.

Looked at in the gateway's process, a pair at a time: a key that only reads beside one that trades.
What proves it stands in `same_account.py`; what follows from it, in `vault/roles.py`. Of two keys
that lie with different workers whoever has the one that reads looks, and asks with no other: for
orders that the trading one placed, and whether both accounts' rows are alike (`alike.py`).
"""

from collections.abc import Collection, Mapping
from typing import Final, Protocol

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Clock
from drawbridge.core.due import Due
from drawbridge.core.errors import DrawbridgeError
from drawbridge.rotation.alike import Alike
from drawbridge.rotation.replacement import AccountProof
from drawbridge.rotation.same_account import Finding
from drawbridge.storage.database import Database
from drawbridge.trading.holdings import Shown
from drawbridge.vault import store
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.vault.roster import News

_LOOK_EVERY_MS: Final = MINUTE_MS
# Whoever is found alone waits for so long; another worker's key comes unseen.
_ALONE_MS: Final = 10 * MINUTE_MS
_MOST_PAIRS: Final = 4
_MOST_READERS: Final = 50

_SAME_HOLDINGS: Final = Finding(AccountProof.HOLDINGS)

Pair = tuple[KeyRecord, KeyRecord]
_Name = tuple[str, int, str, int]


class Finder(Protocol):
    """What finds out about two keys; `SameAccount` does."""

    async def find_out(self, key: KeyRecord, stand_in: KeyRecord) -> Finding:
        """Find out whether two keys are of one account. Raises: `ExchangeDown`."""

    async def sees_orders_of(self, key: KeyRecord, other: KeyRecord) -> Finding:
        """Find it out by asking with the other key alone. Raises: `ExchangeDown`."""


class Keys(Protocol):
    """Where keys stand, and which are ours; the shelf is one."""

    async def news(self, seen: int) -> News:
        """Give what is new about our keys since that version."""

    async def list_beside(self, key: KeyRecord) -> tuple[KeyRecord, ...]:
        """List the keys of a key's owner at its exchange, whoever works for them."""

    def holds(self, key_id: str) -> bool:
        """Tell whether this process works for a key's account now."""


class Readings(Protocol):
    """What accounts held when they were last read, whoever read them."""

    async def find_all(self, key_ids: Collection[str]) -> Mapping[str, Shown]:
        """Give it by key, of those that ever were."""


class Kinship:
    """Looks at keys that may be of one account."""

    def __init__(
        self, database: Database, finder: Finder, keys: Keys, readings: Readings, clock: Clock
    ) -> None:
        """Write into this database what is proven."""
        self._database = database
        self._finder = finder
        self._keys = keys
        self._readings = readings
        self._clock = clock
        self._not_before_ms = 0
        self._seen = 0
        # Our keys that only read, of accounts that are not told, and when to look beside each.
        self._readers: dict[str, KeyRecord] = {}
        self._due: Due[str] = Due()
        # For each of them, when to look at a pair again of which nothing was proven.
        self._again_ms: dict[str, dict[_Name, int]] = {}
        # And what was seen so far of pairs of which another worker has one.
        self._alike: dict[str, dict[_Name, Alike]] = {}

    async def step(self) -> None:
        """Look at some pairs of which nothing is known yet; once a minute."""
        now_ms = self._clock.now_ms()
        if now_ms < self._not_before_ms:
            return
        self._not_before_ms = now_ms + _LOOK_EVERY_MS
        await self._take_in(now_ms)
        left = _MOST_PAIRS
        for key_id in self._due.take(now_ms, _MOST_READERS, again_ms=_LOOK_EVERY_MS):
            reader = self._readers[key_id]
            named = {
                _name_of(it): it for it in _pairs(reader, await self._keys.list_beside(reader))
            }
            left -= await self._look_at(key_id, named, now_ms, left)
            await self._compare(key_id, named, now_ms)
            self._put_off(key_id, now_ms)

    def _put_off(self, reader: str, now_ms: int) -> None:
        """Look beside a key again once something may have come of it, or somebody came unseen."""
        waits_ms = self._again_ms[reader].values()
        if not self._alike[reader]:
            next_ms = max(now_ms + _LOOK_EVERY_MS, min(waits_ms, default=now_ms + _ALONE_MS))
            self._due.put(reader, min(next_ms, now_ms + _ALONE_MS))

    async def _take_in(self, now_ms: int) -> None:
        """Take note of the keys that have come, changed or gone since the last look."""
        news = await self._keys.news(self._seen)
        for key_id in (*news.gone, *(it.id for it in news.keys)):
            self._readers.pop(key_id, None)
            self._due.drop(key_id)
        places = {_place_of(it) for it in news.keys if it.status is KeyStatus.ENABLED}
        for reader in self._readers.values() if places else ():
            if _place_of(reader) in places:
                self._due.hasten(reader.id, now_ms)
        for key in news.keys:
            if key.status is KeyStatus.READ_ONLY and not (key.account_hint or key.replaces):
                self._readers[key.id] = key
                self._due.put(key.id, now_ms)
        for waits in (self._again_ms, self._alike):
            for key_id in waits.keys() - self._readers.keys():
                del waits[key_id]
        self._seen = news.version

    async def _look_at(
        self, reader: str, named: Mapping[_Name, Pair], now_ms: int, most: int
    ) -> int:
        """Look at the pairs of a key that are due, at most so many; tells how many."""
        known = self._again_ms.get(reader, {})
        again_ms = {name: known[name] for name in named if name in known}
        due = [name for name in named if again_ms.get(name, 0) <= now_ms][:most]
        for name in due:
            again_ms[name] = now_ms + await self._look(named[name], now_ms)
        # Of those that were not looked at for want of time, it is the next look's business.
        self._again_ms[reader] = {name: again_ms.get(name, now_ms) for name in named}
        return len(due)

    async def _look(self, pair: Pair, now_ms: int) -> int:
        """Find out about a pair; gives after how long to look at it again."""
        is_both = self._keys.holds(pair[0].id)
        try:
            find_out = self._finder.find_out if is_both else self._finder.sees_orders_of
            found = await find_out(*pair)
        except DrawbridgeError:
            # Whoever uses these keys tells of it.
            return _LOOK_EVERY_MS
        if found.proof is AccountProof.NONE:
            return DAY_MS if found.differs else HOUR_MS
        await self._write(pair, found, now_ms)
        return _LOOK_EVERY_MS

    async def _compare(self, reader: str, named: Mapping[_Name, Pair], now_ms: int) -> None:
        """Hold the rows of accounts against each other of which another worker reads one."""
        apart = {name: it for name, it in named.items() if not self._keys.holds(it[0].id)}
        known = self._alike.get(reader, {})
        alike = self._alike[reader] = {name: known.get(name) or Alike() for name in apart}
        if not apart:
            return
        read = await self._readings.find_all({key.id for it in apart.values() for key in it})
        for name, pair in apart.items():
            trades, reads = (
                None if (shown := read.get(key.id)) is None else shown.portfolio for key in pair
            )
            if trades and reads and alike[name].look(trades, reads):
                await self._write(pair, _SAME_HOLDINGS, now_ms)

    async def _write(self, pair: Pair, found: Finding, now_ms: int) -> None:
        trades, reads = pair
        kin = trades.kin or reads.kin or str(trades.id)
        async with self._database.transaction() as tx:
            for key in pair:
                known = await store.find_key(tx, key.id)
                if known is None or known.version != key.version:
                    return
            for key in pair:
                await store.write_kin(tx, key.id, kin)
            facts = {"with": str(trades.id), "proof": found.proof.value}
            event = AuditEvent(Tag.VAULT_KEY_KIN_PROVEN, reads.owner, reads.id, facts)
            await append(tx, event, now_ms)


def _pairs(reader: KeyRecord, beside: Collection[KeyRecord]) -> list[Pair]:
    """Pair a key that only reads with those that trade beside it, of no account that is told."""
    untold = (it for it in beside if not it.account_hint and not it.replaces)
    traders = (it for it in untold if it.status is KeyStatus.ENABLED)
    return [(it, reader) for it in traders if not reader.kin or it.kin != reader.kin]


def _place_of(key: KeyRecord) -> tuple[str, ...]:
    return (key.owner, key.exchange, key.venue.value)


def _name_of(pair: Pair) -> _Name:
    trades, reads = pair
    return (trades.id, trades.version, reads.id, reads.version)
