"""Stopping in a hurry on pages: one press on a key's page, and the page where much is stopped."""

import json

import pytest

from drawbridge.core.clock import DAY_MS
from drawbridge.entrypoints.pages.visits import LANGUAGE_COOKIE
from drawbridge.rotation import leak_store
from drawbridge.rotation.leak import Answer, Deed, DeedKind, Gap
from drawbridge.vault.model import KeyStatus
from tests.kit.browserling import Browserling
from tests.kit.owner import add_good, become_owner, set_up
from tests.kit.web_site import WebSite


async def _key(site: WebSite, browser: Browserling) -> str:
    key = await add_good(browser, site, await set_up(browser, site), "First")
    await browser.get(f"/keys/{key}")
    return key


async def _status(site: WebSite, key: str) -> tuple[KeyStatus, str]:
    found = await site.house.vault.get_record(key)
    return found.status, found.reason


@pytest.mark.parametrize("path", ["leak", "leak/live", "leak.csv", "leak.json"])
async def test_nobodys_key_has_no_report(site: WebSite, browser: Browserling, path: str) -> None:
    await become_owner(browser, site)
    assert (await browser.get(f"/keys/key_nobodys/{path}")).status == 404


async def test_a_file_of_what_was_never_asked_is_refused(
    site: WebSite, browser: Browserling
) -> None:
    key = await _key(site, browser)
    page = await browser.get(f"/keys/{key}/leak.csv")
    assert (page.status, "Ask first" in page.words) == (404, True)


async def test_one_press_on_a_keys_page_stops_all_use_and_leads_on(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 38."""
    key = await _key(site, browser)
    page = await browser.post(f"/keys/{key}/leak")
    assert await _status(site, key) == (KeyStatus.DISABLED, "key_leaked")
    assert "Its use is stopped" in page.words
    assert "delete it" in page.words
    assert f"/keys/{key}/replace" in page.html
    assert "is being asked" in page.words
    assert "stopped in a hurry" in (await browser.get(f"/keys/{key}")).words


async def test_orders_are_cancelled_where_that_is_chosen(
    site: WebSite, browser: Browserling
) -> None:
    key = await _key(site, browser)
    await browser.post(f"/keys/{key}/leak")
    assert not await site.house.panic.is_cancelling(key)
    await browser.get(f"/keys/{key}/leak")
    await browser.post(f"/keys/{key}/leak", {"cancel": "yes"})
    assert await site.house.panic.is_cancelling(key)


async def test_a_report_shows_what_did_not_go_through_us_and_is_taken_along(
    site: WebSite, browser: Browserling
) -> None:
    key = await _key(site, browser)
    await browser.post(f"/keys/{key}/leak")
    await browser.get(f"/keys/{key}/leak")
    await browser.post(f"/keys/{key}/leak/report", {"since": "24h"})
    [inquiry] = await leak_store.list_open(site.house.database)
    now_ms = site.house.clock.now_ms()
    assert now_ms - inquiry.since_ms == DAY_MS
    theirs = Deed(
        at_ms=now_ms,
        kind=DeedKind.TRADE,
        what="filled",
        symbol="ABC/USDT",
        side="buy",
        quantity="1000",
        price="0.5",
        name="=1+1",
        is_foreign=True,
    )
    gaps = (Gap("closed_orders", "exchange_unreachable", "BTC/USDT"),)
    answer = Answer(1, 1, (theirs,), ("ABC/USDT",), gaps)
    async with site.house.database.transaction() as tx:
        await leak_store.write_answer(tx, inquiry, answer, now_ms)
    page = await browser.get(f"/keys/{key}/leak")
    assert "1 thing was done that did not go through us" in page.words
    assert "Not through us" in page.words
    assert "Past orders (BTC/USDT)" in page.words
    assert "Key said to have leaked" in page.words
    told = json.loads((await browser.get(f"/keys/{key}/leak.json")).html)
    assert told["foreign"] == sum(not deed["through_us"] for deed in told["deeds"]) == 1
    text = (await browser.get(f"/keys/{key}/leak.csv")).html
    assert ",trade,filled,,False,ABC/USDT,buy,1000,0.5,'=1+1," in text


@pytest.mark.parametrize("since", ["", "yesterday", "9000d"])
async def test_since_when_must_be_told(site: WebSite, browser: Browserling, since: str) -> None:
    key = await _key(site, browser)
    page = await browser.post(f"/keys/{key}/leak/report", {"since": since})
    assert (page.status, 'id="since-problem"' in page.html) == (422, True)


async def test_much_is_stopped_only_with_the_word(site: WebSite, browser: Browserling) -> None:
    key = await _key(site, browser)
    await browser.get("/panic")
    page = await browser.post("/panic", {"what": "all", "word": "stp"})
    assert (page.status, 'id="word-problem"' in page.html) == (422, True)
    page = await browser.post("/panic", {"what": "nothing", "word": "stop"})
    assert (page.status, 'id="what-problem"' in page.html) == (422, True)
    assert (await _status(site, key))[0] is not KeyStatus.DISABLED


async def test_the_word_that_all_know_counts_in_every_language(
    site: WebSite, browser: Browserling
) -> None:
    key = await _key(site, browser)
    browser.cookies[LANGUAGE_COOKIE] = "ja"
    await browser.get("/panic")
    page = await browser.post("/panic", {"what": "all", "word": "\uff33\uff54\uff4f\uff50"})
    assert page.status == 200
    assert (await _status(site, key))[0] is KeyStatus.DISABLED


@pytest.mark.parametrize("what", ["all", "exchange:{exchange}", "key:{key}"])
async def test_what_was_chosen_is_stopped(site: WebSite, browser: Browserling, what: str) -> None:
    """Scenario 75, for the keys of one person."""
    key = await _key(site, browser)
    exchange = (await site.house.vault.get_record(key)).exchange
    await browser.get("/panic")
    chosen = what.format(key=key, exchange=exchange)
    page = await browser.post("/panic", {"what": chosen, "word": " stop ", "cancel": "yes"})
    assert page.status == 200
    assert (await _status(site, key))[0] is KeyStatus.DISABLED
    assert await site.house.panic.is_cancelling(key)
    page = await browser.get("/panic")
    assert f"/keys/{key}/leak" in page.html
    assert "none of your keys is in use" in page.words.lower()
