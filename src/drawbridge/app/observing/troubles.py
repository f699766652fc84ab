"""How often a process had something to log, by level and code: failures of all kinds in one place.

Codes are those of our own errors, a closed list; what has none counts as a line without a code.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from drawbridge.app.observing.logs import read_record
from drawbridge.app.observing.readings import Counts, Reading
from drawbridge.core.measures import Tally


class Troubles:
    """Counts lines of the log."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._lines = Tally()

    async def read(self) -> Sequence[Reading]:
        """Give the counts until now."""
        return (Counts("log_lines", ("level", "code"), self._lines.counts()),)

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count for the time of the block."""
        counter, root = _Counter(self._lines), logging.getLogger()
        root.addHandler(counter)
        try:
            yield
        finally:
            root.removeHandler(counter)


class _Counter(logging.Handler):
    def __init__(self, lines: Tally) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        line = read_record(record)
        self._lines.add(line.level, line.code)
