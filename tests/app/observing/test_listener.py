"""The listener of operators: short requests, short answers, and nothing for anybody else."""

import asyncio
import json
from collections.abc import Sequence

import pytest

from drawbridge.app.listening import listen, port_of
from drawbridge.app.observing.health import OK, Check
from drawbridge.app.observing.listener import listening
from drawbridge.app.observing.metrics import Metrics
from drawbridge.app.observing.readings import Reading, States
from drawbridge.core.errors import Conflict

_HERE = ("127.0.0.1", 0)


async def _tasks() -> Sequence[Reading]:
    return (States("tasks", (), {(): 7}),)


async def _said(address: str, raw: bytes) -> bytes:
    port = int(address.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    await writer.drain()
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def _asked(
    raw: bytes, checks: Sequence[Check] = (), host: bytes = b"127.0.0.1:1"
) -> tuple[int, bytes]:
    async with listening(_HERE, checks, Metrics([_tasks])) as address:
        told = await _said(address, raw + b" HTTP/1.1\r\nhost: " + host + b"\r\n\r\n")
    head, _, body = told.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body


@pytest.mark.parametrize("raw", [b"POST /metrics", b"DELETE /healthz", b"\x16\x03\x01 / ", b""])
async def test_who_does_not_only_read_is_refused(raw: bytes) -> None:
    assert (await _asked(raw))[0] == 405


@pytest.mark.parametrize("path", [b"/", b"/metrics/", b"/keys", b"//metrics", b"/../metrics"])
async def test_there_is_nothing_else(path: bytes) -> None:
    assert await _asked(b"GET " + path) == (404, b"")


@pytest.mark.parametrize("host", [b"evil.example", b"evil.example:80", b"127.0.0.1.nip.example"])
async def test_a_page_whose_name_was_made_to_lead_here_reads_nothing(host: bytes) -> None:
    assert await _asked(b"GET /metrics", host=host) == (421, b"")


async def test_a_request_without_end_is_cut_off() -> None:
    async with listening(_HERE, (), Metrics([])) as address:
        assert await _said(address, b"GET / HTTP/1.1\r\n" + b"x" * 100_000) == b""
        # And the next one is answered all the same.
        assert b"200 OK" in await _said(address, b"GET /healthz HTTP/1.1\r\n\r\n")


async def test_a_port_that_is_taken_is_told() -> None:
    taken = listen("127.0.0.1", 0)
    try:
        with pytest.raises(Conflict, match="port_taken"):
            async with listening(("127.0.0.1", port_of(taken)), (), Metrics([])):
                pass
    finally:
        taken.close()


async def test_one_that_is_not_ready_says_so_by_its_status_and_why_by_a_code() -> None:
    async def locked() -> str:
        return "vault_locked"

    status, body = await _asked(b"GET /readyz", [Check("vault", locked)])
    assert status == 503
    assert json.loads(body) == {"ready": False, "checks": {"vault": "vault_locked"}}


@pytest.mark.parametrize("host", [b"127.0.0.1:9", b"localhost", b"[::1]:9", b"10.0.0.7:9464", b""])
async def test_who_asks_by_an_address_is_answered(host: bytes) -> None:
    async def fine() -> str:
        return OK

    assert await _asked(b"GET /healthz", host=host) == (200, b'{"alive":true}\n')
    status, body = await _asked(b"GET /readyz?x=1", [Check("database", fine)], host)
    assert (status, json.loads(body)["ready"]) == (200, True)
    status, body = await _asked(b"GET /metrics", host=host)
    assert (status, b"drawbridge_tasks 7.0" in body) == (200, True)
    assert await _asked(b"HEAD /metrics", host=host) == (200, b"")


async def test_who_still_talks_at_the_end_is_let_go() -> None:
    async with listening(_HERE, (), Metrics([])) as address:
        port = int(address.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /heal")
        await writer.drain()
        assert b"200 OK" in await _said(address, b"GET /healthz HTTP/1.1\r\n\r\n")
    assert await reader.read() == b""
    writer.close()


async def test_connections_that_ask_nothing_keep_nobody_from_hearing() -> None:
    async with listening(_HERE, (), Metrics([_tasks])) as address:
        port = int(address.rpartition(":")[2])
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(40)]
        told = await _said(address, b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert told.startswith(b"HTTP/1.1 200 ")
        # Who came first has ended for those that came after; the others may still ask.
        first, last = silent[0], silent[-1]
        assert await first[0].read() == b""
        last[1].write(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert (await last[0].read()).startswith(b"HTTP/1.1 200 ")
        for _, writer in silent:
            writer.close()
