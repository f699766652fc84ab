"""What a front and a worker say to each other, as bytes. Pure.

A message is a kind, the number of the talk that it belongs to, and a body. A request is carried as
its parts, each with its length before it: nothing is parsed a second time, so no two readers can
take it for two different things.
"""

import struct
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Final

from drawbridge.core.values import light_value
from drawbridge.wire.http import Headers, WireAnswer, WireRequest

_HEAD: Final = struct.Struct(">IBI")
_LENGTH: Final = struct.Struct(">I")
_CODE: Final = struct.Struct(">H")
HEAD_BYTES: Final = _HEAD.size
# The largest request that is read from a bot, and what stands beside its body.
MOST_ASKED_BYTES: Final = 1_024 * 1_024 + 64 * 1_024
# The largest answer of an exchange, and what stands beside its body.
MOST_TOLD_BYTES: Final = 64 * 1_024 * 1_024 + 64 * 1_024
MOST_PROVING_BYTES: Final = 256
_MOST_PARTS: Final = 256
_ASKED_PARTS: Final = 9
_TOLD_PARTS: Final = 2
_OVER_TLS: Final = b"s"


class Malformed(Exception):
    """What came is no message; nothing that follows it can be believed."""


class Kind(IntEnum):
    """What a message is. The numbers travel, so none is ever given to another kind."""

    GREETING = 1
    PROOF = 2
    WELCOME = 3
    PING = 4
    REQUEST = 16
    ANSWER = 17
    ELSEWHERE = 18
    FAULT = 19
    UNREADABLE = 20
    SPAN = 21
    OPEN = 32
    OPENED = 33
    TEXT = 34
    BINARY = 35
    CLOSE = 36
    READY = 37


@light_value
class Message:
    """One message; `number` tells which talk of a line it belongs to."""

    kind: Kind
    number: int = 0
    body: bytes = b""


@light_value
class Relayed:
    """A bot's request as a front hands it on.

    `place` names the exchange and its venue as the path on the first port does; `prefix` is the
    path below which the bot came in, empty where it came in at the exchange's own port. `trace` is
    by what the worker goes on following it, empty where the front does not.
    """

    place: bytes
    prefix: bytes
    over_tls: bool
    address: str
    request: WireRequest
    trace: bytes = b""


def written(message: Message) -> bytes:
    """Write a message."""
    return _HEAD.pack(len(message.body), message.kind, message.number) + message.body


class Cutter:
    """Cuts what comes over a line into messages."""

    __slots__ = ("_data", "_most_bytes")

    def __init__(self, most_bytes: int = MOST_PROVING_BYTES) -> None:
        """Begin with nothing; no message may have a longer body than that."""
        self._data = bytearray()
        self._most_bytes = most_bytes

    def allow(self, most_bytes: int) -> None:
        """Let messages be longer from now on: the other side has proven who it is."""
        self._most_bytes = most_bytes

    def feed(self, data: bytes | memoryview) -> Iterator[Message]:
        """Take bytes and give the messages that are whole. Raises: `Malformed`."""
        self._data += data
        while len(self._data) >= HEAD_BYTES:
            length, kind, number = _HEAD.unpack_from(self._data)
            if length > self._most_bytes:
                raise Malformed
            end = HEAD_BYTES + length
            if len(self._data) < end:
                return
            body = bytes(self._data[HEAD_BYTES:end])
            del self._data[:end]
            try:
                known = Kind(kind)
            except ValueError:
                raise Malformed from None
            yield Message(known, number, body)


def encode_relayed(relayed: Relayed) -> bytes:
    """Write a request with where it came from."""
    request = relayed.request
    parts = [
        relayed.place,
        relayed.prefix,
        _OVER_TLS if relayed.over_tls else b"",
        relayed.address.encode(),
        request.method.encode(),
        request.path,
        request.query,
        request.body,
        relayed.trace,
    ]
    return _joined(parts, request.headers)


def decode_relayed(body: bytes) -> Relayed:
    """Read a request. Raises: `Malformed`."""
    parts, headers = _parted(body, _ASKED_PARTS)
    place, prefix, over_tls, address, method, path, query, content, trace = parts
    try:
        request = WireRequest(method.decode("ascii"), path, query, headers, content)
        is_over_tls = over_tls == _OVER_TLS
        return Relayed(place, prefix, is_over_tls, address.decode("ascii"), request, trace)
    except UnicodeDecodeError:
        raise Malformed from None


def encode_answer(answer: WireAnswer) -> bytes:
    """Write an answer."""
    return _joined([b"%d" % answer.status, answer.body], answer.headers)


def decode_answer(body: bytes) -> WireAnswer:
    """Read an answer. Raises: `Malformed`."""
    (status, content), headers = _parted(body, _TOLD_PARTS)
    try:
        return WireAnswer(int(status), content, headers)
    except ValueError:
        raise Malformed from None


def encode_number(number: int) -> bytes:
    """Write a small number: a shard, or the code that a socket is closed with."""
    return _CODE.pack(number)


def decode_number(body: bytes) -> int:
    """Read a small number. Raises: `Malformed`."""
    try:
        (number,) = _CODE.unpack(body)
    except struct.error:
        raise Malformed from None
    return int(number)


def encode_parts(parts: Sequence[bytes]) -> bytes:
    """Write a few values."""
    return _joined(parts, ())


def decode_parts(body: bytes, count: int) -> list[bytes]:
    """Read so many values. Raises: `Malformed`."""
    parts, rest = _parted(body, count)
    if rest:
        raise Malformed
    return parts


def _joined(parts: Sequence[bytes], headers: Headers) -> bytes:
    pieces: list[bytes] = []
    for part in parts:
        pieces += (_LENGTH.pack(len(part)), part)
    for name, value in headers:
        pieces += (_LENGTH.pack(len(name)), name, _LENGTH.pack(len(value)), value)
    return b"".join(pieces)


def _parted(body: bytes, count: int) -> tuple[list[bytes], Headers]:
    """Give so many values, and what follows them in pairs."""
    parts: list[bytes] = []
    at, end = 0, len(body)
    while at < end:
        try:
            (length,) = _LENGTH.unpack_from(body, at)
        except struct.error:
            raise Malformed from None
        at += _LENGTH.size
        if length > end - at or len(parts) >= _MOST_PARTS:
            raise Malformed
        parts.append(body[at : at + length])
        at += length
    rest = parts[count:]
    if len(parts) < count or len(rest) % 2:
        raise Malformed
    return parts[:count], tuple(zip(rest[::2], rest[1::2], strict=True))
