"""Why a server did not let us in, for whoever starts something and has to mend a setting.

Only where a first connection has failed, and by the driver that hears the server's own code: the
texts that come with it are in the server's language. What fails later is `faults.py`'s business.
"""

import asyncio
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import asyncpg

from drawbridge.core.errors import (
    Conflict,
    DrawbridgeError,
    ExchangeDown,
    NotFound,
    NotProven,
)
from drawbridge.storage.place import PostgresPlace
from drawbridge.storage.postgres.connecting import open_connection
from drawbridge.storage.postgres.faults import AWAY

_LEAST_RELEASE: Final = 14
_PER_RELEASE: Final = 10_000

_CODES: Final[Mapping[type[Exception], DrawbridgeError]] = {
    asyncpg.InvalidAuthorizationSpecificationError: NotProven("database_role_refused"),
    asyncpg.InsufficientPrivilegeError: NotProven("database_role_refused"),
    asyncpg.InvalidCatalogNameError: NotFound("database_unknown"),
    asyncpg.TooManyConnectionsError: ExchangeDown("database_full"),
    ssl.SSLError: NotProven("database_not_proven"),
    OSError: ExchangeDown("database_unreachable"),
}


def find_refusal(place: PostgresPlace) -> DrawbridgeError:
    """Ask once more, and tell in our words why there is no connection."""
    # In a thread of its own: whoever asks may stand in an event loop or not.
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(lambda: asyncio.run(_asked(place))).result()


def check_release(number: int) -> None:
    """Refuse a server that lacks what we ask of it, by the number that it tells of itself.

    Raises: `Conflict("database_too_old")`.
    """
    release = number // _PER_RELEASE
    if release < _LEAST_RELEASE:
        raise Conflict("database_too_old", release=release, least=_LEAST_RELEASE)


async def _asked(place: PostgresPlace) -> DrawbridgeError:
    try:
        connection = await open_connection(place)
    except ExchangeDown as error:
        return _told(error.__cause__) or error
    connection.terminate()
    return ExchangeDown(AWAY, reason="back_again")


def _told(cause: BaseException | None) -> DrawbridgeError | None:
    # Exactly this one, and none of its kinds: the server declines to speak TLS.
    if type(cause) is ConnectionError:
        return NotProven("database_not_proven")
    return next((told for kind, told in _CODES.items() if isinstance(cause, kind)), None)
