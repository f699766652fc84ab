"""Plant a violation in a tree of its own, to show that a check bites."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import Finding, Tree, read_tree

Check = Callable[[Tree], Iterator[Finding]]


def plant(root: Path, files: dict[str, str]) -> Tree:
    """Write the files below a root and read them as a tree."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_tree(root)


def bites(check: Check, tree: Tree) -> list[str]:
    """Give what a check finds, as sorted `path:line`."""
    return [f"{finding.path}:{finding.line}" for finding in sorted(check(tree))]


def assert_clean(check: Check, *trees: Tree) -> None:
    """Fail with every finding, one to a line."""
    found = [f"{tree.root.name}/{finding}" for tree in trees for finding in sorted(check(tree))]
    if found:
        pytest.fail("\n".join(["the house rules are broken:", *found]), pytrace=False)
