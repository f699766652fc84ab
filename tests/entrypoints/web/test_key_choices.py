"""Choices about keys on the pages: how trading is proven, and whether a key may go."""

import pytest

from drawbridge.core.operations import Scope
from drawbridge.robots.wishes import Wish
from drawbridge.vault.model import KeyStatus, Proof, Standing
from drawbridge.verification.store import Step, StepState
from tests.kit.browserling import Browserling
from tests.kit.owner import KEY, NEW, SECRET, add, add_good, set_up
from tests.kit.web_site import WebSite

_ENABLED = Standing(KeyStatus.ENABLED, scopes=frozenset({Scope.READ, Scope.TRADE_SPOT}))
_GOOD = {"api_key": KEY, "api_secret": SECRET}


async def test_a_proof_that_is_none_is_refused_and_stores_nothing(
    site: WebSite, browser: Browserling
) -> None:
    totp = await set_up(browser, site)
    page = await add(browser, site.code(totp), {**_GOOD, "proof": "prayer"})
    assert page.status == 422
    assert "choose how the right to trade is proven" in page.words
    assert SECRET not in page.html
    assert "No keys yet" in (await browser.get("/keys")).words


async def test_a_key_that_robots_use_is_not_deleted_and_they_are_named(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 41."""
    totp = await set_up(browser, site)
    key = await add_good(browser, site, totp)
    await site.house.vault.record_verdict(key, _ENABLED)
    owner = (await site.house.vault.get_record(key)).owner
    robots = site.house.robots
    robot = await robots.create(owner, Wish(key, "BTC/USD", "100", name="Dawn"))
    await robots.start(owner, robot.id)
    page = await browser.get(f"/keys/{key}/delete")
    assert f"/robots/{robot.id}/stop" in page.html
    page = await browser.post(f"/keys/{key}/delete", {"code": site.code(totp)})
    assert page.status == 409
    assert "in use by robots: Dawn" in page.words
    assert (await site.house.vault.get_record(key)).status is KeyStatus.ENABLED


@pytest.mark.parametrize("proof", list(Proof))
async def test_the_proof_is_chosen_when_a_key_is_added_and_when_it_is_checked_again(
    site: WebSite, browser: Browserling, proof: Proof
) -> None:
    """Scenario 6."""
    totp = await set_up(browser, site)
    form = await browser.get(NEW)
    assert 'value="order" checked' in form.html
    for choice in Proof:
        assert f'name="proof" value="{choice.value}"' in form.html
    page = await add(browser, site.code(totp), {**_GOOD, "proof": proof.value})
    key = page.path.rpartition("/")[2]
    assert (await site.house.vault.get_record(key)).check_proof is proof
    await site.house.vault.record_verdict(key, _ENABLED)
    await browser.post(f"/keys/{key}/check", {"proof": proof.value})
    asked = await site.house.vault.get_record(key)
    assert asked.check_proof is proof
    assert asked.check_requested_ms is not None


async def test_a_key_entered_again_is_told_to_have_been_here(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 3."""
    totp = await set_up(browser, site)
    first = await add(browser, site.code(totp), _GOOD)
    assert "was here already" not in first.words
    again = await add(browser, site.code(totp), _GOOD)
    assert again.path == first.path
    assert "This key was here already" in again.words


async def test_a_remark_that_arose_after_the_verdict_is_shown(
    site: WebSite, browser: Browserling
) -> None:
    key = await add_good(browser, site, await set_up(browser, site))
    checks = site.house.checks
    check = (key, await checks.begin(key))
    early = {"code": "trading_proven_by_order", "facts": {"exchange": "Kraken"}}
    late = {"code": "balances_changed", "facts": {"changes": "-2 ETH"}}
    await checks.write(check, Step.VERDICT, StepState.OK, "", {"remarks": [early]})
    await checks.write(check, Step.DONE, StepState.OK, "", {"remarks": [early, late]})
    await site.house.vault.record_verdict(key, _ENABLED)
    page = await browser.get(f"/keys/{key}")
    assert "The balances changed during the check: -2 ETH" in page.words
    assert page.words.count("was proven by a test order") == 1
