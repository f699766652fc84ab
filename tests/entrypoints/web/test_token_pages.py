"""Tokens on their page: made with a code, shown once, revoked, and each person's own."""

import re

import pytest

from drawbridge.core.clock import DAY_MS
from drawbridge.core.secret import Secret
from tests.kit.browserling import Browserling
from tests.kit.owner import PASSWORD, become_owner, set_up
from tests.kit.web_site import WebSite

PAGE = "/security/tokens"
GOOD = {"name": "Night bot", "expires": "30"}
_TEXT = re.compile(r'<output id="token-text"[^>]*>(dbr_[^<]+)</output>')


async def test_strangers_are_led_to_log_in(site: WebSite, browser: Browserling) -> None:
    await become_owner(browser, site)
    assert (await Browserling(site.app).get(PAGE)).path == "/log-in"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"code": ""}, "enter the six digits"),
        ({"code": "000000"}, "this code is wrong"),
        ({"name": " "}, "a name is needed"),
        ({"expires": "0"}, "a token lives for at most"),
        ({"expires": "999"}, "a token lives for at most"),
        ({"scopes": "withdraw"}, "is no right of a token"),
    ],
)
async def test_what_is_wrong_stands_on_the_page_and_nothing_is_made(
    site: WebSite, browser: Browserling, other: dict[str, str], words: str
) -> None:
    totp = await set_up(browser, site)
    await browser.get(PAGE)
    page = await browser.post(PAGE, {**GOOD, "code": site.code(totp), **other})
    assert page.status in {401, 422}
    assert words in page.words
    assert "There are no tokens yet" in page.words


async def test_a_token_is_made_shown_once_works_and_is_revoked(
    site: WebSite, browser: Browserling
) -> None:
    totp = await set_up(browser, site)
    assert "Tokens for programs" in (await browser.get("/profile")).words
    await browser.get(PAGE)
    fields = [*GOOD.items(), ("scopes", "robots"), ("code", site.code(totp))]
    page = await browser.post(PAGE, fields)
    found = _TEXT.search(page.html)
    assert found
    token = await site.house.tokens.prove(found[1], "127.0.0.1")
    assert (token.name, sorted(token.scopes)) == ("Night bot", ["read", "robots"])
    assert token.expires_ms - token.created_ms == 30 * DAY_MS
    page = await browser.get(PAGE)
    assert found[1] not in page.html
    assert "Night bot" in page.words
    assert "Make, start, stop and delete robots" in page.words
    page = await browser.post(f"{PAGE}/revoke", {"token": token.id})
    assert "The token is revoked" in page.words
    assert "There are no tokens yet" in page.words
    assert (await browser.post(f"{PAGE}/revoke", {"token": token.id})).status == 404


async def test_nobody_revokes_anothers_token(site: WebSite, browser: Browserling) -> None:
    await become_owner(browser, site)
    accounts, password = site.house.accounts, Secret(PASSWORD)
    other = await accounts.create_owner("Bob", password)
    token, _ = await site.house.tokens.make(other.id, "Bob's", [], DAY_MS)
    page = await browser.get(PAGE)
    assert "Bob" not in page.words
    assert (await browser.post(f"{PAGE}/revoke", {"token": token.id})).status == 404
    assert len(await site.house.tokens.list_tokens(other.id)) == 1


async def test_without_an_authenticator_no_code_is_asked_for(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    assert 'name="code"' not in (await browser.get(PAGE)).html
    assert _TEXT.search((await browser.post(PAGE, GOOD)).html)
