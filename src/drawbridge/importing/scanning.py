"""Exchange keys that lie in a text: by the forms on the cards, the names beside them, and chance.

A form alone is not enough: checksums and ids look like keys. What is told has a name that says
what it is; and what could be a checksum needs its exchange named nearby as well.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from drawbridge.catalogue.card import Card
from drawbridge.catalogue.registry import exchange_ids, find_cards, get_card
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.secret import MASK, masked
from drawbridge.importing.documents import read_document
from drawbridge.importing.model import Found, Part
from drawbridge.importing.recognising import find_keys, part_of

# The end of a name that says key or secret, what stands between, and a text without blanks.
_NAMED: Final = re.compile(
    r"""(?:key(?:[_-]?(?:id|name))?|secret)["'\]]{0,2}"""
    r"""(?:\s{0,8}(?:=>|[:=>,(])\s{0,8}|[ \t]{1,4})["'`]{0,3}"""
    r"""(?P<text>[A-Za-z0-9][A-Za-z0-9+/_-]{15,255}={0,2})""",
    re.IGNORECASE,
)
_NAME_BEFORE: Final = re.compile(r"[A-Za-z_][\w.-]*$")
_LONGEST_NAME: Final = 60
_PEM: Final = re.compile(r"-----BEGIN (?:[A-Z]{2,8} )?PRIVATE KEY-----[^-]{40,16000}-----END ")
_HEXADECIMAL: Final = re.compile(r"[0-9a-f-]+|[0-9A-F-]+")
_WORD: Final = re.compile(r"[a-z0-9]+")
# Bits per character: a drawn text has more, a word or a placeholder less.
_LEAST_ENTROPY: Final = 2.8
_LEAST_DIGITS: Final = 2
_FIELDS: Final[Mapping[Part, tuple[str, ...]]] = {
    Part.KEY: ("api_key",),
    Part.SECRET: ("api_secret",),
}
_TABLES: Final = (".json", ".yml", ".yaml", ".toml", ".env", ".csv")


@dataclass(frozen=True, slots=True)
class Mine:
    """A key that is known here; `virtual` ones were given to bots."""

    id: str
    label: str
    virtual: bool = False


@dataclass(frozen=True, slots=True)
class Leak:
    """A place where a key lies, or a secret. `commit` is empty for what lies there now."""

    file: str
    line: int
    part: Part
    exchanges: tuple[str, ...]
    text: str = field(repr=False)
    mine: Mine | None = None
    commit: str = ""

    @property
    def shown(self) -> str:
        """Give as much as may be shown: the ends of a key, nothing of a secret."""
        return masked(self.text) if self.part is Part.KEY else MASK


def find_leaks(text: str, file: str, mine: Mapping[str, Mine]) -> Iterator[Leak]:
    """Find what lies in a text; `mine` are the public halves of keys that are known here."""
    known = _Where(text, file)
    told: set[tuple[int, str]] = set()
    found = (*_own(known, mine), *_named(known), *_in_tables(known), *_pems(known))
    for leak in sorted(found, key=lambda it: it.line):
        if (leak.line, leak.text) not in told:
            told.add((leak.line, leak.text))
            yield leak


class _Where:
    """A text and the file it is of, with what both say about exchanges."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self._words: frozenset[str] | None = None

    def line_of(self, place: int) -> int:
        return self.text.count("\n", 0, place) + 1

    def names(self, card: Card) -> bool:
        """Tell whether the file names an exchange anywhere."""
        if self._words is None:
            self._words = frozenset(_WORD.findall(f"{self.file} {self.text}".lower()))
        return not self._words.isdisjoint(_names_of(card.id))


def _own(where: _Where, mine: Mapping[str, Mine]) -> Iterator[Leak]:
    for public, key in mine.items():
        for found in re.finditer(re.escape(public), where.text):
            line = where.line_of(found.start())
            yield Leak(where.file, line, Part.KEY, (), public, key)


def _named(where: _Where) -> Iterator[Leak]:
    for found in _NAMED.finditer(where.text):
        ending = re.split(r"[^\w-]", found[0], maxsplit=1)[0]
        begin = _NAME_BEFORE.search(
            where.text[max(found.start() - _LONGEST_NAME, 0) : found.start()]
        )
        told = part_of((begin[0] if begin else "") + ending)
        if told is None or told[0] not in _FIELDS:
            continue
        part, text = told[0], found["text"]
        exchanges = _exchanges_of(where, part, text, told[1]) if _is_drawn(text) else ()
        if exchanges:
            yield Leak(where.file, where.line_of(found.start("text")), part, exchanges, text)


def _is_drawn(text: str) -> bool:
    """Tell whether a text looks drawn: not like a word, a name in a program, a placeholder."""
    digits = sum(sign.isdigit() for sign in text)
    return digits >= _LEAST_DIGITS and entropy_of(text) >= _LEAST_ENTROPY


def _exchanges_of(where: _Where, part: Part, text: str, before: str) -> tuple[str, ...]:
    """Give the exchanges whose key or secret a text may be; none where it is more likely not."""
    fitting = [card for card in _cards() if _fits(card, part, text)]
    named = [card for card in fitting if card in find_cards(before) or where.names(card)]
    if named:
        return tuple(card.id for card in named)
    if _HEXADECIMAL.fullmatch(text):
        return ()
    return tuple(card.id for card in fitting if not _fits(card, part, text + text[-1]))


def _in_tables(where: _Where) -> Iterator[Leak]:
    """Find keys whose names stand elsewhere than beside them, as in the first line of a table."""
    if not where.file.lower().endswith(_TABLES):
        return
    try:
        found = find_keys(read_document(where.text.encode(), where.file))
    except DrawbridgeError:
        return
    for key in found:
        yield from _leaks_of(where, key)


def _leaks_of(where: _Where, key: Found) -> Iterator[Leak]:
    if key.problem is not None and key.problem.code != "import_which_exchange":
        return
    known = key.problem.facts.get("known") if key.problem else None
    exchanges = tuple(map(str, known)) if isinstance(known, list) else (key.exchange,)
    for part, name in ((Part.KEY, "api_key"), (Part.SECRET, "api_secret")):
        secret = key.fields.get(name)
        place = where.text.find(secret.reveal()) if secret is not None else -1
        if secret is not None and place >= 0:
            yield Leak(where.file, where.line_of(place), part, exchanges, secret.reveal())


def _pems(where: _Where) -> Iterator[Leak]:
    for found in _PEM.finditer(where.text):
        takers = [
            it for it in _cards() if any("PRIVATE KEY" in part.format for part in it.credentials)
        ]
        named = tuple(card.id for card in takers if where.names(card))
        # Certificates have private keys as well, and these are no exchange's.
        if named:
            yield Leak(where.file, where.line_of(found.start()), Part.SECRET, named, found[0])


def entropy_of(text: str) -> float:
    """Give the bits per character of a text, by how often each occurs in it."""
    counts: Iterable[int] = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)


@cache
def _cards() -> tuple[Card, ...]:
    return tuple(card for name in exchange_ids() if (card := get_card(name)).takes_keys)


@cache
def _names_of(exchange_id: str) -> frozenset[str]:
    card = get_card(exchange_id)
    names = (card.id, card.name, *card.former_names, *card.aliases)
    whole = ("".join(_WORD.findall(name.lower())) for name in names)
    return frozenset(whole) | {name.lower() for name in names if _WORD.fullmatch(name.lower())}


def _fits(card: Card, part: Part, text: str) -> bool:
    fields = (card.find_credential(name) for name in _FIELDS[part])
    return any(it is not None and re.fullmatch(it.format, text) for it in fields)
