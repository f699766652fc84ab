"""Whether anybody is there is told by what ends with whoever dies, and not by what it wrote."""

import asyncio
from pathlib import Path

import pytest

from drawbridge.app.build import House, open_house
from drawbridge.app.gateway_lock import is_gateway_running, only_gateway
from drawbridge.app.settings import Settings
from drawbridge.app.store_settings import StoreSettings
from drawbridge.cluster.store import claim
from drawbridge.core.errors import Conflict
from drawbridge.core.shards import HOUSE
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.unlock import Wish, read_vault_state
from tests.kit.house import until

_LIVES_MS = 200


async def _tell_of_a_holder(house: House) -> None:
    """Tell that a holder is there, as one does that is then killed."""
    await KeyHolder(house.database, house.clock, house.settings.vault_key).start()
    assert (await read_vault_state(house.database)).has_holder


async def _is_refused(house: House) -> None:
    with pytest.raises(Conflict, match="gateway_not_running"):
        await house.door.ask("owner_1", Wish.CREATE, None)


async def test_a_holder_that_was_killed_is_not_there_any_more_over_a_file(tmp_path: Path) -> None:
    async with open_house(Settings(tmp_path)) as house:
        async with only_gateway(house.settings.gateway_lock):
            await _tell_of_a_holder(house)
            assert (await house.door.state()).has_holder
        assert not (await house.door.state()).has_holder
        await _is_refused(house)


async def test_a_holder_that_was_killed_is_not_there_any_more_over_a_server(
    tmp_path: Path, postgres_url: str
) -> None:
    settings = Settings(tmp_path, store=StoreSettings(postgres_url))
    async with open_house(settings) as house:
        now_ms = await house.database.now_ms()
        claimed = await claim(
            house.database, "worker_1", {HOUSE: 0}, now_ms + _LIVES_MS, now_ms + _LIVES_MS
        )
        assert claimed
        await _tell_of_a_holder(house)
        assert (await house.door.state()).has_holder

        async def is_away() -> bool:
            return not (await house.door.state()).has_holder

        await until(is_away, "its claim has ended")
        await _is_refused(house)


async def test_many_who_ask_at_once_never_take_each_other_for_a_gateway(tmp_path: Path) -> None:
    lock = tmp_path / "gateway.lock"
    lock.touch()
    asked = (asyncio.to_thread(_asked_often, lock) for _ in range(4))
    assert not any(await asyncio.gather(*asked))


def _asked_often(lock: Path) -> bool:
    return any(is_gateway_running(lock) for _ in range(500))
