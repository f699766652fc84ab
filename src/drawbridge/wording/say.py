"""Say a sentence by its key.

The files of a language are nested TOML, flattened with dots: `[key.add] title = "…"` is said by
`say("key.add.title")`. A table with an `other` in it is one sentence with plural forms, chosen
by the fact `count` (CLDR says which form). A sentence that a language lacks is said in English;
a key that does not exist is a KeyError. Tests see to it that neither happens.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Final

from drawbridge.core.errors import DrawbridgeError
from drawbridge.wording import formats
from drawbridge.wording.language import ENGLISH, LANGUAGES, Language, locale_of, spoken

_PLURALS: Final = frozenset({"zero", "one", "two", "few", "many", "other"})
_COUNT: Final = "count"
# Around a fact in a text that runs from right to left, so that a pair or a number keeps its own
# direction and does not change places with its neighbours (Unicode UAX 9, isolates).
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"

Plural = Mapping[str, str]
Sentences = Mapping[str, "str | Plural"]


def say(key: str, /, **facts: object) -> str:
    """Say the sentence of `key` with its facts filled in.

    Shape: in a sentence, `{fact}` is the fact as text, and `{fact:amount}`, `{fact:day}`,
    `{fact:moment}`, `{fact:span}`, `{fact:days}`, `{fact:list}` and `{fact:name}` write it as
    formats.py does (times and spans in milliseconds; `days` are counted ones; `name` is said by
    the wording key `name.<fact>`).
    Raises: KeyError for a key or a fact that is not there, which is our mistake.
    """
    sentence = _sentence(key)
    if not isinstance(sentence, str):
        sentence = sentence.get(_plural(facts[_COUNT]), sentence["other"])
        facts[_COUNT] = _counted(facts[_COUNT])
    return sentence.format_map({name: _Fact(fact) for name, fact in facts.items()})


def has_words(key: str) -> bool:
    """Tell whether there is a sentence of this key."""
    return key in sentences(ENGLISH.tag)


def say_error(error: DrawbridgeError) -> str:
    """Say what went wrong and what to do next."""
    return say_reason(error.code, error.facts)


def say_reason(code: str, given: Mapping[str, object]) -> str:
    """Say an error that is kept as its code and facts.

    A code without a sentence is said in general words, with the code to look it up by: whoever
    is in trouble must not be met by a second error about the first.
    """
    facts = dict(given)
    named = f"field.{facts.get('field', '')}"
    if has_words(named):
        facts["field"] = say(named)
    try:
        return say(f"errors.{code}", **facts)
    except KeyError:
        return say("error.unworded", code=code)


def sentences(tag: str) -> Sentences:
    """Give all sentences of a language of ours."""
    return _sentences_of(LANGUAGES[tag])


@cache
def _sentences_of(language: Language) -> Sentences:
    """Read all sentences of a language, once."""
    folder = language.folder or files("drawbridge.wording") / "locales" / language.tag
    found: dict[str, str | Plural] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            found.update(read_sentences(file.read_text(encoding="utf-8")))
    return found


def read_sentences(text: str) -> dict[str, str | Plural]:
    """Read one file of sentences into flat keys. Raises: ValueError for what is no sentence."""
    return dict(_flattened("", tomllib.loads(text)))


def _flattened(prefix: str, table: Mapping[str, object]) -> Iterator[tuple[str, str | Plural]]:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, str):
            yield key, value
        elif not isinstance(value, dict):
            message = f"{key} is neither a sentence nor a table of sentences"
            raise ValueError(message)  # noqa: TRY004  the file is at fault, not a caller's type
        elif "other" in value and _PLURALS.issuperset(value):
            yield key, {form: str(sentence) for form, sentence in value.items()}
        else:
            yield from _flattened(f"{key}.", value)


def _sentence(key: str) -> str | Plural:
    found = _sentences_of(spoken()).get(key)
    return _sentences_of(ENGLISH)[key] if found is None else found


def _plural(count: object) -> str:
    """Choose the plural form."""
    language = spoken()
    if language is ENGLISH or not isinstance(count, int | Decimal):
        return "one" if count == 1 else "other"
    return locale_of(language).plural_form(count)


def _counted(count: object) -> object:
    """Write a number that is counted with its thousands set apart, as it is read."""
    return formats.amount(count) if isinstance(count, int) else count


@dataclass(frozen=True, slots=True)
class _Fact:
    """One fact of a sentence, written as the sentence asks."""

    value: object

    def __format__(self, how: str) -> str:
        """Write the fact; one of an unexpected type stands as it is rather than failing."""
        write = _WRITERS.get(how)
        told = write(self.value) if write else _text(self.value)
        return told if spoken().direction == "ltr" else f"{_ISOLATE}{told}{_END_ISOLATE}"


def _number(write: Callable[[int], str]) -> Callable[[object], str]:
    """Let a writer of numbers leave alone what is no whole number."""
    return lambda value: write(value) if isinstance(value, int) else _text(value)


def _span(length_ms: int) -> str:
    unit, count = formats.span(length_ms)
    return say(f"span.{unit}", count=count)


def _listed(value: object) -> str:
    """Write several things with the language's commas; what is only one thing stands alone."""
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        return _text(value)
    return spoken().comma.join(_text(item) for item in value)


def _text(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        value = Decimal(repr(value))
    return formats.amount(value) if isinstance(value, Decimal) else str(value)


_WRITERS: Final[Mapping[str, Callable[[object], str]]] = {
    "amount": _number(formats.amount),
    "day": _number(formats.day),
    "moment": _number(formats.moment),
    "span": _number(_span),
    "days": _number(lambda days: say("span.days", count=days)),
    "list": _listed,
    "name": lambda value: say(f"name.{_text(value)}"),
}
