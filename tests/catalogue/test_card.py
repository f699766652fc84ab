"""Cards: a fact that is misspelt, missing or of the wrong kind stops the start."""

import pytest

from drawbridge.catalogue.card import Need, Status, read_card
from drawbridge.catalogue.levels import Level, needed_files, needed_tables
from drawbridge.core.operations import Scope
from tests.catalogue.sealand import SEALAND


def test_an_unknown_key_is_refused_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"sealand\.key_page: unknown key ulr"):
        read_card(SEALAND.replace("url =", "ulr ="))


def test_a_missing_key_is_refused_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"sealand\.permissions: missing key need"):
        read_card(SEALAND.replace('need = "required"\n', ""))


def test_a_word_that_is_no_status_is_refused() -> None:
    with pytest.raises(ValueError, match="status: opened is no Status"):
        read_card(SEALAND.replace('"open"', '"opened"'))


def test_a_word_that_is_no_level_is_refused() -> None:
    with pytest.raises(ValueError, match="level: carried is no Level"):
        read_card(SEALAND.replace('"papered"', '"carried"'))


@pytest.mark.parametrize("wrong", ["true", "1.5", '"1"'])
def test_a_number_of_another_kind_is_refused(wrong: str) -> None:
    with pytest.raises(TypeError, match=r"spread_bps: int expected"):
        read_card(SEALAND.replace("spread_bps = 1", f"spread_bps = {wrong}"))


def test_a_fact_about_the_card_itself_cannot_be_forged() -> None:
    with pytest.raises(ValueError, match="unknown key told"):
        read_card(f"told = []\n{SEALAND}")


def test_a_card_is_read_whole() -> None:
    card = read_card(SEALAND)
    assert (card.id, card.status, card.level) == ("sealand", Status.OPEN, Level.PAPERED)
    assert [switch.need for switch in card.permissions] == [
        Need.REQUIRED,
        Need.TRADING,
        Need.MUST_BE_OFF,
        Need.MUST_BE_OFF,
    ]
    assert card.not_established == ("How many keys an account may have",)
    assert {"permissions", "ip_list"} <= card.told


def test_a_table_that_is_left_out_is_not_told() -> None:
    card = read_card(SEALAND.split("[ip_list]")[0] + "[sources]\n")
    assert "ip_list" not in card.told
    assert not card.ip_list.supported


def test_markets_carry_the_cards_fees() -> None:
    (market,) = read_card(SEALAND).markets()
    assert (market.symbol, market.base, market.quote) == ("BTC/USD", "BTC", "USD")
    assert (str(market.fee_maker), str(market.fee_taker)) == ("0.001", "0.002")


def test_switches_grant_their_scopes_together() -> None:
    card = read_card(SEALAND)
    assert card.scopes_of(["view", "trade"]) == {Scope.READ, Scope.TRADE_SPOT, Scope.TRADE_MARGIN}


def test_a_switch_that_the_card_does_not_know_is_not_taken_for_harmless() -> None:
    assert read_card(SEALAND).scopes_of(["teleport"]) == {Scope.OTHER}


def test_a_closed_exchange_takes_no_keys() -> None:
    """Scenario 43."""
    assert not read_card(SEALAND.replace('"open"', '"closed"')).takes_keys


def test_each_level_needs_all_that_the_ones_before_need() -> None:
    for lower, higher in zip(Level, list(Level)[1:], strict=False):
        assert set(needed_files(lower)) <= set(needed_files(higher))
        assert set(needed_tables(lower)) <= set(needed_tables(higher))
