"""Proofs of ownership: strangers' requests may read and do nothing else, at no other address."""

from collections.abc import Mapping
from typing import Any

import pytest

from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import credential_of, exchange_ids, get_card, get_exchange
from drawbridge.core.errors import BadInput, DrawbridgeError, ExchangeDown, Forbidden, NotFound
from drawbridge.core.secret import Secret
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.ownership import Ownership, encode_proof, unsigned_proof
from drawbridge.gateway.venues import Venues
from drawbridge.wire.dialect import sign
from drawbridge.wire.http import WireRequest

_NOW_MS = 1_790_000_000_000
_TRADED = [name for name in exchange_ids() if get_card(name).level >= Level.TRADED]


def _proof(**changes: object) -> Mapping[str, object]:
    exchange = get_exchange("binance")
    request = unsigned_proof(exchange, "k" * 64, _NOW_MS)
    return {**encode_proof("binance", "paper", request), **changes}


async def _proven(proof: Mapping[str, object]) -> object:
    egress = Egress()
    try:
        return await Ownership(egress, Venues({})).prove(proof)
    finally:
        await egress.close()


@pytest.mark.parametrize("exchange_id", _TRADED)
def test_every_exchange_has_a_read_that_can_prove_a_key(exchange_id: str) -> None:
    exchange = get_exchange(exchange_id)
    try:
        request = unsigned_proof(exchange, "k" * 64, _NOW_MS)
    except BadInput as error:
        pytest.fail(f"{exchange_id}: {error}")
    endpoint = exchange.endpoints.classify(request)
    assert endpoint.scope in {None, "read"}
    assert not any(name.startswith(("place", "cancel")) for name in endpoint.operations)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", b"/api/v3/order"), ("GET", b"/api/v3/openOrders"), ("POST", b"/api/v3/order/test")],
)
async def test_a_proof_that_would_do_more_is_never_sent(method: str, path: bytes) -> None:
    told = encode_proof("binance", "paper", WireRequest(method, path))
    with pytest.raises(Forbidden, match="licence_proof_only_reads"):
        await _proven(told)


async def test_an_address_that_is_not_in_the_table_is_never_asked() -> None:
    told = encode_proof("binance", "paper", WireRequest("GET", b"/sapi/v1/anything"))
    with pytest.raises(Forbidden, match="unknown_endpoint"):
        await _proven(told)


@pytest.mark.parametrize(
    "changes",
    [
        {"exchange": "atlantis"},
        {"exchange": 5},
        {"venue": "moon"},
        {"method": "DELETE"},
        {"headers": "x"},
        {"headers": [["bm90"]]},
        {"headers": [["", ""]] * 50},
        {"path": "not base64!"},
        {"body": "A" * 10_000},
        {"query": None},
    ],
)
async def test_what_is_no_proof_is_told_so(changes: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="licence_proof_unreadable"):
        await _proven(_proof(**changes))


async def test_an_unsigned_request_proves_nothing() -> None:
    with pytest.raises(DrawbridgeError) as told:
        await _proven(_proof())
    assert not isinstance(told.value, ExchangeDown)


async def test_a_server_without_a_paper_exchange_asks_none() -> None:
    exchange = get_exchange("binance")
    fields = {"api_key": Secret("k" * 64), "api_secret": Secret("s" * 64)}
    credential = credential_of(exchange, fields)
    unsigned = unsigned_proof(exchange, credential.key, _NOW_MS)
    signed = sign(exchange.dialect, unsigned, credential, str(_NOW_MS))
    with pytest.raises(NotFound, match="unknown_venue"):
        await _proven(encode_proof("binance", "paper", signed))
