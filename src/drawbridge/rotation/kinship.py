"""Finding out which keys are of one account, where the exchange does not tell it.

Looked at in the gateway's process, a pair at a time: a key that only reads beside one that trades.
What proves it stands in `same_account.py`; what follows from it, in `vault/roles.py`. Of two keys
that lie with different workers whoever has the one that reads looks, and asks with no other: for
orders that the trading one placed, and whether both accounts' rows are alike (`alike.py`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, Protocol

from drawbridge.audit.chain import AuditEvent
from drawbridge.audit.store import append
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Clock
from drawbridge.core.errors import DrawbridgeError
from drawbridge.rotation.alike import Alike
from drawbridge.rotation.replacement import AccountProof
from drawbridge.rotation.same_account import Finding
from drawbridge.storage.database import Database
from drawbridge.trading.holdings import Shown
from drawbridge.vault import store
from drawbridge.vault.model import IN_USE, KeyRecord, KeyStatus

_LOOK_EVERY_MS: Final = MINUTE_MS
_MOST_PAIRS: Final = 4

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

    async def list_beside(self, *statuses: KeyStatus) -> tuple[KeyRecord, ...]:
        """List our keys that stand in one of these states, with those that may be kin of them."""

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
        # When to look at a pair again of which nothing was proven.
        self._again_ms: dict[_Name, int] = {}
        # What was seen so far of pairs of which another worker has one.
        self._alike: dict[_Name, Alike] = {}

    async def step(self) -> None:
        """Look at some pairs of which nothing is known yet; once a minute."""
        now_ms = self._clock.now_ms()
        if now_ms < self._not_before_ms:
            return
        self._not_before_ms = now_ms + _LOOK_EVERY_MS
        keys = await self._keys.list_beside(*IN_USE)
        named = {_name_of(it): it for it in _pairs(keys) if self._keys.holds(it[1].id)}
        self._again_ms = {it: at_ms for it, at_ms in self._again_ms.items() if it in named}
        due = [it for name, it in named.items() if self._again_ms.get(name, 0) <= now_ms]
        for pair in due[:_MOST_PAIRS]:
            await self._look(pair, now_ms)
        await self._compare(
            {name: it for name, it in named.items() if not self._keys.holds(it[0].id)}, now_ms
        )

    async def _look(self, pair: Pair, now_ms: int) -> None:
        is_both = self._keys.holds(pair[0].id)
        try:
            find_out = self._finder.find_out if is_both else self._finder.sees_orders_of
            found = await find_out(*pair)
        except DrawbridgeError:
            # Whoever uses these keys tells of it.
            self._again_ms[_name_of(pair)] = now_ms + _LOOK_EVERY_MS
            return
        if found.proof is AccountProof.NONE:
            self._again_ms[_name_of(pair)] = now_ms + (DAY_MS if found.differs else HOUR_MS)
            return
        await self._write(pair, found, now_ms)

    async def _compare(self, apart: Mapping[_Name, Pair], now_ms: int) -> None:
        """Hold the rows of accounts against each other of which another worker reads one."""
        self._alike = {name: self._alike.get(name) or Alike() for name in apart}
        read = await self._readings.find_all({key.id for it in apart.values() for key in it})
        for name, pair in apart.items():
            trades, reads = (
                None if (shown := read.get(key.id)) is None else shown.portfolio for key in pair
            )
            if trades and reads and self._alike[name].look(trades, reads):
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


def _pairs(keys: Sequence[KeyRecord]) -> Iterator[Pair]:
    """Pair each key that only reads with those that trade beside it, of no account that is told."""
    untold = [it for it in keys if not it.account_hint and not it.replaces]
    traders: dict[tuple[str, ...], list[KeyRecord]] = {}
    for key in untold:
        if key.status is KeyStatus.ENABLED:
            traders.setdefault(_place_of(key), []).append(key)
    for key in untold:
        if key.status is KeyStatus.READ_ONLY:
            beside = traders.get(_place_of(key), ())
            yield from ((it, key) for it in beside if not key.kin or it.kin != key.kin)


def _place_of(key: KeyRecord) -> tuple[str, ...]:
    return (key.owner, key.exchange, key.venue.value)


def _name_of(pair: Pair) -> _Name:
    trades, reads = pair
    return (trades.id, trades.version, reads.id, reads.version)
