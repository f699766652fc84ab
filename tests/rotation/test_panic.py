"""Stopping in a hurry: what is off from that moment on, and what is wished for with it."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from drawbridge.audit.store import list_events
from drawbridge.core.errors import ExchangeDown, Forbidden, NotFound
from drawbridge.core.operations import CancelOrder, GetBalances
from drawbridge.gateway.policy import Purpose
from drawbridge.rotation import leak_store
from drawbridge.rotation.panic import LOOKED_BACK_MS, Panic
from drawbridge.sealing.envelope import VaultPublicKey
from drawbridge.trading.limit_store import key_subject
from drawbridge.trading.stopping import Stopping
from drawbridge.vault.freezing import LEAKED
from drawbridge.vault.lots import Lot
from drawbridge.vault.model import KeyStatus, Standing
from drawbridge.virtual_keys.service import VirtualKeys
from drawbridge.virtual_keys.wishes import Wish
from tests.gateway.setting import EXCHANGES, OWNER
from tests.kit.proxied import NobodyElse
from tests.trading.setting import Desk, desk


@pytest.fixture(params=EXCHANGES)
async def trading(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with desk(tmp_path, request.param) as trading:
        for number in range(3):
            await trading.place(trading.order(f"db{number}"))
        yield trading


def _panic(trading: Desk) -> Panic:
    return Panic(trading.house.database, trading.house.clock)


def _stopping(trading: Desk) -> Stopping:
    house = trading.house
    return Stopping(house.database, trading.store, trading.broker, house.clock)


async def test_somebody_elses_key_is_as_unknown_as_one_that_never_was(trading: Desk) -> None:
    for owner, key in ((OWNER, "key_nobodys"), ("owner_2", trading.house.key)):
        with pytest.raises(NotFound, match="unknown_key"):
            await _panic(trading).stop_key(owner, key)
    assert (await trading.house.vault.get_record(trading.house.key)).status is KeyStatus.ENABLED


async def test_one_press_ends_all_use_of_a_key_that_may_have_leaked(trading: Desk) -> None:
    """Scenario 38."""
    house = trading.house
    stopped = await _panic(trading).stop_key(OWNER, house.key)
    assert (stopped.status, stopped.reason) == (KeyStatus.DISABLED, LEAKED)
    for purpose in (Purpose.READ, Purpose.TRADE):
        with pytest.raises(Forbidden, match="key_not_usable"):
            await house.gateway.call(house.key, GetBalances(), purpose=purpose)
    [told] = await house.rows("notices")
    assert (told["kind"], told["owner"], told["subject"]) == ("key_leaked", OWNER, house.key)
    tags = [it.tag for it in await list_events(house.database, OWNER, limit=1)]
    assert tags == ["vault:key:leaked"]
    inquiry = await leak_store.find(house.database, house.key)
    assert inquiry is not None
    assert inquiry.since_ms == house.clock.now_ms() - LOOKED_BACK_MS


async def test_pressing_twice_is_pressing_once(trading: Desk) -> None:
    await _panic(trading).stop_key(OWNER, trading.house.key)
    await _panic(trading).stop_key(OWNER, trading.house.key)
    assert len(await trading.house.rows("notices")) == 1


async def test_a_key_that_is_off_already_still_becomes_one_that_may_have_leaked(
    trading: Desk,
) -> None:
    await trading.house.vault.disable(OWNER, trading.house.key)
    assert (await _panic(trading).stop_key(OWNER, trading.house.key)).reason == LEAKED


async def test_a_check_that_had_begun_does_not_forget_why_it_is_off(trading: Desk) -> None:
    vault, key = trading.house.vault, trading.house.key
    await vault.record_verdict(key, Standing(KeyStatus.CHECKING))
    await _panic(trading).stop_key(OWNER, key)
    found = await vault.record_verdict(key, Standing(KeyStatus.ENABLED))
    assert (found.status, found.reason) == (KeyStatus.DISABLED, LEAKED)


async def test_switched_on_again_it_is_as_any_other_key(trading: Desk) -> None:
    await _panic(trading).stop_key(OWNER, trading.house.key)
    key = await trading.house.vault.enable(OWNER, trading.house.key)
    assert (key.status, key.reason) == (KeyStatus.UNVERIFIED, "")


async def test_orders_stay_unless_they_are_to_be_cancelled(trading: Desk) -> None:
    await _panic(trading).stop_key(OWNER, trading.house.key)
    await _stopping(trading).step()
    assert len(await trading.store.unsettled()) == 3


async def test_open_orders_of_a_stopped_key_are_cancelled_with_it(trading: Desk) -> None:
    """Scenario 38."""
    house, panic = trading.house, _panic(trading)
    await panic.stop_key(OWNER, house.key, cancel=True)
    assert await panic.is_cancelling(house.key)
    await _stopping(trading).step()
    assert await trading.store.unsettled() == ()
    assert house.stub.count(CancelOrder) == 3
    assert await panic.is_cancelling(house.key), "an order may still have been under way"
    house.clock.advance(20_000)
    await _stopping(trading).step()
    assert not await panic.is_cancelling(house.key)


async def test_what_could_not_be_cancelled_is_tried_again(trading: Desk) -> None:
    house = trading.house
    house.stub.refuse(CancelOrder, ExchangeDown("rate_limited"))
    await _panic(trading).stop_key(OWNER, house.key, cancel=True)
    await _stopping(trading).step()
    assert await trading.store.unsettled()
    house.clock.advance(120_000)
    await _stopping(trading).step()
    assert await trading.store.unsettled() == ()


async def test_all_keys_are_stopped_and_their_orders_cancelled(trading: Desk) -> None:
    """Scenario 75."""
    house = trading.house
    [key] = await _panic(trading).stop_lot(Lot(), cancel=True, by="Bob")
    assert (key.id, key.status) == (house.key, KeyStatus.ENABLED), "as it stood"
    event = (await list_events(house.database, OWNER, limit=1))[0]
    facts = {"by": "Bob", "cancel": True, "frozen": key.exchange}
    assert (event.tag, event.facts) == ("vault:key:disabled", facts)
    await _stopping(trading).step()
    assert await trading.store.unsettled() == ()
    [wish] = await house.rows("cancel_wishes")
    assert wish["subject"] == key_subject(house.key)
    assert await _panic(trading).stop_lot(Lot()) == ()


async def test_orders_of_a_revoked_virtual_key_are_cancelled_and_no_others(trading: Desk) -> None:
    """Scenario 84, with the orders that it left behind."""
    house = trading.house
    keys = VirtualKeys(house.database, house.clock, os.urandom, _public_key(trading), NobodyElse())
    virtual = (await keys.make(OWNER, house.key, Wish(scopes=("trade_spot",)))).virtual
    await trading.broker.place(house.key, virtual.origin, trading.order("bot1"))
    with pytest.raises(NotFound, match="unknown_virtual_key"):
        await _panic(trading).stop_virtual_key("owner_2", virtual.id, cancel=True)
    stopped = await _panic(trading).stop_virtual_key(OWNER, virtual.id, cancel=True)
    assert stopped.revoked_ms == house.clock.now_ms()
    await _stopping(trading).step()
    left = {order.client_id for order in await trading.store.unsettled()}
    assert left == {"db0", "db1", "db2"}


def _public_key(trading: Desk) -> Callable[[], Awaitable[VaultPublicKey]]:
    async def given() -> VaultPublicKey:
        return trading.house.keyring.public

    return given
