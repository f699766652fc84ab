"""Trades as files, from the pages."""

import pytest

from tests.kit.browserling import Browserling
from tests.kit.owner import add_good, become_owner, set_up
from tests.kit.recorded_trades import Whose, record_trades
from tests.kit.trades import trade
from tests.kit.web_site import START_MS, WebSite


async def record(site: WebSite, key_id: str, venue: str = "live") -> None:
    owner = (await site.house.vault.get_record(key_id)).owner
    whose = Whose(owner, key_id, "kraken", venue)
    bought = trade("buy", "1", "100", START_MS, "0.1 USD")
    await record_trades(site.house.database, whose, bought)


async def test_nobody_gets_a_file_without_logging_in(site: WebSite, browser: Browserling) -> None:
    await become_owner(browser, site)
    browser.cookies.clear()
    page = await browser.get("/export/trades.csv?format=koinly")
    assert page.path.startswith("/log-in")


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("format=excel", 422, "choose one of these: "),
        ("format=koinly&year=26", 422, "four digits"),
        ("format=koinly&year=%3Cb%3E", 422, "four digits"),
        ("format=koinly&key=key_nothere", 404, "key"),
        ("format=koinly&robot=nobody", 404, "robot"),
        ("", 422, "choose one of these"),
    ],
)
async def test_what_cannot_be_written_is_said_beside_the_form(
    site: WebSite, browser: Browserling, asked: str, status: int, said: str
) -> None:
    await become_owner(browser, site)
    page = await browser.get(f"/export/trades.csv?{asked}")
    assert page.status == status
    assert said in page.words
    assert "Trades for tax and books" in page.words
    assert "<b>" not in page.html


async def test_play_money_is_refused_unless_it_is_ticked(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 64."""
    await record(site, await add_good(browser, site, await set_up(browser, site)), "paper")
    page = await browser.get("/export/trades.csv?format=koinly")
    assert page.status == 403
    assert "All of these trades are simulated" in page.words
    page = await browser.get("/export/trades.csv?format=koinly&simulated=yes")
    assert (page.status, page.header("content-disposition")) == (
        200,
        'attachment; filename="drawbridge-koinly-simulated.csv"',
    )


async def test_trades_are_downloaded_as_a_file(site: WebSite, browser: Browserling) -> None:
    key = await add_good(browser, site, await set_up(browser, site), "main")
    await record(site, key)
    form = await browser.get("/export")
    assert f'<option value="{key}">' in form.html
    page = await browser.get(f"/export/trades.csv?format=cointracking&year=2026&key={key}")
    assert page.header("content-type") == "text/csv; charset=utf-8"
    assert page.header("content-disposition").endswith('"drawbridge-cointracking-2026.csv"')
    assert page.html.splitlines()[1].startswith('"Trade","1","BTC","100.1","USD"')
