"""A worker's address: whoever comes there has to prove itself, and is bounded even then."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drawbridge.app.front_process import Way
from drawbridge.app.listening import listen, port_of
from drawbridge.app.settings import Settings
from drawbridge.entrypoints.edge.line import SILENT_S, Line
from drawbridge.entrypoints.edge.lines import MOST_UNDER_WAY, Lines, Lost, NotReached
from drawbridge.entrypoints.edge.messages import (
    Kind,
    Message,
    Relayed,
    encode_relayed,
    written,
)
from drawbridge.entrypoints.edge.places import Below, Elsewhere
from drawbridge.entrypoints.edge.taking import (
    MOST_UNPROVEN,
    MOST_WAITING,
    RelayedSocket,
    Taking,
    WaysIn,
)
from drawbridge.wire.http import WireAnswer, WireRequest
from tests.kit.stream_house import until
from tests.kit.turns import a_turn

KEY = b"k" * 32
HELLO = Relayed(b"/one", b"", over_tls=False, address="192.0.2.1", request=WireRequest("GET", b"/"))


class Deaf:
    """Talks over sockets and hears nothing until it is told to."""

    def __init__(self) -> None:
        self.hears = asyncio.Event()
        self.heard: list[str | bytes] = []
        self.sockets: list[RelayedSocket] = []

    async def talk(self, socket: RelayedSocket) -> None:
        self.sockets.append(socket)
        await self.hears.wait()
        while (frame := await socket.receive()) is not None:
            self.heard.append(frame)


@dataclass
class Door:
    """Says what it was asked, or fails."""

    deaf: Deaf = field(default_factory=Deaf)
    fails: bool = False
    asked: list[str] = field(default_factory=list)
    is_free: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.is_free.set()

    async def answer_relayed(
        self, request: WireRequest, address: str, below: Below
    ) -> WireAnswer | Elsewhere:
        del below
        self.asked.append(address)
        if self.fails:
            raise ValueError
        await self.is_free.wait()
        return WireAnswer(200, request.body, ((b"a", b"b"),))

    async def open_relayed(self, request: WireRequest, address: str) -> Deaf:
        del request, address
        return self.deaf

    def hear_refused(self, code: str, address: str) -> None:
        del code, address


@dataclass
class Standing:
    """A worker and the lines of a front to it."""

    door: Door
    taking: Taking
    lines: Lines
    port: int

    @property
    def where(self) -> str:
        return f"127.0.0.1:{self.port}"

    def deadline(self) -> float:
        return asyncio.get_running_loop().time() + 5


@asynccontextmanager
async def standing(folder: Path, front_key: bytes = KEY) -> AsyncIterator[Standing]:
    door = Door()
    listener = listen("127.0.0.1", 0)
    ways_in = WaysIn({b"/one": door}, lambda _code, _address: None)
    taking = Taking(ways_in, KEY, os.urandom, f"127.0.0.1:{port_of(listener)}")
    lines = Lines(Way(Settings(folder)).dial, front_key, os.urandom)
    await taking.start(listener, None)
    lines.start()
    try:
        yield Standing(door, taking, lines, port_of(listener))
    finally:
        await lines.close()
        await taking.stop(5)


async def _ended(reader: asyncio.StreamReader) -> bool:
    """Read until the other side is gone."""
    with suppress(ConnectionError):
        async with asyncio.timeout(8):
            while await reader.read(65_536):
                pass
    return True


@pytest.mark.parametrize(
    "told",
    [
        b"GET /api/v3/time HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n",
        written(Message(Kind.REQUEST, 1, encode_relayed(HELLO))),
        written(Message(Kind.OPEN, 0, encode_relayed(HELLO))),
        written(Message(Kind.PROOF, 0, b"")) + written(Message(Kind.REQUEST, 1, b"")),
        b"\x00" * 4_096,
        os.urandom(512),
    ],
)
async def test_a_bot_never_passes_for_a_front(tmp_path: Path, told: bytes) -> None:
    async with standing(tmp_path) as at:
        reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
        writer.write(told)
        assert await _ended(reader)
        writer.close()
        assert at.door.asked == []


async def test_a_front_with_another_key_hands_nothing_on(tmp_path: Path) -> None:
    async with standing(tmp_path, front_key=b"o" * 32) as at:
        with pytest.raises(NotReached):
            await at.lines.ask(at.where, HELLO, at.deadline())
        assert at.door.asked == []


async def test_a_program_in_a_workers_place_hears_no_request(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(written(Message(Kind.WELCOME)))
        heard.append(await reader.read(4_096))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with standing(tmp_path) as at:
        with pytest.raises(NotReached):
            await at.lines.ask(f"127.0.0.1:{port}", HELLO, at.deadline())
    server.close()
    assert b"192.0.2.1" not in b"".join(heard)


async def test_a_worker_that_takes_too_long_to_prove_itself_leaves_time_for_another(
    tmp_path: Path,
) -> None:
    """A machine that died answers nothing, and its accounts are somewhere else before long."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _ended(reader)
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    async with standing(tmp_path) as at:
        async with asyncio.timeout(3):
            with pytest.raises(NotReached):
                await at.lines.ask(f"127.0.0.1:{port}", HELLO, at.deadline())
    silent.close()


async def test_a_worker_beyond_this_machine_is_not_spoken_to_in_the_clear(tmp_path: Path) -> None:
    async with standing(tmp_path) as at:
        with pytest.raises(NotReached):
            await at.lines.ask("192.0.2.1:8920", HELLO, at.deadline())


async def test_who_proves_nothing_keeps_nobody_else_out(tmp_path: Path) -> None:
    """A crowd that says nothing, from whichever program of the same machine or network."""
    async with standing(tmp_path) as at:
        crowd = [
            await asyncio.open_connection("127.0.0.1", at.port) for _ in range(MOST_UNPROVEN + 5)
        ]
        assert (await _asked(at)).status == 200
        assert at.taking.waiting < MOST_UNPROVEN
        # Who waits longest is cut off at once, and each of the others after a few seconds.
        assert await _ended(crowd[0][0])
        for _, writer in crowd:
            writer.close()
        await until(lambda: at.taking.waiting == 0, "all of them are gone")


async def test_a_worker_is_asked_no_more_than_it_takes_also_where_nobody_waits_any_more(
    tmp_path: Path,
) -> None:
    """Else it would cut the line, and everybody's orders on it would be of unknown outcome."""
    async with standing(tmp_path) as at:
        assert (await _asked(at)).status == 200
        at.door.is_free.clear()
        asking = [
            asyncio.create_task(at.lines.ask(at.where, HELLO, at.deadline()))
            for _ in range(MOST_UNDER_WAY)
        ]
        await until(lambda: len(at.door.asked) == 1 + MOST_UNDER_WAY, "all have arrived")
        for task in asking[1:]:
            task.cancel()
        await asyncio.wait(asking[1:])
        with pytest.raises(NotReached):
            await at.lines.ask(at.where, HELLO, at.deadline())
        at.door.is_free.set()
        assert isinstance(await asking[0], WireAnswer)
        assert (await _asked(at)).status == 200


async def test_a_fault_of_a_worker_is_no_answer(tmp_path: Path) -> None:
    async with standing(tmp_path) as at:
        at.door.fails = True
        with pytest.raises(Lost):
            await at.lines.ask(at.where, HELLO, at.deadline())
        at.door.fails = False
        assert (await _asked(at)).status == 200


async def test_a_place_that_a_worker_does_not_have_is_no_answer(tmp_path: Path) -> None:
    async with standing(tmp_path) as at:
        other = Relayed(b"/two", b"", over_tls=False, address="", request=HELLO.request)
        with pytest.raises(Lost):
            await at.lines.ask(at.where, other, at.deadline())


async def test_a_bot_that_says_more_than_is_read_is_held_back(tmp_path: Path) -> None:
    async with standing(tmp_path) as at:
        talk = _Heard()
        line = await at.lines.open(at.where, talk, at.deadline())
        line.write(Message(Kind.OPEN, 0, encode_relayed(HELLO)))
        await until(lambda: talk.kinds == [Kind.OPENED], "it is open")
        frame = b"x" * 32_768
        for _ in range(20 * MOST_WAITING):
            line.write(Message(Kind.BINARY, 0, frame))
        draining = asyncio.create_task(line.drain())
        [socket] = at.door.deaf.sockets
        await until(lambda: socket.is_held, "the worker takes no more")
        assert not draining.done()
        at.door.deaf.hears.set()
        await draining
        await until(lambda: len(at.door.deaf.heard) == 20 * MOST_WAITING, "all of it arrived")


async def test_a_line_that_ends_in_the_middle_leaves_who_asked_without_an_answer(
    tmp_path: Path,
) -> None:
    async with standing(tmp_path) as at:
        assert (await _asked(at)).status == 200
        asking = asyncio.create_task(at.lines.ask(at.where, HELLO, at.deadline()))
        await a_turn()
        for line in at.taking.lines:
            line.end(at_once=True)
        with pytest.raises(Lost):
            await asking


async def test_a_worker_that_says_nothing_any_more_is_left(tmp_path: Path) -> None:
    async with standing(tmp_path) as at:
        talk, later_s = _Heard(), asyncio.get_running_loop().time() + SILENT_S
        line = await at.lines.open(at.where, talk, at.deadline())
        line.watch(later_s - 1)
        assert line.is_open
        line.watch(later_s + 1)
        await until(lambda: talk.kinds == [Kind.CLOSE], "it is gone")


async def test_who_is_held_back_is_not_taken_for_gone(tmp_path: Path) -> None:
    async with standing(tmp_path) as at:
        line = await at.lines.open(at.where, _Heard(), at.deadline())
        line.hold(is_held=True)
        line.watch(asyncio.get_running_loop().time() + SILENT_S + 1)
        assert line.is_open


async def test_what_is_asked_is_answered(tmp_path: Path) -> None:
    async with standing(tmp_path) as at:
        answer = await _asked(at)
        assert answer == WireAnswer(200, b"", ((b"a", b"b"),))
        assert at.door.asked == ["192.0.2.1"]


async def _asked(at: Standing) -> WireAnswer:
    answer = await at.lines.ask(at.where, HELLO, at.deadline())
    assert isinstance(answer, WireAnswer)
    return answer


class _Heard:
    """Notes what a line says."""

    def __init__(self) -> None:
        self.kinds: list[Kind] = []
        self.line: Line | None = None

    def hear(self, message: Message) -> None:
        self.kinds.append(message.kind)

    def lose(self) -> None:
        self.kinds.append(Kind.CLOSE)
