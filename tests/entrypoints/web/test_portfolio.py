"""Portfolio: what all accounts hold together, how they did, and in which currency."""

import json
from decimal import Decimal

from drawbridge.core.clock import HOUR_MS
from drawbridge.core.operations import Scope
from drawbridge.statistics.account import Held, Snapshot
from drawbridge.statistics.store import SnapshotStore
from drawbridge.trading.holdings import Holding, Portfolio
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit.browserling import Browserling
from tests.kit.owner import SECRET, add_good, set_up
from tests.kit.web_site import WebSite

_TRADING = Standing(KeyStatus.ENABLED, scopes=frozenset({Scope.READ, Scope.TRADE_SPOT}))


async def _two(site: WebSite, browser: Browserling) -> tuple[str, str]:
    """Give two keys in use at the paper exchange, read in USD."""
    first = await add_good(browser, site, await set_up(browser, site), "one")
    vault = site.house.vault
    owner = (await vault.get_record(first)).owner
    fields = {"api_key": "L" * 56, "api_secret": SECRET}
    second = (await vault.add(owner, "kraken", "paper", fields, "two")).key.id
    now_ms = site.clock.now_ms()
    for key, free, xyz in ((first, "60", "2"), (second, "40", "1")):
        await vault.record_verdict(key, _TRADING)
        amount = Decimal(free)
        holdings = (
            Holding("USD", amount, Decimal(0), amount, 0),
            Holding("BTC", Decimal("0.5"), Decimal("0.5"), Decimal(100), 0),
            Holding("XYZ", Decimal(xyz), Decimal(0), None, None),
        )
        told = Portfolio("USD", amount + 100, holdings, ("XYZ",), now_ms)
        await site.house.portfolios.keep(key, told)
    return first, second


async def _past(site: WebSite, key: str, *worths: tuple[int, int]) -> None:
    """Keep a snapshot for each hour and worth."""
    store, began_ms = SnapshotStore(site.house.database), site.clock.now_ms() - 10 * HOUR_MS
    for hour, worth in worths:
        at_ms, held = began_ms + hour * HOUR_MS, {"USD": Held(Decimal(worth), Decimal(worth))}
        await store.keep(key, Snapshot(at_ms, "USD", held, at_ms))


async def test_without_an_account_it_leads_to_the_first_key(
    site: WebSite, browser: Browserling
) -> None:
    await set_up(browser, site)
    page = await browser.get("/portfolio")
    assert "No account yet" in page.words
    assert 'href="/keys/new"' in page.html


async def test_a_venue_that_is_none_is_refused(site: WebSite, browser: Browserling) -> None:
    await set_up(browser, site)
    assert (await browser.get("/portfolio.json?venue=moon")).status == 422


async def test_a_currency_that_is_none_is_refused_beside_its_field(
    site: WebSite, browser: Browserling
) -> None:
    first, _ = await _two(site, browser)
    await browser.get("/portfolio")
    for wrong in ("", "<b>"):
        page = await browser.post("/portfolio/currency", {"currency": wrong})
        assert page.status == 422
        assert 'id="currency-problem"' in page.html
    shown = await site.house.portfolios.find(first)
    assert shown is not None
    assert shown.wished == ""


async def test_wallets_of_all_accounts_are_told_with_worth_and_share(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 56: 200 of 300 are bitcoin, 100 are dollars, and nobody knows what XYZ costs."""
    await _two(site, browser)
    words = (await browser.get("/portfolio")).words
    for told in (
        "Play money 300 USD",
        "Not in the sum, because no price was found: XYZ",
        "BTC in 2 accounts 2 200 USD 66.67 %",
        "USD in 2 accounts 100 100 USD 33.33 %",
        "XYZ in 2 accounts 3 No price found",
        "160 USD 53.33 %",
        "140 USD 46.67 %",
        "Two keys of one account are counted twice.",
    ):
        assert told in words, told


async def test_all_accounts_are_asked_for_in_one_currency(
    site: WebSite, browser: Browserling
) -> None:
    keys = await _two(site, browser)
    site.clock.advance(1)
    await browser.get("/portfolio")
    page = await browser.post("/portfolio/currency", {"currency": " eur "})
    assert page.path == "/portfolio"
    assert 'value="EUR"' in page.html
    assert "It is being read anew" in page.words
    for key in keys:
        shown = await site.house.portfolios.find(key)
        assert shown is not None
        assert (shown.wished, shown.is_awaited) == ("EUR", True)


async def test_accounts_read_at_different_hours_did_what_they_did_together(
    site: WebSite, browser: Browserling
) -> None:
    """100 become 120, and 100 that are seen later become 80: 200 rise to 220 and fall to 200."""
    first, second = await _two(site, browser)
    await _past(site, first, (1, 100), (3, 120))
    await _past(site, second, (2, 100), (4, 80))
    page = await browser.get("/portfolio")
    for told in ("Worth now 200 USD", "Return without transfers +0.00 %", "Gain 0 USD"):
        assert told.replace("+", "") in page.words, told
    assert "Counted since a later moment, with what was there then: two" in page.words
    told = json.loads((await browser.get("/portfolio.json?venue=paper")).body)
    assert [value for _, value in told["worth"]] == ["100", "200", "220", "200"]
    assert [value for _, value in told["growth"]] == ["0", "10", "0"]
    empty = json.loads((await browser.get("/portfolio.json?venue=live")).body)
    assert empty == {"worth": [], "growth": []}


async def test_the_fragment_is_what_the_page_shows(site: WebSite, browser: Browserling) -> None:
    await _two(site, browser)
    page, part = await browser.get("/portfolio"), await browser.get("/portfolio/live")
    assert part.html.strip() in page.html
