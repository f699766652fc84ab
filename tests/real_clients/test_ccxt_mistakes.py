"""Every mistake is answered as the exchange answers it, and raises what ccxt raises there.

Scenario 89. The rows stand in the tables of the exchanges: for each the status, a part of the
body, and exactly that class of exception, because ccxt's callers tell them apart.
"""

from collections.abc import Callable, Iterator

import ccxt
import pytest

from tests.real_clients.bench import Bench
from tests.real_clients.table import Client, Kind, Mistake, tables_of

TABLES = tables_of(ccxt.__version__)
# More than any exchange lets pass in the time that a test takes.
_MANY = 2_000


def _rows() -> Iterator[object]:
    for exchange_id, table in TABLES.items():
        for row in table.mistakes:
            yield pytest.param(exchange_id, row, id=f"{exchange_id}-{row.name}")


def _ask_without_end(client: Client) -> None:
    for _ in range(_MANY):
        client.fetch_balance()


@pytest.mark.parametrize(("exchange_id", "row"), tuple(_rows()))
def test_every_mistake_raises_ccxts_own_class(bench: Bench, row: Mistake) -> None:
    with pytest.raises(ccxt.BaseError) as raised:
        row.ask(bench)
    assert type(raised.value).__name__ == row.raises, raised.value
    status, body = bench.last_answer
    assert status == row.status, body
    assert row.says in body


@pytest.mark.parametrize(
    "exchange_id", [it for it, table in TABLES.items() if Kind.RATE_LIMIT not in table.lacks]
)
def test_too_many_requests_are_refused_until_the_client_has_waited(
    limited: Callable[[str], Bench], exchange_id: str
) -> None:
    bench = limited(exchange_id)
    client = bench.client()
    client.load_markets()
    with pytest.raises(ccxt.NetworkError) as raised:
        _ask_without_end(client)
    assert type(raised.value).__name__ == bench.table.rate_limit_raises, raised.value
    assert "Traceback" not in str(client.last_http_response)
    assert client.last_response_headers.get("Retry-After", "1").isdigit()
