"""ccxt as referee: from the same answer bytes, our values and its values are equal.

The answers are written by the paper exchange's own encoder, so this also proves that ccxt
understands every one of them.
"""

from collections.abc import Iterator
from dataclasses import replace

import ccxt
import pytest

from drawbridge.core.money import ZERO
from drawbridge.core.operations import GetOrder, PlaceOrder
from drawbridge.core.orders import OrderStatus
from drawbridge.wire.codec import ServerView
from tests.real_clients.examples import NOW_MS
from tests.real_clients.reading import Reader, word_of
from tests.real_clients.referee import Referee, referee
from tests.real_clients.table import Wish, tables_of
from tests.real_clients.wishes import wishes_of

TABLES = tables_of(ccxt.__version__)


def _wishes() -> Iterator[object]:
    for exchange_id in TABLES:
        for name, wish in wishes_of(referee(exchange_id)).items():
            if not (isinstance(wish.operation, PlaceOrder) and wish.operation.dry_run):
                yield pytest.param(exchange_id, name, id=f"{exchange_id}-{name}")


def _refusals() -> Iterator[object]:
    for exchange_id, table in TABLES.items():
        for reason, wanted in table.wire.refusals.items():
            yield pytest.param(exchange_id, reason, wanted, id=f"{exchange_id}-{reason}")


def _compare(it: Referee, wish: Wish) -> None:
    client, operation = it.client(), wish.operation
    theirs = wish.call(client)
    (answer,) = [heard.answer for heard in client.fetch.heard if heard.endpoint not in wish.beside]
    markets = it.exchange.card.markets()
    ours = it.exchange.codec.decode_answer(operation, answer, markets)
    if wish.reads is not None:
        wish.reads(ours, theirs)
        return
    unread = it.table.wire.unread.get(type(operation), frozenset())
    Reader(operation, unread, markets, it.table.wire.states).compare(ours, theirs)


@pytest.mark.parametrize(("exchange_id", "wish"), tuple(_wishes()))
def test_ccxt_reads_in_our_answer_what_we_read(exchange_id: str, wish: str) -> None:
    it = referee(exchange_id)
    _compare(it, wishes_of(it)[wish])


@pytest.mark.parametrize("status", OrderStatus)
@pytest.mark.parametrize("exchange_id", TABLES)
def test_ccxt_reads_an_orders_state_as_we_do(exchange_id: str, status: OrderStatus) -> None:
    it = referee(exchange_id)
    exchange, example = it.exchange, it.examples.order
    done = {
        OrderStatus.OPEN: ZERO,
        OrderStatus.REJECTED: ZERO,
        OrderStatus.FILLED: example.quantity,
    }
    filled = done.get(status, example.filled)
    order = replace(
        example,
        status=status,
        filled=filled,
        filled_quote=filled * (example.price or 0),
        trade_ids=example.trade_ids if filled else (),
    )
    operation = GetOrder(order.symbol, order_id=order.order_id, ended=status.is_final)
    request = it.signed(operation)
    markets = exchange.card.markets()
    view = ServerView(exchange.endpoints.classify(request), request, markets, NOW_MS)
    answer = exchange.codec.encode_answer(exchange.codec.decode_request(view), order, view)
    client = it.client()
    client.fetch.always = answer
    told = client.fetch_order(order.order_id, order.symbol)
    ours = exchange.codec.decode_answer(operation, answer, markets)
    assert told["status"] == word_of(ours, it.table.wire.states)


@pytest.mark.parametrize(("exchange_id", "reason", "wanted"), tuple(_refusals()))
def test_ccxt_raises_its_own_class_for_a_refusal(
    exchange_id: str, reason: str, wanted: str
) -> None:
    it = referee(exchange_id)
    exchange, client = it.exchange, it.client()
    spoken = exchange.errors.speak(reason, {"field": "x", "limit": 1})
    client.fetch.always = exchange.codec.write_error(spoken)
    number = it.examples.order_id
    call = client.cancel_order if "cancel" in reason else client.fetch_order
    with pytest.raises(ccxt.BaseError) as raised:
        call(number, it.table.symbol)
    assert type(raised.value).__name__ == wanted, raised.value
    assert it.fields()["api_key"] not in str(raised.value)
