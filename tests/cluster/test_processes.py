"""Real processes over a real server: one is killed, one is stopped, one leaves."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise, permutations

from drawbridge.core.shards import SHARDS

_WITHIN_S = 20
# Between two words so close to each other it held all the time what it held at both.
_CLOSE_MS = 100


@dataclass
class Told:
    """A process, and what it has said: when, and which shards it held then."""

    process: Process
    news: asyncio.Event
    words: list[tuple[int, frozenset[int]]] = field(default_factory=list)

    @property
    def held(self) -> frozenset[int]:
        """Give what it said last."""
        return self.words[-1][1] if self.words else frozenset()

    async def listen(self) -> None:
        """Take in what it says, until it ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            when, _, held = line.decode().strip().partition(" ")
            self.news.set()
            self.words.append((int(when), frozenset(map(int, filter(None, held.split(","))))))


async def test_whoever_dies_stops_or_leaves_another_has_its_share_in_time(
    postgres_url: str, record_property: Callable[[str, object], None]
) -> None:
    news = asyncio.Event()
    everybody = [await _start(postgres_url, name, news) for name in ("ann", "bob", "eve")]
    ann, bob, eve = everybody

    async def until(is_so: Callable[[], bool]) -> None:
        while not is_so():
            news.clear()
            await news.wait()

    try:
        async with asyncio.timeout(_WITHIN_S), asyncio.TaskGroup() as listening:
            for one in everybody:
                listening.create_task(one.listen())
            await until(lambda: sorted(len(it.held) for it in everybody) == [20, 22, 22])
            ended_ms = eve.words[-1][0]
            ann.process.kill()
            bob.process.send_signal(signal.SIGSTOP)
            await until(lambda: len(eve.held) == SHARDS)
            record_property("told", f"taken over after {eve.words[-1][0] - ended_ms} ms")
            heard = len(bob.words)
            bob.process.send_signal(signal.SIGCONT)
            await until(lambda: len(bob.words) > heard + 1 and len(bob.held) == SHARDS // 2)
            eve.process.terminate()
            await until(lambda: len(bob.held) == SHARDS)
            bob.process.terminate()
    finally:
        for one in everybody:
            if one.process.returncode is None:
                one.process.kill()
                await one.process.wait()
    assert not [it for one, other in permutations(everybody, 2) for it in _both(one, other)]


def _both(one: Told, other: Told) -> list[int]:
    """Find the moments between two at which one held what the other held then."""
    moments = [when for when, _ in other.words]
    found = []
    for (since, before), (until, after) in pairwise(one.words):
        if until - since <= _CLOSE_MS:
            between = other.words[bisect_left(moments, since) : bisect_right(moments, until)]
            found += [when for when, held in between if before & after & held]
    return found


async def _start(url: str, name: str, news: asyncio.Event) -> Told:
    words = (sys.executable, "-m", "tests.kit.claiming", url, name)
    return Told(await asyncio.create_subprocess_exec(*words, stdout=PIPE), news)
