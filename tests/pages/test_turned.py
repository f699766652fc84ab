"""A phone that is turned: charts become as wide as there is room, and no page gets too wide."""

from pathlib import Path

import pytest
from playwright.async_api import Page

from drawbridge.lab.model import TrialStatus
from tests.kit.browser import PHONE, open_browser, open_window
from tests.kit.browserling import Browserling
from tests.kit.furnished import furnish
from tests.kit.served import served
from tests.kit.walk import carry
from tests.kit.web_site import WebSite, open_web_site

LYING = (PHONE[1], PHONE[0])
_DRAWN = """() => [...document.querySelectorAll("[data-chart], [data-line]")]
  .every((it) => it.dataset.drawn)"""
# Whether every chart is as wide as what it stands in, and the page no wider than the screen.
_FITS = """() => document.documentElement.scrollWidth <= window.innerWidth
  && [...document.querySelectorAll(".chart")].every((it) => {
    const around = it.parentElement;
    const room = around.clientWidth - parseFloat(getComputedStyle(around).paddingInline) * 2;
    const drawn = it.querySelector("canvas").closest("table").getBoundingClientRect().width;
    return Math.abs(it.clientWidth - room) <= 2 && Math.abs(drawn - it.clientWidth) <= 2;
  })"""


async def _paths(site: WebSite) -> list[str]:
    owner = (await site.house.accounts.list_owners())[0].id
    key = (await site.house.vault.list_keys(owner))[0]
    robot = (await site.house.robots.list_robots(owner))[-1]
    trials = await site.house.lab.list_trials(owner)
    trial = next(it for it in trials if it.status is TrialStatus.DONE)
    return ["/portfolio", f"/keys/{key.id}/performance", f"/robots/{robot.id}", f"/lab/{trial.id}"]


async def _turn(page: Page, size: tuple[int, int]) -> None:
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await page.wait_for_function(_FITS)


async def _turn_over(page: Page, address: str) -> None:
    """Open a page that has charts, and turn the phone to and fro."""
    await page.goto(address)
    await page.wait_for_function(_DRAWN)
    assert await page.locator(".chart canvas").count(), address
    for size in (LYING, PHONE, LYING):
        await _turn(page, size)


@pytest.mark.browser
async def test_charts_take_the_width_of_a_phone_that_is_turned_either_way(
    tmp_path: Path, browser_path: Path
) -> None:
    async with open_web_site(tmp_path) as site:
        browser = Browserling(site.app)
        await furnish(browser, site)
        paths = await _paths(site)
        async with (
            served(site.app) as address,
            open_browser(browser_path) as chromium,
            open_window(chromium, PHONE) as window,
        ):
            await carry(window, address, browser.cookies)
            for path in paths:
                await _turn_over(window.page, address + path)
