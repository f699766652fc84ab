"""A code counts only once: it is taken when nothing else is wrong with the form."""

from collections.abc import Mapping

import pytest

from tests.kit.browserling import Browserling
from tests.kit.owner import KEY, NEW, SECRET, add_good, set_up
from tests.kit.web_site import WebSite

_TOKENS = "/security/tokens"
_PASSKEYS = "/security/passkeys"
_LONG = "x" * 200


@pytest.mark.parametrize(
    ("path", "action", "wrong", "right"),
    [
        (_TOKENS, _TOKENS, {"name": _LONG, "expires": "90"}, {"name": "bot", "expires": "90"}),
        (_TOKENS, _TOKENS, {"name": "taken", "expires": "90"}, {"name": "bot", "expires": "90"}),
        (_TOKENS, _TOKENS, {"name": "bot", "expires": "9000"}, {"name": "bot", "expires": "90"}),
        (
            NEW,
            NEW,
            {"label": _LONG, "api_key": KEY, "api_secret": SECRET},
            {"label": "Second", "api_key": KEY[:-1] + "b", "api_secret": SECRET},
        ),
        (
            NEW,
            NEW,
            {"label": "First", "api_key": KEY[:-1] + "b", "api_secret": SECRET},
            {"label": "Second", "api_key": KEY[:-1] + "b", "api_secret": SECRET},
        ),
    ],
)
async def test_a_refused_form_uses_no_code_up(
    site: WebSite,
    browser: Browserling,
    path: str,
    action: str,
    wrong: Mapping[str, str],
    right: Mapping[str, str],
) -> None:
    totp = await set_up(browser, site)
    await add_good(browser, site, totp, "First")
    await browser.get(_TOKENS)
    taken = {"name": "Taken", "expires": "90", "code": site.code(totp)}
    assert (await browser.post(_TOKENS, taken)).status == 200
    code = site.code(totp)
    await browser.get(path)
    assert (await browser.post(action, {**wrong, "code": code})).status in {409, 422}
    assert (await browser.post(action, {**right, "code": code})).status == 200


async def test_a_passkeys_name_is_looked_at_before_the_code(
    site: WebSite, browser: Browserling
) -> None:
    totp = await set_up(browser, site)
    code = site.code(totp)
    here = Browserling(site.app, "localhost:8420")
    here.cookies = browser.cookies
    await here.get(_PASSKEYS)
    page = await here.post(f"{_PASSKEYS}/begin", {"name": _LONG, "code": code})
    assert page.status == 422
    page = await here.post(f"{_PASSKEYS}/begin", {"name": "Telephone", "code": code})
    assert page.status == 200
