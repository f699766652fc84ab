"""Style sheets and scripts, served from a table made at start.

A file is found by its exact name in the table, so no path that a browser sends ever reaches the
file system. The address carries the file's checksum, so browsers may keep it for good.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_SUM_LENGTH = 12
_FOREVER: Final = "public, max-age=31536000, immutable"
_SERVED: Final = frozenset({".css", ".js", ".svg"})
_SVG: Final = "image/svg+xml"


@dataclass(frozen=True, slots=True)
class _Asset:
    path: Path
    media_type: str
    checksum: str


def media_type_of(name: str) -> str:
    """Give the kind of a file by its name, with its encoding where the kind may have one."""
    kind = mimetypes.guess_type(name)[0] or "text/plain"
    # Text gets its encoding from the framework; SVG is XML, which may be written in any.
    return f"{kind}; charset=utf-8" if kind == _SVG else kind


def packaged(package: str, folder: str) -> Path:
    """Give the path of a folder that is shipped inside a package."""
    with as_file(files(package) / folder) as path:
        return path


class Assets:
    """The static files of one website."""

    def __init__(self, folders: Iterable[Path]) -> None:
        """Take all served files below the folders; an earlier folder wins."""
        self._table: dict[str, _Asset] = {}
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                if path.suffix in _SERVED:
                    self._table.setdefault(path.relative_to(folder).as_posix(), _read(path))

    def address_of(self, name: str) -> str:
        """Give the address under which a file is served. Raises: KeyError where there is none."""
        return f"/static/{name}?{self._table[name].checksum}"

    def route(self) -> Route:
        """Give the route that serves them."""
        return Route("/static/{name:path}", self._serve)

    async def _serve(self, request: Request) -> Response:
        asset = self._table.get(request.path_params["name"])
        if asset is None:
            raise HTTPException(404)
        kept = {"cache-control": _FOREVER, "vary": "accept-encoding"}
        if "gzip" not in request.headers.get("accept-encoding", ""):
            body = await run_in_threadpool(asset.path.read_bytes)
            return Response(body, media_type=asset.media_type, headers=kept)
        # Files that everybody gets alike may be squeezed; pages hold tokens and are not, because
        # the length of what is squeezed tells of what stands in it (BREACH).
        squeezed = await run_in_threadpool(_squeezed, asset.path)
        kept["content-encoding"] = "gzip"
        return Response(squeezed, media_type=asset.media_type, headers=kept)


@cache
def _squeezed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)


def _read(path: Path) -> _Asset:
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()[:_SUM_LENGTH]
    return _Asset(path, media_type_of(path.name), checksum)
