"""Live values: a page hears what has changed, and nothing else, as long as it may see it."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from drawbridge.core.clock import HOUR_MS
from drawbridge.core.operations import Scope
from drawbridge.entrypoints.web import live
from drawbridge.entrypoints.web.app import build_app
from drawbridge.entrypoints.web.pulse import Pulse
from drawbridge.robots.wishes import Wish
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit.browserling import Browserling
from tests.kit.owner import add_good, become_owner, set_up
from tests.kit.web_site import WebSite

_LONG_S = 20
_TRADING = Standing(KeyStatus.ENABLED, scopes=frozenset({Scope.READ, Scope.TRADE_SPOT}))


class Stream:
    """An open answer of the site, read as a browser reads it."""

    def __init__(self, site: WebSite, cookies: dict[str, str], path: str) -> None:
        self._site = site
        self._cookies = cookies
        self._path = path
        self._messages: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self._left = asyncio.Event()
        self._text = ""

    async def run(self) -> None:
        """Ask, and take down what comes until the answer ends or the browser leaves."""
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = [(b"host", b"127.0.0.1:8420"), (b"cookie", cookie.encode())]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
            "scheme": "http", "path": self._path, "raw_path": self._path.encode(),
            "query_string": b"", "root_path": "", "headers": headers,
            "client": ("127.0.0.1", 50_000), "server": ("127.0.0.1", 8420),
        }  # fmt: skip

        async def receive() -> MutableMapping[str, Any]:
            await self._left.wait()
            return {"type": "http.disconnect"}

        await self._site.app(scope, receive, self._messages.put)
        await self._messages.put({"type": "end"})

    def leave(self) -> None:
        """Close the browser's page."""
        self._left.set()

    async def head(self) -> tuple[int, str]:
        """Give status and type of the answer."""
        message = await asyncio.wait_for(self._messages.get(), _LONG_S)
        found = dict(message["headers"])
        return message["status"], found.get(b"content-type", b"").decode()

    async def event(self) -> tuple[str, str]:
        """Give name and text of the next event, `end` when the answer has ended."""
        while "\n\n" not in self._text:
            message = await asyncio.wait_for(self._messages.get(), _LONG_S)
            if message["type"] == "end" or not message.get("more_body"):
                return "end", ""
            self._text += message["body"].decode()
        block, _, self._text = self._text.partition("\n\n")
        lines = [line.partition(": ") for line in block.split("\n")]
        names = [value for name, _, value in lines if name == "event"]
        if not names:
            return await self.event()  # A heartbeat is a comment.
        return names[0], "\n".join(value for name, _, value in lines if name == "data")


@asynccontextmanager
async def listening(site: WebSite, browser: Browserling, path: str) -> AsyncIterator[Stream]:
    stream = Stream(site, browser.cookies, path)
    task = asyncio.create_task(stream.run())
    try:
        yield stream
    finally:
        stream.leave()
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, _LONG_S)


async def test_nobody_hears_anything_without_logging_in(site: WebSite) -> None:
    await become_owner(Browserling(site.app), site)
    async with listening(site, Browserling(site.app), "/live/home") as stream:
        assert (await stream.head())[0] == 303


async def test_what_is_not_there_is_refused_as_its_page_is(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    async with listening(site, browser, "/live/robots/robot_nothere") as stream:
        assert (await stream.head())[0] == 404


async def test_a_page_hears_at_once_how_it_stands_and_then_each_change(
    site: WebSite, browser: Browserling
) -> None:
    key = await add_good(browser, site, await set_up(browser, site), "Main")
    async with listening(site, browser, "/live/home") as stream:
        assert await stream.head() == (200, "text/event-stream; charset=utf-8")
        name, told = await stream.event()
        assert name == "show"
        assert 'id="home"' in told
        assert "does not accept" not in told
        await site.house.vault.record_verdict(key, Standing(KeyStatus.INVALID, "bad_signature"))
        name, told = await stream.event()
        assert name == "show"
        assert "The exchange does not accept “Main”." in told


async def test_what_changes_for_others_is_not_told(site: WebSite, browser: Browserling) -> None:
    await set_up(browser, site)
    async with listening(site, browser, "/live/portfolio") as stream:
        await stream.head()
        assert (await stream.event())[0] == "show"
        for n in range(3):
            async with site.house.database.transaction() as tx:
                await tx.execute("INSERT INTO attempts (subject, at_ms) VALUES (?, ?)", "x", n)
        await site.house.sessions.end_others(await _owner(site), _token(browser))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stream.event(), 2)


async def test_a_stream_ends_with_its_session_and_leads_to_the_log_in(
    site: WebSite, browser: Browserling
) -> None:
    await set_up(browser, site)
    async with listening(site, browser, "/live/home") as stream:
        await stream.head()
        await stream.event()
        await site.house.accounts.log_out(_token(browser))
        assert (await stream.event())[0] == "leave"
        assert (await stream.event())[0] == "end"


async def test_listening_does_not_keep_a_session_open(site: WebSite, browser: Browserling) -> None:
    await set_up(browser, site)
    before = await site.house.sessions.list_open(await _owner(site), _token(browser))
    site.clock.advance(HOUR_MS)
    assert await site.house.sessions.find_owner(_token(browser)) is not None
    after = await site.house.sessions.list_open(await _owner(site), _token(browser))
    assert [it.seen_ms for it in after] == [it.seen_ms for it in before]


async def test_what_was_deleted_makes_its_page_leave(site: WebSite, browser: Browserling) -> None:
    key = await add_good(browser, site, await set_up(browser, site))
    await site.house.vault.record_verdict(key, _TRADING)
    wish = Wish(key_id=key, symbol="BTC/USD", amount="100", name="Short life")
    robot = await site.house.robots.create(await _owner(site), wish)
    async with listening(site, browser, f"/live/robots/{robot.id}") as stream:
        await stream.head()
        assert "robot-head" in (await stream.event())[1]
        await site.house.robots.delete(robot.owner, robot.id)
        assert (await stream.event())[0] == "leave"


async def test_the_end_of_the_process_ends_all_streams_at_once(
    site: WebSite, browser: Browserling
) -> None:
    await set_up(browser, site)
    pulse = Pulse(site.house.database)
    place = replace(site, app=build_app(site.house, pulse=pulse))
    async with (
        listening(place, browser, "/live/home") as one,
        listening(place, browser, "/live/portfolio") as two,
    ):
        for stream in (one, two):
            await stream.head()
            await stream.event()
        pulse.end()
        began_s = asyncio.get_running_loop().time()
        assert (await one.event())[0] == (await two.event())[0] == "end"
        assert asyncio.get_running_loop().time() - began_s < 1


async def test_no_more_streams_are_opened_than_there_is_room_for(
    site: WebSite, browser: Browserling
) -> None:
    await set_up(browser, site)
    streams = [Stream(site, browser.cookies, "/live/home") for _ in range(live.MOST_OF_ONE + 1)]
    tasks = []
    for stream in streams[:-1]:
        tasks.append(asyncio.create_task(stream.run()))
        assert (await stream.head())[0] == 200
        await stream.event()
    tasks.append(asyncio.create_task(streams[-1].run()))
    assert (await streams[-1].head())[0] == 503
    streams[0].leave()
    await asyncio.wait_for(tasks[0], _LONG_S)
    async with listening(site, browser, "/live/home") as stream:
        assert (await stream.head())[0] == 200
    for stream in streams:
        stream.leave()
    await asyncio.wait_for(asyncio.gather(*tasks), _LONG_S)


async def test_while_nobody_listens_nobody_looks() -> None:
    looks = 0

    class Source:
        async def data_version(self) -> int:
            nonlocal looks
            looks += 1
            return looks

    pulse = Pulse(Source())
    assert pulse.beat == 0
    with pulse.listening(), pulse.listening():
        first = await pulse.wait(0, _LONG_S)
        assert await pulse.wait(first, _LONG_S) > first
    seen = looks
    await pulse.pause(0.6)
    assert looks == seen
    with pulse.listening():
        assert await pulse.wait(pulse.beat, _LONG_S) > 0


async def _owner(site: WebSite) -> str:
    return (await site.house.accounts.list_owners())[0].id


def _token(browser: Browserling) -> str:
    return next(value for name, value in browser.cookies.items() if "session" in name)
