"""Settings that stand in a program's source: dictionaries and assignments with texts in quotes.

Nothing is run and nothing is understood beyond names, texts and braces: `ccxt.name({…})`,
`"name": {…}`, `name = "text"`.
"""

import json
import re
from collections.abc import Iterator
from typing import Final

_PIECES: Final = re.compile(
    r"""(?P<comment>\#[^\n]*|//[^\n]*|/\*.*?\*/)"""
    r"""|ccxt(?:\.\w+)*?\.(?P<made>\w+)\s*\("""
    r"""|["']?(?P<name>[A-Za-z_][\w-]*)["']?\s*[:=]\s*"""
    r"""(?P<value>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`$]*`)"""
    r"""|["']?(?P<table>[A-Za-z_][\w-]*)["']?\s*[:=]\s*(?=[{\[])"""
    r"""|(?P<sign>[{}\[\](),])|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""",
    re.DOTALL,
)
_MOST_DEPTH: Final = 40


def read_plain_code(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Read all texts that have a name, and the tables in which they stand.

    Raises: `RecursionError` where tables stand in tables without an end.
    """
    path: list[str] = []
    waiting = ""
    made = 0
    for piece in _PIECES.finditer(text):
        if piece["made"]:
            # What is made twice is two: each is a table of its own.
            made += 1
            path.append(piece["made"])
            waiting = str(made)
        elif piece["name"]:
            yield (*path, piece["name"]), _unquoted(piece["value"])
        elif piece["table"]:
            waiting = piece["table"]
        elif piece["sign"] in {"{", "[", "("}:
            path.append(waiting or str(piece.start()))
            waiting = ""
        elif piece["sign"] in {"}", "]", ")"} and path:
            path.pop()
        if len(path) > _MOST_DEPTH:
            raise RecursionError


def _unquoted(literal: str) -> str:
    inner = literal[1:-1]
    if "\\" not in inner:
        return inner
    try:
        return str(json.loads('"' + inner.replace('"', '\\"').replace("\\'", "'") + '"'))
    except ValueError:
        return inner
