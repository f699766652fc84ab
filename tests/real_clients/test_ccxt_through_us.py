"""The unmodified ccxt with a virtual key, through the proxy to the paper exchange.

Scenario 78: whatever works on the paper exchange with a real key works through us with a virtual
one. The tests are the very same; only addresses and keys are others. Those that add nothing here
are left out.
"""

from collections.abc import Iterator

import pytest

from tests.kit.proxied import Proxied, found_proxied
from tests.real_clients.bench import Bench, Desk
from tests.real_clients.test_ccxt_on_paper import (
    test_a_limit_order_holds_money_until_it_is_cancelled,
    test_a_market_order_trades_and_is_paid,
    test_all_orders_are_cancelled_at_once,
    test_an_order_is_cancelled_by_the_clients_own_id,
    test_an_order_keeps_the_clients_own_id,
    test_the_asynchronous_client_trades_as_well,
    test_the_clock_is_right,
    test_the_path_prefix_serves_the_same_exchange,
    test_what_was_traded_is_told_with_its_fee,
)

__all__ = [
    "test_a_limit_order_holds_money_until_it_is_cancelled",
    "test_a_market_order_trades_and_is_paid",
    "test_all_orders_are_cancelled_at_once",
    "test_an_order_is_cancelled_by_the_clients_own_id",
    "test_an_order_keeps_the_clients_own_id",
    "test_the_asynchronous_client_trades_as_well",
    "test_the_clock_is_right",
    "test_the_path_prefix_serves_the_same_exchange",
    "test_what_was_traded_is_told_with_its_fee",
]


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """Stand in for the paper exchange: the proxy before one."""
    with found_proxied(tmp_path_factory.mktemp("proxied")) as proxied:
        yield proxied


@pytest.fixture(scope="module")
def keys(paper: Proxied) -> Proxied:
    """Make virtual keys where the others make real ones."""
    return paper


@pytest.fixture
def bench(paper: Proxied, exchange_id: str) -> Bench:
    return Bench(paper, paper, exchange_id)


@pytest.fixture
def desk(bench: Bench) -> Desk:
    return bench.desk()
