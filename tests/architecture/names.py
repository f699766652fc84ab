"""Names: files, exchanges, silenced checks, and what tests may not use."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.architecture.tree import Finding, Module, Tree, imports_of, is_under

VAGUE: Final = frozenset(
    {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}
)
_TEXTS: Final = frozenset(
    {".css", ".html", ".jinja", ".js", ".py", ".sql", ".svg", ".toml", ".txt"}
)
_EXCHANGES: Final = "drawbridge/exchanges"
_VENDORED: Final = "drawbridge/entrypoints/web/static/vendor"

# A silenced check names what it silences, and says why behind it or on the line above.
_SILENCED = re.compile(
    r"#\s*(?:noqa(?P<noqa>:\s*[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*)?"
    r"|type:\s*ignore(?P<ignored>\[[a-z\-, ]+\])?)(?P<reason>.*)"
)
_REASON_LETTERS: Final = 10


def find_vague_files(tree: Tree) -> Iterator[Finding]:
    """Find files named for nothing in particular."""
    for module in tree.modules:
        stem = module.path.rpartition("/")[2].removesuffix(".py")
        if stem in VAGUE:
            yield Finding(module.path, 1, f"{stem}.py says nothing about what is in it")


def find_undescribed(tree: Tree) -> Iterator[Finding]:
    """Find modules that do not begin with what is in them."""
    for module in tree.modules:
        if not ast.get_docstring(module.syntax):
            yield Finding(module.path, 1, "a module begins with what is here and what is not")


def read_exchange_names(root: Path) -> frozenset[str]:
    """Read every exchange's id and names, former ones too, off the cards below `root`."""
    names: set[str] = set()
    for card in sorted((root / _EXCHANGES).glob("*/exchange.toml")):
        names.add(card.parent.name)
        names.update(_names_of(tomllib.loads(card.read_text(encoding="utf-8"))))
    return frozenset(name.lower() for name in names if name)


def find_exchange_names(tree: Tree) -> Iterator[Finding]:
    """Find an exchange's name in any text of the product outside the exchange's folder."""
    names = read_exchange_names(tree.root)
    if not names:
        return
    either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    # Underscores part words here: `kraken_nonce` names the exchange as well.
    pattern = re.compile(rf"(?<![a-z0-9])(?:{either})(?![a-z0-9])", re.IGNORECASE)
    for path in sorted(tree.root.rglob("*")):
        relative = path.relative_to(tree.root).as_posix()
        if path.suffix not in _TEXTS or is_under(relative, _VENDORED):
            continue
        if is_under(relative, _EXCHANGES) and relative.count("/") > _EXCHANGES.count("/") + 1:
            continue
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines() if pattern.search(text) else ()
        for number, line in enumerate(lines, 1):
            found = pattern.search(line)
            if found:
                what = f"{found[0]!r}: facts about an exchange stand in its own folder"
                yield Finding(relative, number, what)


def find_unexplained_silence(tree: Tree) -> Iterator[Finding]:
    """Find checks that are silenced wholesale or without a reason."""
    for module in tree.modules:
        for number, line in enumerate(module.text.splitlines(), 1):
            found = _SILENCED.search(line)
            if not found or _stands_in_quotes(line, found.start()):
                continue
            named = found["noqa"] or found["ignored"]
            reason = found["reason"].strip(" #:-")
            if not named:
                yield Finding(module.path, number, "silences every check; name the one")
            elif len(reason) < _REASON_LETTERS and not _comment_above(module, number):
                yield Finding(module.path, number, "silences a check without saying why")


def find_test_shortcuts(tree: Tree) -> Iterator[Finding]:
    """Find mocks, patches, skips and sleeps among the tests."""
    for module in tree.modules:
        for line, name in imports_of(module):
            if name.startswith("unittest.mock"):
                yield Finding(module.path, line, "no mocks: pass in what the code needs")
        for node in module.nodes:
            yield from _shortcut(module, node)


def _shortcut(module: Module, node: ast.AST) -> Iterator[Finding]:
    if isinstance(node, ast.arg) and node.arg == "monkeypatch":
        yield Finding(module.path, node.lineno, "no patching: pass in what the code needs")
    if not isinstance(node, ast.Attribute) or module.path == "conftest.py":
        return
    name = module.qualified(node)
    if name in {"pytest.skip", "pytest.xfail"} or re.fullmatch(
        r"pytest\.mark\.(skip|skipif|xfail)", name
    ):
        yield Finding(module.path, node.lineno, "no skipped tests")
    # Waiting for a condition is written once, in the kit, and needs a pause between two looks.
    if name in {"asyncio.sleep", "time.sleep"} and not is_under(module.path, "kit"):
        yield Finding(module.path, node.lineno, "no sleeps: wait for a condition")


def _names_of(card: dict[str, object]) -> Iterator[str]:
    for key, value in card.items():
        if key in {"name", "former", "former_names", "aliases", "names"}:
            yield from _texts(value)
        elif key == "exchange" and isinstance(value, dict):
            yield from _names_of(value)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)


def _stands_in_quotes(line: str, at: int) -> bool:
    """Tell whether the comment is one that a string talks about."""
    before = line[:at]
    return before.count('"') % 2 == 1 or before.count("`") % 2 == 1


def _comment_above(module: Module, number: int) -> bool:
    lines = module.text.splitlines()
    return number > 1 and lines[number - 2].lstrip().startswith("#")
