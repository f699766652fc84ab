"""What was written and is not confirmed is given up by the system, before a claim could end."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from drawbridge.core.errors import ExchangeDown, OutcomeUnknown
from drawbridge.gateway.dialling import UNHEARD_MS, Dialler
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.permission import moved
from drawbridge.gateway.venues import Address
from drawbridge.wire.http import WireRequest
from tests.gateway.scripted_server import OK, Visit, scripted_server
from tests.kit.certificates import authority_and_server

CLAIM_MS = 3_000
SOON_S = 5
SOON_MS = 8_000
# More than the system holds for a connection whose other end reads nothing.
MUCH = WireRequest("POST", b"/order", body=b"x" * 12_000_000)
LOOK = WireRequest("GET", b"/balances")


class Kept(asyncio.Protocol):
    """Keeps its transport, to look at."""

    transport: asyncio.BaseTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport


def _unheard_ms(transport: asyncio.BaseTransport) -> int:
    line = transport.get_extra_info("socket")
    told: int = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    return told


@contextlib.contextmanager
def _deaf() -> Iterator[Address]:
    """Listen, and never read a byte."""
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        line.bind(("127.0.0.1", 0))
        line.listen()
        yield Address("127.0.0.1", line.getsockname()[1], tls=False, on_this_machine=True)


async def _answer(visit: Visit) -> None:
    await visit.say(OK)


async def test_a_request_that_nobody_confirms_is_given_up_long_before_its_deadline() -> None:
    """Held by a peer that takes nothing, as by a cut: with the system's own patience, minutes."""
    egress, loop = Egress(), asyncio.get_running_loop()
    with _deaf() as address:
        began = loop.time()
        with pytest.raises(OutcomeUnknown, match="answer_lost"):
            await egress.send(address, MUCH, SOON_MS, lambda: 400)
        assert loop.time() - began < CLAIM_MS / 1_000
    await egress.close()


async def test_what_may_not_leave_is_not_written_also_when_it_is_tried_once_more() -> None:
    """A connection that was kept has closed: a question is asked again over a new one."""
    looks = 0

    def leave() -> int | None:
        nonlocal looks
        looks += 1
        if looks == 3:
            raise moved()
        return CLAIM_MS

    async def answer_once(visit: Visit) -> None:
        if visit.number == 1:
            await visit.say(OK)
        else:
            visit.cut()

    egress = Egress()
    async with scripted_server(answer_once) as server:
        await egress.send(server.address, LOOK, SOON_MS, leave)
        with pytest.raises(ExchangeDown, match="account_moved"):
            await egress.send(server.address, LOOK, SOON_MS, leave)
        assert len(server.visits) == 2
        assert looks == 3
    await egress.close()


async def test_a_connection_that_was_not_written_to_is_good_for_the_next() -> None:
    def never() -> int | None:
        raise moved()

    egress = Egress()
    async with scripted_server(_answer) as server:
        with pytest.raises(ExchangeDown, match="account_moved"):
            await egress.send(server.address, LOOK, SOON_MS, never)
        await egress.send(server.address, LOOK, SOON_MS)
        assert len(server.visits) == 1
        assert server.connections == 1
    await egress.close()


@pytest.mark.parametrize("is_secret", [False, True])
async def test_every_connection_is_dropped_by_the_system_before_a_claim_ends(
    tmp_path: Path, *, is_secret: bool
) -> None:
    authority, context = authority_and_server(tmp_path, "127.0.0.1")
    dialler = Dialler(authority)
    async with scripted_server(_answer, context if is_secret else None) as server:
        deadline = asyncio.get_running_loop().time() + SOON_S
        kept = await dialler.dial(server.address, Kept, deadline)
        assert _unheard_ms(kept.transport) == UNHEARD_MS < CLAIM_MS
        kept.transport.close()


async def test_an_address_that_nobody_listens_at_is_told_as_such() -> None:
    with _deaf() as address:
        pass
    deadline = asyncio.get_running_loop().time() + SOON_S
    with pytest.raises(ExchangeDown, match="unreachable"):
        await Dialler().dial(address, Kept, deadline)
