"""Checks where several processes work: each looks after the keys of its own share alone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.cluster.share import HeldShares
from drawbridge.core.shards import shard_of
from drawbridge.vault.model import KeyStatus, Proof
from drawbridge.vault.shelf import Shelf
from drawbridge.vault.store import ask_for_check, fill_shards, write_checked
from drawbridge.verification.probing import Probing
from drawbridge.verification.service import Verification
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


async def test_a_list_of_keys_is_kept_to_the_share_and_to_who_may_be_of_the_same_account(
    case: Checking,
) -> None:
    house = case.house
    await house.change(KeyStatus.ENABLED)
    for share, many in ((nothing(case), 0), (everything(case), 1)):
        shelf = Shelf(house.database, house.vault, share)
        assert len(await shelf.list_standing(KeyStatus.ENABLED)) == many
        assert len(await shelf.list_beside(KeyStatus.ENABLED)) == many
        assert shelf.holds(house.key) is bool(many)
    async with house.database.transaction() as tx:
        await ask_for_check(tx, house.key, Proof.ORDER, house.clock.now_ms())
    assert await Shelf(house.database, house.vault, nothing(case)).list_asked() == ()
    assert len(await Shelf(house.database, house.vault, everything(case)).list_asked()) == 1
