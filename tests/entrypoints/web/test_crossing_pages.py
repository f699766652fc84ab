"""The page of all requests of bots, and its file."""

import csv
import io

import pytest

from drawbridge.core.operations import Scope
from drawbridge.vault.model import KeyStatus, Standing
from drawbridge.virtual_keys.wishes import Wish
from tests.kit.browserling import Browserling
from tests.kit.crossed import cross, write_crossing
from tests.kit.owner import add_good, become_owner, set_up
from tests.kit.web_site import WebSite

PAGE = "/virtual-keys/requests"
FILE = f"{PAGE}.csv"
_TRADES = frozenset({Scope.READ, Scope.TRADE_SPOT})


async def _bots(site: WebSite, browser: Browserling) -> tuple[str, str, str]:
    """Give the owner, and the ids of the virtual keys of two bots that have asked."""
    totp = await set_up(browser, site)
    key = await add_good(browser, site, totp, "Main account")
    await site.house.vault.record_verdict(key, Standing(KeyStatus.ENABLED, scopes=_TRADES))
    [owner] = await site.house.accounts.list_owners()
    made = []
    for name in ("Night bot", "Day bot"):
        wish = Wish(scopes=("trade_spot",))
        one = await site.house.virtual_keys.make(owner.id, key, wish, name, site.code(totp))
        made.append(one.virtual.id)
        await cross(site.house, (owner.id, one.virtual.id), "passed")
    await cross(site.house, (owner.id, made[0]), "refused", "virtual_pair", "pairs")
    return owner.id, made[0], made[1]


async def test_strangers_are_led_to_log_in(site: WebSite, browser: Browserling) -> None:
    await become_owner(browser, site)
    for path in (PAGE, FILE):
        assert (await Browserling(site.app).get(path)).path == "/log-in"


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ("outcome=lost", 422, "there is no “lost”. Choose from Passed"),
        ("day=yesterday", 422, "day: write it as 2026-11-21"),
        ("before=now", 422, "Begin at the newest"),
        ("virtual=vk_of_somebody", 404, "There is no such virtual key"),
    ],
)
async def test_what_cannot_be_looked_for_is_told(
    site: WebSite, browser: Browserling, asked: str, status: int, told: str
) -> None:
    await _bots(site, browser)
    for path in (PAGE, FILE):
        if "before" in asked and path == FILE:
            continue  # a file has no pages
        page = await browser.get(f"{path}?{asked}")
        assert page.status == status
        assert told in page.words


async def test_before_anything_was_asked_the_page_says_so(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    assert "There is no such request" in (await browser.get(PAGE)).words
    assert len((await browser.get(FILE)).html.splitlines()) == 1


async def test_what_somebody_elses_bot_asked_is_in_no_page_and_no_file(
    site: WebSite, browser: Browserling
) -> None:
    await _bots(site, browser)
    refused = ("refused", "virtual_rate", "rate")
    await write_crossing(site.house.database, ("owner_bob", "vk_bob"), 1, refused)
    page = await browser.get(PAGE)
    assert page.html.count("<tr>") == 4  # three and the head
    assert "rate" not in page.html
    assert "virtual_rate" not in (await browser.get(FILE)).html


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("outcome=refused", 1),
        ("rule=pairs", 1),
        ("rule=rate", 0),
        ("outcome=passed", 2),
        ("day=1999-12-31", 0),
        ("outcome=&rule=&day=&virtual=", 3),
    ],
)
async def test_requests_are_found_by_what_became_of_them(
    site: WebSite, browser: Browserling, asked: str, count: int
) -> None:
    await _bots(site, browser)
    page = await browser.get(f"{PAGE}?{asked}")
    assert page.html.count("<tr>") == (count + 1 if count else 0)
    assert len((await browser.get(f"{FILE}?{asked}")).html.splitlines()) == count + 1


async def test_a_virtual_key_leads_to_its_own_requests_and_the_list_to_all(
    site: WebSite, browser: Browserling
) -> None:
    _, night, _ = await _bots(site, browser)
    assert f'href="{PAGE}"' in (await browser.get("/virtual-keys")).html
    assert f'href="{PAGE}?virtual={night}"' in (await browser.get(f"/virtual-keys/{night}")).html
    page = await browser.get(f"{PAGE}?virtual={night}")
    assert page.html.count("<tr>") == 3
    assert f'<option value="{night}" selected>' in page.html


async def test_requests_are_shown_in_pages_and_the_file_holds_all(
    site: WebSite, browser: Browserling
) -> None:
    owner, night, day = await _bots(site, browser)
    for _ in range(50):
        await cross(site.house, (owner, day), "told", "insufficient_funds")
    page = await browser.get(f"{PAGE}?virtual={day}")
    assert page.html.count("<tr>") == 51
    older = page.html.partition(f'href="{PAGE}?')[2].partition('"')[0].replace("&amp;", "&")
    page = await browser.get(f"{PAGE}?{older}")
    assert page.html.count("<tr>") == 2
    rows = list(csv.DictReader(io.StringIO((await browser.get(FILE)).body.decode())))
    assert len(rows) == 53
    assert (rows[0]["virtual_key"], rows[0]["code"]) == ("Day bot", "insufficient_funds")
    assert (rows[-1]["virtual_key"], rows[-1]["outcome"]) == ("Night bot", "passed")
    assert night not in (await browser.get(FILE)).html
