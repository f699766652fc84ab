"""Paper keys at work: found by every request, made and changed by people.

The table is the truth; the index in memory is read anew whenever another process changed it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drawbridge.catalogue.forms import Entropy
from drawbridge.catalogue.registry import Exchange
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict, NotFound
from drawbridge.core.secret import Secret
from drawbridge.paper.accounts import KeyWish, NewPaperKey, PaperKey, draw_key
from drawbridge.paper.store import KeyRow, PaperStore, open_database

_MOST_KEYS: Final = 100


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a process reads for us: the time, and random bytes."""

    clock: Clock
    entropy: Entropy


class PaperKeys:
    """All keys of all papered exchanges."""

    def __init__(
        self,
        store: PaperStore,
        exchanges: Mapping[str, Exchange],
        surroundings: Surroundings,
    ) -> None:
        """Start with an empty index; `reload` fills it."""
        self._store = store
        self._exchanges = exchanges
        self._clock = surroundings.clock
        self.entropy = surroundings.entropy
        self._index: Mapping[tuple[str, str], PaperKey] = {}

    def find(self, exchange_id: str, key: str) -> PaperKey | None:
        """Give a key, None when there is no such key."""
        return self._index.get((exchange_id, key))

    async def reload(self) -> None:
        """Read the table anew and go by it; a nonce that has risen in memory stays risen."""
        self.use(await self.read())

    async def read(self) -> Mapping[tuple[str, str], PaperKey]:
        """Read the table, for `use`."""
        index: dict[tuple[str, str], PaperKey] = {}
        for row in await self._store.keys():
            exchange = self._exchanges.get(row.exchange_id)
            if exchange is None:
                continue
            name = (row.exchange_id, row.key)
            index[name] = self._ready(exchange, row, self._index.get(name))
        return index

    def use(self, index: Mapping[tuple[str, str], PaperKey]) -> None:
        """Go by what was read."""
        self._index = index

    async def create(self, account: str, wish: KeyWish) -> NewPaperKey:
        """Make a key. Raises: `BadInput` naming the field, `NotFound`, `Conflict`."""
        exchange = self._exchanges.get(wish.exchange_id)
        if exchange is None:
            raise NotFound("unknown_exchange", exchange=wish.exchange_id[:32])
        if sum(key.exchange_id == wish.exchange_id for key in self.of(account)) >= _MOST_KEYS:
            raise Conflict("too_many_keys", most=_MOST_KEYS)
        now_ms = self._clock.now_ms()
        drawn = draw_key(exchange, wish, self.entropy, now_ms)
        await self._store.add_account(account, now_ms)
        await self._store.add_key(exchange.card.id, account, drawn, now_ms)
        await self.reload()
        return drawn.shown

    async def disable(self, account: str, exchange_id: str, key: str) -> None:
        """Stop a key from working. Raises: `NotFound("unknown_key")`."""
        await self._found(await self._store.set_disabled(account, exchange_id, key, disabled=True))

    async def enable(self, account: str, exchange_id: str, key: str) -> None:
        """Let a key work again. Raises: `NotFound("unknown_key")`."""
        await self._found(await self._store.set_disabled(account, exchange_id, key, disabled=False))

    async def delete(self, account: str, exchange_id: str, key: str) -> None:
        """Delete a key for good. Raises: `NotFound("unknown_key")`."""
        await self._found(await self._store.delete_key(account, exchange_id, key))

    def of(self, account: str) -> tuple[PaperKey, ...]:
        """Give an account's keys, oldest first."""
        return tuple(key for key in self._index.values() if key.account == account)

    async def _found(self, found: bool) -> None:  # noqa: FBT001  the one argument says it all
        if not found:
            raise NotFound("unknown_key")
        await self.reload()

    @staticmethod
    def _ready(exchange: Exchange, row: KeyRow, known: PaperKey | None) -> PaperKey:
        """Prepare a key for verifying; what was prepared before is not prepared again.

        Why: the material of a key never changes, and parsing public keys is slow. The object
        stays the same one, because a request may be about to raise its nonce.
        """
        if known is not None:
            # What may change at an exchange: whether the key works, for what, and from where.
            known.disabled = row.disabled
            known.switches, known.ip_list = row.switches, row.ip_list
            return known
        return PaperKey(
            exchange_id=row.exchange_id,
            key=row.key,
            account=row.account,
            label=row.label,
            switches=row.switches,
            ip_list=row.ip_list,
            expires_ms=row.expires_ms,
            disabled=row.disabled,
            created_ms=row.created_ms,
            verifier=exchange.keys.verifier(Secret(row.material)),
            passphrase=row.passphrase,
            last_nonce=row.last_nonce,
        )


async def make_key(
    folder: Path, exchanges: Sequence[Exchange], account: str, wish: KeyWish, at: Surroundings
) -> NewPaperKey:
    """Make a key from outside, also while another process runs the world, which then takes it in.

    Raises: `BadInput` naming the field, `NotFound("unknown_exchange")`, `Conflict`.
    """
    database = await open_database(folder)
    try:
        by_id = {exchange.card.id: exchange for exchange in exchanges}
        keys = PaperKeys(PaperStore(database), by_id, at)
        await keys.reload()
        return await keys.create(account, wish)
    finally:
        await database.close()
