"""What a worker holds: refused at the end of a claim, whatever was heard since."""

from drawbridge.cluster.share import WHOLE, HeldShares, Share
from drawbridge.core.clock import SteppedClock
from drawbridge.core.shards import HOUSE, shard_of

_KEY = "key_aaaaaaaaaaaaaaaa"
_SHARD = shard_of(_KEY)


def held(clock: SteppedClock) -> HeldShares:
    return HeldShares(clock.now_ms)


def test_who_claimed_nothing_holds_nothing() -> None:
    share: Share = held(SteppedClock(0))
    assert not share.holds(_KEY)
    assert share.time_left_ms(_KEY) == 0
    assert share.shards == frozenset()
    assert not share.is_house


def test_a_claim_is_over_at_its_end_and_not_a_moment_later() -> None:
    clock = SteppedClock(10_000)
    share = held(clock)
    share.hold(_SHARD, 13_000)
    clock.advance(2_999)
    assert share.holds(_KEY)
    assert share.time_left_ms(_KEY) == 1
    clock.advance(1)
    assert not share.holds(_KEY)
    assert share.time_left_ms(_KEY) == 0
    assert share.shards == frozenset()


def test_how_long_it_is_held_is_counted_from_where_nobody_else_could_have_had_it() -> None:
    clock = SteppedClock(0)
    share = held(clock)
    assert share.held_for_ms(_KEY) == 0
    share.hold(_SHARD, 3_000)
    clock.advance(2_000)
    share.hold(_SHARD, 5_000)
    assert share.held_for_ms(_KEY) == 2_000
    clock.advance(3_000)
    assert share.held_for_ms(_KEY) == 0
    share.hold(_SHARD, 9_000)
    clock.advance(1)
    assert share.held_for_ms(_KEY) == 1


def test_the_version_rises_with_gain_and_loss_and_end_and_not_with_renewal() -> None:
    clock = SteppedClock(0)
    share = held(clock)
    seen = [share.version]
    share.hold(_SHARD, 3_000)
    seen.append(share.version)
    share.hold(_SHARD, 4_000)
    assert share.version == seen[-1]
    share.hold(HOUSE, 9_000)
    seen.append(share.version)
    clock.advance(4_000)
    seen.append(share.version)
    assert share.shards == frozenset({HOUSE})
    share.drop(HOUSE)
    seen.append(share.version)
    share.drop(HOUSE)
    assert share.version == seen[-1]
    assert seen == sorted(set(seen))


def test_a_claim_that_ended_and_came_back_between_two_looks_counts_as_changed() -> None:
    clock = SteppedClock(0)
    share = held(clock)
    share.hold(_SHARD, 3_000)
    before = share.version
    clock.advance(5_000)
    share.hold(_SHARD, 9_000)
    assert share.version > before
    assert share.shards == frozenset({_SHARD})
    assert share.gained_since(before) == frozenset({_SHARD})


def test_only_what_is_new_since_a_look_counts_as_gained() -> None:
    clock = SteppedClock(0)
    share = held(clock)
    share.hold(_SHARD, 9_000)
    seen = share.version
    share.hold(HOUSE, 3_000)
    assert share.gained_since(seen) == frozenset({HOUSE})
    assert share.gained_since(share.version) == frozenset()
    clock.advance(3_000)
    assert share.gained_since(seen) == frozenset()
    assert WHOLE.gained_since(0) == frozenset()


def test_a_dropped_shard_is_refused_at_once() -> None:
    share = held(SteppedClock(0))
    share.hold(_SHARD, 3_000)
    share.drop(_SHARD)
    assert not share.holds(_KEY)
    assert share.shards == frozenset()


def test_the_house_belongs_to_who_holds_its_shard() -> None:
    share = held(SteppedClock(0))
    share.hold(HOUSE, 3_000)
    assert share.is_house
    assert share.shards == frozenset({HOUSE})


def test_one_process_alone_holds_everything_for_ever() -> None:
    assert WHOLE.holds(_KEY)
    assert WHOLE.time_left_ms(_KEY) is None
    assert WHOLE.held_for_ms(_KEY) is None
    assert WHOLE.shards is None
    assert WHOLE.version == 0
    assert WHOLE.neighbours == 1
    assert WHOLE.is_house
