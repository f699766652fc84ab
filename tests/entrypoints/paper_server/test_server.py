"""From ASGI to request values and back: raw bytes through, bounded, and never a traceback."""

import logging
from collections.abc import MutableMapping
from typing import Any, cast

import pytest

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.paper_server.server import PaperServer
from drawbridge.paper.answering import Answering
from drawbridge.paper.hub import Hub
from drawbridge.wire.http import WireAnswer, WireRequest

EXCHANGE = get_exchange("binance")
OWN_PORT, FIRST_PORT = 9_001, 9_000


class Echo:
    """Answers with what it was asked, and breaks when asked to."""

    def __init__(self) -> None:
        self.seen: list[tuple[WireRequest, str]] = []

    async def answer(self, request: WireRequest, address: str) -> WireAnswer:
        self.seen.append((request, address))
        if request.query == b"break":
            message = "planted-secret-text"
            raise RuntimeError(message)
        return WireAnswer(200, request.body)

    def refuse(self, error: DrawbridgeError) -> WireAnswer:
        return EXCHANGE.codec.write_error(EXCHANGE.errors.speak(error.code, error.facts))


async def site(scope: MutableMapping[str, Any], receive: object, send: Any) -> None:  # noqa: ANN401  ASGI's own.
    del scope, receive
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"site"})


async def ask(
    echo: Echo, path: bytes, *, port: int = FIRST_PORT, query: bytes = b"", body: list[bytes]
) -> tuple[int, bytes, dict[bytes, bytes]]:
    # No test here opens a stream: there is nothing to tell.
    server = PaperServer({"alpha": cast("Answering", echo)}, site, cast("Hub", object()))
    server.put_on_port(OWN_PORT, cast("Answering", echo))
    waiting = [
        {"type": "http.request", "body": piece, "more_body": number + 1 < len(body)}
        for number, piece in enumerate(body)
    ]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return waiting.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "raw_path": path,
        "query_string": query,
        "headers": [(b"host", b"x")],
        "server": ("127.0.0.1", port),
        "client": ("127.0.0.9", 1),
    }
    await server(scope, receive, send)
    answered = b"".join(message.get("body", b"") for message in sent)
    return int(sent[0]["status"]), answered, dict(sent[0]["headers"])


async def test_a_broken_answer_is_an_overload_and_its_text_is_nowhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        status, body, _ = await ask(Echo(), b"/alpha/x", query=b"break", body=[b""])
    assert (status, EXCHANGE.errors.read(_raw(status, body)).code) == (503, "overloaded")
    assert "planted-secret-text" not in caplog.text
    assert b"planted-secret-text" not in body


async def test_a_body_that_is_too_long_is_refused_while_it_is_read() -> None:
    echo = Echo()
    status, body, _ = await ask(echo, b"/alpha/x", body=[b"a" * 600_000] * 4)
    assert status == 400
    assert echo.seen == []
    assert (
        EXCHANGE.errors.read(_raw(status, body)).code
        == EXCHANGE.errors.read(EXCHANGE.errors.speak("malformed", {})).code
    )


async def test_the_bytes_reach_the_exchange_as_they_were_sent() -> None:
    echo = Echo()
    status, body, headers = await ask(
        echo, b"/alpha/a%2Fb//c", query=b"x=%20&&y", body=[b"one", b"two"]
    )
    assert (status, body, headers[b"content-length"]) == (200, b"onetwo", b"6")
    [(request, address)] = echo.seen
    assert (request.path, request.query, request.body) == (b"/a%2Fb//c", b"x=%20&&y", b"onetwo")
    assert address == "127.0.0.9"


async def test_an_exchange_stands_at_the_root_of_its_own_port() -> None:
    echo = Echo()
    await ask(echo, b"/alpha/x", port=OWN_PORT, body=[b""])
    assert echo.seen[0][0].path == b"/alpha/x"


@pytest.mark.parametrize("path", [b"/", b"/alphabet/x", b"/ALPHA/x", b"//alpha/x"])
async def test_everything_else_on_the_first_port_is_the_account_site(path: bytes) -> None:
    assert (await ask(Echo(), path, body=[b""]))[:2] == (299, b"site")


def _raw(status: int, body: bytes) -> Any:  # noqa: ANN401  Its type is the codec's.
    return EXCHANGE.codec.read_error(WireAnswer(status, body))
