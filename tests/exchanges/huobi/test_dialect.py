"""HTX's dialect beyond the contract: hosts, foreign authentication, an official client's test."""

import pytest

from drawbridge.catalogue.registry import get_card
from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.exchanges.huobi import dialect
from drawbridge.wire.dialect import Credential, sign, verify
from drawbridge.wire.http import WireRequest

SECRET = Secret("11111111-22222222-33333333-44444")
STAMP = "1700000000"
CREDENTIAL = Credential("drawbri-dge00000-htxtest0-00001", dialect.signer(SECRET))


def test_our_own_requests_are_signed_for_the_first_host_of_the_card() -> None:
    told = dialect.payload(WireRequest("GET", b"/v1/account/accounts"))
    assert told.split(b"\n")[1].decode() == get_card("huobi").hosts[0]
    assert tuple(host.decode() for host in dialect.HOSTS) == get_card("huobi").hosts


def test_the_unit_test_of_an_official_client_is_signed_alike() -> None:
    """huobi-sdk 2.3.3, its own test of its signature; its stamp is no moment."""
    query = b"AccessKeyId=123&SignatureMethod=HmacSHA256&SignatureVersion=2&Timestamp=123"
    request = WireRequest("GET", b"/url", query, ((b"host", b"host"),))
    signature = dialect.signer(Secret("456")).sign(dialect.payload(request))
    assert signature == b"Hhiaq8xYQPiBZOyWV37MdQutLo4f0ZOHiJtG3p+nILc="


def test_old_authentication_goes_and_the_rest_stays() -> None:
    old = b"AccessKeyId=theirs&Signature=theirs&SignatureMethod=x&SignatureVersion=1&Timestamp=1"
    request = WireRequest("GET", b"/v1/order/openOrders", old + b"&symbol=btcusdt&size=5")
    signed = sign(dialect, request, CREDENTIAL, STAMP)
    assert b"theirs" not in signed.query
    assert b"&symbol=btcusdt&size=5&Signature=" in signed.query
    verify(dialect, signed, dialect.claim(signed), dialect.verifier(SECRET))


def test_names_are_sorted_by_themselves_and_not_with_what_follows() -> None:
    told = dialect.payload(WireRequest("GET", b"/x", b"a-b=1&a=2&a.c=3"))
    assert told.split(b"\n")[3] == b"a=2&a-b=1&a.c=3"


def test_a_payload_of_another_form_is_never_right() -> None:
    with pytest.raises(NotProven):
        dialect.verifier(SECRET).verify(b"one line", dialect.signer(SECRET).sign(b"one line"))


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(BadInput):
        dialect.signer(Secret(""))
