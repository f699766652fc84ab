"""The page Risk: the stop is one press away and seen everywhere, limits are set by name."""

import pytest

from tests.kit.browserling import Browserling
from tests.kit.owner import add_good, become_owner, set_up
from tests.kit.web_site import WebSite

BAND = "notice-band stop"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("position", "much"),
        ("position", "-1"),
        ("day_loss", "0"),
        ("open_orders", "1.5"),
        ("open_value", "9" * 100_000),
        ("collar", "5%"),
    ],
)
async def test_a_bad_limit_is_told_beside_its_field_and_nothing_is_set(
    site: WebSite, browser: Browserling, field: str, text: str
) -> None:
    key = await add_good(browser, site, await set_up(browser, site), "First")
    await browser.get(f"/risk/limits?of=key:{key}")
    page = await browser.post("/risk/limits", {"of": f"key:{key}", field: text})
    assert page.status == 422
    assert f'id="{field}-problem"' in page.html
    assert "None" in (await browser.get("/risk")).words


@pytest.mark.parametrize("of", ["", "key:somebody_elses", "robot:nobody", "x" * 10_000])
async def test_nobody_limits_what_is_not_theirs(
    site: WebSite, browser: Browserling, of: str
) -> None:
    await become_owner(browser, site)
    assert (await browser.get(f"/risk/limits?of={of}")).status == 404
    assert (await browser.post("/risk/limits", {"of": of, "position": "1"})).status == 404


async def test_limits_are_set_changed_and_taken_off(site: WebSite, browser: Browserling) -> None:
    key = await add_good(browser, site, await set_up(browser, site), "First")
    await browser.get(f"/risk/limits?of=key:{key}")
    page = await browser.post(
        "/risk/limits", {"of": f"key:{key}", "position": "1000.50", "collar": " 5 "}
    )
    assert "The limits are set" in page.words
    assert "Position: 1000.5, Distance from the last price, %: 5" in page.words
    page = await browser.get(f"/risk/limits?of=key:{key}")
    assert 'value="1000.5"' in page.html
    await browser.post("/risk/limits", {"of": f"key:{key}"})
    assert await site.house.limits.list_limits(await _owner(site)) == ()


async def test_a_stop_is_seen_on_every_page_until_trading_goes_on(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    assert BAND not in (await browser.get("/")).html
    await browser.get("/risk")
    page = await browser.post("/risk/stop", {"cancel": "yes", "robots": "yes"})
    assert "Trading has stopped since" in page.words
    assert "being cancelled" in page.words
    for path in ("/", "/keys", "/robots", "/audit", "/profile", "/nowhere"):
        assert BAND in (await browser.get(path)).html, path
    assert BAND not in (await Browserling(site.app).get("/log-in")).html, "strangers see nothing"
    await browser.get("/risk")
    page = await browser.post("/risk/resume")
    assert "Trading may go on" in page.words
    assert BAND not in (await browser.get("/")).html
    assert (await browser.post("/risk/resume")).status == 409


async def test_a_stop_for_everybody_is_not_ended_by_a_page(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    await site.house.limits.stop(await _owner(site), of="")
    page = await browser.get("/risk")
    assert "--everybody" in page.words
    assert 'action="/risk/resume"' not in page.html
    assert (await browser.post("/risk/resume")).status == 409
    assert BAND in (await browser.get("/")).html


async def _owner(site: WebSite) -> str:
    return (await site.house.accounts.list_owners())[0].id
