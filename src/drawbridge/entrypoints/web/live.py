"""Live values: an open answer (server-sent events) that tells a page anew when it has changed.

What is told is the very fragment that the page would ask for by itself; where nothing of it has
changed, nothing is sent. Whoever may not see a page is refused its stream by the same rim.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final, Protocol

from starlette.responses import Response, StreamingResponse

from drawbridge.accounts.acting import acting_as
from drawbridge.accounts.roles import Act, may
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.pages.site import LEAVE, Endpoint, Shown, Site
from drawbridge.entrypoints.pages.visits import Person, Visit
from drawbridge.entrypoints.web.pulse import Pulse
from drawbridge.storage.acting import as_house
from drawbridge.wording.language import speaking

# A browser keeps six connections to a site at most, and closes those of pages nobody sees.
MOST_OF_ONE: Final = 12
MOST_IN_ALL: Final = 256
_LONGEST_S: Final = 3_600
_HEARTBEAT_S: Final = 15.0
_LEAST_PAUSE_S: Final = 0.5
# However slow a page is to draw, drawing it anew takes no more than this share of the time.
_PAUSE_PER_DRAWING: Final = 9
_BEAT: Final = ": beat\n\n"


class Sessions(Protocol):
    """Tell whose session a token still is, without counting it as a visit."""

    async def find_owner(self, token: str) -> Person | None:
        """Give the owner of a session that has not ended, or None."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A page's fragment as an event, what tells it from another one, and as of which beat.

    `rest_s` is for how long nothing is drawn after it; `is_last` ends the stream.
    """

    event: str
    stamp: str = ""
    beat: int = 0
    rest_s: float = 0.0
    is_last: bool = False


_LEAVE: Final = _Drawn("event: leave\ndata: now\n\n", is_last=True)


class Live:
    """The open answers of one process."""

    def __init__(self, site: Site, sessions: Sessions, pulse: Pulse) -> None:
        """Tell pages of this site, while their sessions last, at every beat."""
        self._site = site
        self._sessions = sessions
        self._pulse = pulse
        self._open: Counter[str] = Counter()

    def streams(self, handler: Shown, *, act: Act = Act.LOOK) -> Endpoint:
        """Make an endpoint that tells what this handler draws, now and whenever it changes."""

        async def open_stream(visit: Visit) -> Response:
            if self._is_full(visit.person):
                # The page then asks again and again by itself, as without any stream.
                return Response(status_code=503, headers={"retry-after": "60"})
            first = await self._draw(handler, visit)  # What may not be seen is refused here.
            return StreamingResponse(
                self._tell(handler, visit, first, act),
                media_type="text/event-stream",
                headers={"x-accel-buffering": "no"},
            )

        return self._site.shows(open_stream, act=act)

    def _is_full(self, person: Person) -> bool:
        return self._open[person.id] >= MOST_OF_ONE or self._open.total() >= MOST_IN_ALL

    async def _tell(
        self, handler: Shown, visit: Visit, first: _Drawn, act: Act
    ) -> AsyncIterator[str]:
        if self._is_full(visit.person):  # Several asked at the same moment.
            return
        self._open[visit.person.id] += 1
        try:
            with self._pulse.listening():
                async for event in self._events(handler, visit, first, act):
                    yield event
        finally:
            self._open[visit.person.id] -= 1
            self._open += Counter()  # Whoever has none open is forgotten.

    async def _events(
        self, handler: Shown, visit: Visit, first: _Drawn, act: Act
    ) -> AsyncIterator[str]:
        """Tell what was drawn, and then wait for each beat, or until it would look older."""
        told, until_s = first, asyncio.get_running_loop().time() + _LONGEST_S
        yield told.event
        while not told.is_last and asyncio.get_running_loop().time() < until_s:
            await self._pulse.pause(told.rest_s)
            await self._pulse.wait(told.beat, _HEARTBEAT_S)
            if self._pulse.has_ended:
                return
            drawn = await self._draw_again(handler, visit, act)
            yield _BEAT if drawn.stamp == told.stamp else drawn.event
            told = drawn

    async def _draw_again(self, handler: Shown, visit: Visit, act: Act) -> _Drawn:
        with as_house():
            person = await self._sessions.find_owner(visit.token)
        if person is None or not may(person.role, act):
            return _LEAVE
        try:
            with acting_as(person, act):
                return await self._draw(handler, replace(visit, owner=person))
        except DrawbridgeError:
            return _LEAVE  # It is there no more, and its page says so.

    async def _draw(self, handler: Shown, visit: Visit) -> _Drawn:
        loop, beat = asyncio.get_running_loop(), self._pulse.beat
        began_s = loop.time()
        with speaking(visit.language.tag):
            response = await handler(visit)
        if not LEAVE.keys().isdisjoint(response.headers):
            return _LEAVE
        text = bytes(response.body).decode()
        stamp = hashlib.sha256(text.encode()).hexdigest()[:16]
        lines = "".join(f"data: {line}\n" for line in text.split("\n"))
        rest_s = max(_LEAST_PAUSE_S, (loop.time() - began_s) * _PAUSE_PER_DRAWING)
        return _Drawn(f"id: {stamp}\nevent: show\n{lines}\n", stamp, beat, rest_s)
