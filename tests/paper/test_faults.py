"""Faults on request, repeatable from a seed (scenario 91)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput
from drawbridge.paper.faults import NO_FAULT, Fault, FaultProfile, decide, read_profile


@pytest.mark.parametrize(
    "text",
    [
        "latency",
        "latency=",
        "latency=200..50",
        "latency=-1",
        "latency=9999999",
        "errors=2",
        "errors=101%",
        "errors=-1%",
        "lost=0.55%",
        "ban=10",
        "ban=10+0",
        "clock=soon",
        "seed=",
        "gremlins=9%",
        "x" * 100_000,
        "latency=٣",
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="bad_faults") as caught:
        read_profile(text)
    assert caught.value.facts["field"] == "faults"


def test_more_faults_than_requests_are_refused() -> None:
    with pytest.raises(BadInput, match="too_many_faults"):
        read_profile("errors=50%,lost=40%,cut=20%")


@given(st.text(max_size=40))
def test_garbage_is_never_more_than_bad_input(text: str) -> None:
    try:
        read_profile(text)
    except BadInput:
        return


def test_a_profile_is_read_as_people_write_it() -> None:
    text = "seed=tuesday, latency=50..200, errors=2%, lost=0.5%, cut=1%, ban=100+20, clock=-1500"
    assert read_profile(text) == FaultProfile("tuesday", 50, 200, 20, 5, 10, 100, 20, -1_500)
    assert read_profile("") == FaultProfile()
    assert read_profile("latency=70") == FaultProfile(latency_least_ms=70, latency_most_ms=70)


def test_without_a_profile_nothing_goes_wrong() -> None:
    assert all(decide(FaultProfile(), "any", number) == NO_FAULT for number in range(1_000))


def test_the_same_seed_gives_the_same_faults_and_another_one_others() -> None:
    def faults(seed: str, exchange: str) -> list[Fault]:
        profile = read_profile(f"seed={seed},latency=0..99,errors=10%,lost=10%,cut=10%")
        return [decide(profile, exchange, number) for number in range(200)]

    assert faults("a", "x") == faults("a", "x")
    assert faults("a", "x") != faults("b", "x")
    assert faults("a", "x") != faults("a", "y")


def test_faults_come_as_often_as_asked() -> None:
    profile = read_profile("latency=10..20,errors=10%,lost=5%,cut=2%")
    faults = [decide(profile, "x", number) for number in range(20_000)]
    assert 1_800 < sum(bool(fault.reason) for fault in faults) < 2_200
    assert 850 < sum(fault.answer_lost for fault in faults) < 1_150
    assert 300 < sum(fault.cut for fault in faults) < 500
    assert {fault.delay_ms for fault in faults} == set(range(10, 21))
    assert {fault.reason for fault in faults} == {"", "overloaded", "maintenance", "timed_out"}


def test_bans_come_and_go_by_count() -> None:
    profile = read_profile("ban=3+2")
    banned = [decide(profile, "x", number).reason == "banned" for number in range(10)]
    assert banned == [False, False, False, True, True] * 2
