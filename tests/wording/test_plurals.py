"""Every sentence that counts, in every language, for the counts that tell plural forms apart.

DRAWBRIDGE_PLURALS names a file to which the whole table is written, for those who proofread.
"""

import os
import re
from collections import Counter
from collections.abc import Callable
from itertools import product
from pathlib import Path
from string import Formatter
from typing import Final

import pytest

from drawbridge.wording.formats import amount
from drawbridge.wording.language import ENGLISH, LANGUAGES, locale_of, speaking
from drawbridge.wording.say import Plural, say, sentences

TOLD = "told"  # conftest.py prints what is recorded under it
COUNTS: Final = (0, 1, 2, 5, 11, 21, 100, 1_000_000)
_ISOLATES: Final = str.maketrans("", "", "\u2068\u2069")
# CLDR's words for the counts, known by heart: what Babel says is held against it.
FORMS: Final = {
    "en": "other one other other other other other other",
    "zh-Hans": "other other other other other other other other",
    "zh-Hant": "other other other other other other other other",
    "ja": "other other other other other other other other",
    "vi": "other other other other other other other other",
    "id": "other other other other other other other other",
    "es": "other one other other other other other many",
    "fr": "one one other other other other other many",
    "pt-BR": "one one other other other other other many",
    "pt-PT": "other one other other other other other many",
    "ru": "many one few many many one many many",
    "uk": "many one few many many one many many",
    "ar": "zero one two few many many other other",
}

Report = Callable[[str, object], None]


def _counting(tag: str) -> dict[str, Plural]:
    """Give the sentences that count."""
    return {key: it for key, it in sentences(tag).items() if not isinstance(it, str)}


def _said(key: str, sentence: Plural, count: int) -> str:
    parts = [part for form in sentence.values() for part in Formatter().parse(form)]
    facts: dict[str, object] = {name: "XYZ" for _, name, _, _ in parts if name}
    return say(key, **{**facts, "count": count}).translate(_ISOLATES)


def _told(form: str, count: int) -> str:
    return form.replace("{count}", amount(count)) if "{count}" in form else form


@pytest.mark.parametrize("tag", LANGUAGES)
def test_each_count_is_said_in_the_form_that_its_language_has_for_it(tag: str) -> None:
    """Scenario 67."""
    forms = dict(zip(COUNTS, FORMS[tag].split(), strict=True))
    wrong = []
    with speaking(tag):
        for (key, sentence), (count, form) in product(_counting(tag).items(), forms.items()):
            wanted = re.sub(r"\{\w+(:\w+)?\}", "XYZ", _told(sentence[form], count))
            said = _said(key, sentence, count)
            if said != wanted:
                wrong.append(f"{key} {count}: {said}")
    assert wrong == []


@pytest.mark.parametrize("tag", LANGUAGES)
def test_no_number_is_left_out_of_a_form_that_serves_several(tag: str) -> None:
    """“One order” says it all in English; in Russian the same form is also that of 21."""
    serves = Counter(locale_of(LANGUAGES[tag]).plural_form(count) for count in range(1, 1_000))
    wrong = [
        f"{key}: {form}: {said}"
        for key, sentence in _counting(tag).items()
        for form, said in sentence.items()
        if serves[form] > 1 and "{count}" not in said
    ]
    assert wrong == []


@pytest.mark.parametrize("tag", ["ru", "uk", "ar"])
def test_words_that_bend_with_the_number_do(tag: str) -> None:
    """A sentence bends in all of its forms or, where it goes around the noun, in none."""
    wrong = [
        key
        for key, sentence in _counting(tag).items()
        if len({*sentence.values()}) > 1 and sentence["one"] == sentence["many"]
    ]
    assert wrong == []


def test_the_table_of_all_counts_is_told(record_property: Report) -> None:
    rows = []
    for tag in LANGUAGES:
        with speaking(tag):
            for key, sentence in _counting(tag).items():
                cells = [_said(key, sentence, count) for count in COUNTS]
                rows.append(f"{tag} | {key} | " + " | ".join(cells))
            days = [say("span.days", count=count).translate(_ISOLATES) for count in COUNTS]
            record_property(TOLD, f"{tag}: {' | '.join(days)}")
    assert len(rows) >= len(_counting(ENGLISH.tag))
    if named := os.environ.get("DRAWBRIDGE_PLURALS"):
        Path(named).write_text("\n".join(rows) + "\n", encoding="utf-8")
