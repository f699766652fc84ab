"""Binance's dialect against recorded requests, and its own corners.

The laws that hold for every dialect are proven in `tests/exchanges/test_contract.py`.
"""

import pytest

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.errors import BadInput
from drawbridge.core.secret import Secret
from drawbridge.wire.dialect import Credential, sign
from drawbridge.wire.http import FORM_TYPE, WireRequest
from tests.exchanges.vectors import Vector, judge, vectors_of

EXCHANGE = get_exchange("binance")
VECTORS = tuple(vectors_of("binance"))
CREDENTIAL = Credential("a" * 64, EXCHANGE.keys.signer(Secret("secret")))
STAMP = "1700000000000"

ED25519_PEM = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE KEY-----
"""


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_a_recorded_request_is_judged_as_the_exchange_judges_it(vector: Vector) -> None:
    assert judge(EXCHANGE, vector) == vector.expect


@pytest.mark.parametrize(
    "vector",
    [v for v in VECTORS if v.name in {"ccxt_account", "ccxt_order", "ccxt_cancel"}],
    ids=lambda vector: vector.name,
)
def test_signing_anew_gives_ccxts_bytes_back(vector: Vector) -> None:
    assert vector.key is not None
    assert vector.stamp is not None
    credential = Credential(vector.key, EXCHANGE.keys.signer(vector.secret))
    assert sign(EXCHANGE.dialect, vector.request, credential, vector.stamp) == vector.request


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_private_key_signs_whatever_line_ends_it_was_pasted_with(line_end: str) -> None:
    (vector,) = (v for v in VECTORS if v.name == "ccxt_ed25519_account")
    assert vector.key is not None
    secret = Secret(ED25519_PEM.replace("\n", line_end))
    credential = Credential(vector.key, EXCHANGE.keys.signer(secret))
    assert sign(EXCHANGE.dialect, vector.request, credential, STAMP) == vector.request


@pytest.mark.parametrize("material", ["", "-----BEGIN PRIVATE KEY-----\nnone"])
def test_what_no_signer_can_be_made_of_is_refused_by_field(material: str) -> None:
    with pytest.raises(BadInput) as refused:
        EXCHANGE.keys.signer(Secret(material))
    assert refused.value.facts["field"] in {"api_secret", "private_key"}
    assert "none" not in str(refused.value)


@pytest.mark.parametrize("material", ["", "-----BEGIN PUBLIC KEY-----\nnone"])
def test_what_no_verifier_can_be_made_of_is_refused_by_field(material: str) -> None:
    with pytest.raises(BadInput) as refused:
        EXCHANGE.keys.verifier(Secret(material))
    assert refused.value.facts["field"] in {"api_secret", "public_key"}


def test_old_authentication_goes_wherever_it_stood() -> None:
    foreign = WireRequest(
        "POST",
        b"/api/v3/order",
        b"symbol=BTCUSDT&timestamp=1&signature=aa",
        ((b"x-mbx-apikey", b"virtual"), (b"user-agent", b"bot"), FORM_TYPE),
        b"side=BUY&timestamp=2&signature=bb",
    )
    signed = sign(EXCHANGE.dialect, foreign, CREDENTIAL, STAMP)
    assert signed.query == b"symbol=BTCUSDT"
    assert signed.body.startswith(b"timestamp=1700000000000&side=BUY&signature=")
    assert signed.body.count(b"signature=") == 1
    assert signed.headers == (
        (b"x-mbx-apikey", b"a" * 64),
        (b"user-agent", b"bot"),
        FORM_TYPE,
    )


def test_every_other_byte_stays_as_it_was() -> None:
    odd = b"name=my addr&list=[1,2]&x=%7e%7E&empty=&flag&x=+"
    foreign = WireRequest("DELETE", b"/api/v3/order", odd)
    signed = sign(EXCHANGE.dialect, foreign, CREDENTIAL, STAMP)
    assert signed.query.startswith(b"timestamp=1700000000000&" + odd + b"&signature=")


def test_a_parameter_that_only_ends_like_ours_is_not_ours() -> None:
    foreign = WireRequest("GET", b"/api/v3/account", b"mytimestamp=5&mysignature=6")
    signed = sign(EXCHANGE.dialect, foreign, CREDENTIAL, STAMP)
    assert b"mytimestamp=5&mysignature=6&signature=" in signed.query
    claim = EXCHANGE.dialect.claim(signed)
    assert (claim.stamp, len(claim.signature)) == (STAMP, 64)
    assert EXCHANGE.dialect.payload(signed) == (
        b"timestamp=1700000000000&mytimestamp=5&mysignature=6"
    )
