"""Talking with a session: it may speak, and what it wants is carried out in order, within bounds.

The paper exchange and our own edge both hold sockets for sessions with this. Who is told what, and
what is asked of whom, is decided by them; here stands only how a conversation stays bounded and how
it ends when its session fails.
"""

import logging
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, TypeVar

from drawbridge.core.errors import BadInput
from drawbridge.wire.stream import Effect

T = TypeVar("T")

_log: Final = logging.getLogger(__name__)

POLICY: Final = 1008
"""The code of the WebSocket protocol for who breaks a rule of the house."""
BROKEN: Final = 1011
"""The one for a fault of ours."""
_MOST_EFFECTS: Final = 4_096


def hear(speak: Callable[[], T], close: Callable[[int], None]) -> T | None:
    """Let a session speak; one that fails is closed, and the client learns no more."""
    try:
        return speak()
    except BadInput:
        # A frame that its session could not read and did not refuse itself.
        close(POLICY)
    except Exception as error:  # noqa: BLE001  the rim of the process: a fault of one exchange's session must not end the others
        # Only where it happened is logged: the text of an exception may quote a frame.
        place = traceback.extract_tb(error.__traceback__)[-1]
        _log.error("%s at %s:%s", type(error).__name__, place.filename, place.lineno)
        close(BROKEN)
    return None


async def carry_out(
    effects: Iterable[Effect] | None,
    one: Callable[[Effect], Awaitable[Sequence[Effect]]],
    *,
    is_over: Callable[[], bool],
    close: Callable[[int], None],
) -> None:
    """Carry out effects in order; what follows from one comes before the next."""
    waiting = deque(effects or ())
    for _ in range(_MOST_EFFECTS):
        if not waiting or is_over():
            return
        waiting.extendleft(reversed(await one(waiting.popleft())))
    # A session that answers its own answers would go on for ever.
    close(BROKEN)
