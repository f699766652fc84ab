"""What is told of a limit: whoever used it up, never more goes out than there is, nor less."""

import asyncio
from collections import deque

from hypothesis import given
from hypothesis import strategies as some

from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import ExchangeDown
from drawbridge.gateway.budgets import Budgets, Payer
from drawbridge.gateway.shares import SharedCount
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.http import WireAnswer
from drawbridge.wire.limits import Limit, LimitHeaders, LimitKind, LimitPer, Told
from tests.kit.turns import a_turn

_AMOUNT = 100
_WINDOW_MS = 10_000
_LIMIT = Limit("orders", LimitKind.WINDOW, LimitPer.ACCOUNT, _AMOUNT, _WINDOW_MS)
_DECAY = Limit("orders", LimitKind.DECAY, LimitPer.ACCOUNT, _AMOUNT, _WINDOW_MS)
_ENDPOINT = Endpoint("order", "POST", b"/order", "trade_spot", costs=(("orders", 1),))
_PAYER = Payer("one", "live", "account", "key")
_HEADERS = some.sampled_from((LimitHeaders(used="x-used"), LimitHeaders(left="x-left")))


class _Exchange:
    """Counts what reaches it, and what others send; its answers come when a test wants."""

    def __init__(self, limit: Limit, headers: LimitHeaders, others: int) -> None:
        self.used = others
        self.under_way: deque[tuple[int, asyncio.Future[WireAnswer], asyncio.Task[WireAnswer]]]
        self.under_way = deque()
        self._budgets = Budgets(SteppedClock(_WINDOW_MS // 2))
        self._limits, self._headers = {"orders": limit}, {"orders": headers}

    async def send(self) -> bool:
        try:
            if self._budgets.charge(_PAYER, _ENDPOINT, self._limits):
                return False
        except ExchangeDown:
            return False
        self.used += 1
        answer = asyncio.get_running_loop().create_future()
        hearing = self._budgets.hear(_PAYER, _ENDPOINT, self._limits, self._headers, answer)
        self.under_way.append((self.used, answer, asyncio.create_task(hearing)))
        await a_turn()
        return True

    async def answer(self, number: int) -> None:
        self.under_way.rotate(number)
        used, answer, task = self.under_way.popleft()
        told = ((b"x-used", b"%d" % used), (b"x-left", b"%d" % max(0, _AMOUNT - used)))
        answer.set_result(WireAnswer(200, b"", told))
        await task


@given(
    some.sampled_from((_LIMIT, _DECAY)),
    _HEADERS,
    some.integers(0, 130),
    some.lists(some.one_of(some.none(), some.integers(0, 9)), max_size=150),
)
def test_after_the_first_answer_no_more_goes_out_than_the_exchange_takes(
    limit: Limit, headers: LimitHeaders, others: int, steps: list[int | None]
) -> None:
    """A step of None sends; a number lets one of those under way be answered, in any order."""

    async def run() -> None:
        exchange, most = _Exchange(limit, headers, others), None
        for step in (None, *steps):
            if step is None:
                went = await exchange.send()
                assert most is None or not went or exchange.used <= most
            elif exchange.under_way:
                await exchange.answer(step)
                most = most or max(_AMOUNT, exchange.used)
        while exchange.under_way:
            await exchange.answer(0)

    asyncio.run(run())


@given(some.integers(0, 60), some.integers(5, 100), some.integers(2, 6))
def test_what_is_told_to_be_left_goes_out_whole_whoever_took_how_much(
    taken: int, left: int, sharers: int
) -> None:
    """Nothing is kept for others of what strangers used up."""
    count, now_ms = SharedCount(_LIMIT), _WINDOW_MS // 2
    names = [("account", f"virtual:{number}") for number in range(sharers)]
    for _ in range(taken):
        count.charge(names[0], 1, now_ms, is_urgent=False)
    count.hear(Told(left, _WINDOW_MS), now_ms)
    went = 0
    for _ in range(_AMOUNT):
        went += sum(count.charge(name, 1, now_ms, is_urgent=False) is None for name in names)
    # Of a hundred, five are for what cannot be counted and five for what ends orders.
    assert went == max(0, min(left - 10, 90 - taken))
