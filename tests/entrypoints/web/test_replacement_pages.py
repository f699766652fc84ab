"""The page on which a key is replaced, as far as it goes without a gateway."""

import json

from drawbridge.core.operations import Scope
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit.browserling import Browserling
from tests.kit.owner import SECRET, add_good, set_up
from tests.kit.web_site import WebSite

_NEW = {"api_key": "N" * 56, "api_secret": SECRET}


async def _key(site: WebSite, browser: Browserling) -> tuple[str, str]:
    totp = await set_up(browser, site)
    key = await add_good(browser, site, totp, "Main")
    rights = frozenset({Scope.READ, Scope.TRADE_SPOT})
    await site.house.vault.record_verdict(key, Standing(KeyStatus.ENABLED, scopes=rights))
    return key, totp


async def _stand(site: WebSite, state: str, reason: str = "") -> None:
    facts = json.dumps({"label": "Main", "exchange": "Kraken"})
    async with site.house.database.transaction() as tx:
        await tx.execute(
            "UPDATE replacements SET state = ?, reason = ?, facts = ?", state, reason, facts
        )


async def test_a_new_key_that_cannot_be_is_refused_beside_its_field_and_keeps_the_code(
    site: WebSite, browser: Browserling
) -> None:
    key, totp = await _key(site, browser)
    page = await browser.post(f"/keys/{key}/replace", {**_NEW, "code": "000000"})
    assert page.status in {401, 422}
    assert SECRET not in page.html
    old = (await site.house.vault.get_record(key)).public_key
    page = await browser.post(
        f"/keys/{key}/replace", {**_NEW, "api_key": old, "code": site.code(totp)}
    )
    assert page.status == 409
    assert "this is the key that “Main” uses now" in page.words
    page = await browser.post(f"/keys/{key}/replace/do", {"act": "confirm"})
    assert "is not being replaced" in page.words


async def test_from_the_keys_page_to_a_new_key_that_is_being_checked(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 37, as far as pages go."""
    key, totp = await _key(site, browser)
    assert f"/keys/{key}/replace" in (await browser.get(f"/keys/{key}")).html
    page = await browser.get(f"/keys/{key}/replace")
    assert "Leave the old key of “Main” at the exchange as it is" in page.words
    page = await browser.post(f"/keys/{key}/replace", {**_NEW, "code": site.code(totp)})
    assert "The new key is being checked" in page.words
    assert "Main #1" not in (await browser.get("/keys")).words
    live = await browser.get(f"/keys/{key}/replace/live")
    assert "Give up" in live.words
    await browser.post(f"/keys/{key}/replace/do", {"act": "give_up"})
    page = await browser.get(f"/keys/{key}/replace")
    assert "The new key is being checked" not in page.words


async def test_another_account_is_asked_about_and_the_old_key_is_told_how_to_end(
    site: WebSite, browser: Browserling
) -> None:
    """Scenarios 37 and 39."""
    key, totp = await _key(site, browser)
    await browser.post(f"/keys/{key}/replace", {**_NEW, "code": site.code(totp)})
    await _stand(site, "asking", "replacement_other_account")
    page = await browser.get(f"/keys/{key}/replace")
    assert "of another account at Kraken" in page.words
    assert "Let everything go over to that account" in page.words
    await _stand(site, "retiring")
    page = await browser.get(f"/keys/{key}/replace")
    assert "I have deleted the old key" in page.words
    assert "NNNN…NNNN" in page.words
    await browser.post(f"/keys/{key}/replace/do", {"act": "let_go"})
    assert "Look at the exchange" in (await browser.get(f"/keys/{key}/replace")).words
