"""The paper exchange's account site: keys are made as on a real exchange (scenario 88)."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.kit.browserling import Browserling
from tests.kit.paper_site import PaperSite, open_paper_site

_PASSWORD = "correct horse battery"
_SECRET = re.compile(r'id="totp-secret"[^>]*>([A-Z2-7]+)<')
_URI = re.compile(r'name="uri" value="([^"]+)"')
_SHOWN = re.compile(r'id="api-(key|secret)"[^>]*>([^<]+)<')


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[PaperSite]:
    async with open_paper_site(tmp_path / "paper") as opened:
        yield opened


@pytest.fixture
def browser(site: PaperSite) -> Browserling:
    return Browserling(site.app)


async def _sign_up(browser: Browserling, name: str = "Ada") -> None:
    await browser.get("/sign-up")
    fields = {"name": name, "password": _PASSWORD, "password_again": _PASSWORD}
    page = await browser.post("/sign-up", fields)
    assert page.path == "/authenticator"


async def _enrol(browser: Browserling, site: PaperSite) -> str:
    page = await browser.post("/authenticator/begin")
    found = _SECRET.search(page.html)
    assert found
    page = await browser.post("/authenticator/confirm", {"code": site.code(found[1])})
    assert "recovery codes" in page.words
    return found[1]


async def _create(
    browser: Browserling, exchange: str, code: str, extra: list[tuple[str, str]] | None = None
) -> tuple[int, str]:
    path = f"/api-management/new?exchange={exchange}"
    await browser.get(path)
    page = await browser.post(path, [("label", "robot"), ("code", code), *(extra or [])])
    return page.status, page.html


def _is_disabled(site: PaperSite, key: str) -> bool:
    found = site.world.keys.find("binance", key)
    assert found
    return found.disabled


async def test_nobody_gets_in_without_logging_in(browser: Browserling) -> None:
    for path in ("/", "/api-management", "/api-management/new?exchange=binance"):
        page = await browser.get(path)
        assert page.path == "/log-in"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "", "password": _PASSWORD, "password_again": _PASSWORD}, "name"),
        ({"name": "Ada", "password": "", "password_again": ""}, "12"),
        ({"name": "Ada", "password": _PASSWORD, "password_again": "another"}, "not the same"),
        ({"name": "x" * 1_000_000, "password": _PASSWORD, "password_again": _PASSWORD}, "64"),
    ],
)
async def test_a_bad_sign_up_says_what_to_mend(
    browser: Browserling, fields: dict[str, str], said: str
) -> None:
    await browser.get("/sign-up")
    page = await browser.post("/sign-up", fields)
    assert page.status == 422
    assert said in page.words
    assert _PASSWORD not in page.html


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(
    browser: Browserling, site: PaperSite
) -> None:
    await _sign_up(browser)
    stranger = Browserling(site.app)
    said = []
    for name, password in (("Ada", "not the password"), ("Nobody", _PASSWORD)):
        await stranger.get("/log-in")
        page = await stranger.post("/log-in", {"name": name, "password": password})
        said.append((page.status, page.words.replace(name, "")))
    assert said[0] == said[1]
    assert said[0][0] == 401


async def test_a_key_needs_an_authenticator(browser: Browserling) -> None:
    await _sign_up(browser)
    status, html = await _create(browser, "binance", "123456")
    assert status == 409
    assert "authenticator" in html


async def test_a_mistyped_code_shows_the_same_picture_again(
    browser: Browserling, site: PaperSite
) -> None:
    await _sign_up(browser)
    page = await browser.post("/authenticator/begin")
    secret, uri = _SECRET.search(page.html), _URI.search(page.html)
    assert secret
    assert uri
    fields = {"code": "000000", "uri": uri[1].replace("&amp;", "&")}
    page = await browser.post("/authenticator/confirm", fields)
    again = _SECRET.search(page.html)
    assert page.status == 401
    assert again
    assert again[1] == secret[1]
    page = await browser.post("/authenticator/confirm", {"code": site.code(secret[1])})
    assert "recovery codes" in page.words


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ([("ip_list", "not-an-address")], "ip_list-problem"),
        ([("switch", "no-such-switch")], "note bad"),
        ([("days", "-1")], "days"),
        ([("days", "9" * 30)], "days"),
        ([("public_key", "x" * 1_000_000)], "public_key-problem"),
    ],
)
async def test_a_bad_wish_names_its_field_and_stores_nothing(
    browser: Browserling, site: PaperSite, extra: list[tuple[str, str]], said: str
) -> None:
    await _sign_up(browser)
    code = site.code(await _enrol(browser, site))
    status, html = await _create(browser, "binance", code, extra)
    assert status == 422
    assert said in html
    assert "No keys yet" in (await browser.get("/api-management")).words
    # Nothing else was wrong, so the code was not used up.
    status, _ = await _create(browser, "binance", code)
    assert status == 200


async def test_somebody_elses_key_is_out_of_reach(browser: Browserling, site: PaperSite) -> None:
    await _sign_up(browser)
    await _create(browser, "binance", site.code(await _enrol(browser, site)))
    found = re.search(
        r'action="(/api-management/binance/[0-9a-f]+)/disable"',
        (await browser.get("/api-management")).html,
    )
    assert found
    stranger = Browserling(site.app)
    await _sign_up(stranger, "Eve")
    for action in ("disable", "enable", "delete"):
        assert (await stranger.post(f"{found[1]}/{action}")).status == 404


async def test_a_key_is_shown_once_and_works_until_it_is_disabled_or_deleted(
    browser: Browserling, site: PaperSite
) -> None:
    await _sign_up(browser)
    secret = await _enrol(browser, site)
    extra = [("switch", "enableReading"), ("ip_list", "203.0.113.7")]
    status, html = await _create(browser, "binance", site.code(secret), extra)
    shown = dict(_SHOWN.findall(html))
    assert status == 200
    key = site.world.keys.find("binance", shown["key"])
    assert key
    assert key.switches == {"enableReading"}
    page = await browser.get("/api-management")
    assert shown["secret"] not in page.html
    assert shown["key"] not in page.html
    assert "203.0.113.7" in page.words
    found = re.search(r'action="(/api-management/binance/[0-9a-f]+)/disable"', page.html)
    assert found
    page = await browser.post(f"{found[1]}/disable")
    assert "The key is disabled." in page.words
    assert _is_disabled(site, shown["key"])
    await browser.post(f"{found[1]}/enable")
    assert not _is_disabled(site, shown["key"])
    await browser.get(f"{found[1]}/delete")
    page = await browser.post(f"{found[1]}/delete", {"code": "000000"})
    assert page.status == 401
    assert site.world.keys.find("binance", shown["key"])
    page = await browser.post(f"{found[1]}/delete", {"code": site.code(secret)})
    assert "The key is deleted." in page.words
    assert site.world.keys.find("binance", shown["key"]) is None


async def test_a_new_account_has_demo_balances_and_says_that_they_are_not_real(
    browser: Browserling,
) -> None:
    await _sign_up(browser)
    page = await browser.get("/")
    assert "no real money" in page.words
    assert "100,000" in page.words


async def test_the_phone_view_says_that_keys_are_made_on_a_desktop(browser: Browserling) -> None:
    await _sign_up(browser)
    page = await browser.get("/api-management")
    assert "desktop browser" in page.words
