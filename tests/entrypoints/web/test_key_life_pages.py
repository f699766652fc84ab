"""The page of a key's end: what is known, what a person chooses, trades from elsewhere."""

import pytest

from drawbridge.core.clock import DAY_MS
from drawbridge.core.money import ONE
from drawbridge.core.operations import Scope
from drawbridge.core.orders import Fill, OrderType, Side
from drawbridge.trading.foreign_trades import keep_trades
from drawbridge.vault.lives import Dated, KeyLife, day_of
from drawbridge.vault.model import KeyStatus, Standing
from drawbridge.vault.store import write_kin
from tests.kit.browserling import Browserling
from tests.kit.owner import SECRET, add_good, become_owner, set_up
from tests.kit.web_site import WebSite

_CHOICES = {"made": "", "pause_days": "1", "closes": "", "watched": ""}


async def _key(site: WebSite, browser: Browserling, days: int | None = None) -> str:
    key = await add_good(browser, site, await set_up(browser, site), "First")
    ends_ms = None if days is None else site.house.clock.now_ms() + days * DAY_MS
    scopes = frozenset({Scope.READ, Scope.TRADE_SPOT})
    standing = Standing(
        KeyStatus.ENABLED,
        scopes=scopes,
        expires_ms=ends_ms,
        dated=Dated.EXCHANGE if days else Dated.NOBODY,
    )
    await site.house.vault.record_verdict(key, standing)
    return key


async def test_nobodys_key_has_no_such_page(site: WebSite, browser: Browserling) -> None:
    await become_owner(browser, site)
    assert (await browser.get("/keys/key_nobodys/life")).status == 404
    assert (await browser.post("/keys/key_nobodys/life", _CHOICES)).status == 404


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"pause_days": "31"}, "a whole number of days from 0 to 30"),
        ({"pause_days": "soon"}, "a whole number of days from 0 to 30"),
        ({"made": "yesterday"}, "write it as 2026-11-21"),
        ({"made": "1999-01-01"}, "write it as 2026-11-21"),
        ({"made": "2999-01-01"}, "has not come yet"),
    ],
)
async def test_what_cannot_be_is_refused_beside_its_field_and_changes_nothing(
    site: WebSite, browser: Browserling, changed: dict[str, str], words: str
) -> None:
    key = await _key(site, browser)
    page = await browser.post(f"/keys/{key}/life", {**_CHOICES, **changed})
    assert page.status == 422
    assert words in page.words
    assert (await site.house.vault.get_record(key)).life == KeyLife()


async def test_the_end_of_a_key_is_shown_with_where_it_is_known_from(
    site: WebSite, browser: Browserling
) -> None:
    """Scenarios 18 and 42."""
    key = await _key(site, browser, days=90)
    page = await browser.get(f"/keys/{key}")
    assert f"/keys/{key}/life" in page.html
    page = await browser.get(f"/keys/{key}/life")
    assert "Ends on" in page.words
    assert "Known from The exchange" in page.words
    assert "Robots pause on" in page.words


async def test_what_a_person_chooses_is_kept_and_shown(site: WebSite, browser: Browserling) -> None:
    """Scenario 42: with positions as chosen."""
    key = await _key(site, browser, days=90)
    page = await browser.post(
        f"/keys/{key}/life", {**_CHOICES, "pause_days": "3", "closes": "on", "watched": "on"}
    )
    assert "Saved." in page.words
    record = await site.house.vault.get_record(key)
    assert record.life == KeyLife(None, Dated.EXCHANGE, 3 * DAY_MS, closes=True, watched=True)
    assert record.expires_ms is not None
    assert record.pauses_ms == record.expires_ms - 3 * DAY_MS
    assert page.html.count('value="on" selected') == 2


async def test_trades_from_elsewhere_are_shown(site: WebSite, browser: Browserling) -> None:
    key = await _key(site, browser)
    assert "None was found." in (await browser.get(f"/keys/{key}/life")).words
    now_ms = site.house.clock.now_ms()
    told = ("t1", "o77", "", "BTC/USD", Side.SELL, OrderType.MARKET, ONE, ONE, ONE, "USD")
    async with site.house.database.transaction() as tx:
        await keep_trades(tx, key, [Fill(*told, is_maker=False, time_ms=now_ms)], now_ms)
    page = await browser.get(f"/keys/{key}/life")
    assert "o77" in page.words
    assert "change the password" in page.words


async def test_other_keys_of_the_account_are_named_and_who_reads_it(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 66, the part that people see."""
    key = await _key(site, browser)
    assert "Other keys" not in (await browser.get(f"/keys/{key}/life")).words
    record = await site.house.vault.get_record(key)
    fields = {"api_key": "R" * 56, "api_secret": SECRET}
    added = await site.house.vault.add(record.owner, "kraken", "paper", fields, "Reader")
    reads = Standing(KeyStatus.READ_ONLY, scopes=frozenset({Scope.READ}))
    await site.house.vault.record_verdict(added.key.id, reads)
    async with site.house.database.transaction() as tx:
        for one in (key, added.key.id):
            await write_kin(tx, one, "kin")
    page = await browser.get(f"/keys/{key}/life")
    assert "Other keys of this account Reader" in page.words
    assert "are read with Reader" in page.words


async def test_the_day_on_which_a_key_was_made_is_asked_for_where_it_counts(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 18: asked for, so that a key without addresses is told of in time."""
    await become_owner(browser, site)
    form = await browser.get("/keys/new?exchange=gate&venue=paper")
    assert 'name="made"' in form.html
    assert "90 days" in form.words
    form = await browser.get("/keys/new?exchange=kraken&venue=paper")
    assert 'name="made"' not in form.html
    assert day_of(0) == "1970-01-01"
