"""The app's pages: who gets in, what bad input is told, and that no secret comes back."""

import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.routing import Route

from drawbridge.core.operations import Scope
from drawbridge.core.secret import Secret
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit.browserling import Browserling, Page
from tests.kit.web_site import WebSite, open_web_site

PASSWORD = "correct horse battery"
PASSPHRASE = "a phrase for the vault"
NEW = "/keys/new?exchange=kraken&venue=paper"
KEY = "K" * 55 + "a"
SECRET = b64encode(b"planted secret of sixty-four bytes, which never may be seen agai").decode()
OTHER_EXCHANGES_KEY = "B" * 64
PUBLIC = {"/log-in", "/welcome", "/static/{name:path}"}
_TOTP = re.compile(r'id="totp-secret"[^>]*>([A-Z2-7]+)<')


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[WebSite]:
    async with open_web_site(tmp_path) as opened:
        yield opened


@pytest.fixture
def browser(site: WebSite) -> Browserling:
    return Browserling(site.app)


def _routes(site: WebSite) -> list[Route]:
    app = site.app.site
    assert isinstance(app, Starlette)
    return [route for route in app.routes if isinstance(route, Route)]


def _path(route: Route) -> str:
    return re.sub(r"\{[^}]+\}", "some", route.path)


async def _become_owner(browser: Browserling, site: WebSite) -> Page:
    await browser.get("/")
    fields = {"name": "Ada", "password": PASSWORD, "password_again": PASSWORD}
    page = await browser.post("/welcome", fields)
    assert page.path == "/vault"
    await browser.post("/vault", {"how": "passphrase", "passphrase": PASSPHRASE})
    assert await site.holder.answer() == 1
    return await browser.get("/vault")


async def _enrol(browser: Browserling, site: WebSite) -> str:
    page = await browser.post("/authenticator/begin")
    found = _TOTP.search(page.html)
    assert found
    page = await browser.post("/authenticator/confirm", {"code": site.code(found[1])})
    assert "recovery codes" in page.words
    return found[1]


async def _set_up(browser: Browserling, site: WebSite) -> str:
    await _become_owner(browser, site)
    return await _enrol(browser, site)


async def _add(browser: Browserling, code: str, fields: dict[str, str]) -> Page:
    await browser.get(NEW)
    return await browser.post(NEW, {"code": code, **fields})


async def _add_good(browser: Browserling, site: WebSite, totp: str, label: str = "") -> str:
    page = await _add(
        browser, site.code(totp), {"api_key": KEY, "api_secret": SECRET, "label": label}
    )
    assert page.status == 200
    return page.path.rpartition("/")[2]


async def test_no_page_but_log_in_and_first_run_is_open(
    site: WebSite, browser: Browserling
) -> None:
    for route in _routes(site):
        if route.path in PUBLIC or not route.methods or "GET" not in route.methods:
            continue
        page = await browser.get(_path(route), follow=False)
        assert (page.status, page.header("location").partition("?")[0]) == (303, "/log-in")


async def test_every_form_refuses_a_post_without_its_token(
    site: WebSite, browser: Browserling
) -> None:
    await _become_owner(browser, site)
    for route in _routes(site):
        if route.methods and "POST" in route.methods:
            await Browserling(site.app).get("/log-in")
            page = await browser.post(_path(route), {"csrf": ""}, headers={"origin": "null"})
            assert page.status == 403, route.path


async def test_a_second_first_run_is_refused(site: WebSite, browser: Browserling) -> None:
    await _become_owner(browser, site)
    stranger = Browserling(site.app)
    page = await stranger.get("/welcome")
    assert page.path == "/log-in"
    fields = {"name": "Eve", "password": PASSWORD, "password_again": PASSWORD}
    page = await stranger.post("/welcome", fields)
    assert page.status == 409


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "", "password": PASSWORD, "password_again": PASSWORD}, "name"),
        ({"name": "Ada", "password": "", "password_again": ""}, "password"),
        ({"name": "Ada", "password": "short", "password_again": "short"}, "password"),
        ({"name": "Ada", "password": "password1234", "password_again": "password1234"}, "password"),
        ({"name": "Ada", "password": PASSWORD, "password_again": "other"}, "password_again"),
        ({"name": "A\nda\x00", "password": PASSWORD, "password_again": PASSWORD}, "name"),
        ({"name": "Ada", "password": "x" * 1_000_000, "password_again": "y"}, "password_again"),
    ],
)
async def test_a_bad_first_run_names_its_field_and_creates_nobody(
    site: WebSite, browser: Browserling, fields: dict[str, str], field: str
) -> None:
    await browser.get("/welcome")
    page = await browser.post("/welcome", fields)
    assert page.status == 422
    assert f'id="{field}-problem"' in page.html
    assert not await site.services.accounts.has_owner()


async def test_a_wrong_password_is_told_without_saying_which_part_was_wrong(
    site: WebSite, browser: Browserling
) -> None:
    await _become_owner(browser, site)
    stranger = Browserling(site.app)
    await stranger.get("/log-in")
    page = await stranger.post("/log-in", {"name": "Ada", "password": "wrong wrong wrong"})
    assert page.status == 401
    assert "wrong wrong" not in page.html


async def test_a_short_passphrase_makes_no_vault(site: WebSite, browser: Browserling) -> None:
    await browser.get("/")
    await browser.post(
        "/welcome", {"name": "Ada", "password": PASSWORD, "password_again": PASSWORD}
    )
    for passphrase in ("", "short"):
        page = await browser.post("/vault", {"how": "passphrase", "passphrase": passphrase})
        assert page.status == 422
        assert 'id="passphrase-problem"' in page.html
    assert await site.holder.answer() == 0


async def test_a_gateway_that_is_not_there_is_said(site: WebSite, browser: Browserling) -> None:
    await _become_owner(browser, site)
    await site.holder.stop()
    page = await browser.get("/vault")
    assert "gateway is not running" in page.words


async def test_a_key_needs_an_authenticator(site: WebSite, browser: Browserling) -> None:
    await _become_owner(browser, site)
    page = await _add(browser, "123456", {"api_key": KEY, "api_secret": SECRET})
    assert page.status == 409
    assert SECRET not in page.html


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"api_key": "", "api_secret": SECRET}, "api_key"),
        ({"api_key": KEY, "api_secret": ""}, "api_secret"),
        ({"api_key": " \r\n ", "api_secret": SECRET}, "api_key"),
        ({"api_key": KEY, "api_secret": "not base64!"}, "api_secret"),
        ({"api_key": SECRET, "api_secret": KEY}, "api_key"),
        ({"api_key": OTHER_EXCHANGES_KEY, "api_secret": SECRET}, "api_key"),
        ({"api_key": KEY, "api_secret": "x" * 1_000_000}, "api_secret"),
        ({"api_key": KEY, "api_secret": SECRET, "label": "x" * 100}, "label"),
    ],
)
async def test_a_bad_key_names_its_field_and_stores_nothing(
    site: WebSite, browser: Browserling, fields: dict[str, str], field: str
) -> None:
    totp = await _set_up(browser, site)
    page = await _add(browser, site.code(totp), fields)
    assert page.status == 422
    assert f'id="{field}-problem"' in page.html
    assert SECRET not in page.html.replace(fields["api_key"], "")
    assert "No keys yet" in (await browser.get("/keys")).words


async def test_a_wrong_code_adds_no_key(site: WebSite, browser: Browserling) -> None:
    await _set_up(browser, site)
    page = await _add(browser, "000000", {"api_key": KEY, "api_secret": SECRET})
    assert page.status == 401
    assert 'id="code-problem"' in page.html
    assert "No keys yet" in (await browser.get("/keys")).words


async def test_addresses_that_name_no_exchange_venue_or_key_are_said_in_words(
    site: WebSite, browser: Browserling
) -> None:
    await _set_up(browser, site)
    for path, status in (
        ("/keys/new?exchange=../../etc", 404),
        ("/keys/new?exchange=kraken&venue=moon", 422),
        ("/keys/new?venue=moon", 422),
        ("/keys/key_nothere", 404),
        ("/robots/robot_nothere", 404),
        ("/robots/robot_nothere/chart.json", 404),
        ("/audit?before=abc", 200),
    ):
        assert (await browser.get(path)).status == status, path


async def test_another_persons_key_is_as_unknown_as_none(
    site: WebSite, browser: Browserling
) -> None:
    key = await _add_good(browser, site, await _set_up(browser, site))
    await site.services.accounts.create_owner("Eve", Secret(PASSWORD))
    stranger = Browserling(site.app)
    await stranger.get("/log-in")
    await stranger.post("/log-in", {"name": "Eve", "password": PASSWORD})
    assert (await stranger.get(f"/keys/{key}")).status == 404
    assert (await stranger.post(f"/keys/{key}/disable")).status == 404


async def test_a_label_that_is_taken_is_refused(site: WebSite, browser: Browserling) -> None:
    """Scenario 3."""
    totp = await _set_up(browser, site)
    await _add_good(browser, site, totp, "main")
    other = {"api_key": "L" * 56, "api_secret": SECRET, "label": "MAIN"}
    page = await _add(browser, site.code(totp), other)
    assert page.status == 409
    assert 'id="label-problem"' in page.html
    assert 'value="MAIN"' in page.html


def test_the_web_process_holds_nothing_that_opens_secrets() -> None:
    """Loaded whole, as it is started: neither the vault's opening nor the keyring is there."""
    code = (
        "import sys, drawbridge.entrypoints.web.__main__ as it, drawbridge.app.build;"
        "names = {'drawbridge.vault.opening', 'drawbridge.vault.keyholder',"
        " 'drawbridge.sealing.keyring', 'drawbridge.gateway.egress'};"
        "print(sorted(names & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


async def test_the_form_asks_for_what_the_exchange_needs_and_shows_our_addresses(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 1."""
    await _set_up(browser, site)
    page = await browser.get(NEW)
    assert "(public)" in page.words
    assert "Private key" in page.words
    assert "127.0.0.1" in page.words
    assert "http://127.0.0.1:8520/api-management/new?exchange=kraken" in page.html
    live = await browser.get("/keys/new?exchange=kraken&venue=live")
    assert "203.0.113.7" in live.words
    assert "Log in at Kraken" in live.words
    assert "Must be off" in page.words
    assert "Withdraw" in page.words
    assert 'name="api_secret"' in page.html
    assert 'autocomplete="off"' in page.html


async def test_a_key_without_a_name_gets_the_next_number_and_is_told_what_was_cleaned(
    site: WebSite, browser: Browserling
) -> None:
    """Scenarios 2 and 4."""
    totp = await _set_up(browser, site)
    fields = {"api_key": f' "{KEY}"\r\n', "api_secret": f"{SECRET}\n"}
    page = await _add(browser, site.code(totp), fields)
    assert page.status == 200
    assert "Kraken #1" in page.words
    assert "were taken off" in page.words
    assert "The check begins as soon as" in page.words


async def test_a_secret_never_comes_back(site: WebSite, browser: Browserling) -> None:
    """Scenario 34, for the pages."""
    key = await _add_good(browser, site, await _set_up(browser, site))
    for path in ("/", "/keys", f"/keys/{key}", f"/keys/{key}/check", NEW, "/audit", "/profile"):
        page = await browser.get(path)
        assert page.status == 200
        assert SECRET not in page.html
        assert KEY not in page.html


async def test_the_check_of_a_key_is_shown_while_it_runs(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 5, for the pages."""
    key = await _add_good(browser, site, await _set_up(browser, site))
    page = await browser.get(f"/keys/{key}/check")
    assert 'hx-trigger="every' in page.html
    await site.services.vault.record_verdict(
        key, Standing(KeyStatus.INVALID, "bad_signature", {}, frozenset())
    )
    page = await browser.get(f"/keys/{key}/check")
    assert page.header("hx-refresh") == "true"
    assert "Copy key and secret again" in page.words


async def test_a_key_is_disabled_enabled_and_deleted(site: WebSite, browser: Browserling) -> None:
    """Scenario 36: enabling and deleting ask for a code."""
    totp = await _set_up(browser, site)
    key = await _add_good(browser, site, totp)
    page = await browser.post(f"/keys/{key}/disable")
    assert "Nothing uses it now" in page.words
    page = await browser.post(f"/keys/{key}/enable", {"code": "000000"})
    assert page.status == 401
    page = await browser.post(f"/keys/{key}/enable", {"code": site.code(totp)})
    assert "Not checked yet" in page.words
    page = await browser.post(f"/keys/{key}/delete", {"code": "000000"})
    assert page.status == 401
    page = await browser.post(f"/keys/{key}/delete", {"code": site.code(totp)})
    assert "Delete it at the exchange too" in page.words
    assert "No keys yet" in page.words


async def test_a_robot_is_made_started_and_stopped(site: WebSite, browser: Browserling) -> None:
    key = await _add_good(browser, site, await _set_up(browser, site))
    assert "no key that is ready" in (await browser.get("/robots/new")).words
    rights = frozenset({Scope.READ, Scope.TRADE_SPOT})
    await site.services.vault.record_verdict(key, Standing(KeyStatus.ENABLED, "", {}, rights))
    good = {
        "key": key,
        "symbol": "BTC/USD",
        "amount": "250",
        "interval": "1m",
        "strategy": "ema_cross",
        "fast": "5",
        "slow": "20",
        "on_stop": "keep",
    }
    await browser.get("/robots/new")
    for field, text in (
        ("amount", "much"),
        ("amount", "-1"),
        ("symbol", "BTCUSD"),
        ("interval", "7m"),
        ("fast", "0"),
        ("on_stop", "burn"),
        ("amount", "9" * 100_000),
    ):
        page = await browser.post("/robots/new", {**good, field: text})
        assert page.status == 422, (field, text[:20])
        assert "robot" in page.words
    assert "No robots yet" in (await browser.get("/robots")).words
    page = await browser.post("/robots/new", good)
    assert "The robot is starting" in page.words
    assert (await browser.get(f"{page.path}/chart.json")).header("content-type").endswith("json")
    page = await browser.post(f"{page.path}/stop")
    assert "stopping" in page.words


async def test_the_audit_page_tells_what_happened_and_that_the_chain_is_whole(
    site: WebSite, browser: Browserling
) -> None:
    await _add_good(browser, site, await _set_up(browser, site))
    page = await browser.get("/audit")
    assert "The chain is whole" in page.words
    assert "vault:key:added" in page.words


async def test_the_password_can_be_changed_and_ends_the_session(
    site: WebSite, browser: Browserling
) -> None:
    await _become_owner(browser, site)
    new = "another long password"
    await browser.get("/profile")
    fields = {"old_password": "wrong", "password": new, "password_again": new}
    assert (await browser.post("/profile/password", fields)).status == 401
    page = await browser.post("/profile/password", {**fields, "old_password": PASSWORD})
    assert "Your password is changed" in page.words
    assert (await browser.get("/keys")).path == "/log-in"
