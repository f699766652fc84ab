"""Shards: the same everywhere, for ever, and about as many keys in each."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.ids import id_from
from drawbridge.core.shards import HOUSE, SHARDS, id_in_shard, shard_of


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


@given(st.binary(min_size=10, max_size=10), st.integers(0, SHARDS - 1))
def test_an_id_can_be_made_for_any_shard_from_any_bytes(entropy: bytes, shard: int) -> None:
    made = id_in_shard("key", entropy, shard)
    assert shard_of(made) == shard
    plain = id_from("key", entropy)
    assert len(made) == len(plain)
    assert made[:16] == plain[:16]
    if shard_of(plain) == shard:
        assert made == plain
