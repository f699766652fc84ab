"""The way to an operator's licence server: over the one egress, to the address that was set.

What comes back is believed by its signature and never by where it came from; a no is told by its
code. Claims carry a request that the key has signed (`ownership.py`), and never a secret.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar

import orjson

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.clock import Clock
from drawbridge.core.errors import (
    BadInput,
    Conflict,
    DrawbridgeError,
    ExchangeDown,
    Forbidden,
    NotFound,
    OutcomeUnknown,
)
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.ownership import encode_proof, unsigned_proof
from drawbridge.gateway.venues import Address
from drawbridge.licences.places import ServerPlace, read_server
from drawbridge.licences.standing import RULE
from drawbridge.wire.dialect import Credential, sign
from drawbridge.wire.http import WireAnswer, WireRequest

T = TypeVar("T")

_TIMEOUT_MS: Final = 15_000
_OK: Final = 200
_FAMILIES: Final[Mapping[int, type[DrawbridgeError]]] = {
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    422: BadInput,
}
_PREFIX: Final = "licence_"
_MOST_CODE: Final = 60
_FACTS: Final = frozenset({"at_ms", "count", "exchange", "id", "reason", "field"})


class LicenceRoad:
    """Asks the licence server; `server` was checked when the settings were read."""

    def __init__(self, egress: Egress, gateway: Gateway, clock: Clock, server: str) -> None:
        """Go over this egress; the gateway signs proofs."""
        self._clock = clock
        self._egress = egress
        self._gateway = gateway
        self._address = _address_of(read_server(server))

    async def ask(self, question: str) -> str:
        """Ask, and give the answer's text.

        Raises: the server's no by its code; `ExchangeDown` while it does not answer.
        """
        headers = ((b"content-type", b"text/plain"),)
        request = WireRequest("POST", b"/v1/ask", b"", headers, question.encode("ascii"))
        return await self._sent(request)

    async def revocations(self) -> str:
        """Give the latest list of what is revoked. Raises: `ExchangeDown`."""
        return await self._sent(WireRequest("GET", b"/v1/revocations"))

    async def with_proof(
        self, key_id: str, send: Callable[[Mapping[str, object]], Awaitable[T]]
    ) -> T:
        """Send a request that a key has signed, as a proof that it is held here.

        Why sent inside the block: where stamps must rise, none of this key's passes it.
        Raises: as `Gateway.signing`, as `send`; `BadInput("licence_proof_not_possible")`.
        """
        place = await self._gateway.may_listen(key_id)
        offset = await self._gateway.learn_clock(*place)
        exchange = get_exchange(place[0])

        def write(credential: Credential, stamp: str) -> WireRequest:
            now_ms = self._clock.now_ms() + offset.ahead_ms
            unsigned = unsigned_proof(exchange, credential.key, now_ms)
            return sign(exchange.dialect, unsigned, credential, stamp)

        async with self._gateway.signing(key_id, write) as signed:
            return await send(encode_proof(*place, signed))

    async def _sent(self, request: WireRequest) -> str:
        answer = await self._answered(request)
        if answer.status == _OK:
            return answer.body.decode("ascii", "replace")
        raise _no_of(answer)

    async def _answered(self, request: WireRequest) -> WireAnswer:
        try:
            return await self._egress.send(self._address, request, _TIMEOUT_MS)
        except OutcomeUnknown as error:
            # Asked again with the same nonce, it counts once.
            raise ExchangeDown(error.code) from None


def _address_of(place: ServerPlace) -> Address:
    return Address(
        place.host,
        place.port,
        tls=place.tls,
        base_path=place.path,
        on_this_machine=place.is_here,
        # Whoever runs this machine has named it, so it may lie in their own network.
        is_inside=not place.is_here,
    )


def _no_of(answer: WireAnswer) -> DrawbridgeError:
    """Read a no; what says none of our codes is no answer at all."""
    family = _FAMILIES.get(answer.status)
    try:
        told = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        told = None
    code = told.get("code") if isinstance(told, dict) else None
    if family is None or not isinstance(code, str) or not code.startswith(_PREFIX):
        return ExchangeDown("licence_server_failed", status=answer.status)
    if len(code) > _MOST_CODE or not code.replace("_", "").isalpha():
        return ExchangeDown("licence_server_failed", status=answer.status)
    given = told.get("facts") if isinstance(told, dict) else None
    facts = given if isinstance(given, dict) else {}
    kept = {name: it for name, it in facts.items() if name in _FACTS and _is_plain(it)}
    return family(code, **{**kept, "rule": RULE})


def _is_plain(told: object) -> bool:
    return isinstance(told, int) or (isinstance(told, str) and len(told) <= _MOST_CODE)
