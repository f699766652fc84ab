"""The vault's own key on its page: on a code and the passphrase, and told how it went."""

import pytest

from drawbridge.app.resealing import Resealing
from drawbridge.core.secret import Secret
from drawbridge.sealing.keyring import Keyring
from drawbridge.vault.rotations import SETTLED_MS, find_rotation
from tests.kit.browserling import Browserling
from tests.kit.owner import PASSPHRASE, set_up
from tests.kit.store import in_a_file
from tests.kit.web_site import WebSite


@pytest.mark.parametrize("what", ["rotate", "destroy", "keep"])
async def test_without_the_right_code_nothing_is_wished_for(
    site: WebSite, browser: Browserling, what: str
) -> None:
    await set_up(browser, site)
    await browser.get("/vault/key")
    for fields in ({"passphrase": PASSPHRASE, "code": "000000"}, {"passphrase": PASSPHRASE}):
        page = await browser.post(f"/vault/key/{what}", {"keeper": "key-file", **fields})
        assert (page.status, PASSPHRASE in page.html) == (401, False)
    assert await site.holder.answer() == 0


@in_a_file("several workers take no passphrase")
async def test_what_cannot_be_is_told_beside_its_field(site: WebSite, browser: Browserling) -> None:
    totp = await set_up(browser, site)
    await browser.get("/vault/key")
    page = await browser.post(
        "/vault/key/keep",
        {"keeper": "a friend", "passphrase": PASSPHRASE, "code": site.code(totp)},
    )
    assert (page.status, "choose one of" in page.words) == (422, True)
    page = await browser.post(
        "/vault/key/keep",
        {
            "keeper": "passphrase",
            "passphrase": PASSPHRASE,
            "new_passphrase": "short",
            "code": site.code(totp),
        },
    )
    assert page.status == 422
    page = await browser.post(
        "/vault/key/rotate", {"passphrase": "another long one", "code": site.code(totp)}
    )
    assert (page.status, page.path) == (200, "/vault/key")
    await site.holder.answer()
    page = await browser.get("/vault/key")
    assert "does not open the vault" in page.words
    assert await find_rotation(site.house.database) is None


async def test_the_vault_gets_a_new_key_and_the_old_one_is_destroyed(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 32, on the page."""
    totp = await set_up(browser, site)
    await browser.get("/vault/key")
    await browser.post("/vault/key/rotate", {"passphrase": PASSPHRASE, "code": site.code(totp)})
    await site.holder.answer()
    page = await browser.get("/vault/key")
    assert "being sealed to the new key" in page.words
    page = await browser.post("/vault/key/destroy", {"code": site.code(totp)})
    assert (page.status, "Not everything is sealed" in page.words) == (409, True)
    site.clock.advance(SETTLED_MS)
    await Resealing(site.house.database, site.clock, site.holder.keyring).step()
    page = await browser.get("/vault/key")
    assert "Everything is sealed to the new key" in page.words
    await browser.post("/vault/key/destroy", {"code": site.code(totp)})
    await site.holder.answer()
    page = await browser.get("/vault/key")
    assert "Destroy the old key" not in page.words
    assert site.holder.keyring().older == ()


@in_a_file("several workers take no passphrase")
async def test_the_passphrase_is_changed(site: WebSite, browser: Browserling) -> None:
    totp = await set_up(browser, site)
    await browser.get("/vault/key")
    fields = {
        "keeper": "passphrase",
        "passphrase": PASSPHRASE,
        "new_passphrase": "another long phrase",
        "code": site.code(totp),
    }
    await browser.post("/vault/key/keep", fields)
    await site.holder.answer()
    public = site.holder.keyring().public.data
    path = site.house.settings.vault_key
    assert Keyring.load(path, Secret("another long phrase")).public.data == public
