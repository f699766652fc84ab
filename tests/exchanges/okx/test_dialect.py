"""OKX's dialect beyond the contract: the time in words, and other people's headers."""

import pytest

from drawbridge.core.errors import BadInput
from drawbridge.core.secret import Secret
from drawbridge.exchanges.okx import dialect
from drawbridge.wire.dialect import Credential, sign, verify
from drawbridge.wire.http import WireRequest

SECRET = Secret("A1B2C3D4E5F60718293A4B5C6D7E8F90")
CREDENTIAL = Credential("4b1f0a52", dialect.signer(SECRET), Secret("Dr4wbridge!"))


def test_old_authentication_goes_and_the_rest_stays() -> None:
    foreign = (
        (b"ok-access-key", b"theirs"),
        (b"ok-access-sign", b"theirs"),
        (b"ok-access-passphrase", b"theirs"),
        (b"ok-access-timestamp", b"theirs"),
        (b"x-simulated-trading", b"0"),
        (b"user-agent", b"bot"),
    )
    request = WireRequest("GET", b"/api/v5/account/config", b"", foreign)
    signed = sign(dialect, request, CREDENTIAL, "1700000000123")
    names = [name for name, _ in signed.headers]
    assert sorted(names) == sorted(set(names))
    assert all(value != b"theirs" for _, value in signed.headers)
    assert signed.header(b"user-agent") == b"bot"
    told = dialect.claim(signed)
    assert (told.stamp, told.passphrase) == ("1700000000123", "Dr4wbridge!")
    verify(dialect, signed, told, dialect.verifier(SECRET))


@pytest.mark.parametrize(
    ("stamp", "words"),
    [
        ("0", "1970-01-01T00:00:00.000Z"),
        ("1700000000123", "2023-11-14T22:13:20.123Z"),
        ("1709164800007", "2024-02-29T00:00:00.007Z"),
    ],
)
def test_milliseconds_are_written_as_time_in_words(stamp: str, words: str) -> None:
    assert dialect.write_iso(stamp) == words


@pytest.mark.parametrize("stamp", ["", "-1", "1e3", "٣", "9" * 20])
def test_a_stamp_that_is_no_time_is_refused(stamp: str) -> None:
    with pytest.raises(BadInput, match="bad_stamp"):
        dialect.write_iso(stamp)


def test_a_key_without_passphrase_does_not_sign() -> None:
    with pytest.raises(BadInput) as refused:
        sign(dialect, WireRequest("GET", b"/x"), Credential("k", dialect.signer(SECRET)), "1")
    assert refused.value.facts["field"] == "passphrase"


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(BadInput):
        dialect.signer(Secret(""))
