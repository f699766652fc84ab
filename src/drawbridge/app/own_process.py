"""The process in which people's own strategies decide: `python -m drawbridge.app.own_process DIR`.

It holds nothing: no secret, no database, no environment but a path. What it is asked comes as
lines of JSON on standard input, and what it answers leaves on standard output, which is taken away
from the strategies first, so that what they print disturbs nothing.

Shape: requests are {"strategy"} → {"parameters", "places_orders"}; {"strategy", "settings",
"reach": true} → {"reach"}; {"strategy", "settings", "candles"} → {"said"} or {"view"}; {"view",
"at", "held"} → {"said"}. A refusal is {"code", "facts"}.
"""

import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from drawbridge.core.errors import BadInput, DrawbridgeError
from drawbridge.robots.columns import COLUMNS, CandleColumns
from drawbridge.robots.own.loading import own_strategies_in
from drawbridge.robots.own.making import Said, read_word
from drawbridge.robots.own.trouble import Telling, told
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.strategy import Held, Settings, Strategy

READY: Final = b"ready\n"
_MOST_VIEWS: Final = 1024
_LOOK_EVERY_S: Final = 1.0
_MEMORY_BYTES: Final = 4 << 30


@dataclass(slots=True)
class OwnDesk:
    """Answers requests one after the other. It keeps the newest views, which are asked again."""

    _views: OrderedDict[int, tuple[Strategy, Settings, Any]] = field(default_factory=OrderedDict)
    _count: int = 0

    def answer(self, line: bytes) -> bytes:
        """Answer a line with a line; whatever goes wrong in own code is an answer as well."""
        try:
            found: Mapping[str, Any] = self._answer(orjson.loads(line))
        except DrawbridgeError as error:
            found = {"code": error.code, "facts": error.facts}
        except Exception as error:  # noqa: BLE001  the rim: a stranger's program may raise anything
            facts = {"field": "file", "candle": 0, "line": 0, "told": told(error)}
            found = {"code": "own_failed", "facts": facts}
        return orjson.dumps(found, default=str) + b"\n"

    def _answer(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        if "view" in asked:
            return {"said": self._decide(asked["view"], asked["at"], Held(*asked["held"]))}
        strategy = get_strategy(asked["strategy"])
        if "settings" not in asked:
            parameters = [asdict(it) for it in strategy.parameters]
            return {"parameters": parameters, "places_orders": strategy.orders is not None}
        settings = strategy.read_settings(asked["settings"])
        if "reach" in asked:
            return {"reach": strategy.reach(settings)}
        return self._look(strategy, settings, _candles(asked["candles"]))

    def _look(
        self, strategy: Strategy, settings: Settings, candles: CandleColumns
    ) -> dict[str, Any]:
        seen = strategy.look(candles, settings)
        if isinstance(seen, Said):
            return {"said": seen.said.tolist()}
        self._count += 1
        self._views[self._count] = (strategy, settings, seen)
        if len(self._views) > _MOST_VIEWS:
            self._views.popitem(last=False)
        return {"view": self._count}

    def _decide(self, view: int, at: int, held: Held) -> int:
        if view not in self._views:
            raise BadInput("own_view_gone", field="file")
        strategy, settings, seen = self._views[view]
        if strategy.decide is None:
            raise BadInput("own_order_strategy_not_here", field="strategy", strategy=strategy.id)
        with Telling("", [at]):
            return read_word(strategy.decide(seen, at, settings, held), at)


def _candles(columns: Mapping[str, list[float]]) -> CandleColumns:
    import numpy as np  # noqa: PLC0415  heavy: loaded when somebody looks at prices

    times = np.array(columns[COLUMNS[0]], dtype=np.int64)
    return CandleColumns(times, *(np.array(columns[it], dtype=np.float64) for it in COLUMNS[1:]))


def serve(folder: Path, asked: BinaryIO, answers: BinaryIO) -> None:
    """Answer until there is nothing more to read: whoever asked has gone."""
    desk = OwnDesk()
    answers.write(READY)
    answers.flush()
    with own_strategies_in(folder):
        for line in asked:
            answers.write(desk.answer(line))
            answers.flush()


def _end_with(parent: int) -> None:
    """End when the process that asks has gone, even if a strategy never comes back."""
    waiting = threading.Event()
    while os.getppid() == parent:
        waiting.wait(_LOOK_EVERY_S)
    os._exit(0)


def _bound_memory() -> None:
    """Let a strategy that eats memory end this process and not the machine."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  not everywhere

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(arguments: list[str]) -> int:
    """Serve until the pipe ends."""
    # The pipe is kept under a number of its own; prints of a strategy go nowhere.
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    asked = os.fdopen(os.dup(0), "rb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _bound_memory()
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    import talib  # noqa: F401, PLC0415  loaded before the first decision, which has a time limit

    serve(Path(arguments[0]), asked, answers)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
