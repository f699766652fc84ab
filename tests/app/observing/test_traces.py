"""Following requests: some of them, through steps that have names, and with nothing of anybody."""

import asyncio
import itertools

import pytest

from drawbridge.app.observing.traces import Traces
from drawbridge.core.errors import ExchangeDown
from drawbridge.core.tracing import CURRENT, NOBODY, Span, step, tell


class _Kept:
    """A tracer of one request in so many, and what it kept."""

    def __init__(self, one_in: int = 1) -> None:
        self.spans: list[Span] = []
        clock, dice = itertools.count(), itertools.count(1)
        self.traces = Traces(
            one_in,
            lambda: next(clock),
            lambda size: next(dice).to_bytes(size, "big"),
            self.spans.append,
        )

    @property
    def names(self) -> list[str]:
        return [span.name for span in self.spans]


def test_names_and_facts_that_are_on_no_list_are_left_out() -> None:
    kept = _Kept()
    with kept.traces.follow("transfer", {}), step("judge"):
        pass
    with kept.traces.follow("bot_request", {"exchange": "one", "owner": "owner_1", "key": "K"}):
        tell("outcome", "passed")
        tell("api_secret", "hunter2")
        tell("address", "192.0.2.7")
        with step("hunter2"):
            pass
    assert kept.names == ["bot_request"]
    assert kept.spans[0].facts == {"exchange": "one", "outcome": "passed"}


def test_a_failure_is_told_by_its_code_and_goes_on() -> None:
    kept = _Kept()
    follow = kept.traces.follow("crossing", {"what": "order"})
    with pytest.raises(ExchangeDown), follow, step("send"):
        raise ExchangeDown("unreachable", host="secret.example")
    sent, crossing = kept.spans
    assert (sent.has_failed, sent.facts) == (True, {"code": "unreachable"})
    assert (crossing.has_failed, crossing.facts) == (True, {"what": "order", "code": "unreachable"})


def test_steps_without_end_are_cut_off() -> None:
    kept = _Kept()
    with kept.traces.follow("crossing", {}):
        for _ in range(1_000):
            with step("send"):
                pass
    assert len(kept.spans) == 65


async def test_what_goes_on_after_a_request_is_no_part_of_it() -> None:
    kept, may_go_on = _Kept(), asyncio.Event()

    async def linger() -> None:
        await may_go_on.wait()
        with step("send"):
            pass

    with kept.traces.follow("web_request", {}):
        task = asyncio.create_task(linger())
    may_go_on.set()
    await task
    assert kept.names == ["web_request"]
    assert CURRENT.get() is None


async def test_requests_at_the_same_time_do_not_mix() -> None:
    kept, all_there = _Kept(), asyncio.Barrier(5)

    async def request(exchange: str) -> None:
        with kept.traces.follow("bot_request", {"exchange": exchange}):
            for _ in range(3):
                await all_there.wait()
                with step("send"):
                    await all_there.wait()

    await asyncio.gather(*(request(f"e{n}") for n in range(5)))
    by_trace: dict[bytes, list[Span]] = {}
    for span in kept.spans:
        by_trace.setdefault(span.trace_id, []).append(span)
    assert len(by_trace) == 5
    for spans in by_trace.values():
        assert [span.name for span in spans] == ["send", "send", "send", "bot_request"]
        assert {span.parent_id for span in spans[:3]} == {spans[3].span_id}
        assert spans[3].parent_id == b""


def test_one_request_in_so_many_is_followed_of_each_kind() -> None:
    kept = _Kept(one_in=10)
    for _ in range(100):
        for name in ("bot_request", "crossing"):
            with kept.traces.follow(name, {}), step("sign"):
                pass
    assert kept.names == ["sign", "bot_request", "sign", "crossing"] * 10


def test_inside_of_a_request_that_is_followed_no_other_begins() -> None:
    kept = _Kept()
    outer, inner = kept.traces.follow("bot_request", {}), kept.traces.follow
    with outer, inner("crossing", {}), step("sign"):
        pass
    assert kept.names == ["sign", "bot_request"]


def test_a_step_began_after_its_request_and_ended_before_it() -> None:
    kept = _Kept()
    with kept.traces.follow("crossing", {}), step("journal"):
        pass
    journal, crossing = kept.spans
    assert crossing.began_ns < journal.began_ns < journal.ended_ns < crossing.ended_ns


def test_where_nobody_follows_nothing_is_kept() -> None:
    with NOBODY.follow("crossing", {}), step("send"):
        tell("outcome", "passed")
    assert CURRENT.get() is None
