"""A file of settings: the same names as in the environment, in TOML, for all roles of processes.

What stands in the environment goes before it. No secret belongs into it; those have files of
their own.
"""

import stat
import tomllib
from collections.abc import Collection, Mapping
from contextvars import ContextVar
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from drawbridge.core.errors import BadInput, Forbidden, NotFound

CONFIG: Final = "DRAWBRIDGE_CONFIG"
"""The variable that names the file."""

_LARGEST_BYTES: Final = 64 * 1024
_MOST_NEAR: Final = 3
_NAMED: ContextVar[Path | None] = ContextVar("config", default=None)


def name_file(path: Path | None) -> None:
    """Take the file that was named for this command; it goes before the environment's."""
    _NAMED.set(None if path is None else path.expanduser().absolute())


def named_file() -> Path | None:
    """Give the file that was named for this command."""
    return _NAMED.get()


def find_file(given: Mapping[str, str]) -> Path | None:
    """Give the file of settings, None where there is none."""
    text = given.get(CONFIG, "")
    return named_file() or (Path(text).expanduser().absolute() if text else None)


def settings_in(path: Path, known: Collection[str]) -> dict[str, str]:
    """Read a file of settings; each as it would stand in the environment.

    Raises: `NotFound("config_missing")`, `BadInput("config_unreadable")`,
    `BadInput("config_unknown_name")` with the nearest names, `BadInput("config_bad_value")`,
    `Forbidden("config_open_to_others")`.
    """
    try:
        table = tomllib.loads(_text_of(path))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        told = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "UTF-8"
        raise BadInput("config_unreadable", field=CONFIG, path=str(path), told=told) from None
    for name in table:
        if name not in known:
            near = get_close_matches(name.upper(), known, _MOST_NEAR, 0.5) or sorted(known)
            raise BadInput("config_unknown_name", field=name, path=str(path), known=near)
    return {name: _text_for(name, value, path) for name, value in table.items()}


def _text_of(path: Path) -> str:
    try:
        # Whoever may write here leads our secrets to a keeper or a server of their own.
        if path.stat().st_mode & stat.S_IWOTH:
            raise Forbidden("config_open_to_others", rule="config_mode", path=str(path))
        with path.open("rb") as file:
            return file.read(_LARGEST_BYTES).decode()
    except FileNotFoundError:
        raise NotFound("config_missing", field=CONFIG, path=str(path)) from None
    except OSError as error:
        told = type(error).__name__
        raise BadInput("config_unreadable", field=CONFIG, path=str(path), told=told) from None


def _text_for(name: str, value: object, path: Path) -> str:
    match value:
        case str():
            return value
        case bool():
            pass
        case int():
            return str(value)
        case list() if all(isinstance(piece, str) for piece in value):
            return ",".join(value)
    raise BadInput("config_bad_value", field=name, path=str(path))
