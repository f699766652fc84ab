"""What fronts and workers say to each other comes out as it went in, and garbage as nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.entrypoints.edge.messages import (
    HEAD_BYTES,
    Cutter,
    Kind,
    Malformed,
    Message,
    Relayed,
    decode_answer,
    decode_number,
    decode_parts,
    decode_relayed,
    encode_answer,
    encode_number,
    encode_parts,
    encode_relayed,
    written,
)
from drawbridge.wire.http import WireAnswer, WireRequest

ANY = st.binary(max_size=64)
ASCII = st.text(st.characters(codec="ascii"), max_size=20)
HEADERS = st.lists(st.tuples(ANY, ANY), max_size=40).map(tuple)
REQUESTS = st.builds(WireRequest, ASCII, ANY, ANY, HEADERS, ANY)
RELAYED = st.builds(Relayed, ANY, ANY, st.booleans(), ASCII, REQUESTS, ANY)
ANSWERS = st.builds(WireAnswer, st.integers(100, 599), ANY, HEADERS)
MESSAGES = st.builds(Message, st.sampled_from(Kind), st.integers(0, 2**32 - 1), ANY)
MOST = 1_000


@pytest.mark.parametrize(
    "body",
    [
        b"\x00",
        b"\x00\x00\x00\x09short",
        b"\xff\xff\xff\xff",
        encode_parts([b"too", b"few"]),
        encode_parts([b"x"] * 9 + [b"a header without a value"]),
        encode_parts([b""] * 300),
        encode_parts([b"", b"", b"", b"\xff", b"GET", b"/", b"", b"", b""]),
    ],
)
def test_a_body_that_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        decode_relayed(body)


def test_an_answer_without_a_status_is_refused() -> None:
    with pytest.raises(Malformed):
        decode_answer(encode_parts([b"yes", b""]))


@pytest.mark.parametrize("body", [b"", b"\x00", b"\x00\x00\x00"])
def test_a_number_of_another_length_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        decode_number(body)


def test_a_message_that_is_too_long_is_refused_before_it_is_read() -> None:
    told = written(Message(Kind.REQUEST, 1, b"x" * (MOST + 1)))
    with pytest.raises(Malformed):
        list(Cutter(MOST).feed(told[:HEAD_BYTES]))


def test_a_kind_that_nobody_knows_is_refused() -> None:
    told = bytearray(written(Message(Kind.REQUEST)))
    told[4] = 255
    with pytest.raises(Malformed):
        list(Cutter(MOST).feed(bytes(told)))


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    for read in (decode_relayed, decode_answer, lambda it: decode_parts(it, 2)):
        try:
            read(data)
        except Malformed:
            continue


@given(RELAYED)
def test_a_request_comes_out_as_it_went_in(relayed: Relayed) -> None:
    assert decode_relayed(encode_relayed(relayed)) == relayed


@given(ANSWERS)
def test_an_answer_comes_out_as_it_went_in(answer: WireAnswer) -> None:
    assert decode_answer(encode_answer(answer)) == answer


@given(st.integers(0, 2**16 - 1))
def test_a_number_comes_out_as_it_went_in(number: int) -> None:
    assert decode_number(encode_number(number)) == number


@given(st.lists(MESSAGES, max_size=6), st.integers(1, 40))
def test_messages_are_cut_the_same_however_they_arrive(told: list[Message], step: int) -> None:
    data = b"".join(map(written, told))
    cutter = Cutter(MOST)
    pieces = [data[at : at + step] for at in range(0, len(data), step)]
    assert [it for piece in pieces for it in cutter.feed(piece)] == told
