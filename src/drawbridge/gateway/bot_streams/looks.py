"""May those who listen still be there? Asked once a round for a virtual key and an address."""

from drawbridge.core.errors import DrawbridgeError, Forbidden
from drawbridge.core.operations import Scope
from drawbridge.gateway.bot_streams.station import Station
from drawbridge.virtual_keys.asked import Act, Asked
from drawbridge.virtual_keys.model import VirtualKey, judge


class Looks:
    """What was found out in one round; the next one begins with nothing."""

    def __init__(self) -> None:
        """Begin with nobody looked at."""
        self._found: dict[tuple[str, str], VirtualKey | DrawbridgeError] = {}

    async def look(self, station: Station, known: VirtualKey, address: str) -> VirtualKey:
        """Give a virtual key as it is now, if it may still listen from there.

        Raises: `Forbidden` with the rule that speaks against it, `Forbidden("vault_locked")`,
        `Forbidden("key_not_usable")`; `NotProven("bad_key")`.
        """
        at = (known.id, address)
        found = self._found.get(at)
        if found is None:
            try:
                found = await _looked(station, known, address)
            except DrawbridgeError as error:
                found = error
            self._found[at] = found
        if isinstance(found, DrawbridgeError):
            raise found.with_traceback(None)
        return found


async def _looked(station: Station, known: VirtualKey, address: str) -> VirtualKey:
    virtual = station.proving.again(known)
    now_ms = station.parts.clock.now_ms()
    refused = judge(virtual, Asked(Act.READ, Scope.READ, address, now_ms))
    if refused is not None:
        raise Forbidden(refused.code, **refused.facts)
    await station.parts.gateway.may_listen(virtual.key_id)
    return virtual
