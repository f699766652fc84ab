"""My exchange API keys: adding, the live check, off and on, deleting; no secret comes back."""

import pytest

from drawbridge.core.secret import Secret
from drawbridge.vault.model import KeyStatus, Standing
from drawbridge.verification.store import Step, StepState
from tests.kit.browserling import Browserling
from tests.kit.owner import (
    KEY,
    NEW,
    PASSWORD,
    SECRET,
    add,
    add_good,
    become_owner,
    set_up,
)
from tests.kit.web_site import WebSite

OTHER_EXCHANGES_KEY = "B" * 64


async def test_a_key_needs_an_authenticator(site: WebSite, browser: Browserling) -> None:
    await become_owner(browser, site)
    page = await add(browser, "123456", {"api_key": KEY, "api_secret": SECRET})
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
    totp = await set_up(browser, site)
    page = await add(browser, site.code(totp), fields)
    assert page.status == 422
    assert f'id="{field}-problem"' in page.html
    assert SECRET not in page.html.replace(fields["api_key"], "")
    assert "No keys yet" in (await browser.get("/keys")).words


async def test_a_wrong_code_adds_no_key(site: WebSite, browser: Browserling) -> None:
    await set_up(browser, site)
    page = await add(browser, "000000", {"api_key": KEY, "api_secret": SECRET})
    assert page.status == 401
    assert 'id="code-problem"' in page.html
    assert "No keys yet" in (await browser.get("/keys")).words


async def test_addresses_that_name_no_exchange_venue_or_key_are_said_in_words(
    site: WebSite, browser: Browserling
) -> None:
    await set_up(browser, site)
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
    key = await add_good(browser, site, await set_up(browser, site))
    await site.house.accounts.create_owner("Eve", Secret(PASSWORD))
    stranger = Browserling(site.app)
    await stranger.get("/log-in")
    await stranger.post("/log-in", {"name": "Eve", "password": PASSWORD})
    assert (await stranger.get(f"/keys/{key}")).status == 404
    assert (await stranger.post(f"/keys/{key}/disable")).status == 404


async def test_a_label_that_is_taken_is_refused(site: WebSite, browser: Browserling) -> None:
    """Scenario 3."""
    totp = await set_up(browser, site)
    await add_good(browser, site, totp, "main")
    other = {"api_key": "L" * 56, "api_secret": SECRET, "label": "MAIN"}
    page = await add(browser, site.code(totp), other)
    assert page.status == 409
    assert 'id="label-problem"' in page.html
    assert 'value="MAIN"' in page.html


async def test_the_form_asks_for_what_the_exchange_needs_and_shows_our_addresses(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 1."""
    await set_up(browser, site)
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
    totp = await set_up(browser, site)
    fields = {"api_key": f' "{KEY}"\r\n', "api_secret": f"{SECRET}\n"}
    page = await add(browser, site.code(totp), fields)
    assert page.status == 200
    assert "Kraken #1" in page.words
    assert "were taken off" in page.words
    assert "The check begins as soon as" in page.words


async def test_a_secret_never_comes_back(site: WebSite, browser: Browserling) -> None:
    """Scenario 34, for the pages."""
    key = await add_good(browser, site, await set_up(browser, site))
    for path in ("/", "/keys", f"/keys/{key}", f"/keys/{key}/check", NEW, "/audit", "/profile"):
        page = await browser.get(path)
        assert page.status == 200
        assert SECRET not in page.html
        assert KEY not in page.html


async def test_the_check_of_a_key_is_shown_while_it_runs(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 5, for the pages."""
    key = await add_good(browser, site, await set_up(browser, site))
    page = await browser.get(f"/keys/{key}/check")
    assert 'data-live="/live/keys/' in page.html
    await site.house.vault.record_verdict(
        key, Standing(KeyStatus.INVALID, "bad_signature", {}, frozenset())
    )
    page = await browser.get(f"/keys/{key}/check")
    assert page.header("x-leave") == "true"
    assert "Copy key and secret again" in page.words


async def test_a_refused_key_is_told_with_the_switch_to_turn_off(
    site: WebSite, browser: Browserling
) -> None:
    """Scenarios 11 and 12, for the pages."""
    key = await add_good(browser, site, await set_up(browser, site))
    checks, facts = site.house.checks, {"exchange": "Kraken", "switches": "Withdraw"}
    check = (key, await checks.begin(key))
    remark = {"code": "needless_right", "facts": {"switch": "Earn", "exchange": "Kraken"}}
    told = {"status": "refused", "reason": "key_can_withdraw", "remarks": [remark]}
    await checks.write(check, Step.VERDICT, StepState.OK, "", told)
    await checks.write(check, Step.DONE, StepState.OK, "key_can_withdraw", facts)
    await site.house.vault.refuse(key, "key_can_withdraw", facts)
    page = await browser.get(f"/keys/{key}")
    assert "Refused" in page.words
    assert "At Kraken, turn off Withdraw" in page.words
    assert "“Earn” is on for this key" in page.words
    assert "Verdict : failed" in page.words
    assert "Show me how to make it" in page.words


async def test_a_key_is_disabled_enabled_and_deleted(site: WebSite, browser: Browserling) -> None:
    """Scenario 36: enabling and deleting ask for a code."""
    totp = await set_up(browser, site)
    key = await add_good(browser, site, totp)
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
