"""Reading single parameters leaves every other byte alone (scenario 82)."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.wire.text import drop_parameters, find_parameter, joined, parameters

PIECES = st.lists(
    st.tuples(st.text("abcdefgh", min_size=1, max_size=4), st.text("xyz0189%._ []{}", max_size=6)),
    max_size=6,
)


def test_a_parameter_that_stands_twice_is_refused() -> None:
    with pytest.raises(BadInput, match="duplicate_parameter"):
        parameters(b"a=1&b=2&a=3")


def test_a_name_written_in_two_ways_still_stands_twice() -> None:
    with pytest.raises(BadInput, match="duplicate_parameter"):
        parameters(b"symbol=1&s%79mbol=2")


def test_too_many_parameters_are_refused_before_they_are_read() -> None:
    with pytest.raises(BadInput, match="too_many_parameters"):
        parameters(b"&".join(b"a%d=1" % n for n in range(1_000)))


@given(PIECES)
def test_dropping_takes_out_only_what_is_named(pieces: list[tuple[str, str]]) -> None:
    raw = "&".join(f"{name}={value}" for name, value in pieces).encode()
    kept = "&".join(f"{name}={value}" for name, value in pieces if name != "a").encode()
    assert drop_parameters(raw, frozenset({b"a"})) == kept


@given(st.binary(max_size=200))
def test_garbage_is_read_or_refused_but_never_crashes(raw: bytes) -> None:
    with contextlib.suppress(BadInput):
        parameters(raw)


def test_a_value_is_found_as_it_stands() -> None:
    assert find_parameter(b"a=1&signature=%2Fx%3D", b"signature") == b"%2Fx%3D"
    assert find_parameter(b"xsignature=1", b"signature") is None
    assert joined(b"a=1", b"", b"b=2") == b"a=1&b=2"
