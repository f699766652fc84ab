"""A copy of somebody's file in which virtual keys stand in place of the secrets.

Only the texts change: comments, order and blanks stay. The copy is read again before it is given
out; one in which anything else changed, or in which a secret is left, is refused.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from drawbridge.catalogue.card import Card
from drawbridge.catalogue.clients import client_urls_of
from drawbridge.catalogue.drawing import DrawnSecrets
from drawbridge.core.errors import Conflict
from drawbridge.importing.documents import Document, Kind, Path, read_leaves
from drawbridge.importing.model import Found, Part, Program

_CCXT: Final = "ccxt"
# Texts that are this long stand nowhere by chance: all of them are replaced, also in comments.
_LONG: Final = 16
# Programs whose settings say where the exchange is, and in which table beside the key.
_WITHIN: Final[Mapping[Program, str]] = {Program.FREQTRADE: "ccxt_config", Program.CCXT: ""}


@dataclass(frozen=True, slots=True)
class Replacement:
    """A key in the file, the virtual key to stand there, and where its exchange is found."""

    found: Found
    card: Card
    drawn: DrawnSecrets = field(repr=False)
    base: str = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """A rewritten file. `by_hand` are the keys beside which the address is to be written."""

    text: str = field(repr=False)
    by_hand: tuple[Replacement, ...] = ()


def write_copy(document: Document, replacements: tuple[Replacement, ...]) -> Copy:
    """Write a file anew with virtual keys, and with our address where its program takes one.

    Raises: `Conflict("import_cannot_rewrite")`.
    """
    changes = {path: text for it in replacements for path, text in _changes(it)}
    text = document.text
    for path, new in changes.items():
        text = _replaced(document, text, path, new)
    expected = _expected(document, changes)
    _check(document, text, expected, changes)
    by_hand = []
    for it in replacements:
        addressed = _addressed(document.kind, text, it)
        if addressed is None:
            by_hand.append(it)
        else:
            text = addressed
    return Copy(text, tuple(by_hand))


def _changes(replacement: Replacement) -> Iterator[tuple[Path, str]]:
    drawn, places = replacement.drawn, replacement.found.places
    yield places[Part.KEY], drawn.api_key
    yield places[Part.SECRET], drawn.api_secret.reveal()
    if Part.PASSPHRASE in places and drawn.passphrase is not None:
        yield places[Part.PASSPHRASE], drawn.passphrase.reveal()


def _replaced(document: Document, text: str, path: Path, new: str) -> str:
    old, escaped = document.leaves[path], json.dumps(new)[1:-1]
    literal = next((it for it in _written(old) if it in text), None)
    if literal is None:
        # Replaced already, where the same key stands twice; `_check` sees whether by the same.
        return text
    if len(old) >= _LONG or text.count(literal) == 1:
        return text.replace(literal, escaped)
    # A short text may stand elsewhere for something else: only beside its own name.
    return _replaced_beside(text, path[-1], literal, escaped)


def _replaced_beside(text: str, name: str, literal: str, new: str) -> str:
    """Replace a text where it follows a name, with nothing but signs between.

    Why: no pattern is made of a secret, because compiled patterns are kept for long.
    """
    pieces, done = [], 0
    for named in re.finditer(rf"{re.escape(name)}(?=(\W{{1,8}}))", text):
        between = range(named.end(1) + 1 - len(named[1]), named.end(1) + 1)
        place = next((it for it in between if text.startswith(literal, it)), -1)
        if place >= done:
            pieces += [text[done:place], new]
            done = place + len(literal)
    return "".join(pieces) + text[done:]


def _expected(document: Document, changes: Mapping[Path, str]) -> dict[Path, str]:
    """Give what the copy must say, everywhere: a secret goes also where nobody looked for one."""
    long = {document.leaves[it]: new for it, new in changes.items()}
    long = {old: new for old, new in long.items() if len(old) >= _LONG}
    expected = {}
    for path, text in document.leaves.items():
        now = text
        for old, new in long.items():
            now = now.replace(old, new)
        expected[path] = changes.get(path, now)
    return expected


def _written(old: str) -> Iterator[str]:
    """Give the ways in which a text may stand in a file."""
    yield old
    yield json.dumps(old)[1:-1]
    yield json.dumps(old, ensure_ascii=False)[1:-1].replace("/", "\\/")
    yield old.strip()


def _addressed(kind: Kind, text: str, replacement: Replacement) -> str | None:
    """Write our address beside a key, where its program reads one there; None where it does not."""
    program, clients = replacement.found.program, replacement.card.clients
    client = clients.get(program.value) or clients.get(_CCXT)
    if program not in _WITHIN or client is None or kind is not Kind.JSON:
        return None
    base = replacement.base
    urls = client_urls_of(client, base, base.replace("http", "ws", 1))
    settings: dict[str, object] = {"urls": {"api": urls}}
    if client.options:
        settings["options"] = dict(client.options)
    where, within = replacement.found.places[Part.KEY][:-1], _WITHIN[program]
    secret = json.dumps(replacement.drawn.api_secret.reveal())
    told = {within: settings} if within else settings
    return _put_all(text, where, told, secret)


def _put_all(text: str, where: Path, settings: Mapping[str, object], beside: str) -> str | None:
    """Put settings into a table; None where one of them cannot be, or says something else."""
    written: str | None = text
    for name, value in settings.items():
        written = None if written is None else _put(written, where, name, value, beside)
    return written


def _put(text: str, where: Path, name: str, value: object, beside: str) -> str | None:
    """Put one setting into a table: where the table begins, or behind a text that stands in it."""
    taken, path = read_leaves(Kind.JSON, text), (*where, name)
    if path in taken:
        return None
    if not any(it[: len(path)] == path for it in taken):
        wanted = {**taken, **read_leaves(Kind.JSON, _nested(path, value))}
        for written in _tries(text, where, {name: value}, beside):
            # Whether it was the right table is told by reading: others may bear the same name.
            if read_leaves(Kind.JSON, written) == wanted:
                return written
    return _put_all(text, path, value, beside) if isinstance(value, dict) else None


def _nested(path: Path, value: object) -> str:
    for name in reversed(path):
        value = {name: value}
    return json.dumps(value)


def _tries(text: str, where: Path, settings: Mapping[str, object], beside: str) -> Iterator[str]:
    inner = json.dumps(settings, indent=4)[1:-1].strip()
    name = json.dumps(where[-1]) if where else ""
    for table in re.finditer(rf"{re.escape(name)}\s*:\s*\{{", text) if name else ():
        rest = text[table.end() :]
        lines = _indented(text, table.start(), inner, "    ")
        if rest.lstrip().startswith("}"):
            yield text[: table.end()] + lines + _indented(text, table.start(), rest.lstrip(), "")
        else:
            yield text[: table.end()] + lines + "," + rest
    end = text.find(beside) + len(beside)
    yield text[:end] + "," + _indented(text, end, inner, "") + text[end:]


def _indented(text: str, place: int, inner: str, deeper: str) -> str:
    """Give lines as far in as the line at a place, or further."""
    line = text[text.rfind("\n", 0, place) + 1 : place]
    margin = line[: len(line) - len(line.lstrip())] + deeper
    first, *others = inner.split("\n")
    if not deeper and first.startswith("}"):
        return "\n" + margin + inner
    return "\n" + "\n".join(
        margin + it for it in (first, *(o.removeprefix("    ") for o in others))
    )


def _check(
    document: Document, text: str, expected: Mapping[Path, str], changes: Mapping[Path, str]
) -> None:
    """Make sure that what was to change did, that nothing else did, and no secret is left."""
    read = read_leaves(document.kind, text)
    wrong = next((it for it in expected if read.get(it) != expected[it]), None)
    if wrong is None and len(read) != len(expected):
        wrong = next(iter(set(read) - set(expected)))
    left = next((it for it in changes if _is_left(document.leaves[it], text)), wrong)
    if left is not None:
        raise Conflict("import_cannot_rewrite", place=".".join(left))


def _is_left(old: str, text: str) -> bool:
    return len(old) >= _LONG and any(it in text for it in _written(old))
