"""Pages of exchanges that are gone: how it was stays to be read, and no key can be added."""

from tests.kit.browserling import Browserling
from tests.kit.owner import set_up
from tests.kit.web_site import WebSite


async def test_the_page_of_an_exchange_that_is_gone_has_no_form(
    site: WebSite, browser: Browserling
) -> None:
    """Scenarios 3, 14 and 43: no new keys are accepted, and how it was stays to be read."""
    await set_up(browser, site)
    page = await browser.get("/keys/new?exchange=nash&venue=paper")
    assert page.status == 200
    assert "was closed before" in page.words
    assert "could move money out" in page.words
    assert "Add and check" not in page.words


async def test_it_stands_among_the_others_at_the_end(site: WebSite, browser: Browserling) -> None:
    await set_up(browser, site)
    page = await browser.get("/keys/new")
    assert page.words.index("Kraken") < page.words.index("Nash")
