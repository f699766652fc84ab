"""All figures of a robot on its page, in groups, undefined ones as dashes, play money as such."""

from drawbridge.core.clock import DAY_MS, HOUR_MS
from drawbridge.robots.wishes import Wish
from tests.kit.browserling import Browserling
from tests.kit.owner import add_good, set_up
from tests.kit.recorded_trades import Whose, record_trades
from tests.kit.trades import trade
from tests.kit.web_site import START_MS, WebSite

DASH = "\N{EN DASH}"


async def make_robot(site: WebSite, key_id: str) -> tuple[str, Whose]:
    key = await site.house.vault.get_record(key_id)
    wish = Wish(key_id=key_id, symbol="BTC/USD", amount="1000", name="Ace")
    robot = await site.house.robots.create(key.owner, wish)
    return robot.id, Whose(key.owner, key_id, key.exchange, key.venue.value, robot.origin)


async def test_a_robot_that_has_not_traded_shows_dashes(
    site: WebSite, browser: Browserling
) -> None:
    """Scenarios 58 and 64."""
    robot, _ = await make_robot(site, await add_good(browser, site, await set_up(browser, site)))
    page = await browser.get(f"/robots/{robot}")
    for told in ("Simulated: traded with play money", f"Win rate {DASH}", f"Sharpe ratio {DASH}"):
        assert told in page.words, told
    assert "inf" not in page.words.lower().split()


async def test_a_robot_that_has_traded_shows_every_group_and_its_months(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 57: bought for 101, sold for 109, bought again for 121, sold for 99."""
    robot, whose = await make_robot(
        site, await add_good(browser, site, await set_up(browser, site))
    )
    await record_trades(
        site.house.database,
        whose,
        trade("buy", "1", "100", START_MS, "1 USD"),
        trade("sell", "1", "110", START_MS + HOUR_MS, "1 USD"),
        trade("buy", "1", "120", START_MS + DAY_MS, "1 USD"),
        trade("sell", "1", "100", START_MS + 40 * DAY_MS, "1 USD"),
    )
    for path in (f"/robots/{robot}", f"/robots/{robot}/live"):
        page = await browser.get(path)
        for told in (
            "Net profit -14 USD",
            "Win rate 50.00 %",
            "Deepest fall 22 USD",
            "Height reached again not yet",
            "Time held, at most 39 days",
            "Fees by currency 4 USD",
            "By quarter",
            "2026-10",
            "2026-Q4",
        ):
            assert told in page.words, f"{path}: {told}"
