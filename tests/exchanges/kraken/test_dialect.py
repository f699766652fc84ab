"""Kraken's dialect beyond the contract: nonces in strange places, and nothing else touched."""

import pytest

from drawbridge.core.errors import BadInput
from drawbridge.core.secret import Secret
from drawbridge.exchanges.kraken import dialect
from drawbridge.wire.dialect import Credential, sign, verify
from drawbridge.wire.http import WireRequest

SECRET = Secret(
    "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
)
CREDENTIAL = Credential("key", dialect.signer(SECRET))


def _signed(body: str) -> WireRequest:
    headers = ((b"api-key", b"theirs"), (b"api-sign", b"theirs"), (b"user-agent", b"bot"))
    request = WireRequest("POST", b"/0/private/AddOrder", b"", headers, body.encode())
    return sign(dialect, request, CREDENTIAL, "99")


@pytest.mark.parametrize(
    ("sent", "signed"),
    [
        ("", "nonce=99"),
        ("a=1", "nonce=99&a=1"),
        ("nonce=5&a=1", "nonce=99&a=1"),
        ("a=1&nonce=5", "a=1&nonce=99"),
        ("a=1&nonce=5&b=2", "a=1&nonce=99&b=2"),
        ("nonce=", "nonce=99"),
        ("xnonce=5", "nonce=99&xnonce=5"),
        ("close[price]=1&nonce=5&b=%2B60", "close[price]=1&nonce=99&b=%2B60"),
        ("nonce=5&otp=123456&a=1", "nonce=99&a=1"),
        ("{}", '{"nonce":"99"}'),
        ('{"a":1}', '{"nonce":"99","a":1}'),
        ('{ "a": 1, "nonce": "5" }', '{ "a": 1, "nonce": "99" }'),
        ('{"nonce":5,"a":[1, 2]}', '{"nonce":99,"a":[1, 2]}'),
        ('{"a":"\\"nonce\\":1","nonce":"5"}', '{"a":"\\"nonce\\":1","nonce":"99"}'),
    ],
)
def test_the_nonce_is_written_where_it_stood_and_nothing_else_changes(
    sent: str, signed: str
) -> None:
    request = _signed(sent)
    assert request.body.decode() == signed
    assert request.header(b"user-agent") == b"bot"
    assert [name for name, _ in request.headers].count(b"api-key") == 1
    assert [name for name, _ in request.headers].count(b"api-sign") == 1
    claim = dialect.claim(request)
    assert (claim.key, claim.stamp) == ("key", "99")
    verify(dialect, request, claim, dialect.verifier(SECRET))


@pytest.mark.parametrize(
    "body",
    [
        "nonce=1&a=2&nonce=3",
        '{"nonce":1,"nonce":2}',
        '{"nonce":true}',
        '{"nonce":[1]}',
        '{"order":{"nonce":1}}',
        '{"nonce"',
    ],
)
def test_a_nonce_that_is_not_clear_is_refused(body: str) -> None:
    with pytest.raises(BadInput):
        _signed(body)


@pytest.mark.parametrize("secret", ["", "not base64!", "abc", "é"])
def test_a_secret_that_is_no_base64_is_refused_and_not_quoted(secret: str) -> None:
    with pytest.raises(BadInput) as refused:
        dialect.signer(Secret(secret))
    assert not secret or secret not in str(refused.value)
