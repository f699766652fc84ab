"""What a follower of a stream is told, and the bounded queue in which it waits.

Nobody waits for a slow follower: what does not fit is dropped, and told as a gap.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.streams import StreamEvent, Topic

MOST_WAITING: Final = 1_024


class GapReason(StrEnum):
    """Why events may have been missed.

    `BEGAN`: events are told from here on, none were before. `LOST`: none are told until `RESUMED`.
    `OVERFLOWED`: the follower read too slowly, and what waited for it was dropped.
    """

    BEGAN = "began"
    LOST = "lost"
    RESUMED = "resumed"
    OVERFLOWED = "overflowed"


@dataclass(frozen=True, slots=True)
class Gap:
    """Events may have been missed before this: load how things stand over REST.

    After a `LOST` one, things go on without being told: look again and again until `RESUMED`.
    """

    reason: GapReason


Told: TypeAlias = StreamEvent | Gap


class Following:
    """One follower of one topic."""

    __slots__ = ("_error", "_has_ended", "_news", "_waiting", "has_begun", "topic")

    def __init__(self, topic: Topic) -> None:
        """Begin with nothing told."""
        self.topic = topic
        self.has_begun = False
        self._waiting: deque[Told] = deque()
        self._news = asyncio.Event()
        self._has_ended = False
        self._error: DrawbridgeError | None = None

    def __len__(self) -> int:
        """Count what waits."""
        return len(self._waiting)

    def put(self, told: Told) -> None:
        """Tell something; where there is no room, all that waits becomes one gap."""
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.clear()
            self._waiting.append(Gap(GapReason.OVERFLOWED))
        self._waiting.append(told)
        self._news.set()

    def begin(self) -> None:
        """Tell that events are told from here on, for the first time or again."""
        reason = GapReason.RESUMED if self.has_begun else GapReason.BEGAN
        self.has_begun = True
        self.put(Gap(reason))

    def lose(self) -> None:
        """Tell that nothing is told for now, to a follower who was told something."""
        if self.has_begun:
            self.put(Gap(GapReason.LOST))

    def end(self, error: DrawbridgeError | None = None) -> None:
        """Tell nothing more; what waits is still given, and then the error raised if there is one.

        The first end counts.
        """
        if not self._has_ended:
            self._has_ended, self._error = True, error
            self._news.set()

    async def take(self) -> Told | None:
        """Wait for what is told next; None after the end. Raises: the error that it ended with."""
        while not self._waiting:
            if self._error is not None:
                # All followers of a line end with the same one: none carries another's way along.
                raise self._error.with_traceback(None)
            if self._has_ended:
                return None
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()
