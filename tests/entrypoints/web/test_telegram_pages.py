"""Linking a chat on its page, and the form of a key that a pass opens."""

import pytest

from drawbridge.notices.model import Channel, Reach
from drawbridge.wording.say import say
from tests.kit.browserling import Browserling
from tests.kit.owner import KEY, SECRET, set_up
from tests.kit.web_site import WebSite

CHAT = 4_242


async def test_without_a_bot_there_is_nothing_to_link(browser: Browserling, site: WebSite) -> None:
    totp = await set_up(browser, site)
    page = await browser.get("/telegram")
    assert say("notices.not_set_up") in page.words
    page = await browser.post("/telegram/code", {"code": site.code(totp)})
    assert page.status == 409


async def test_a_code_is_shown_only_on_the_authenticators_code(
    browser: Browserling, site: WebSite
) -> None:
    totp = await set_up(browser, site)
    site.house.notices.reach = Reach(frozenset({Channel.TELEGRAM}))
    await site.house.telegram.tell_bot_name("drawbridge_test_bot")
    await browser.get("/telegram")
    page = await browser.post("/telegram/code", {"code": "000000"})
    assert page.status == 401
    page = await browser.post("/telegram/code", {"code": site.code(totp)})
    assert "https://t.me/drawbridge_test_bot?start=" in page.html
    code = page.html.partition("?start=")[2][:16]
    owner = await site.house.telegram.link(code, CHAT, "Ada of Telegram")
    page = await browser.get("/telegram")
    assert "Ada of Telegram" in page.words
    page = await browser.post("/telegram/unlink")
    assert say("done.telegram_unlinked") in page.words
    assert await site.house.telegram.find(owner.id) is None


async def test_a_pass_that_nobody_drew_opens_nothing(browser: Browserling, site: WebSite) -> None:
    await set_up(browser, site)
    page = await browser.get("/add/made-up")
    assert page.status == 404
    assert say("errors.pass_ended") in page.words


@pytest.mark.parametrize("minutes", [9, 10])
async def test_a_pass_opens_the_form_without_a_session_for_ten_minutes(
    browser: Browserling, site: WebSite, minutes: int
) -> None:
    """Prove scenario 23."""
    totp = await set_up(browser, site)
    [owner] = await site.house.accounts.list_owners()
    token = (await site.house.passes.draw(owner.id, "kraken", "paper")).reveal()
    code = site.code(totp)
    site.clock.advance(minutes * 60_000 - 30_000)
    await browser.post("/log-out")
    page = await browser.get(f"/add/{token}")
    if minutes == 10:
        assert page.status == 404
        return
    assert page.status == 200
    assert owner.name not in page.words
    page = await browser.post(f"/add/{token}", {"api_key": KEY, "api_secret": SECRET, "code": code})
    assert page.status == 401
    assert SECRET not in page.html
    code = site.code(totp)
    page = await browser.post(f"/add/{token}", {"api_key": KEY, "api_secret": SECRET, "code": code})
    assert page.status == 200
    [key] = await site.house.vault.list_keys(owner.id)
    assert key.label == "Kraken #1"
    assert (await browser.get(f"/add/{token}")).status == 404
    assert (await browser.get("/keys")).path == "/log-in"


async def test_swapped_fields_are_told_before_the_code_is_used_up(
    browser: Browserling, site: WebSite
) -> None:
    totp = await set_up(browser, site)
    [owner] = await site.house.accounts.list_owners()
    token = (await site.house.passes.draw(owner.id, "kraken", "paper")).reveal()
    await browser.get(f"/add/{token}")
    code = site.code(totp)
    page = await browser.post(f"/add/{token}", {"api_key": SECRET, "api_secret": KEY, "code": code})
    assert "swapped" in page.words
    assert SECRET not in page.html
    page = await browser.post(f"/add/{token}", {"api_key": KEY, "api_secret": SECRET, "code": code})
    assert page.status == 200
