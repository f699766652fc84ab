"""Passkeys on the pages: refusals, an address where none work, and a real browser with one."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from playwright.async_api import Page as BrowserPage
from playwright.async_api import expect

from drawbridge.entrypoints.web.passkey_pages import find_place
from tests.kit.browser import DESK, PHONE, open_browser, open_window
from tests.kit.browserling import Browserling
from tests.kit.owner import PASSWORD, become_owner, enrol
from tests.kit.passkey_device import Device
from tests.kit.served import served
from tests.kit.web_site import WebSite

_HERE = "/security/passkeys"
_OPTIONS = re.compile(r'data-options="([^"]+)"')
_PASSKEY = re.compile(r'name="passkey" value="([^"]+)"')
_LOCAL = "localhost:8420"
_WIDER = "() => document.documentElement.scrollWidth - window.innerWidth"


@pytest.fixture
def named(site: WebSite) -> Browserling:
    return Browserling(site.app, _LOCAL)


async def _made(named: Browserling, code: str = "") -> Device:
    """Add a passkey as the page and its script do."""
    device = Device(f"http://{_LOCAL}")
    await named.get(_HERE)
    page = await named.post(f"{_HERE}/begin", {"name": "Ring", "code": code})
    found = _OPTIONS.search(page.html)
    assert found, page.words
    answer = device.make(unescape(found[1]))
    page = await named.post(_HERE, {"name": "Ring", "answer": answer})
    assert "The passkey is added." in page.words
    return device


async def _asked(browser: Browserling) -> str:
    await browser.get("/log-in")
    page = await browser.post("/log-in/passkey/begin")
    return str(json.loads(page.body)["options"])


@pytest.mark.parametrize(
    ("host", "secure"),
    [
        *(("127.0.0.1:8420", False), ("192.168.1.5", True), ("[::1]:8420", True), ("", True)),
        *(("bridge.example.com", False), ("localhost.example.com:80", False), (":80", True)),
    ],
)
def test_browsers_make_no_passkey_for_an_address_or_without_tls(host: str, *, secure: bool) -> None:
    assert find_place(host, secure=secure) is None


def test_a_passkey_is_for_a_name_and_an_origin() -> None:
    place = find_place("Bridge.example.com:8443", secure=True)
    assert place is not None
    assert (place.host, place.origin) == ("bridge.example.com", "https://bridge.example.com:8443")
    place = find_place(_LOCAL, secure=False)
    assert place is not None
    assert (place.host, place.origin) == ("localhost", "http://localhost:8420")


async def test_at_an_ip_address_the_page_says_where_passkeys_work(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    page = await browser.get(_HERE)
    assert "https://bridge.example.com" in page.words
    page = await browser.post(f"{_HERE}/begin", {"name": "Ring"})
    assert page.status == 403
    await browser.post("/log-out")
    await browser.get("/log-in")
    page = await browser.post("/log-in/passkey/begin")
    assert (page.status, "bridge.example.com" in page.html) == (403, True)


async def test_adding_a_passkey_asks_for_the_code_of_the_authenticator(
    site: WebSite, named: Browserling
) -> None:
    await become_owner(named, site)
    totp = await enrol(named, site)
    await named.get(_HERE)
    page = await named.post(f"{_HERE}/begin", {"name": "Ring", "code": "000000"})
    assert (page.status, _OPTIONS.search(page.html)) == (401, None)
    # Without a challenge that was given for a code, no answer is taken.
    page = await named.post(_HERE, {"name": "Ring", "answer": "{}"})
    assert (page.status, "came too late" in page.words) == (401, True)
    await _made(named, site.code(totp))


async def test_a_wrong_answer_leads_back_to_the_log_in_with_the_reason(
    site: WebSite, named: Browserling
) -> None:
    await become_owner(named, site)
    device = await _made(named)
    device.origin = "http://localhost:9999"
    another = Browserling(site.app, _LOCAL)
    page = await another.post(
        "/log-in/passkey", {"answer": device.use(await _asked(another)), "next": "/keys"}
    )
    assert (page.status, page.path) == (401, "/log-in/passkey")
    assert "This passkey was not accepted." in page.words
    assert 'value="/keys"' in page.html
    assert (await another.get("/profile")).path == "/log-in"


async def test_a_passkey_replaces_password_and_code_until_it_is_removed(
    site: WebSite, named: Browserling
) -> None:
    await become_owner(named, site)
    totp = await enrol(named, site)
    device = await _made(named, site.code(totp))
    another = Browserling(site.app, _LOCAL)
    answer = device.use(await _asked(another))
    page = await another.post("/log-in/passkey", {"answer": answer, "next": "/profile"})
    assert page.path == "/profile"
    [passkey] = _PASSKEY.findall((await named.get(_HERE)).html)
    page = await named.post(f"{_HERE}/remove", {"passkey": passkey})
    assert "The passkey is removed." in page.words
    stranger = Browserling(site.app, _LOCAL)
    answer = device.use(await _asked(stranger))
    assert (await stranger.post("/log-in/passkey", {"answer": answer})).status == 401


async def _plug_in(page: BrowserPage) -> None:
    """Give the browser a device of its own, with a finger on its sensor."""
    wire = await page.context.new_cdp_session(page)
    await wire.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    await wire.send("WebAuthn.addVirtualAuthenticator", {"options": options})


@pytest.mark.browser
@pytest.mark.parametrize(("size", "dark"), [(DESK, False), (PHONE, True)], ids=["desk", "phone"])
async def test_a_browser_adds_a_passkey_and_logs_in_with_it(
    site: WebSite, browser: Browserling, browser_path: Path, size: tuple[int, int], *, dark: bool
) -> None:
    await become_owner(browser, site)
    async with (
        served(site.app) as served_at,
        open_browser(browser_path) as chromium,
        open_window(chromium, size, dark=dark) as window,
    ):
        page, address = window.page, served_at.replace("127.0.0.1", "localhost")
        with_passkey = page.get_by_role("button", name="Log in with a passkey")
        await page.goto(f"{served_at}/log-in")
        await expect(page.get_by_role("button", name="Log in", exact=True)).to_be_visible()
        await expect(with_passkey).to_be_hidden()
        await _plug_in(page)
        await page.goto(f"{address}/log-in?next=/profile")
        # Nobody has a passkey yet: the browser gives up, and the page says what to do.
        await with_passkey.click()
        await expect(page.get_by_text("No passkey was used.")).to_be_visible()
        assert await page.evaluate(_WIDER) == 0
        await page.get_by_label("Name").fill("Ada")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Log in", exact=True).click()
        await page.goto(f"{address}/security")
        await page.get_by_role("link", name="See and add passkeys").click()
        await page.get_by_label("Name").fill("This laptop")
        await page.get_by_role("button", name="Next").click()
        await page.get_by_role("button", name="Make the passkey").click()
        await expect(page.get_by_text("The passkey is added.")).to_be_visible()
        await expect(page.get_by_text("This laptop", exact=True)).to_be_visible()
        assert await page.evaluate(_WIDER) == 0
        await page.context.clear_cookies()
        await page.goto(f"{address}/log-in?next=/profile")
        await with_passkey.click()
        await page.wait_for_url(f"{address}/profile")
        assert window.complaints == []
