"""Backups on the pages: asked for on a code, shown or given once, and nothing left behind."""

import re
from pathlib import Path

import pytest

from drawbridge.accounts.roles import Role
from drawbridge.app.backup import Wish
from drawbridge.app.backup_reading import verify
from drawbridge.core.secret import Secret
from drawbridge.sealing.recovery import RecoveryKey
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit.browserling import Browserling
from tests.kit.owner import set_up
from tests.kit.roles import browser_of, let_in
from tests.kit.web_site import WebSite

_KEY = re.compile(r'id="recovery-key"[^>]*>([A-Z2-7-]+)<')


async def _shown_key(browser: Browserling, site: WebSite, totp: str) -> str:
    await browser.get("/backups")
    page = await browser.post("/backups/key", {"code": site.code(totp)})
    found = _KEY.search(page.html)
    assert found, page.words
    return found[1]


@pytest.mark.parametrize("path", ["/backups", "/backups/key"])
async def test_without_the_right_code_nothing_is_made_or_shown(
    site: WebSite, browser: Browserling, path: str
) -> None:
    totp = await set_up(browser, site)
    await _shown_key(browser, site, totp)
    before = await site.house.safe_keeping.read_kept()
    await browser.get("/backups")
    for fields in ({"code": "000000"}, {}):
        page = await browser.post(path, fields)
        assert (page.status, page.header("content-disposition")) == (401, "")
        assert page.html.count('aria-invalid="true"') == 1
        assert _KEY.search(page.html) is None
    assert await site.house.safe_keeping.read_kept() == before


async def test_without_a_recovery_key_the_page_begins_with_it(
    site: WebSite, browser: Browserling
) -> None:
    totp = await set_up(browser, site)
    page = await browser.get("/backups")
    assert "begins with a recovery key" in page.words
    assert "download" not in page.words
    page = await browser.post("/backups", {"code": site.code(totp)})
    assert (page.status, "Make one first" in page.words) == (409, True)


async def test_what_the_browser_takes_opens_with_the_key_that_was_shown_once(
    site: WebSite, browser: Browserling, tmp_path: Path
) -> None:
    totp = await set_up(browser, site)
    key = await _shown_key(browser, site, totp)
    page = await browser.get("/backups")
    assert key not in page.html
    assert "no backup yet" in page.words
    page = await browser.post("/backups", {"code": site.code(totp)})
    assert page.status == 200
    assert re.search(
        r'filename="drawbridge-[0-9TZ-]+\.dbbackup"', page.header("content-disposition")
    )
    assert page.header("cache-control") == "no-store"
    file = tmp_path / "taken"
    file.write_bytes(page.body)
    contents = await verify(file, RecoveryKey.read(Secret(key)))
    assert (contents.people, contents.has_vault) == (1, True)
    left = [it.name for it in site.house.settings.data.iterdir() if it.name.startswith(".")]
    assert left == []
    page = await browser.get("/backups")
    assert "Taken by a browser" in page.words


async def test_home_reminds_whoever_keeps_real_keys_and_no_backup(
    site: WebSite, browser: Browserling, tmp_path: Path
) -> None:
    await set_up(browser, site)
    house = site.house
    [owner] = await house.accounts.list_owners()
    fields = {"api_key": "k" * 64, "api_secret": "s" * 64}
    added = await house.vault.add(owner.id, "binance", "live", fields)
    assert "There is no backup" not in (await browser.get("/")).words
    await house.vault.record_verdict(added.key.id, Standing(KeyStatus.ENABLED))
    assert "There is no backup" in (await browser.get("/")).words
    await house.safe_keeping.make_recovery_key(owner.id)
    await house.safe_keeping.make(owner.id, tmp_path / "out", Wish())
    assert "backup" not in (await browser.get("/")).words


async def test_who_makes_no_backups_is_not_reminded_of_them(
    site: WebSite, browser: Browserling
) -> None:
    await set_up(browser, site)
    [ada] = await site.house.accounts.list_owners()
    mia = await let_in(site.house, ada, Role.MEMBER)
    fields = {"api_key": "k" * 64, "api_secret": "s" * 64}
    added = await site.house.vault.add(mia.id, "binance", "live", fields)
    await site.house.vault.record_verdict(added.key.id, Standing(KeyStatus.ENABLED))
    browser = await browser_of(site, mia)
    assert "backup" not in (await browser.get("/")).words
    assert "/backups" not in (await browser.get("/profile")).html
