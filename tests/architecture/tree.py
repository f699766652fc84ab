"""Source files as the architecture's checks read them: text, syntax tree, and imported names.

A check is a function from a `Tree` to findings, so that every check can be shown to bite on a
planted violation in a temporary folder. No check stands here.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One place where a rule of the house is broken."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        """Write it the way compilers do, so that editors can jump there."""
        return f"{self.path}:{self.line}: {self.what}"


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file; `path` is relative to the tree's root, with slashes.

    `nodes` are all nodes of its syntax, outer ones first: walked once, looked at by every check.
    """

    path: str
    text: str
    syntax: ast.Module
    nodes: tuple[ast.AST, ...]
    imported: Mapping[str, str] = field(default_factory=dict)

    def qualified(self, node: ast.expr) -> str:
        """Give the full dotted name of an expression, as far as imports tell; else ''.

        Shape: after `from datetime import datetime as dt`, `dt.now` is `datetime.datetime.now`.
        """
        if isinstance(node, ast.Name):
            return self.imported.get(node.id, "")
        if isinstance(node, ast.Attribute):
            owner = self.qualified(node.value)
            return f"{owner}.{node.attr}" if owner else ""
        return ""


@dataclass(frozen=True, slots=True)
class Tree:
    """All Python files under a root."""

    root: Path
    modules: tuple[Module, ...]

    def under(self, folder: str) -> Iterator[Module]:
        """Give the modules below a folder, or the module of exactly this path."""
        for module in self.modules:
            if is_under(module.path, folder):
                yield module


Check = Callable[[Tree], Iterator[Finding]]
"""Finds where a rule of the house is broken."""


def is_under(path: str, room: str) -> bool:
    """Tell whether a path is the room's file or lies in the room's folder."""
    return path == room or path.startswith(f"{room.rstrip('/')}/")


def read_tree(root: Path) -> Tree:
    """Read and parse every Python file below a root: for small trees, as all are kept."""
    return Tree(root, tuple(read_modules(root)))


def read_modules(root: Path) -> Iterator[Module]:
    """Read and parse the Python files below a root, one by one."""
    for path in sorted(root.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        syntax = ast.parse(text, str(path))
        nodes = tuple(ast.walk(syntax))
        yield Module(path.relative_to(root).as_posix(), text, syntax, nodes, _imported(nodes))


def imports_of(module: Module) -> Iterator[tuple[int, str]]:
    """Give line and full name of everything a module imports, relative imports left out.

    Shape: `import a.b` gives `a.b`; `from a import b` gives `a` and `a.b`.
    """
    for node in module.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and not node.level:
            origin = node.module or ""
            yield node.lineno, origin
            for alias in node.names:
                yield node.lineno, f"{origin}.{alias.name}"


def _imported(nodes: tuple[ast.AST, ...]) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                names[bound] = alias.name if alias.asname else bound
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names
