"""The front's side of the relay: lines to workers that are kept, and what is asked over them.

A line carries many requests at once and gives their answers back as they come. What was handed on
over a line that is lost then has no answer, and whoever asked is told just that.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Final, Protocol

from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.edge.line import Line, Wire
from drawbridge.entrypoints.edge.messages import (
    MOST_TOLD_BYTES,
    Kind,
    Malformed,
    Message,
    Relayed,
    decode_answer,
    decode_number,
    encode_parts,
    encode_relayed,
)
from drawbridge.entrypoints.edge.places import Elsewhere
from drawbridge.entrypoints.edge.proving import Entropy, FrontProving
from drawbridge.wire.http import WireAnswer

# Beyond these, a bot hears at once that there is no room.
MOST_UNDER_WAY: Final = 2_048
# A worker whose machine died answers nothing: who has its accounts is to be asked in time.
_REACHED_WITHIN_S: Final = 1.5
# Longer than an exchange may take, and than any bot waits.
_ANSWERED_WITHIN_S: Final = 30
# Beyond this, a worker does not take what it is asked, and is asked for nothing more.
_MOST_UNTAKEN_BYTES: Final = 8 * 1_024 * 1_024
_WATCH_EVERY_S: Final = 1.0
_NUMBERS: Final = 2**32


class NotReached(Exception):
    """Nothing was handed on: it may be asked again, whatever it is."""


class Lost(Exception):
    """It was handed on, and no answer will come."""


class Talk(Protocol):
    """Who talks over one line."""

    def hear(self, message: Message) -> None:
        """Hear a message. Raises: `Malformed`."""

    def lose(self) -> None:
        """Hear that the line is gone."""


Dial = Callable[[str, Callable[[], Wire], float], Awaitable[Wire]]
"""Opens a line to an address by a moment of the loop. Raises: `DrawbridgeError`."""


class Lines:
    """All lines of a front to its workers."""

    def __init__(self, dial: Dial, key: bytes, entropy: Entropy) -> None:
        """Begin with none."""
        self._dial = dial
        self._key = key
        self._entropy = entropy
        self._asking: dict[str, _Asking] = {}
        self._dialling: dict[str, asyncio.Lock] = {}
        self._lines: dict[Line, str] = {}
        self._watching: asyncio.Task[None] | None = None

    @property
    def open_count(self) -> int:
        """Count those that are open now."""
        return sum(line.is_open for line in self._lines)

    def start(self) -> None:
        """Begin to look whether they still live."""
        self._watching = asyncio.create_task(self._watch())

    async def ask(self, where: str, relayed: Relayed, deadline: float) -> WireAnswer | Elsewhere:
        """Hand a request on to a worker by the deadline, and wait for its answer.

        Raises: `NotReached`; `Lost`.
        """
        return await (await self._find(where, deadline)).ask(relayed)

    async def open(self, where: str, talk: Talk, deadline: float) -> Line:
        """Open a line for a socket of its own, so that none waits behind another.

        Raises: `NotReached`.
        """
        return await self._open(where, talk, deadline)

    def tell_any(self, told: Message) -> None:
        """Say something that nobody answers to one who is at hand; where none is, to nobody."""
        for asking in self._asking.values():
            if asking.tell(told):
                return

    def quiet_at(self, for_s: float) -> frozenset[str]:
        """Give the workers that have said nothing for so long, not even that they are there."""
        now_s = asyncio.get_running_loop().time()
        return frozenset(it for line, it in self._lines.items() if line.is_quiet(now_s, for_s))

    def end_at(self, where: str) -> None:
        """End all lines to a worker: what was asked there gets no answer any more."""
        for line in [line for line, it in self._lines.items() if it == where]:
            line.end(at_once=True)

    async def close(self) -> None:
        """End them all."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
        for line in tuple(self._lines):
            line.end()

    def leave(self, line: Line) -> None:
        """Watch over a line no more."""
        self._lines.pop(line, None)

    async def _find(self, where: str, deadline: float) -> "_Asking":
        asking = self._asking.get(where)
        if asking is not None and asking.is_open:
            return asking
        # One that dials is enough; the others go with it.
        async with self._dialling.setdefault(where, asyncio.Lock()):
            asking = self._asking.get(where)
            if asking is not None and asking.is_open:
                return asking
            asking = _Asking()
            asking.line = await self._open(where, asking, deadline)
            self._asking[where] = asking
            return asking

    async def _open(self, where: str, talk: Talk, deadline: float) -> Line:
        loop = asyncio.get_running_loop()
        owner = _Owner(talk, self, loop.create_future())
        until = min(deadline, loop.time() + _REACHED_WITHIN_S)
        line = Line(FrontProving(self._key, self._entropy, where), owner, MOST_TOLD_BYTES)
        try:
            await self._dial(where, lambda: Wire(line), until)
        except DrawbridgeError:
            raise NotReached from None
        self._lines[line] = where
        try:
            async with asyncio.timeout_at(until):
                await owner.is_proven
        except (TimeoutError, NotReached):
            line.end(at_once=True)
            raise NotReached from None
        except asyncio.CancelledError:
            line.end(at_once=True)
            raise
        return line

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            for line in tuple(self._lines):
                line.watch(loop.time())
            for where in [it for it, asking in self._asking.items() if not asking.is_open]:
                del self._asking[where]


class _Owner:
    """A line's owner at the front: waits for its proof, then lets somebody talk."""

    def __init__(self, talk: Talk, lines: Lines, is_proven: asyncio.Future[None]) -> None:
        self._talk = talk
        self._lines = lines
        self.is_proven = is_proven

    def begun(self, line: Line) -> bool:
        del line  # Whoever dialled has it.
        return True

    def proven(self, line: Line) -> None:
        del line
        if not self.is_proven.done():
            self.is_proven.set_result(None)

    def hear(self, line: Line, message: Message) -> None:
        del line
        self._talk.hear(message)

    def lost(self, line: Line) -> None:
        self._lines.leave(line)
        if not self.is_proven.done():
            self.is_proven.set_exception(NotReached())
        self._talk.lose()


class _Asking:
    """What is asked over one line, by number."""

    def __init__(self) -> None:
        self.line: Line | None = None
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[WireAnswer | Elsewhere]] = {}

    @property
    def is_open(self) -> bool:
        return self.line is not None and self.line.is_open

    async def ask(self, relayed: Relayed) -> WireAnswer | Elsewhere:
        line, number = self.line, next(self._numbers) % _NUMBERS
        if line is None or not line.is_open or not self._has_room(line):
            raise NotReached
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[WireAnswer | Elsewhere] = loop.create_future()
        # Until it is answered, also where nobody waits for it any more: the worker counts it too.
        self._waiting[number] = answer
        line.write(Message(Kind.REQUEST, number, encode_relayed(relayed)))
        try:
            async with asyncio.timeout(_ANSWERED_WITHIN_S):
                return await answer
        except TimeoutError:
            raise Lost from None

    def tell(self, told: Message) -> bool:
        line = self.line
        if line is None or not line.is_open or line.waiting_bytes:
            return False
        line.write(told)
        return True

    def hear(self, message: Message) -> None:
        answer = self._waiting.pop(message.number, None)
        if answer is None or answer.done():
            return  # whoever asked has gone
        match message.kind:
            case Kind.ANSWER:
                answer.set_result(decode_answer(message.body))
            case Kind.ELSEWHERE:
                answer.set_result(Elsewhere(decode_number(message.body)))
            case Kind.FAULT:
                answer.set_exception(Lost())
            case _:
                raise Malformed

    def _has_room(self, line: Line) -> bool:
        is_taking = line.waiting_bytes < _MOST_UNTAKEN_BYTES
        return is_taking and len(self._waiting) < MOST_UNDER_WAY

    def lose(self) -> None:
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(Lost())
        self._waiting.clear()


def unreadable(place: bytes, code: str, address: str) -> Message:
    """Write what a worker notes of what was no request."""
    return Message(
        Kind.UNREADABLE, 0, encode_parts([place, code.encode("ascii"), address.encode("ascii")])
    )
