"""A line to the server that can be cut: bytes stop, and nobody is told.

As where a network breaks: connections stay, what is sent on them arrives nowhere, and new ones are
taken by nobody who answers.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from drawbridge.app.listening import listen, port_of

_PIECE: Final = 65_536

_Pump = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Line:
    """Leads from a port of this machine to a server's socket, in a thread of its own."""

    def __init__(self, server: Path) -> None:
        """Listen at once."""
        self._server = server
        self._socket = listen("127.0.0.1", 0)
        self.port: Final = port_of(self._socket)
        self._loop = asyncio.new_event_loop()
        self._is_whole = asyncio.Event()
        self._is_whole.set()
        self._tasks = set[asyncio.Task[None]]()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Pass nothing on from now on."""
        self._loop.call_soon_threadsafe(self._is_whole.clear)

    def mend(self) -> None:
        """Pass on what has gathered, and all that comes."""
        self._loop.call_soon_threadsafe(self._is_whole.set)

    def close(self) -> None:
        """End all of it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._lead, sock=self._socket))
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        # Once more, so that what was cancelled ends.
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._is_whole.wait()
        try:
            there = await asyncio.open_unix_connection(self._server)
        except OSError:
            writer.close()
            return
        ways = (self._pump(reader, there[1]), self._pump(there[0], writer))
        await asyncio.gather(*ways, return_exceptions=True)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(_PIECE):
                await self._is_whole.wait()
                writer.write(piece)
                await writer.drain()
        finally:
            writer.close()
