"""The lab's pages: order a trial, see its sheet, make a robot of it (scenario 65)."""

import asyncio
import json

import pytest

from drawbridge.app.lab_process import LabWork
from tests.kit.browserling import Browserling
from tests.kit.owner import set_up
from tests.kit.web_site import WebSite

GOOD = {
    "strategy": "ema_cross",
    "set.fast": "5",
    "set.slow": "20",
    "candles": "XRP-USDT",
    "interval": "as_stored",
    "last": "1500",
    "cash": "1000",
    "amount": "100",
    "fee": "0.001",
    "guard.stop_loss": "3",
}


async def work(site: WebSite) -> None:
    """Do what the lab's process does."""
    house = site.house
    await LabWork(house.database, house.lab.shelf, house.clock).run()


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("candles", "LUNA-USD"),
        ("interval", "7m"),
        ("set.fast", "0"),
        ("set.fast", "50"),
        ("guard.stop_loss", "99"),
        ("amount", "lots"),
        ("fee", "2"),
        ("vary.fast", "9..5"),
        ("amount", "9" * 100_000),
    ],
)
async def test_a_bad_field_is_refused_beside_it_and_nothing_is_lost(
    site: WebSite, browser: Browserling, field: str, text: str
) -> None:
    await set_up(browser, site)
    await browser.get("/lab/new?strategy=ema_cross")

    page = await browser.post("/lab/new", {**GOOD, field: text})

    assert page.status in {404, 422}
    assert f'id="{field}-problem"' in page.html
    assert 'value="1500"' in page.html
    assert "Nothing tried yet" in (await browser.get("/lab")).words


async def test_a_trial_is_ordered_watched_read_and_applied(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 65: "apply" leads to a robot with exactly these settings."""
    await set_up(browser, site)
    assert "Crossing averages" in (await browser.get("/lab/new")).words
    await browser.get("/lab/new?strategy=ema_cross")
    page = await browser.post("/lab/new", GOOD)
    assert "waiting" in page.words
    assert (await browser.get(f"{page.path}/progress")).status == 200

    await work(site)

    page = await browser.get(page.path)
    assert "Net profit" in page.words
    assert "2021-11" in page.words
    told = json.loads((await browser.get(f"{page.path}/chart.json")).body)
    assert len(told["candles"]) == 1_500
    assert told["trades"]
    assert told["below"]
    sheet = json.loads((await browser.get(f"{page.path}/sheet.json")).body)
    assert sheet["settings"] == {"fast": 5, "slow": 20}
    assert sheet["guards"] == {"stop_loss": 3.0}
    form = await browser.post(f"{page.path}/apply")
    assert form.path.startswith("/robots/new")
    assert "add a key" in form.words.lower() or 'value="5"' in form.html
    page = await browser.post(f"{page.path}/delete")
    assert "Nothing tried yet" in page.words


async def test_a_search_shows_its_doubts_and_its_walk_forward(
    site: WebSite, browser: Browserling
) -> None:
    await set_up(browser, site)
    await browser.get("/lab/new?strategy=ema_cross")
    page = await browser.post("/lab/new", {**GOOD, "vary.fast": "3..9:3", "set.fast": ""})

    await work(site)

    page = await browser.get(page.path)
    assert "What the search found" in page.words
    assert "Walk forward" in page.words
    assert "looks fitted" in page.words or "the figures say little" in page.words


async def test_a_trial_that_was_stopped_is_not_worked_on(
    site: WebSite, browser: Browserling
) -> None:
    await set_up(browser, site)
    await browser.get("/lab/new?strategy=ema_cross")
    page = await browser.post("/lab/new", GOOD)
    page = await browser.post(f"{page.path}/stop")
    assert "stopped" in page.words

    async with asyncio.timeout(30):
        await work(site)

    assert "Net profit" not in (await browser.get(page.path)).words


async def test_another_persons_trial_is_unknown(site: WebSite, browser: Browserling) -> None:
    await set_up(browser, site)

    for path in ("", "/progress", "/chart.json", "/sheet.json"):
        assert (await browser.get(f"/lab/trial_nothere{path}")).status == 404


async def test_too_many_trials_at_once_are_refused(site: WebSite, browser: Browserling) -> None:
    await set_up(browser, site)
    await browser.get("/lab/new?strategy=ema_cross")
    for _ in range(5):
        assert (await browser.post("/lab/new", GOOD)).path.startswith("/lab/trial_")

    assert (await browser.post("/lab/new", GOOD)).status == 409
