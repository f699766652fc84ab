"""What accounts hold, on the pages: worth, age, what has no price, and another currency."""

from decimal import Decimal

import pytest

from drawbridge.core.operations import Scope
from drawbridge.trading.holdings import Holding, Portfolio
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit.browserling import Browserling
from tests.kit.owner import SECRET, add_good, set_up
from tests.kit.web_site import WebSite

_ENABLED = Standing(KeyStatus.ENABLED, scopes=frozenset({Scope.READ, Scope.TRADE_SPOT}))


def _held(site: WebSite, total: str, currency: str = "USD", *unpriced: str) -> Portfolio:
    half = Decimal(total) / 2
    holdings = (
        Holding("BTC", Decimal("0.5"), Decimal("0.25"), half, 4_000),
        Holding(currency, half, Decimal(0), half, 0),
        *(Holding(name, Decimal(7), Decimal(0), None, None) for name in unpriced),
    )
    now_ms = site.clock.now_ms()
    return Portfolio(currency, Decimal(total), holdings, unpriced, now_ms)


async def _another(site: WebSite, key_id: str, name: str, letter: str, venue: str) -> str:
    """Add a second key beside the pages."""
    vault = site.house.vault
    owner = (await vault.get_record(key_id)).owner
    fields = {"api_key": letter * 56, "api_secret": SECRET}
    key = (await vault.add(owner, "kraken", venue, fields, name)).key
    await vault.record_verdict(key.id, _ENABLED)
    return key.id


@pytest.mark.parametrize("currency", ["", "U S D", "<b>", "x" * 100_000, "日本円"])
async def test_a_currency_that_is_none_is_refused_beside_its_field(
    site: WebSite, browser: Browserling, currency: str
) -> None:
    key = await add_good(browser, site, await set_up(browser, site))
    await site.house.vault.record_verdict(key, _ENABLED)
    page = await browser.post(f"/keys/{key}/currency", {"currency": currency})
    assert page.status == 422
    assert 'id="currency-problem"' in page.html
    assert "<b>" not in page.html
    assert await site.house.portfolios.find(key) is None


async def test_another_persons_holdings_are_as_unknown_as_their_key(
    site: WebSite, browser: Browserling
) -> None:
    await set_up(browser, site)
    assert (await browser.get("/keys/key_nothere/holdings")).status == 404
    page = await browser.post("/keys/key_nothere/currency", {"currency": "USD"})
    assert page.status == 404


async def test_nothing_is_shown_of_keys_that_are_not_in_use(
    site: WebSite, browser: Browserling
) -> None:
    key = await add_good(browser, site, await set_up(browser, site))
    await site.house.portfolios.keep(key, _held(site, "1000"))
    assert "What the account holds" not in (await browser.get(f"/keys/{key}")).words
    assert "Your paper accounts" not in (await browser.get("/")).words
    page = await browser.get(f"/keys/{key}/holdings")
    assert (page.status, page.header("x-leave")) == (200, "true")


async def test_an_account_that_was_never_read_says_when_it_will_be(
    site: WebSite, browser: Browserling
) -> None:
    key = await add_good(browser, site, await set_up(browser, site))
    await site.house.vault.record_verdict(key, _ENABLED)
    for path in ("/", f"/keys/{key}", f"/keys/{key}/holdings"):
        assert "Not read yet" in (await browser.get(path)).words, path


async def test_what_went_wrong_is_said_in_words_beside_what_was_read_before(
    site: WebSite, browser: Browserling
) -> None:
    key = await add_good(browser, site, await set_up(browser, site))
    await site.house.vault.record_verdict(key, _ENABLED)
    await site.house.portfolios.keep(key, _held(site, "1000"))
    await site.house.portfolios.keep_problem(key, "clock_off", {})
    for path in ("/", f"/keys/{key}"):
        page = await browser.get(path)
        assert "Kraken refuses the time in our requests" in page.words, path
        assert "1,000 USD" in page.words, path


async def test_holdings_are_shown_with_worth_age_and_what_has_no_price(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 56."""
    key = await add_good(browser, site, await set_up(browser, site), "main")
    await site.house.vault.record_verdict(key, _ENABLED)
    await site.house.portfolios.keep(key, _held(site, "12345.6789", "USD", "XYZ"))
    site.clock.advance(180_000)
    page = await browser.get(f"/keys/{key}")
    for told in ("12,345.68 USD", "3 minutes ago", "no price was found: XYZ", "0.25", "6,172.84"):
        assert told in page.words, told
    home = await browser.get("/")
    for told in ("12,345.68 USD", "3 minutes ago", "no price was found: XYZ"):
        assert told in home.words, told


async def test_another_currency_is_asked_for_and_the_page_waits_for_it(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 56."""
    key = await add_good(browser, site, await set_up(browser, site))
    await site.house.vault.record_verdict(key, _ENABLED)
    await site.house.portfolios.keep(key, _held(site, "1000"))
    site.clock.advance(1)
    page = await browser.post(f"/keys/{key}/currency", {"currency": " eur "})
    assert 'value="EUR"' in page.html
    assert "1,000 USD" in page.words
    assert "It is being read anew" in page.words
    await site.house.portfolios.keep(key, _held(site, "900", "EUR"))
    page = await browser.get(f"/keys/{key}/holdings")
    assert "900 EUR" in page.words
    assert "being read anew" not in page.words


async def test_sums_are_told_where_venue_and_currency_agree(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 56: play money and real money are never added."""
    first = await add_good(browser, site, await set_up(browser, site), "one")
    await site.house.vault.record_verdict(first, _ENABLED)
    others = (
        ("two", "L", "paper", "250.5", "USD"),
        ("three", "M", "live", "70000", "USD"),
        ("four", "N", "paper", "9000", "EUR"),
    )
    await site.house.portfolios.keep(first, _held(site, "1000"))
    for name, letter, venue, total, currency in others:
        key = await _another(site, first, name, letter, venue)
        await site.house.portfolios.keep(key, _held(site, total, currency))
    home = (await browser.get("/")).words
    # A bitcoin is told in USD here and in EUR there, so that the two are told together.
    real, paper = home.index("Your accounts 70,000 USD"), home.index("Your paper accounts")
    assert real < paper
    assert "two Kraken 250.5 USD" in home
