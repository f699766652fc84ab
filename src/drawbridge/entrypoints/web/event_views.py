"""Events of the audit log as the page shows them: what happened, and its facts, in words.

A fact that has no words stands as it was written down: a name, a number, an id.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from drawbridge.audit.store import ToldEvent
from drawbridge.catalogue.registry import exchange_ids, get_card
from drawbridge.virtual_keys.words import held_words
from drawbridge.virtual_keys.written import decode_restrictions
from drawbridge.wording.language import LANGUAGES
from drawbridge.wording.say import has_words, say

# By which key the value of a fact is said.
_SAID: Final[Mapping[str, str]] = {
    "proof": "proof.",
    "role": "role.",
    "status": "key_status.",
    "venue": "venue.",
}


@dataclass(frozen=True, slots=True)
class FactView:
    """A fact of an event; `is_said` where its value is in the reader's words."""

    name: str
    value: str
    is_said: bool


@dataclass(frozen=True, slots=True)
class EventView:
    """An event of the audit log in words."""

    at_ms: int
    tag: str
    words: str
    facts: tuple[FactView, ...]


def view_event(event: ToldEvent) -> EventView:
    """Put an event into words."""
    key = f"audit.tag.{event.tag}"
    words = say(key) if has_words(key) else event.tag
    return EventView(event.at_ms, event.tag, words, tuple(_facts(event.facts)))


def _facts(facts: Mapping[str, object]) -> Iterator[FactView]:
    for name, value in facts.items():
        if value in {"", None}:
            continue
        said = f"{_SAID.get(name, '')}{value}"
        is_said = name in _SAID and has_words(said)
        shown = say(said) if is_said else _called(name, value)
        yield FactView(_named(name), shown, is_said)


def _named(fact: str) -> str:
    """Say what a fact is; fields of forms are called as they are there."""
    keys = (f"audit.fact.{fact}", f"field.{fact}")
    return next((say(key) for key in keys if has_words(key)), fact)


def _called(name: str, value: object) -> str:
    if name == "exchange" and value in exchange_ids():
        return get_card(str(value)).name
    if name == "language" and value in LANGUAGES:
        return LANGUAGES[str(value)].name
    if name == "restrictions":
        held = map(held_words, decode_restrictions(str(value)))
        return "; ".join(f"{it.name}: {it.value}" for it in held)
    return str(value)
