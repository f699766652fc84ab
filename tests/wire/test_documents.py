"""JSON keeps every digit, and whatever is strange about it is refused by name."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput, NotFound, OutcomeUnknown
from drawbridge.wire.documents import (
    decimal_of,
    flag_of,
    int_of,
    list_of,
    object_of,
    parse_document,
    parse_object,
    reading,
    text_of,
    write_document,
)


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b'{"a":1e999999}', b"[" * 2_000, b"\xff\xfe"])
def test_what_is_no_document_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput):
        parse_document(body)


def test_a_list_is_no_object() -> None:
    with pytest.raises(BadInput, match="malformed"):
        parse_object(b"[]")


def test_every_digit_of_a_fraction_is_kept() -> None:
    read = parse_document(b'{"price":0.12345678901234567890,"count":3}')
    assert read == {"price": Decimal("0.12345678901234567890"), "count": 3}
    assert isinstance(read["count"], int)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=0, max_value=10**9))
def test_an_amount_written_and_read_is_the_same(amount: Decimal) -> None:
    assert decimal_of(parse_object(write_document({"amount": amount}))["amount"]) == amount


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (text_of, 1),
        (decimal_of, True),
        (decimal_of, None),
        (decimal_of, "x"),
        (int_of, "1.5"),
        (int_of, True),
        (int_of, "٣"),
        (flag_of, "yes"),
        (list_of, {}),
        (object_of, []),
    ],
)
def test_a_value_of_another_kind_is_refused(read: object, value: object) -> None:
    assert callable(read)
    with pytest.raises(BadInput):
        read(value)


def test_whatever_is_strange_in_an_answer_leaves_the_outcome_unknown() -> None:
    for strange in (KeyError("a"), TypeError(), ValueError(), NotFound("unknown_symbol")):
        with pytest.raises(OutcomeUnknown, match="unreadable_answer"), reading():
            raise strange
    with pytest.raises(NotFound, match="unknown_order"), reading():
        raise NotFound("unknown_order")
