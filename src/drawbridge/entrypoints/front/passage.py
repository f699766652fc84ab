"""A bot's socket at the front: its frames go to a worker and the worker's come back, unread.

Which account a socket is for is known only when the bot names a key, and only the exchange's own
session can read that; it runs at the worker. So a socket begins where the bot's last key was, or
anywhere. A worker that is named a key of another's says so before anything is judged. Has the bot
been told nothing but the greeting, the socket moves there and the bot notices nothing; else it ends
with 1012, as after any gap, and the client's next one begins at the right place.
"""

import asyncio
from typing import Final

from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.edge.messages import Relayed
from drawbridge.entrypoints.front.legs import Leg
from drawbridge.entrypoints.front.routes import Routes
from drawbridge.entrypoints.wire_server.sockets import AGAIN_LATER, Socket
from drawbridge.wire.http import WireAnswer
from drawbridge.wire.stream import Frame

# What a bot may say before it is told anything, if its socket is to move.
_MOST_SAID: Final = 32
_MOST_SAID_CHARACTERS: Final = 64 * 1_024
_MOST_MOVES: Final = 3
# A handshake that is agreed on has its socket at once, unless the bot has gone.
_TALKS_WITHIN_S: Final = 10


class Passage:
    """One bot's socket, and the leg that leads on from it."""

    def __init__(self, routes: Routes, relayed: Relayed, among: "set[Passage]") -> None:
        """Lead nowhere yet; `among` are all that are open."""
        self._among = among
        self._routes = routes
        self._relayed = relayed
        self._loop = asyncio.get_running_loop()
        self._leg: Leg | None = None
        self._socket: Socket | None = None
        self._said: list[Frame] = []
        self._said_characters = 0
        self._greeting = self._to_skip = self._moves = 0
        # Whether the worker has greeted; and whether the bot was told anything after that.
        self._is_ready = self._is_told = False
        self._wanted: int | None = None
        self._moving: asyncio.Task[None] | None = None

    async def open(self) -> WireAnswer | None:
        """Open it at a worker; give the answer that refuses it, None for a yes.

        Raises: as `Routes.open`.
        """
        opened = await self._routes.open(self._relayed, self._routes.guess(self._relayed), self)
        if isinstance(opened, WireAnswer):
            return opened
        self._leg = opened
        self._among.add(self)
        self._loop.call_later(_TALKS_WITHIN_S, self._end_unheard)
        return None

    async def talk(self, socket: Socket) -> None:
        """Hand frames on until the socket ends."""
        self._socket = socket
        if self._leg is not None:
            self._leg.begin()
        try:
            while (frame := await socket.receive()) is not None:
                await self._say(frame)
        finally:
            self._among.discard(self)
            if self._moving is not None:
                self._moving.cancel()
            if self._leg is not None:
                self._leg.close(socket.code)

    # What its leg tells it.

    def hear_ready(self, leg: Leg) -> None:
        """Hear that the greeting is over."""
        if leg is self._leg:
            self._is_ready = True
            self._to_skip = 0

    def hear_frame(self, leg: Leg, frame: Frame) -> None:
        """Tell the bot, unless it has heard the same greeting from another worker."""
        if leg is not self._leg or self._socket is None:
            return
        if self._to_skip:
            self._to_skip -= 1
            return
        if self._is_ready:
            self._is_told = True
            self._said.clear()
        else:
            self._greeting += 1
        self._socket.send(frame)

    def hear_elsewhere(self, leg: Leg, shard: int) -> None:
        """Move to where the account is, or let the client begin anew there."""
        if leg is not self._leg:
            return
        self._routes.remember(self._relayed, shard)
        if self._is_told or self._is_too_much() or self._moves >= _MOST_MOVES:
            self._end(AGAIN_LATER)
            return
        self._moves += 1
        self._wanted = shard
        if self._moving is None:
            self._moving = self._loop.create_task(self._move())

    def hear_end(self, leg: Leg, code: int | None) -> None:
        """End the bot's socket as the worker did, or as after a gap."""
        if leg is self._leg:
            self._end(AGAIN_LATER if code is None else code)

    async def _say(self, frame: Frame) -> None:
        if not self._is_told and not self._is_too_much():
            self._said.append(frame)
            self._said_characters += len(frame)
        if self._moving is not None:
            # It says all that was said, this too.
            await asyncio.wait((self._moving,))
        elif self._leg is not None:
            await self._leg.say(frame)

    async def _move(self) -> None:
        """Open a leg where the account is, and say there what the bot has said."""
        while (shard := self._wanted) is not None:
            self._leg, self._wanted, self._is_ready = None, None, False
            self._to_skip = self._greeting
            opened = await self._open_at(shard)
            if opened is None:
                self._moving = None
                self._end(AGAIN_LATER)
                return
            self._leg = opened
            opened.begin()
            said = 0
            while said < len(self._said):
                await opened.say(self._said[said])
                said += 1
        self._moving = None

    async def _open_at(self, shard: int) -> Leg | None:
        try:
            opened = await self._routes.open(self._relayed, shard, self)
        except DrawbridgeError:
            return None
        return opened if isinstance(opened, Leg) else None

    def _is_too_much(self) -> bool:
        return len(self._said) >= _MOST_SAID or self._said_characters > _MOST_SAID_CHARACTERS

    def _end(self, code: int) -> None:
        if self._socket is not None:
            self._socket.close(code)
        elif self._leg is not None:
            self._leg.close(code)

    def _end_unheard(self) -> None:
        if self._socket is None and self._leg is not None:
            self._among.discard(self)
            self._leg.close(AGAIN_LATER)
