"""The page of workers: who may see it, what is amiss in a cluster, and addresses for IP lists."""

from dataclasses import replace

import pytest

from drawbridge.accounts.roles import Role
from drawbridge.cluster.model import Worker
from tests.kit.browserling import Browserling
from tests.kit.owner import set_up
from tests.kit.roles import browser_of, settle
from tests.kit.store import in_a_file
from tests.kit.web_site import WebSite
from tests.kit.workers import stand, stand_three

_GUIDE = "/keys/new?exchange=kraken&venue=live"
_ONE = Worker("worker_one", egress_addresses=("192.0.2.1",), version="0.1.0")


@pytest.mark.parametrize("role", [Role.MEMBER, Role.READ_ONLY])
async def test_who_does_not_operate_the_machines_does_not_see_them(
    site: WebSite, role: Role
) -> None:
    people = await settle(site.house)
    page = await (await browser_of(site, people[role])).get("/workers")
    assert page.status == 403


async def test_what_nobody_holds_is_told_first(site: WebSite, browser: Browserling) -> None:
    await set_up(browser, site)
    await stand(site.house.database, _ONE, range(60))
    page = await browser.get("/workers")
    assert "4 parts of the accounts are held by no worker" in page.words


async def test_a_cluster_without_a_living_worker_says_what_to_do(
    site: WebSite, browser: Browserling
) -> None:
    await set_up(browser, site)
    await stand(site.house.database, _ONE, range(64), silent_ms=600_000)
    page = await browser.get("/workers")
    assert "No worker is running" in page.words
    assert "drawbridge serve worker" in page.words
    assert "heard of 600 seconds ago" in page.words


async def test_an_older_version_is_marked(site: WebSite, browser: Browserling) -> None:
    await set_up(browser, site)
    await stand(site.house.database, _ONE, range(32))
    await stand(site.house.database, replace(_ONE, id="worker_two", version="0.2.0"), range(32, 64))
    page = await browser.get("/workers")
    assert "Workers of different versions are running" in page.words
    assert page.words.count("older") == 1


@in_a_file("over a server there are always workers")
async def test_one_process_alone_has_no_workers_and_says_so(
    site: WebSite, browser: Browserling
) -> None:
    await set_up(browser, site)
    page = await browser.get("/workers")
    assert page.status == 200
    assert "One process on this machine does everything" in page.words


async def test_workers_are_listed_with_what_they_hold(site: WebSite, browser: Browserling) -> None:
    await set_up(browser, site)
    await stand_three(site.house.database)
    page = await browser.get("/workers")
    for told in ("worker_aaaa", "192.0.2.3", "10.0.0.2:8920", "ams", "leaving", "at work"):
        assert told in page.words


async def test_a_guide_shows_the_addresses_of_all_workers(
    site: WebSite, browser: Browserling
) -> None:
    await set_up(browser, site)
    await stand_three(site.house.database)
    page = await browser.get(_GUIDE)
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
        assert address in page.words


@pytest.mark.parametrize("role", [Role.OWNER, Role.OPERATOR])
async def test_who_operates_the_machines_sees_them(site: WebSite, role: Role) -> None:
    people = await settle(site.house)
    await stand_three(site.house.database)
    page = await (await browser_of(site, people[role])).get("/workers")
    assert "worker_aaaa" in page.words
