"""Our prepared HMAC against the standard library's, for keys shorter and longer than a block."""

import base64
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.wire.algorithms import Hmac, hexadecimal


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@given(key=st.binary(max_size=300), payload=st.binary(max_size=300))
def test_it_is_the_standard_librarys_hmac(digest: str, key: bytes, payload: bytes) -> None:
    expected = hmac.digest(key, payload, digest)
    prepared = Hmac(key, digest, hexadecimal)
    assert prepared.sign(payload) == expected.hex().encode()
    # What was prepared is copied, never used up.
    assert prepared.sign(payload) == expected.hex().encode()
    assert Hmac(key, digest, base64.b64encode).sign(payload) == base64.b64encode(expected)
