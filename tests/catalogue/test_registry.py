"""The registry: exchanges are found by their folders, and only by their ids."""

import pytest

from drawbridge.catalogue.registry import (
    check_fields,
    credential_of,
    exchange_ids,
    get_card,
    get_exchange,
)
from drawbridge.core.errors import BadInput, NotFound
from drawbridge.core.secret import Secret


@pytest.mark.parametrize(
    "wrong",
    ["", "nowhere", "../kraken", "kraken/", "KRAKEN", "kraken\x00", "__pycache__", "a" * 99],
)
def test_what_is_no_exchange_is_not_found(wrong: str) -> None:
    for get in (get_card, get_exchange):
        with pytest.raises(NotFound, match="unknown_exchange"):
            get(wrong)


def test_exchanges_are_found_by_their_cards() -> None:
    assert "kraken" in exchange_ids()
    assert list(exchange_ids()) == sorted(exchange_ids())


def test_an_exchange_is_opened_once() -> None:
    exchange = get_exchange("kraken")
    assert exchange is get_exchange("kraken")
    assert exchange.card is get_card("kraken")


def test_a_credential_without_its_parts_is_refused() -> None:
    exchange = get_exchange("kraken")
    for fields in ({}, {"api_key": Secret("k")}, {"api_secret": Secret("s")}):
        with pytest.raises(BadInput, match="missing_field"):
            credential_of(exchange, fields)


def test_a_key_of_one_exchange_is_recognised_at_another() -> None:
    # No other exchange has keys with a slash.
    fields = {"api_key": "a" * 55 + "/", "api_secret": "B" * 64}
    with pytest.raises(BadInput) as refused:
        check_fields(get_card("binance"), fields)
    assert refused.value.code == "other_exchange_key"
    assert refused.value.facts["owner"] == "Kraken"


def test_a_key_that_could_be_of_several_exchanges_is_given_to_none() -> None:
    fields = {"api_key": "a" * 64, "api_secret": "B" * 64}
    with pytest.raises(BadInput, match="wrong_format"):
        check_fields(get_card("kraken"), fields)


def test_a_secret_that_cannot_sign_is_refused_before_anything_is_stored() -> None:
    pem = "-----BEGIN PRIVATE KEY-----\n" + "A" * 64 + "\n-----END PRIVATE KEY-----"
    with pytest.raises(BadInput, match="bad_private_key"):
        check_fields(get_card("binance"), {"api_key": "a" * 64, "private_key": pem})
