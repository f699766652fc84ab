"""Every papered exchange has its table, and the tables say what the suite needs."""

import pytest

from tests.real_clients.mistakes import USUAL
from tests.real_clients.table import OLDER, get_table, papered_ids

every_papered = pytest.mark.parametrize("exchange_id", papered_ids())


@every_papered
def test_an_exchange_on_paper_has_a_table_of_its_clients(exchange_id: str) -> None:
    assert get_table(exchange_id).symbol


@every_papered
def test_every_usual_mistake_is_in_the_table(exchange_id: str) -> None:
    table = get_table(exchange_id)
    named = [row.name for row in table.mistakes]
    assert set(named) | set(table.unmade) >= USUAL
    assert len(named) == len(set(named))


@every_papered
def test_what_is_lacking_is_lacking_for_a_reason(exchange_id: str) -> None:
    table = get_table(exchange_id)
    assert all([*table.lacks.values(), *table.unmade.values(), *table.wire.unasked.values()])


@every_papered
def test_an_older_ccxt_is_one_that_is_locked(exchange_id: str) -> None:
    assert get_table(exchange_id).ccxt_version in {"", *OLDER}
