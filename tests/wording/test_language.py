"""Which language is spoken, and how it writes numbers, days and plural forms."""

import asyncio
from decimal import Decimal

import pytest
from babel import Locale

from drawbridge.core.errors import BadInput
from drawbridge.wording import formats
from drawbridge.wording.language import (
    ENGLISH,
    LANGUAGES,
    find_language,
    get_language,
    speak,
    speaking,
    spoken,
)
from drawbridge.wording.say import say, sentences
from tests.kit.turns import a_turn

DAY_MS = 1_785_600_000_000


@pytest.mark.parametrize("wished", ["", "C", "C.UTF-8", "tlh", "de;q=0.9", "ru;q=0", "ja;q=much"])
def test_a_wish_for_what_we_do_not_speak_finds_nothing(wished: str) -> None:
    assert find_language(wished) is None


def test_an_unknown_language_is_refused_with_a_list_of_ours() -> None:
    with pytest.raises(BadInput) as caught:
        get_language("Klingon")
    assert caught.value.code == "unknown_language"
    assert "pt-BR" in str(caught.value.facts["known"])


def test_an_unknown_tag_changes_nothing() -> None:
    with speaking("ja"):
        speak("tlh")
        assert spoken().tag == "ja"


@pytest.mark.parametrize(
    ("wished", "tag"),
    [
        ("ru_RU.UTF-8", "ru"),
        ("pt_BR.UTF-8", "pt-BR"),
        ("pt-PT,pt;q=0.9", "pt-PT"),
        ("pt", "pt-BR"),
        ("zh-CN,zh;q=0.9", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("zh", "zh-Hans"),
        ("de-DE,de;q=0.9,uk;q=0.5,ru;q=0.7", "ru"),
        ("ar-EG", "ar"),
        ("EN-us", "en"),
        (" JA ", "ja"),
    ],
)
def test_a_wish_finds_the_nearest_language(wished: str, tag: str) -> None:
    found = find_language(wished)
    assert found is not None
    assert found.tag == tag


def test_a_block_speaks_its_language_and_only_itself() -> None:
    with speaking("ru"):
        assert say("span.days", count=3) == "3 дня"
    assert say("span.days", count=3) == "3 days"


async def test_what_one_task_speaks_no_other_task_does() -> None:
    async def switch() -> None:
        speak("uk")
        await a_turn()
        assert spoken().tag == "uk"

    await asyncio.gather(switch(), switch())
    assert spoken() is ENGLISH


@pytest.mark.parametrize(
    ("tag", "small", "large"),
    [
        ("en", "1,234.5", "1,234,567.00000001"),
        ("es", "1234,5", "1.234.567,00000001"),
        ("pt-PT", "1234,5", "1\u00a0234\u00a0567,00000001"),
        ("ru", "1\u00a0234,5", "1\u00a0234\u00a0567,00000001"),
        ("fr", "1\u202f234,5", "1\u202f234\u202f567,00000001"),
        ("ja", "1,234.5", "1,234,567.00000001"),
        ("ar", "1,234.5", "1,234,567.00000001"),
    ],
)
def test_amounts_keep_every_digit_in_the_signs_of_the_language(
    tag: str, small: str, large: str
) -> None:
    with speaking(tag):
        assert formats.amount(Decimal("1234.5")) == small
        assert formats.amount(Decimal("1234567.000000010")) == large
        assert formats.amount(Decimal(999)) == "999"


@pytest.mark.parametrize(
    ("tag", "share", "ratio"),
    [
        ("en", "-12.50 %", "1,234.00"),
        ("ru", "-12,50 %", "1\u00a0234,00"),
        ("es", "-12,50 %", "1234,00"),
        ("ar", "-12.50 %", "1,234.00"),
    ],
)
def test_shares_and_ratios_have_their_places_in_the_signs_of_the_language(
    tag: str, share: str, ratio: str
) -> None:
    with speaking(tag):
        assert formats.share(Decimal("-0.125")) == share
        assert formats.to_places(Decimal(1234), 2) == ratio
        assert formats.share(Decimal("-0.00001")) == formats.share(Decimal(0)), "no nought below 0"


def test_english_is_written_as_its_locale_says() -> None:
    """English never waits for CLDR, so what we know of it by heart is held against CLDR."""
    signs = Locale.parse(ENGLISH.cldr).number_symbols["latn"]
    with speaking("en"):
        assert formats.amount(Decimal("1234.5")) == f"1{signs['group']}234{signs['decimal']}5"
        assert say("span.days", count=1).startswith("1 day")


@pytest.mark.parametrize(
    ("tag", "day"),
    [
        ("en", "1 August 2026"),
        ("es", "1 de agosto de 2026"),
        ("ja", "2026年8月1日"),
        ("pt-BR", "1 de agosto de 2026"),
        ("zh-Hant", "2026年8月1日"),
    ],
)
def test_days_are_written_as_the_language_does(tag: str, day: str) -> None:
    with speaking(tag):
        assert formats.day(DAY_MS) == day


def test_moments_are_told_alike_in_every_language() -> None:
    told = set()
    for tag in LANGUAGES:
        with speaking(tag):
            told.add(formats.moment(DAY_MS))
    assert told == {"2026-08-01 16:00:00 UTC"}


def test_facts_of_a_text_from_right_to_left_keep_their_own_direction() -> None:
    """Scenario 68."""
    with speaking("ar"):
        assert "\u2068BTC/USDT\u2069" in say("errors.unknown_symbol", symbol="BTC/USDT")


def test_each_language_has_a_name_for_itself_and_sentences() -> None:
    assert len({language.name for language in LANGUAGES.values()}) == len(LANGUAGES) == 13
    assert sentences("en")


@pytest.mark.parametrize(("tag", "listed"), [("en", "a, b"), ("ja", "a、b"), ("ar", "a\u060c b")])
def test_things_are_listed_with_the_comma_of_the_language(tag: str, listed: str) -> None:
    with speaking(tag):
        assert listed in say("errors.own_bad_name", names=["a", "b"])
