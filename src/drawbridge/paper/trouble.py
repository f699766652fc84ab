"""The faults of a running paper exchange: which profile holds now, and what it has met so far.

Counts begin with the process and with every new profile, so the same requests in the same order
meet the same faults. Whoever wishes other faults writes a row; the process that serves looks at
it. What each fault is, is decided in `faults.py`; connections are cut by the server.
"""

from collections import Counter
from pathlib import Path
from typing import Final

from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict, NotFound
from drawbridge.paper.faults import (
    NO_FAULT,
    NO_FAULTS,
    Fault,
    FaultProfile,
    decide,
    is_dropped,
    read_profile,
)
from drawbridge.paper.store import DATABASE, PaperStore, is_locked, open_database
from drawbridge.storage.database import Database

_SETTING: Final = "faults"
_ROW: Final = "SELECT value FROM paper_settings WHERE name = ?"


class Line:
    """One WebSocket, which may break after any of its frames."""

    __slots__ = ("_exchange_id", "_frames", "_number", "_trouble")

    def __init__(self, trouble: "Trouble", exchange_id: str, number: int) -> None:
        """Begin before the first frame."""
        self._trouble = trouble
        self._exchange_id = exchange_id
        self._number = number
        self._frames = 0

    def breaks(self) -> bool:
        """Count a frame that was sent; tell whether the line breaks after it."""
        frame, self._frames = self._frames, self._frames + 1
        return is_dropped(self._trouble.profile, self._exchange_id, self._number, frame)


class Trouble:
    """What goes wrong next at each exchange."""

    def __init__(self, profile: FaultProfile = NO_FAULTS) -> None:
        """Begin with this profile, and with nothing counted."""
        self.profile = profile
        # Asked for every request: nothing is counted for an exchange that behaves.
        self.is_over = profile == NO_FAULTS
        self._requests = Counter[str]()
        self._lines = Counter[str]()

    def use(self, profile: FaultProfile) -> None:
        """Go on with another profile; what is counted begins anew with it."""
        if profile != self.profile:
            self.profile = profile
            self.is_over = profile == NO_FAULTS
            self._requests.clear()
            self._lines.clear()

    def of_request(self, exchange_id: str) -> Fault:
        """Count a request to an exchange and say what happens to it."""
        if self.is_over:
            return NO_FAULT
        number = self._requests[exchange_id]
        self._requests[exchange_id] = number + 1
        return decide(self.profile, exchange_id, number)

    def of_line(self, exchange_id: str) -> Line:
        """Count a WebSocket that was opened."""
        number = self._lines[exchange_id]
        self._lines[exchange_id] = number + 1
        return Line(self, exchange_id, number)


class TroubledClock:
    """A clock that is as wrong as the profile says."""

    def __init__(self, clock: Clock, trouble: Trouble) -> None:
        """Follow this clock."""
        self._clock = clock
        self._trouble = trouble

    def now_ms(self) -> int:
        """Give the time, as this exchange believes it is."""
        return self._clock.now_ms() + self._trouble.profile.clock_ms


class FaultsRow:
    """The row by which other processes say what is to go wrong."""

    def __init__(self, database: Database, trouble: Trouble) -> None:
        """Take this world's row for these troubles."""
        self._database = database
        self._trouble = trouble
        self._text = ""

    async def begin(self, text: str) -> None:
        """Start with what the command line says; what an earlier process was told is over.

        Raises: `BadInput("bad_faults")`.
        """
        profile = read_profile(text)
        await PaperStore(self._database).set_setting(_SETTING, text)
        self._text = text
        self._trouble.use(profile)

    def look(self) -> None:
        """Do what the row says by now. Raises: `BadInput("bad_faults")`, once for each text."""
        row = self._database.glance(_ROW, _SETTING)
        text = row["value"] if row else ""
        if text != self._text:
            self._text = text
            self._trouble.use(read_profile(text))


async def wish_faults(folder: Path, text: str) -> None:
    """Have the process that runs this folder's world misbehave from now on.

    Raises: `BadInput("bad_faults")`, `NotFound("no_paper_state")`, `Conflict("paper_not_running")`:
    a start begins with the faults that it is given, so a row for nobody would be lost.
    """
    read_profile(text)
    database = await _open(folder)
    try:
        if not is_locked(folder):
            raise Conflict("paper_not_running", folder=str(folder))
        await PaperStore(database).set_setting(_SETTING, text)
    finally:
        await database.close()


async def told_faults(folder: Path) -> str:
    """Give the faults that a world was last told. Raises: `NotFound("no_paper_state")`."""
    database = await _open(folder)
    try:
        return (await PaperStore(database).settings()).get(_SETTING, "")
    finally:
        await database.close()


async def _open(folder: Path) -> Database:
    if not (folder / DATABASE).is_file():
        raise NotFound("no_paper_state", folder=str(folder))
    return await open_database(folder)
