"""What faults do to a connection: waiting, refusing in the exchange's own words, silence, a cut.

Which fault a request meets is decided in `paper/trouble.py`; here it is carried out.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from drawbridge.core.errors import ExchangeDown
from drawbridge.paper.answering import Answering
from drawbridge.paper.faults import NO_FAULT, Fault
from drawbridge.paper.trouble import Trouble
from drawbridge.wire.http import WireAnswer

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Cut = Callable[[Scope], None]
Broke = Callable[[], bool]
"""Asked after each frame: whether the line broke behind it."""

_BANNED: Final = "banned"
_RATE_LIMITED: Final = "rate_limited"
_ENDS: Final = frozenset({"http.disconnect", "websocket.disconnect"})


def _cut_nothing(_scope: Scope) -> None:
    """Stand in where no server was told of."""


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """What goes wrong, and how a connection is cut without a word."""

    trouble: Trouble
    cut: Cut = _cut_nothing

    def fault(self, answering: Answering) -> Fault:
        """Say what happens to the next request of an exchange."""
        if self.trouble.is_over:
            return NO_FAULT
        return self.trouble.of_request(answering.post.exchange.id)

    def breaking(self, answering: Answering, scope: Scope) -> Broke:
        """Begin to count the frames of a WebSocket, whose connection is cut when it breaks."""
        line = self.trouble.of_line(answering.post.exchange.id)

        def broke() -> bool:
            if not line.breaks():
                return False
            self.cut(scope)
            return True

        return broke

    async def hang_up(self, scope: Scope, receive: Receive) -> None:
        """Cut a request's connection, and wait until it is gone."""
        self.cut(scope)
        while (await receive())["type"] not in _ENDS:
            pass


async def answer_under(
    fault: Fault, answering: Answering, path: bytes, answer: Callable[[], Awaitable[WireAnswer]]
) -> WireAnswer | None:
    """Carry a request out as far as its fault lets it; None when nobody is to hear of it.

    Why: half of the delay lies on the way there and half on the way back, so that an order may
    still arrive after its sender has given up, and an answer after it was carried out.
    """
    going_ms = fault.delay_ms // 2
    await _pause(going_ms)
    if fault.cut:
        return None
    told = refusal(answering, fault.reason, path) if fault.reason else await answer()
    await _pause(fault.delay_ms - going_ms)
    return None if fault.answer_lost else told


def refusal(answering: Answering, reason: str, path: bytes) -> WireAnswer:
    """Refuse as this exchange does: with its status, its words, and the wait that it tells.

    Why: where a ban is a matter of the account and not of the address, what meets too many
    requests is the rate limit.
    """
    errors = answering.post.exchange.errors
    read = errors.read(errors.speak(reason, {}))
    if reason == _BANNED and not isinstance(read, ExchangeDown):
        reason, read = _RATE_LIMITED, errors.read(errors.speak(_RATE_LIMITED, {}))
    wait_ms = read.retry_after_ms if isinstance(read, ExchangeDown) else 0
    facts = {"limit": 1, "seconds": max(1, wait_ms // 1_000)}
    return answering.refuse(ExchangeDown(reason, retry_after_ms=wait_ms, **facts), path)


async def _pause(for_ms: int) -> None:
    if for_ms:
        await asyncio.sleep(for_ms / 1_000)
