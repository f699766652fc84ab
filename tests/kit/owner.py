"""What an owner does on the app's pages before a test begins: first run, authenticator, a key."""

import re
from base64 import b64encode
from typing import Protocol

from tests.kit.browserling import Browserling, Page
from tests.kit.store import ON_SERVER
from tests.kit.web_site import WebSite

PASSWORD = "correct horse battery"
PASSPHRASE = "a phrase for the vault"
NEW = "/keys/new?exchange=kraken&venue=paper"
KEY = "K" * 55 + "a"
SECRET = b64encode(b"planted secret of sixty-four bytes, which never may be seen agai").decode()
_TOTP = re.compile(r'id="totp-secret"[^>]*>([A-Z2-7]+)<')


async def become_owner(browser: Browserling, site: WebSite) -> Page:
    await browser.get("/")
    fields = {"name": "Ada", "password": PASSWORD, "password_again": PASSWORD}
    page = await browser.post("/welcome", fields)
    assert page.path == "/vault"
    # Several workers share a server, and take no passphrase.
    how = "file" if ON_SERVER else "passphrase"
    await browser.post("/vault", {"how": how, "passphrase": PASSPHRASE})
    assert await site.holder.answer() == 1
    return await browser.get("/vault")


class Coded(Protocol):
    """A site whose clock an authenticator goes by."""

    def code(self, secret: str) -> str:
        """Give the authenticator's next code."""


async def enrol(browser: Browserling, site: Coded) -> str:
    page = await browser.post("/authenticator/begin")
    found = _TOTP.search(page.html)
    assert found
    page = await browser.post("/authenticator/confirm", {"code": site.code(found[1])})
    assert "recovery codes" in page.words
    return found[1]


async def set_up(browser: Browserling, site: WebSite) -> str:
    await become_owner(browser, site)
    return await enrol(browser, site)


async def add(browser: Browserling, code: str, fields: dict[str, str]) -> Page:
    await browser.get(NEW)
    return await browser.post(NEW, {"code": code, **fields})


async def add_good(browser: Browserling, site: WebSite, totp: str, label: str = "") -> str:
    page = await add(
        browser, site.code(totp), {"api_key": KEY, "api_secret": SECRET, "label": label}
    )
    assert page.status == 200
    return page.path.rpartition("/")[2]
