"""One open connection to an exchange's stream: frames read, questions answered, pings kept up.

It ends with the connection, always by an error that says why. Which topics are followed over it,
and what comes after its end, is decided in `lines.py`.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from drawbridge.core.errors import DrawbridgeError, ExchangeDown, ExchangeRefused, NotProven
from drawbridge.core.markets import Markets
from drawbridge.core.streams import StreamEvent, Topic
from drawbridge.gateway.sockets import WebSocket
from drawbridge.wire.stream import Frame, KeptStream, leaving, reader_of

_S: Final = 1_000


@dataclass(frozen=True, slots=True)
class Pace:
    """How long everything about streams may take, and how often it is done.

    `silent_ms` covers more than two pings, so that one that is lost ends nothing. `pause_ms` lies
    between requests, for exchanges that take five a second. `steady_ms`: a connection that lived
    so long was a good one, and is opened again without the waits of those before it.
    """

    open_ms: int = 10_000
    answer_ms: int = 10_000
    ping_ms: int = 10_000
    silent_ms: int = 25_000
    pause_ms: int = 250
    check_ms: int = 15_000
    first_wait_ms: int = 250
    most_wait_ms: int = 60_000
    steady_ms: int = 60_000


class Conversation:
    """What is said over one connection."""

    def __init__(self, stream: KeptStream, socket: WebSocket, markets: Markets, pace: Pace) -> None:
        """Begin to talk over a socket that is open."""
        self.markets = markets
        self._stream = stream
        self._socket = socket
        self._pace = pace
        self._read = reader_of(stream)
        self._number = 1
        # How many answers are still waited for, and who waits for them; and how many are owed for
        # what was asked before, of which one was a no.
        self._missing = self._owed = 0
        self._answered: asyncio.Future[None] | None = None
        # A greeting may come before anybody has begun to wait for it.
        self._greeted = self._expect(1) if stream.UPKEEP.greets else None

    async def listen(self, tell: Callable[[StreamEvent], None]) -> None:
        """Read frames and tell their events, for as long as the connection lives.

        Raises: `ExchangeDown("stream_lost")`, also after a refusal that nobody asked for;
        `OutcomeUnknown("unreadable_answer")`, because what cannot be read was missed.
        """
        while (frame := await self._socket.receive()) is not None:
            try:
                events = self._read(frame, self.markets)
            except (ExchangeRefused, NotProven) as error:
                self._refuse(error)
                continue
            for event in events:
                tell(event)
            if self._missing or self._owed or not events:
                self._hear(frame)
        raise ExchangeDown("stream_lost")

    async def keep_alive(self) -> None:
        """Ping, and notice when the other side is not there any more.

        Raises: `ExchangeDown("stream_silent")`.
        """
        loop, ping = asyncio.get_running_loop(), self._stream.UPKEEP.ping
        while True:
            await asyncio.sleep(self._pace.ping_ms / _S)
            if loop.time() - self._socket.heard_at > self._pace.silent_ms / _S:
                raise ExchangeDown("stream_silent")
            self._socket.ping()
            if ping is not None:
                self._socket.send(ping(self.next_number(1)))

    async def greet(self) -> None:
        """Wait for the greeting where there is one, and say what is to be said first."""
        if self._greeted is not None:
            await self._wait(self._greeted)
        await self.ask(self._stream.UPKEEP.first)

    async def leave(self, topics: Sequence[Topic]) -> None:
        """End subscriptions to public topics."""
        number = self.next_number(2 * len(topics))
        await self.ask(leaving(self._stream, self._read, topics, self.markets, number))

    async def ask(self, frames: Sequence[Frame]) -> None:
        """Send frames, each of which is answered, and wait for the answers.

        Raises: `ExchangeRefused`, `NotProven` for the first no; `ExchangeDown("stream_silent")`
        when an answer does not come.
        """
        if not frames:
            return
        waiting = self._expect(len(frames))
        for frame in frames:
            self._socket.send(frame)
        await self._wait(waiting)

    def next_number(self, count: int) -> int:
        """Give a number for the first of so many frames."""
        number, self._number = self._number, self._number + count
        return number

    def _expect(self, count: int) -> asyncio.Future[None]:
        self._missing = count
        self._answered = asyncio.get_running_loop().create_future()
        return self._answered

    async def _wait(self, answered: asyncio.Future[None]) -> None:
        try:
            async with asyncio.timeout(self._pace.answer_ms / _S):
                await answered
        except TimeoutError:
            raise ExchangeDown("stream_silent") from None
        finally:
            self._owed += self._missing
            self._missing, self._answered = 0, None

    def _hear(self, frame: Frame) -> None:
        heard = self._stream.UPKEEP.hear(frame)
        if heard.reply:
            self._socket.send(heard.reply)
        for _ in range(heard.answers):
            self._count()
        if self._answered is not None and not self._missing and not self._answered.done():
            self._answered.set_result(None)

    def _refuse(self, error: DrawbridgeError) -> None:
        if self._answered is not None and not self._owed and not self._answered.done():
            self._missing -= 1
            self._answered.set_exception(error)
        elif not self._count():
            raise ExchangeDown("stream_lost") from None

    def _count(self) -> bool:
        """Count an answer, which come in the order of what was asked; tell whether it was owed."""
        if self._owed:
            self._owed -= 1
        elif self._missing:
            self._missing -= 1
        else:
            return False
        return True
