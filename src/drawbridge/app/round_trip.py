"""A harmless round trip as a bot makes it: read the balances through the gateway, signed by us.

It takes the same way as every bot: over the proxy's port, with the virtual key's own secret.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from drawbridge.app.settings import Settings
from drawbridge.catalogue.registry import Exchange, credential_of, get_exchange
from drawbridge.core.clock import Clock
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.operations import Balance, GetBalances, GetMarkets, GetOwnName, Operation
from drawbridge.core.secret import Secret
from drawbridge.gateway import outcome
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.venues import Address, parse_paper_url
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.wire.codec import encode_at
from drawbridge.wire.dialect import sign
from drawbridge.wire.http import WireRequest
from drawbridge.wire.naming import KEY, marks_in, named
from drawbridge.wire.stamps import next_stamp

A = TypeVar("A")

_TIMEOUT_MS: Final = 15_000


async def round_trip(
    settings: Settings, virtual: VirtualKey, fields: Mapping[str, Secret], clock: Clock
) -> tuple[Balance, ...]:
    """Read the balances as the bot would.

    Raises: `BadInput` for another key's fields; what the gateway or the exchange says;
    `ExchangeDown` where nobody listens.
    """
    told = fields.get("api_key")
    if told is None or told.reveal() != virtual.public:
        raise BadInput("virtual_other_key", field="api_key", label=virtual.label)
    egress = Egress()
    try:
        exchange = get_exchange(virtual.exchange)
        # On this machine only, as the settings hold it.
        address = parse_paper_url(settings.proxy_url(exchange.id, virtual.venue.value))
        trip = _Trip(exchange, address, egress, fields, clock)
        await trip.learn_markets()
        return await trip.ask(GetBalances())
    finally:
        await egress.close()


class _Trip:
    """The requests of one round trip; stamps rise from one to the next."""

    def __init__(
        self,
        exchange: Exchange,
        address: Address,
        egress: Egress,
        fields: Mapping[str, Secret],
        clock: Clock,
    ) -> None:
        self._exchange = exchange
        self._address = address
        self._egress = egress
        self._fields = fields
        self._clock = clock
        self._markets = Markets()
        self._last_stamp = 0

    async def learn_markets(self) -> None:
        request = encode_at(self._exchange.codec, GetMarkets(), self._markets, self._clock.now_ms())
        answer = await self._egress.send(self._address, request, _TIMEOUT_MS)
        self._markets = Markets(outcome.read(self._exchange, GetMarkets(), answer, self._markets))

    async def ask(self, operation: Operation[A]) -> A:
        now_ms = self._clock.now_ms()
        request = encode_at(self._exchange.codec, operation, self._markets, now_ms)
        signed = self._signed(await self._with_own_names(request))
        answer = await self._egress.send(self._address, signed, _TIMEOUT_MS)
        return outcome.read(self._exchange, operation, answer, self._markets)

    async def _with_own_names(self, request: WireRequest) -> WireRequest:
        names: dict[str, Any] = {of: await self.ask(GetOwnName(of)) for of in marks_in(request)}
        return named(request, names) if names else request

    def _signed(self, request: WireRequest) -> WireRequest:
        rule = self._exchange.card.stamp
        self._last_stamp = next_stamp(rule, self._clock.now_ms(), self._last_stamp)
        credential = credential_of(self._exchange, self._fields)
        marked = named(request, {KEY: credential.key})
        return sign(self._exchange.dialect, marked, credential, str(self._last_stamp))
