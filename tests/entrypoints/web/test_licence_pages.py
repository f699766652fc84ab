"""The page about a person's licence: entered, asked for, refused in words."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.core.operations import Scope
from drawbridge.licences import store
from drawbridge.licences.model import Act
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit.browserling import Browserling
from tests.kit.licensed import STRICT_OPERATOR, hold_licence, licence_text
from tests.kit.owner import add_good, set_up
from tests.kit.web_site import WebSite, open_web_site


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[WebSite]:
    async with open_web_site(tmp_path, STRICT_OPERATOR) as opened:
        yield opened


async def test_without_a_licence_the_page_says_what_to_do(
    browser: Browserling, site: WebSite
) -> None:
    await set_up(browser, site)
    page = await browser.get("/licence")
    assert "There is no licence here yet." in page.words
    assert "Closing and reducing work without" in page.words


@pytest.mark.parametrize("text", ["rubbish", "dblicence1.e30.AAAA", ""])
async def test_what_is_no_licence_is_refused_beside_its_field(
    browser: Browserling, site: WebSite, text: str
) -> None:
    await set_up(browser, site)
    await browser.get("/licence")
    page = await browser.post("/licence", {"licence": text})
    assert page.status in {403, 422}
    assert "copy it again, whole" in page.words.lower()


async def test_a_licence_is_entered_and_its_wishes_are_written_down(
    browser: Browserling, site: WebSite
) -> None:
    totp = await set_up(browser, site)
    key = await site.house.vault.get_record(await add_good(browser, site, totp))
    await browser.get("/licence")
    page = await browser.post("/licence", {"licence": licence_text(site.clock.now_ms())})
    assert "0 of 3" in page.words
    await browser.post("/licence/archive", {"key": key.id})
    found = await store.find_wish(site.house.database, 1)
    assert found is not None
    assert (found.act, found.key_id) == (Act.ARCHIVE, key.id)
    refused = await browser.post("/licence/nothing", {})
    assert refused.status == 404


async def test_home_tells_that_a_licence_is_missing_once_something_could_trade(
    browser: Browserling, site: WebSite
) -> None:
    totp = await set_up(browser, site)
    missing = "Without a licence that is in order"
    assert missing not in (await browser.get("/")).words
    key = await add_good(browser, site, totp)
    scopes = frozenset({Scope.READ, Scope.TRADE_SPOT})
    await site.house.vault.record_verdict(key, Standing(KeyStatus.ENABLED, scopes=scopes))
    assert missing in (await browser.get("/")).words
    assert "Waits for the licence server" in (await browser.get("/licence")).words


async def test_how_a_lease_stands_is_told_in_words(browser: Browserling, site: WebSite) -> None:
    totp = await set_up(browser, site)
    key = await site.house.vault.get_record(await add_good(browser, site, totp))
    await hold_licence(site.house, key.owner, key)
    assert "The licence is in order." in (await browser.get("/licence")).words
    await hold_licence(site.house, key.owner, key, lasts_ms=0)
    assert "everything goes on for now" in (await browser.get("/licence")).words


async def test_a_recovery_code_is_asked_for_where_another_installation_holds_it(
    browser: Browserling, site: WebSite
) -> None:
    totp = await set_up(browser, site)
    key = await site.house.vault.get_record(await add_good(browser, site, totp))
    await site.house.licences.add(key.owner, licence_text(site.clock.now_ms()))
    async with site.house.database.transaction() as tx:
        await store.write_no(tx, key.owner, "licence_active_elsewhere", {}, 0)
    page = await browser.get("/licence")
    assert "in use by another installation" in page.words
    refused = await browser.post("/licence/recover", {"code": ""})
    assert refused.status == 422
    await browser.post("/licence/recover", {"code": "abcdef-ghijkl"})
    found = await store.find_wish(site.house.database, 1)
    assert found is not None
    assert found.act is Act.RECOVER
    assert found.sealed is not None
    assert b"abcdef" not in found.sealed
