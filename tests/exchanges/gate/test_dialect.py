"""Gate's dialect beyond the contract: foreign headers, encoded queries, stamps with a fraction."""

import pytest

from drawbridge.core.errors import BadInput
from drawbridge.core.secret import Secret
from drawbridge.exchanges.gate import dialect
from drawbridge.wire.dialect import Credential, sign, verify
from drawbridge.wire.http import WireRequest

SECRET = Secret("0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0")
STAMP = "1700000000"
CREDENTIAL = Credential("a1b2c3d4e5f60718293a4b5c6d7e8f90", dialect.signer(SECRET))
FOREIGN = (
    (b"key", b"theirs"),
    (b"sign", b"theirs"),
    (b"timestamp", b"1"),
    (b"x-gate-channel-id", b"ccxt"),
    (b"user-agent", b"bot"),
)


def test_old_authentication_goes_and_the_rest_stays() -> None:
    request = WireRequest("GET", b"/api/v4/spot/accounts", b"", FOREIGN)
    signed = sign(dialect, request, CREDENTIAL, STAMP)
    names = [name for name, _ in signed.headers]
    assert sorted(names) == sorted(set(names))
    assert all(value != b"theirs" for _, value in signed.headers)
    assert signed.header(b"user-agent") == b"bot"
    assert signed.header(b"x-gate-channel-id") == b"ccxt"


def test_a_query_is_signed_as_it_is_meant_and_sent_as_it_was() -> None:
    request = WireRequest("GET", b"/api/v4/wallet/deposits", b"note=a%20b%2Cc")
    signed = sign(dialect, request, CREDENTIAL, STAMP)
    assert signed.query == b"note=a%20b%2Cc"
    assert dialect.payload(signed).split(b"\n")[2] == b"note=a b,c"
    verify(dialect, signed, dialect.claim(signed), dialect.verifier(SECRET))


def test_a_fraction_of_a_second_is_signed_and_judged_by_its_seconds() -> None:
    request = WireRequest("GET", b"/api/v4/spot/accounts")
    signed = sign(dialect, request, CREDENTIAL, "1700000000.123")
    assert dialect.claim(signed).stamp == STAMP
    assert dialect.payload(signed).endswith(b"\n1700000000.123")


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(BadInput):
        dialect.signer(Secret(""))
