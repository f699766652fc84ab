"""A probe order that a crash left behind, met by the next check of its key."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drawbridge.core.operations import PlaceOrder
from drawbridge.vault.model import KeyStatus
from tests.gateway.setting import EXCHANGES
from tests.gateway.stub_exchange import Fault
from tests.kit.house import until
from tests.verification.setting import Checking, checking


@pytest.fixture(params=EXCHANGES)
async def case(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Checking]:
    async with checking(tmp_path, request.param) as case:
        yield case


async def test_no_second_probe_order_is_placed_while_the_first_may_still_arrive(
    case: Checking,
) -> None:
    """Scenario 8, whoever asks for the check."""
    house = case.house
    house.stub.fail(PlaceOrder, Fault.LOST_BEFORE)
    await case.verification.verify(house.key)
    found = await case.restarted().verify(house.key)
    assert (found.status, found.reason) == (KeyStatus.CLEANUP_PENDING, "cleanup_pending")
    [only] = await house.rows("orders")
    assert found.facts["order"] == only["client_order_id"]
    house.clock.advance(120_000)
    assert (await case.restarted().verify(house.key)).status is KeyStatus.ENABLED
    states = sorted(str(row["state"]) for row in await house.rows("orders"))
    assert states == ["cancelled", "never_arrived"]


async def test_a_check_waits_for_an_order_of_which_all_is_known_soon(case: Checking) -> None:
    house = case.house
    house.stub.fail(PlaceOrder, Fault.LOST_BEFORE)
    await case.verification.verify(house.key)
    asked = len(house.stub.seen)
    checking = asyncio.create_task(case.restarted().verify(house.key))

    async def has_insisted() -> bool:
        return len(house.stub.seen) >= asked + 4

    await until(has_insisted, "it asks more often than in one try")
    house.clock.advance(120_000)
    assert (await checking).status is KeyStatus.ENABLED


async def test_a_key_whose_check_a_crash_ended_names_the_order_before_the_vault_is_open(
    case: Checking,
) -> None:
    """Scenario 9: told from what is on disk, without asking anybody."""
    house = case.house
    house.stub.fail(PlaceOrder, Fault.LOST_BEFORE)
    await case.verification.verify(house.key)
    await house.change(KeyStatus.CHECKING)
    asked = len(house.stub.seen)
    await case.restarted().tell_left_behind()
    key = await case.key()
    assert (key.status, key.reason) == (KeyStatus.CLEANUP_PENDING, "cleanup_pending")
    assert len(house.stub.seen) == asked
    assert key.facts["order"] == (await house.rows("orders"))[0]["client_order_id"]
