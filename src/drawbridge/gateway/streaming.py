"""Our own side of exchanges' streams: whoever follows a topic is told its events, and every gap.

Followers of one topic share a subscription, topics a connection. Nothing here decides what to do
about a gap: whoever follows loads how things stand over REST. How it fits together:
docs/explain/streams.md.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Final

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.errors import BadInput, ExchangeDown, NotFound
from drawbridge.core.streams import Topic
from drawbridge.gateway.following import Following, Gap, GapReason, Told
from drawbridge.gateway.lines import Line, LineAt, Ways
from drawbridge.wire.stream import KeptStream

__all__ = ["Gap", "GapReason", "Streams", "Told"]

_log: Final = logging.getLogger(__name__)

_MOST_LINES: Final = 2_048
_MOST_FOLLOWERS: Final = 65_536


class Streams:
    """All streams that are followed from this process."""

    def __init__(self, ways: Ways) -> None:
        """Begin with nothing followed."""
        self._ways = ways
        self._lines: dict[LineAt, list[Line]] = {}
        self._tasks: dict[Line, asyncio.Task[None]] = {}
        self._followers = 0
        self._is_closed = False

    def follow(self, exchange_id: str, venue: str, topic: Topic) -> AsyncGenerator[Told, None]:
        """Follow what everybody may see, for as long as the iterator is read and not closed.

        It gives `Gap(BEGAN)` once the exchange tells the topic, then events and further gaps. A
        connection that breaks is opened again for ever; only what waiting does not mend is raised.
        Raises: `NotFound("unknown_exchange")`, `NotFound("no_streams")`, `BadInput` for a topic
        that is private or not told; when read, `ExchangeRefused`, `NotFound("unknown_symbol")`,
        `BadInput("bad_interval")`, `NotFound("unknown_venue")`,
        `ExchangeDown("too_many_streams")`.
        """
        stream = _stream_of(exchange_id, topic)
        if topic.kind.is_private:
            raise BadInput("topic_needs_key", field="topic")
        return self._told(LineAt(exchange_id, venue, stream.stream_path(topic)), topic)

    async def follow_key(self, key_id: str, topic: Topic) -> AsyncGenerator[Told, None]:
        """Follow what happens to a key's account, of all symbols; the rest is as in `follow`.

        Raises: as `follow`; when read, also `NotFound("unknown_key")`,
        `Forbidden("key_not_usable")`, and the exchange's refusal of a key that it does not accept
        over REST either: then nothing more is told until somebody follows anew.
        """
        exchange_id, venue = await self._ways.gateway.may_listen(key_id)
        stream = _stream_of(exchange_id, topic)
        if not topic.kind.is_private or topic.symbol:
            raise BadInput("topic_not_told", field="topic", exchange=exchange_id)
        at = LineAt(exchange_id, venue, stream.stream_path(topic), key_id)
        async for told in self._told(at, topic):
            yield told

    @property
    def open_lines(self) -> int:
        """Tell how many connections to exchanges are followed now."""
        return sum(map(len, self._lines.values()))

    async def close(self) -> None:
        """Close every connection; followers hear the end."""
        self._is_closed = True
        tasks = tuple(self._tasks.values())
        for line in tuple(self._tasks):
            line.end()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _told(self, at: LineAt, topic: Topic) -> AsyncGenerator[Told, None]:
        line, following = self._join(at, topic)
        try:
            while (told := await following.take()) is not None:
                yield told
        finally:
            self._leave(line, following)

    def _join(self, at: LineAt, topic: Topic) -> tuple[Line, Following]:
        if self._is_closed or self._followers >= _MOST_FOLLOWERS:
            raise ExchangeDown("too_many_streams")
        line = self._find_line(at, topic)
        following = line.follow(topic)
        self._followers += 1
        if line not in self._tasks:
            task = asyncio.create_task(line.run())
            self._tasks[line] = task
            self._lines.setdefault(at, []).append(line)
            task.add_done_callback(lambda ended: self._forget(at, line, ended))
        return line, following

    def _find_line(self, at: LineAt, topic: Topic) -> Line:
        """Give the line over which a topic is followed, else one with room, else a new one."""
        lines = [line for line in self._lines.get(at, ()) if line.takes(topic)]
        if lines:
            return next((line for line in lines if line.follows(topic)), lines[0])
        if len(self._tasks) >= _MOST_LINES:
            raise ExchangeDown("too_many_streams")
        return Line(at, self._ways)

    def _leave(self, line: Line, following: Following) -> None:
        self._followers -= 1
        line.leave(following)
        task = self._tasks.get(line)
        if task is not None and not line.is_followed:
            line.end()
            task.cancel()

    def _forget(self, at: LineAt, line: Line, ended: asyncio.Task[None]) -> None:
        failed = None if ended.cancelled() else ended.exception()
        if failed is not None:
            # A fault of ours must not leave followers waiting. The text may quote a frame.
            _log.error("%s on a line to %s", type(failed).__name__, at.exchange_id)
            line.end(ExchangeDown("stream_lost"))
        self._tasks.pop(line, None)
        lines = self._lines.get(at, [])
        if line in lines:
            lines.remove(line)
        if not lines:
            self._lines.pop(at, None)


def _stream_of(exchange_id: str, topic: Topic) -> KeptStream:
    """Give our side of an exchange's streams. Raises: `NotFound`, `BadInput("topic_not_told")`."""
    exchange = get_exchange(exchange_id)
    if exchange.stream is None:
        raise NotFound("no_streams", exchange=exchange.card.name)
    if topic.kind not in exchange.stream.UPKEEP.tells:
        raise BadInput("topic_not_told", field="topic", exchange=exchange.card.name)
    return exchange.stream
