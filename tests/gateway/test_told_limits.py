"""What exchanges tell of their limits is taken in, whoever asked and whoever used them up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from drawbridge.catalogue.registry import exchange_ids, get_card, get_exchange
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import ExchangeDown, OutcomeUnknown
from drawbridge.core.operations import GetBalances, GetMarkets
from drawbridge.gateway.asking import Asking
from drawbridge.gateway.budgets import Budgets, Payer
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.forwarding import Forwarding
from drawbridge.gateway.policy import Purpose
from drawbridge.gateway.stamps import Stamps
from drawbridge.gateway.venues import Venues
from drawbridge.storage.engines import open_database
from drawbridge.wire.codec import encode_at
from drawbridge.wire.endpoints import Endpoint
from drawbridge.wire.http import WireAnswer
from drawbridge.wire.limits import Limit, LimitHeaders, LimitKind, LimitPer
from tests.gateway.setting import START_MS, Setting, setting
from tests.kit.paper_here import paper_here
from tests.kit.store import place_in
from tests.kit.turns import a_turn

LIMITS = {"orders": Limit("orders", LimitKind.WINDOW, LimitPer.ACCOUNT, 100, 10_000)}
HEADERS = {"orders": LimitHeaders(used="x-used")}
ENDPOINT = Endpoint("order", "POST", b"/order", "trade_spot", costs=(("orders", 1),))
FIRST = Payer("one", "live", "account_1", "key_1")
OTHER = Payer("one", "live", "account_2", "key_2")
NEARLY_ALL = ((b"x-mbx-used-weight-1m", b"5990"),)
# The told weight is of the minute in which the clock of `setting` stands.
LEFT_OF_MINUTE_MS = 60_000 - START_MS % 60_000


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Setting]:
    async with setting(tmp_path, "binance") as house:
        yield house


async def _heard(budgets: Budgets, payer: Payer, used: int) -> None:
    async def answer() -> WireAnswer:
        return WireAnswer(200, b"", ((b"x-used", b"%d" % used),))

    assert budgets.charge(payer, ENDPOINT, LIMITS) == 0
    await budgets.hear(payer, ENDPOINT, LIMITS, HEADERS, answer())


async def test_what_others_used_up_of_an_account_is_not_there_for_us() -> None:
    budgets = Budgets(SteppedClock(15_000))
    await _heard(budgets, FIRST, 90)
    with pytest.raises(ExchangeDown, match="rate_limited") as caught:
        budgets.charge(FIRST, ENDPOINT, LIMITS)
    assert caught.value.retry_after_ms == 5_000
    assert budgets.charge(OTHER, ENDPOINT, LIMITS) == 0, "another account has its own"


async def test_a_small_number_does_not_take_back_what_we_counted() -> None:
    budgets = Budgets(SteppedClock(15_000))
    for _ in range(89):
        assert budgets.charge(FIRST, ENDPOINT, LIMITS) == 0
    await _heard(budgets, FIRST, 1)
    with pytest.raises(ExchangeDown, match="rate_limited"):
        budgets.charge(FIRST, ENDPOINT, LIMITS)


async def test_what_has_no_answer_yet_is_counted_beside_what_is_told() -> None:
    """An answer that never comes is one that was not counted, once that is known."""
    budgets = Budgets(SteppedClock(15_000))
    lost: list[asyncio.Future[WireAnswer]] = []
    waiting = []
    for _ in range(20):
        lost.append(asyncio.get_running_loop().create_future())
        assert budgets.charge(FIRST, ENDPOINT, LIMITS) == 0
        hearing = budgets.hear(FIRST, ENDPOINT, LIMITS, HEADERS, lost[-1])
        waiting.append(asyncio.create_task(hearing))
    await a_turn()
    await _heard(budgets, FIRST, 69)
    assert budgets.charge(FIRST, ENDPOINT, LIMITS) == 0, "89 are used, or may be"
    with pytest.raises(ExchangeDown, match="rate_limited"):
        budgets.charge(FIRST, ENDPOINT, LIMITS)
    for answer in lost:
        answer.set_exception(OutcomeUnknown("answer_lost"))
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(it, OutcomeUnknown) for it in ended)


_Ask: TypeAlias = Callable[[Setting], Awaitable[None]]


async def _ask_as_person(house: Setting) -> None:
    await house.gateway.call(house.key, GetBalances(), purpose=Purpose.READ)


async def _ask_as_bot(house: Setting) -> None:
    exchange, now_ms = house.exchange, house.clock.now_ms()
    request = encode_at(exchange.codec, GetBalances(), exchange.card.markets(), now_ms)
    endpoint = exchange.endpoints.classify(request)
    it = Forwarding(house.key, "virtual:one", Purpose.READ, endpoint, request, GetBalances())
    await house.gateway.forwarder.forward(it)


@pytest.mark.parametrize("ask", [_ask_as_person, _ask_as_bot])
@pytest.mark.parametrize("ask_next", [_ask_as_person, _ask_as_bot])
async def test_bots_and_people_learn_from_each_others_answers(
    house: Setting, ask: _Ask, ask_next: _Ask
) -> None:
    await ask(house)
    house.stub.told = NEARLY_ALL
    await ask(house)
    with pytest.raises(ExchangeDown, match="rate_limited") as caught:
        await ask_next(house)
    assert caught.value.retry_after_ms == LEFT_OF_MINUTE_MS
    house.stub.told = ()
    house.clock.advance(LEFT_OF_MINUTE_MS)
    await ask_next(house)


async def test_a_paper_exchange_tells_what_another_program_used_up(tmp_path: Path) -> None:
    """Two programs behind one address; each knows of the other by the answers alone."""
    clock = SteppedClock(START_MS)
    only = frozenset({"binance"})
    database = await open_database(place_in(tmp_path), "app")
    egresses = (Egress(), Egress())
    try:
        async with paper_here(tmp_path / "paper", clock, only=only, has_limits=True) as paper:
            venues = Venues({"binance": f"http://127.0.0.1:{paper.port('binance')}"})
            stamps = Stamps(database, clock)
            one, other = (Asking(egress, venues, stamps, clock) for egress in egresses)
            await one.ask("binance", "paper", GetMarkets())
            loud = await _ask_until_told_to_wait(other)
            quiet = await _ask_until_told_to_wait(one)
    finally:
        for egress in egresses:
            await egress.close()
        await database.close()
    assert loud > 10
    assert quiet == 1, "one more answer, and it knew"


async def _ask_until_told_to_wait(asking: Asking) -> int:
    answers = 0
    while True:
        try:
            await asking.ask("binance", "paper", GetMarkets())
        except ExchangeDown:
            return answers
        answers += 1


def test_every_card_names_limits_that_there_are_and_headers_as_answers_have_them() -> None:
    told = {it: get_card(it).limit_headers for it in exchange_ids()}
    assert sum(map(bool, told.values())) > 1
    for exchange_id, headers in told.items():
        limits = get_exchange(exchange_id).endpoints.limits if headers else {}
        for name, named in headers.items():
            assert name in limits, (exchange_id, name)
            assert bool(named.used) != bool(named.left), (exchange_id, name)
            for header in (named.used, named.left, named.reset):
                assert header == header.lower().strip(), (exchange_id, name)
