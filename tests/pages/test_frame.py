"""The frame around pages: the menu of a phone, what is printed, and what keeps its direction."""

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from drawbridge.entrypoints.pages.visits import LANGUAGE_COOKIE
from tests.kit.browser import DESK, PHONE, open_browser, open_window
from tests.kit.browserling import Browserling
from tests.kit.owner import PASSWORD, add_good, become_owner, set_up
from tests.kit.paper_site import open_paper_site
from tests.kit.served import served
from tests.kit.walk import carry
from tests.kit.web_site import open_web_site

_SHEETS = re.compile(rb"/Type\s*/Page\b")
_LIVE = "/keys/new?exchange=kraken&venue=live"


@pytest.mark.browser
async def test_a_phone_has_a_menu_that_needs_no_script_and_no_finger(
    tmp_path: Path, browser_path: Path
) -> None:
    async with open_web_site(tmp_path) as site:
        browser = Browserling(site.app)
        await become_owner(browser, site)
        async with (
            served(site.app) as address,
            open_browser(browser_path) as chromium,
            open_window(chromium, PHONE, scripts=False) as phone,
            open_window(chromium, DESK, scripts=False) as desk,
        ):
            for window in (phone, desk):
                await carry(window, address, browser.cookies)
                await window.page.goto(address)
            menu = phone.page.locator(".sections-menu > summary")
            orders = phone.page.get_by_role("link", name="Orders")
            await expect(menu).to_contain_text("Home")
            await expect(orders).to_be_hidden()
            await menu.press("Enter")
            await orders.press("Enter")
            await expect(phone.page).to_have_url(f"{address}/orders")
            await expect(phone.page.locator(".sections-menu > summary")).to_contain_text("Orders")
            await expect(desk.page.locator(".sections-menu")).to_be_hidden()
            await expect(desk.page.get_by_role("link", name="Orders")).to_be_visible()


@pytest.mark.browser
async def test_recovery_codes_are_printed_and_nothing_that_can_only_be_pressed(
    tmp_path: Path, browser_path: Path
) -> None:
    async with (
        open_paper_site(tmp_path / "paper") as site,
        served(site.app) as address,
        open_browser(browser_path) as chromium,
        open_window(chromium, dark=True) as window,
    ):
        page = window.page
        await page.goto(f"{address}/sign-up")
        await page.get_by_label("Name").fill("Ada")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_label("The password again").fill(PASSWORD)
        await page.get_by_role("button", name="Sign up").click()
        await page.get_by_role("button", name="Show me the picture").click()
        secret = await page.locator("#totp-secret").text_content() or ""
        await page.get_by_label("6-digit code").fill(site.code(secret))
        await page.get_by_role("button", name="Confirm").click()
        await expect(page.locator(".codes output")).to_have_count(10)
        await page.emulate_media(media="print", color_scheme="dark")
        await expect(page.locator(".codes output").first).to_be_visible()
        for hidden in (".masthead", ".colophon", ".notice-band", "main .button"):
            await expect(page.locator(hidden).first).to_be_hidden()
        ink = await page.evaluate("getComputedStyle(document.querySelector('.codes')).color")
        assert ink == "rgb(19, 33, 42)"
        for paper in ("A4", "Letter"):
            printed = await page.pdf(format=paper)
            assert len(_SHEETS.findall(printed)) == 1, paper


async def test_paths_switches_and_moments_run_from_left_to_right_in_arabic(tmp_path: Path) -> None:
    """Scenario 68."""
    async with open_web_site(tmp_path) as site:
        browser = Browserling(site.app)
        key = await add_good(browser, site, await set_up(browser, site))
        browser.cookies[LANGUAGE_COOKIE] = "ar"
        page = await browser.get(_LIVE)
        assert 'dir="rtl"' in page.html
        assert "\u2068Profile icon \u203a Settings" in page.html
        assert '<bdi lang="en" dir="ltr" translate="no">Query open orders' in page.html
        page = await browser.get(f"/keys/{key}")
        assert "\u20662026-09-21 14:1" in page.html
