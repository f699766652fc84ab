"""Workers claim, renew, give back, die, stop and return, by a clock that is set."""

import asyncio

import pytest

from drawbridge.cluster import store
from drawbridge.cluster.model import CLAIM_MS, RENEW_EVERY_MS, SLACK_MS, WorkerStanding, fair_share
from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import ExchangeDown
from drawbridge.core.shards import SHARDS
from tests.cluster.worlds import (
    CLAIMED,
    RENEWED,
    TO_CLAIM,
    OneOfThem,
    World,
)
from tests.kit.turns import a_turn

_WITHIN_S = 10
_A_WHILE_S = 0.2
# A claim that ran out is found at the next look of those who live.
_TAKEOVER_MS = 5_000
_TAKEOVER_ROUNDS = -(-CLAIM_MS // RENEW_EVERY_MS) + 1


async def _settled(here: World, *names: str) -> list[OneOfThem]:
    workers = [here.join(name) for name in names]
    for _ in range(3):
        await here.round()
    assert here.is_all_held()
    return workers


async def test_a_worker_cut_off_holds_nothing_when_others_may_claim(here: World) -> None:
    ann, bob = await _settled(here, "ann", "bob")
    ann.line.is_cut = True
    with pytest.raises(ExchangeDown):
        await ann.member.step()
    assert len(ann.held) == fair_share(2)
    here.clock.advance(CLAIM_MS - RENEW_EVERY_MS - SLACK_MS)
    assert not ann.held
    for _ in range(_TAKEOVER_ROUNDS):
        await here.round()
    assert len(bob.held) == SHARDS


async def test_who_was_stopped_longer_than_its_claim_holds_nothing_at_once(here: World) -> None:
    ann, bob = await _settled(here, "ann", "bob")
    before = ann.member.share.version
    here.clock.advance(CLAIM_MS)
    assert ann.held == frozenset()
    assert ann.member.share.version > before
    for _ in range(2):
        await bob.member.step()
    assert len(bob.held) == SHARDS
    # Back again, it is one of two, and gets its share by the other's giving back.
    for _ in range(3):
        await here.round()
    assert (len(ann.held), len(bob.held)) == (SHARDS // 2, SHARDS // 2)


async def test_an_answer_heard_too_late_lets_nothing_be_held(here: World) -> None:
    ann = here.join("ann")
    await ann.go_to(CLAIMED)
    here.clock.advance(CLAIM_MS - SLACK_MS)
    await ann.finish()
    assert ann.held == frozenset()


async def test_a_request_that_arrives_late_is_reckoned_from_when_it_was_sent(here: World) -> None:
    ann = here.join("ann")
    await ann.go_to("ask: the time")
    here.clock.advance(1_000)
    await ann.go_to(TO_CLAIM)
    here.clock.advance(1_000)
    await ann.finish()
    assert len(ann.held) == SHARDS
    here.clock.advance(CLAIM_MS - SLACK_MS - 2_000)
    assert ann.held == frozenset()


async def test_after_a_break_of_the_database_each_has_again_what_it_had(here: World) -> None:
    ann, bob = await _settled(here, "ann", "bob")
    before = ann.held, bob.held
    here.clock.advance(10 * CLAIM_MS)
    await here.round()
    assert (ann.held, bob.held) == before
    assert not ann.settled[SHARDS // 2 :]


async def test_a_renewal_that_arrives_after_a_later_one_shortens_nothing(here: World) -> None:
    [ann] = await _settled(here, "ann")
    claims = dict.fromkeys(range(SHARDS), 1)
    until_ms = here.clock.now_ms() + CLAIM_MS
    await ann.member.step()
    assert len(await store.renew(here.database, "ann", claims, until_ms - 1_000)) == SHARDS
    here.clock.advance(CLAIM_MS - SLACK_MS - 1)
    await here.join("bob").member.step()
    assert len(ann.held) == SHARDS
    here.check()


async def test_a_claim_whose_answer_was_lost_is_made_anew(here: World) -> None:
    ann = here.join("ann")
    await ann.go_to(CLAIMED)
    ann.line.let_through(is_lost=True)
    await ann.rest()
    assert ann.held == frozenset()
    ann.line.is_slow = False
    await ann.member.step()
    assert len(ann.held) == SHARDS


async def test_a_renewal_whose_answer_was_lost_is_made_again(here: World) -> None:
    [ann] = await _settled(here, "ann")
    await ann.go_to(RENEWED)
    ann.line.let_through(is_lost=True)
    await ann.rest()
    version = ann.member.share.version
    ann.line.is_slow = False
    await ann.member.step()
    assert (len(ann.held), ann.member.share.version) == (SHARDS, version)


async def test_nobody_renews_what_somebody_else_has_claimed_since(here: World) -> None:
    [ann] = await _settled(here, "ann")
    async with here.database.transaction() as tx:
        await tx.execute("UPDATE shards SET attempt = attempt + 1 WHERE shard < 3")
    await ann.member.step()
    # What stood in its name but was not its claim is claimed anew, by another attempt.
    rows = await here.database.fetch_all("SELECT attempt FROM shards ORDER BY shard")
    assert [row["attempt"] for row in rows[:4]] == [3, 3, 3, 1]
    await ann.member.step()
    assert len(ann.held) == SHARDS


async def test_two_that_claim_at_the_same_moment_share_fairly(here: World) -> None:
    ann, bob = here.join("ann"), here.join("bob")
    # Both have seen that all is free.
    await ann.go_to(TO_CLAIM)
    await bob.go_to(TO_CLAIM)
    for one in (ann, bob):
        await one.finish()
        here.check()
    for _ in range(3):
        await here.round()
    assert (len(ann.held), len(bob.held)) == (SHARDS // 2, SHARDS // 2)


async def test_what_was_renewed_since_it_was_seen_free_is_not_claimed(here: World) -> None:
    [ann] = await _settled(here, "ann")
    bob = here.join("bob")
    # By the database's clock they have just ended; by its own, ann could not know better.
    async with here.database.transaction() as tx:
        await tx.execute("UPDATE shards SET until_ms = ?", here.clock.now_ms())
    await bob.go_to(TO_CLAIM)
    await ann.member.step()
    await bob.finish()
    assert not bob.held
    assert len(ann.held) == SHARDS


async def test_who_joins_gets_a_share_and_the_house_stays_where_it_is(here: World) -> None:
    ann, bob = await _settled(here, "ann", "bob")
    assert ann.member.share.is_house
    before = len(ann.settled)
    eve = here.join("eve")
    for _ in range(3):
        await here.round()
    assert sorted(len(one.held) for one in (ann, bob, eve)) == [20, 22, 22]
    assert ann.member.share.is_house
    # Everything was settled before it was given back.
    assert sorted((*ann.settled[before:], *bob.settled)) == sorted(eve.held)


async def test_a_dead_workers_shards_are_taken_over_in_time(here: World) -> None:
    ann, bob, eve = await _settled(here, "ann", "bob", "eve")
    here.kill("ann")
    killed_ms = here.clock.now_ms()
    while ann.held or not here.is_all_held():
        await here.round()
    assert here.clock.now_ms() - killed_ms < _TAKEOVER_MS
    assert len(bob.held) == len(eve.held) == SHARDS // 2


async def test_who_leaves_settles_first_and_others_may_claim_at_once(here: World) -> None:
    ann, bob = await _settled(here, "ann", "bob")
    mine, ann.settles = ann.held, asyncio.Event()
    ann.settled.clear()
    leaving = asyncio.create_task(ann.member.leave())
    await a_turn()
    assert ann.held == frozenset()
    # While it settles it renews what it takes nothing on for, and others see that it leaves.
    here.clock.advance(CLAIM_MS - 1)
    await ann.member.step()
    assert not ann.held
    here.clock.advance(CLAIM_MS - 1)
    await bob.member.step()
    assert not bob.held & mine
    ann.settles.set()
    await leaving
    assert sorted(ann.settled) == sorted(mine)
    await bob.member.step()
    assert len(bob.held) == SHARDS
    await ann.member.step()
    assert [it.worker.id for it in await _workers(here)] == ["bob"]


async def test_what_was_renewed_while_it_left_is_not_held_when_the_answer_comes(
    here: World,
) -> None:
    [ann] = await _settled(here, "ann")
    await ann.go_to(RENEWED)
    # Renewed on disk, and nobody here knows; meanwhile it is told to leave.
    ann.line.is_slow = False
    leaving = asyncio.create_task(ann.member.leave())
    await asyncio.wait((leaving,), timeout=_A_WHILE_S)
    bob = here.join("bob")
    await bob.member.step()
    await ann.finish()
    assert not ann.held
    here.check()
    await leaving
    await bob.member.step()
    assert len(bob.held) == SHARDS


async def test_what_does_not_settle_in_time_is_given_back_all_the_same(here: World) -> None:
    [ann] = await _settled(here, "ann")
    ann.settles = asyncio.Event()
    bob = here.join("bob")
    await bob.member.step()
    await ann.member.step()
    ann.settled.clear()
    await ann.member.leave()
    assert ann.settled == []
    await bob.member.step()
    assert len(bob.held) == SHARDS


async def test_a_process_renews_and_claims_by_itself_until_it_has_left(here: World) -> None:
    ann = here.join("ann")
    ann.line.is_cut = True
    async with asyncio.timeout(_WITHIN_S):
        running = asyncio.create_task(ann.member.run())
        # The first request fails, and the second comes by itself.
        await a_turn()
        assert not ann.held
        ann.line.is_cut, ann.line.is_slow = False, True
        await ann.line.until_waiting()
        ann.line.is_slow = False
        ann.line.let_through()
        while not ann.held:
            await a_turn()
        await ann.member.leave()
        await running
    assert await _workers(here) == []


async def test_neighbours_are_those_who_go_out_by_the_same_addresses(here: World) -> None:
    ann, bob, eve = here.join("ann"), here.join("bob"), here.join("eve", group="two")
    assert ann.member.share.neighbours == 1
    await here.round()
    await here.round()
    assert [it.member.share.neighbours for it in (ann, bob, eve)] == [2, 2, 1]
    here.kill("bob")
    for _ in range(_TAKEOVER_ROUNDS):
        await here.round()
    assert ann.member.share.neighbours == 1


async def test_the_list_tells_who_was_lost_for_a_day(here: World) -> None:
    await _settled(here, "ann", "bob")
    here.kill("bob")
    for _ in range(_TAKEOVER_ROUNDS):
        await here.round()
    now_ms = here.clock.now_ms()
    ann, bob = await _workers(here)
    assert ann.is_living(now_ms)
    assert (ann.worker.address, ann.worker.egress_addresses) == ("127.0.0.1:3", ("192.0.2.1",))
    assert ann.shards == tuple(range(SHARDS))
    assert not bob.is_living(now_ms)
    assert bob.shards == ()
    here.clock.advance(DAY_MS)
    await here.round()
    assert [it.worker.id for it in await _workers(here)] == ["ann"]


async def _workers(here: World) -> list[WorkerStanding]:
    return list(await store.list_workers(here.database, here.clock.now_ms()))


async def test_what_nobody_thought_of_does_not_end_the_renewing(here: World) -> None:
    """Whoever stopped renewing would live on and never hold anything again."""
    ann = here.join("ann")
    ann.line.is_broken = True
    async with asyncio.timeout(_WITHIN_S):
        running = asyncio.create_task(ann.member.run())
        while ann.line.is_broken:
            await a_turn()
        while not ann.held:
            await a_turn()
        await ann.member.leave()
        await running
