"""What a screen of tables is made of, as values."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Tone(StrEnum):
    """How the state of a row is to be taken."""

    PLAIN = "plain"
    GOOD = "good"
    UNDER_WAY = "under_way"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the id of what it shows, what a person calls it, and its cells."""

    id: str
    name: str
    cells: tuple[str, ...]
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Act:
    """Something to be done about a row.

    `question` asks a person whether they mean the row of this name; `do` does it to the row of
    this id and tells what came of it.
    """

    key: str
    label: str
    question: Callable[[str], str]
    do: Callable[[str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is read again and again. `state` is the column that bears a row's tone."""

    name: str
    title: str
    columns: tuple[str, ...]
    state: int
    none: str
    read: Callable[[], Awaitable[Sequence[Row]]]
    acts: tuple[Act, ...] = ()


Attention: TypeAlias = Callable[[], Awaitable[str]]
"""Tells what needs a person's attention now, empty while all is well."""


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that is looked at, and how often it is read."""

    title: str
    tables: tuple[Table, ...]
    attention: Attention
    every_s: int
