"""Who gives accounts back waits for what was sent for them."""

import asyncio

import pytest

from drawbridge.core.shards import shard_of
from drawbridge.gateway.under_way import UnderWay


async def test_a_shard_is_settled_when_its_last_request_is_answered() -> None:
    under_way, shard = UnderWay(), shard_of("key_a")
    first, second = under_way.sent("key_a"), under_way.sent("key_a")
    first.__enter__()
    with second:
        waiting = asyncio.ensure_future(under_way.settled(shard))
        first.__exit__(None, None, None)
        done, _ = await asyncio.wait((waiting,), timeout=0.01)
        assert not done
    await waiting


async def test_a_request_that_failed_is_under_way_no_longer() -> None:
    under_way, shard = UnderWay(), shard_of("key_a")
    with pytest.raises(ConnectionError), under_way.sent("key_a"):
        raise ConnectionError
    await under_way.settled(shard)


async def test_other_shards_wait_for_nothing() -> None:
    under_way = UnderWay()
    with under_way.sent("key_a"):
        await under_way.settled(shard_of("key_a") + 1)
