"""How keys come out of a file, step by step: read, show, add, see them checked, write the copy."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drawbridge.app.build import House
from drawbridge.core.errors import BadInput, Conflict, DrawbridgeError
from drawbridge.entrypoints.cli.checks import see_check
from drawbridge.entrypoints.cli.house import has_gateway, looks, vault_status
from drawbridge.entrypoints.cli.output import (
    or_dash,
    print_hint,
    print_json,
    print_line,
    print_table,
)
from drawbridge.entrypoints.cli.typing_in import confirm
from drawbridge.entrypoints.cli.virtual_key_words import asked_code
from drawbridge.entrypoints.cli.virtual_key_words import told as told_virtual
from drawbridge.importing.service import Brought, Look, Rewritten, Seen
from drawbridge.importing.texts import MOST_BYTES
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.vault.unlock import VaultStatus
from drawbridge.virtual_keys.wishes import Wish
from drawbridge.wording.say import say, say_error

_OWNER_ONLY: Final = 0o600
_COLUMNS: Final = ("exchange", "key", "program", "place", "line", "state")
_UNDER_WAY: Final = frozenset({KeyStatus.UNVERIFIED, KeyStatus.CHECKING})
_LONGEST_S: Final = 90


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for: a file, and how its keys are to be brought in."""

    file: Path
    exchange: str
    venue: str
    proof: str
    wait: bool


class Steps:
    """One file on its way in."""

    def __init__(self, house: House, owner: str, wanted: Wanted, *, as_json: bool) -> None:
        """Join the parts."""
        self._house = house
        self._owner = owner
        self._wanted = wanted
        self._as_json = as_json
        self._copy: Path | None = None
        self._handle: int | None = None

    @contextmanager
    def kept_place(self, path: Path | None) -> Iterator[None]:
        """Keep the place of the copy free from the start, and leave nothing if there is none.

        Why: a virtual key is shown once; it must not be made and then find nowhere to stand.
        Raises: `Conflict("import_copy_exists")`, `BadInput("import_copy_failed")`.
        """
        if path is None:
            yield
            return
        self._copy = path
        try:
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        except FileExistsError:
            raise Conflict("import_copy_exists", field="--copy", path=str(path)) from None
        except OSError as error:
            why = error.strerror or ""
            raise BadInput("import_copy_failed", field="--copy", path=str(path), why=why) from None
        try:
            yield
        finally:
            os.close(self._handle)
            if path.stat().st_size == 0:
                path.unlink()

    async def show(self) -> int:
        """Show what the file holds."""
        look = await self._look()
        if self._as_json:
            print_json({"repaired": look.document.repaired, "found": list(map(_told, look.seen))})
        else:
            _print_look(look)
        return 0

    async def bring_in(self, wish: Wish | None, *, yes: bool) -> int:
        """Bring in what is new, and write a copy where there is a wish for its virtual keys."""
        look = await self._look()
        if not self._as_json:
            _print_look(look)
        new = [it for it in look.seen if it.is_new]
        if new:
            confirm(say("cli.import.sure", count=len(new)), yes=yes)
        elif not self._as_json:
            print_hint(say("cli.import.nothing_new"))
        seen, wanted = look.seen, self._wanted
        brought = await self._house.importing.add(
            self._owner, seen, wanted.venue, proof=wanted.proof
        )
        code = await self._see(brought)
        rewritten = None
        if wish is not None:
            rewritten = await self._rewritten(wish)
        if self._as_json:
            keys = [await self._told_brought(it) for it in brought]
            copy = _told_copy(self._copy, rewritten) if rewritten else None
            print_json({"repaired": look.document.repaired, "keys": keys, "copy": copy})
        return code

    async def _look(self) -> Look:
        raw = _read_file(self._wanted.file)
        name = self._wanted.file.name
        return await self._house.importing.look(self._owner, raw, name, self._wanted.exchange)

    async def _see(self, brought: tuple[Brought, ...]) -> int:
        """Follow the checks of what was added; give the exit code of the first that went wrong."""
        codes = []
        for it in brought:
            if it.problem is not None:
                codes.append(it.problem.exit_code)
                if not self._as_json:
                    print_hint(f"{it.seen.found.place}: {say_error(it.problem)}")
            elif it.added is not None and not self._as_json:
                codes.append(
                    await see_check(
                        self._house, it.added.key, wait=self._wanted.wait, as_json=False
                    )
                )
            elif it.added is not None and self._wanted.wait:
                await self._wait(it.added.key)
        return next((code for code in codes if code), 0)

    async def _wait(self, key: KeyRecord) -> None:
        is_open = await vault_status(self._house) is VaultStatus.OPEN
        if not (is_open and await has_gateway(self._house)):
            return
        async for _ in looks(self._house, _LONGEST_S):
            found = await self._house.vault.get_record(key.id)
            if found.status not in _UNDER_WAY:
                return

    async def _rewritten(self, wish: Wish) -> Rewritten:
        # Read anew: what was brought in just now is theirs from now on.
        look = await self._look()
        code = await asked_code(self._house, self._owner)
        settings = self._house.settings
        rewritten = await self._house.importing.rewrite(
            self._owner, look, wish, settings.proxy_url, code=code
        )
        if self._handle is not None:
            os.write(self._handle, rewritten.copy.text.encode())
        if not self._as_json and self._copy is not None:
            print_line(say("cli.import.copied", path=str(self._copy)))
            for it in rewritten.copy.by_hand:
                print_line(say("cli.import.by_hand", place=it.found.place, address=it.base))
        return rewritten

    async def _told_brought(self, brought: Brought) -> dict[str, object]:
        key = brought.seen.mine
        if brought.added is not None:
            key = await self._house.vault.get_record(brought.added.key.id)
        told = {
            "id": key.id if key else None,
            "label": key.label if key else None,
            "status": key.status if key else None,
            "added": brought.added is not None,
            "problem": _told_problem(brought.problem),
        }
        return {**_told(brought.seen), **told}


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError:
        raise BadInput("import_no_file", field="file", path=str(path)) from None


def _print_look(look: Look) -> None:
    if look.document.repaired:
        print_hint(say("cli.import.repaired", count=look.document.repaired))
    columns = [say(f"cli.import.column.{name}") for name in _COLUMNS]
    print_table(columns, list(map(_row, look.seen)))


def _row(seen: Seen) -> list[str]:
    found = seen.found
    return [
        or_dash(found.exchange),
        or_dash(found.shown if found.key else ""),
        say(f"importing.program.{found.program.value}"),
        found.place,
        str(found.line),
        say(f"importing.state.{_state(seen)}"),
    ]


def _state(seen: Seen) -> str:
    if seen.mine is not None:
        return "mine"
    return "problem" if seen.found.problem else "new"


def _told(seen: Seen) -> dict[str, object]:
    found = seen.found
    return {
        "exchange": found.exchange or None,
        "program": found.program,
        "key": found.shown if found.key else None,
        "place": found.place,
        "line": found.line,
        "state": _state(seen),
        "problem": _told_problem(found.problem),
    }


def _told_problem(problem: DrawbridgeError | None) -> dict[str, object] | None:
    if problem is None:
        return None
    return {"code": problem.code, "message": say_error(problem), "facts": problem.facts}


def _told_copy(path: Path | None, rewritten: Rewritten) -> dict[str, object]:
    return {
        "path": path,
        "virtual_keys": [told_virtual(it.virtual, None) for it in rewritten.made],
        "by_hand": [{"place": it.found.place, "address": it.base} for it in rewritten.copy.by_hand],
    }
