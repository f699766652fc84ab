"""Sending notices to people's own programs: signed JSON over HTTPS, through the egress.

Shape: as the Standard Webhooks specification says it, so that ready-made libraries verify it:
`webhook-id`, `webhook-timestamp` (seconds), `webhook-signature` (`v1,` and the Base64 of
HMAC-SHA256 over `id.timestamp.body`). The body stands in docs/reference/webhooks.md.
"""

import base64
import binascii
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from drawbridge.core.errors import Corrupted, ExchangeDown, Forbidden
from drawbridge.core.secret import Secret
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.venues import Address
from drawbridge.notices.places import HookPlace, read_hook_place
from drawbridge.wire.http import WireRequest

_TIMEOUT_MS: Final = 10_000
_TAKEN: Final = range(200, 300)
_GONE: Final = 410
_PREFIX: Final = "whsec_"


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent. `id` is the same when it is sent again: whoever receives counts it once."""

    id: str
    at_s: int
    body: bytes


class WebhookPost:
    """Calls webhooks."""

    def __init__(self, egress: Egress, own_hosts: Collection[str] = ()) -> None:
        """Use the egress; `own_hosts` are hosts inside this network that may be called."""
        self._egress = egress
        self._own_hosts = frozenset(own_hosts)

    async def send(self, url: str, secret: Secret, call: Call) -> None:
        """Call a webhook.

        Raises: `ExchangeDown`, `OutcomeUnknown`: later perhaps; `Forbidden`, `BadInput` for an
        address that must not be called, and for one that says it is gone.
        """
        # Read again, because what may be called may have changed since it was typed in.
        place = read_hook_place(url, self._own_hosts)
        headers = (
            (b"content-type", b"application/json"),
            (b"webhook-id", call.id.encode("ascii")),
            (b"webhook-timestamp", str(call.at_s).encode("ascii")),
            (b"webhook-signature", signature(secret, call)),
        )
        request = WireRequest("POST", place.path, place.query, headers, call.body)
        answer = await self._egress.send(_address(place), request, _TIMEOUT_MS)
        if answer.status == _GONE:
            raise Forbidden("webhook_gone", rule="webhook", host=place.host)
        if answer.status not in _TAKEN:
            raise ExchangeDown("webhook_refused", host=place.host, status=answer.status)


def signature(secret: Secret, call: Call) -> bytes:
    """Sign a call. Raises: `Corrupted("sealed_value_damaged")` for a secret that is none."""
    try:
        key = base64.b64decode(secret.reveal().removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise Corrupted("sealed_value_damaged", key_id="notices", field="webhook_secret") from None
    signed = f"{call.id}.{call.at_s}.".encode("ascii") + call.body
    return b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256"))


def _address(place: HookPlace) -> Address:
    return Address(place.host, place.port, tls=place.tls, is_inside=place.is_ours)
