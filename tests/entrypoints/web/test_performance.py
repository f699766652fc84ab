"""How an account did, on its page: worth, return without transfers, what came in and went out."""

import json
from decimal import Decimal

import pytest

from drawbridge.core.clock import HOUR_MS
from drawbridge.statistics.account import Held, Snapshot
from drawbridge.statistics.store import SnapshotStore
from tests.kit.browserling import Browserling
from tests.kit.owner import add_good, become_owner, set_up
from tests.kit.web_site import START_MS, WebSite


async def keep(site: WebSite, key: str, *worths: tuple[int, int], unpriced: str = "") -> None:
    """Keep a snapshot an hour; the second number is what came in before it."""
    store = SnapshotStore(site.house.database)
    for hour, (worth, paid) in enumerate(worths):
        at_ms = START_MS + hour * HOUR_MS
        held = {"USD": Held(Decimal(worth), Decimal(worth))}
        if unpriced:
            held[unpriced] = Held(Decimal(3), None)
        moved = {"USD": Decimal(paid)} if paid else {}
        await store.keep(key, Snapshot(at_ms, "USD", held, at_ms, moved))


async def test_another_persons_account_is_as_unknown_as_their_key(
    site: WebSite, browser: Browserling
) -> None:
    await set_up(browser, site)
    for path in ("/keys/key_nothere/performance", "/keys/key_nothere/performance.json"):
        assert (await browser.get(path)).status == 404, path


async def test_nobody_sees_an_account_without_logging_in(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    browser.cookies.clear()
    assert (await browser.get("/keys/key_a/performance")).path.startswith("/log-in")


async def test_an_account_without_a_past_says_when_there_will_be_one(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 58."""
    key = await add_good(browser, site, await set_up(browser, site))
    page = await browser.get(f"/keys/{key}/performance")
    assert page.status == 200
    assert "no snapshot of this account yet" in page.words
    told = json.loads((await browser.get(f"/keys/{key}/performance.json")).body)
    assert told == {"worth": [], "growth": []}


async def test_one_snapshot_shows_a_worth_and_dashes(site: WebSite, browser: Browserling) -> None:
    """Scenario 58."""
    key = await add_good(browser, site, await set_up(browser, site))
    await keep(site, key, (1000, 0))
    page = await browser.get(f"/keys/{key}/performance")
    assert "1,000 USD" in page.words
    assert "one snapshot of this account so far" in page.words
    assert "Return without transfers \N{EN DASH}" in page.words


async def test_a_deposit_is_told_apart_from_a_gain(site: WebSite, browser: Browserling) -> None:
    """Scenario 56: 1000 gain a tenth, 900 come in, 2000 lose a tenth."""
    key = await add_good(browser, site, await set_up(browser, site))
    await keep(site, key, (1000, 0), (1100, 0), (2000, 900), (1800, 0), unpriced="XYZ")
    page = await browser.get(f"/keys/{key}/performance")
    for told in (
        "Worth now 1,800 USD",
        "Return without transfers -1.00 %",
        "Gain -100 USD",
        "Came in 900 USD",
        "Left out where it had no price: XYZ",
        "Simulated: play money",
        "2026-09",
        "900 USD",
    ):
        assert told in page.words, told
    told = json.loads((await browser.get(f"/keys/{key}/performance.json")).body)
    assert [value for _, value in told["worth"]] == ["1000", "1100", "2000", "1800"]
    assert [value for _, value in told["growth"]] == ["0", "10", "10", "-1"]


@pytest.mark.parametrize("count", [2000])
async def test_a_long_past_is_thinned_for_the_chart(
    site: WebSite, browser: Browserling, count: int
) -> None:
    key = await add_good(browser, site, await set_up(browser, site))
    await keep(site, key, *[(1000 + hour, 0) for hour in range(count)])
    told = json.loads((await browser.get(f"/keys/{key}/performance.json")).body)
    assert len(told["worth"]) == 1000
    assert told["worth"][-1][1] == str(1000 + count - 1)


async def test_the_keys_page_leads_to_it_while_the_key_is_in_use(
    site: WebSite, browser: Browserling
) -> None:
    key = await add_good(browser, site, await set_up(browser, site))
    path = f"/keys/{key}/performance"
    assert path not in (await browser.get(f"/keys/{key}")).html
