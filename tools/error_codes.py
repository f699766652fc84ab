"""Collect every error code of the product: from the code that raises and from the cards' tables.

Reads syntax trees, so that nothing has to run. A code is the first argument of an error family,
written there, in a constant, in a table of constants, or handed to a small function that raises
for its caller. What cannot be told from the text is left out here and caught by `find_absent`.
"""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_QUOTED: Final = re.compile(r"(?<=[\"'])\w+(?=[\"'])")
_ROOT_FAMILY: Final = "DrawbridgeError"
# Values of pure code that carry a code to the edge, where it becomes an error.
_CARRIERS: Final = frozenset({"Refused"})


@dataclass(frozen=True, slots=True)
class _Argument:
    """What is handed over: the texts that it may be, and its name if it is a plain one."""

    texts: frozenset[str]
    name: str


@dataclass(frozen=True, slots=True)
class _Call:
    called: str
    line: int
    arguments: tuple[_Argument, ...]


@dataclass(frozen=True, slots=True)
class _Function:
    name: str
    parameters: tuple[str, ...]
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Source:
    """What of a file may raise, and its classes with their bases. No syntax: it is large."""

    calls: tuple[_Call, ...]
    functions: tuple[_Function, ...]
    bases: Mapping[str, frozenset[str]]


def collect_codes(source: Path) -> dict[str, frozenset[str]]:
    """Give every code with the names of the families (or carriers) it is raised in."""
    sources = tuple(_read(path) for path in sorted(source.rglob("*.py")))
    families = _families(sources) | _CARRIERS
    codes: defaultdict[str, set[str]] = defaultdict(set)
    for read in sources:
        for code, family in _raised(read, families):
            codes[code].add(family)
    for code, family in _tabled(source):
        codes[code].add(family)
    return {code: frozenset(found) for code, found in sorted(codes.items())}


def find_absent(source: Path, codes: Iterable[str]) -> list[str]:
    """Give the codes that stand nowhere in the product as a text of its own."""
    absent = set(codes)
    wording = source / "drawbridge/wording/locales"
    for path in source.rglob("*"):
        if path.suffix in {".py", ".toml"} and not path.is_relative_to(wording):
            absent.difference_update(_QUOTED.findall(path.read_text(encoding="utf-8")))
    return sorted(absent)


def _families(sources: tuple[_Source, ...]) -> frozenset[str]:
    """Give the names of the error classes: the root and all that inherit from it."""
    bases = {name: of for read in sources for name, of in read.bases.items()}
    families = {_ROOT_FAMILY}
    while more := {name for name, of in bases.items() if of & families} - families:
        families |= more
    return frozenset(families)


def _read(path: Path) -> _Source:
    syntax = ast.parse(path.read_text(encoding="utf-8"), str(path))
    constants: dict[str, frozenset[str]] = {}
    for statement in syntax.body:
        if isinstance(statement, ast.Assign):
            constants[_called(statement.targets[0])] = frozenset(_texts(statement.value))
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            constants[_called(statement.target)] = frozenset(_texts(statement.value))
    calls, functions, bases = [], [], {}
    for node in ast.walk(syntax):
        if isinstance(node, ast.Call) and node.args:
            arguments = tuple(_argument(it, constants) for it in node.args)
            calls.append(_Call(_called(node.func), node.lineno, arguments))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = tuple(argument.arg for argument in node.args.args)
            last = node.end_lineno or node.lineno
            functions.append(_Function(node.name, names, node.lineno, last))
        elif isinstance(node, ast.ClassDef):
            bases[node.name] = frozenset(_called(base) for base in node.bases)
    return _Source(tuple(calls), tuple(functions), bases)


def _argument(node: ast.expr, constants: Mapping[str, frozenset[str]]) -> _Argument:
    return _Argument(_resolved(node, constants), node.id if isinstance(node, ast.Name) else "")


def _texts(value: ast.expr) -> Iterator[str]:
    """Give the text of a constant, or the texts among the values of a table of constants."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.Dict):
        for item in value.values:
            if isinstance(item, ast.Constant) and isinstance(item.value, str):
                yield item.value


def _raised(read: _Source, families: frozenset[str]) -> Iterator[tuple[str, str]]:
    raising = [call for call in read.calls if call.called in families]
    for call in raising:
        for code in call.arguments[0].texts:
            yield code, call.called
    wrappers = dict(_wrappers(read.functions, raising))
    for call in read.calls:
        if call.called not in wrappers:
            continue
        position, family = wrappers[call.called]
        # A method's own `self` stands before the arguments that its caller writes.
        for place in {position, position - 1} & set(range(len(call.arguments))):
            codes = call.arguments[place].texts
            yield from ((code, family) for code in codes if _is_code(code))


def _wrappers(
    functions: Iterable[_Function], raising: Iterable[_Call]
) -> Iterator[tuple[str, tuple[int, str]]]:
    """Give the functions that raise a code of their caller's, with the place of that argument."""
    handed_on = [(call, call.arguments[0].name) for call in raising if call.arguments[0].name]
    for function in functions:
        for call, name in handed_on:
            if function.first <= call.line <= function.last and name in function.parameters:
                yield function.name, (function.parameters.index(name), call.called)


def _resolved(node: ast.expr, constants: Mapping[str, frozenset[str]]) -> frozenset[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return frozenset({node.value})
    if isinstance(node, ast.Name):
        return constants.get(node.id, frozenset())
    if isinstance(node, ast.IfExp):
        return _resolved(node.body, constants) | _resolved(node.orelse, constants)
    if isinstance(node, ast.Subscript):
        return _resolved(node.value, constants)
    return frozenset()


def _is_code(text: str) -> bool:
    return text.isidentifier() and text.islower()


def _called(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return ""


def _tabled(source: Path) -> Iterator[tuple[str, str]]:
    """Give the reasons that exchanges' error tables read to, with their families' names."""
    families = _family_words(source)
    for table in sorted((source / "drawbridge/exchanges").glob("*/errors.toml")):
        for row in tomllib.loads(table.read_text(encoding="utf-8"))["error"]:
            yield row["reason"], families.get(row["family"], row["family"])


def _family_words(source: Path) -> dict[str, str]:
    """Read the table of `wire/errors.py` that turns a word of the error tables into a family."""
    path = source / "drawbridge/wire/errors.py"
    if not path.is_file():
        return {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.AnnAssign)
            and _called(node.target) == "FAMILIES"
            and isinstance(node.value, ast.Dict)
        ):
            return {
                str(key.value): _called(value)
                for key, value in zip(node.value.keys, node.value.values, strict=True)
                if isinstance(key, ast.Constant)
            }
    return {}
