"""The recovery key as a person writes it down and types it again."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import SUITES
from drawbridge.sealing.recovery import RecoveryKey

_KEY = RecoveryKey(bytes(range(32)))
_TEXT = _KEY.text().reveal()


@pytest.mark.parametrize(
    "typed",
    ["", "AAAA", _TEXT[:-1], _TEXT + "A", _TEXT.replace("A", "!", 1), "é" * 56, "7" * 10_000],
)
def test_what_is_no_recovery_key_is_refused_by_its_field(typed: str) -> None:
    with pytest.raises(BadInput) as told:
        RecoveryKey.read(Secret(typed))
    assert (told.value.code, told.value.facts["field"]) == (
        "recovery_key_unreadable",
        "recovery_key",
    )


def test_one_mistyped_sign_is_found_wherever_it_is() -> None:
    for at, sign in enumerate(_TEXT):
        if sign != "-":
            other = "B" if sign == "A" else "A"
            with pytest.raises(BadInput):
                RecoveryKey.read(Secret(_TEXT[:at] + other + _TEXT[at + 1 :]))


def test_it_shows_nothing_of_itself_and_cannot_be_carried_away() -> None:
    assert repr(_KEY) == "RecoveryKey()"
    assert "RecoveryHalf(" not in repr(_KEY.half())
    with pytest.raises(TypeError):
        pickle.dumps(_KEY)


def test_what_was_sealed_to_one_is_closed_to_another() -> None:
    public = _KEY.half().public
    sealed = SUITES[public.kem].encrypt(b"planted", public.raw, b"about")
    assert _KEY.open(public.kem, sealed, b"about") == b"planted"
    for key, about in ((RecoveryKey.draw(), b"about"), (_KEY, b"else")):
        with pytest.raises(NotProven):
            key.open(public.kem, sealed, about)


@settings(deadline=None, max_examples=40)
@given(secret=st.binary(min_size=32, max_size=32), spelling=st.sampled_from(range(4)))
def test_however_it_is_typed_it_is_the_same_key(secret: bytes, spelling: int) -> None:
    text = RecoveryKey(secret).text().reveal()
    typed = (
        text,
        text.lower(),
        text.replace("-", " "),
        f" {text.replace('-', '').replace('O', '0').replace('I', '1').replace('B', '8')}\n",
    )[spelling]
    assert RecoveryKey.read(Secret(typed)).origin() == RecoveryKey(secret).origin()
