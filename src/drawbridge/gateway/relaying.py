"""Market data for bots, without a key: asked for once and given to all who ask within a moment.

Only what the endpoint table calls public passes here. Who asks shares the exchange's limits for
this machine's address with everybody else in the house.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.clock import Clock
from drawbridge.core.errors import DrawbridgeError, Forbidden, OutcomeUnknown
from drawbridge.core.markets import Markets
from drawbridge.core.operations import FORBIDDEN_SCOPES
from drawbridge.gateway.asking import Asking
from drawbridge.gateway.budgets import Payer
from drawbridge.gateway.outcome import as_nothing_happened
from drawbridge.gateway.travelling import passed_back
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.http import WireAnswer, WireRequest

# As long as nobody who trades by it would notice, and as often as a bot asks in a loop.
_GOOD_FOR_MS: Final = 500
# Rules of markets hardly ever change, and every bot asks for all of them when it starts.
_RULES_GOOD_FOR_MS: Final = 30_000
_RULES: Final = frozenset({"get_markets", "get_currencies"})
_MOST_KEPT: Final = 64
_MOST_BYTES: Final = 4 * 1_024 * 1_024
_GOOD: Final = 200
# What tells the time must be of now.
_NEVER_KEPT: Final = frozenset({"get_server_time"})


# Exchange, venue, method, address and body.
_At: TypeAlias = tuple[str, str, str, bytes, bytes]


@dataclass(slots=True)
class _Asked:
    """A question that is being asked, or its answer and until when it is good."""

    answer: asyncio.Future[WireAnswer]
    until_ms: int | None = None


class Relay:
    """Public requests of all exchanges."""

    def __init__(self, asking: Asking, clock: Clock) -> None:
        """Ask with this."""
        self._asking = asking
        self._clock = clock
        self._asked: dict[_At, _Asked] = {}

    def now_ms(self, exchange_id: str, venue: str) -> int:
        """Give the exchange's time as far as it is known."""
        return self._asking.now_ms((exchange_id, venue))

    def find_markets(self, exchange_id: str, venue: str) -> Markets | None:
        """Give the exchange's markets at once; None where they must be asked for."""
        return self._asking.find_markets((exchange_id, venue))

    async def ask(
        self, exchange_id: str, venue: str, endpoint: Endpoint, request: WireRequest
    ) -> WireAnswer:
        """Give the exchange's answer to a public request, as it came.

        Raises: `Forbidden` for what is not public; `ExchangeDown`.
        """
        if endpoint.is_signed or endpoint.scope in FORBIDDEN_SCOPES:
            raise Forbidden("scope_never_allowed", rule="scope")
        kind = tuple(pair for pair in request.headers if pair[0] == b"content-type")
        plain = WireRequest(request.method, request.path, request.query, kind, request.body)
        if endpoint.operation in _NEVER_KEPT:
            return await self._ask(exchange_id, venue, endpoint, plain)
        at = (exchange_id, venue, request.method, request.target, request.body)
        now_ms = self._clock.now_ms()
        asked = self._asked.get(at)
        if asked is None or (asked.until_ms is not None and asked.until_ms <= now_ms):
            asked = self._begin(at, endpoint, plain)
        # Who gives up waiting must not take the answer from the others.
        return await asyncio.shield(asked.answer)

    def _begin(self, at: _At, endpoint: Endpoint, request: WireRequest) -> _Asked:
        if len(self._asked) >= _MOST_KEPT:
            self._drop_old()
        asking = asyncio.ensure_future(self._ask(at[0], at[1], endpoint, request))
        asked = self._asked[at] = _Asked(asking)
        for_ms = _RULES_GOOD_FOR_MS if endpoint.operation in _RULES else _GOOD_FOR_MS
        asking.add_done_callback(lambda done: self._keep(at, asked, done, for_ms))
        return asked

    def _keep(
        self, at: _At, asked: _Asked, done: "asyncio.Future[WireAnswer]", for_ms: int
    ) -> None:
        is_good = not done.cancelled() and done.exception() is None
        if is_good and done.result().status == _GOOD and len(done.result().body) <= _MOST_BYTES:
            asked.until_ms = self._clock.now_ms() + for_ms
        elif self._asked.get(at) is asked:
            del self._asked[at]

    def _drop_old(self) -> None:
        now_ms = self._clock.now_ms()
        for at, asked in tuple(self._asked.items()):
            if asked.until_ms is not None and asked.until_ms <= now_ms:
                del self._asked[at]
        # Where all are of now, the oldest of them is asked for once more.
        if len(self._asked) >= _MOST_KEPT:
            del self._asked[next(iter(self._asked))]

    async def _ask(
        self, exchange_id: str, venue: str, endpoint: Endpoint, request: WireRequest
    ) -> WireAnswer:
        exchange, payer = get_exchange(exchange_id), Payer(exchange_id, venue)
        if self._asking.charge(payer, exchange, endpoint):
            await self._asking.pay_later(payer, exchange, endpoint)
        try:
            answer = await self._asking.send(payer, exchange, endpoint, request)
        except OutcomeUnknown as error:
            raise as_nothing_happened(error) from None
        # What it says goes back as it came; only that we shall stay away is to be learnt.
        with suppress(DrawbridgeError):
            self._asking.read_error(payer, exchange, answer)
        return passed_back(answer)
