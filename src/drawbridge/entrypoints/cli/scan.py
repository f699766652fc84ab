"""The command that looks for exchange keys in files and in git's history."""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from drawbridge.entrypoints.cli.options import Data, Json, Owner
from drawbridge.entrypoints.cli.output import print_hint, print_json, print_line, print_table
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.entrypoints.cli.house import Place
    from drawbridge.importing.scanning import Leak, Mine
    from drawbridge.importing.walking import Piece

# No family of errors ends with this one: something was found, and nothing went wrong.
FOUND_EXIT_CODE: Final = 1
_COLUMNS: Final = ("file", "line", "commit", "exchange", "part", "key", "yours")
_SHORT: Final = 10


def scan(
    path: Annotated[Path, typer.Argument(metavar="PATH", help=say("cli.scan.path"))],
    *,
    history: Annotated[bool, typer.Option("--history", help=say("cli.scan.history"))] = False,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Look through files and tell what lies there; exit with 1 where anything does."""
    from drawbridge.importing.walking import walk_files, walk_history

    mine = _known(data, owner)
    root = path.expanduser()
    pieces: Iterator[Piece | None] = walk_files(root)
    if history:
        pieces = chain(pieces, walk_history(root))
    search = _Search(mine)
    search.look(pieces)
    if json:
        print_json(search.told())
    else:
        search.show()
    raise typer.Exit(FOUND_EXIT_CODE if search.found else 0)


class _Search:
    """A look through pieces of text."""

    def __init__(self, mine: "Mapping[str, Mine]") -> None:
        self._mine = mine
        self.found: list[Leak] = []
        self.files = 0
        self.skipped = 0

    def look(self, pieces: "Iterator[Piece | None]") -> None:
        """Look through all of them; what lies there now is not told again from its history."""
        from dataclasses import replace

        from drawbridge.importing.scanning import find_leaks

        told: set[tuple[str, str]] = set()
        for piece in pieces:
            if piece is None:
                self.skipped += 1
                continue
            self.files += not piece.commit
            for leak in find_leaks(piece.text, piece.file, self._mine):
                if piece.commit and (leak.file, leak.text) in told:
                    continue
                told.add((leak.file, leak.text))
                line = piece.line_of(leak.line)
                self.found.append(replace(leak, line=line, commit=piece.commit))

    def show(self) -> None:
        """Print what was found to people."""
        if self.skipped:
            print_hint(say("cli.scan.skipped", count=self.skipped))
        if not self.found:
            print_line(say("cli.scan.none", count=self.files))
            return
        columns = [say(f"cli.scan.column.{name}") for name in _COLUMNS]
        print_table(columns, list(map(_row, self.found)))
        files = say("cli.scan.files", count=self.files)
        print_hint(say("cli.scan.found", count=len(self.found), files=files))
        if any(leak.commit for leak in self.found):
            print_hint(say("cli.scan.next"))

    def told(self) -> dict[str, object]:
        """Tell what was found, as scripts read it; of a secret nothing is told."""
        return {
            "files": self.files,
            "skipped": self.skipped,
            "found": [
                {
                    "file": leak.file,
                    "line": leak.line,
                    "commit": leak.commit or None,
                    "part": leak.part,
                    "exchanges": leak.exchanges,
                    "text": leak.shown,
                    "mine": leak.mine,
                }
                for leak in self.found
            ],
        }


def _row(leak: "Leak") -> list[str]:
    from drawbridge.entrypoints.cli.output import or_dash

    return [
        leak.file,
        str(leak.line),
        or_dash(leak.commit[:_SHORT]),
        or_dash(", ".join(leak.exchanges)),
        say(f"cli.scan.part.{leak.part.value}"),
        leak.shown,
        or_dash(leak.mine.label if leak.mine else None),
    ]


def _known(data: Path | None, owner: str) -> "dict[str, Mine]":
    """Give the public halves of the keys that are known; none where there is no data folder yet.

    Why: a scan is also run where nobody has keys, as before each commit.
    """
    from drawbridge.app.data_folder import has_rows
    from drawbridge.entrypoints.cli.house import in_place, owner_of, owners_of
    from drawbridge.entrypoints.cli.options import settings_for
    from drawbridge.entrypoints.cli.remote_choice import chosen_remote

    if chosen_remote(data) is None and not has_rows(settings_for(data)):
        return {}

    async def work(place: "Place") -> "dict[str, Mine]":
        from drawbridge.importing.scanning import Mine

        people = [await owner_of(place, owner)] if owner else await owners_of(place)
        known: dict[str, Mine] = {}
        for person in people:
            for key in await place.vault.list_keys(person):
                known[key.public_key] = Mine(key.id, key.label)
            for it in await place.virtual_keys.list_virtual_keys(person):
                known[it.virtual.public] = Mine(it.virtual.id, it.virtual.label, virtual=True)
        return known

    return in_place(data, work)
