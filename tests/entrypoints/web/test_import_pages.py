"""Keys out of other programs' files on the pages: uploaded, brought in, copied without secrets."""

import html

import pytest

from drawbridge.core.operations import Scope
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit import foreign_files
from tests.kit.browserling import Browserling
from tests.kit.foreign_files import KEY, SECRET
from tests.kit.owner import become_owner, set_up
from tests.kit.web_site import WebSite

PAGE = "/keys/import"
FILE = ("file", "config.json", foreign_files.FREQTRADE.encode())


async def test_strangers_are_led_to_log_in(site: WebSite, browser: Browserling) -> None:
    await become_owner(browser, site)
    assert (await Browserling(site.app).get(PAGE)).path == "/log-in"


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("", b"", "choose a file first"),
        ("a.json", b"{}", "there are no exchange keys"),
        ("a.json", b'{"a"', "breaks off at line 1"),
        ("a.csv", b"name,key\nf\xfcr,x\n", "save it as UTF-8"),
        ("a.csv", "name,key\nf\ufffdr,x\n".encode(), "are lost"),
        ("a.png", b"\x89PNG\0", "this is no text"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_beside_its_field(
    site: WebSite, browser: Browserling, name: str, raw: bytes, words: str
) -> None:
    """Scenario 71."""
    await set_up(browser, site)
    await browser.get(PAGE)
    for path in (PAGE, f"{PAGE}/copy"):
        page = await browser.upload(path, [("venue", "paper")], ("file", name, raw))
        assert page.status == 422
        assert words in page.words


async def test_without_a_code_nothing_comes_in(site: WebSite, browser: Browserling) -> None:
    await set_up(browser, site)
    await browser.get(PAGE)
    page = await browser.upload(PAGE, [("venue", "paper"), ("code", "000000")], FILE)
    assert "this code is wrong" in page.words
    assert SECRET not in page.html
    page = await browser.get("/keys")
    assert "No keys yet" in page.words or KEY[:4] not in page.html


async def test_keys_come_in_and_a_copy_goes_out_without_secrets(
    site: WebSite, browser: Browserling
) -> None:
    totp = await set_up(browser, site)
    await browser.get(PAGE)
    code = site.code(totp)
    page = await browser.upload(PAGE, [("venue", "paper"), ("code", code)], FILE)
    assert page.status == 200
    assert "brought in, being checked" in page.words
    assert SECRET not in page.html
    [owner] = await site.house.accounts.list_owners()
    [key] = await site.house.vault.list_keys(owner.id)
    assert (key.exchange, key.venue, key.public_key) == ("binance", "paper", KEY)
    await browser.get(PAGE)
    asked = [("scopes", "trade_spot"), ("pairs", "BTC/USDT ETH/USDT")]
    page = await browser.upload(f"{PAGE}/copy", [*asked, ("code", site.code(totp))], FILE)
    assert "a virtual key needs a real key that was checked" in page.words
    scopes = frozenset({Scope.READ, Scope.TRADE_SPOT})
    await site.house.vault.record_verdict(key.id, Standing(KeyStatus.ENABLED, scopes=scopes))
    page = await browser.upload(f"{PAGE}/copy", [*asked, ("code", site.code(totp))], FILE)
    text = html.unescape(page.html)
    assert page.status == 200, page.words
    assert SECRET not in text
    assert KEY not in text
    [listed] = await site.house.virtual_keys.list_virtual_keys(owner.id)
    assert listed.virtual.public in text
    assert '"pair_whitelist": ["BTC/USDT", "ETH/USDT",],' in text
    assert "ccxt_config" in text
