"""What is counted of the road to exchanges: failures as what they are, and no wait for ever."""

import asyncio

import pytest

from drawbridge.core.errors import ExchangeDown, Forbidden, OutcomeUnknown
from drawbridge.gateway.measures import Measures
from drawbridge.wire.http import WireAnswer


class _Ticks:
    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        self.now_ns += 2_000_000
        return self.now_ns


async def _fail(error: Exception) -> WireAnswer:
    raise error


async def _answer() -> WireAnswer:
    return WireAnswer(200, b"{}", ())


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ExchangeDown("unreachable"), "down"),
        (OutcomeUnknown("answer_lost"), "unknown"),
        (Forbidden("private_address", rule="egress"), "failed"),
    ],
)
async def test_a_failure_is_counted_as_what_it_is_and_goes_on(
    error: Exception, outcome: str
) -> None:
    measures = Measures(_Ticks())
    with pytest.raises(type(error)):
        await measures.answered("one", "live", _fail(error))
    assert measures.requests.counts() == {("one", "live", outcome): 1}
    assert measures.answer_times.spreads() == {}


async def test_an_answer_is_counted_with_its_time() -> None:
    measures = Measures(_Ticks())
    await measures.answered("one", "live", _answer())
    assert measures.requests.counts() == {("one", "live", "answered"): 1}
    assert measures.answer_times.spreads()["one", "live"].sum_us == 2_000


async def test_one_crossing_in_eight_is_timed_also_when_it_fails() -> None:
    measures = Measures(_Ticks())
    for _ in range(16):
        with pytest.raises(ExchangeDown):
            await measures.crossed("order", _fail(ExchangeDown("unreachable")))
    for _ in range(15):
        await measures.crossed("question", _answer())
    told = {what: sum(it.counts) for what, it in measures.crossings.spreads().items()}
    assert told == {("order",): 2, ("question",): 1}


async def test_who_waits_for_a_budget_is_counted_until_the_wait_ends_however_it_ends() -> None:
    measures, paid = Measures(_Ticks()), asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(measures.paid("one", paid))
    given_up = asyncio.create_task(measures.paid("one", asyncio.shield(paid)))
    await asyncio.wait((given_up,), timeout=0)
    assert measures.waiting == 2
    given_up.cancel()
    await asyncio.wait((given_up,))
    assert measures.waiting == 1
    paid.set_result(None)
    await waiting
    assert measures.waiting == 0
    assert measures.waits.counts() == {("one",): 2}
