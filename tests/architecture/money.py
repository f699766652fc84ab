"""No float money: floats live in backtest arrays, in statistics, and at rims that are listed.

A rim is a file that must speak floats to something that is not ours (a chart, a screen).
"""

import ast
from collections.abc import Iterator, Mapping
from typing import Final

from tests.architecture.tree import Finding, Module, Tree, is_under

FLOAT_ROOMS: Final[Mapping[str, str]] = {
    "drawbridge/app": "the event loop counts in float seconds; no money comes through here",
    "drawbridge/gateway/dialling.py": "the event loop counts in float seconds",
    "drawbridge/gateway/egress.py": "the event loop counts in float seconds",
    "drawbridge/gateway/sockets.py": "the event loop counts in float seconds",
    "drawbridge/entrypoints/edge/lines.py": "the event loop counts in float seconds",
    "drawbridge/entrypoints/front": "the event loop counts in float seconds",
    "drawbridge/entrypoints/wire_server/sockets.py": "the event loop counts in float seconds",
    "drawbridge/gateway/slots.py": "the event loop counts in float seconds",
    "drawbridge/importing/scanning.py": "how drawn a text looks, in bits; no amount is",
    "drawbridge/lab/model.py": "the share of candles that is held back",
    "drawbridge/lab/sheet.py": "charts and scores of a backtest; its figures are exact",
    "drawbridge/client": "settings are numbers in JSON; no amount is",
    "drawbridge/entrypoints/api/shapes.py": "settings and scores are numbers in JSON; no amount is",
    "drawbridge/entrypoints/web/lab_views.py": "scores of a search, as they stand on its sheet",
    "drawbridge/robots/backtest.py": "arrays of candles",
    "drawbridge/robots/backtest": "arrays of candles",
    "drawbridge/robots/candle_files": "arrays of candles",
    "drawbridge/robots/columns.py": "arrays of candles, made of exact ones at this rim",
    "drawbridge/robots/running/book.py": "the rim where prices meet guards, which compare",
    "drawbridge/robots/running/charts.py": "columns of candles, made of exact ones",
    "drawbridge/robots/running/deciding.py": "guards and signals, which compare; sizes are exact",
    "drawbridge/robots/following_stop.py": "series of prices, which are only compared",
    "drawbridge/robots/guards.py": "percentages against prices that are only compared",
    "drawbridge/robots/indicators.py": "series of prices, which are only compared",
    "drawbridge/robots/lines.py": "series of prices, which are only compared",
    "drawbridge/robots/model.py": "gains in percent and best prices, which guards compare",
    "drawbridge/robots/own": "a person's own strategies look at series, as the built-in ones do",
    "drawbridge/robots/search": "scores that settings are compared by",
    "drawbridge/robots/running/seat.py": "prices that guards compare; what is held is exact",
    "drawbridge/robots/sizes.py": "the rim where settings, which are floats, become exact",
    "drawbridge/robots/steering.py": "says which side to be on, and counts nothing exactly",
    "drawbridge/robots/strategy.py": "the shape of a strategy, which counts in indicators",
    "drawbridge/robots/strategies": "one step function for backtest and live, over indicators",
    "drawbridge/storage/postgres": "the event loop counts in float seconds",
    "drawbridge/statistics": "ratios and deviations, not amounts",
    "drawbridge/wording/language.py": "how much a browser wishes for a language",
    "drawbridge/wording/say.py": "settings of strategies are told as they were written",
}
"""Room to the reason why floats are right there."""


def find_floats(tree: Tree) -> Iterator[Finding]:
    """Find `float` and float literals outside their rooms."""
    for module in tree.modules:
        if any(is_under(module.path, room) for room in FLOAT_ROOMS):
            continue
        seconds = set(_seconds(module))
        for node in module.nodes:
            if node in seconds:
                continue
            if isinstance(node, ast.Name) and node.id == "float":
                yield Finding(module.path, node.lineno, "float: money is Decimal, time is int")
            elif isinstance(node, ast.Constant) and isinstance(node.value, float):
                what = f"{node.value}: a literal float; money is Decimal, time is int"
                yield Finding(module.path, node.lineno, what)


def _seconds(module: Module) -> Iterator[ast.AST]:
    """Give what belongs to a name that says it counts seconds, as the event loop does."""
    for node in module.nodes:
        parts: list[ast.expr | None]
        if isinstance(node, ast.Assign):
            name, parts = _name(node.targets[0]), [node.value]
        elif isinstance(node, ast.AnnAssign):
            name, parts = _name(node.target), [node.annotation, node.value]
        elif isinstance(node, ast.arg):
            name, parts = node.arg, [node.annotation]
        else:
            continue
        if name.lower().endswith("_s"):
            yield from (part for part in parts if part is not None)


def _name(target: ast.expr) -> str:
    return target.id if isinstance(target, ast.Name) else ""
