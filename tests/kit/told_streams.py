"""Streams that tell what a test puts into them, and a bench of robots that hear them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.streams import Topic, TopicKind
from drawbridge.gateway.streaming import Told
from drawbridge.robots.running.runner import Robots
from tests.kit.robot_bench import Bench
from tests.kit.robots import KEY, open_database, outside_of


@dataclass
class ToldStreams:
    """Streams that tell what a test puts into them."""

    queues: dict[Topic, asyncio.Queue[Told]] = field(default_factory=dict)
    ends: list[DrawbridgeError] = field(default_factory=list)

    async def follow(
        self, exchange_id: str, venue: str, topic: Topic
    ) -> AsyncGenerator[Told, None]:
        assert (exchange_id, venue) == ("binance", "paper")
        queue = self.queues.setdefault(topic, asyncio.Queue())
        while True:
            event = await queue.get()
            try:
                yield event
            finally:
                queue.task_done()

    async def follow_key(self, key_id: str, topic: Topic) -> AsyncGenerator[Told, None]:
        assert key_id == KEY
        if self.ends:
            raise self.ends.pop()
        queue = self.queues.setdefault(topic, asyncio.Queue())
        while True:
            event = await queue.get()
            try:
                yield event
            finally:
                queue.task_done()

    async def tell(self, kind: TopicKind, *told: Told) -> None:
        """Tell something to who follows a topic of this kind, and let it be heard."""
        (topic,) = [it for it in self.queues if it.kind is kind]
        for event in told:
            self.queues[topic].put_nowait(event)
        await self.queues[topic].join()


@dataclass
class Heard:
    """A bench, and the streams that its robots hear."""

    bench: Bench
    streams: ToldStreams

    async def run(self) -> None:
        """Let what was begun by a stream end; nothing is looked at by the clock."""
        await self.bench.runner.settle()

    def restart(self) -> None:
        """Go on with a runner that knows only what is on disk; the one before has ended."""
        it = self.bench.exchange
        self.bench.runner = Robots(
            self.bench.database, outside_of(it, self.streams), it.clock, lambda below: below - 1
        )


@asynccontextmanager
async def open_heard(folder: Path) -> AsyncIterator[Heard]:
    """Open a bench whose robots hear streams."""
    async with open_database(folder) as database:
        heard = Heard(Bench(database), ToldStreams())
        heard.restart()
        yield heard
        await heard.bench.runner.close()
