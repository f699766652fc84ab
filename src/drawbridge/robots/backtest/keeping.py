"""Compiled loops kept on disk, so that what one process compiled no other compiles again.

numba keeps single functions whose whole source is one file. Ours are put together from many, and
several processes compile them at once: so each stands in a file of its own here, named by
everything that it was made of, and any change makes another name.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

_ROOM: Final = "drawbridge.robots."
_DIGEST: Final = hashlib.sha256
_MOST_FILES: Final = 200
_SUFFIX: Final = ".loop"

_folder: ContextVar[Path | None] = ContextVar("compiled_kept_in", default=None)


@contextmanager
def compiled_kept_in(folder: Path) -> Iterator[None]:
    """Keep compiled loops in a folder, for the time of a block.

    What stands in the folder is run as it is: only its owner may be able to write there.
    """
    token = _folder.set(folder)
    try:
        yield
    finally:
        _folder.reset(token)


def find_folder() -> Path | None:
    """Give the folder in which compiled loops are kept now, None where none are."""
    return _folder.get()


def origin_of(decide: Callable[..., Any]) -> str | None:
    """Name all that a loop with this step is compiled from; None for a step from elsewhere.

    Why the whole room: a step may call whatever stands in it, and a person's own file may call
    anything at all, so that nobody could tell when it has changed.
    """
    module, name = decide.__module__, decide.__qualname__
    if not module.startswith(_ROOM) or getattr(sys.modules.get(module), name, None) is not decide:
        return None
    return f"{module}.{name} {digest_of(Path(__file__).parents[1])} {sys.version}"


@cache
def digest_of(room: Path) -> str:
    """Give a digest of all source files of a room, as they were when it was first asked for."""
    digest = _DIGEST()
    for path in sorted(room.rglob("*.py")):
        text = path.read_bytes()
        digest.update(f"{path.relative_to(room)} {len(text)}\n".encode() + text)
    return digest.hexdigest()


class KeptLoops:
    """What numba asks before it compiles a loop for some types, and tells afterwards.

    Its names are numba's. Nothing here fails for the disk: what cannot be read is compiled.
    """

    def __init__(self, folder: Path, origin: str) -> None:
        """Keep the loop of this origin in a folder, for whatever types it is compiled."""
        self._folder = folder
        self._origin = origin

    def load_overload(self, sig: object, target_context: Any) -> Any:  # noqa: ANN401  numba tells no types
        """Give what was compiled for these types, None if it is not there."""
        from numba.core import compiler  # noqa: PLC0415  heavy, and an extra

        rebuild: Callable[..., Any] = compiler.CompileResult._rebuild  # noqa: SLF001  as numba does
        target_context.refresh()
        path = self._path(sig, target_context.codegen())
        try:
            kept = path.read_bytes()
        except OSError:
            return None
        digest, data = kept[: _DIGEST().digest_size], kept[_DIGEST().digest_size :]
        # A file that a crash left half written would else be run as it is.
        if _DIGEST(data).digest() != digest:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        # The folder is the person's own, as is the code that this process runs.
        parts = pickle.loads(data)  # noqa: S301  see above
        return rebuild(target_context, *parts)

    def save_overload(self, sig: object, data: Any) -> None:  # noqa: ANN401  numba tells no types
        """Keep what was compiled for these types."""
        from numba.core import serialize  # noqa: PLC0415  heavy, and an extra

        dumps: Callable[..., bytes] = serialize.dumps
        # Addresses of this process would be nonsense in another.
        if data.library.has_dynamic_globals or data.lifted:
            return
        text = dumps(data._reduce())  # noqa: SLF001  as numba does
        path = self._path(sig, data.codegen)
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            making = path.with_suffix(f".{os.getpid()}")
            making.write_bytes(_DIGEST(text).digest() + text)
            making.replace(path)
            self._forget_oldest()

    def _path(self, sig: object, codegen: Any) -> Path:  # noqa: ANN401  numba tells no types
        compiled_by = [f"{name} {version(name)}" for name in ("numba", "llvmlite")]
        made_of = (self._origin, compiled_by, codegen.magic_tuple())
        name = _DIGEST(repr((made_of, str(sig))).encode()).hexdigest()
        return self._folder / f"{name}{_SUFFIX}"

    def _forget_oldest(self) -> None:
        kept = [(path.stat().st_mtime_ns, path) for path in self._folder.glob(f"*{_SUFFIX}")]
        for _, path in sorted(kept)[:-_MOST_FILES]:
            path.unlink(missing_ok=True)
