"""Shards: the same everywhere, for ever, and about as many keys in each."""

from collections import Counter

from drawbridge.core.ids import id_from
from drawbridge.core.shards import HOUSE, SHARDS, shard_of


def test_a_key_lies_where_it_always_lay() -> None:
    # Rows on disk say the same numbers: another way to reckon would lose every account.
    assert shard_of("key_aaaaaaaaaaaaaaaa") == 23
    assert shard_of("key_4f7q2mxyzabcdefg") == 17
    assert shard_of("") == HOUSE


def test_keys_spread_over_all_shards_evenly() -> None:
    keys = (id_from("key", n.to_bytes(10, "big")) for n in range(64_000))
    counts = Counter(shard_of(key) for key in keys)
    assert set(counts) == set(range(SHARDS))
    assert max(counts.values()) < 2 * min(counts.values())
