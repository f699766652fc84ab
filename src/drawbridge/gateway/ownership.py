"""Proving that somebody holds a key of an exchange account: a signed request that only reads.

The holder's gateway signs it, and hands it over without the secret. Whoever is to believe it sends
it to the exchange themselves: what the exchange answers is the proof. Such a request is good for
the moments of its stamp, and for nothing but reading.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from drawbridge.catalogue.registry import Exchange, get_exchange
from drawbridge.core.errors import (
    BadInput,
    DrawbridgeError,
    ExchangeDown,
    Forbidden,
    OutcomeUnknown,
)
from drawbridge.core.markets import Markets
from drawbridge.core.operations import (
    GetBalances,
    GetKeyRights,
    GetOwnName,
    KeyRights,
    Operation,
    Scope,
)
from drawbridge.gateway import outcome
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.venues import Venues, live_address
from drawbridge.licences.model import Account
from drawbridge.licences.standing import RULE
from drawbridge.vault.model import Venue
from drawbridge.wire.codec import encode_at
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.naming import ACCOUNT, KEY, USER, marks_in, named

_TIMEOUT_MS: Final = 10_000
_MOST_HEADERS: Final = 20
_MOST_TEXT: Final = 4_096
_READS: Final = frozenset({None, Scope.READ})
_PROVES: Final = frozenset({"get_key_rights", "get_balances", "get_own_name"})
_QUESTIONS: Final = (GetKeyRights(), GetBalances(), GetOwnName(USER), GetOwnName(ACCOUNT))


def unsigned_proof(exchange: Exchange, key: str, now_ms: int) -> WireRequest:
    """Write what is to be signed: the key's rights, which may name its account, else a read.

    Raises: `BadInput("licence_proof_not_possible")` where the exchange has no such request that
    can be written without knowing more.
    """
    for operation in _QUESTIONS:
        try:
            request = _written(exchange, operation, now_ms)
        except DrawbridgeError:
            continue
        if not marks_in(request):
            return named(request, {KEY: key})
    raise BadInput("licence_proof_not_possible", field="key", exchange=exchange.card.name)


def encode_proof(exchange_id: str, venue: str, request: WireRequest) -> dict[str, object]:
    """Write a signed request as it is handed over."""
    return {
        "exchange": exchange_id,
        "venue": venue,
        "method": request.method,
        "path": _text(request.path),
        "query": _text(request.query),
        "headers": [[_text(name), _text(value)] for name, value in request.headers],
        "body": _text(request.body),
    }


class Ownership:
    """Looks at proofs: asks the exchange what it thinks of a signed request."""

    def __init__(self, egress: Egress, venues: Venues) -> None:
        """Send over this egress, to these addresses and no others."""
        self._egress = egress
        self._venues = venues

    async def prove(self, proof: Mapping[str, object]) -> Account:
        """Give the account whose key signed a request, once the exchange has accepted it.

        Raises: `BadInput("licence_proof_unreadable")`; `Forbidden` `licence_proof_only_reads`,
        `licence_proof_refused`; `ExchangeDown` while the exchange does not answer.
        """
        exchange, venue, request = _read(proof)
        endpoint = exchange.endpoints.classify(request)
        # Nothing of what a stranger hands us may change anything at an exchange.
        if endpoint.scope not in _READS or not endpoint.operations & _PROVES:
            raise Forbidden("licence_proof_only_reads", rule=RULE)
        claim = exchange.dialect.claim(request)
        live = live_address(exchange.card, endpoint)
        address = self._venues.get_address(exchange.id, venue, live)
        try:
            answer = await self._egress.send(address, request, _TIMEOUT_MS)
            outcome.read_error(exchange, answer)
        except (ExchangeDown, OutcomeUnknown) as error:
            raise ExchangeDown("licence_exchange_away", reason=error.code) from None
        except DrawbridgeError as error:
            facts = {"exchange": exchange.card.name, "reason": error.code}
            raise Forbidden("licence_proof_refused", rule=RULE, **facts) from None
        return Account(exchange.id, venue, claim.key, _account_id(exchange, endpoint, answer))


def _account_id(exchange: Exchange, endpoint: Endpoint, answer: WireAnswer) -> str:
    if "get_key_rights" not in endpoint.operations:
        return ""
    try:
        told: object = exchange.codec.decode_answer(GetKeyRights(), answer, Markets())
    except DrawbridgeError:
        return ""
    return told.account_id if isinstance(told, KeyRights) else ""


def _written(exchange: Exchange, operation: Operation[Any], now_ms: int) -> WireRequest:
    request = encode_at(exchange.codec, operation, Markets(), now_ms)
    exchange.endpoints.classify(request)
    return request


def _read(proof: Mapping[str, object]) -> tuple[Exchange, str, WireRequest]:
    parts = {name: proof.get(name) for name in ("exchange", "venue", "method")}
    texts = {name: it for name, it in parts.items() if isinstance(it, str)}
    headers = proof.get("headers")
    if len(texts) != len(parts) or not isinstance(headers, list) or len(headers) > _MOST_HEADERS:
        raise _unreadable()
    if texts["venue"] not in set(Venue) or texts["method"] not in {"GET", "POST"}:
        raise _unreadable()
    try:
        exchange = get_exchange(texts["exchange"])
    except DrawbridgeError:
        raise _unreadable() from None
    request = WireRequest(
        texts["method"],
        _bytes(proof.get("path")),
        _bytes(proof.get("query")),
        tuple(map(_header, headers)),
        _bytes(proof.get("body")),
    )
    return exchange, texts["venue"], request


def _header(told: object) -> tuple[bytes, bytes]:
    if not isinstance(told, list) or len(told) != 2:  # noqa: PLR2004  a name and a value
        raise _unreadable()
    return _bytes(told[0]), _bytes(told[1])


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(told: object) -> bytes:
    if not isinstance(told, str) or len(told) > _MOST_TEXT:
        raise _unreadable()
    try:
        return base64.b64decode(told, validate=True)
    except (binascii.Error, ValueError):
        raise _unreadable() from None


def _unreadable() -> BadInput:
    return BadInput("licence_proof_unreadable", field="proof")
