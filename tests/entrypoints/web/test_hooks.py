"""Hooks: for programs, bounded, and silent to strangers."""

import json
import re
from html import unescape

import pytest

from drawbridge.entrypoints.web.hooks import PER_HOOK
from drawbridge.robots.wishes import Wish
from drawbridge.trading.signal_words import MAX_BODY_BYTES
from tests.kit.browserling import Browserling, Page
from tests.kit.owner import add_good, become_owner, set_up
from tests.kit.web_site import WebSite

_SHOWN = re.compile(r'<output id="([a-z-]+)"[^>]*>(.*?)</output>', re.DOTALL)


async def _send(site: WebSite, path: str, body: bytes) -> Page:
    return await Browserling(site.app).send(path, body)


async def _robot(site: WebSite, browser: Browserling) -> str:
    key = await add_good(browser, site, await set_up(browser, site))
    owner = (await site.house.accounts.list_owners())[0].id
    wish = Wish(key_id=key, symbol="BTC/USD", amount="100", trigger="signal")
    return (await site.house.robots.create(owner, wish)).id


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"no json", b"[" * 8_000, b'{"secret":"wrong","action":"buy"}', b"\xff"]
)
async def test_a_stranger_learns_nothing(site: WebSite, body: bytes) -> None:
    answer = await _send(site, "/hooks/hook_nobody", body)
    assert answer.status == 401
    assert json.loads(answer.body) == {"accepted": False}


async def test_a_body_without_end_is_not_read_to_its_end(site: WebSite) -> None:
    answer = await _send(site, "/hooks/hook_nobody", b"x" * (MAX_BODY_BYTES + 1))
    assert answer.status == 413


async def test_too_many_messages_are_refused_for_a_minute(site: WebSite) -> None:
    for _ in range(PER_HOOK):
        assert (await _send(site, "/hooks/hook_nobody", b"{}")).status == 401
    answer = await _send(site, "/hooks/hook_nobody", b"{}")
    assert (answer.status, answer.header("retry-after")) == (429, "60")
    assert (await _send(site, "/hooks/hook_other", b"{}")).status == 401
    site.clock.advance(60_000)
    assert (await _send(site, "/hooks/hook_nobody", b"{}")).status == 401


async def test_another_site_does_not_reach_it_by_another_name(site: WebSite) -> None:
    answer = await Browserling(site.app, "evil.example.com").send("/hooks/hook_nobody", b"{}")
    assert answer.status == 421


async def test_a_hook_is_made_shown_once_and_receives(site: WebSite, browser: Browserling) -> None:
    robot = await _robot(site, browser)
    assert "no hook yet" in (await browser.get(f"/robots/{robot}/hook")).words
    page = await browser.post(f"/robots/{robot}/hook")
    shown = {name: unescape(text) for name, text in _SHOWN.findall(page.html)}
    assert shown["hook-address"].startswith("https://bridge.example.com/hooks/hook_")
    path = shown["hook-address"].removeprefix("https://bridge.example.com")
    message = shown["hook-message"].replace("{{strategy.order.action}}", "buy")
    message = message.replace("{{ticker}}", "BTCUSD").replace("{{close}}", "65000")
    message = message.replace("{{timenow}}", str(site.clock.now_ms()))

    answer = await _send(site, path, message.encode())
    assert (answer.status, json.loads(answer.body)) == (200, {"accepted": True})
    answer = await _send(site, path, message.encode())
    assert (answer.status, json.loads(answer.body)["code"]) == (409, "signal_seen_before")
    answer = await _send(site, path, message.replace("buy", "hold").encode())
    assert (answer.status, json.loads(answer.body)["code"]) == (422, "signal_action")

    page = await browser.get(f"/robots/{robot}/hook")
    secret = json.loads(shown["hook-message"])["secret"]
    assert secret not in page.html
    assert "Waits for the robot" in page.words
    page = await browser.post(f"/robots/{robot}/hook/remove")
    assert "The hook is gone" in page.words
    assert (await _send(site, path, message.encode())).status == 401


async def test_nobody_makes_a_hook_for_somebody_elses_robot(
    site: WebSite, browser: Browserling
) -> None:
    await become_owner(browser, site)
    await browser.get("/risk")
    assert (await browser.post("/robots/robot_other/hook")).status == 404
    assert (await browser.get("/robots/robot_other/hook")).status == 404
