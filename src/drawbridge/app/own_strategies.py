"""People's own strategies as robots use them: decided in a process of their own, without secrets.

This process holds the vault's key, so a person's code never runs in it. `strategy` gives a
`Strategy` like any other, whose functions ask the other process and wait a bounded time; the
runner lets the long part (looking at all candles) happen in a thread. A process that dies or is
silent is ended and started again when the next question comes; its trouble is told as an error,
which pauses the robot that asked.
"""

import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from drawbridge.app.own_process import READY
from drawbridge.app.settings import Settings as AppSettings
from drawbridge.core.errors import BadInput, ExchangeDown
from drawbridge.robots.columns import COLUMNS, CandleColumns
from drawbridge.robots.own.loading import own_strategies_by
from drawbridge.robots.own.parameters import settings_of
from drawbridge.robots.strategy import NOTHING_HELD, Held, Parameter, Settings, Strategy

FOLDER: Final = "strategies"
"""Where own strategies stand in the data folder."""

_MODULE: Final = "drawbridge.app.own_process"
_READY_WITHIN_S: Final = 30.0
# A file may import much; its decisions may not take that long.
_LOADED_WITHIN_S: Final = 10.0
_CHUNK: Final = 1 << 16
_MOST_BYTES: Final = 1 << 26


class Looked(NamedTuple):
    """What was said at each candle, or the view that the other process keeps of them.

    `process` counts how often that process was started: another one keeps other views.
    """

    said: tuple[int, ...]
    view: int = 0
    process: int = 0


class OwnStrategies:
    """Asks the process of own strategies; one question at a time, from any thread."""

    def __init__(self, folder: Path, within_s: float = 2.0) -> None:
        """Use the strategies in a folder; the process is started by the first question."""
        self._folder = folder
        self._within_s = within_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._started_times = 0
        # What this process has loaded already.
        self._loaded: set[str] = set()

    def strategy(self, strategy_id: str) -> Strategy:
        """Give an own strategy as a robot uses it.

        Raises: `BadInput`, `NotFound` as loading does; `BadInput("own_order_strategy_not_here")`,
        `BadInput("own_process_died")`, `BadInput("own_process_silent")`.
        """
        described = self._ask(strategy_id, {"strategy": strategy_id})
        if described["places_orders"]:
            raise BadInput("own_order_strategy_not_here", field="strategy", strategy=strategy_id)
        parameters = tuple(
            # JSON knows no tuples.
            Parameter(**it | {name: tuple(it[name]) for name in ("choices", "members")})
            for it in described["parameters"]
        )
        return _strategy_of(self, strategy_id, parameters)

    def decide(
        self,
        strategy_id: str,
        settings: Mapping[str, object],
        candles: CandleColumns,
        held: Held = NOTHING_HELD,
    ) -> int:
        """Decide at the newest of some candles. Raises: as `strategy`."""
        looked = self.look(strategy_id, settings, candles)
        return self.said(strategy_id, looked, len(candles) - 1, held)

    def look(
        self, strategy_id: str, settings: Mapping[str, object], candles: CandleColumns
    ) -> Looked:
        """Let a strategy look at candles. Raises: as `strategy`."""
        columns = {name: getattr(candles, name).tolist() for name in COLUMNS}
        asked = {"strategy": strategy_id, "settings": settings, "candles": columns}
        found = self._ask(strategy_id, asked)
        said, view = tuple(found.get("said", ())), found.get("view", 0)
        return Looked(said, view, self._started_times)

    def said(self, strategy_id: str, looked: Looked, at: int, held: Held) -> int:
        """Give what a strategy says at a candle.

        Raises: as `strategy`; `ExchangeDown("own_view_gone")` when the process was started anew
        meanwhile, so that it must look again.
        """
        if not looked.view:
            return looked.said[at]
        if looked.process != self._started_times:
            raise ExchangeDown("own_view_gone")
        asked = {"view": looked.view, "at": at, "held": [float(it) for it in held]}
        return int(self._ask(strategy_id, asked)["said"])

    def reach(self, strategy_id: str, settings: Mapping[str, object]) -> int:
        """Give how many candles a strategy needs. Raises: as `strategy`."""
        asked = {"strategy": strategy_id, "settings": settings, "reach": True}
        return int(self._ask(strategy_id, asked)["reach"])

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _ask(self, strategy_id: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            try:
                found = self._answered(strategy_id, asked)
            except TimeoutError:
                self._end()
                facts = {"strategy": strategy_id, "seconds": self._within_s}
                raise BadInput("own_process_silent", field="strategy", **facts) from None
            except (OSError, EOFError, ValueError):
                # Ended, or what it answers is no JSON: it cannot be told from one another.
                self._end()
                raise BadInput("own_process_died", field="strategy", strategy=strategy_id) from None
        if found.get("code") == "own_view_gone":
            raise ExchangeDown("own_view_gone")
        if "code" in found:
            raise BadInput(found["code"], **found["facts"])
        return found

    def _answered(self, strategy_id: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        process = self._started()
        if strategy_id not in self._loaded:
            described = _exchange(process, {"strategy": strategy_id}, _LOADED_WITHIN_S)
            if "code" in described:
                return described
            self._loaded.add(strategy_id)
        return _exchange(process, asked, self._within_s)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._started_times += 1
        self._loaded.clear()
        self._process = subprocess.Popen(  # noqa: S603  our own program, and a folder of settings
            # Isolated: neither the environment nor the folder it starts in adds code to it.
            [sys.executable, "-I", "-m", _MODULE, str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Nothing of this process's environment is handed on; secrets may stand in one.
            env={"PATH": os.defpath},
            start_new_session=True,
        )
        if _read_line(self._process, time.monotonic() + _READY_WITHIN_S) != READY:
            raise EOFError
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def own_strategies_of(settings: AppSettings) -> Iterator[None]:
    """Let the own strategies in the data folder be found, and decide elsewhere, for a block."""
    own = OwnStrategies(settings.data / FOLDER)
    try:
        with own_strategies_by(own.strategy):
            yield
    finally:
        own.close()


def _exchange(
    process: subprocess.Popen[bytes], asked: Mapping[str, Any], within_s: float
) -> dict[str, Any]:
    """Send a question and read the answer. Raises: TimeoutError, OSError, EOFError."""
    until_s, line = time.monotonic() + within_s, orjson.dumps(asked) + b"\n"
    if process.stdin is None:
        raise EOFError
    number, sent = process.stdin.fileno(), 0
    os.set_blocking(number, False)
    while sent < len(line):
        _wait(until_s, number, selectors.EVENT_WRITE)
        sent += os.write(number, line[sent : sent + _CHUNK])
    answer: dict[str, Any] = orjson.loads(_read_line(process, until_s))
    return answer


def _read_line(process: subprocess.Popen[bytes], until_s: float) -> bytes:
    """Read one line. Raises: TimeoutError, EOFError."""
    if process.stdout is None:
        raise EOFError
    number, found = process.stdout.fileno(), b""
    while not found.endswith(b"\n"):
        _wait(until_s, number, selectors.EVENT_READ)
        piece = os.read(number, _CHUNK)
        found += piece
        if not piece or len(found) > _MOST_BYTES:
            raise EOFError
    return found


def _wait(until_s: float, number: int, event: int) -> None:
    """Wait until a pipe can be read or written. Raises: TimeoutError."""
    left_s = until_s - time.monotonic()
    # Not select(2): in a process with many connections, numbers of files are beyond its bounds.
    with selectors.DefaultSelector() as selector:
        selector.register(number, event)
        if left_s <= 0 or not selector.select(left_s):
            raise TimeoutError


def _strategy_of(
    own: OwnStrategies, strategy_id: str, parameters: tuple[Parameter, ...]
) -> Strategy:
    """Make a strategy whose functions ask the other process."""

    def told(settings: Settings) -> dict[str, object]:
        pairs = zip(parameters, settings, strict=True)
        return {parameter.name: parameter.tell(value) for parameter, value in pairs}

    def look(candles: CandleColumns, settings: Settings) -> Looked:
        return own.look(strategy_id, told(settings), candles)

    def decide(looked: Looked, at: int, _settings: Settings, held: Held) -> int:
        return own.said(strategy_id, looked, at, held)

    def reach(settings: Settings) -> int:
        return own.reach(strategy_id, told(settings))

    return Strategy(
        id=strategy_id,
        parameters=parameters,
        settings=settings_of(parameters),
        look=look,
        reach=reach,
        decide=decide,
        compiles=False,
    )
