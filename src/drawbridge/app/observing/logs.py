"""The lines of a process's log: plain words for people, or JSON for machines that collect them.

Both are made of the same few parts, scrubbed. An exception is told by its kind and its place, never
by its text or a traceback: what a library puts into them is not ours to show.
"""

import json
import logging
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from typing import Final

from drawbridge.app.observing.scrubbing import scrub
from drawbridge.core.errors import BadInput, DrawbridgeError

LOG_NAME: Final = "DRAWBRIDGE_LOG"


class LogStyle(StrEnum):
    """How lines are written."""

    PLAIN = "plain"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Line:
    """What one record tells. `code`, `error` and `at` are empty where there is none."""

    at_ms: int
    level: str
    source: str
    message: str
    code: str = ""
    error: str = ""
    at: str = ""


@dataclass(slots=True)
class Teller:
    """Who tells: the process's role, and which worker it is once that is known."""

    process: str
    worker: str = ""


def read_log_style(environment: Mapping[str, str]) -> LogStyle:
    """Read how lines are to be written. Raises: `BadInput("unknown_log_style")`."""
    given = environment.get(LOG_NAME, "")
    try:
        return LogStyle(given or LogStyle.PLAIN)
    except ValueError:
        known = ", ".join(LogStyle)
        raise BadInput("unknown_log_style", field=LOG_NAME, given=given[:40], known=known) from None


def log_to_stderr(teller: Teller, style: LogStyle = LogStyle.PLAIN) -> logging.Handler:
    """Give what writes a process's log to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json(teller) if style is LogStyle.JSON else _Plain(teller))
    return handler


def name_worker(worker: str) -> None:
    """Let all further lines of this process say which worker it is."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, _Plain | _Json):
            handler.formatter.teller.worker = worker


def read_record(record: logging.LogRecord) -> Line:
    """Give what a record tells, without secrets."""
    known = _find_known(record)
    error, at = _told_exception(record)
    # asyncio puts the text of an exception, and tasks with their arguments, behind a line's end.
    message = scrub(_message(record).partition("\n")[0])
    return Line(
        at_ms=int(record.created * 1_000),
        level=record.levelname.lower(),
        source=record.name,
        message=message,
        code=known.code if known is not None else "",
        error=error,
        at=at,
    )


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        # The words and what was to stand in them do not fit; the words alone hold nothing.
        return str(record.msg)


def _find_known(record: logging.LogRecord) -> DrawbridgeError | None:
    """Find the error of ours that a record is about."""
    given = record.args if isinstance(record.args, tuple) else ()
    raised = record.exc_info[1] if record.exc_info else None
    for one in (*given, raised):
        if isinstance(one, DrawbridgeError):
            return one
    return None


def _told_exception(record: logging.LogRecord) -> tuple[str, str]:
    if not record.exc_info or record.exc_info[1] is None:
        return "", ""
    raised = record.exc_info[1]
    frames = traceback.extract_tb(raised.__traceback__, limit=-1)
    at = f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return type(raised).__name__, at


class _Plain(logging.Formatter):
    """Lines for people: the moment in UTC, the process, what it says."""

    def __init__(self, teller: Teller) -> None:
        super().__init__()
        self.teller = teller

    def format(self, record: logging.LogRecord) -> str:
        line = read_record(record)
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(line.at_ms // 1_000))
        raised = f" ({line.error} at {line.at})" if line.error else ""
        return f"{moment} {self.teller.process}: {line.message}{raised}"


class _Json(logging.Formatter):
    """Lines for machines: one object each, with the same few names."""

    def __init__(self, teller: Teller) -> None:
        super().__init__()
        self.teller = teller

    def format(self, record: logging.LogRecord) -> str:
        line = read_record(record)
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(line.at_ms // 1_000))
        told = {
            "time": f"{moment}.{line.at_ms % 1_000:03}Z",
            "level": line.level,
            "process": self.teller.process,
            "worker": self.teller.worker,
            "source": line.source,
            "code": line.code,
            "message": line.message,
            "error": line.error,
            "at": line.at,
        }
        # What is empty is left out, so that whoever searches finds what is there.
        return json.dumps({name: value for name, value in told.items() if value})
