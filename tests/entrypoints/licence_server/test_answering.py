"""The licence server against strangers: whatever is sent, the answer is a no with a reason."""

import asyncio
import http.client
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.app.licence_office import make_office
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import BadInput, NotFound
from drawbridge.entrypoints.licence_server.answering import LicenceAnswering
from drawbridge.entrypoints.licence_server.hosting import Counter, serve_licences
from drawbridge.licences.documents import Kind, private_key_from, public_key_of, sign
from drawbridge.licences.model import Act, Ask
from drawbridge.licences.written import encode_ask
from drawbridge.wire.http import WireRequest
from tests.licences.setting import NOW_MS, Server, open_server

_INSTALLATION = private_key_from(b"i" * 32)


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with open_server(tmp_path, SteppedClock(NOW_MS)) as opened:
        yield opened


async def _posted(server: Server, body: bytes) -> tuple[int, str]:
    answering = LicenceAnswering(server.desk, server.office)
    request = WireRequest("POST", b"/v1/ask", body=body)
    answer = await answering.answer(request, "192.0.2.1")
    return answer.status, str(json.loads(answer.body)["code"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"dbask1..",
        b"dbask1.e30.AAAA",
        b"dbask1.bnVsbA.AAAA",
        b"dbask1.W10.AAAA",
        b"dblease1.e30.AAAA",
        b"dbask1." + b"A" * 100_000 + b".AAAA",
        b'{"act": "activate"}',
    ],
)
async def test_what_is_no_question_is_told_so(server: Server, body: bytes) -> None:
    assert await _posted(server, body) == (422, "licence_unreadable")


async def test_a_question_in_somebody_else_s_name_is_refused(server: Server) -> None:
    made = await server.issue()
    ask = Ask(Act.ACTIVATE, made.document, public_key_of(_INSTALLATION), 0, "n", NOW_MS)
    forged = sign(Kind.ASK, encode_ask(ask), private_key_from(b"x" * 32))
    assert await _posted(server, forged.encode()) == (403, "licence_forged")


async def test_a_licence_of_another_operator_is_refused(tmp_path: Path, server: Server) -> None:
    async with open_server(tmp_path / "other", SteppedClock(NOW_MS), "other") as other:
        made = await other.issue()
    ask = Ask(Act.ACTIVATE, made.document, public_key_of(_INSTALLATION), 0, "n", NOW_MS)
    asked = sign(Kind.ASK, encode_ask(ask), _INSTALLATION)
    assert await _posted(server, asked.encode()) == (403, "licence_forged")


@pytest.mark.parametrize("mark", ["x", "0" * 65, "ü" * 64])
async def test_a_mark_that_is_none_is_refused(server: Server, mark: str) -> None:
    made = await server.issue()
    ask = Ask(Act.BIND, made.document, public_key_of(_INSTALLATION), 0, "n", NOW_MS, mark=mark)
    asked = sign(Kind.ASK, encode_ask(ask), _INSTALLATION)
    status, code = await _posted(server, asked.encode())
    assert (status, code) in {(403, "licence_unknown_account"), (403, "licence_not_activated")}


@pytest.mark.parametrize(
    ("method", "path"), [("GET", b"/"), ("GET", b"/v1/ask"), ("POST", b"/v1/revocations")]
)
async def test_other_addresses_are_not_there(server: Server, method: str, path: bytes) -> None:
    answering = LicenceAnswering(server.desk, server.office)
    answer = await answering.answer(WireRequest(method, path), "192.0.2.1")
    assert (answer.status, json.loads(answer.body)["code"]) == (404, "licence_no_such_path")


async def test_it_listens_on_this_machine_alone(tmp_path: Path) -> None:
    make_office(tmp_path)
    for host in ("0.0.0.0", "192.0.2.1", "licences.example"):  # noqa: S104  refused, and that is the point
        with pytest.raises(BadInput, match="licence_server_not_local"):
            async with serve_licences(Counter(tmp_path, host=host, port=0)):
                pass


async def test_without_a_folder_it_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="licence_no_office"):
        async with serve_licences(Counter(tmp_path, port=0)):
            pass


async def test_over_a_real_socket_it_tells_that_it_is_there(tmp_path: Path) -> None:
    make_office(tmp_path)
    async with serve_licences(Counter(tmp_path, port=0)) as address:

        def asked() -> tuple[int, bytes]:
            line = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
            line.request("GET", "/v1/revocations")
            answer = line.getresponse()
            found = (answer.status, answer.read())
            line.close()
            return found

        status, body = await asyncio.to_thread(asked)
    assert (status, body.partition(b".")[0]) == (200, b"dbrevoked1")
