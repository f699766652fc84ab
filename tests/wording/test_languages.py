"""Every language held against English: nothing missing, the same facts, CLDR's plural forms.

The glossary of a language says by which words a term is known there; that a sentence which
speaks of withdrawals in English speaks of nothing else elsewhere is more than a matter of style.
"""

import re
import string
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from importlib.resources import files

import pytest
from babel import Locale

from drawbridge.wording.language import ENGLISH, LANGUAGES, speaking
from drawbridge.wording.say import Plural, say, sentences

OTHERS = [tag for tag in LANGUAGES if tag != ENGLISH.tag]
_CODE = re.compile(r"`[^`]*`")
# What is typed and what is filled in, which no language translates.
_AS_IT_IS = re.compile(r"“drawbridge[^”]*”|\{[^}]*\}|drawbridge\[backtest\]|trade_spot, withdraw\b")
# How English tells that it speaks of a term; whole words, so that "botnet" is no bot.
_TERMS = {
    "withdrawal": re.compile(r"\bwithdraw(s|al|als|ing|n)?\b", re.IGNORECASE),
    "passphrase": re.compile(r"\bpassphrase\b", re.IGNORECASE),
    "vault": re.compile(r"\bvault('s)?\b", re.IGNORECASE),
    "robot": re.compile(r"\brobots?\b", re.IGNORECASE),
    "paper_exchange": re.compile(r"\bpaper exchange\b", re.IGNORECASE),
    "backtest": re.compile(r"\bbacktests?\b", re.IGNORECASE),
    "stop_loss": re.compile(r"\bstop[- ]loss\b", re.IGNORECASE),
    "take_profit": re.compile(r"\btake[- ]profit\b", re.IGNORECASE),
}


def _forms(sentence: str | Plural) -> list[str]:
    return [sentence] if isinstance(sentence, str) else list(sentence.values())


def _facts(text: str) -> set[tuple[str, str]]:
    return {(name, how or "") for _, name, how, _ in string.Formatter().parse(text) if name}


def _pairs(tag: str) -> Iterator[tuple[str, str | Plural, str | Plural]]:
    theirs = sentences(tag)
    for key, english in sentences(ENGLISH.tag).items():
        if key in theirs:
            yield key, english, theirs[key]


@pytest.mark.parametrize("tag", OTHERS)
def test_a_language_says_all_that_english_says_and_nothing_else(tag: str) -> None:
    """Scenario 67."""
    ours, theirs = set(sentences(ENGLISH.tag)), set(sentences(tag))
    assert sorted(ours - theirs) == []
    assert sorted(theirs - ours) == []


@pytest.mark.parametrize("tag", OTHERS)
def test_a_sentence_tells_the_same_facts_in_every_language(tag: str) -> None:
    wrong = []
    for key, english, told in _pairs(tag):
        wanted = _facts(_forms(english)[-1])
        for form in _forms(told):
            # A form for exactly one or two may say the count in a word of its own.
            spared = {("count", "")} if isinstance(told, dict) else set()
            if _facts(form) - spared != wanted - spared:
                wrong.append(key)
    assert wrong == []


@pytest.mark.parametrize("tag", OTHERS)
def test_plural_forms_are_those_that_cldr_asks_for(tag: str) -> None:
    wanted = {*Locale.parse(LANGUAGES[tag].cldr).plural_form.tags, "other"}
    wrong = {
        key: sorted(told) if isinstance(told, dict) else told
        for key, english, told in _pairs(tag)
        if isinstance(told, dict) != isinstance(english, dict)
        or (isinstance(told, dict) and set(told) != wanted)
    }
    assert wrong == {}


@pytest.mark.parametrize("tag", OTHERS)
def test_commands_and_options_are_the_same_in_every_language(tag: str) -> None:
    wrong = [
        key
        for key, english, told in _pairs(tag)
        for form in _forms(told)
        if sorted(_CODE.findall(form)) != sorted(_CODE.findall(_forms(english)[-1]))
    ]
    assert wrong == []


@pytest.mark.parametrize("tag", OTHERS)
def test_nothing_is_left_in_english(tag: str) -> None:
    """Short ones may be the same word; a whole sentence is not."""
    left = [
        key
        for key, english, told in _pairs(tag)
        if told == english and len(str(english).split()) > 4
    ]
    assert left == []


@pytest.mark.parametrize("tag", OTHERS)
def test_blanks_at_the_ends_of_a_sentence_are_kept(tag: str) -> None:
    """They are there where sentences are joined, or stand in columns."""
    wrong = [
        key
        for key, english, told in _pairs(tag)
        for form in _forms(told)
        if not form.strip()
        or (form[:1].isspace(), form[-1:].isspace())
        != (_forms(english)[-1][:1].isspace(), _forms(english)[-1][-1:].isspace())
    ]
    assert wrong == []


@pytest.mark.parametrize("tag", OTHERS)
def test_terms_are_said_in_the_words_of_the_glossary(tag: str) -> None:
    text = (files("drawbridge.wording") / "glossary" / f"{tag}.toml").read_text(encoding="utf-8")
    glossary = tomllib.loads(text)
    wrong = []
    for key, english, told in _pairs(tag):
        for term, pattern in _TERMS.items():
            if not pattern.search(_AS_IT_IS.sub("", _forms(english)[-1])):
                continue
            stems = [stem.casefold() for stem in glossary[term]["stems"]]
            if not any(stem in _forms(told)[-1].casefold() for stem in stems):
                wrong.append(f"{key}: {term}: {_forms(told)[-1]}")
    assert wrong == []


def test_every_sentence_can_be_said_in_every_language() -> None:
    """A brace too many would only be met by whoever reads the sentence."""
    for tag in LANGUAGES:
        for key, sentence in sentences(tag).items():
            facts = {fact for form in _forms(sentence) for fact in _facts(form)}
            if any(how == "name" for _, how in facts):
                continue  # what is named has words of its own, for its own values only
            with speaking(tag):
                assert say(key, **{**{name: Decimal(1) for name, _ in facts}, "count": 1})
