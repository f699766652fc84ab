"""ccxt as referee: for the same wish our request is its request, byte for byte.

Every operation that an exchange carries, each as its table says. What both read in the answers
is compared in `test_ccxt_values.py`.
"""

from collections.abc import Iterator

import ccxt
import pytest

from tests.real_clients.referee import as_sent, referee
from tests.real_clients.table import tables_of
from tests.real_clients.wishes import known_operations, wishes_of

TABLES = tables_of(ccxt.__version__)


def _wishes() -> Iterator[object]:
    for exchange_id in TABLES:
        for name in wishes_of(referee(exchange_id)):
            yield pytest.param(exchange_id, name, id=f"{exchange_id}-{name}")


def _wishes_with_other_keys() -> Iterator[object]:
    for exchange_id, table in TABLES.items():
        for kind, (_, names) in table.wire.other_keys.items():
            for name in names:
                yield pytest.param(exchange_id, kind, name, id=f"{exchange_id}-{kind}-{name}")


def _assert_same_bytes(exchange_id: str, name: str, kind: str = "") -> None:
    it = referee(exchange_id)
    wish = wishes_of(it)[name]
    client = it.client(kind)
    wish.call(client)
    sent = [heard.sent for heard in client.fetch.heard if heard.endpoint not in wish.beside]
    ours = it.comparable(as_sent(it.signed(wish.operation, kind)))
    assert [it.comparable(each) for each in sent] == [ours]


@pytest.mark.parametrize(("exchange_id", "wish"), tuple(_wishes()))
def test_our_request_is_ccxts_byte_for_byte(exchange_id: str, wish: str) -> None:
    _assert_same_bytes(exchange_id, wish)


@pytest.mark.parametrize(("exchange_id", "kind", "wish"), tuple(_wishes_with_other_keys()))
def test_a_key_of_another_kind_signs_as_ccxt_does(exchange_id: str, kind: str, wish: str) -> None:
    _assert_same_bytes(exchange_id, wish, kind)


@pytest.mark.parametrize("exchange_id", TABLES)
def test_every_operation_of_the_exchange_is_wished_for(exchange_id: str) -> None:
    it = referee(exchange_id)
    wished = {type(wish.operation) for wish in wishes_of(it).values()}
    # Where one endpoint does two operations, its row names one of them.
    assert wished | set(TABLES[exchange_id].wire.unasked) >= known_operations(it)
