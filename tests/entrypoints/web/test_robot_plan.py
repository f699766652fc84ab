"""A robot's page shows what it was told to do, and leads to a hook only where one is of use."""

import re
from dataclasses import replace
from html import unescape

from drawbridge.core.operations import Scope
from drawbridge.entrypoints.web.plan_views import resting_words, view_accounts
from drawbridge.robots.model import Account, OnStop, Robot, RobotStatus
from drawbridge.robots.wishes import Wish
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit.browserling import Browserling
from tests.kit.form_reading import sent_by
from tests.kit.owner import add_good, set_up
from tests.kit.web_site import WebSite

WISH = Wish(key_id="", symbol="BTC/USD", amount="1000", name="Ace")


async def _robot(site: WebSite, browser: Browserling, wish: Wish) -> Robot:
    key = await add_good(browser, site, await set_up(browser, site))
    owner = (await site.house.accounts.list_owners())[0].id
    return await site.house.robots.create(owner, replace(wish, key_id=key))


async def _set_to_work(site: WebSite) -> None:
    """Let the robot be at work, as its runner does once the key is proven."""
    async with site.house.database.transaction() as tx:
        await tx.execute("UPDATE robot_accounts SET status = 'started'")
        await tx.execute("UPDATE robots SET status = 'started'")


async def test_a_hook_is_made_only_for_a_robot_that_listens(
    site: WebSite, browser: Browserling
) -> None:
    robot = await _robot(site, browser, WISH)
    path = f"/robots/{robot.id}"
    assert f"{path}/hook" not in (await browser.get(path)).html
    page = await browser.post(f"{path}/hook")
    assert page.status == 409
    assert "was not made to act on signals" in page.words
    assert await site.house.signals.find_hook(robot.owner, robot.id) is None


async def test_a_robot_of_signals_tells_all_that_was_chosen(
    site: WebSite, browser: Browserling
) -> None:
    wish = replace(
        WISH,
        guards={"stop_loss": "2.5", "dca_steps": "0"},
        confirm={"macd": {}},
        trigger="signal",
    )
    robot = await _robot(site, browser, wish)
    path = f"/robots/{robot.id}"
    assert f"{path}/hook" in (await browser.get(path)).html
    words = (await browser.get(f"{path}/live")).words
    for told in (
        "Amount 1,000 USD",
        "Holds now 0 BTC",
        "Settings Fast average: 12, Slow average: 26",
        "Positions long",
        "It acts on signals from outside",
        "Guards Stop loss (%): 2.5 Confirmed by MACD (",
    ):
        assert told in words, told


async def test_a_robot_of_orders_tells_nothing_that_it_does_not_take(
    site: WebSite, browser: Browserling
) -> None:
    robot = await _robot(site, browser, replace(WISH, strategy="grid", settings={"lines": "5"}))
    words = (await browser.get(f"/robots/{robot.id}/live")).words
    assert "Price lines: 5, Spacing: equal percentages" in words
    for untold in ("Guards", "Positions", "It acts on", "Open orders", "Accounts"):
        assert untold not in words, untold


async def test_another_robot_like_this_is_ordered_by_the_form_as_it_is_shown(
    site: WebSite, browser: Browserling
) -> None:
    wish = replace(
        WISH,
        name="",
        settings={"fast": "5", "slow": "20"},
        guards={"stop_loss": "2.5", "days": "mon-fri"},
        confirm={"macd": {}},
        interval="15m",
        on_stop="keep",
        joins=True,
        trigger="tick",
    )
    robot = await _robot(site, browser, wish)
    rights = frozenset({Scope.READ, Scope.TRADE_SPOT})
    standing = Standing(KeyStatus.ENABLED, "", {}, rights)
    await site.house.vault.record_verdict(robot.plan.key_id, standing)
    html = (await browser.get(f"/robots/{robot.id}")).html
    address = unescape(re.findall(r'href="(/robots/new\?[^"]+)"', html)[0])
    form = (await browser.get(address)).html
    assert '<details class="stack" open>' in form

    await browser.post("/robots/new", sent_by(form, "/robots/new"))

    robots = await site.house.robots.list_robots(robot.owner)
    [other] = [it for it in robots if it.id != robot.id]
    assert other.plan == robot.plan


async def test_what_the_form_cannot_ask_for_is_not_made_again(
    site: WebSite, browser: Browserling
) -> None:
    robot = await _robot(site, browser, replace(WISH, confirm={"macd": {"fast": "3"}}))
    assert "Make another like this" not in (await browser.get(f"/robots/{robot.id}")).words


async def test_each_of_several_accounts_tells_how_it_stands(
    site: WebSite, browser: Browserling
) -> None:
    robot = await _robot(site, browser, WISH)
    first = robot.accounts[0]
    other = Account(
        replace(first.stake, key_id="key_b"), RobotStatus.PAUSED, "global_stop", changed_ms=1
    )
    assert view_accounts(robot, {}) == []
    shown = view_accounts(replace(robot, accounts=(first, other)), {"key_b": "Second"})
    assert [(it.label, it.status) for it in shown] == [
        (first.key_id, "stopped"),
        ("Second", "paused"),
    ]
    assert "Trading has stopped" in shown[1].reason


async def test_what_becomes_of_open_orders_is_told_only_while_a_robot_has_paused(
    site: WebSite, browser: Browserling
) -> None:
    robot = await _robot(site, browser, WISH)
    paused = replace(robot, status=RobotStatus.PAUSED)
    assert resting_words(robot, 3) == resting_words(paused, 0) == ""
    assert "Its open order stays" in resting_words(paused, 1)
    assert "Its 3 open orders stay" in resting_words(paused, 3)


async def test_open_orders_of_others_are_shown_while_a_robot_works(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 61: reported, not adopted."""
    robot = await _robot(site, browser, WISH)
    async with site.house.database.transaction() as tx:
        row = (robot.plan.key_id, "BTC/USD", "x1", "sell", "0.5", "99999")
        await tx.execute("INSERT INTO foreign_orders VALUES (?, ?, ?, ?, ?, ?, 1)", *row)
    assert "were not placed here" not in (await browser.get(f"/robots/{robot.id}")).words
    await _set_to_work(site)
    words = (await browser.get(f"/robots/{robot.id}/live")).words
    assert "Open orders of others on this market They were not placed here." in words
    assert "Sell 99,999 0.5" in words


async def test_a_robot_is_stopped_in_another_way_when_that_is_wished(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 63."""
    robot = await _robot(site, browser, WISH)
    await _set_to_work(site)
    path = f"/robots/{robot.id}/stop"
    assert path in (await browser.get(f"/robots/{robot.id}/live")).html
    assert "Keep what it holds" in (await browser.get(path)).words
    refused = await browser.post(path, {"on_stop": "burn"})
    assert refused.status == 422
    still = await site.house.robots.get_robot(robot.owner, robot.id)
    assert still.status is RobotStatus.STARTED
    await browser.post(path, {"on_stop": "keep"})
    stopped = await site.house.robots.get_robot(robot.owner, robot.id)
    assert (stopped.status, stopped.closing) == (RobotStatus.STOPPING, OnStop.KEEP)
    assert stopped.plan.on_stop is OnStop.MARKET
    assert (
        "When you stop it, it keeps what it holds."
        in (await browser.get(f"/robots/{robot.id}")).words
    )
