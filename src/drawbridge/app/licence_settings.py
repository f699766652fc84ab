"""Whose licences this installation asks for: the operator's public key and licence server.

Without these settings nothing is asked of anybody, and nothing is shown of licences.
"""

from collections.abc import Mapping
from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.licences.model import Operator
from drawbridge.licences.places import check_key, read_server
from drawbridge.vault.model import Venue

_KEY: Final = "DRAWBRIDGE_LICENCE_KEY"
_SERVER: Final = "DRAWBRIDGE_LICENCE_SERVER"
_VENUES: Final = "DRAWBRIDGE_LICENCE_VENUES"


def read_operator(given: Mapping[str, str]) -> Operator | None:
    """Read whose licences are asked for; None where none are.

    Raises: `BadInput` naming the variable.
    """
    key, server = given.get(_KEY, "").strip(), given.get(_SERVER, "").strip()
    if not key and not server:
        return None
    if not key or not server:
        raise BadInput("licence_needs_both", field=_SERVER if key else _KEY)
    check_key(key)
    read_server(server)
    venues = {it.strip() for it in given.get(_VENUES, "").split(",") if it.strip()} or {Venue.LIVE}
    if not venues <= set(Venue):
        raise BadInput("licence_bad_venues", field=_VENUES, known=[it.value for it in Venue])
    return Operator(key, server.rstrip("/"), frozenset(venues))


def operator_environment(operator: Operator | None) -> dict[str, str]:
    """Write the settings as the environment of a child process."""
    if operator is None:
        return {_KEY: "", _SERVER: "", _VENUES: ""}
    venues = ",".join(sorted(operator.venues))
    return {_KEY: operator.public_key, _SERVER: operator.server, _VENUES: venues}
