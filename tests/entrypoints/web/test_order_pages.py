"""The page of all orders, and its file."""

import csv
import io

import pytest

from tests.kit.browserling import Browserling
from tests.kit.owner import become_owner
from tests.kit.past_orders import PastRow, write_orders
from tests.kit.web_site import START_MS, WebSite


async def _orders(site: WebSite, browser: Browserling, count: int) -> None:
    await become_owner(browser, site)
    [owner] = await site.house.accounts.list_owners()
    rows = [
        PastRow(owner.id, f"db{number}", START_MS + number, origin="check:7")
        for number in range(count)
    ]
    await write_orders(site.house.database, *rows)


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ("standing=lost", 422, "Choose one of"),
        ("before=now", 422, "Begin at the newest"),
        ("key=key_of_somebody", 404, ""),
        ("robot=robot_of_somebody", 404, ""),
    ],
)
async def test_what_cannot_be_looked_for_is_told(
    site: WebSite, browser: Browserling, asked: str, status: int, told: str
) -> None:
    await _orders(site, browser, 1)
    for path in ("/orders", "/orders.csv"):
        if "before" in asked and path.endswith("csv"):
            continue  # a file has no pages
        page = await browser.get(f"{path}?{asked}")
        assert page.status == status
        assert told in page.words


async def test_a_newcomer_reads_what_will_stand_here(site: WebSite, browser: Browserling) -> None:
    await _orders(site, browser, 0)
    assert "Nothing was ordered yet" in (await browser.get("/orders")).words
    assert "There is no such order" in (await browser.get("/orders?text=BTC")).words


async def test_orders_are_shown_in_pages_and_found_by_their_id(
    site: WebSite, browser: Browserling
) -> None:
    await _orders(site, browser, 51)
    page = await browser.get("/orders?text=btc")
    assert page.html.count("<tr>") == 51  # fifty and the head
    assert "Key check" in page.words
    older = page.html.partition('href="/orders?')[2].partition('"')[0].replace("&amp;", "&")
    page = await browser.get(f"/orders?{older}")
    assert page.html.count("<tr>") == 2
    assert "db0" in page.words
    assert (await browser.get("/orders?text=db17")).html.count("<tr>") == 2


async def test_the_file_holds_all_that_was_looked_for(site: WebSite, browser: Browserling) -> None:
    await _orders(site, browser, 51)
    page = await browser.get("/orders.csv?text=BTC")
    assert page.header("content-type").startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(page.body.decode())))
    assert len(rows) == 51
    assert rows[-1]["client_order_id"] == "db0"
    assert (rows[0]["quantity"], rows[0]["price"], rows[0]["state"]) == ("0.5", "20000", "filled")
