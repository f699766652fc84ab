"""A new key's fields: what people paste, what is taken off, what is refused and how."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.catalogue.card import Card, read_card
from drawbridge.catalogue.fields import CheckedFields, check_texts
from drawbridge.core.errors import BadInput
from tests.catalogue.sealand import SEALAND

CARD = read_card(SEALAND)
OTHER = read_card(
    SEALAND.replace("sealand", "rockall")
    .replace("Sealand", "Rockall")
    .replace("[a-f0-9]{8}", "rk-[0-9]{6}")
)
KEY, SECRET = "0123abcd", "ABCDEFGHIJKL"
_TELLING = 12  # Shorter texts may stand in a sentence by chance.
PEM = "BEGIN\nabc\ndef\nEND"


def _check(texts: dict[str, str], *others: Card) -> CheckedFields:
    return check_texts(CARD, (CARD, OTHER, *others), texts)


def _revealed(checked: CheckedFields) -> dict[str, str]:
    return {name: secret.reveal() for name, secret in checked.secrets.items()}


@pytest.mark.parametrize(
    ("texts", "code", "field"),
    [
        ({}, "missing_field", "api_key"),
        ({"api_key": KEY}, "missing_field", "api_secret"),
        ({"api_key": "", "api_secret": SECRET}, "missing_field", "api_key"),
        ({"api_key": " \n\t", "api_secret": SECRET}, "missing_field", "api_key"),
        ({"api_key": "''", "api_secret": SECRET}, "missing_field", "api_key"),
        ({"api_key": KEY, "api_secret": SECRET, "otp": "1"}, "unknown_field", "otp"),
        ({"api_key": KEY, "api_secret": "A" * 65_537}, "too_long", "api_secret"),
        ({"api_key": KEY, "api_secret": "A" * 1_000_000}, "too_long", "api_secret"),
        ({"api_key": KEY, "api_secret": "abcdefghijkl"}, "wrong_format", "api_secret"),
        ({"api_key": KEY, "api_secret": "ABC DEF GHIJ"}, "wrong_format", "api_secret"),
        ({"api_key": KEY, "api_secret": "ABCDEF\nGHIJKL"}, "wrong_format", "api_secret"),
        ({"api_key": KEY + "0", "api_secret": SECRET}, "wrong_format", "api_key"),
        ({"api_key": SECRET, "api_secret": KEY}, "swapped_fields", "api_key"),
        ({"api_key": SECRET, "api_secret": SECRET}, "same_text_twice", "api_secret"),
        ({"api_key": "rk-123456", "api_secret": SECRET}, "other_exchange_key", "api_key"),
        ({"api_key": KEY, "api_secret": SECRET, "private_key": PEM}, "either_field", "private_key"),
        ({"api_key": KEY, "private_key": "BEGIN\nEND"}, "wrong_format", "private_key"),
        ({"api_key": KEY, "api_secret": SECRET, "passphrase": "abc"}, "wrong_format", "passphrase"),
    ],
)
def test_a_wrong_field_is_refused_by_its_name(texts: dict[str, str], code: str, field: str) -> None:
    """Scenario 4."""
    with pytest.raises(BadInput) as refused:
        _check(texts)
    assert (refused.value.code, refused.value.facts["field"]) == (code, field)


def test_the_other_exchange_is_named() -> None:
    with pytest.raises(BadInput) as refused:
        _check({"api_key": "rk-123456", "api_secret": SECRET})
    assert refused.value.facts["owner"] == "Rockall"


def test_a_key_that_could_be_of_many_is_not_said_to_be_of_one() -> None:
    third = read_card(SEALAND.replace("sealand", "atlantis").replace("[a-f0-9]{8}", "rk-[0-9]{6}"))
    with pytest.raises(BadInput, match="wrong_format"):
        _check({"api_key": "rk-123456", "api_secret": SECRET}, third)


@pytest.mark.parametrize(
    "pasted",
    [
        f" {SECRET}",
        f"{SECRET}\r\n",
        f'"{SECRET}"',
        f"'{SECRET}' ",
        f"“{SECRET}”",
        f"\u200b{SECRET}\ufeff",
        f"\t'\"{SECRET}\"'\n",
    ],
)
def test_what_was_pasted_around_is_taken_off_and_told(pasted: str) -> None:
    """Scenario 4."""
    checked = _check({"api_key": KEY, "api_secret": pasted})
    assert _revealed(checked) == {"api_key": KEY, "api_secret": SECRET}
    assert checked.cleaned == ("api_secret",)


def test_what_was_pasted_well_is_not_said_to_be_cleaned() -> None:
    assert _check({"api_key": KEY, "api_secret": SECRET}).cleaned == ()


@pytest.mark.parametrize(
    "pasted", [PEM.replace("\n", "\r\n"), PEM.replace("\n", "\\n"), PEM + "\n"]
)
def test_a_key_of_several_lines_may_come_with_any_line_ends(pasted: str) -> None:
    checked = _check({"api_key": KEY, "private_key": pasted})
    assert _revealed(checked) == {"api_key": KEY, "private_key": PEM}


def test_a_field_that_may_be_empty_is_left_out() -> None:
    assert (
        "passphrase" not in _check({"api_key": KEY, "api_secret": SECRET, "passphrase": ""}).secrets
    )


texts: st.SearchStrategy[Any] = st.text(max_size=40) | st.sampled_from([KEY, SECRET, PEM])


@given(key=texts, secret=texts, passphrase=texts)
def test_any_text_is_taken_or_refused_and_never_quoted(
    key: str, secret: str, passphrase: str
) -> None:
    fields = {"api_key": key, "api_secret": secret, "passphrase": passphrase}
    try:
        checked = check_texts(CARD, (CARD, OTHER), fields)
    except BadInput as error:
        told = str({name: fact for name, fact in error.facts.items() if name != "length"})
        assert len(secret) < _TELLING or secret not in told
    else:
        assert set(checked.secrets) <= set(fields)
