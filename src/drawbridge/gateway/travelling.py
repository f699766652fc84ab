"""Requests as the bytes that leave, and what no answer may be. Pure.

Nothing here knows of connections; see `egress.py`.
"""

import re
from typing import Final

from drawbridge.core.errors import BadInput, OutcomeUnknown
from drawbridge.wire.http import WireAnswer, WireRequest

_REDIRECTS: Final = range(300, 400)

# A blank or control character in a target would let a value end the request line early.
_UNSAFE_TARGET = re.compile(rb"[\x00-\x20\x7f-\xff]")
# Who these are for and how long the body is: the sender alone decides, or a value could
# smuggle a second request.
_OURS = frozenset({b"host", b"content-length", b"transfer-encoding", b"connection"})

# Ours to say, about one connection and not about the answer; or for browsers, which we are none.
_NOT_PASSED_BACK: Final = frozenset(
    {
        *(b"connection", b"content-length", b"keep-alive", b"set-cookie", b"transfer-encoding"),
        *(b"alt-svc", b"proxy-authenticate", b"strict-transport-security", b"trailer", b"upgrade"),
    }
)


def written(prefix: bytes, base_path: bytes, request: WireRequest) -> bytes:
    """Write a request as it travels. Raises: `BadInput("unsafe_request")`."""
    target = base_path + request.target
    if _UNSAFE_TARGET.search(target):
        raise BadInput("unsafe_request", field="path")
    body, headers = request.body, request.headers
    if not _OURS.isdisjoint(dict(headers)):
        raise BadInput("unsafe_request", field="headers")
    block, count = b"".join([b"%b: %b\r\n" % pair for pair in headers]), len(headers)
    # A line end inside a value would write a header of its own.
    if block.count(b"\n") != count or block.count(b"\r") != count:
        raise BadInput("unsafe_request", field="headers")
    if body or request.method != "GET":
        block += b"content-length: %d\r\n" % len(body)
    return b"%b %b%b%b\r\n%b" % (request.method.encode("ascii"), target, prefix, block, body)


def checked(answer: WireAnswer) -> WireAnswer:
    """Refuse what we never follow or unpack; the request was written, so its outcome is open."""
    if answer.status in _REDIRECTS:
        raise OutcomeUnknown("redirected", status=answer.status)
    if (answer.header(b"content-encoding") or b"identity") != b"identity":
        raise OutcomeUnknown("answer_malformed")
    return answer


def passed_back(answer: WireAnswer) -> WireAnswer:
    """Give an answer as it goes on to who asked: without what was about our own connection."""
    kept = tuple([pair for pair in answer.headers if pair[0] not in _NOT_PASSED_BACK])
    return WireAnswer(answer.status, answer.body, kept)
