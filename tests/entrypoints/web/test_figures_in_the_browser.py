"""Figures, charts and the export in a real browser, at a desk and on a phone."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.async_api import expect

from drawbridge.core.clock import DAY_MS, HOUR_MS
from drawbridge.robots.wishes import Wish
from drawbridge.statistics.account import Held, Snapshot
from drawbridge.statistics.store import SnapshotStore
from tests.kit.browser import DESK, PHONE, open_browser, open_window
from tests.kit.browserling import Browserling
from tests.kit.owner import add_good, set_up
from tests.kit.recorded_trades import Whose, record_trades
from tests.kit.served import served
from tests.kit.trades import trade
from tests.kit.web_site import START_MS, WebSite

_WIDER = "() => document.documentElement.scrollWidth - window.innerWidth"


async def _furnish(site: WebSite, key_id: str) -> str:
    """Give an account a past and a robot its trades; give the robot's id."""
    store = SnapshotStore(site.house.database)
    for hour in range(48):
        at_ms, worth = START_MS + hour * HOUR_MS, Decimal(10_000 + hour * hour)
        moved = {"USD": Decimal(100)} if hour == 30 else {}
        held = {"USD": Held(worth, worth)}
        await store.keep(key_id, Snapshot(at_ms, "USD", held, at_ms, moved))
    key = await site.house.vault.get_record(key_id)
    wish = Wish(key_id=key_id, symbol="BTC/USD", amount="100000", name="Ace")
    robot = await site.house.robots.create(key.owner, wish)
    whose = Whose(key.owner, key_id, key.exchange, key.venue.value, robot.origin)
    fills = [
        trade(side, "0.12345678", str(60_000 + day), START_MS + day * DAY_MS, "1.23456789 USD")
        for day, side in enumerate(("buy", "sell") * 20)
    ]
    await record_trades(site.house.database, whose, *fills)
    return robot.id


@pytest.mark.browser
@pytest.mark.parametrize(("size", "dark"), [(DESK, False), (PHONE, True)], ids=["desk", "phone"])
async def test_figures_fit_and_charts_are_drawn(
    site: WebSite, browser: Browserling, browser_path: Path, size: tuple[int, int], *, dark: bool
) -> None:
    """Scenarios 56 and 57."""
    key = await add_good(browser, site, await set_up(browser, site))
    robot = await _furnish(site, key)
    async with (
        served(site.app) as address,
        open_browser(browser_path) as chromium,
        open_window(chromium, size, dark=dark) as window,
    ):
        page = window.page
        # Logged in as the browser without scripts is.
        for name, value in browser.cookies.items():
            await page.context.add_cookies([{"name": name, "value": value, "url": address}])
        await page.goto(f"{address}/keys/{key}/performance")
        for line in ("worth", "growth"):
            await expect(page.locator(f"[data-line={line}][data-drawn='48']")).to_have_count(1)
        assert await page.evaluate(_WIDER) == 0
        await page.goto(f"{address}/robots/{robot}")
        await expect(page.get_by_role("heading", name="All figures")).to_be_visible()
        assert await page.evaluate(_WIDER) == 0
        await page.goto(f"{address}/export")
        await page.get_by_label("Play money").check()
        async with page.expect_download() as coming:
            await page.get_by_role("button", name="Download").click()
        file = await (await coming.value).path()
        with file.open(encoding="utf-8", newline="") as text:
            assert len(list(csv.reader(text))) == 41
        assert window.complaints == []
