"""Plant a violation in a tree of its own, to show that a check bites."""

from pathlib import Path

from tests.architecture.tree import Check, Tree, read_tree


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
