"""Checks where several processes work: each looks after the keys of its own share alone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.cluster.share import HeldShares
from drawbridge.core.operations import GetOrder, PlaceOrder
from drawbridge.core.shards import shard_of
from drawbridge.gateway.crossing import Gateway, Road
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.permission import LEAST_MS
from drawbridge.gateway.venues import Venues
from drawbridge.vault.model import KeyStatus, Proof
from drawbridge.vault.shelf import Shelf
from drawbridge.vault.store import ask_for_check, fill_shards, write_checked
from drawbridge.verification.probing import Probing
from drawbridge.verification.service import Verification
from drawbridge.verification.verdict import Verdict
from tests.gateway.stub_exchange import Fault
from tests.kit.ending_share import EndingShare
from tests.kit.turns import a_turn
from tests.verification.setting import Checking, checking

LONG_MS = 10**15


@pytest_asyncio.fixture
async def case(tmp_path: Path) -> AsyncIterator[Checking]:
    async with checking(tmp_path, "binance") as case:
        await fill_shards(case.house.database)
        yield case


def another(case: Checking, share: HeldShares) -> Verification:
    house = case.house
    shelf = Shelf(house.database, house.vault, share)
    probing = Probing(house.gateway, house.journal, house.clock, pauses_ms=(1, 2))
    return Verification(house.gateway, shelf, case.checks, probing, house.clock, share)


def nothing(case: Checking) -> HeldShares:
    return HeldShares(case.house.clock.now_ms)


def everything(case: Checking) -> HeldShares:
    share = nothing(case)
    share.hold(shard_of(case.house.key), LONG_MS)
    return share


async def test_the_check_of_another_process_is_no_crash(case: Checking) -> None:
    await case.house.change(KeyStatus.CHECKING)
    async with case.house.database.transaction() as tx:
        await write_checked(tx, case.house.key, case.house.clock.now_ms())
    await another(case, nothing(case)).clean_up()
    assert (await case.key()).status is KeyStatus.CHECKING
    await another(case, everything(case)).clean_up()
    assert (await case.key()).reason == "check_interrupted"


@pytest.mark.parametrize("comes_back", [True, False])
async def test_a_check_whose_account_moves_ends_unsaid_and_is_made_anew(
    case: Checking, *, comes_back: bool
) -> None:
    async with case.house.database.transaction() as tx:
        await ask_for_check(tx, case.house.key, Proof.ORDER, case.house.clock.now_ms())
    share = everything(case)
    first = another(case, share)
    asked = asyncio.create_task(first.verify(case.house.key))
    while (await case.key()).status is not KeyStatus.CHECKING:
        await a_turn()
    share.drop(shard_of(case.house.key))
    if comes_back:
        share.hold(shard_of(case.house.key), LONG_MS)
    await asyncio.gather(asked, return_exceptions=True)
    key = await case.key()
    assert (key.status, key.check_requested_ms is None) == (KeyStatus.CHECKING, False)

    verdict = await another(case, everything(case)).verify(case.house.key)
    assert verdict.status is KeyStatus.ENABLED
    assert await case.checks.pending_probes() == ()


async def asked_again(case: Checking) -> None:
    async with case.house.database.transaction() as tx:
        await ask_for_check(tx, case.house.key, Proof.ORDER, case.house.clock.now_ms())


async def claimed(case: Checking, claims: EndingShare) -> Verdict:
    """Check with requests that leave only while a claim holds, of an account that is not lost."""
    house = case.house
    gateway = Gateway(
        house.vault.kept,
        house.opening,
        Road(Egress(), Venues({house.exchange.id: f"http://127.0.0.1:{house.server.port}"})),
        house.stamps,
        house.journal,
        house.clock,
        share=claims,
    )
    probing = Probing(gateway, house.journal, house.clock, pauses_ms=(1, 2))
    checks = Verification(gateway, house.vault, case.checks, probing, house.clock)
    try:
        return await checks.verify(house.key)
    finally:
        await gateway.close()


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
async def test_a_claim_that_is_renewed_late_says_nothing_of_what_was_left_behind(
    case: Checking, fault: Fault
) -> None:
    """Scenario 9: the exchange was not asked, so the check is made anew once it can be."""
    house = case.house
    house.stub.fail(PlaceOrder, fault)
    house.stub.fail(GetOrder, *[Fault.LOST_BEFORE] * 3)
    await case.verification.verify(house.key)
    assert len(await case.checks.pending_probes()) == 1
    await house.change(KeyStatus.CHECKING)
    await asked_again(case)
    claims = EndingShare(left_ms=LEAST_MS - 1)
    await claimed(case, claims)
    key = await case.key()
    assert (key.status, key.check_requested_ms is None) == (KeyStatus.CHECKING, False)
    claims.renew()
    house.clock.advance(120_000)
    assert (await claimed(case, claims)).status is KeyStatus.ENABLED


async def test_whenever_in_a_check_a_claim_ends_the_key_is_judged_by_the_next_check_alone(
    case: Checking,
) -> None:
    house, claims = case.house, EndingShare()
    for look in range(1, 100):
        await asked_again(case)
        claims.renew()
        claims.ends_at_look = look
        await claimed(case, claims)
        if claims.left_ms:
            break
        key = await case.key()
        assert (look, key.status, key.reason) == (look, KeyStatus.CHECKING, "")
        assert key.check_requested_ms is not None
        claims.renew()
        house.clock.advance(120_000)
        assert (await claimed(case, claims)).status is KeyStatus.ENABLED
        assert await case.checks.pending_probes() == ()
    assert look > 10, "a check asks whether it may at each step"


async def test_a_list_of_keys_is_kept_to_the_share_and_to_who_may_be_of_the_same_account(
    case: Checking,
) -> None:
    house = case.house
    await house.change(KeyStatus.ENABLED)
    for share, many in ((nothing(case), 0), (everything(case), 1)):
        shelf = Shelf(house.database, house.vault, share)
        assert len(await shelf.list_standing(KeyStatus.ENABLED)) == many
        assert len((await shelf.news(0)).keys) == many
        assert len(await shelf.list_of_account(await case.key())) == 1
        assert shelf.holds(house.key) is bool(many)
    async with house.database.transaction() as tx:
        await ask_for_check(tx, house.key, Proof.ORDER, house.clock.now_ms())
    assert await Shelf(house.database, house.vault, nothing(case)).list_asked() == ()
    assert len(await Shelf(house.database, house.vault, everything(case)).list_asked()) == 1
