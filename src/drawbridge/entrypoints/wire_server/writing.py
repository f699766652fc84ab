"""Answers as the bytes that travel. Pure."""

from http import HTTPStatus
from typing import Final

from drawbridge.core.errors import Corrupted
from drawbridge.wire.http import WireAnswer

GO_ON: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode("ascii")
    for status in HTTPStatus
}
# Where one answer ends and the next begins is ours to say, and so is what becomes of the line.
_OURS: Final = frozenset({b"content-length", b"transfer-encoding", b"connection", b"keep-alive"})
_BODILESS: Final = frozenset({204, 304})


def written(answer: WireAnswer, *, keeps: bool) -> bytes:
    """Write an answer; one that does not keep the connection says so.

    Raises: `Corrupted("unsafe_request")` for a header that would end early.
    """
    status, body = answer.status, answer.body
    lines = [b"%b: %b\r\n" % pair for pair in answer.headers if pair[0] not in _OURS]
    block, count = b"".join(lines), len(lines)
    if block.count(b"\n") != count or block.count(b"\r") != count:
        raise Corrupted("unsafe_request")
    line = _STATUS_LINES.get(status) or b"HTTP/1.1 %d Told\r\n" % status
    if not keeps:
        block += b"connection: close\r\n"
    if status in _BODILESS:
        return b"%b%b\r\n" % (line, block)
    return b"%b%bcontent-length: %d\r\n\r\n%b" % (line, block, len(body), body)


def refusal(status: int) -> WireAnswer:
    """Say that what came is no request; there is no exchange yet in whose words to say it."""
    phrase = HTTPStatus(status).phrase
    return WireAnswer(status, f"{phrase}\n".encode(), ((b"content-type", b"text/plain"),))
