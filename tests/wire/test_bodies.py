"""What may stand around a bot's words."""

import pytest

from drawbridge.core.errors import BadInput
from drawbridge.wire.bodies import refuse_beside
from drawbridge.wire.http import WireRequest


def _asked(query: bytes, body: bytes) -> WireRequest:
    return WireRequest("POST", b"/order", query, (), body)


@pytest.mark.parametrize(
    ("query", "read", "code"),
    [
        (b"leverage=5", frozenset[bytes](), "malformed"),
        (b"Signature=x&leverage=5", frozenset({b"Signature"}), "malformed"),
        (b"quantity=100", None, "duplicate_parameter"),
        (b"%71uantity=100", None, "duplicate_parameter"),
    ],
)
def test_what_stands_beside_a_body_and_is_not_read_there_is_refused(
    query: bytes, read: frozenset[bytes] | None, code: str
) -> None:
    with pytest.raises(BadInput) as caught:
        refuse_beside(_asked(query, b"quantity=1&price=2"), read)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("query", "body", "read"),
    [
        (b"", b"quantity=1", frozenset[bytes]()),
        (b"quantity=1", b"", frozenset[bytes]()),
        (b"Signature=x", b'{"quantity": 1}', frozenset({b"Signature"})),
        (b"signature=x", b"quantity=1", None),
    ],
)
def test_what_is_read_may_stand_where_it_is_read(
    query: bytes, body: bytes, read: frozenset[bytes] | None
) -> None:
    refuse_beside(_asked(query, body), read)
