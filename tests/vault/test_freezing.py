"""The mass-compromise drill: all keys of an exchange off at once, and everybody told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drawbridge.audit.chain import Fact
from drawbridge.audit.store import list_events, verify
from drawbridge.core.errors import Forbidden, NotFound
from drawbridge.core.operations import GetBalances
from drawbridge.gateway.policy import Purpose
from drawbridge.vault.freezing import FROZEN, freeze_lot, halt_key, halt_keys_of, tell_lot
from drawbridge.vault.lots import Lot
from drawbridge.vault.model import KeyStatus
from tests.gateway.setting import OWNER, Setting, setting


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Setting]:
    async with setting(tmp_path, "binance") as house:
        yield house


async def _freeze(house: Setting, exchange: str = "binance", owner: str = "") -> list[str]:
    async with house.database.transaction() as tx:
        lot = Lot(owner, exchange)
        facts: dict[str, Fact] = {"by": "", "cancel": False}
        frozen = await freeze_lot(tx, lot, house.clock.now_ms(), facts)
        await tell_lot(tx, frozen, house.clock.now_ms(), facts)
    return [key.id for key in frozen]


async def test_an_exchange_that_is_none_freezes_nothing(house: Setting) -> None:
    with pytest.raises(NotFound):
        await _freeze(house, "atlantis")
    assert (await house.vault.get_record(house.key)).status is KeyStatus.ENABLED


async def test_keys_of_other_exchanges_go_on(house: Setting) -> None:
    assert await _freeze(house, "kraken") == []
    await house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ)


async def test_keys_of_other_people_go_on(house: Setting) -> None:
    assert await _freeze(house, owner="owner_2") == []
    assert await _freeze(house, "", owner=OWNER) == [house.key]


async def test_nothing_crosses_with_a_frozen_key_and_its_owner_is_told(house: Setting) -> None:
    """Scenario 75."""
    assert await _freeze(house) == [house.key]
    with pytest.raises(Forbidden, match="key_not_usable"):
        await house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ)
    key = await house.vault.get_record(house.key)
    assert (key.status, key.reason) == (KeyStatus.DISABLED, FROZEN)
    [told] = await house.rows("notices")
    assert (told["kind"], told["owner"], told["subject"]) == ("key_frozen", OWNER, house.key)
    assert (await list_events(house.database, OWNER, limit=1))[0].tag == "vault:key:disabled"
    assert await _freeze(house) == [], "twice is once"


async def test_a_thousand_keys_are_frozen_in_one_transaction(house: Setting) -> None:
    async with house.database.transaction() as tx:
        for number in range(1_000):
            await tx.execute(
                "INSERT INTO keys (id, owner, exchange, venue, label, label_folded, public_key,"
                " status, created_ms) VALUES (?, ?, 'binance', 'live', ?, ?, ?, 'enabled', 0)",
                *(f"key_{number}", OWNER, f"K{number}", f"k{number}", f"public {number}"),
            )
    assert len(await _freeze(house)) == 1_001
    rows = await house.rows("keys")
    assert {row["status"] for row in rows} == {"disabled"}
    await verify(house.database)
    [told] = await house.rows("notices")
    assert told["kind"] == "keys_frozen", "one notice, and not a thousand"


async def test_one_key_is_switched_off_by_anothers_word_and_its_owner_is_told_by_whose(
    house: Setting,
) -> None:
    with pytest.raises(NotFound, match="unknown_key"):
        await halt_key(house.database, "key_nobodys", "Bob", house.clock.now_ms())
    await halt_key(house.database, house.key, "Bob", house.clock.now_ms())
    with pytest.raises(Forbidden, match="key_not_usable"):
        await house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ)
    await halt_key(house.database, house.key, "Bob", house.clock.now_ms())
    [told] = await house.rows("notices")
    assert (told["kind"], told["owner"], told["subject"]) == ("key_halted", OWNER, house.key)
    event = (await list_events(house.database, OWNER, limit=1))[0]
    assert (event.tag, event.facts) == ("vault:key:disabled", {"by": "Bob"})


async def test_all_keys_of_who_trades_no_more_are_switched_off_and_nobody_elses(
    house: Setting,
) -> None:
    async with house.database.transaction() as tx:
        await halt_keys_of(tx, "owner_of_nothing", "Bob", 1)
    assert (await house.vault.get_record(house.key)).status is KeyStatus.ENABLED
    async with house.database.transaction() as tx:
        await halt_keys_of(tx, OWNER, "Bob", 1)
    assert (await house.vault.get_record(house.key)).status is KeyStatus.DISABLED
