"""Keys from a phone's browser: possible for who types a word, with the reason beside it."""

import pytest

from drawbridge.core.operations import Scope
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit.browserling import Browserling, Page
from tests.kit.owner import KEY, NEW, SECRET, add_good, set_up
from tests.kit.web_site import WebSite

PHONES = [
    {"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile/15E148"},
    {"user-agent": "Mozilla/5.0 (Linux; Android 16)", "sec-ch-ua-mobile": "?1"},
]
DESKS = [
    {},
    {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/150.0"},
    # A desktop's browser that only tries how a page looks on a phone.
    {"user-agent": "Mozilla/5.0 Mobile", "sec-ch-ua-mobile": "?0"},
]


async def _add(
    browser: Browserling, headers: dict[str, str], code: str, word: str | None = None
) -> Page:
    fields = {"api_key": KEY, "api_secret": SECRET, "code": code}
    if word is not None:
        fields["on_phone"] = word
    await browser.get(NEW, headers=headers)
    return await browser.post(NEW, fields, headers=headers)


@pytest.mark.parametrize("headers", PHONES)
@pytest.mark.parametrize("word", [None, "", "yes", "Krakenn"])
async def test_a_phone_that_did_not_type_the_word_adds_nothing_and_keeps_its_code(
    site: WebSite, browser: Browserling, headers: dict[str, str], word: str | None
) -> None:
    totp = await set_up(browser, site)
    code = site.code(totp)
    page = await _add(browser, headers, code, word)
    assert page.status == 422
    assert "type “Kraken” to go on with this phone" in page.words
    assert "A computer is safer" in page.words
    assert SECRET not in page.html
    assert (await _add(browser, headers, code, " kraken ")).path.startswith("/keys/key_")


@pytest.mark.parametrize("headers", DESKS)
async def test_a_computer_is_asked_for_nothing(
    site: WebSite, browser: Browserling, headers: dict[str, str]
) -> None:
    totp = await set_up(browser, site)
    assert 'name="on_phone"' not in (await browser.get(NEW, headers=headers)).html
    page = await _add(browser, headers, site.code(totp))
    assert page.path.startswith("/keys/key_")


async def test_a_virtual_key_is_made_from_a_phone_by_the_same_rule(
    site: WebSite, browser: Browserling
) -> None:
    totp = await set_up(browser, site)
    key = await add_good(browser, site, totp, "Main account")
    standing = Standing(KeyStatus.ENABLED, scopes=frozenset({Scope.READ, Scope.TRADE_SPOT}))
    await site.house.vault.record_verdict(key, standing)
    new, phone = "/virtual-keys/new", PHONES[0]
    form = {"key": key, "label": "Night bot", "scopes": "trade_spot", "code": site.code(totp)}
    assert "A computer is safer" in (await browser.get(new, headers=phone)).words
    page = await browser.post(new, form, headers=phone)
    assert page.status == 422
    assert "type “Drawbridge” to go on with this phone" in page.words
    page = await browser.post(new, {**form, "on_phone": "drawbridge"}, headers=phone)
    assert page.status == 200
    assert 'id="given-api_secret"' in page.html
