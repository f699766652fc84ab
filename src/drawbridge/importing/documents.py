"""A settings file as its texts and where each stands, whatever it is written in.

Shape: a path is the names from the outside in; places in lists count from 0.
"""

import csv
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Final, TypeAlias

from drawbridge.core.errors import BadInput
from drawbridge.importing.lenient_json import read_lenient_json
from drawbridge.importing.plain_code import read_plain_code
from drawbridge.importing.plain_yaml import read_plain_yaml
from drawbridge.importing.texts import read_text

Path: TypeAlias = tuple[str, ...]
Leaf: TypeAlias = tuple[Path, str]

_MOST_LEAVES: Final = 50_000
_MOST_DEPTH: Final = 40
_ASSIGNED: Final = re.compile(r"\s*(?:export\s+|set\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*?)\s*")
_DELIMITERS: Final = ",;\t|"


class Kind(StrEnum):
    """What a file is written in."""

    JSON = "json"
    YAML = "yaml"
    TOML = "toml"
    ENV = "env"
    CSV = "csv"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read. Its repr shows none of its texts."""

    kind: Kind
    text: str = field(repr=False)
    leaves: Mapping[Path, str] = field(repr=False)
    repaired: int = 0


def read_document(raw: bytes, name: str) -> Document:
    """Read a file by its name, or by how it begins where the name does not say.

    Raises: `BadInput` `import_unreadable`, `import_too_much`, and as `read_text`.
    """
    told = read_text(raw)
    kind = _kind_of(name, told.text)
    return Document(kind, told.text, read_leaves(kind, told.text), told.repaired)


def read_leaves(kind: Kind, text: str) -> dict[Path, str]:
    """Read a text of this kind. Raises: `BadInput` `import_unreadable`, `import_too_much`."""
    try:
        found = dict(islice(_READERS[kind](text), _MOST_LEAVES + 1))
    except (ValueError, RecursionError, csv.Error) as fault:
        # The reader's own words are not told on: they may quote the line, secret and all.
        line = getattr(fault, "lineno", None) or 0
        code = "import_unreadable_line" if line else "import_unreadable"
        raise BadInput(code, field="file", kind=kind.value.upper(), line=line) from None
    if len(found) > _MOST_LEAVES:
        raise BadInput("import_too_much", field="file", most=_MOST_LEAVES)
    return found


def _kind_of(name: str, text: str) -> Kind:
    base = name.replace("\\", "/").rpartition("/")[2].lower()
    if base.startswith(".env"):
        return Kind.ENV
    known = _SUFFIXES.get(base.rpartition(".")[2]) if "." in base else None
    return known or _guessed(text)


def _guessed(text: str) -> Kind:
    if text.lstrip().startswith(("{", "[")):
        return Kind.JSON
    said = [it.strip() for it in text.splitlines() if it.strip()]
    said = [it for it in said if not it.startswith("#")]
    if said and all(_ASSIGNED.fullmatch(it) for it in said):
        return Kind.ENV
    if any("ccxt." in it for it in said):
        return Kind.CODE
    return Kind.CSV if said and any(it in said[0] for it in ",;\t") else Kind.YAML


def _read_json(text: str) -> Iterator[Leaf]:
    return _texts_of(read_lenient_json(text), ())


def _read_toml(text: str) -> Iterator[Leaf]:
    return _texts_of(tomllib.loads(text), ())


def _texts_of(node: object, path: Path) -> Iterator[Leaf]:
    if len(path) > _MOST_DEPTH:
        raise RecursionError
    inner: Iterable[tuple[object, object]] = ()
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, Mapping):
        inner = node.items()
    elif isinstance(node, list):
        inner = enumerate(node)
    for name, value in inner:
        yield from _texts_of(value, (*path, str(name)))


def _read_yaml(text: str) -> Iterator[Leaf]:
    return iter(read_plain_yaml(text))


def _read_env(text: str) -> Iterator[Leaf]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith(("#", ";", "[")):
            continue
        found = _ASSIGNED.fullmatch(line)
        if found is None:
            fault = ValueError("no assignment")
            fault.lineno = number  # type: ignore[attr-defined]  # as the reader of JSON tells it
            raise fault
        name, value = found[1], found[2]
        quote = value[:1] if value[:1] in {'"', "'"} else ""
        value = value[1:].partition(quote)[0] if quote else re.sub(r"\s#.*", "", value)
        # Two underscores part the names of nested settings.
        yield tuple(name.split("__")), value.replace("\\n", "\n") if quote == '"' else value


def _read_csv(text: str) -> Iterator[Leaf]:
    lines = [line for line in text.splitlines() if line.strip()]
    first = lines[0] if lines else ""
    delimiter = max(_DELIMITERS, key=first.count)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    header = [cell.strip() for cell in next(rows, [])]
    for number, row in enumerate(rows):
        for name, cell in zip(header, row, strict=False):
            if name:
                yield (str(number), name), cell.strip()


_READERS: Final[Mapping[Kind, Callable[[str], Iterator[Leaf]]]] = {
    Kind.JSON: _read_json,
    Kind.YAML: _read_yaml,
    Kind.TOML: _read_toml,
    Kind.ENV: _read_env,
    Kind.CSV: _read_csv,
    Kind.CODE: read_plain_code,
}
_SUFFIXES: Final[Mapping[str, Kind]] = {
    "json": Kind.JSON,
    "jsonc": Kind.JSON,
    "yml": Kind.YAML,
    "yaml": Kind.YAML,
    "toml": Kind.TOML,
    "env": Kind.ENV,
    "ini": Kind.ENV,
    "conf": Kind.ENV,
    "csv": Kind.CSV,
    "tsv": Kind.CSV,
    "py": Kind.CODE,
    "js": Kind.CODE,
    "mjs": Kind.CODE,
    "ts": Kind.CODE,
}
