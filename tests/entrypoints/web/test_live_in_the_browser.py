"""Live pages in a real browser: what changes is shown in place, and nothing else is touched."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, Request, expect

from drawbridge.robots.model import RobotStatus
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit.browser import open_browser, open_window
from tests.kit.browserling import Browserling
from tests.kit.furnished import furnish
from tests.kit.served import served
from tests.kit.walk import carry
from tests.kit.web_site import WebSite

_WITHOUT_STREAMS = "delete window.EventSource"
_MARK = "document.querySelector('#home h1').isMarked = true"
_IS_MARKED = "document.querySelector('#home h1').isMarked"


@asynccontextmanager
async def looking(
    site: WebSite, browser: Browserling, path: Path, before: str = ""
) -> AsyncIterator[tuple[Page, str]]:
    """Open Home of a house that is lived in."""
    await furnish(browser, site)
    async with (
        served(site.app) as address,
        open_browser(path) as chromium,
        open_window(chromium) as window,
    ):
        await carry(window, address, browser.cookies)
        if before:
            await window.page.add_init_script(before)
        await window.page.goto(address)
        yield window.page, address


async def _heal(site: WebSite) -> None:
    """Let the key that the exchange did not accept be good."""
    owner = (await site.house.accounts.list_owners())[0].id
    keys = await site.house.vault.list_keys(owner)
    broken = next(key for key in keys if key.status is KeyStatus.INVALID)
    await site.house.vault.record_verdict(broken.id, Standing(KeyStatus.READ_ONLY))


@pytest.mark.browser
@pytest.mark.parametrize("before", ["", _WITHOUT_STREAMS])
async def test_home_shows_a_change_in_place_with_streams_and_without(
    site: WebSite, browser: Browserling, browser_path: Path, before: str
) -> None:
    async with looking(site, browser, browser_path, before) as (page, _):
        await expect(page.get_by_text("does not accept “Broken”")).to_be_visible()
        await page.evaluate(_MARK)
        button = page.get_by_role("link", name="Add another key")
        await button.focus()
        await _heal(site)
        await expect(page.get_by_text("does not accept “Broken”")).to_have_count(0)
        await expect(button).to_be_focused()
        assert await page.evaluate(_IS_MARKED), "what did not change was written anew"


@pytest.mark.browser
async def test_a_page_asks_for_nothing_whatever_changes(
    site: WebSite, browser: Browserling, browser_path: Path
) -> None:
    async with looking(site, browser, browser_path) as (page, address):
        asked: list[str] = []

        def note(request: Request) -> None:
            if "/static/" not in request.url and "/live/home" not in request.url:
                asked.append(request.url.removeprefix(address))

        page.on("request", note)
        await _heal(site)
        await expect(page.get_by_text("does not accept “Broken”")).to_have_count(0)
        assert asked == []


@pytest.mark.browser
async def test_a_robots_page_tells_its_status_and_buttons_as_they_change(
    site: WebSite, browser: Browserling, browser_path: Path
) -> None:
    async with looking(site, browser, browser_path) as (page, address):
        owner = (await site.house.accounts.list_owners())[0].id
        robots = await site.house.robots.list_robots(owner)
        robot = next(it for it in robots if it.status is RobotStatus.STARTED)
        await page.goto(f"{address}/robots/{robot.id}")
        badge = page.locator("#robot-head .badge")
        await expect(badge).to_have_text("running")
        async with site.house.database.transaction() as tx:
            await tx.execute("UPDATE robots SET status = 'stopped' WHERE id = ?", robot.id)
        await expect(badge).to_have_text("stopped")
        await expect(page.get_by_role("button", name="Delete")).to_be_visible()


@pytest.mark.browser
async def test_a_server_that_is_away_is_told_and_coming_back_takes_it_away(
    site: WebSite, browser: Browserling, browser_path: Path
) -> None:
    async with looking(site, browser, browser_path, _WITHOUT_STREAMS) as (page, _):
        lost = page.get_by_text("The connection is lost.")
        await expect(lost).to_be_hidden()
        await page.route("**/home/live", lambda route: route.abort())
        await expect(lost).to_be_visible()
        await page.unroute("**/home/live")
        await expect(lost).to_be_hidden()
