"""Reading accounts with the key that only reads, where there is one; orders take their own key.

Balances, statistics, streams and looks for others go over this road; orders never do.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, Protocol, TypeVar

from drawbridge.core.clock import SECOND_MS, Clock
from drawbridge.core.errors import DrawbridgeError, Forbidden, NotProven
from drawbridge.core.markets import Markets
from drawbridge.core.operations import Operation
from drawbridge.core.streams import Topic
from drawbridge.gateway.policy import Purpose
from drawbridge.gateway.streaming import Told
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.vault.roles import Account, account_of, reader_among
from drawbridge.vault.roster import News

A = TypeVar("A")

_LIST_EVERY_MS: Final = SECOND_MS
_IN_DOUBT: Final = "key_in_doubt"


class Passage(Protocol):
    """What leads to the exchanges; the gateway is one."""

    async def call(self, key_id: str, operation: Operation[A], *, purpose: Purpose) -> A:
        """Carry out an operation with a key."""

    async def call_public(self, exchange_id: str, venue: str, operation: Operation[A]) -> A:
        """Carry out an operation that needs no key."""

    async def markets(self, exchange_id: str, venue: str) -> Markets:
        """Give the exchange's markets."""

    async def place_of(self, key_id: str) -> tuple[str, str]:
        """Give the exchange and the venue of a key."""


class Keys(Protocol):
    """Where keys stand; the vault is one."""

    async def get_record(self, key_id: str) -> KeyRecord:
        """Give a key's record. Raises: `NotFound("unknown_key")`."""

    async def news(self, seen: int) -> News:
        """Give what is new about our keys since that version."""


class Streams(Protocol):
    """What tells of markets and accounts as things happen; the gateway's streams are one."""

    def follow(self, exchange_id: str, venue: str, topic: Topic) -> AsyncGenerator[Told, None]:
        """Follow what everybody may see.

        Raises: `NotFound("no_streams")`, `BadInput` for a topic that is not told.
        """

    def follow_key(self, key_id: str, topic: Topic) -> AsyncGenerator[Told, None]:
        """Follow what happens to a key's account."""


class ReadingRoad:
    """The road over which accounts are read."""

    def __init__(self, passage: Passage, keys: Keys, clock: Clock) -> None:
        """Ask over this passage."""
        self._passage = passage
        self._keys = keys
        self._clock = clock
        self._not_before_ms = 0
        self._seen = 0
        # The keys that only read, by their accounts; and of each by its id, in which it is.
        self._readers: dict[Account, dict[str, KeyRecord]] = {}
        self._accounts: dict[str, Account] = {}

    async def call(self, key_id: str, operation: Operation[A], *, purpose: Purpose) -> A:
        """Ask about a key's account, with the key that only reads it where there is one.

        Where that one is refused, the key itself is asked: what is wrong with the other is found
        out by itself. Raises: as `Gateway.call`.
        """
        reader = await self.reader_of(key_id) if purpose is Purpose.READ else key_id
        if reader == key_id:
            return await self._passage.call(key_id, operation, purpose=purpose)
        try:
            return await self._passage.call(reader, operation, purpose=purpose)
        except (Forbidden, NotProven):
            return await self._passage.call(key_id, operation, purpose=purpose)
        except DrawbridgeError as error:
            if error.code != _IN_DOUBT:
                raise
            return await self._passage.call(key_id, operation, purpose=purpose)

    async def call_public(self, exchange_id: str, venue: str, operation: Operation[A]) -> A:
        """Ask what needs no key."""
        return await self._passage.call_public(exchange_id, venue, operation)

    async def markets(self, exchange_id: str, venue: str) -> Markets:
        """Give the exchange's markets."""
        return await self._passage.markets(exchange_id, venue)

    async def place_of(self, key_id: str) -> tuple[str, str]:
        """Give the exchange and the venue of a key."""
        return await self._passage.place_of(key_id)

    async def reader_of(self, key_id: str) -> str:
        """Give the key with which a key's account is read."""
        now_ms = self._clock.now_ms()
        if now_ms >= self._not_before_ms:
            self._not_before_ms = now_ms + _LIST_EVERY_MS
            await self._take_in()
        if not self._readers:
            return key_id
        key = await self._keys.get_record(key_id)
        return reader_among(key, self._readers.get(account_of(key), {}).values()).id

    async def _take_in(self) -> None:
        """Take note of the keys that have come, changed or gone since the last look."""
        news = await self._keys.news(self._seen)
        for key_id in (*news.gone, *(it.id for it in news.keys)):
            account = self._accounts.pop(key_id, None)
            if account is not None:
                del self._readers[account][key_id]
                if not self._readers[account]:
                    del self._readers[account]
        for key in news.keys:
            if key.status is KeyStatus.READ_ONLY and key.account:
                self._accounts[key.id] = account_of(key)
                self._readers.setdefault(account_of(key), {})[key.id] = key
        self._seen = news.version


class ReadingStreams:
    """Streams of accounts, opened with the key that only reads where there is one."""

    def __init__(self, streams: Streams, road: ReadingRoad) -> None:
        """Follow these streams."""
        self._streams = streams
        self._road = road

    def follow(self, exchange_id: str, venue: str, topic: Topic) -> AsyncGenerator[Told, None]:
        """Follow what everybody may see."""
        return self._streams.follow(exchange_id, venue, topic)

    async def follow_key(self, key_id: str, topic: Topic) -> AsyncGenerator[Told, None]:
        """Follow what happens to a key's account."""
        reader = await self._road.reader_of(key_id)
        async with aclosing(self._streams.follow_key(reader, topic)) as told:
            async for it in told:
                yield it
