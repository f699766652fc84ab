"""The usual probes: what was told is passed on, and what was not told stays untold."""

import pytest

from drawbridge.core.errors import ExchangeDown, NotProven, OutcomeUnknown
from drawbridge.core.operations import CheckAccess, GetBalances, GetKeyRights, KeyRights
from drawbridge.wire.probing import ReadingProbe, ask_rights, read_rights

_RIGHTS = KeyRights(frozenset({"view", "trade"}))
_BY_CHECK = ReadingProbe(CheckAccess("fees"), reads="view", untold=frozenset({"trade"}))
_BY_BALANCES = ReadingProbe(GetBalances(), reads="view", untold=frozenset({"trade"}))


@pytest.mark.parametrize("answers", [(), (None,), (False,), (_RIGHTS, _RIGHTS)])
def test_an_answer_that_cannot_be_understood_tells_no_rights(answers: tuple[object, ...]) -> None:
    for read in (read_rights, _BY_CHECK.read, _BY_BALANCES.read):
        with pytest.raises(OutcomeUnknown, match="unreadable_answer"):
            read(answers)


def test_a_question_that_failed_raises_what_it_was_told() -> None:
    for read in (read_rights, _BY_CHECK.read, _BY_BALANCES.read):
        with pytest.raises(ExchangeDown, match="overloaded"):
            read((ExchangeDown("overloaded"),))
        with pytest.raises(NotProven, match="bad_key"):
            read((NotProven("bad_key"),))


def test_rights_that_are_told_are_passed_on() -> None:
    assert ask_rights() == (GetKeyRights(),)
    assert read_rights((_RIGHTS,)) is _RIGHTS


def test_of_a_key_that_answers_it_is_known_that_it_reads_and_no_more() -> None:
    assert _BY_CHECK.operations() == (CheckAccess("fees"),)
    assert _BY_BALANCES.operations() == (GetBalances(),)
    for rights in (_BY_CHECK.read((True,)), _BY_BALANCES.read(((),))):
        assert rights == KeyRights(frozenset({"view"}), untold=frozenset({"trade"}))
