"""Whose requests are judged here, and what counts as seen by who had the account before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.cluster.share import HeldShares
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import ExchangeDown, NotProven
from drawbridge.core.shards import SHARDS, shard_of
from drawbridge.gateway.held_here import (
    EVERYTHING_HERE,
    SHARD,
    HeldHere,
    find_shard,
    shard_letters,
)
from drawbridge.gateway.permission import MOVED
from drawbridge.gateway.replay import Replays, Sent
from drawbridge.wire.stamps import StampKind, StampRule

KEY = "key_1"
MINE = shard_of(KEY)
START_MS = 1_790_000_000_000
LONG_MS = 1_000_000
TIMES = StampRule(StampKind.TIME)
NONCES = StampRule(StampKind.NONCE)


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(START_MS)


@pytest.fixture
def share() -> HeldShares:
    return HeldShares(lambda: 0)


def test_an_account_of_another_is_refused_with_its_shard(
    share: HeldShares, clock: SteppedClock
) -> None:
    share.hold((MINE + 1) % SHARDS, LONG_MS)
    with pytest.raises(ExchangeDown) as refused:
        HeldHere(share, clock.now_ms).check(KEY)
    assert (refused.value.code, refused.value.facts[SHARD]) == (MOVED, MINE)


def test_a_token_that_was_drawn_elsewhere_is_refused(
    share: HeldShares, clock: SteppedClock
) -> None:
    held = HeldHere(share, clock.now_ms)
    with pytest.raises(ExchangeDown) as refused:
        held.check_token(shard_letters(KEY) + "x" * 62)
    assert refused.value.facts[SHARD] == MINE
    share.hold(MINE, LONG_MS)
    held.check_token(shard_letters(KEY) + "x" * 62)


@pytest.mark.parametrize("token", ["", "a", "--", "é!", "zz" * 32, "~a"])
def test_what_no_token_of_ours_is_names_no_shard(
    token: str, share: HeldShares, clock: SteppedClock
) -> None:
    assert find_shard(token) is None
    HeldHere(share, clock.now_ms).check_token(token)


@pytest.mark.parametrize(("rule", "code"), [(TIMES, "stale_stamp"), (NONCES, "used_nonce")])
def test_what_was_signed_before_an_account_came_here_is_refused(
    share: HeldShares, clock: SteppedClock, rule: StampRule, code: str
) -> None:
    held, replays = HeldHere(share, clock.now_ms), Replays(clock)
    clock.advance(60_000)
    before_ms = clock.now_ms()
    clock.advance(10)
    share.hold(MINE, LONG_MS)
    since_ms = held.since_ms(KEY)
    assert since_ms == clock.now_ms()
    with pytest.raises(NotProven) as refused:
        replays.check("vk_1", rule, Sent(before_ms, b"order"), clock.now_ms(), since_ms)
    assert refused.value.code == code
    clock.advance(1)
    replays.check("vk_1", rule, Sent(clock.now_ms(), b"order"), clock.now_ms(), since_ms)


def test_an_account_that_was_away_for_a_moment_came_here_when_it_came_back(
    share: HeldShares, clock: SteppedClock
) -> None:
    held = HeldHere(share, clock.now_ms)
    share.hold(MINE, LONG_MS)
    assert held.since_ms(KEY) == START_MS
    share.drop(MINE)
    clock.advance(100)
    share.hold(MINE, LONG_MS)
    assert held.since_ms(KEY) == START_MS + 100


def test_one_process_alone_has_had_everything_since_ever() -> None:
    EVERYTHING_HERE.check(KEY)
    EVERYTHING_HERE.check_token(shard_letters(KEY))
    assert EVERYTHING_HERE.since_ms(KEY) < 0


@given(st.text())
def test_the_shard_of_any_account_is_read_back_from_its_tokens(key_id: str) -> None:
    assert find_shard(shard_letters(key_id) + "rest") == shard_of(key_id)
