"""Bookkeeping: what is refused, and what the proof adds up."""

from decimal import Decimal

import pytest

from drawbridge.core.errors import Corrupted
from drawbridge.paper.ledger import HOUSE, ISSUANCE, Entry, Ledger, free, held

ANN = free("ann")


def _with(atoms: int) -> Ledger:
    ledger = Ledger()
    ledger.post((Entry(ISSUANCE, "USD", -atoms), Entry(ANN, "USD", atoms)))
    return ledger


def test_a_posting_that_does_not_sum_to_zero_books_nothing() -> None:
    ledger = _with(100)
    for entries in (
        (Entry(ANN, "USD", 1),),
        (Entry(ANN, "USD", -10), Entry(free("bob"), "USD", 11)),
        (Entry(ANN, "USD", -10), Entry(free("bob"), "BTC", 10)),
    ):
        with pytest.raises(Corrupted, match="ledger_unbalanced"):
            ledger.post(entries)
    assert ledger.balances() == {"USD": {ISSUANCE: -100, ANN: 100}}


def test_nobody_can_spend_what_is_not_there() -> None:
    ledger = _with(100)
    with pytest.raises(Corrupted, match="ledger_overdrawn"):
        ledger.post((Entry(ANN, "USD", -101), Entry(HOUSE, "USD", 101)))
    with pytest.raises(Corrupted, match="ledger_overdrawn"):
        ledger.move("ann", "USD", 101)
    with pytest.raises(Corrupted, match="ledger_overdrawn"):
        ledger.move("ann", "USD", -1)
    assert ledger.atoms(ANN, "USD") == 100


def test_the_house_may_owe() -> None:
    ledger = _with(100)
    ledger.post((Entry(HOUSE, "USD", -50), Entry(ANN, "USD", 50)))
    (proof,) = ledger.prove({"USD": 2})
    assert proof.issued == 1
    assert proof.people == Decimal("1.5")
    assert proof.house == Decimal("-0.5")
    assert proof.fees == 0
    assert proof.difference == 0


def test_several_entries_of_one_account_are_judged_together() -> None:
    ledger = _with(100)
    entries = (
        Entry(ANN, "USD", -150),
        Entry(ANN, "USD", 100),
        Entry(HOUSE, "USD", 50),
    )
    ledger.post(entries)
    assert ledger.atoms(ANN, "USD") == 50


def test_held_money_still_belongs_to_the_person() -> None:
    ledger = _with(100)
    ledger.move("ann", "USD", 30)
    assert ledger.atoms(ANN, "USD") == 70
    assert ledger.atoms(held("ann"), "USD") == 30
    (proof,) = ledger.prove({"USD": 2})
    assert proof.people == 1
