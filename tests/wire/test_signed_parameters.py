"""Signed parameters: which requests a key alone is enough for, and how those travel.

What holds for all others is proven with the vectors of the exchanges that sign so.
"""

import pytest

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.wire.dialect import Credential, sign
from drawbridge.wire.http import WireRequest
from drawbridge.wire.signed_parameters import SignedParameters, signer

DIALECT = SignedParameters(b"x-key", frozenset({b"/token"}))
CREDENTIAL = Credential("mine", signer(Secret("secret")))
STAMP = "1700000000000"


def test_a_key_alone_is_refused_where_a_signature_is_wanted() -> None:
    with pytest.raises(BadInput, match="missing_parameter"):
        DIALECT.claim(WireRequest("GET", b"/orders", b"", ((b"x-key", b"mine"),)))


def test_no_key_is_refused_also_where_a_key_is_enough() -> None:
    with pytest.raises(NotProven, match="bad_key_format"):
        DIALECT.claim(WireRequest("POST", b"/token"))


def test_a_request_for_which_a_key_is_enough_carries_neither_stamp_nor_signature() -> None:
    foreign = WireRequest("POST", b"/token", b"", ((b"x-key", b"other"),), b"a=1&signature=x")
    signed = sign(DIALECT, foreign, CREDENTIAL, STAMP)
    assert signed == WireRequest("POST", b"/token", b"", ((b"x-key", b"mine"),), b"a=1")
    claim = DIALECT.claim(signed)
    assert (claim.key, claim.stamp, claim.signature) == ("mine", "", b"")


def test_elsewhere_stamp_and_signature_travel_with_the_parameters() -> None:
    signed = sign(DIALECT, WireRequest("GET", b"/orders"), CREDENTIAL, STAMP)
    assert signed.query.startswith(b"timestamp=1700000000000&signature=")
