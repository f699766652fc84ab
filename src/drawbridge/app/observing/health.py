"""Whether a process lives, and whether it is ready for what it is there for.

That it lives is proven by the answer itself: the event loop that answers is the one that works.
Ready is what passes every check in time. Told are names and codes, nothing of any person.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from drawbridge.core.errors import DrawbridgeError

OK: Final = "ok"
LATE: Final = "late"

_WITHIN_S: Final = 2.0

Look = Callable[[], Awaitable[str]]
"""Give `OK`, or in a word what is wrong. May raise errors of ours, whose codes are told then."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be right."""

    name: str
    look: Look


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was found, by the names of the checks."""

    found: Mapping[str, str]

    @property
    def is_ready(self) -> bool:
        """Tell whether all is right."""
        return all(it == OK for it in self.found.values())


async def look_at_all(checks: Sequence[Check], within_s: float = _WITHIN_S) -> Readiness:
    """Make all checks at once; one that takes too long has failed."""
    found = await asyncio.gather(*(_look(check, within_s) for check in checks))
    return Readiness(dict(zip((check.name for check in checks), found, strict=True)))


async def _look(check: Check, within_s: float) -> str:
    try:
        async with asyncio.timeout(within_s):
            return await check.look()
    except DrawbridgeError as error:
        return error.code
    except TimeoutError:
        return LATE
