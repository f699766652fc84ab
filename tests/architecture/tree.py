"""Source files as the architecture's checks read them: text, syntax tree, and imported names.

A check is a function from a `Tree` to findings, so that every check can be shown to bite on a
planted violation in a temporary folder. No check stands here.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
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
    """One Python file; `path` is relative to the tree's root, with slashes."""

    path: str
    text: str
    syntax: ast.Module
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


def is_under(path: str, room: str) -> bool:
    """Tell whether a path is the room's file or lies in the room's folder."""
    return path == room or path.startswith(f"{room.rstrip('/')}/")


def read_tree(root: Path) -> Tree:
    """Read and parse every Python file below a root."""
    modules = []
    for path in sorted(root.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        syntax = ast.parse(text, str(path))
        relative = path.relative_to(root).as_posix()
        modules.append(Module(relative, text, syntax, _imported_names(syntax)))
    return Tree(root, tuple(modules))


@cache
def product() -> Tree:
    """Give the product's own tree, `src/`."""
    return read_tree(ROOT / "src")


@cache
def surroundings() -> tuple[Tree, ...]:
    """Give the trees around the product: tests, tools and benchmarks."""
    folders = (ROOT / name for name in ("tests", "tools", "benchmarks"))
    return tuple(read_tree(folder) for folder in folders if folder.is_dir())


def imports_of(module: Module) -> Iterator[tuple[int, str]]:
    """Give line and full name of everything a module imports, relative imports left out.

    Shape: `import a.b` gives `a.b`; `from a import b` gives `a` and `a.b`.
    """
    for node in ast.walk(module.syntax):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and not node.level:
            origin = node.module or ""
            yield node.lineno, origin
            for alias in node.names:
                yield node.lineno, f"{origin}.{alias.name}"


def _imported_names(syntax: ast.Module) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in ast.walk(syntax):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                names[bound] = alias.name if alias.asname else bound
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names
