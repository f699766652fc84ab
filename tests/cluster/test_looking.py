"""Looks at a share: what was lost and gained in between, also when it looks the same."""

from drawbridge.cluster.looking import Looking, News
from drawbridge.cluster.share import WHOLE, HeldShares
from drawbridge.core.clock import SteppedClock
from drawbridge.core.shards import shard_of

_KEY = "key_aaaaaaaaaaaaaaaa"
_SHARD = shard_of(_KEY)
_NONE: frozenset[int] = frozenset()


def test_of_everything_there_is_never_any_news() -> None:
    looking = Looking(WHOLE)
    assert looking.look() is None
    assert looking.keeps(_KEY)
    assert looking.keeps_shard(_SHARD)


def test_the_first_look_finds_all_as_gained_and_the_next_one_nothing() -> None:
    share = HeldShares(SteppedClock(0).now_ms)
    share.hold(_SHARD, 3_000)
    looking = Looking(share)
    assert looking.look() == News(_NONE, frozenset({_SHARD}))
    assert looking.look() is None
    share.hold(_SHARD, 4_000)
    assert looking.look() is None


def test_what_ended_and_came_back_between_two_looks_is_lost_and_gained() -> None:
    clock = SteppedClock(0)
    share = HeldShares(clock.now_ms)
    share.hold(_SHARD, 3_000)
    share.hold(_SHARD + 1, 9_000)
    looking = Looking(share)
    looking.look()
    clock.advance(4_000)
    assert not looking.keeps(_KEY)
    share.hold(_SHARD, 9_000)
    assert share.holds(_KEY)
    assert not looking.keeps(_KEY)
    assert looking.keeps_shard(_SHARD + 1)
    assert looking.look() == News(frozenset({_SHARD}), frozenset({_SHARD}))
    assert looking.keeps(_KEY)
