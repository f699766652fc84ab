"""The part of YAML in which settings are written: mappings, lists, texts in and without quotes.

Everything is a text: an API key of digits is no number. Anchors, tags and collections in braces
are not read; what stands there counts as one text.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_LINE: Final = re.compile(r"(?P<indent> *)(?P<rest>\S.*)")
_PAIR: Final = re.compile(
    r"""(?P<name>"[^"]*"|'[^']*'|[^\s"'#\[\]{},&*!|>%@`-][^:#]*|-[^\s:][^:#]*)"""
    r"""\s*:(?:\s+(?P<value>.*)|\s*)$"""
)
_BLOCK: Final = re.compile(r"[|>][+-]?\d?$")
_COMMENT: Final = re.compile(r"\s#.*$")


@dataclass(frozen=True, slots=True)
class _Row:
    indent: int
    rest: str
    number: int


class _Rows:
    """The lines that say something, one after the other; `raw` has all of them."""

    def __init__(self, text: str) -> None:
        self.raw = text.splitlines()
        self.place = 0

    def peek(self) -> _Row | None:
        while self.place < len(self.raw):
            found = _LINE.fullmatch(self.raw[self.place].rstrip())
            if found and not found["rest"].startswith(("#", "---", "...", "%")):
                return _Row(len(found["indent"]), found["rest"], self.place + 1)
            if found is None and self.raw[self.place].strip():
                raise _fault(self.place + 1)
            self.place += 1
        return None

    def block(self, indent: int) -> str:
        """Take the lines of a text of several lines, which are further in than this."""
        taken: list[str] = []
        while self.place < len(self.raw):
            line = self.raw[self.place]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
                break
            taken.append(line)
            self.place += 1
        least = min((len(it) - len(it.lstrip(" ")) for it in taken if it.strip()), default=0)
        return "\n".join(it[least:] for it in taken).strip("\n") + "\n"


def read_plain_yaml(text: str) -> list[tuple[tuple[str, ...], str]]:
    """Read all texts and where they stand. Raises: `ValueError` with `lineno`."""
    rows = _Rows(text)
    told = list(_node(rows, (), -1))
    left = rows.peek()
    if left is not None:
        raise _fault(left.number)
    return told


def _node(rows: _Rows, path: tuple[str, ...], above: int) -> Iterator[tuple[tuple[str, ...], str]]:
    """Read what is further in than `above`: a mapping or a list, until it ends."""
    first = rows.peek()
    if first is None or first.indent <= above:
        return
    count, is_list = 0, _is_item(first)
    while (row := rows.peek()) is not None and row.indent == first.indent:
        if _is_item(row) is not is_list:
            # A list may stand as far in as the name it belongs to; here the next name follows.
            return
        if is_list:
            yield from _item(rows, row, (*path, str(count)))
            count += 1
        else:
            yield from _pair(rows, row, path)
    if row is not None and row.indent > first.indent:
        raise _fault(row.number)


def _is_item(row: _Row) -> bool:
    return row.rest == "-" or row.rest.startswith("- ")


def _item(rows: _Rows, row: _Row, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    rest = row.rest[1:].lstrip()
    inner = row.indent + len(row.rest) - len(rest)
    if not rest:
        rows.place += 1
        yield from _node(rows, path, row.indent)
    elif _PAIR.fullmatch(rest):
        # A mapping that begins on the line of its dash: read as if it stood below.
        rows.raw[rows.place] = " " * inner + rest
        yield from _node(rows, path, row.indent)
    else:
        rows.place += 1
        yield path, _scalar(rest, row.number)


def _pair(rows: _Rows, row: _Row, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    found = _PAIR.fullmatch(row.rest)
    if found is None:
        raise _fault(row.number)
    rows.place += 1
    name = (*path, found["name"].strip().strip("\"'"))
    value = _COMMENT.sub("", " " + (found["value"] or "")).strip()
    if value.startswith(('"', "'")):
        value = (found["value"] or "").strip()
    if _BLOCK.fullmatch(value):
        yield name, rows.block(row.indent)
    elif value:
        yield name, _scalar(value, row.number)
    else:
        below = rows.peek()
        is_list = below is not None and below.indent == row.indent and _is_item(below)
        yield from _node(rows, name, row.indent - 1 if is_list else row.indent)


def _scalar(text: str, number: int) -> str:
    if text.startswith('"'):
        try:
            told, _ = json.JSONDecoder().raw_decode(text)
        except ValueError:
            raise _fault(number) from None
        return str(told)
    if text.startswith("'"):
        found = re.match(r"'((?:[^']|'')*)'", text)
        if found is None:
            raise _fault(number)
        return found[1].replace("''", "'")
    return _COMMENT.sub("", text).strip()


def _fault(number: int) -> ValueError:
    fault = ValueError("not read as settings")
    fault.lineno = number  # type: ignore[attr-defined]  # as the reader of JSON tells it
    return fault
