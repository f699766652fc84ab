"""Virtual keys on their pages: made with a code, shown once, narrowed, revoked."""

import re

import pytest

from drawbridge.core.operations import Scope
from drawbridge.core.refusals import Refused
from drawbridge.trading.cancelling import is_wished
from drawbridge.vault.model import KeyStatus, Standing
from drawbridge.virtual_keys.model import origin_of
from drawbridge.virtual_keys.uses import UseCounter
from tests.kit.browserling import Browserling
from tests.kit.crossed import cross
from tests.kit.owner import add_good, become_owner, set_up
from tests.kit.web_site import WebSite

PAGE = "/virtual-keys"
NEW = "/virtual-keys/new"
_GIVEN = re.compile(r'<output id="given-([a-z_]+)"[^>]*>([^<]+)</output>')


async def _ready(site: WebSite, browser: Browserling) -> tuple[str, dict[str, str]]:
    """Give the authenticator's secret and a form that is right but for its code."""
    totp = await set_up(browser, site)
    key = await add_good(browser, site, totp, "Main account")
    scopes = frozenset({Scope.READ, Scope.TRADE_SPOT})
    await site.house.vault.record_verdict(key, Standing(KeyStatus.ENABLED, scopes=scopes))
    good = {
        "key": key,
        "label": "Night bot",
        "scopes": "trade_spot",
        "pairs": "BTC/USD",
        "largest_order": "500",
        "expires": "30",
    }
    await browser.get(NEW)
    return totp, good


async def test_strangers_are_led_to_log_in(site: WebSite, browser: Browserling) -> None:
    await become_owner(browser, site)
    assert (await Browserling(site.app).get(PAGE)).path == "/log-in"


async def test_without_a_real_key_the_page_leads_to_one(
    site: WebSite, browser: Browserling
) -> None:
    await set_up(browser, site)
    for page in (PAGE, NEW):
        assert "Add such a key first" in (await browser.get(page)).words


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"code": ""}, "enter the six digits"),
        ({"code": "000000"}, "this code is wrong"),
        ({"key": "key_of_somebody_else"}, "There is no such key"),
        ({"scopes": "withdraw"}, "cannot have the right “withdraw”"),
        ({"scopes": "trade_margin"}, "does not have the right"),
        ({"pairs": "BTCUSD"}, "is no pair"),
        ({"largest_order": "much"}, "write an amount and its currency"),
        ({"pairs": "", "largest_order": "5"}, "write the currency with it"),
        ({"collar": "200"}, "in percent"),
        ({"addresses": "home"}, "is not an IP address"),
        ({"hours": "8-17"}, "write them as"),
        ({"days": "someday"}, "there is no “someday”"),
        ({"rate": "0"}, "write a whole number"),
    ],
)
async def test_what_is_wrong_stands_on_the_page_and_nothing_is_made(
    site: WebSite, browser: Browserling, other: dict[str, str], words: str
) -> None:
    totp, good = await _ready(site, browser)
    page = await browser.post(NEW, {**good, "code": site.code(totp), **other})
    assert page.status in {401, 404, 422}
    assert words in page.words
    owner = (await site.house.accounts.list_owners())[0]
    assert await site.house.virtual_keys.list_virtual_keys(owner.id) == ()


async def test_a_virtual_key_is_made_shown_once_and_revoked(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 77."""
    totp, good = await _ready(site, browser)
    page = await browser.post(NEW, {**good, "code": site.code(totp)})
    given = dict(_GIVEN.findall(page.html))
    assert page.status == 200
    assert given["address"].endswith("/paper/kraken")
    assert len(given["api_secret"]) == 88
    for program in ("ccxt (Python)", "ccxt (JavaScript)", "freqtrade", "curl"):
        assert program in page.words
    assert page.html.count(given["api_secret"]) > 4
    assert "no-store" in dict(page.headers)["cache-control"]
    page = await browser.get(PAGE)
    assert "Night bot" in page.words
    owner = (await site.house.accounts.list_owners())[0]
    [listed] = await site.house.virtual_keys.list_virtual_keys(owner.id)
    one = f"{PAGE}/{listed.virtual.id}"
    page = await browser.get(one)
    assert "500 USD" in page.words
    assert "Not used in the last 24 hours" in page.words
    for path in (PAGE, one, f"{one}/narrow", f"{one}/revoke", "/audit"):
        shown = (await browser.get(path)).html
        assert given["api_secret"] not in shown
        assert given["api_key"] not in shown
    page = await browser.post(f"{one}/revoke", {"cancel": "yes"})
    assert "is revoked" in page.words
    assert await is_wished(site.house.database, origin_of(one.rpartition("/")[2]))
    assert "Revoked" in page.words
    assert "Narrow" not in (await browser.get(one)).words


async def test_a_virtual_key_is_narrowed_on_its_page_and_never_widened(
    site: WebSite, browser: Browserling
) -> None:
    totp, good = await _ready(site, browser)
    await browser.post(NEW, {**good, "code": site.code(totp)})
    owner = (await site.house.accounts.list_owners())[0]
    [listed] = await site.house.virtual_keys.list_virtual_keys(owner.id)
    one = f"{PAGE}/{listed.virtual.id}"
    await browser.get(f"{one}/narrow")
    page = await browser.post(f"{one}/narrow", {"largest_order": "x"})
    assert "write an amount and its currency" in page.words
    page = await browser.post(f"{one}/narrow", {})
    assert "name at least one" in page.words
    wider = {"largest_order": "900000 USD", "days": "mon", "hours": "08:00-12:00"}
    page = await browser.post(f"{one}/narrow", wider)
    assert "held to more from now on" in page.words
    assert "500 USD" in page.words
    assert "Monday, 08:00 to 12:00, UTC" in page.words


async def test_use_and_refusals_are_drawn_and_counted(site: WebSite, browser: Browserling) -> None:
    totp, good = await _ready(site, browser)
    await browser.post(NEW, {**good, "code": site.code(totp)})
    owner = (await site.house.accounts.list_owners())[0]
    [listed] = await site.house.virtual_keys.list_virtual_keys(owner.id)
    counter, now_ms = UseCounter(site.house.database), site.clock.now_ms()
    for _ in range(1_200):
        counter.note(listed.virtual.id, None, now_ms)
    counter.note(listed.virtual.id, Refused("virtual_pair", {"rule": "pairs"}), now_ms)
    await counter.flush()
    page = await browser.get(f"{PAGE}/{listed.virtual.id}")
    assert "Passed 1,200" in page.words
    assert "Refused: Pairs 1" in page.words
    assert page.html.count("<rect") == 48


async def test_the_last_requests_stand_on_the_page_and_on_what_watches_it(
    site: WebSite, browser: Browserling
) -> None:
    totp, good = await _ready(site, browser)
    await browser.post(NEW, {**good, "code": site.code(totp)})
    owner = (await site.house.accounts.list_owners())[0]
    [listed] = await site.house.virtual_keys.list_virtual_keys(owner.id)
    for outcome, code, rule in (("passed", "", ""), ("refused", "virtual_pair", "pairs")):
        await cross(site.house, (owner.id, listed.virtual.id), outcome, code, rule)
    await cross(site.house, ("somebody", listed.virtual.id), "down", "unreachable", "")
    for path in ("", "/live"):
        page = await browser.get(f"{PAGE}/{listed.virtual.id}{path}")
        assert "Refused here Pairs" in page.words
        assert page.html.count("add_order") == 2
        assert "1.5 ms" in page.words
        assert "No answer" not in page.words


async def test_anothers_virtual_key_is_unknown(site: WebSite, browser: Browserling) -> None:
    await set_up(browser, site)
    assert (await browser.get(f"{PAGE}/vk_of_somebody")).status == 404
    assert (await browser.post(f"{PAGE}/vk_of_somebody/revoke", {})).status == 404
