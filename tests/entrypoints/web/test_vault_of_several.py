"""The vault where several workers share the accounts: no passphrase is offered or taken."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import pytest_asyncio

from tests.kit.browserling import Browserling
from tests.kit.owner import PASSPHRASE, PASSWORD
from tests.kit.web_site import WebSite, open_web_site

WHY = "a passphrase cannot do that"


@pytest_asyncio.fixture
async def site(tmp_path: Path, postgres_url: str) -> AsyncIterator[WebSite]:
    async with open_web_site(tmp_path, url=postgres_url) as opened:
        yield opened


async def _begun(browser: Browserling) -> None:
    await browser.get("/")
    fields = {"name": "Ada", "password": PASSWORD, "password_again": PASSWORD}
    await browser.post("/welcome", fields)


async def _made(site: WebSite, browser: Browserling) -> None:
    page = await browser.post("/vault", {"how": "file"})
    assert page.status == HTTPStatus.OK, page.words
    assert await site.holder.answer() == 1


async def test_a_passphrase_that_is_sent_all_the_same_makes_no_vault(
    site: WebSite, browser: Browserling
) -> None:
    await _begun(browser)
    page = await browser.post("/vault", {"how": "passphrase", "passphrase": PASSPHRASE})
    assert (page.status, WHY in page.words) == (409, True)
    assert await site.holder.answer() == 0


async def test_a_vault_that_opens_by_a_passphrase_says_what_is_to_be_done(
    site: WebSite, browser: Browserling
) -> None:
    """One that was on one machine before, and came here with its key file."""
    await _begun(browser)
    await _made(site, browser)
    async with site.house.database.transaction() as tx:
        await tx.execute("UPDATE vault_state SET state = 'locked', wrap = 'argon2id'")
    page = await browser.get("/vault")
    assert "choose at once what opens it in all of them" in page.words
    assert '"/vault/key"' in page.html


async def test_the_vault_is_made_with_a_key_file_and_nothing_else_is_asked(
    site: WebSite, browser: Browserling
) -> None:
    await _begun(browser)
    page = await browser.get("/vault")
    assert WHY in page.words
    assert 'type="password"' not in page.html
    await _made(site, browser)
    assert "Your vault is open" in (await browser.get("/vault")).words


async def test_no_other_passphrase_is_offered_as_what_opens_it_from_now_on(
    site: WebSite, browser: Browserling
) -> None:
    await _begun(browser)
    await _made(site, browser)
    page = await browser.get("/vault/key")
    assert WHY in page.words
    assert 'value="passphrase"' not in page.html
    assert "new_passphrase" not in page.html
