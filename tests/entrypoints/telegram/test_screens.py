"""Screens within what Telegram takes, and what looks like a secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.entrypoints.telegram.main_menu import looks_secret
from drawbridge.entrypoints.telegram.screens import Screen, listed, named
from tests.entrypoints.telegram.typing_in import SECRET


@given(st.text(st.characters(codec="utf-8"), max_size=50), st.integers(1, 400))
def test_no_text_is_longer_than_a_message(piece: str, times: int) -> None:
    text = piece * times
    told = Screen(text).told
    assert len(told.encode("utf-16-le")) // 2 <= 4_096
    assert told == text or told[:-1] == text[: len(told) - 1]


def test_of_too_many_the_text_tells_how_many_more() -> None:
    text, rows = listed([named(str(number), "key") for number in range(120)], "Keys")
    assert len(rows) == 50
    assert text.endswith("and 70 more")


def test_words_of_a_button_are_cut() -> None:
    keyboard = Screen("x", ((named("n" * 99, "key"),),)).keyboard
    assert keyboard is not None
    assert keyboard.inline_keyboard[0][0].text == "n" * 59 + "…"


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"here: {SECRET}",
        "a1" * 12,
        "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----",
    ],
)
def test_secrets_look_so(text: str) -> None:
    """Prove scenario 25."""
    assert looks_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "BTC/USDT",
        "1234567890123456789012345678",
        "Donaudampfschifffahrtsgesellschaft",
        "https://example.com/a1b2c3d4e5f6g7h8i9j0k1l2m3",
        "My PRIVATE KEY is lost, what now?",
    ],
)
def test_plain_talk_does_not(text: str) -> None:
    assert not looks_secret(text)
