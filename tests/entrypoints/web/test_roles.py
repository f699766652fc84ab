"""Every address, for every role: what each is, is decided here, and the site keeps to it.

Whoever adds a route says here what it is. A page that says nothing is to look at, a form that
says nothing is to change something; that is safe, and still is to be decided.
"""

import re
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from drawbridge.accounts.roles import Act, Role, may
from tests.kit.browserling import Browserling, Page
from tests.kit.roles import browser_of, settle
from tests.kit.web_site import WebSite

# By paths; a path that shows a page and takes a form stands once for each.
PUBLIC = """
    GET /static/{name:path}  GET /welcome  POST /welcome  GET /log-in  POST /log-in
    POST /log-in/passkey  POST /log-in/passkey/begin  POST /language  POST /hooks/{hook}
    GET /add/{token}  POST /add/{token}  GET /join/{token}  POST /join/{token}
"""
DECIDED = {
    # The home page leads an operator to the people.
    Act.PERSONAL: """
        GET /  POST /log-out  GET /profile  GET /audit
        GET /authenticator  POST /authenticator/begin  POST /authenticator/confirm
        POST /authenticator/remove
        GET /security  POST /security/password  POST /security/recovery-codes
        POST /security/sessions/end  POST /security/sessions/end-others
        GET /security/passkeys  POST /security/passkeys  POST /security/passkeys/begin
        POST /security/passkeys/remove
        GET /security/tokens  POST /security/tokens  POST /security/tokens/revoke
        GET /telegram  POST /telegram/code  POST /telegram/unlink
        GET /help  GET /help/pictures/{name}  GET /help/{name:path}
    """,
    Act.LOOK: """
        GET /vault  GET /keys  GET /keys/{key}  GET /keys/{key}/check  GET /keys/{key}/holdings
        GET /keys/{key}/performance  GET /keys/{key}/performance.json
        GET /export  GET /export/trades.csv  GET /orders  GET /orders.csv
        GET /robots  GET /robots/{robot}  GET /robots/{robot}/live  GET /robots/{robot}/chart.json
        GET /risk  GET /risk/limits
        GET /lab  GET /lab/{trial}  GET /lab/{trial}/progress  GET /lab/{trial}/chart.json
        GET /lab/{trial}/sheet.json
        GET /notices  GET /virtual-keys  GET /virtual-keys/{virtual}
        GET /virtual-keys/{virtual}/live  GET /live/virtual-keys/{virtual}
        GET /virtual-keys/requests  GET /virtual-keys/requests.csv
        GET /approvals  GET /approvals/live  GET /live/approvals
        GET /vault/state  GET /live/vault  GET /home/live
        GET /portfolio  GET /portfolio/live  GET /portfolio.json
        GET /live/home  GET /live/portfolio  GET /live/robots/{robot}  GET /live/lab/{trial}
        GET /live/keys/{key}/check  GET /live/keys/{key}/holdings
        GET /keys/{key}/life  GET /licence
        GET /keys/{key}/leak  GET /keys/{key}/leak/live  GET /live/keys/{key}/leak
        GET /keys/{key}/leak.csv  GET /keys/{key}/leak.json
        GET /keys/{key}/replace  GET /keys/{key}/replace/live  GET /live/keys/{key}/replace
    """,
    Act.CHANGE: """
        GET /keys/new  POST /keys/new  POST /keys/{key}/check  POST /keys/{key}/currency
        GET /keys/import  POST /keys/import  POST /keys/import/copy
        POST /keys/{key}/disable  GET /keys/{key}/enable  POST /keys/{key}/enable
        GET /keys/{key}/delete  POST /keys/{key}/delete
        POST /licence  POST /licence/recover  POST /licence/{wish}
        POST /keys/{key}/life  POST /keys/{key}/replace  POST /keys/{key}/replace/do
        POST /keys/{key}/leak  POST /keys/{key}/leak/report  GET /panic  POST /panic
        GET /virtual-keys/new  POST /virtual-keys/new
        GET /virtual-keys/{virtual}/narrow  POST /virtual-keys/{virtual}/narrow
        GET /virtual-keys/{virtual}/revoke  POST /virtual-keys/{virtual}/revoke
        GET /robots/new  POST /robots/new  POST /robots/{robot}/start  GET /robots/{robot}/stop
        POST /robots/{robot}/stop  POST /robots/{robot}/delete
        GET /robots/{robot}/hook  POST /robots/{robot}/hook  POST /robots/{robot}/hook/remove
        POST /risk/stop  POST /risk/resume  POST /risk/limits
        GET /lab/new  POST /lab/new  POST /lab/{trial}/apply  POST /lab/{trial}/stop
        POST /lab/{trial}/delete
        POST /notices/read  GET /notices/ways  POST /notices/ways/webhook/secret
        POST /notices/ways/{channel}  POST /notices/ways/{channel}/test
        POST /approvals/approve  POST /approvals/decline
        POST /notices/kinds  POST /notices/summary  POST /portfolio/currency
    """,
    Act.VAULT: """
        POST /vault  GET /backups  POST /backups  POST /backups/key
        GET /vault/key  POST /vault/key/rotate  POST /vault/key/destroy  POST /vault/key/keep
    """,
    Act.SEE_PEOPLE: "GET /people  GET /people/{person}",
    Act.OPERATE: "GET /workers",
    Act.HALT: """
        GET /people/freeze  POST /people/freeze  POST /people/{person}/keys/disable
        POST /people/{person}/sessions/end  GET /people/{person}/end  POST /people/{person}/end
    """,
    Act.RULE: """
        POST /people/invite  POST /people/invitations/withdraw  POST /people/{person}/role
        GET /people/{person}/let-back  POST /people/{person}/let-back
    """,
}
_NO = "Your role does not allow this."
_FILLED = re.compile(r"\{[^}]+\}")


def _addresses(text: str) -> Iterator[tuple[str, str]]:
    words = iter(text.split())
    return zip(words, words, strict=True)


def _routes(site: WebSite) -> set[tuple[str, str]]:
    assert isinstance(site.app.site, Starlette)
    return {
        (method, route.path)
        for route in site.app.site.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }


async def _asked(browser: Browserling, method: str, path: str) -> Page:
    address = _FILLED.sub("nothing_here", path)
    if method == "GET":
        return await browser.get(address, follow=False)
    return await browser.post(address, {"csrf": "none"}, follow=False)


async def test_of_every_address_it_is_decided_what_it_is(site: WebSite) -> None:
    decided = [*_addresses(PUBLIC)]
    for text in DECIDED.values():
        decided += _addresses(text)
    assert len(decided) == len(set(decided)), "decided twice"
    assert _routes(site) == set(decided), "say above what a new address is"


@pytest.mark.parametrize("act", DECIDED)
async def test_an_address_opens_to_whose_role_may_do_it_and_to_nobody_else(
    site: WebSite, act: Act
) -> None:
    people = await settle(site.house)
    for role in Role:
        browser = await browser_of(site, people[role])
        for method, path in _addresses(DECIDED[act]):
            page = await _asked(browser, method, path)
            is_refused = page.status == 403 and _NO in page.words
            assert is_refused is not may(role, act), (role, method, path, page.status)
            assert page.status < 500, (role, method, path)


async def test_who_is_not_logged_in_gets_nowhere(site: WebSite) -> None:
    await settle(site.house)
    for text in DECIDED.values():
        for method, path in _addresses(text):
            page = await _asked(Browserling(site.app), method, path)
            assert (page.status, page.path) == (303, _FILLED.sub("nothing_here", path))
            assert page.header("location").startswith("/log-in"), (method, path)
