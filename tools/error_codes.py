"""Collect every error code of the product: from the code that raises and from the cards' tables.

Reads syntax trees, so that nothing has to run. A code is the first argument of an error family,
written there, in a constant, in a table of constants, or handed to a small function that raises
for its caller. What cannot be told from the text is left out here and caught by `appears_in`.
"""

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ROOT_FAMILY: Final = "DrawbridgeError"
# Values of pure code that carry a code to the edge, where it becomes an error.
_CARRIERS: Final = frozenset({"Refused"})


@dataclass(frozen=True, slots=True)
class _Source:
    path: Path
    syntax: ast.Module
    constants: Mapping[str, frozenset[str]]


def collect_codes(source: Path) -> dict[str, frozenset[str]]:
    """Give every code with the names of the families (or carriers) it is raised in."""
    sources = tuple(_read(path) for path in sorted(source.rglob("*.py")))
    families = read_families(sources) | _CARRIERS
    codes: defaultdict[str, set[str]] = defaultdict(set)
    for read in sources:
        for code, family in _raised(read, families):
            codes[code].add(family)
    for code, family in _tabled(source):
        codes[code].add(family)
    return {code: frozenset(found) for code, found in sorted(codes.items())}


def appears_in(source: Path, code: str) -> bool:
    """Tell whether a code stands anywhere in the product as a text of its own."""
    quoted = (f'"{code}"', f"'{code}'")
    wording = source / "drawbridge/wording/locales"
    return any(
        any(text in path.read_text(encoding="utf-8") for text in quoted)
        for path in source.rglob("*")
        if path.suffix in {".py", ".toml"} and not path.is_relative_to(wording)
    )


def read_families(sources: tuple[_Source, ...]) -> frozenset[str]:
    """Give the names of the error classes: the root and all that inherit from it."""
    bases: dict[str, set[str]] = {}
    for read in sources:
        for node in ast.walk(read.syntax):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {_called(base) for base in node.bases}
    families = {_ROOT_FAMILY}
    while more := {name for name, of in bases.items() if of & families} - families:
        families |= more
    return frozenset(families)


def _read(path: Path) -> _Source:
    syntax = ast.parse(path.read_text(encoding="utf-8"), str(path))
    constants: dict[str, frozenset[str]] = {}
    for node in syntax.body:
        if isinstance(node, ast.AnnAssign | ast.Assign) and node.value is not None:
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            constants[_called(target)] = frozenset(_texts(node.value))
    return _Source(path, syntax, constants)


def _texts(value: ast.expr) -> Iterator[str]:
    """Give the text of a constant, or the texts among the values of a table of constants."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.Dict):
        for item in value.values:
            if isinstance(item, ast.Constant) and isinstance(item.value, str):
                yield item.value


def _raised(read: _Source, families: frozenset[str]) -> Iterator[tuple[str, str]]:
    for call, family in _calls(read.syntax, families):
        if call.args:
            for code in _resolved(read, call.args[0]):
                yield code, family
    wrappers = dict(_wrappers(read, families))
    for call, name in _calls(read.syntax, frozenset(wrappers)):
        position, family = wrappers[name]
        # A method's own `self` stands before the arguments that its caller writes.
        for place in {position, position - 1} & set(range(len(call.args))):
            codes = _resolved(read, call.args[place])
            yield from ((code, family) for code in codes if _is_code(code))


def _wrappers(read: _Source, families: frozenset[str]) -> Iterator[tuple[str, tuple[int, str]]]:
    """Give the functions that raise a code of their caller's, with the place of that argument."""
    for function in ast.walk(read.syntax):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        names = [argument.arg for argument in function.args.args]
        for call, family in _calls(function, families):
            argument = call.args[0] if call.args else None
            if isinstance(argument, ast.Name) and argument.id in names:
                yield function.name, (names.index(argument.id), family)


def _calls(node: ast.AST, names: frozenset[str]) -> Iterator[tuple[ast.Call, str]]:
    for found in ast.walk(node):
        if isinstance(found, ast.Call) and _called(found.func) in names:
            yield found, _called(found.func)


def _resolved(read: _Source, argument: ast.expr) -> frozenset[str]:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return frozenset({argument.value})
    if isinstance(argument, ast.Name):
        return read.constants.get(argument.id, frozenset())
    if isinstance(argument, ast.IfExp):
        return _resolved(read, argument.body) | _resolved(read, argument.orelse)
    if isinstance(argument, ast.Subscript):
        return _resolved(read, argument.value)
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
