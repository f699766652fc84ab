"""How large a thing may be: files, functions, nesting, classes.

Complexity (8), parameters (6) and line length (100) are ruff's, not counted here again.
"""

import ast
from collections.abc import Iterator

from tests.architecture.tree import Finding, Tree

FILE_LINES = 400
FUNCTION_LINES = 60
NESTING = 3
PUBLIC_METHODS = 12

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)


def find_oversized(tree: Tree) -> Iterator[Finding]:
    """Find everything that has outgrown its size."""
    for module in tree.modules:
        lines = module.text.count("\n")
        if lines > FILE_LINES:
            yield Finding(module.path, 1, f"{lines} lines; a file has at most {FILE_LINES}")
        for node in module.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from _function(module.path, node)
            elif isinstance(node, ast.ClassDef):
                yield from _class(module.path, node)


def _function(path: str, node: _Function) -> Iterator[Finding]:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if lines > FUNCTION_LINES:
        what = f"{node.name} has {lines} lines; a function has at most {FUNCTION_LINES}"
        yield Finding(path, node.lineno, what)
    nesting = max((_depth(statement) for statement in node.body), default=0)
    if nesting > NESTING:
        what = f"{node.name} nests {nesting} deep; a function nests at most {NESTING}"
        yield Finding(path, node.lineno, what)


def _class(path: str, node: ast.ClassDef) -> Iterator[Finding]:
    public = [
        member.name
        for member in node.body
        if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef)
        and not member.name.startswith("_")
    ]
    if len(public) > PUBLIC_METHODS:
        what = f"{node.name} has {len(public)} public methods, at most {PUBLIC_METHODS}"
        yield Finding(path, node.lineno, what)


def _depth(node: ast.AST) -> int:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return 0  # counted on its own
    own = 1 if isinstance(node, _BLOCKS) else 0
    below = 0
    for child in ast.iter_child_nodes(node):
        # `elif` is an If alone in the else of an If; it reads as the same level.
        elif_chain = isinstance(node, ast.If) and [child] == node.orelse
        is_elif = elif_chain and isinstance(child, ast.If)
        below = max(below, _depth(child) - (1 if is_elif else 0))
    return own + below
