"""Until something is seen: the first paint of every page on a warm server, in a real browser.

A house that is lived in, opened page by page as its owner does; each page several times, of which
the middle counts. What the browser itself needs is told by an empty document from the same server.
Target: 200 ms for the slowest page. Bytes are those of the page with all that it loads, once.
"""

import asyncio
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Final

from playwright.async_api import Page
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.measure import Result
from tests.kit.browser import find_browser, open_browser, open_window
from tests.kit.browserling import Browserling
from tests.kit.furnished import furnish
from tests.kit.routes import find_pages
from tests.kit.served import served
from tests.kit.walk import COST, carry
from tests.kit.web_site import open_web_site

TARGET_MS: Final = 200
_ROUNDS: Final = 5
_EMPTY: Final = "/bare"
_PAINTED: Final = "() => performance.getEntriesByType('paint').length > 0"


def run() -> list[Result]:
    """Open every page several times."""
    browser = find_browser()
    if browser is None:
        print("no browser: pages are not measured", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measured(Path(folder), browser))


async def _measured(folder: Path, browser_path: Path) -> list[Result]:
    async with open_web_site(folder) as site:
        browser = Browserling(site.app)
        await furnish(browser, site)
        pages = (await find_pages(site.app, browser)).pages
        async with (
            served(_beside(site.app)) as address,
            open_browser(browser_path) as chromium,
            open_window(chromium) as window,
        ):
            await carry(window, address, browser.cookies)
            empty_ms = (await _paints(window.page, address + _EMPTY))[0]
            paints = {path: await _paints(window.page, address + path) for path in pages}
    slowest = max(paints, key=paints.__getitem__)
    heaviest = max(paints, key=lambda path: paints[path][1])
    middle_ms = statistics.median(paint for paint, _ in paints.values())
    late = sum(paint > TARGET_MS for paint, _ in paints.values())
    details = (
        f"{len(paints)} pages: middle {middle_ms:.0f} ms, slowest {paints[slowest][0]:.0f} ms"
        f" ({slowest}), {late} above {TARGET_MS} ms; an empty document {empty_ms:.0f} ms;"
        f" heaviest {paints[heaviest][1]:,.0f} bytes ({heaviest})"
    )
    share = paints[slowest][0] / TARGET_MS
    return [
        Result("pages", "first paint of the slowest / 200 ms", share, 1, details, at_least=False)
    ]


async def _paints(page: Page, address: str) -> tuple[float, float]:
    """Open a page once to warm it up, then several times: middle of the paints, and bytes."""
    await page.goto(address)
    taken: list[float] = []
    weight = 0.0
    for _ in range(_ROUNDS):
        await page.goto(address)
        await page.wait_for_function(_PAINTED)
        weight, paint = await page.evaluate(COST)
        taken.append(paint)
    return statistics.median(taken), weight


def _beside(app: ASGIApp) -> ASGIApp:
    """Serve an empty document beside the site."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == _EMPTY:
            await HTMLResponse("<!doctype html><title>-</title><p>-")(scope, receive, send)
        else:
            await app(scope, receive, send)

    return answer
