"""The unmodified ccxt.pro with a virtual key, through the proxy to the paper exchange's streams.

Scenario 78: whatever works on the paper exchange with a real key works through us with a virtual
one. The tests are the very same; only addresses and keys are others.
"""

from collections.abc import Iterator

import pytest

from tests.kit.proxied import Proxied, found_proxied
from tests.real_clients.bench import Bench
from tests.real_clients.test_ccxt_pro_on_paper import (
    test_a_watched_balance_is_what_the_ledger_holds,
    test_a_watched_book_is_the_one_that_is_asked_for,
    test_a_watched_ticker_is_the_one_that_is_asked_for,
    test_an_order_is_watched_from_its_beginning_to_its_end,
    test_nobody_watches_a_balance_with_a_wrong_secret,
    test_own_trades_are_watched_as_they_are_asked_for,
    test_watched_candles_are_those_that_are_asked_for,
    test_watched_trades_are_those_that_are_asked_for,
)

__all__ = [
    "test_a_watched_balance_is_what_the_ledger_holds",
    "test_a_watched_book_is_the_one_that_is_asked_for",
    "test_a_watched_ticker_is_the_one_that_is_asked_for",
    "test_an_order_is_watched_from_its_beginning_to_its_end",
    "test_nobody_watches_a_balance_with_a_wrong_secret",
    "test_own_trades_are_watched_as_they_are_asked_for",
    "test_watched_candles_are_those_that_are_asked_for",
    "test_watched_trades_are_those_that_are_asked_for",
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
