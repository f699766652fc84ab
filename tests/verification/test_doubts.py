"""What is a doubt about a key, when it is asked about, and when it is believed no more."""

import pytest

from drawbridge.core.clock import HOUR_MS, MINUTE_MS, SteppedClock
from drawbridge.core.errors import DrawbridgeError, ExchangeRefused, Forbidden, NotProven
from drawbridge.gateway.policy import Purpose
from drawbridge.gateway.witness import CONFIRMED_AFTER_MS, NOBODY, as_heard
from drawbridge.verification.doubts import Doubts

KEY = "key_one"
BAD = NotProven("bad_signature")


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(1_000_000)


@pytest.fixture
def doubts(clock: SteppedClock) -> Doubts:
    return Doubts(clock)


@pytest.mark.parametrize(
    "error",
    [
        NotProven("stale_stamp"),
        NotProven("used_nonce"),
        ExchangeRefused("insufficient_funds"),
        ExchangeRefused("too_small"),
        Forbidden("unknown_endpoint"),
    ],
)
def test_what_is_not_against_the_key_is_no_doubt(doubts: Doubts, error: DrawbridgeError) -> None:
    """Scenarios 15, 45, 50."""
    assert not doubts.hear(KEY, error)
    assert as_heard(doubts, KEY, Purpose.TRADE, error) is error
    assert doubts.find(KEY) is None


def test_a_check_hears_every_word_and_without_a_witness_everybody_does(doubts: Doubts) -> None:
    assert as_heard(doubts, KEY, Purpose.CHECK, BAD) is BAD
    assert doubts.find(KEY) is None
    assert as_heard(NOBODY, KEY, Purpose.TRADE, BAD) is BAD


@pytest.mark.parametrize("code", ["bad_key", "bad_signature", "ip_not_allowed", "right_missing"])
def test_a_word_against_the_key_is_asked_about_after_a_pause(
    doubts: Doubts, clock: SteppedClock, code: str
) -> None:
    """Scenario 44."""
    told = as_heard(doubts, KEY, Purpose.TRADE, NotProven(code))
    assert (told.code, told.facts["told"]) == ("key_in_doubt", code)
    assert doubts.due() == []
    clock.advance(CONFIRMED_AFTER_MS - 1)
    # Said again meanwhile: the pause does not begin anew.
    assert doubts.hear(KEY, BAD)
    assert doubts.due() == []
    clock.advance(1)
    assert doubts.due() == [KEY]


def test_who_cannot_be_asked_is_asked_ever_more_seldom(doubts: Doubts, clock: SteppedClock) -> None:
    """Scenarios 47, 74."""
    doubts.hear(KEY, BAD)
    waits = []
    for _ in range(12):
        before = clock.now_ms()
        while not doubts.due():
            clock.advance(1_000)
        waits.append(clock.now_ms() - before)
        doubts.put_off(KEY)
    assert waits == sorted(waits)
    assert waits[-1] == 5 * MINUTE_MS
    doubts.put_off("another")
    assert doubts.find("another") is None


def test_what_came_to_nothing_three_times_in_an_hour_is_not_the_keys_fault(
    doubts: Doubts, clock: SteppedClock
) -> None:
    """Else a robot would wait for ever for a key that is good."""
    for _ in range(3):
        assert doubts.hear(KEY, BAD)
        doubts.clear(KEY)
    assert not doubts.hear(KEY, BAD)
    assert doubts.hear("another", BAD)
    clock.advance(HOUR_MS)
    assert doubts.hear(KEY, BAD)
    doubts.end(KEY)
    assert doubts.find(KEY) is None
