"""How Coinbase's tokens are made, for both kinds of keys, and what they are not good for."""

import base64
import json
import tomllib
from pathlib import Path

import pytest

from drawbridge.catalogue.registry import check_fields, credential_of, get_card, get_exchange
from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.exchanges.coinbase import dialect
from drawbridge.wire.dialect import Credential, sign, verify
from drawbridge.wire.http import JSON_TYPE, WireRequest

HERE = Path(__file__).parent
EXCHANGE = get_exchange("coinbase")
EC_NAME = (
    "organizations/00000000-0000-4000-8000-000000000001"
    "/apiKeys/00000000-0000-4000-8000-000000000002"
)
ED_NAME = "00000000-0000-4000-8000-000000000003"
KEY_PERMISSIONS = b"/api/v3/brokerage/key_permissions"


def _vector(name: str) -> dict[str, object]:
    return tomllib.loads((HERE / "vectors" / f"{name}.toml").read_text("utf-8"))


EC_PEM = str(_vector("ccxt_es256_private_key_verifies")["secret"])
ED_SECRET = str(_vector("ccxt_eddsa_orders")["secret"])


def _credential(name: str, secret: str) -> Credential:
    return credential_of(EXCHANGE, {"api_key": Secret(name), "api_secret": Secret(secret)})


def _parts(request: WireRequest) -> tuple[dict[str, object], dict[str, object], str]:
    token = (request.header(b"authorization") or b"").removeprefix(b"Bearer ").decode()
    header, claims, signature = token.split(".")
    read = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, claims)]
    return read[0], read[1], signature


@pytest.mark.parametrize(
    ("vector", "key", "secret"),
    [
        ("ccxt_es256_key_permissions", EC_NAME, EC_PEM),
        ("ccxt_eddsa_key_permissions", ED_NAME, ED_SECRET),
    ],
)
def test_our_token_is_ccxts_but_for_its_nonce(vector: str, key: str, secret: str) -> None:
    request = WireRequest("GET", KEY_PERMISSIONS, headers=(JSON_TYPE,))
    header, claims, _ = _parts(sign(dialect, request, _credential(key, secret), "1700000000"))
    told = _vector(vector)["request"]
    assert isinstance(told, dict)
    theirs = WireRequest(
        "GET",
        KEY_PERMISSIONS,
        headers=((b"authorization", told["headers"]["authorization"].encode()),),
    )
    their_header, their_claims, _ = _parts(theirs)
    assert {**header, "nonce": ""} == {**their_header, "nonce": ""} | (
        {"typ": "JWT"} if "typ" in header else {}
    )
    assert claims == their_claims
    assert list(claims) == list(their_claims)


def test_a_p256_signature_is_the_same_bytes_as_ccxts() -> None:
    told = _vector("ccxt_es256_key_permissions")["request"]
    assert isinstance(told, dict)
    token = told["headers"]["authorization"].removeprefix("Bearer ").encode()
    signer = EXCHANGE.keys.signer(Secret(EC_PEM))
    assert signer.sign(dialect.signed_part(token)) == token.split(b".")[2]


def test_two_requests_that_differ_in_anything_have_different_nonces() -> None:
    credential = _credential(EC_NAME, EC_PEM)
    requests = [
        WireRequest("POST", b"/api/v3/brokerage/orders", body=b'{"client_order_id":"1"}'),
        WireRequest("POST", b"/api/v3/brokerage/orders", body=b'{"client_order_id":"2"}'),
        WireRequest("GET", b"/api/v3/brokerage/accounts", b"limit=1"),
        WireRequest("GET", b"/api/v3/brokerage/accounts", b"limit=2"),
    ]
    nonces = [_parts(sign(dialect, it, credential, "1700000000"))[0]["nonce"] for it in requests]
    nonces.append(_parts(sign(dialect, requests[0], credential, "1700000001"))[0]["nonce"])
    assert len(set(nonces)) == len(nonces)
    assert all(len(str(nonce)) == 32 for nonce in nonces)


def test_a_token_of_one_key_is_refused_with_the_other() -> None:
    request = WireRequest("GET", KEY_PERMISSIONS)
    signed = sign(dialect, request, _credential(ED_NAME, ED_SECRET), "1700000000")
    with pytest.raises(NotProven, match="bad_signature"):
        verify(dialect, signed, dialect.claim(signed), EXCHANGE.keys.verifier(Secret(EC_PEM)))


def test_only_another_host_may_have_a_path_of_its_own() -> None:
    credential = _credential(EC_NAME, EC_PEM)
    served = WireRequest("GET", KEY_PERMISSIONS)
    for target, is_ours in (
        ("GET 127.0.0.1:9000/coinbase/api/v3/brokerage/key_permissions", True),
        ("GET api.coinbase.com/v2/api/v3/brokerage/key_permissions", False),
        ("GET api.coinbase.com:443/v2/api/v3/brokerage/key_permissions", False),
        ("get api.coinbase.com/api/v3/brokerage/key_permissions", False),
        ("GET api.coinbase.com/api/v3/brokerage/key_permissions?x=1", False),
        ("GET", False),
    ):
        unsigned = dialect.unsigned(credential, 1_700_000_000, b"0" * 16, target)
        token = unsigned + b"." + credential.signer.sign(unsigned)
        told = WireRequest(
            served.method, served.path, headers=((b"authorization", b"Bearer " + token),)
        )
        if is_ours:
            dialect.claim(told)
            continue
        with pytest.raises(NotProven, match="bad_signature"):
            dialect.claim(told)


@pytest.mark.parametrize(
    "pasted",
    [
        EC_PEM,
        EC_PEM.replace("\n", "\\n"),
        EC_PEM.replace("\n", "\r\n"),
        f'"{EC_PEM.strip()}"',
        EC_PEM.replace("\n", " "),
    ],
)
def test_a_key_is_taken_however_it_was_pasted(pasted: str) -> None:
    fields = check_fields(get_card("coinbase"), {"api_key": EC_NAME, "api_secret": pasted})
    credential = credential_of(EXCHANGE, fields.secrets)
    payload = b"the same"
    assert credential.signer.sign(payload) == EXCHANGE.keys.signer(Secret(EC_PEM)).sign(payload)


@pytest.mark.parametrize(
    ("key", "secret", "field"),
    [
        # A key of the interface that ended in February 2025.
        ("x5Tz8Qw2Ab9Kd4Lm", "a" * 32, "api_key"),
        (EC_NAME, "a" * 32, "api_secret"),
        (EC_NAME, EC_PEM[:-30], "api_secret"),
    ],
)
def test_what_is_no_key_of_today_is_refused_by_its_field(key: str, secret: str, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_fields(get_card("coinbase"), {"api_key": key, "api_secret": secret})
    assert refused.value.facts["field"] == field
