"""What is fuzzed: everything that reads a stranger's bytes, and may only refuse them by name.

Each target takes bytes and either returns or lets an unforeseen exception out, which the fuzzer
reports. Nothing here sends or stores anything.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import Exchange, exchange_ids, get_card, get_exchange
from drawbridge.core.errors import DrawbridgeError, OutcomeUnknown
from drawbridge.core.operations import GetBalances, GetOpenOrders, GetTrades, Operation
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import parse_document, reading
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import read_json, read_query
from drawbridge.wire.stream import Opening

Target = Callable[[bytes], None]

NOW_MS = 1_700_000_000_000
_NAMED_PART = re.compile(rb"\{[a-z_]+\}")
_STATUSES = (200, 400, 401, 403, 404, 418, 429, 500, 503)


def target_names() -> list[str]:
    """Give the names of all targets, without opening more than cards."""
    names = list(_SHARED)
    for exchange_id in exchange_ids():
        level = get_card(exchange_id).level
        if level >= Level.TRADED:
            names += [f"{exchange_id}.{part}" for part in ("request", "claim", "answer")]
        if level >= Level.STREAMING:
            names.append(f"{exchange_id}.stream")
    return names


def get_target(name: str) -> Target:
    """Give the target of that name."""
    if name in _SHARED:
        return _SHARED[name]
    exchange_id, _, part = name.partition(".")
    return _PARTS[part](get_exchange(exchange_id))


def _documents(data: bytes) -> None:
    with suppress(DrawbridgeError):
        parse_document(data)
    with suppress(OutcomeUnknown), reading():
        parse_document(data)["result"][0]["amount"].keys()


def _parameters(data: bytes) -> None:
    for read in (read_query, read_json):
        with suppress(DrawbridgeError):
            found = read(data)
            for name in found.names():
                _ask_everything(found.text, found.whole, found.amount, found.flag, name=name)


def _ask_everything(*reads: Callable[[str], object], name: str) -> None:
    for read in reads:
        with suppress(DrawbridgeError):
            read(name)


def _pieces(data: bytes) -> Iterator[bytes]:
    """Cut the bytes at zeros, and give empty pieces for ever after."""
    yield from data.split(b"\0")
    while True:
        yield b""


def _request(exchange: Exchange) -> Target:
    rows = [row for row in exchange.endpoints.rows() if row.operation and not row.answer]
    # What is asked over a stream comes in frames, which have a target of their own.
    rows = [row for row in rows if row.method != "WS"]
    markets = exchange.card.markets()

    def decode(data: bytes) -> None:
        row = rows[data[0] % len(rows)] if data else rows[0]
        pieces = _pieces(data[1:])
        path, query, body = (next(pieces) for _ in range(3))
        request = WireRequest(row.method, _path(row, path), query, (), body)
        try:
            exchange.codec.decode_request(ServerView(row, request, markets, NOW_MS))
        except DrawbridgeError as error:
            told = exchange.codec.write_error(exchange.errors.speak(error.code, error.facts))
            if exchange.codec.read_error(told) is None:
                raise AssertionError(error.code) from None

    return decode


def _path(row: Endpoint, piece: bytes) -> bytes:
    """Put the piece in the place of every named part, where the table would let it through."""
    path = _NAMED_PART.sub(lambda _part: piece, row.path)
    if row.pattern is None or row.pattern.fullmatch(path):
        return path
    return _NAMED_PART.sub(b"x", row.path)


def _claim(exchange: Exchange) -> Target:
    names = sorted(_header_names(exchange))

    def read(data: bytes) -> None:
        pieces = _pieces(data)
        path, query, body = (next(pieces) for _ in range(3))
        headers = tuple((name, next(pieces)) for name in names)
        request = WireRequest("POST" if body else "GET", b"/" + path, query, headers, body)
        with suppress(DrawbridgeError):
            exchange.dialect.claim(request)
            exchange.dialect.payload(request)
        with suppress(DrawbridgeError):
            exchange.endpoints.classify(request)

    return read


def _header_names(exchange: Exchange) -> set[bytes]:
    """Give the names of the headers that this dialect looks at, as its source names them."""
    source = vars(exchange.dialect).values()
    texts = {text for text in source if isinstance(text, bytes) and text == text.lower()}
    return {text for text in texts if text.replace(b"-", b"").isalnum()}


def _answer(exchange: Exchange) -> Target:
    markets = exchange.card.markets()
    symbol = next(iter(markets)).symbol
    asked: tuple[Operation[object], ...] = (
        GetBalances(),
        GetOpenOrders(symbol),
        GetTrades(symbol),
    )

    def read(data: bytes) -> None:
        status = _STATUSES[data[0] % len(_STATUSES)] if data else 200
        answer = WireAnswer(status, data[1:])
        told = exchange.codec.read_error(answer)
        if told is not None:
            exchange.errors.read(told)
        for operation in asked:
            with suppress(DrawbridgeError):
                exchange.codec.decode_answer(operation, answer, markets)

    return read


def _stream(exchange: Exchange) -> Target:
    markets = exchange.card.markets()
    paths = sorted({row.encode() for row in _stream_paths(exchange)}) or [b"/ws"]

    def receive(data: bytes) -> None:
        path = paths[data[0] % len(paths)] if data else paths[0]
        opening = Opening(path, b"", (), markets, NOW_MS, exchange.errors)
        session = None if exchange.stream is None else exchange.stream.open_session(opening)
        if session is None:
            return
        session.opened(NOW_MS)
        for frame in data[1:].split(b"\0"):
            session.receive(frame, NOW_MS)
            session.receive(frame.decode("utf-8", "replace"), NOW_MS)
        session.tick(NOW_MS + 60_000)

    return receive


def _stream_paths(exchange: Exchange) -> Iterator[str]:
    """Give the paths at which known clients open their sockets."""
    for client in exchange.card.clients.values():
        for url in client.urls.values():
            if url.startswith("{ws}"):
                yield url.removeprefix("{ws}") or "/"


_SHARED: Final[dict[str, Target]] = {"documents": _documents, "parameters": _parameters}
_PARTS: Final[dict[str, Callable[[Exchange], Target]]] = {
    "request": _request,
    "claim": _claim,
    "answer": _answer,
    "stream": _stream,
}
