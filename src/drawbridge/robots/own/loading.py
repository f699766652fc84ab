"""A person's own strategies: a Python file with one function or class, made a `Strategy` of.

The file runs as what it is, a program with all rights of the process that loads it. So it is
loaded only where a person asked for it: within `own_strategies_in`, which the command line enters
and the process of own strategies. The gateway finds them by `own_strategies_by`, which asks that
process; the pages find none.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, partial
from inspect import isclass, isfunction, signature
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from drawbridge.core.errors import BadInput, DrawbridgeError, NotFound
from drawbridge.robots.own.making import strategy_of_class, strategy_of_function
from drawbridge.robots.own.trouble import line_of, told
from drawbridge.robots.strategy import OWN, Strategy

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_SUFFIX: Final = ".py"
Find = Callable[[str], Strategy]
_find: ContextVar[Find | None] = ContextVar("own_strategies", default=None)


@dataclass(frozen=True, slots=True)
class Own:
    """An own strategy: what runs, what its docstring says, and where it stands.

    `assumed` names the parameters whose bounds the file does not tell.
    """

    strategy: Strategy
    about: str
    path: Path
    module: ModuleType
    assumed: tuple[str, ...] = ()


@contextmanager
def own_strategies_in(folder: Path) -> Iterator[None]:
    """Let ids of own strategies be found in a folder, for the time of a block."""
    with own_strategies_by(partial(_loaded_from, folder)):
        yield


@contextmanager
def own_strategies_by(find: Find) -> Iterator[None]:
    """Let ids of own strategies be found by a function, for the time of a block."""
    token = _find.set(find)
    try:
        yield
    finally:
        _find.reset(token)


def get_own_strategy(strategy_id: str) -> Strategy:
    """Give an own strategy by its id.

    Raises: `NotFound("own_strategy_not_here")` where own strategies are not run,
    `NotFound("unknown_own_strategy")`, `BadInput` with what is wrong about the file.
    """
    find = _find.get()
    if find is None:
        raise NotFound("own_strategy_not_here", field="strategy", strategy=strategy_id)
    return find(strategy_id)


def _loaded_from(folder: Path, strategy_id: str) -> Strategy:
    name = strategy_id.removeprefix(OWN)
    path = folder / f"{name}{_SUFFIX}"
    # The pattern has neither dots nor slashes, so no name leads out of the folder.
    if not _NAME.fullmatch(name) or not path.is_file():
        known = [OWN + it.stem for it in own_files(folder)]
        raise NotFound("unknown_own_strategy", field="strategy", strategy=strategy_id, known=known)
    return load_own(path).strategy


def own_files(folder: Path) -> tuple[Path, ...]:
    """Give the files in a folder that may hold own strategies, by name."""
    if not folder.is_dir():
        return ()
    return tuple(sorted(it for it in folder.glob(f"*{_SUFFIX}") if _NAME.fullmatch(it.stem)))


def load_own(path: Path) -> Own:
    """Run a file and give the strategy in it; a file that has not changed is not run again.

    Raises: `BadInput` with what is wrong about the file, naming the line.
    """
    try:
        stat = path.stat()
    except OSError:
        raise BadInput("own_unreadable", field="file", path=str(path)) from None
    return _loaded(path.absolute(), stat.st_mtime_ns, stat.st_size)


def load_anew(path: Path) -> Own:
    """Run a file once more, with fresh globals. Raises: as `load_own`."""
    if not _NAME.fullmatch(path.stem):
        raise BadInput("own_bad_file_name", field="file", path=path.name)
    module = _run(path)
    found = [it for it in vars(module).values() if _is_strategy(it, module)]
    if not found:
        raise BadInput("own_nothing_found", field="file", path=path.name)
    if len(found) > 1:
        names = [it.__name__ for it in found]
        raise BadInput("own_several_found", field="file", path=path.name, found=names)
    make = strategy_of_class if isclass(found[0]) else strategy_of_function
    strategy, assumed = make(OWN + path.stem, found[0], getattr(module, "REACH", None))
    about = " ".join((found[0].__doc__ or "").split())
    return Own(strategy, about, path, module, assumed)


_loaded = lru_cache(maxsize=64)(lambda path, _changed_ns, _bytes: load_anew(path))


def _run(path: Path) -> ModuleType:
    """Run the file as a module of its own."""
    try:
        text = path.read_bytes()
    except OSError:
        raise BadInput("own_unreadable", field="file", path=str(path)) from None
    module = ModuleType(f"drawbridge_own_{path.stem}")
    module.__file__ = str(path)
    # Dataclasses and annotations of a module look it up there.
    sys.modules[module.__name__] = module
    try:
        # Running the person's own program is what was asked for; see the top of this file.
        exec(compile(text, str(path), "exec"), vars(module))  # noqa: S102  see the line above
    except DrawbridgeError:
        raise
    except SyntaxError as error:
        facts = {"path": path.name, "line": error.lineno or 0, "told": error.msg}
        raise BadInput("own_syntax", field="file", **facts) from None
    except ImportError as error:
        facts = {"path": path.name, "line": line_of(error, str(path)), "told": told(error)}
        raise BadInput("own_import_failed", field="file", **facts) from None
    except Exception as error:  # noqa: BLE001  the rim: a stranger's program may raise anything
        facts = {"path": path.name, "line": line_of(error, str(path)), "told": told(error)}
        raise BadInput("own_failed_to_load", field="file", **facts) from None
    return module


def _is_strategy(value: Any, module: ModuleType) -> bool:  # noqa: ANN401  anything of a module
    """Tell whether this is a function of a view, or a class that decides or places orders."""
    if getattr(value, "__module__", None) != module.__name__ or value.__name__.startswith("_"):
        return False
    if isclass(value):
        return any(callable(getattr(value, name, None)) for name in ("decide", "orders"))
    return isfunction(value) and next(iter(signature(value).parameters), "") == "view"
