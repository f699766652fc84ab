"""KuCoin's dialect beyond the contract: the passphrase's two ways, and other people's headers."""

import pytest

from drawbridge.core.errors import BadInput
from drawbridge.core.secret import Secret
from drawbridge.exchanges.kucoin import dialect
from drawbridge.wire.dialect import Credential, sign, verify
from drawbridge.wire.http import Headers, WireRequest

SECRET = Secret("3f2a9c1e-7d4b-4e0a-9c55-0b1d2e3f4a5b")
PASSPHRASE = Secret("Dr4wbridge!")
SIGNED_PASSPHRASE = b"Pkz5KtzlQ4AJMVEY7uf0huNO/gzhRPHTchx62tIKKkc="
STAMP = "1700000000123"
CREDENTIAL = Credential("6705f5c311545b000157d3eb", dialect.signer(SECRET), PASSPHRASE)
FOREIGN = (
    (b"kc-api-key", b"theirs"),
    (b"kc-api-sign", b"theirs"),
    (b"kc-api-passphrase", b"theirs"),
    (b"kc-api-timestamp", b"1"),
    (b"kc-api-key-version", b"3"),
    (b"kc-api-partner", b"ccxt"),
    (b"kc-api-partner-sign", b"theirs"),
    (b"kc-api-partner-verify", b"true"),
    (b"kc-broker-name", b"theirs"),
    (b"x-site-type", b"global"),
    (b"user-agent", b"bot"),
)


def test_old_authentication_goes_and_the_rest_stays() -> None:
    request = WireRequest("GET", b"/api/v1/accounts", b"type=trade_hf", FOREIGN)
    signed = sign(dialect, request, CREDENTIAL, STAMP)
    names = [name for name, _ in signed.headers]
    assert sorted(names) == sorted(set(names))
    assert not any(b"partner" in name or b"broker" in name for name in names)
    assert all(value != b"theirs" for _, value in signed.headers)
    assert signed.header(b"user-agent") == b"bot"
    assert signed.header(b"x-site-type") == b"global"


def test_the_passphrase_travels_signed() -> None:
    signed = sign(dialect, WireRequest("GET", b"/api/v1/accounts"), CREDENTIAL, STAMP)
    told = dialect.claim(signed)
    assert (told.passphrase, told.passphrase_signature) == (None, SIGNED_PASSPHRASE)
    dialect.verifier(SECRET).verify(PASSPHRASE.reveal().encode(), SIGNED_PASSPHRASE)


@pytest.mark.parametrize("version", [None, b"1"])
def test_old_keys_send_the_passphrase_as_it_is(version: bytes | None) -> None:
    headers: Headers = (
        (b"kc-api-key", b"k"),
        (b"kc-api-sign", b"s"),
        (b"kc-api-timestamp", b"1"),
        (b"kc-api-passphrase", b"Dr4wbridge!"),
    )
    if version is not None:
        headers += ((b"kc-api-key-version", version),)
    told = dialect.claim(WireRequest("GET", b"/x", headers=headers))
    assert (told.passphrase, told.passphrase_signature) == ("Dr4wbridge!", None)


def test_a_query_is_signed_as_it_is_meant_and_sent_as_it_was() -> None:
    request = WireRequest("GET", b"/api/v1/fills", b"note=a%20b%2Cc")
    signed = sign(dialect, request, CREDENTIAL, STAMP)
    assert signed.query == b"note=a%20b%2Cc"
    assert dialect.payload(signed) == b"1700000000123GET/api/v1/fills?note=a b,c"
    verify(dialect, signed, dialect.claim(signed), dialect.verifier(SECRET))


def test_a_key_without_passphrase_does_not_sign() -> None:
    with pytest.raises(BadInput) as refused:
        sign(dialect, WireRequest("GET", b"/x"), Credential("k", dialect.signer(SECRET)), STAMP)
    assert refused.value.facts["field"] == "passphrase"


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(BadInput):
        dialect.signer(Secret(""))
