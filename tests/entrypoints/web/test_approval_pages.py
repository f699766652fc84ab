"""The page of approvals: two buttons and the time left, and what became of each question."""

import re

from drawbridge.approvals.model import PROPOSAL_LIVES_MS, Approval, ApprovalKind, Question
from drawbridge.core.operations import Scope
from drawbridge.vault.model import KeyStatus, Standing
from drawbridge.wording.say import say
from tests.kit.browserling import Browserling
from tests.kit.owner import add_good, become_owner, set_up
from tests.kit.web_site import WebSite


async def propose(site: WebSite) -> Approval:
    owner = (await site.house.accounts.list_owners())[0].id
    asked = Question(owner, ApprovalKind.STOP_EVERYTHING, "", {"name": ""}, "Jeeves")
    return await site.house.approvals.propose(asked)


async def test_what_is_not_there_or_has_ended_is_said_on_the_page(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    approval = await propose(site)
    await browser.get("/approvals")
    nowhere = await browser.post("/approvals/approve", {"approval": "approval_x"})
    assert nowhere.status == 404
    assert say("errors.unknown_approval") in nowhere.words

    site.clock.advance(PROPOSAL_LIVES_MS)
    late = await browser.post("/approvals/approve", {"approval": approval.id})

    assert late.status == 409
    assert say("errors.approval_expired") in late.words
    assert say("approval.status.expired") in late.words
    assert 'action="/approvals/approve"' not in late.html
    assert not site.house.limits.is_stopped(approval.owner)


async def test_a_question_is_shown_with_its_time_and_answered(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    assert say("approval.none") in (await browser.get("/approvals")).words
    approval = await propose(site)
    page = await browser.get("/")
    assert f"{say('nav.approvals')} (1)" in page.words
    page = await browser.get("/approvals")
    assert say("approval.act.stop_everything") in page.words
    assert say("approval.time_left", left_ms=PROPOSAL_LIVES_MS) in page.words

    page = await browser.post("/approvals/approve", {"approval": approval.id})

    assert say("done.approval_given") in page.words
    assert say("approval.end.done") in page.words
    assert site.house.limits.is_stopped(approval.owner)
    again = await browser.post("/approvals/decline", {"approval": approval.id})
    assert (again.status, say("errors.approval_answered") in again.words) == (409, True)


async def test_a_no_does_nothing(site: WebSite, browser: Browserling) -> None:
    await become_owner(browser, site)
    approval = await propose(site)
    await browser.get("/approvals")

    page = await browser.post("/approvals/decline", {"approval": approval.id})

    assert say("done.approval_declined") in page.words
    assert not site.house.limits.is_stopped(approval.owner)


async def test_a_robot_that_asks_is_made_by_a_tick(site: WebSite, browser: Browserling) -> None:
    key = await add_good(browser, site, await set_up(browser, site), "First")
    scopes = frozenset({Scope.READ, Scope.TRADE_SPOT})
    await site.house.vault.record_verdict(key, Standing(KeyStatus.ENABLED, scopes=scopes))
    await browser.get("/robots/new?strategy=ema_cross")
    fields = {"strategy": "ema_cross", "key": key, "symbol": "BTC/USD", "amount": "100"}
    fields |= {"interval": "1m", "on_stop": "market", "asks": "yes"}
    wrong = await browser.post("/robots/new", {**fields, "amount": "much"})
    assert wrong.status == 422
    assert re.search(r'name="asks" value="yes" checked', wrong.html), "the tick stays"

    page = await browser.post("/robots/new", fields)

    assert say("approval.asks_on") in page.words
    [robot] = await site.house.robots.list_robots((await site.house.accounts.list_owners())[0].id)
    assert robot.plan.asks
