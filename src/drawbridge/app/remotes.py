"""Which Drawbridge the command line speaks to: this machine's, or one elsewhere.

A file in the person's own settings folder holds names, addresses and where the token of each
stands; the tokens themselves stand in files of their own, and in no setting and no argument.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from drawbridge.core.errors import BadInput, Conflict, Corrupted, Forbidden, NotFound, NotProven
from drawbridge.core.secret import Secret

HERE: Final = "here"
"""What is named instead of a remote to mean this machine."""

_AT: Final = "DRAWBRIDGE_AT"
_TOKEN_FILE: Final = "DRAWBRIDGE_TOKEN_FILE"  # noqa: S105  the name of a setting, not a token
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
_OWNER_ONLY_FOLDER, _OWNER_ONLY = 0o700, 0o600
_OTHERS: Final = 0o077
_MOST_BYTES: Final = 1 << 16
_MOST_TOKEN_BYTES: Final = 1 << 10


@dataclass(frozen=True, slots=True)
class Remote:
    """A Drawbridge elsewhere; without a name, its address was given directly."""

    name: str
    address: str
    token_file: Path | None


@dataclass(frozen=True, slots=True)
class Remotes:
    """The remotes that a person has named, and which of them is used where none is said."""

    remotes: tuple[Remote, ...] = ()
    used: str = ""

    def get(self, name: str) -> Remote:
        """Give a remote by its name. Raises: `NotFound("unknown_remote")`."""
        for remote in self.remotes:
            if remote.name == name:
                return remote
        raise NotFound("unknown_remote", name=name)

    def adding(self, remote: Remote) -> "Remotes":
        """Add a remote. Raises: `Conflict("remote_name_taken")`."""
        if any(it.name == remote.name for it in self.remotes):
            raise Conflict("remote_name_taken", field="NAME", name=remote.name)
        return replace(self, remotes=(*self.remotes, remote))

    def removing(self, name: str) -> "Remotes":
        """Take a remote out. Raises: `NotFound("unknown_remote")`."""
        gone = self.get(name)
        left = tuple(it for it in self.remotes if it is not gone)
        return Remotes(left, "" if self.used == name else self.used)

    def using(self, name: str) -> "Remotes":
        """Use a remote from now on, or this machine. Raises: `NotFound("unknown_remote")`."""
        return replace(self, used="" if name == HERE else self.get(name).name)


def read_remote_name(text: str) -> str:
    """Read the name of a new remote. Raises: `BadInput("bad_remote_name")`."""
    if not _NAME.fullmatch(text) or text == HERE:
        raise BadInput("bad_remote_name", field="NAME")
    return text


def find_remote(named: str, environment: Mapping[str, str] | None = None) -> Remote | None:
    """Give the Drawbridge to speak to; None is this machine's.

    What is named goes before DRAWBRIDGE_AT, and that before what is used from now on.
    Raises: `NotFound("unknown_remote")`, `Corrupted("remotes_unreadable")`.
    """
    given = os.environ if environment is None else environment
    wanted = (named or given.get(_AT, "")).strip()
    if wanted == HERE:
        return None
    known = read_remotes(given)
    wanted = wanted or known.used
    if not wanted:
        return None
    file = _path(given.get(_TOKEN_FILE, ""))
    if "://" not in wanted:
        found = known.get(wanted)
        return replace(found, token_file=found.token_file or file)
    for remote in known.remotes:
        if remote.address == wanted.rstrip("/"):
            return replace(remote, token_file=file or remote.token_file)
    return Remote("", wanted.rstrip("/"), file)


def mean_this_machine() -> None:
    """Let commands that this process starts speak to this machine, whatever is used otherwise."""
    os.environ[_AT] = HERE


def read_remotes(environment: Mapping[str, str] | None = None) -> Remotes:
    """Read the person's remotes. Raises: `Corrupted("remotes_unreadable")`."""
    path = remotes_file(environment)
    try:
        with path.open("rb") as file:
            told = json.loads(file.read(_MOST_BYTES))
        remotes = tuple(
            Remote(str(name), str(it["address"]), _path(str(it["token_file"] or "")))
            for name, it in told["remotes"].items()
        )
        return Remotes(remotes, str(told["used"]))
    except FileNotFoundError:
        return Remotes()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise Corrupted("remotes_unreadable", path=str(path)) from None


def write_remotes(remotes: Remotes, environment: Mapping[str, str] | None = None) -> None:
    """Keep a person's remotes, for nobody else to read."""
    told = {
        "used": remotes.used,
        "remotes": {
            it.name: {
                "address": it.address,
                "token_file": str(it.token_file) if it.token_file else None,
            }
            for it in remotes.remotes
        },
    }
    write_for_owner(remotes_file(environment), json.dumps(told, indent=2) + "\n")


def remotes_file(environment: Mapping[str, str] | None = None) -> Path:
    """Give the file in which a person's remotes stand."""
    given = os.environ if environment is None else environment
    base = given.get("XDG_CONFIG_HOME")
    folder = Path(base) if base else Path.home() / ".config"
    return folder / "drawbridge" / "remotes.json"


def own_token_file(name: str, environment: Mapping[str, str] | None = None) -> Path:
    """Give the file for the token of a remote, where its person names no other."""
    return remotes_file(environment).parent / "tokens" / name


def write_for_owner(path: Path, text: str) -> None:
    """Put a file in place of the one there was, readable by its owner alone.

    Raises: `Corrupted("remotes_not_written")`.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=_OWNER_ONLY_FOLDER)
        beside.unlink(missing_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        beside.replace(path)
    except OSError as error:
        why = error.strerror or ""
        raise Corrupted("remotes_not_written", path=str(path), why=why) from None


def read_token(remote: Remote) -> Secret:
    """Read the token of a remote, from a file that nobody else can read.

    Raises: `NotProven("remote_token_not_named")`, `NotProven("remote_token_unreadable")`,
    `Forbidden("remote_token_exposed")`, `BadInput("remote_token_none")`.
    """
    path = remote.token_file
    if path is None:
        raise NotProven("remote_token_not_named", address=remote.address)
    try:
        with path.open("rb") as file:
            # Asked of the file that is open, so that it cannot be changed in between.
            exposed = os.fstat(file.fileno()).st_mode & _OTHERS
            text = file.read(_MOST_TOKEN_BYTES).decode("ascii", "replace").strip()
    except OSError as error:
        why = error.strerror or ""
        raise NotProven("remote_token_unreadable", path=str(path), why=why) from None
    if exposed:
        raise Forbidden("remote_token_exposed", rule="token_file", path=str(path))
    if not text or not text.isprintable() or " " in text or not text.isascii():
        raise BadInput("remote_token_none", field=_TOKEN_FILE, path=str(path))
    return Secret(text)


def _path(text: str) -> Path | None:
    return Path(text).expanduser().absolute() if text else None
