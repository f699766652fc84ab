"""The newcomer's whole way in a real browser: a paper key, the app, the check, a robot.

Nothing is mocked: three processes as `drawbridge up` starts them, and Chromium. Screenshots are
kept under the folder that DRAWBRIDGE_ALBUM names, or in the test's own.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from playwright.async_api import Browser, Cookie, Page, expect

from drawbridge.app.settings import Settings
from drawbridge.app.supervisor import WIPE_FREED_MEMORY
from tests.kit.browser import DESK, PHONE, Window, open_browser, open_window
from tests.kit.gateways import Running, start_gateway
from tests.kit.memory import count_in_memory
from tests.kit.newcomer import (
    PASSPHRASE,
    PASSWORD,
    Album,
    add_key,
    make_paper_key,
    open_key_form,
    run_first_time,
    start_robot,
    watch_check,
)
from tests.kit.processes import Paper, Process, free_port
from tests.kit.store import store_in

EXCHANGE = "Kraken"
PAGES = ("/", "/keys", "/keys/new", "/keys/new?exchange=kraken&venue=paper", "/robots", "/audit")


@dataclass(frozen=True)
class Town:
    """Where everything stands."""

    app: str
    paper: str
    web_pid: int


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with ExitStack() as started:
        paper = Paper(tmp_path / "paper")
        started.callback(_stop, paper.process)
        settings = Settings(
            data=tmp_path / "data",
            port=free_port(),
            paper=paper.account_site.removeprefix("http://"),
            egress_addresses=("203.0.113.7",),
            store=store_in(tmp_path / "data"),
        )
        started.callback(_stop, start_gateway(settings))
        environment = settings.environment() | WIPE_FREED_MEMORY
        web = Process("drawbridge.entrypoints.web", ["--with-parent"], environment)
        started.callback(_stop, web)
        yield Town(web.ready["address"], paper.account_site, web.pid)


def _stop(process: Running) -> None:
    assert process.stop() == 0


@pytest.mark.browser
async def test_a_newcomer_gets_from_nothing_to_a_running_robot(
    town: Town, browser_path: Path, tmp_path: Path
) -> None:
    album = Album(Path(os.environ.get("DRAWBRIDGE_ALBUM", tmp_path / "album")))
    async with open_browser(browser_path) as browser, open_window(browser, DESK) as window:
        page = window.page
        key = await make_paper_key(page, town.paper, EXCHANGE, album)
        authenticator = await run_first_time(page, town.app, album)

        await open_key_form(page, town.app, EXCHANGE)
        await album.shoot(page, "add-key")
        await add_key(page, key, authenticator)
        await album.shoot(page, "check-runs")
        await watch_check(page, "This key is ready to trade")
        await album.shoot(page, "check-done")
        assert key[1] not in await page.content()
        _search_memory(town, key[1])

        await start_robot(page, town.app, "BTC/USD", "1000")
        await expect(page.locator("#robot-head").get_by_text("running")).to_be_visible(
            timeout=60_000
        )
        chart = page.locator("[data-drawn]")
        await expect(chart).not_to_have_attribute("data-drawn", "0", timeout=60_000)
        await album.shoot(page, "robot")
        await page.get_by_role("button", name="Stop").click()
        await expect(page.locator("#robot-head").get_by_text("stopped")).to_be_visible(
            timeout=60_000
        )

        await page.goto(f"{town.app}/audit")
        await page.get_by_role("link", name="Verify the whole chain").click()
        await expect(page.get_by_text("The chain is whole")).to_be_visible()
        assert window.complaints == []
        cookies = await page.context.cookies()

        await _without_scripts(browser, town, cookies)
        await _on_a_phone(browser, town, cookies, album)
        for size, dark, name in ((DESK, True, "dark"), (PHONE, False, "phone")):
            async with open_window(browser, size, dark=dark) as other:
                await _take_along(other.page, cookies)
                await _look_around(other, town, size, Album(album.folder / name))


def _search_memory(town: Town, secret: str) -> None:
    """Find nothing that was typed into forms in the pages' process (scenario 34)."""
    assert count_in_memory(town.web_pid, town.app.rpartition(":")[2]) > 0
    for planted in (secret, PASSPHRASE, PASSWORD):
        for text in (planted, quote_plus(planted)):
            assert count_in_memory(town.web_pid, text) == 0


async def _look_around(window: Window, town: Town, size: tuple[int, int], album: Album) -> None:
    """Open every page; none is wider than the screen and none complains."""
    for path in PAGES:
        await window.page.goto(town.app + path)
        title = path.strip("/").replace("/", "-").partition("?")[0] or "home"
        await album.shoot(window.page, f"{title}-form" if "?" in path else title)
        width = await window.page.evaluate("document.documentElement.scrollWidth")
        assert width <= size[0], f"{path} is wider than the screen"
    assert window.complaints == []


async def _take_along(page: Page, cookies: list[Cookie]) -> None:
    """Let another window be the same person's."""
    # The browser takes what it gave, but the types of the two differ.
    await page.context.add_cookies(cookies)  # type: ignore[arg-type]


async def _without_scripts(browser: Browser, town: Town, cookies: list[Cookie]) -> None:
    """Ask for a check and watch it where scripts are switched off."""
    async with open_window(browser, scripts=False) as window:
        page = window.page
        await _take_along(page, cookies)
        await page.goto(f"{town.app}/keys")
        await page.get_by_role("link", name=f"{EXCHANGE} #1").click()
        await page.get_by_role("button", name="Check again").click()
        await watch_check(page, "This key is ready to trade")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "skip"


async def _on_a_phone(browser: Browser, town: Town, cookies: list[Cookie], album: Album) -> None:
    """See that the paper exchange's phone view leads to a desktop browser (scenario 88)."""
    async with open_window(browser, PHONE) as window:
        page = window.page
        await _take_along(page, cookies)
        for path in ("/api-management", "/api-management/new?exchange=kraken", "/"):
            await page.goto(town.paper + path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
            await album.shoot(page, f"paper{path.partition('?')[0].replace('/', '-')}-phone")
        await page.goto(f"{town.paper}/api-management")
        await expect(page.get_by_role("link", name="Create key").first).to_be_hidden()
        await page.goto(f"{town.paper}/api-management/new?exchange=kraken")
        await expect(page.get_by_text("Keys are made in a desktop browser")).to_be_visible()
        await expect(page.get_by_role("button", name="Create key")).to_be_hidden()
        assert window.complaints == []
