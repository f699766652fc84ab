"""A worker's side of the relay: what a front hands on is answered as if the bot had come here.

Nobody is heard who has not proven to be of this house, so a bot that comes directly can never pass
for one whose address a front tells.
"""

import asyncio
import contextlib
import logging
import socket as system_socket
import ssl
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from drawbridge.core.tracing import NOBODY, Span
from drawbridge.entrypoints.edge.line import Line, Wire
from drawbridge.entrypoints.edge.messages import (
    MOST_ASKED_BYTES,
    Kind,
    Malformed,
    Message,
    Relayed,
    decode_parts,
    decode_relayed,
    encode_answer,
    encode_number,
)
from drawbridge.entrypoints.edge.places import Below, Elsewhere, HearRefused
from drawbridge.entrypoints.edge.proving import Entropy, WorkerProving
from drawbridge.entrypoints.edge.spans import decode_span
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.stream import Frame

_log: Final = logging.getLogger(__name__)

# Fronts, and a line for each socket of a bot.
MOST_LINES: Final = 8_192
MOST_UNPROVEN: Final = 64
MOST_UNDER_WAY: Final = 2_048
# Beyond these, nothing more is taken from a bot until some was read.
MOST_WAITING: Final = 256
# Beyond this, whoever reads so slowly is cut off: as at exchanges, the market does not wait.
MOST_UNTAKEN_BYTES: Final = 8 * 1_024 * 1_024
_WATCH_EVERY_S: Final = 1.0
_HANDSHAKE_WITHIN_S: Final = 5
_NORMAL: Final = 1000
_GOING_AWAY: Final = 1001
_BROKEN: Final = 1011
_UNREADABLE_PARTS: Final = 3
_SOCKET: Final = frozenset({Kind.TEXT, Kind.BINARY, Kind.CLOSE})


class Talking(Protocol):
    """Who talks over a bot's socket."""

    async def talk(self, socket: "RelayedSocket") -> None:
        """Talk until there is no more to say; the socket is closed after it."""


class OwnDoor(Protocol):
    """One exchange at one venue, for what fronts hand on."""

    async def answer_relayed(
        self, request: WireRequest, address: str, below: Below
    ) -> WireAnswer | Elsewhere:
        """Answer a request from an address, or tell that its account is another worker's."""

    async def open_relayed(self, request: WireRequest, address: str) -> Talking | WireAnswer:
        """Give who talks over a socket that is asked for, or the answer that refuses it."""

    def hear_refused(self, code: str, address: str) -> None:
        """Hear of what was no request, by the reason that it was refused for."""


@dataclass(frozen=True, slots=True)
class WaysIn:
    """The doors, each by the path that names its exchange and venue.

    `refused` hears of what a front could take for no request of any exchange; `followed` of what
    one has followed.
    """

    by_place: Mapping[bytes, OwnDoor]
    refused: HearRefused
    followed: Callable[[Span], None] = NOBODY.take


class RelayedSocket:
    """A bot's socket that a front holds; this end of it is where it is spoken."""

    def __init__(self, line: Line) -> None:
        """Belong to a line that is for this socket alone."""
        self._line = line
        self._waiting: deque[Frame] = deque()
        self._news = asyncio.Event()
        self._is_over = self._is_held = self._is_ready = False

    @property
    def is_held(self) -> bool:
        """Tell whether the bot has to wait until some of what it said was read."""
        return self._is_held

    async def receive(self) -> Frame | None:
        """Wait for the next message; None once there will be none any more."""
        if not self._is_ready:
            # Whatever greets a bot has been said by now.
            self._is_ready = True
            self._line.write(Message(Kind.READY))
        while not self._waiting:
            if self._is_over:
                return None
            self._news.clear()
            await self._news.wait()
        frame = self._waiting.popleft()
        if self._is_held and len(self._waiting) <= MOST_WAITING // 2:
            self._is_held = False
            self._line.hold(is_held=False)
        return frame

    def send(self, frame: Frame) -> None:
        """Send a message; one for a socket that has ended goes nowhere."""
        if self._is_over:
            return
        if isinstance(frame, str):
            self._line.write(Message(Kind.TEXT, 0, frame.encode()))
        else:
            self._line.write(Message(Kind.BINARY, 0, frame))
        if self._line.waiting_bytes > MOST_UNTAKEN_BYTES:
            self._line.end(at_once=True)

    def close(self, code: int = _NORMAL, *, shard: int | None = None) -> None:
        """Say goodbye with a code, or tell the front that the account is another worker's."""
        if shard is None:
            self._leave(Message(Kind.CLOSE, 0, encode_number(code)))
        else:
            self._leave(Message(Kind.ELSEWHERE, 0, encode_number(shard)))

    def hear(self, message: Message) -> None:
        """Take what the front hands on. Raises: `Malformed`."""
        if message.kind is Kind.CLOSE:
            self.lose()
            self._line.end()
            return
        try:
            is_text = message.kind is Kind.TEXT
            self._waiting.append(message.body.decode() if is_text else message.body)
        except UnicodeDecodeError:
            raise Malformed from None
        self._news.set()
        if len(self._waiting) >= MOST_WAITING and not self._is_held:
            self._is_held = True
            self._line.hold(is_held=True)

    def lose(self) -> None:
        """Hear that nothing more will come."""
        self._is_over = True
        self._news.set()

    def _leave(self, goodbye: Message) -> None:
        if not self._is_over:
            self._line.write(goodbye)
            self._line.end()
            self.lose()


class Taking:
    """All lines that fronts have opened to this worker."""

    def __init__(self, ways_in: WaysIn, key: bytes, entropy: Entropy, where: str) -> None:
        """Answer by these doors; `where` is the address by which fronts know this worker."""
        self._where = where
        self.ways_in = ways_in
        self._key = key
        self._entropy = entropy
        self._servers: list[asyncio.Server] = []
        self._lines: dict[Line, _Taken] = {}
        self._unproven: dict[Line, _Taken] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None
        self.is_closing = False

    @property
    def waiting(self) -> int:
        """Count those that have not proven themselves."""
        return len(self._unproven)

    @property
    def lines(self) -> tuple[Line, ...]:
        """Give those that are proven."""
        return tuple(self._lines)

    async def start(self, listener: system_socket.socket, tls: ssl.SSLContext | None) -> None:
        """Begin to serve over a socket that listens already; with `tls`, over nothing else."""
        with_tls = tls is not None
        server = await asyncio.get_running_loop().create_server(
            self._wire,
            sock=listener,
            ssl=tls,
            ssl_handshake_timeout=_HANDSHAKE_WITHIN_S if with_tls else None,
        )
        self._servers.append(server)
        self._watching = asyncio.create_task(self._watch())

    async def stop(self, within_s: float) -> None:
        """Take nothing more, let what is being answered end, then cut what is left."""
        self.is_closing = True
        for server in self._servers:
            server.close()
        for taken in tuple(self._lines.values()):
            taken.leave()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=within_s)
        for line in (*self.lines, *self._unproven):
            # What was answered last may still be on its way out.
            line.end()
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching

    def enter(self, line: Line, taken: "_Taken") -> bool:
        """Count a line before its proof; False where there are too many that are proven."""
        if len(self._lines) >= MOST_LINES:
            return False
        if len(self._unproven) >= MOST_UNPROVEN:
            # Who is of this house proves it at once: so a crowd that does not keeps nobody out.
            longest = next(iter(self._unproven))
            del self._unproven[longest]
            longest.end(at_once=True)
        self._unproven[line] = taken
        return True

    def prove(self, line: Line) -> None:
        """Count a line as proven."""
        taken = self._unproven.pop(line, None)
        if taken is not None:
            self._lines[line] = taken

    def leave(self, line: Line) -> None:
        """Count it no more."""
        self._lines.pop(line, None)
        self._unproven.pop(line, None)

    def work(self, task: asyncio.Task[None]) -> None:
        """Hold what is being done until it is done: the loop holds its tasks only weakly."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _wire(self) -> Wire:
        proving = WorkerProving(self._key, self._entropy, self._where)
        return Wire(Line(proving, _Taken(self), MOST_ASKED_BYTES))

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            for line in (*self._lines, *self._unproven):
                line.watch(loop.time())


class _Taken:
    """What one line carries: many requests, or one socket."""

    def __init__(self, taking: Taking) -> None:
        self._taking = taking
        self._socket: RelayedSocket | None = None
        self._under_way = 0

    def begun(self, line: Line) -> bool:
        return self._taking.enter(line, self)

    def proven(self, line: Line) -> None:
        self._taking.prove(line)

    def hear(self, line: Line, message: Message) -> None:
        match message.kind:
            case Kind.REQUEST:
                self._take(line, message)
            case Kind.OPEN:
                self._open(line, message)
            case Kind.UNREADABLE:
                self._note(message)
            case Kind.SPAN:
                self._taking.ways_in.followed(decode_span(message.body))
            case kind if kind in _SOCKET and self._socket is not None:
                self._socket.hear(message)
            case _:
                raise Malformed

    def lost(self, line: Line) -> None:
        self._taking.leave(line)
        if self._socket is not None:
            self._socket.lose()

    def leave(self) -> None:
        if self._socket is not None:
            self._socket.close(_GOING_AWAY)

    def _take(self, line: Line, message: Message) -> None:
        if self._under_way >= MOST_UNDER_WAY:
            raise Malformed  # no front of ours asks for so much at once
        self._under_way += 1
        relayed = decode_relayed(message.body)
        answering = self._answer(line, message.number, relayed)
        self._taking.work(asyncio.get_running_loop().create_task(answering))

    async def _answer(self, line: Line, number: int, relayed: Relayed) -> None:
        door, told = self._taking.ways_in.by_place.get(relayed.place), Message(Kind.FAULT, number)
        try:
            if door is not None:
                below = Below(relayed.prefix, relayed.over_tls, relayed.trace)
                answer = await door.answer_relayed(relayed.request, relayed.address, below)
                told = _told(number, answer)
        except Exception as error:  # noqa: BLE001  The rim of the process: no sender may see a traceback.
            _log_where(error)
        finally:
            self._under_way -= 1
        line.write(told)
        if line.waiting_bytes > MOST_UNTAKEN_BYTES:
            # Until the front takes what it has asked for, it asks for nothing more.
            line.hold(is_held=True)
            await line.drain()
            line.hold(is_held=False)

    def _open(self, line: Line, message: Message) -> None:
        if self._socket is not None:
            raise Malformed
        self._socket = RelayedSocket(line)
        talking = self._talk(line, self._socket, decode_relayed(message.body))
        self._taking.work(asyncio.get_running_loop().create_task(talking))

    async def _talk(self, line: Line, socket: RelayedSocket, relayed: Relayed) -> None:
        door, code = self._taking.ways_in.by_place.get(relayed.place), _BROKEN
        try:
            if door is None or self._taking.is_closing:
                line.write(Message(Kind.FAULT))
                line.end()
                return
            opened = await door.open_relayed(relayed.request, relayed.address)
            if isinstance(opened, WireAnswer):
                line.write(_told(0, opened))
                line.end()
                return
            line.write(Message(Kind.OPENED))
            await opened.talk(socket)
            code = _NORMAL
        except Exception as error:  # noqa: BLE001  The rim of the process, as above.
            _log_where(error)
        finally:
            socket.close(code)

    def _note(self, message: Message) -> None:
        place, code, address = decode_parts(message.body, _UNREADABLE_PARTS)
        door = self._taking.ways_in.by_place.get(place)
        hear = self._taking.ways_in.refused if door is None else door.hear_refused
        hear(code.decode("ascii", "replace"), address.decode("ascii", "replace"))


def _told(number: int, answer: WireAnswer | Elsewhere) -> Message:
    if isinstance(answer, Elsewhere):
        return Message(Kind.ELSEWHERE, number, encode_number(answer.shard))
    return Message(Kind.ANSWER, number, encode_answer(answer))


def _log_where(error: Exception) -> None:
    # Only where it happened is logged: the text of the exception may quote a body.
    place = traceback.extract_tb(error.__traceback__)[-1]
    _log.error("%s at %s:%s", type(error).__name__, place.filename, place.lineno)
