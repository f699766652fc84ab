"""Stopping in a hurry at a Drawbridge elsewhere: the token's owner stops what is theirs."""

import pytest

from drawbridge.vault.model import KeyStatus
from tests.kit.program_life import Life
from tests.kit.remote_line import RemoteLine, life, line

__all__ = ["life", "line"]


async def test_what_is_not_there_is_not_stopped(line: RemoteLine, life: Life) -> None:
    assert await line.refused("panic", "--key", "None", "--yes") == (5, "unknown_key")
    wanted = ("panic", "--exchange", "atlantis", "--yes")
    assert await line.refused(*wanted) == (5, "unknown_exchange")
    assert await line.refused("panic", "--all", "--owner", "Ada", "--yes") == (2, "owner_elsewhere")
    assert (await life.site.house.vault.get_record(life.key)).status is not KeyStatus.DISABLED


async def test_a_key_that_may_have_leaked_is_stopped(line: RemoteLine, life: Life) -> None:
    told = await line.told("panic", "--key", "Main", "--cancel-orders", "--yes")
    assert [key["id"] for key in told["keys"]] == [life.key]
    key = await life.site.house.vault.get_record(life.key)
    assert (key.status, key.reason) == (KeyStatus.DISABLED, "key_leaked")
    assert await life.site.house.panic.is_cancelling(life.key)


@pytest.mark.parametrize("lot", [("--all",), ("--exchange", "kraken")])
async def test_many_keys_are_stopped(line: RemoteLine, life: Life, lot: tuple[str, ...]) -> None:
    code, out, _ = await line.at("panic", *lot, "--yes")
    assert (code, "Main" in out) == (0, True)
    assert (await life.site.house.vault.get_record(life.key)).reason == "key_frozen"
    assert (await line.told("panic", *lot, "--yes"))["keys"] == []


async def test_a_virtual_key_is_ended(line: RemoteLine, life: Life) -> None:
    await line.told("panic", "--virtual-key", "Night bot", "--yes")
    virtual = await life.site.house.virtual_keys.get(life.owner, life.virtual_key)
    assert virtual.revoked_ms is not None
