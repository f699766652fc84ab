"""A robot's page shows what it was told to do, and leads to a hook only where one is of use."""

from dataclasses import replace

from drawbridge.entrypoints.web.plan_views import view_accounts
from drawbridge.robots.model import Account, Robot, RobotStatus
from drawbridge.robots.wishes import Wish
from tests.kit.browserling import Browserling
from tests.kit.owner import add_good, set_up
from tests.kit.web_site import WebSite

WISH = Wish(key_id="", symbol="BTC/USD", amount="1000", name="Ace")


async def _robot(site: WebSite, browser: Browserling, wish: Wish) -> Robot:
    key = await add_good(browser, site, await set_up(browser, site))
    owner = (await site.services.accounts.list_owners())[0].id
    return await site.services.robots.create(owner, replace(wish, key_id=key))


async def test_a_hook_is_made_only_for_a_robot_that_listens(
    site: WebSite, browser: Browserling
) -> None:
    robot = await _robot(site, browser, WISH)
    path = f"/robots/{robot.id}"
    assert f"{path}/hook" not in (await browser.get(path)).html
    page = await browser.post(f"{path}/hook")
    assert page.status == 409
    assert "was not made to act on signals" in page.words
    assert await site.services.signals.find_hook(robot.owner, robot.id) is None


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
