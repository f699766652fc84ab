"""Reading and writing work where scripts are switched off."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pytest
from playwright.async_api import Page

from tests.kit.browser import open_browser, open_window
from tests.kit.browserling import Browserling
from tests.kit.forms import HtmlForm, forms_of
from tests.kit.furnished import furnish
from tests.kit.routes import find_pages
from tests.kit.served import served
from tests.kit.walk import carry
from tests.kit.web_site import open_web_site

_LINES = """() => [...document.querySelectorAll(
    "main :is(h1, h2, h3, p, li, dt, dd, th, td, label, a)")]
  .filter((it) => it.getClientRects().length && !it.closest(".chart"))
  .map((it) => it.textContent.trim().replace(/\\s+/g, " "))"""
# What ends what other forms speak of is sent after them, and logging out after everything.
_LAST = ("/risk/stop", "/remove", "/delete", "/end", "/log-out")


_MEANWHILE: Final = re.compile(r"\d+ (?:seconds? ago|ms)")


async def _lines(page: Page, address: str) -> list[str]:
    await page.goto(address)
    lines: list[str] = await page.evaluate(_LINES)
    # Between two looks time goes on.
    return [_MEANWHILE.sub("…", line) for line in lines]


@pytest.mark.browser
async def test_every_page_says_the_same_without_scripts(tmp_path: Path, browser_path: Path) -> None:
    async with open_web_site(tmp_path) as site:
        browser = Browserling(site.app)
        await furnish(browser, site)
        pages = (await find_pages(site.app, browser)).pages
        async with (
            served(site.app) as address,
            open_browser(browser_path) as chromium,
            open_window(chromium) as window,
            open_window(chromium, scripts=False) as still,
        ):
            for one in (window, still):
                await carry(one, address, browser.cookies)
            for path in pages:
                told = await _lines(window.page, address + path)
                assert await _lines(still.page, address + path) == told, path
                assert len(told) > 1, path


async def test_every_form_is_taken_without_scripts(tmp_path: Path) -> None:
    async with open_web_site(tmp_path) as site:
        browser = Browserling(site.app)
        await furnish(browser, site)
        forms: dict[str, HtmlForm] = {}
        for path in (await find_pages(site.app, browser)).pages:
            for form in forms_of(await browser.get(path)):
                forms.setdefault(form.action, form)
        assert len(forms) > 20
        wrong = []
        for form in sorted(forms.values(), key=_moment_of):
            status = await _send(browser, form)
            if not form.buttons or status in {404, 405} or status >= 500:
                wrong.append(f"{form.method} {form.action}: {status}, {form.buttons} buttons")
        assert not wrong, "\n".join(wrong)


def _moment_of(form: HtmlForm) -> int:
    return next((at for at, end in enumerate(_LAST, 1) if form.action.endswith(end)), 0)


async def _send(browser: Browserling, form: HtmlForm) -> int:
    if form.method == "get":
        return (await browser.get(f"{form.action}?{urlencode(form.fields)}")).status
    assert "csrf" in dict(form.fields), form.action
    page = await browser.post(form.action, [it for it in form.fields if it[0] != "csrf"])
    return page.status
