"""What was overheard is good for nothing; what several programs send at once is not refused."""

import random

import pytest

from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import BadInput, NotProven
from drawbridge.gateway.replay import Replays, Sent
from drawbridge.wire.stamps import StampKind, StampRule

NOW_MS = 1_763_000_000_000
TIME, NONCE = StampRule(StampKind.TIME), StampRule(StampKind.NONCE)
SECONDS = StampRule(StampKind.TIME, ms_per_unit=1_000)


def replays() -> Replays:
    return Replays(SteppedClock(NOW_MS))


def test_the_same_words_at_the_same_time_are_refused() -> None:
    """Scenario 82."""
    seen = replays()
    seen.check_time("one", TIME, Sent(NOW_MS + 5, b"buy"), NOW_MS)
    with pytest.raises(NotProven, match="used_nonce"):
        seen.check_time("one", TIME, Sent(NOW_MS + 5, b"buy"), NOW_MS)


@pytest.mark.parametrize(
    ("virtual", "stamp", "payload"),
    [("two", 5, b"buy"), ("one", 6, b"buy"), ("one", 5, b"sell")],
)
def test_other_words_another_time_or_another_key_pass(
    virtual: str, stamp: int, payload: bytes
) -> None:
    seen = replays()
    seen.check_time("one", TIME, Sent(NOW_MS + 5, b"buy"), NOW_MS)
    seen.check_time(virtual, TIME, Sent(NOW_MS + stamp, payload), NOW_MS)


def test_what_a_process_before_this_one_may_have_seen_is_refused() -> None:
    with pytest.raises(NotProven, match="stale_stamp"):
        replays().check_time("one", TIME, Sent(NOW_MS - 1, b"buy"), NOW_MS)
    with pytest.raises(NotProven, match="used_nonce"):
        replays().check_nonce("one", NOW_MS - 1, NOW_MS)


def test_a_stamp_of_seconds_is_any_moment_of_its_second() -> None:
    seen = Replays(SteppedClock(NOW_MS + 700))
    seen.check_time("one", SECONDS, Sent(NOW_MS // 1_000, b"buy"), NOW_MS)
    with pytest.raises(NotProven, match="stale_stamp"):
        seen.check_time("one", SECONDS, Sent(NOW_MS // 1_000 - 1, b"buy"), NOW_MS)


def test_a_question_may_come_twice_and_never_become_an_order() -> None:
    """Some signatures say nothing of the path: that of a question would be good for more."""
    seen, asked = replays(), Sent(NOW_MS, b"all", changes=False)
    for _ in range(2):
        seen.check_time("one", TIME, asked, NOW_MS)
    with pytest.raises(NotProven, match="used_nonce"):
        seen.check_time("one", TIME, Sent(NOW_MS, b"all"), NOW_MS)


def test_two_orders_of_one_second_pass_and_none_of_them_after_it() -> None:
    """Where stamps are whole seconds, a client signs two equal orders in the same words."""
    seen, second = replays(), NOW_MS // 1_000
    for _ in range(2):
        seen.check_time("one", SECONDS, Sent(second, b"buy"), NOW_MS + 900)
    with pytest.raises(NotProven, match="used_nonce"):
        seen.check_time("one", SECONDS, Sent(second, b"buy"), NOW_MS + 1_500)


@pytest.mark.parametrize("nonce", [0, 1, 999_999_999])
def test_a_nonce_that_is_no_time_is_refused(nonce: int) -> None:
    with pytest.raises(BadInput, match="bad_stamp"):
        replays().check_nonce("one", nonce, NOW_MS)


@pytest.mark.parametrize("nonce", [NOW_MS + 5_000, 10**20 - 1, 9_999_999_999_999])
def test_a_nonce_from_the_future_is_refused(nonce: int) -> None:
    with pytest.raises(NotProven, match="stamp_ahead"):
        replays().check_nonce("one", nonce, NOW_MS)


def test_a_nonce_counts_once() -> None:
    seen = replays()
    seen.check("one", NONCE, Sent(NOW_MS, b""), NOW_MS)
    with pytest.raises(NotProven, match="used_nonce"):
        seen.check_nonce("one", NOW_MS, NOW_MS)
    seen.check_nonce("two", NOW_MS, NOW_MS)


def test_programs_that_count_in_other_units_do_not_disturb_each_other() -> None:
    """One virtual key, three clients: milliseconds, microseconds, tens of nanoseconds."""
    seen = replays()
    for step in range(500):
        now_ms = NOW_MS + step
        for scale in (1, 1_000, 100_000):
            seen.check_nonce("one", now_ms * scale, now_ms)


def test_connections_that_overtake_each_other_are_all_let_in_once() -> None:
    seen, dice = replays(), random.Random(7)
    nonces = [NOW_MS + step for step in range(1_000)]
    shuffled = [it for at in range(0, 1_000, 20) for it in dice.sample(nonces[at : at + 20], k=20)]
    for nonce in shuffled:
        seen.check_nonce("one", nonce, NOW_MS + 1_000)
    for nonce in nonces:
        with pytest.raises(NotProven, match="used_nonce"):
            seen.check_nonce("one", nonce, NOW_MS + 1_000)
