"""Leases over time: renewed, answered once, good through the grace time, and no longer."""

from dataclasses import replace

import pytest

from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from drawbridge.core.errors import Conflict
from drawbridge.licences.model import Act
from drawbridge.licences.standing import State
from tests.licences.setting import NOW_MS, OWNER, Home, Server


async def test_the_last_lease_goes_on_through_the_grace_time(server: Server, home: Home) -> None:
    """Scenario 53: works for the stated time, is told, then nothing is entered."""
    await home.add(await server.issue(grace_ms=3 * DAY_MS))
    key = await home.key(1)
    await home.step()
    server.is_away = True
    home.clock.advance(25 * HOUR_MS)
    await home.step()
    shown = await home.licences.show(OWNER)
    assert (shown.state, shown.problem) == (State.GRACE, "licence_server_unreachable")
    assert await home.refusal(key) == ""
    home.clock.advance(3 * DAY_MS)
    await home.step()
    assert await home.refusal(key) == "licence_lease_ended"
    server.is_away = False
    home.clock.advance(MINUTE_MS)
    await home.step()
    assert await home.refusal(key) == ""
    rows = await home.database.fetch_all("SELECT kind FROM notices ORDER BY n")
    kinds = [it["kind"] for it in rows]
    assert kinds == ["licence_trouble", "licence_trouble", "licence_back"]


async def test_a_lost_answer_counts_once(server: Server, home: Home) -> None:
    """Scenario 53: asked again with the same nonce, the server tells the same lease."""
    await home.add(await server.issue())
    server.loses_answers = True
    home.clock.advance(13 * HOUR_MS)
    await home.step()
    server.loses_answers = False
    home.clock.advance(MINUTE_MS)
    await home.step()
    assert server.answers[-1] == server.answers[-2]
    assert await home.problem() == ""


async def test_a_lease_is_renewed_long_before_it_ends(server: Server, home: Home) -> None:
    await home.add(await server.issue())
    for _ in range(30):
        home.clock.advance(4 * HOUR_MS)
        await home.step()
        assert (await home.licences.show(OWNER)).state is State.GOOD
    assert 8 <= len(server.asked) <= 12


async def test_a_leap_of_ninety_days_ends_in_one_step(server: Server, home: Home) -> None:
    await home.add(await server.issue())
    key = await home.key(1)
    await home.step()
    home.clock.advance(90 * DAY_MS)
    assert await home.refusal(key) == "licence_lease_ended"
    await home.step()
    assert await home.refusal(key) == ""


async def test_a_licence_ends_when_it_says_so_and_makes_room_for_the_next(
    server: Server, home: Home
) -> None:
    await home.add(await server.issue(expires_ms=NOW_MS + 30 * DAY_MS))
    key = await home.key(1)
    await home.step()
    with pytest.raises(Conflict, match="licence_held"):
        await home.licences.add(OWNER, (await server.issue()).document)
    home.clock.advance(31 * DAY_MS)
    assert await home.refusal(key) == "licence_expired"
    wish = await home.licences.wish(OWNER, Act.RELEASE)
    assert await home.wish(wish) == "licence_expired"
    await home.licences.add(OWNER, (await server.issue()).document)
    await home.step()
    assert (await home.licences.show(OWNER)).state is State.GOOD


async def test_what_passed_once_passes_no_longer_than_it_may(server: Server, home: Home) -> None:
    """What is remembered of a key ends with its lease, its account's place and its record."""
    await home.add(await server.issue(grace_ms=DAY_MS))
    key = await home.found((await home.key(1)).id)
    await home.step()
    assert await home.refusal(key) == ""
    assert home.kept.passes(key, "robot:one")
    assert home.kept.passes(key, "robot:one")
    home.clock.advance(2 * DAY_MS - 1)
    assert home.kept.passes(key, "robot:one")
    home.clock.advance(1)
    assert not home.kept.passes(key, "robot:one")
    home.clock.advance(-DAY_MS)
    assert not home.kept.passes(key, "robot:one")
    home.clock.advance(DAY_MS)
    await home.step()
    await home.kept.read()
    assert home.kept.passes(key, "robot:one")
    assert not home.kept.passes(replace(key, public_key="another"), "robot:one")
    await home.wish(await home.licences.wish(OWNER, Act.ARCHIVE, key.id))
    await home.kept.read()
    assert not home.kept.passes(key, "robot:one")
