"""People: who comes in by a link, as what, what they see then, and how somebody is ended."""

import re

import pytest

from drawbridge.accounts.roles import Role
from drawbridge.vault.model import KeyStatus
from tests.kit.browserling import Browserling, Page
from tests.kit.owner import KEY, PASSWORD, SECRET, add_good, set_up
from tests.kit.roles import authenticator_of, browser_of, let_in
from tests.kit.web_site import WebSite

_LINK = re.compile(r'id="invitation-link"[^>]*>[^<]*?(/join/[A-Za-z0-9_-]+)<')
_NO = "Your role does not allow this."
_NEW = {"password": PASSWORD, "password_again": PASSWORD}


async def _invited(browser: Browserling, site: WebSite, totp: str, role: str) -> str:
    await browser.get("/people")
    page = await browser.post("/people/invite", {"role": role, "code": site.code(totp)})
    found = _LINK.search(page.html)
    assert found, page.words
    return found[1]


async def _come_in(site: WebSite, link: str, name: str) -> tuple[Browserling, Page]:
    newcomer = Browserling(site.app)
    await newcomer.get(link)
    return newcomer, await newcomer.post(link, {"name": name, **_NEW})


async def _id_of(site: WebSite, name: str) -> str:
    [found] = [it.id for it in await site.house.accounts.list_owners() if it.name == name]
    return found


async def _logged_in(site: WebSite, totp: str) -> Browserling:
    browser = Browserling(site.app)
    await browser.get("/log-in")
    fields = {"name": "Otto", "password": "walnut ferry 9 orbit", "code": site.code(totp)}
    assert (await browser.post("/log-in", fields)).path == "/people"
    return browser


async def test_inviting_needs_a_role_and_the_authenticators_code(
    site: WebSite, browser: Browserling
) -> None:
    totp = await set_up(browser, site)
    await browser.get("/people")
    for fields, status in (
        ({"role": "king", "code": site.code(totp)}, 422),
        ({"role": "member", "code": "000000"}, 401),
        ({"role": "member"}, 401),
    ):
        page = await browser.post("/people/invite", fields)
        assert (page.status, _LINK.search(page.html)) == (status, None), fields
    assert await site.house.invitations.list_open() == ()


async def test_a_link_that_was_used_or_withdrawn_opens_nothing(
    site: WebSite, browser: Browserling
) -> None:
    totp = await set_up(browser, site)
    used = await _invited(browser, site, totp, "member")
    await _come_in(site, used, "Mia")
    withdrawn = await _invited(browser, site, totp, "owner")
    page = await browser.get("/people")
    assert "Invitations that wait" in page.words
    [waiting] = await site.house.invitations.list_open()
    await browser.post("/people/invitations/withdraw", {"invitation": waiting.id})
    for link in (used, withdrawn, "/join/nothing"):
        assert (await Browserling(site.app).get(link)).status == 404
        _, page = await _come_in(site, link, "Eve")
        assert (page.status, "older than a day" in page.words) == (404, True)


async def test_a_mistake_while_coming_in_is_told_beside_its_field_and_costs_nothing(
    site: WebSite, browser: Browserling
) -> None:
    totp = await set_up(browser, site)
    link = await _invited(browser, site, totp, "member")
    newcomer, page = await _come_in(site, link, "ada")
    assert (page.status, 'id="name-problem"' in page.html) == (409, True)
    page = await newcomer.post(link, {"name": "Mia", "password": PASSWORD, "password_again": "x"})
    assert page.status == 422
    page = await newcomer.post(link, {"name": "Mia", **_NEW})
    assert page.path == "/authenticator"
    assert "You are in." in page.words


async def test_a_member_has_their_own_and_sees_nothing_of_others(
    site: WebSite, browser: Browserling
) -> None:
    totp = await set_up(browser, site)
    key = await add_good(browser, site, totp, "Main account")
    newcomer, _ = await _come_in(site, await _invited(browser, site, totp, "member"), "Mia")
    assert "Main account" not in (await newcomer.get("/keys")).words
    assert (await newcomer.get(f"/keys/{key}")).status == 404
    assert (await newcomer.get("/people")).status == 403
    assert (await newcomer.get("/keys/new?exchange=kraken&venue=paper")).status == 200
    page = await newcomer.post("/vault", {"passphrase": "another one"})
    assert (page.status, _NO in page.words) == (403, True)


async def test_who_may_only_look_sees_the_inviters_things_and_changes_only_what_is_their_own(
    site: WebSite, browser: Browserling
) -> None:
    totp = await set_up(browser, site)
    key = await add_good(browser, site, totp, "Main account")
    looker, _ = await _come_in(site, await _invited(browser, site, totp, "read_only"), "Rosa")
    page = await looker.get("/keys")
    assert "Main account" in page.words
    assert "You look at what is Ada" in page.words
    assert (await looker.get(f"/keys/{key}")).status == 200
    assert _NO in (await looker.post(f"/keys/{key}/disable")).words
    page = await looker.post("/security/tokens", {"name": "B", "expires": "7", "scopes": "keys"})
    assert (page.status, "your role does not have it" in page.words) == (403, True)
    page = await looker.post("/security/tokens", {"name": "B", "expires": "7"})
    assert page.status == 200
    await looker.get("/security")
    fields = {"old_password": PASSWORD, "password": "a new one of my own"}
    page = await looker.post("/security/password", {**fields, "password_again": fields["password"]})
    assert page.path == "/log-in"
    assert (await site.house.vault.get_record(key)).status is KeyStatus.UNVERIFIED


async def test_an_operator_sees_names_of_keys_and_nothing_that_is_worth_money(
    site: WebSite, browser: Browserling
) -> None:
    totp = await set_up(browser, site)
    key = await add_good(browser, site, totp, "Main account")
    operator, _ = await _come_in(site, await _invited(browser, site, totp, "operator"), "Otto")
    page = await operator.get("/")
    assert page.path == "/people"
    page = await operator.get(f"/people/{await _id_of(site, 'Ada')}")
    assert "Main account" in page.words
    assert KEY not in page.html
    assert SECRET not in page.html
    for path in (f"/keys/{key}", f"/keys/{key}/holdings", "/orders.csv", "/export/trades.csv"):
        assert (await operator.get(path)).status == 403, path
    for path in ("/keys/new", f"/keys/{key}/enable", f"/keys/{key}/check", f"/keys/{key}/delete"):
        assert _NO in (await operator.post(path)).words, path


async def test_an_operator_switches_off_a_key_which_only_its_owner_switches_on(
    site: WebSite, browser: Browserling
) -> None:
    totp = await set_up(browser, site)
    key = await add_good(browser, site, totp, "Main account")
    operator, _ = await _come_in(site, await _invited(browser, site, totp, "operator"), "Otto")
    owner = f"/people/{await _id_of(site, 'Ada')}"
    await operator.get(owner)
    page = await operator.post(f"{owner}/keys/disable", {"key": key})
    assert "The key is switched off." in page.words
    assert (await site.house.vault.get_record(key)).status is KeyStatus.DISABLED
    assert "by: Otto" in (await browser.get("/audit")).words
    assert "Otto switched off your key" in (await browser.get("/notices")).words
    page = await browser.post(f"/keys/{key}/enable", {"code": site.code(totp)})
    assert (await site.house.vault.get_record(key)).status is KeyStatus.UNVERIFIED


async def test_an_exchange_is_frozen_for_everybody_on_a_code_alone(
    site: WebSite, browser: Browserling
) -> None:
    """Scenario 75."""
    totp = await set_up(browser, site)
    key = await add_good(browser, site, totp, "Main account")
    [ada] = await site.house.accounts.list_owners()
    otto = await let_in(site.house, ada, Role.OPERATOR)
    code = await authenticator_of(site, otto)
    operator = await _logged_in(site, code)
    await operator.get("/people/freeze")
    page = await operator.post("/people/freeze", {"exchange": "kraken", "code": "000000"})
    assert page.status == 401
    assert (await site.house.vault.get_record(key)).status is KeyStatus.UNVERIFIED
    page = await operator.post("/people/freeze", {"exchange": "kraken", "code": site.code(code)})
    assert "All keys of that exchange are switched off." in page.words
    assert (await site.house.vault.get_record(key)).status is KeyStatus.DISABLED


async def test_who_is_ended_is_out_at_once_and_comes_back_by_an_owners_word_alone(
    site: WebSite, browser: Browserling
) -> None:
    totp = await set_up(browser, site)
    newcomer, _ = await _come_in(site, await _invited(browser, site, totp, "member"), "Mia")
    place = f"/people/{await _id_of(site, 'Mia')}"
    await browser.get(f"{place}/end")
    assert (await browser.post(f"{place}/end", {"code": "000000"})).status == 401
    page = await browser.post(f"{place}/end", {"code": site.code(totp)})
    assert "They can log in no more." in page.words
    assert (await newcomer.get("/keys")).path == "/log-in"
    page = await newcomer.post("/log-in", {"name": "Mia", "password": PASSWORD})
    assert (page.status, "was ended by whoever runs" in page.words) == (401, True)
    page = await newcomer.post("/log-in", {"name": "Mia", "password": "not this one"})
    assert "Name or password is wrong" in page.words
    await browser.get(f"{place}/let-back")
    await browser.post(f"{place}/let-back", {"code": site.code(totp)})
    page = await newcomer.post("/log-in", {"name": "Mia", "password": PASSWORD})
    assert page.path == "/"
    log = (await browser.get("/people")).words
    for told in ("Invitation used", "Person ended", "Person let in again"):
        assert told in log


@pytest.mark.parametrize("act", ["end", "sessions/end", "role", "let-back"])
async def test_what_an_operator_may_not_decide_is_refused_by_the_service_too(
    site: WebSite, browser: Browserling, act: str
) -> None:
    await set_up(browser, site)
    [ada] = await site.house.accounts.list_owners()
    otto = await let_in(site.house, ada, Role.OPERATOR)
    operator = await browser_of(site, otto)
    code = site.code(await authenticator_of(site, otto))
    await operator.get("/people")
    page = await operator.post(f"/people/{ada.id}/{act}", {"role": "member", "code": code})
    assert page.status == 403
    assert "about owners" in page.words or _NO in page.words
    [still, _] = await site.house.accounts.list_owners()
    assert (still.role, still.ended_ms) == (Role.OWNER, None)


async def test_nobody_ends_themselves_and_nobody_unknown_is_shown(
    site: WebSite, browser: Browserling
) -> None:
    totp = await set_up(browser, site)
    own = f"/people/{await _id_of(site, 'Ada')}"
    page = await browser.get(own)
    assert f"{own}/end" not in page.html
    assert (await browser.post(f"{own}/end", {"code": site.code(totp)})).status == 409
    assert (await browser.get("/people/nobody")).status == 404


async def test_a_role_changed_holds_at_the_next_click(site: WebSite, browser: Browserling) -> None:
    totp = await set_up(browser, site)
    newcomer, _ = await _come_in(site, await _invited(browser, site, totp, "member"), "Mia")
    place = f"/people/{await _id_of(site, 'Mia')}"
    assert (await newcomer.get("/people")).status == 403
    page = await browser.post(f"{place}/role", {"role": "owner", "code": site.code(totp)})
    assert "The role is changed." in page.words
    assert (await newcomer.get("/people")).status == 200
    await browser.post(f"{place}/role", {"role": "read_only", "code": site.code(totp)})
    assert (await newcomer.get("/keys")).path == "/log-in"


async def test_a_pass_for_a_key_ends_with_the_right_to_add_one(
    site: WebSite, browser: Browserling
) -> None:
    await set_up(browser, site)
    [ada] = await site.house.accounts.list_owners()
    mia = await let_in(site.house, ada, Role.MEMBER)
    drawn = await site.house.passes.draw(mia.id, "kraken", "paper")
    assert (await Browserling(site.app).get(f"/add/{drawn.reveal()}")).status == 200
    async with site.house.database.transaction() as tx:
        await tx.execute("UPDATE owners SET role = 'operator' WHERE id = ?", mia.id)
    assert (await Browserling(site.app).get(f"/add/{drawn.reveal()}")).status == 404
