"""The app's pages: who gets in, what bad input is told, robots, audit, account."""

import re
import subprocess
import sys

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from drawbridge.core.operations import Scope
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit.browserling import Browserling
from tests.kit.owner import (
    PASSWORD,
    add_good,
    become_owner,
    set_up,
)
from tests.kit.store import in_a_file, without_trigger
from tests.kit.web_site import WebSite

# `/add/…` and `/join/…` are opened by what is good for one form: see test_telegram_pages.py and
# test_people_pages.py.
PUBLIC = {"/log-in", "/welcome", "/static/{name:path}", "/add/{token}", "/join/{token}"}
# For programs, which prove themselves by a secret in each message: see test_hooks.py.
PROGRAMS = {"/hooks/{hook}"}


def _routes(site: WebSite) -> list[Route]:
    app = site.app.site
    assert isinstance(app, Starlette)
    return [route for route in app.routes if isinstance(route, Route)]


def _path(route: Route) -> str:
    return re.sub(r"\{[^}]+\}", "some", route.path)


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
    await become_owner(browser, site)
    for route in _routes(site):
        if route.path in PROGRAMS:
            continue
        if route.methods and "POST" in route.methods:
            await Browserling(site.app).get("/log-in")
            page = await browser.post(_path(route), {"csrf": ""}, headers={"origin": "null"})
            assert page.status == 403, route.path


async def test_a_second_first_run_is_refused(site: WebSite, browser: Browserling) -> None:
    await become_owner(browser, site)
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
    assert not await site.house.accounts.has_owner()


async def test_a_wrong_password_is_told_without_saying_which_part_was_wrong(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    stranger = Browserling(site.app)
    await stranger.get("/log-in")
    page = await stranger.post("/log-in", {"name": "Ada", "password": "wrong wrong wrong"})
    assert page.status == 401
    assert "wrong wrong" not in page.html


@in_a_file("several workers take no passphrase")
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
    await become_owner(browser, site)
    await site.holder.stop()
    page = await browser.get("/vault")
    assert "gateway is not running" in page.words


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


async def test_a_robot_is_made_started_and_stopped(site: WebSite, browser: Browserling) -> None:
    key = await add_good(browser, site, await set_up(browser, site))
    assert "no key that is ready" in (await browser.get("/robots/new")).words
    rights = frozenset({Scope.READ, Scope.TRADE_SPOT})
    await site.house.vault.record_verdict(key, Standing(KeyStatus.ENABLED, "", {}, rights))
    good = {
        "key": key,
        "symbol": "BTC/USD",
        "amount": "250",
        "interval": "1m",
        "strategy": "ema_cross",
        "set.fast": "5",
        "set.slow": "20",
        "on_stop": "keep",
    }
    assert "Crossing averages" in (await browser.get("/robots/new")).words
    await browser.get("/robots/new?strategy=ema_cross")
    for field, text in (
        ("amount", "much"),
        ("amount", "-1"),
        ("symbol", "BTCUSD"),
        ("interval", "7m"),
        ("set.fast", "0"),
        ("guard.stop_loss", "99"),
        ("direction", "short"),
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


async def test_a_form_asks_only_what_its_strategy_takes_and_is_accepted_as_it_stands(
    site: WebSite, browser: Browserling
) -> None:
    key = await add_good(browser, site, await set_up(browser, site))
    rights = frozenset({Scope.READ, Scope.TRADE_SPOT})
    await site.house.vault.record_verdict(key, Standing(KeyStatus.ENABLED, "", {}, rights))
    only_signals = ("guard.stop_loss", "direction", "trigger", "confirm", "joins")
    for strategy, has in (("ema_cross", True), ("grid", False), ("dca", False)):
        form = (await browser.get(f"/robots/new?strategy={strategy}")).html
        for name in only_signals:
            assert (f'name="{name}"' in form) is has, (strategy, name)
        filled = dict(re.findall(r'name="([\w.]+)" value="([^"]*)"', form))
        told = {"strategy": strategy, "key": key, "symbol": "BTC/USD", "interval": "1m"}
        sent = {**filled, **told, "amount": "500", "on_stop": "keep", "joins": ""}
        page = await browser.post("/robots/new", sent)
        assert "The robot is starting" in page.words, strategy


async def test_guards_are_shown_again_as_they_were_chosen_with_their_own_problems(
    site: WebSite, browser: Browserling
) -> None:
    key = await add_good(browser, site, await set_up(browser, site))
    rights = frozenset({Scope.READ, Scope.TRADE_SPOT})
    await site.house.vault.record_verdict(key, Standing(KeyStatus.ENABLED, "", {}, rights))
    chosen = [("guard.days", "mon"), ("guard.days", "wed")]
    filled = [("key", key), ("symbol", "BTC/USD"), ("interval", "1m"), ("on_stop", "keep")]
    filled += [("strategy", "ema_cross"), *chosen]
    await browser.get("/robots/new?strategy=ema_cross")

    page = await browser.post("/robots/new", [*filled, ("amount", "250"), ("guard.confirm", "0")])
    assert page.status == 422
    assert 'id="guard.confirm-problem"' in page.html
    assert 'id="confirm-problem"' not in page.html
    ticked = re.findall(r'name="guard.days" value="(\w+)" checked', page.html)
    assert ticked == ["mon", "wed"]

    page = await browser.post("/robots/new", [*filled, ("amount", "250"), ("guard.days", "never")])
    assert 'id="guard.days-problem"' in page.html
    page = await browser.post("/robots/new", [*filled, ("amount", "250")])
    assert "Days of entries: Monday, Wednesday" in page.words
    form = await browser.get("/robots/new?strategy=ema_cross&guard.days=sat-mon")
    ticked = re.findall(r'name="guard.days" value="(\w+)" checked', form.html)
    assert ticked == ["mon", "sat", "sun"]


async def test_the_audit_page_tells_what_happened_and_that_the_chain_is_whole(
    site: WebSite, browser: Browserling
) -> None:
    await add_good(browser, site, await set_up(browser, site))
    page = await browser.get("/audit")
    assert "vault:key:added" in page.words
    page = await browser.get("/audit?verify=1")
    assert "The chain is whole" in page.words
    async with site.house.database.transaction() as tx:
        await tx.execute(without_trigger("audit_events_are_not_changed", "audit_events"))
        await tx.execute("UPDATE audit_events SET facts = '{}' WHERE n = 2")
    page = await browser.get("/audit?verify=1")
    assert page.status == 200
    assert "The chain is whole" not in page.words
    assert 'role="alert"' in page.html


async def test_the_password_can_be_changed_and_ends_the_session(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    new = "another long password"
    await browser.get("/profile")
    fields = {"old_password": "wrong", "password": new, "password_again": new}
    assert (await browser.post("/security/password", fields)).status == 401
    page = await browser.post("/security/password", {**fields, "old_password": PASSWORD})
    assert "Your password is changed" in page.words
    assert (await browser.get("/keys")).path == "/log-in"
