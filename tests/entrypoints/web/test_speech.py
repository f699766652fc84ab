"""The language of the pages: what a browser asks for, what is chosen in it, what people keep."""

import pytest

from tests.kit.browserling import Browserling, Page
from tests.kit.owner import PASSWORD, become_owner
from tests.kit.web_site import WebSite


def _language(page: Page) -> str:
    return page.html.partition('<html lang="')[2].partition('"')[0]


@pytest.mark.parametrize("given", ["", "tlh", "../en", "<b>"])
async def test_an_unknown_language_is_refused_and_nothing_changes(
    site: WebSite, browser: Browserling, given: str
) -> None:
    await become_owner(browser, site)
    page = await browser.post("/language", {"language": given, "next": "/profile"})
    assert page.status == 422
    assert "pt-BR" in page.words
    assert _language(await browser.get("/profile")) == "en"


async def test_a_browser_is_answered_in_the_language_that_it_asks_for(
    browser: Browserling,
) -> None:
    asked = {"accept-language": "de, ja;q=0.8, en;q=0.5"}
    assert _language(await browser.get("/welcome", headers=asked)) == "ja"
    assert _language(await browser.get("/welcome", headers={"accept-language": "de"})) == "en"


async def test_a_visitor_who_is_not_logged_in_can_change_the_language(
    browser: Browserling,
) -> None:
    await browser.get("/welcome")
    page = await browser.post("/language", {"language": "es", "next": "//elsewhere.example"})
    assert _language(page) == "es"
    assert page.path == "/welcome"


async def test_a_choice_goes_with_the_person_to_another_browser(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    page = await browser.post("/language", {"language": "ar", "next": "/profile"})
    assert page.path == "/profile"
    assert '<html lang="ar" dir="rtl"' in page.html
    another = Browserling(site.app)
    assert _language(await another.get("/log-in")) == "en"
    page = await another.post("/log-in", {"name": "Ada", "password": PASSWORD})
    assert _language(page) == "ar"
    told = await site.house.database.fetch_all("SELECT tag FROM audit_events ORDER BY n")
    assert "account:language:chosen" in {event["tag"] for event in told}
