"""The pages of notices: what is new is counted everywhere, and secrets are shown once."""

import re

import pytest

from drawbridge.app.lab_process import LabWork
from drawbridge.lab.model import TrialWish
from drawbridge.notices.model import Channel, Notice, NoticeKind
from drawbridge.notices.outbox import tell
from tests.kit.browserling import Browserling
from tests.kit.owner import become_owner
from tests.kit.web_site import WebSite

_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{44}")


async def _owner(site: WebSite) -> str:
    return (await site.house.accounts.list_owners())[0].id


async def _tell(site: WebSite, notice: Notice) -> None:
    async with site.house.database.transaction() as tx:
        await tell(tx, notice, site.clock.now_ms())


@pytest.mark.parametrize(
    ("channel", "place", "status"),
    [
        ("mail", "nobody", 422),
        ("mail", "", 422),
        ("webhook", "http://127.0.0.1:22/", 422),
        ("webhook", "https://169.254.169.254/", 422),
        ("webhook", "https://a.example/" + "x" * 100_000, 422),
        ("telegram", "42", 409),
        ("pigeon", "roof", 404),
        ("page", "here", 404),
    ],
)
async def test_a_bad_way_is_refused_and_stays_off(
    site: WebSite, browser: Browserling, channel: str, place: str, status: int
) -> None:
    await become_owner(browser, site)
    await browser.get("/notices/ways")
    page = await browser.post(f"/notices/ways/{channel}", {"place": place, "on": "yes"})
    assert page.status == status
    if status == 422:
        assert f'id="{channel}-place-problem"' in page.html
    ways = await site.house.notices.list_ways(await _owner(site))
    assert not any(way.is_on for way in ways.values())


async def test_a_kind_or_an_hour_that_is_none_is_refused(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    await browser.get("/notices/ways")
    assert (await browser.post("/notices/kinds", {"mail": "rain"})).status == 422
    page = await browser.post("/notices/summary", {"summary": "25:00"})
    assert page.status == 422
    assert 'id="summary-problem"' in page.html
    assert (await browser.post("/notices/ways/mail/test")).status == 409


async def test_what_is_new_is_counted_on_every_page_until_it_is_seen(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    assert "Nothing to tell" in (await browser.get("/notices")).words
    owner = await _owner(site)
    facts = {"name": "<b>Anchor</b>", "reason": "insufficient_funds", "about": {}}
    await _tell(site, Notice(NoticeKind.ROBOT_PAUSED, owner, "robot_1", facts))
    await _tell(site, Notice(NoticeKind.STOP_ON, "owner_2"))
    assert "Notices (1)" in (await browser.get("/")).words
    page = await browser.get("/notices")
    assert "Robot “<b>Anchor</b>” has paused." in page.words
    assert "<b>Anchor" not in page.html
    assert 'href="/robots/robot_1"' in page.html
    assert "stopped: nothing is entered" not in page.words
    page = await browser.post("/notices/read")
    assert "Notices (" not in page.words
    assert (await browser.get("/notices?before=1")).status == 200
    assert (await browser.get("/notices?before=x" + "9" * 50)).status == 200


async def test_a_webhooks_secret_is_shown_once(site: WebSite, browser: Browserling) -> None:
    await become_owner(browser, site)
    await browser.get("/notices/ways")
    page = await browser.post(
        "/notices/ways/webhook", {"place": "https://a.example/hook", "on": "yes"}
    )
    [first] = set(_SECRET.findall(page.html))
    page = await browser.get("/notices/ways")
    assert not _SECRET.findall(page.html)
    assert "https://a.example/hook" in page.html
    page = await browser.post("/notices/ways/webhook/secret")
    [second] = set(_SECRET.findall(page.html))
    assert first != second
    await browser.get("/notices/ways")
    page = await browser.post("/notices/ways/webhook/test")
    assert "on its way" in page.words
    page = await browser.post("/notices/ways/webhook", {"place": "https://a.example/hook"})
    assert not (await site.house.notices.list_ways(await _owner(site)))[Channel.WEBHOOK].is_on


async def test_kinds_and_the_summarys_hour_are_chosen(site: WebSite, browser: Browserling) -> None:
    await become_owner(browser, site)
    await browser.get("/notices/ways")
    chosen = [("mail", "order_filled"), ("mail", "stop_on"), ("page", "robot_paused")]
    page = await browser.post("/notices/kinds", chosen)
    assert page.status == 200
    owner, notices = await _owner(site), site.house.notices
    assert await notices.kinds_of(owner, Channel.MAIL) == {
        NoticeKind.ORDER_FILLED,
        NoticeKind.STOP_ON,
    }
    assert await notices.kinds_of(owner, Channel.WEBHOOK) == frozenset()
    await _tell(site, Notice(NoticeKind.STOP_ON, owner))
    assert "Nothing to tell" in (await browser.get("/notices")).words, "switched off on the page"
    await browser.get("/notices/ways")
    page = await browser.post("/notices/summary", {"summary": "6:30"})
    assert 'value="06:30"' in page.html


async def test_a_trial_that_has_ended_is_told_although_no_page_was_open(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 20."""
    await become_owner(browser, site)
    owner, house = await _owner(site), site.house
    wish = TrialWish(candles="XRP-USDT", last="1500")
    ordered = await house.lab.order(owner, wish)
    await LabWork(house.database, house.lab.shelf, house.clock).run()
    page = await browser.get("/notices")
    assert "The backtest “ema_cross, XRP-USDT” has finished." in page.words
    assert f'href="/lab/{ordered.id}"' in page.html
