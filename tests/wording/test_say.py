"""Sentences by key, with facts and plural forms; errors as a sentence and a next step."""

import re
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from drawbridge.core.errors import BadInput, Conflict
from drawbridge.core.secret import Secret
from drawbridge.wording import formats
from drawbridge.wording.say import read_sentences, say, say_error, sentences


def test_a_key_that_does_not_exist_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        say("no.such.sentence")


def test_a_fact_that_is_missing_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        say("errors.not_positive")


def test_what_is_no_sentence_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a\.b"):
        read_sentences("[a]\nb = 3")


def test_an_error_without_a_sentence_is_told_by_its_code() -> None:
    assert "left_handed_screw" in say_error(Conflict("left_handed_screw"))


def test_an_error_whose_facts_are_incomplete_is_told_by_its_code() -> None:
    assert "not_positive" in say_error(BadInput("not_positive"))


def test_an_error_names_its_field_in_words() -> None:
    assert say_error(BadInput("not_positive", field="api_secret")).startswith("API secret:")


def test_a_secret_among_the_facts_is_never_said() -> None:
    said = say_error(BadInput("not_positive", field=Secret("hunter2hunter2")))
    assert "hunter2" not in said


def test_nested_tables_become_keys_with_dots() -> None:
    read = read_sentences('[a.b]\nc = "x"\nd = { one = "1", other = "n" }')
    assert read == {"a.b.c": "x", "a.b.d": {"one": "1", "other": "n"}}


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 days"), (1, "1 day"), (2, "2 days"), (11, "11 days")]
)
def test_plural_forms_follow_the_count(count: int, said: str) -> None:
    assert say("span.days", count=count) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0", "0"),
        ("0.00001234567", "0.0000123457"),
        ("-1.23456789", "-1.23457"),
        ("99.99999999", "100"),
        ("123.456", "123.46"),
        ("1234567.891", "1,234,567.89"),
    ],
)
def test_a_worth_is_told_no_more_exactly_than_it_is_known(value: str, said: str) -> None:
    assert formats.rounded(Decimal(value)) == said


def test_settings_are_told_as_they_were_written() -> None:
    error = BadInput("grid_bounds_crossed", field="lower", lower=50000.0, upper=0.25)
    assert "(50,000) must be below the upper one (0.25)" in say_error(error)


def test_amounts_keep_every_digit() -> None:
    assert formats.amount(Decimal("1234567.000000010")) == "1,234,567.00000001"
    assert formats.amount(Decimal("-0.00000001")) == "-0.00000001"
    assert formats.amount(Decimal(-1234)) == "-1,234"


def test_moments_say_that_they_are_utc() -> None:
    assert formats.moment(1_785_600_000_000) == "2026-08-01 16:00:00 UTC"
    assert formats.day(1_785_600_000_000) == "1 August 2026"
    assert formats.iso(1_785_600_000_000) == "2026-08-01T16:00:00Z"


def test_spans_use_the_largest_unit_that_fits() -> None:
    assert formats.span(7_199_999) == ("hours", 1)
    assert formats.span(0) == ("seconds", 0)


def test_no_key_stands_in_two_files() -> None:
    folder = files("drawbridge.wording") / "locales" / "en"
    seen: dict[str, str] = {}
    for file in folder.iterdir():
        for key in read_sentences(file.read_text(encoding="utf-8")):
            assert key not in seen, f"{key} stands in {seen[key]} and {file.name}"
            seen[key] = file.name
    assert seen.keys() == sentences("en").keys()


def test_every_key_that_pages_and_code_name_has_a_sentence() -> None:
    root = Path(str(files("drawbridge")))
    named = re.compile(r"""\bsay\(\s*["']([a-z_.]+[a-z_])["']\s*[,)]""")
    missing = {
        f"{file.relative_to(root)}: {key}"
        for file in (*root.rglob("*.py"), *root.rglob("*.html"))
        for key in named.findall(file.read_text(encoding="utf-8"))
        if key not in sentences("en") and file.name != "say.py"
    }
    assert missing == set()
