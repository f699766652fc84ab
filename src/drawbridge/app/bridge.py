"""What bots' requests pass in the gateway's process, put together.

And the little that is to be done beside them: what was counted and noted is written, what was
looked up is settled.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from drawbridge.core.clock import Clock
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.tracing import NOBODY, Tracer
from drawbridge.gateway.admission import Proofs
from drawbridge.gateway.bot_streams.tokens import BotTokens
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.crossing_log import CrossingLog
from drawbridge.gateway.held_here import EVERYTHING_HERE, HeldHere
from drawbridge.gateway.replay import Replays
from drawbridge.gateway.streaming import Streams
from drawbridge.trading.bots import Bots
from drawbridge.virtual_keys.book import VirtualKeyBook
from drawbridge.virtual_keys.usage import Usages
from drawbridge.virtual_keys.uses import UseCounter

_log: Final = logging.getLogger(__name__)
_WRITE_EVERY_S: Final = 0.5
# As long as what is looked up takes at least.
_WRITES_PER_SETTLING: Final = 10
# What is stamped before an account was seen to come here is refused, so it is seen soon.
_LOOK_EVERY_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Bridge:
    """The parts that one exchange's side of the proxy shares with the others."""

    gateway: Gateway
    streams: Streams
    bots: Bots
    book: VirtualKeyBook
    proofs: Proofs
    replays: Replays
    tokens: BotTokens
    usages: Usages
    counter: UseCounter
    log: CrossingLog
    clock: Clock
    ticks_ns: Callable[[], int]
    held: HeldHere = EVERYTHING_HERE
    tracer: Tracer = NOBODY

    async def keep_written(self) -> None:
        """Write and settle for ever."""
        turns = 0
        while True:
            await asyncio.sleep(_WRITE_EVERY_S)
            turns += 1
            try:
                await self.forget_changed()
                await self.write()
                if not turns % _WRITES_PER_SETTLING:
                    await self.usages.catch_up()
            except DrawbridgeError as error:
                _log.warning("proxy: %s", error)

    async def keep_looking(self) -> None:
        """Look for ever which accounts come here."""
        while True:
            self.held.look()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def forget_changed(self) -> None:
        """Drop what memory holds to check the signatures of keys that were revoked or changed.

        Why it may come late: a request is held against the book, which is never late. This only
        leaves no material behind that nobody needs.
        """
        for virtual_id in await self.book.refresh():
            self.proofs.forget(virtual_id)

    async def write(self) -> None:
        """Write what was noted and counted until now."""
        await self.log.flush()
        await self.counter.flush()
