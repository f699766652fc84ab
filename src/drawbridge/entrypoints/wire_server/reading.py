"""What comes over a connection, cut into requests by httptools, and what we refuse beyond it.

A request that two readers could read in two ways is refused and its connection closed: what we
judge must be what the exchange would read. There is no I/O and no clock here; see
`connection.py`.
"""

import re
from collections import deque
from typing import Final

import httptools

from drawbridge.core.values import light_value
from drawbridge.entrypoints.wire_server.upgrading import find_accept
from drawbridge.wire.http import Headers, WireRequest

MOST_HEAD_BYTES: Final = 16 * 1_024
MOST_BODY_BYTES: Final = 1_024 * 1_024
# So many requests may wait on one connection for their turn.
MOST_WAITING: Final = 64
_MOST_HEADERS: Final = 64
# Path and query as they stand in the first line: no scheme and host before them, no fragment
# behind, nothing that is not a visible character.
_TARGET: Final = re.compile(rb"/[!\"$-~]*")
# A name without a dot at its end, or an address; nothing is ever looked up or routed by it.
_HOST: Final = re.compile(
    rb"(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?"
)
_LENGTH: Final = re.compile(rb"0|[1-9][0-9]{0,7}")
_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH"})
_VERSIONS: Final = frozenset({"1.0", "1.1"})
# These are between the sender and us, or would make the body another than what was signed.
_ABOUT_THE_HOP: Final = frozenset(
    {
        b"connection",
        b"content-length",
        b"expect",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"transfer-encoding",
    }
)
_NOT_TAKEN: Final = frozenset({b"content-encoding", b"trailer"})
_UPGRADE: Final = b"upgrade"


class Unreadable(Exception):
    """What came is no request that we take; it is told by a status, and the connection ends."""

    def __init__(self, status: int, code: str) -> None:
        """Keep the status of HTTP beside the reason for the log."""
        super().__init__(code)
        self.status = status
        self.code = code


@light_value
class Received:
    """A whole request; `keeps` tells whether its connection is for more than this one.

    `accept` is what a WebSocket is agreed to by, where one is asked for.
    """

    request: WireRequest
    keeps: bool
    accept: bytes = b""


class Reader:
    """One connection's bytes, request by request; the target of httptools' parser."""

    __slots__ = (
        "_accept",
        "_body",
        "_body_bytes",
        "_fields",
        "_head_bytes",
        "_in_head",
        "_parser",
        "_target",
        "has_begun",
        "received",
        "wants_to_go_on",
    )

    def __init__(self) -> None:
        """Begin with nothing; `received` are whole requests, oldest first."""
        self.received: deque[Received] = deque()
        self.has_begun = False
        self.wants_to_go_on = False
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._fields: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._in_head = True
        self._head_bytes = self._body_bytes = 0
        self._accept = b""

    def feed(self, data: memoryview) -> None:
        """Take what came. Raises: `Unreadable`, after which there is nothing more to read."""
        self._refuse_more(0, len(data))
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._refuse_more(upgrade.args[0], len(data))
            if not self.wants_socket:
                raise Unreadable(501, "upgrade_not_taken") from None
        except httptools.HttpParserCallbackError as error:
            # What a method below has raised comes wrapped.
            if isinstance(error.__context__, Unreadable):
                raise error.__context__ from None
            raise
        except httptools.HttpParserError:
            raise Unreadable(400, "malformed_request") from None
        if self._in_head and self.has_begun:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                raise Unreadable(431, "head_too_long")

    @property
    def wants_socket(self) -> bool:
        """Tell whether the last request asks for a WebSocket, after which no other can come."""
        return bool(self._accept)

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Begin the next request."""
        self.has_begun = True
        self._target = b""
        self._fields = []
        self._in_head = True
        self._head_bytes = 0

    def on_url(self, target: bytes) -> None:
        """Take a piece of the address."""
        self._target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, which must stand before the body."""
        if not self._in_head:
            raise Unreadable(400, "header_after_body")
        self._fields.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Judge the head."""
        self._in_head = False
        fields, version = self._fields, self._parser.get_http_version()
        headers = dict(fields)
        if len(headers) != len(fields):
            raise Unreadable(400, "header_twice")
        self._check_line(version)
        _check_size(fields, len(self._target))
        _check_host(headers.get(b"host"), is_needed=version == "1.1")
        _check_body(headers)
        if _UPGRADE in headers:
            self._check_upgrade(headers)
        if b"expect" in headers:
            if headers[b"expect"].lower() != b"100-continue":
                raise Unreadable(417, "expectation_not_met")
            self.wants_to_go_on = version == "1.1"

    def on_body(self, data: bytes) -> None:
        """Take a piece of the body."""
        self._body_bytes += len(data)
        if self._body_bytes > MOST_BODY_BYTES:
            raise Unreadable(413, "body_too_long")
        self._body.append(data)

    def on_message_complete(self) -> None:
        """Put the request among those received."""
        if len(self.received) >= MOST_WAITING:
            raise Unreadable(400, "too_many_at_once")
        path, _, query = self._target.partition(b"?")
        kept: Headers = tuple([pair for pair in self._fields if pair[0] not in _ABOUT_THE_HOP])
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        method = self._parser.get_method().decode("ascii")
        request = WireRequest(method, path, query, kept, body)
        keeps = self._parser.should_keep_alive()
        self.received.append(Received(request, keeps, self._accept))
        self._body = []
        self._body_bytes = 0
        self.has_begun = self.wants_to_go_on = False

    def _check_line(self, version: str) -> None:
        if not _TARGET.fullmatch(self._target):
            raise Unreadable(400, "bad_target")
        if self._parser.get_method().decode("ascii") not in _METHODS:
            raise Unreadable(405, "method_not_taken")
        if version not in _VERSIONS:
            raise Unreadable(505, "version_not_taken")

    def _refuse_more(self, read: int, came: int) -> None:
        # Frames before anybody agreed to a socket: who sends them hopes for two readers.
        if self.wants_socket and read != came:
            raise Unreadable(400, "too_early")

    def _check_upgrade(self, headers: dict[bytes, bytes]) -> None:
        is_get = self._parser.get_method() == b"GET"
        if is_get and self._parser.get_http_version() == "1.1":
            self._accept = find_accept(headers)
        if not self._accept:
            raise Unreadable(501, "upgrade_not_taken")


def _check_size(fields: list[tuple[bytes, bytes]], target_bytes: int) -> None:
    size = target_bytes + sum([len(name) + len(value) for name, value in fields])
    if len(fields) > _MOST_HEADERS or size > MOST_HEAD_BYTES:
        raise Unreadable(431, "head_too_long")


def _check_host(host: bytes | None, *, is_needed: bool) -> None:
    if host is None:
        if is_needed:
            raise Unreadable(400, "bad_host")
    elif not _HOST.fullmatch(host):
        raise Unreadable(400, "bad_host")


def _check_body(headers: dict[bytes, bytes]) -> None:
    if not _NOT_TAKEN.isdisjoint(headers):
        raise Unreadable(501, "body_encoded")
    told = headers.get(b"content-length")
    if told is None:
        return
    # Both together is how a second request is hidden in the body of a first.
    if b"transfer-encoding" in headers or not _LENGTH.fullmatch(told):
        raise Unreadable(400, "bad_length")
    if int(told) > MOST_BODY_BYTES:
        raise Unreadable(413, "body_too_long")
