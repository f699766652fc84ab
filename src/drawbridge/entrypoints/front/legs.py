"""The part of a bot's socket that lies between a front and one worker."""

import asyncio
from typing import Final, Protocol

from drawbridge.entrypoints.edge.line import Line
from drawbridge.entrypoints.edge.lines import Lost
from drawbridge.entrypoints.edge.messages import (
    Kind,
    Malformed,
    Message,
    Relayed,
    decode_answer,
    decode_number,
    encode_number,
    encode_relayed,
)
from drawbridge.wire.http import WireAnswer
from drawbridge.wire.stream import Frame

_OPENED_WITHIN_S: Final = 20


class Listener(Protocol):
    """Who hears what a worker says over a leg."""

    def hear_ready(self, leg: "Leg") -> None:
        """Hear that the greeting is over, if there was one."""

    def hear_frame(self, leg: "Leg", frame: Frame) -> None:
        """Hear a frame for the bot."""

    def hear_elsewhere(self, leg: "Leg", shard: int) -> None:
        """Hear that the account which the bot has named is another worker's."""

    def hear_end(self, leg: "Leg", code: int | None) -> None:
        """Hear that it is over, with a code of the protocol or without a word."""


class Leg:
    """One line for one bot's socket."""

    def __init__(self, listener: Listener) -> None:
        """Begin with no line."""
        self._listener = listener
        self._line: Line | None = None
        self._is_over = self._is_begun = False
        self._held: list[Message] = []
        loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[WireAnswer | None] = loop.create_future()

    async def open(self, line: Line, relayed: Relayed, deadline: float) -> WireAnswer | None:
        """Open the socket at the worker; give the answer that refuses it, None for a yes.

        Raises: `Lost`.
        """
        self._line = line
        line.write(Message(Kind.OPEN, 0, encode_relayed(relayed)))
        try:
            # A worker may first ask the exchange for its markets.
            async with asyncio.timeout_at(deadline + _OPENED_WITHIN_S):
                return await self._opened
        except TimeoutError:
            line.end(at_once=True)
            raise Lost from None
        except asyncio.CancelledError:
            line.end(at_once=True)
            raise

    def begin(self) -> None:
        """Let the listener hear from now on, and first what was said meanwhile."""
        self._is_begun = True
        held, self._held = self._held, []
        for message in held:
            self.hear(message)
        if self._line is not None:
            self._line.hold(is_held=False)
            if not self._line.is_open:
                self.lose()

    async def say(self, frame: Frame) -> None:
        """Hand on a frame of the bot, as fast as the worker takes them."""
        line = self._line
        if line is None:
            return
        if isinstance(frame, str):
            line.write(Message(Kind.TEXT, 0, frame.encode()))
        else:
            line.write(Message(Kind.BINARY, 0, frame))
        await line.drain()

    def close(self, code: int) -> None:
        """Tell the worker that the bot has gone."""
        self._is_over = True
        if self._line is not None:
            self._line.write(Message(Kind.CLOSE, 0, encode_number(code)))
            self._line.end()

    # What its line tells it.

    def hear(self, message: Message) -> None:
        """Hear a message. Raises: `Malformed`."""
        if not self._opened.done():
            self._hear_first(message)
        elif not self._is_begun:
            self._held.append(message)
        elif not self._is_over:
            self._hear_later(message)

    def lose(self) -> None:
        """Hear that the line is gone."""
        if not self._opened.done():
            self._opened.set_exception(Lost())
            # Whoever waited may have gone.
            self._opened.exception()
        elif self._is_begun and not self._is_over:
            self._is_over = True
            self._listener.hear_end(self, None)

    def _hear_first(self, message: Message) -> None:
        match message.kind:
            case Kind.OPENED:
                self._opened.set_result(None)
                if self._line is not None:
                    # Until there is a socket to say it over.
                    self._line.hold(is_held=True)
            case Kind.ANSWER:
                self._is_over = True
                self._opened.set_result(decode_answer(message.body))
            case Kind.FAULT:
                self._opened.set_exception(Lost())
                self._opened.exception()
            case _:
                raise Malformed

    def _hear_later(self, message: Message) -> None:
        match message.kind:
            case Kind.READY:
                self._listener.hear_ready(self)
            case Kind.TEXT:
                self._listener.hear_frame(self, _text(message.body))
            case Kind.BINARY:
                self._listener.hear_frame(self, message.body)
            case Kind.ELSEWHERE:
                self._is_over = True
                self._listener.hear_elsewhere(self, decode_number(message.body))
            case Kind.CLOSE:
                self._is_over = True
                self._listener.hear_end(self, decode_number(message.body))
            case _:
                raise Malformed


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Malformed from None
