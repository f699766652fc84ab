"""A process seen by operators: what it tells is put together here, and told while it runs.

Nothing of this is loaded, counted or listened on unless `DRAWBRIDGE_OPS` says where.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Final

from drawbridge.app.observing import store
from drawbridge.app.observing.health import OK, Check
from drawbridge.app.observing.loop import LoopWatch
from drawbridge.app.observing.readings import Source
from drawbridge.app.observing.settings import ObservingSettings
from drawbridge.app.observing.sources import TicksNs, database, identity
from drawbridge.app.observing.troubles import Troubles
from drawbridge.storage.database import Database

_NO_ANSWER: Final = "no_answer"


@asynccontextmanager
async def told_to_operators(
    settings: ObservingSettings,
    process: str,
    checks: Sequence[Check] = (),
    sources: Sequence[Source] = (),
) -> AsyncIterator[Mapping[str, object]]:
    """Tell operators of this process for the time of the block, where that is set.

    Gives what belongs into the line of readiness: `{"ops": address}`, or nothing.
    Raises: `Conflict("port_taken")`, `BadInput("cannot_listen")`.
    """
    if settings.place is None:
        yield {}
        return
    # Here, so that a process that nobody watches does not carry the library.
    from drawbridge.app.observing.listener import listening  # noqa: PLC0415  only for who is watched
    from drawbridge.app.observing.metrics import Metrics  # noqa: PLC0415  only for who is watched

    loop, troubles = LoopWatch(), Troubles()
    own = (identity(process, version("drawbridge")), loop.read, troubles.read)
    metrics = Metrics((*own, *sources))
    with troubles.counting():
        async with loop.watching(), listening(settings.place, checks, metrics) as address:
            yield {"ops": address}


def of_database(place: Database, ticks_ns: TicksNs) -> tuple[Check, Source]:
    """Give what every process with a database is asked and tells."""

    async def look() -> str:
        return OK if await store.answers(place) else _NO_ANSWER

    return Check("database", look), database(place, ticks_ns)
