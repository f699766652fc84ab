"""What is taken as a request and what is refused: one way to read each, or none."""

from contextlib import suppress

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.entrypoints.wire_server.reading import (
    MOST_BODY_BYTES,
    MOST_HEAD_BYTES,
    MOST_WAITING,
    Reader,
    Unreadable,
)
from drawbridge.wire.http import WireRequest

PLAIN = b"POST /a/b?x=%20&&y HTTP/1.1\r\nHost: h:1\r\nX-Key: v\r\nContent-Length: 3\r\n\r\nabc"
CHUNKED = b"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
H = b"Host: h\r\n"


def feed(*pieces: bytes) -> Reader:
    reader = Reader()
    for piece in pieces:
        reader.feed(memoryview(piece))
    return reader


def head(*lines: bytes, first: bytes = b"GET /x HTTP/1.1") -> bytes:
    return b"\r\n".join([first, *lines]) + b"\r\n\r\n"


REFUSED = {
    "bare line feeds": (400, b"GET /x HTTP/1.1\nHost: h\n\n"),
    "one bare line feed": (400, b"GET /x HTTP/1.1\r\nHost: h\nA: b\r\n\r\n"),
    "a folded header": (400, head(b"Host: h", b" and more")),
    "a blank before the colon": (400, head(b"Host : h")),
    "a header without a name": (400, head(b"Host: h", b": v")),
    "a header without a colon": (400, head(b"Host: h", b"nothing")),
    "a zero byte in a header": (400, head(b"Host: h", b"A: b\x00c")),
    "a control character in a header": (400, head(b"Host: h", b"A: b\x0bc")),
    "no host": (400, head(b"A: b")),
    "two hosts": (400, head(b"Host: h", b"Host: h")),
    "two hosts in another case": (400, head(b"Host: h", b"hOST: evil")),
    "a host with a trailing dot": (400, head(b"Host: h.")),
    "a host with a path": (400, head(b"Host: h/../x")),
    "a host with a name and an at": (400, head(b"Host: u@evil")),
    "an empty host": (400, head(b"Host:")),
    "a header that stands twice": (400, head(b"Host: h", b"X-Key: 1", b"x-key: 2")),
    "an absolute address": (400, head(b"Host: h", first=b"GET http://evil/x HTTP/1.1")),
    "an address of a host": (400, head(b"Host: h", first=b"CONNECT evil:443 HTTP/1.1")),
    "the address of everything": (400, head(b"Host: h", first=b"OPTIONS * HTTP/1.1")),
    "a fragment": (400, head(b"Host: h", first=b"GET /x#y HTTP/1.1")),
    "a byte that is no character": (400, head(b"Host: h", first=b"GET /\xff HTTP/1.1")),
    "a blank in the address": (400, head(b"Host: h", first=b"GET /x y HTTP/1.1")),
    "a method in small letters": (400, head(b"Host: h", first=b"get /x HTTP/1.1")),
    "a method nobody knows": (400, head(b"Host: h", first=b"STEAL /x HTTP/1.1")),
    "a method that we do not take": (405, head(b"Host: h", first=b"HEAD /x HTTP/1.1")),
    "tracing": (405, head(b"Host: h", first=b"TRACE /x HTTP/1.1")),
    "an old version": (505, head(b"Host: h", first=b"GET /x HTTP/0.9")),
    "a new version": (505, head(b"Host: h", first=b"GET /x HTTP/2.0")),
    "both lengths": (
        400,
        head(b"Host: h", b"Content-Length: 3", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    ),
    "both lengths the other way round": (
        400,
        head(b"Host: h", b"Transfer-Encoding: chunked", b"Content-Length: 3") + b"0\r\n\r\n",
    ),
    "two content lengths": (400, head(b"Host: h", b"Content-Length: 3", b"Content-Length: 4")),
    "a list of lengths": (400, head(b"Host: h", b"Content-Length: 3, 3") + b"abc"),
    "a length with a sign": (400, head(b"Host: h", b"Content-Length: +3") + b"abc"),
    "a length in hexadecimal": (400, head(b"Host: h", b"Content-Length: 0x3") + b"abc"),
    "a length with a zero before it": (400, head(b"Host: h", b"Content-Length: 03") + b"abc"),
    "a length below zero": (400, head(b"Host: h", b"Content-Length: -1")),
    "an endless length": (400, head(b"Host: h", b"Content-Length: " + b"9" * 30)),
    "a length beyond the bound": (
        413,
        head(b"Host: h", b"Content-Length: %d" % (MOST_BODY_BYTES + 1)),
    ),
    "an encoding nobody asked for": (400, head(b"Host: h", b"Transfer-Encoding: xchunked")),
    "an encoding before the chunks": (
        501,
        head(b"Host: h", b"Transfer-Encoding: chunked", b"Content-Encoding: gzip"),
    ),
    "a trailer": (400, CHUNKED + b"1\r\na\r\n0\r\nX-Key: evil\r\n\r\n"),
    "an announced trailer": (501, head(b"Host: h", b"Trailer: x-key")),
    "a chunk size with a sign": (400, CHUNKED + b"+1\r\na\r\n0\r\n\r\n"),
    "a chunk size beyond numbers": (400, CHUNKED + b"fffffffffffffffff\r\n"),
    "a chunk that is longer than it says": (400, CHUNKED + b"1\r\nab\r\n0\r\n\r\n"),
    "a chunk line without its return": (400, CHUNKED + b"1\na\r\n0\r\n\r\n"),
    "an upgrade": (501, head(b"Host: h", b"Connection: upgrade", b"Upgrade: websocket")),
    "an expectation": (417, head(b"Host: h", b"Expect: 200-ok")),
    "a long head": (431, b"GET /" + b"x" * (MOST_HEAD_BYTES + 1)),
    "a long head in one piece": (431, head(b"Host: h", b"A: " + b"x" * MOST_HEAD_BYTES)),
    "too many headers": (431, head(b"Host: h", *(b"a%d: b" % n for n in range(65)))),
    "too many at once": (400, head(b"Host: h") * (MOST_WAITING + 1)),
    "something else altogether": (400, b"\x16\x03\x01\x02\x00\x01\x00"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_could_be_read_in_two_ways_is_refused(name: str) -> None:
    """Scenario 82."""
    status, raw = REFUSED[name]
    with pytest.raises(Unreadable) as refused:
        feed(raw)
    assert refused.value.status == status


def test_a_long_body_in_chunks_is_refused_while_it_comes() -> None:
    reader = feed(CHUNKED)
    piece = b"10000\r\n" + b"a" * 65_536 + b"\r\n"
    for _ in range(MOST_BODY_BYTES // 65_536):
        reader.feed(memoryview(piece))
    with pytest.raises(Unreadable, match="body_too_long"):
        reader.feed(memoryview(piece))


def test_a_request_keeps_every_byte_that_was_signed() -> None:
    [received] = feed(PLAIN).received
    headers = ((b"host", b"h:1"), (b"x-key", b"v"))
    assert received.request == WireRequest("POST", b"/a/b", b"x=%20&&y", headers, b"abc")
    assert received.keeps


@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_request_in_pieces_is_the_same_request(size: int) -> None:
    pieces = [PLAIN[at : at + size] for at in range(0, len(PLAIN), size)]
    assert feed(*pieces).received == feed(PLAIN).received


def test_requests_that_come_together_are_given_in_their_order() -> None:
    raw = b"".join(head(b"Host: h", first=b"GET /%d HTTP/1.1" % n) for n in range(5))
    assert [it.request.path for it in feed(raw).received] == [b"/%d" % n for n in range(5)]


def test_chunks_become_one_body() -> None:
    [received] = feed(CHUNKED + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").received
    assert received.request.body == b"abcde"


@pytest.mark.parametrize(
    ("first", "line", "keeps"),
    [
        (b"GET /x HTTP/1.1", b"Connection: keep-alive", True),
        (b"GET /x HTTP/1.1", b"Connection: close", False),
        (b"GET /x HTTP/1.0", b"A: b", False),
        (b"GET /x HTTP/1.0", b"Connection: keep-alive", True),
    ],
)
def test_a_connection_is_kept_as_its_version_says(first: bytes, line: bytes, keeps: bool) -> None:  # noqa: FBT001  a column of the table
    assert feed(head(b"Host: h", line, first=first)).received[0].keeps is keeps


def test_who_waits_for_leave_to_send_is_seen() -> None:
    reader = feed(head(b"Host: h", b"Expect: 100-continue", b"Content-Length: 3"))
    assert reader.wants_to_go_on
    reader.feed(memoryview(b"abc"))
    assert reader.received[0].request.body == b"abc"


_FIRST = st.sampled_from(
    [
        *(b"GET /x HTTP/1.1", b"POST /x?y HTTP/1.1", b"GET /x HTTP/1.0", b"GET /x"),
        *(b"GET  /x HTTP/1.1", b"GET /x HTTP/1.1 ", b" GET /x HTTP/1.1", b"GET\t/x HTTP/1.1"),
        b"\r\nGET /x HTTP/1.1",
    ]
)
_LINE = st.sampled_from(
    [
        *(b"Content-Length: 3", b"content-length:3", b"Content-Length: 0", b"Content-Length: 3 "),
        *(b"Transfer-Encoding: chunked", b"transfer-encoding : chunked", b"A: b", b"A:", b" A: b"),
        *(b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: identity"),
        b"Connection: close",
    ]
)
_END = st.sampled_from([*[b"\r\n"] * 12, b"\n", b"\r", b"\r\n ", b"\r\r\n"])
_HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n"
_BODY = st.sampled_from(
    [
        *(b"", b"abc", b"abc" + _HIDDEN, b"0\r\n\r\n" + _HIDDEN, b"3\nabc\n0\n\n"),
        *(b"3\r\nabc\r\n0\r\n\r\n", b"3;a\r\nabc\r\n0\r\n\r\n"),
        b"03\r\nabc\r\n0\r\nA: b\r\n\r\n",
    ]
)


@st.composite
def nearly_requests(draw: st.DrawFn) -> bytes:
    """Draw what is a request but for a little."""
    lines = [draw(_FIRST), b"Host: h", *draw(st.lists(_LINE, max_size=3))]
    return b"".join(line + draw(_END) for line in lines) + draw(_END) + draw(_BODY)


@given(nearly_requests(), st.integers(1, 90))
def test_whatever_comes_is_read_as_another_parser_reads_it_or_refused(raw: bytes, at: int) -> None:
    """A parser of other people is the referee: where it sees one request, we see no other."""
    reader = Reader()
    try:
        for piece in (raw[:at], raw[at:]):
            reader.feed(memoryview(piece))
    except Unreadable:
        return
    ours = [
        (it.request.method.encode(), it.request.target, it.request.body) for it in reader.received
    ]
    assert _refereed(raw)[: len(ours)] == ours


@given(st.binary(max_size=300))
def test_nothing_that_comes_breaks_the_reader(raw: bytes) -> None:
    with suppress(Unreadable):
        feed(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n" + raw)


def _refereed(raw: bytes) -> list[tuple[bytes, bytes, bytes]]:
    found: list[tuple[bytes, bytes, bytes]] = []
    # An empty line before a request is nothing, and two blanks before the address are one: h11
    # alone refuses them.
    while raw := raw.lstrip(b"\r\n").replace(b"GET  /", b"GET /", 1):
        one = _first(raw)
        if one is None:
            return found
        found.append(one[0])
        raw = one[1]
    return found


def _first(raw: bytes) -> tuple[tuple[bytes, bytes, bytes], bytes] | None:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(raw)
    request, body = None, b""
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError:
            return None
        if isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage) and request is not None:
            return (request.method, request.target, body), connection.trailing_data[0]
        else:
            return None
