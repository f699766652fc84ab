"""The page of security: sessions are told apart and ended, recovery codes are renewed on a code."""

import re

from tests.kit.browserling import Browserling
from tests.kit.owner import PASSWORD, become_owner, enrol
from tests.kit.web_site import WebSite

_SESSION = re.compile(r'name="session" value="([0-9a-f]+)"')
_RECOVERY = re.compile(r"[a-z2-7]{4}(?:-[a-z2-7]{4}){3}")


async def test_a_session_of_nobody_cannot_be_ended(site: WebSite, browser: Browserling) -> None:
    await become_owner(browser, site)
    await browser.get("/security")
    assert (await browser.post("/security/sessions/end", {"session": "00ff"})).status == 404


async def test_new_recovery_codes_need_an_authenticator_and_its_code(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    await browser.get("/security")
    assert (await browser.post("/security/recovery-codes", {"code": "123456"})).status == 409
    totp = await enrol(browser, site)
    await browser.get("/security")
    page = await browser.post("/security/recovery-codes", {"code": "000000"})
    assert page.status == 401
    assert _RECOVERY.search(page.words) is None
    page = await browser.post("/security/recovery-codes", {"code": site.code(totp)})
    [code, *more] = _RECOVERY.findall(page.words)
    assert len(more) == 9
    another = Browserling(site.app)
    await another.get("/log-in")
    page = await another.post("/log-in", {"name": "Ada", "password": PASSWORD, "code": code})
    assert page.path == "/"


async def test_who_logs_in_again_leaves_no_session_of_before(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    before = Browserling(site.app)
    before.cookies = dict(browser.cookies)
    await browser.get("/log-in")
    await browser.post("/log-in", {"name": "Ada", "password": PASSWORD})
    assert browser.cookies != before.cookies
    assert (await before.get("/profile")).path == "/log-in"
    assert (await browser.get("/profile")).path == "/profile"


async def test_another_session_is_seen_and_ended(site: WebSite, browser: Browserling) -> None:
    await become_owner(browser, site)
    another = Browserling(site.app)
    await another.get("/log-in")
    await another.post("/log-in", {"name": "Ada", "password": PASSWORD})
    page = await browser.get("/security")
    assert page.words.count("this one") == 1
    [session] = _SESSION.findall(page.html)
    page = await browser.post("/security/sessions/end", {"session": session})
    assert "The session is ended." in page.words
    assert (await another.get("/profile")).path == "/log-in"
    assert (await browser.get("/profile")).path == "/profile"


async def test_all_other_sessions_end_at_once_and_this_one_stays(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    others = [Browserling(site.app) for _ in range(3)]
    for other in others:
        await other.get("/log-in")
        await other.post("/log-in", {"name": "Ada", "password": PASSWORD})
    await browser.get("/security")
    await browser.post("/security/sessions/end-others")
    assert [(await other.get("/profile")).path for other in others] == ["/log-in"] * 3
    assert (await browser.get("/profile")).path == "/profile"
