"""Home: the first step for whoever has nothing yet, and how everything stands for all others."""

from drawbridge.core.operations import Scope
from drawbridge.robots.model import RobotStatus
from drawbridge.robots.wishes import Wish
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit.browserling import Browserling
from tests.kit.furnished import furnish
from tests.kit.owner import add_good, become_owner, set_up
from tests.kit.web_site import WebSite

_TRADING = Standing(KeyStatus.ENABLED, scopes=frozenset({Scope.READ, Scope.TRADE_SPOT}))


async def test_a_newcomer_is_led_to_the_first_step_and_warned_of_nothing(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    home = await browser.get("/")
    assert "First, protect your account with an authenticator." in home.words
    assert "Your way to the first robot" in home.words
    for absent in ("Needs you", "Your accounts", "Round trips"):
        assert absent not in home.words, absent


async def test_the_way_goes_on_from_step_to_step_and_is_gone_at_its_end(
    site: WebSite, browser: Browserling
) -> None:
    totp = await set_up(browser, site)
    assert "Add a key, and Drawbridge proves" in (await browser.get("/")).words
    key = await add_good(browser, site, totp)
    await site.house.vault.record_verdict(key, _TRADING)
    assert "Your key works. Start a robot with it." in (await browser.get("/")).words
    owner = (await site.house.accounts.list_owners())[0].id
    await site.house.robots.create(owner, Wish(key_id=key, symbol="BTC/USD", amount="100"))
    home = await browser.get("/")
    assert "Nothing needs you." in home.words
    assert "Your way to the first robot" not in home.words


async def test_each_thing_that_needs_somebody_stands_there_with_its_button(
    site: WebSite, browser: Browserling
) -> None:
    await furnish(browser, site)
    async with site.house.database.transaction() as tx:
        await tx.execute(
            "UPDATE robots SET status = 'paused', reason = 'insufficient_funds' WHERE name = 'Grid'"
        )
    home = await browser.get("/")
    assert " things need you." in home.words
    for told in (
        "“Careless key with a long name” may do more than a key should, and was refused.",
        "The exchange does not accept “Broken”.",
        "“Grid” has paused itself. There is not enough money",
    ):
        assert told in home.words, told
    for button in ("Add another key", "Enter it again", "Start again"):
        assert button in home.words, button
    assert 'href="/keys/new?exchange=kraken&amp;venue=paper"' in home.html


async def test_a_paused_robot_is_started_again_from_there(
    site: WebSite, browser: Browserling
) -> None:
    key = await add_good(browser, site, await set_up(browser, site))
    await site.house.vault.record_verdict(key, _TRADING)
    owner = (await site.house.accounts.list_owners())[0].id
    robot = await site.house.robots.create(owner, Wish(key_id=key, symbol="BTC/USD", amount="9"))
    async with site.house.database.transaction() as tx:
        for table, name in (("robots", "id"), ("robot_accounts", "robot_id")):
            await tx.execute(
                f"UPDATE {table} SET status = 'paused' WHERE {name} = ?",  # noqa: S608  two constants
                robot.id,
            )
    home = await browser.get("/")
    assert f'action="/robots/{robot.id}/start"' in home.html
    await browser.post(f"/robots/{robot.id}/start")
    assert (await site.house.robots.get_robot(owner, robot.id)).status is RobotStatus.STARTING
    assert "Needs you" not in (await browser.get("/")).words


async def test_robots_are_told_with_what_they_earned_those_that_paused_first(
    site: WebSite, browser: Browserling
) -> None:
    await furnish(browser, site)
    async with site.house.database.transaction() as tx:
        await tx.execute("UPDATE robots SET status = 'paused' WHERE name = 'Listener'")
    words = (await browser.get("/")).words
    assert words.index("Listener BTC/USD") < words.index("Ace of the crossing BTC/USD")
    assert "running There is not enough money" in words
    assert " 20 -" in words, "round trips and profit of the one that traded"


async def test_a_worth_is_told_with_its_age_returns_and_a_line_that_needs_no_script(
    site: WebSite, browser: Browserling
) -> None:
    await furnish(browser, site)
    site.clock.advance(60_000)
    home = await browser.get("/")
    assert "Your paper accounts 43,333.2 USD 1 minute ago" in home.words
    assert "Last day +" in home.words
    assert "Last 7 days" not in home.words, "it was not watched for so long"
    assert 'class="curve-line" d="M0 200' in home.html
    assert "between 10,000 and 43,333.2 USD" in home.html


async def test_the_fragment_is_what_the_page_shows(site: WebSite, browser: Browserling) -> None:
    await furnish(browser, site)
    home, part = await browser.get("/"), await browser.get("/home/live")
    assert part.html.strip() in home.html
    assert 'data-live="/live/home" data-again="/home/live"' in part.html
