"""What came of a request: refusals, waits, and outcomes that nobody knows."""

import pytest

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.errors import (
    DrawbridgeError,
    ExchangeDown,
    ExchangeRefused,
    NotFound,
    OutcomeUnknown,
)
from drawbridge.core.markets import Markets
from drawbridge.core.operations import (
    CancelOrder,
    GetBalances,
    GetOrder,
    GetServerTime,
    Operation,
    PlaceOrder,
)
from drawbridge.core.orders import OrderType, Side
from drawbridge.gateway import outcome
from drawbridge.wire.http import WireAnswer
from tests.gateway.setting import EXCHANGES

ORDER = PlaceOrder("BTC/USD", Side.BUY, OrderType.MARKET, client_id="db1")


@pytest.mark.parametrize("exchange_id", EXCHANGES)
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b'{"error":[],"result":7}'])
def test_what_cannot_be_read_is_unknown_and_never_a_refusal(exchange_id: str, body: bytes) -> None:
    with pytest.raises(OutcomeUnknown):
        outcome.read(get_exchange(exchange_id), ORDER, WireAnswer(200, body), Markets())


@pytest.mark.parametrize("exchange_id", EXCHANGES)
@pytest.mark.parametrize("status", [500, 502, 504])
def test_an_exchange_that_failed_itself_leaves_the_outcome_unknown(
    exchange_id: str, status: int
) -> None:
    with pytest.raises((OutcomeUnknown, ExchangeDown)):
        outcome.read(get_exchange(exchange_id), ORDER, WireAnswer(status, b"oops"), Markets())


@pytest.mark.parametrize("exchange_id", EXCHANGES)
@pytest.mark.parametrize(
    ("told", "wait_ms"), [(b"7", 60_000), (b"600", 600_000), (b"soon", 60_000), (b"9" * 9, 60_000)]
)
def test_the_wait_that_an_exchange_asks_for_is_kept(
    exchange_id: str, told: bytes, wait_ms: int
) -> None:
    exchange = get_exchange(exchange_id)
    raw = exchange.errors.speak("rate_limited", {"limit": 1})
    answer = exchange.codec.write_error(raw)
    headers = (*answer.headers, (b"retry-after", told))
    with pytest.raises(ExchangeDown) as caught:
        outcome.read(exchange, ORDER, WireAnswer(answer.status, answer.body, headers), Markets())
    shortest = 1_000 if told != b"600" else wait_ms
    assert shortest <= caught.value.retry_after_ms <= wait_ms


@pytest.mark.parametrize(
    ("operation", "error", "family"),
    [
        (ORDER, OutcomeUnknown("answer_lost"), OutcomeUnknown),
        (CancelOrder("BTC/USD", "1"), OutcomeUnknown("answer_lost"), OutcomeUnknown),
        (GetBalances(), OutcomeUnknown("answer_lost", host="a"), ExchangeDown),
        (GetServerTime(), OutcomeUnknown("answer_late"), ExchangeDown),
        (GetBalances(), ExchangeRefused("refused"), ExchangeRefused),
        (
            PlaceOrder("BTC/USD", Side.BUY, OrderType.MARKET, dry_run=True),
            OutcomeUnknown("answer_lost"),
            ExchangeDown,
        ),
    ],
)
def test_only_what_changes_something_has_an_outcome_to_look_up(
    operation: Operation[object], error: DrawbridgeError, family: type[DrawbridgeError]
) -> None:
    given = outcome.as_caller_needs(error, operation)
    assert type(given) is family
    assert (given.code, given.facts) == (error.code, error.facts)


@pytest.mark.parametrize(
    ("error", "operation", "again"),
    [
        (NotFound("unknown_order", among="open"), GetOrder("BTC/USD", "1"), True),
        (NotFound("unknown_order"), GetOrder("BTC/USD", "1"), False),
        (NotFound("unknown_symbol", among="open"), GetOrder("BTC/USD", "1"), False),
        (NotFound("unknown_order", among="open"), GetOrder("BTC/USD", "1", ended=True), False),
        (NotFound("unknown_order", among="open"), CancelOrder("BTC/USD", "1"), False),
        (ExchangeRefused("unknown_order", among="open"), GetOrder("BTC/USD", "1"), False),
    ],
)
def test_an_order_that_is_not_among_the_open_ones_is_looked_for_among_those_that_ended(
    error: DrawbridgeError,
    operation: Operation[object],
    again: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    found = outcome.find_elsewhere(error, operation)
    assert found == (GetOrder("BTC/USD", "1", ended=True) if again else None)
