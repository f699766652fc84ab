"""Where notices may go: mail addresses, chats, addresses of webhooks. Pure; nothing is dialled.

A webhook's address comes from a person and is asked by our machine. It therefore has to be HTTPS
with a public name, unless whoever runs this machine has named its host in the settings; what the
name resolves to is held against the same rule when it is dialled.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from drawbridge.core.errors import BadInput
from drawbridge.notices.model import Channel

_FIELD: Final = "place"
_LONGEST_MAIL: Final = 254
_LONGEST_URL: Final = 1_000
_MAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*)")
_CHAT: Final = re.compile(r"-?[1-9][0-9]{0,19}|@[A-Za-z][A-Za-z0-9_]{3,31}")
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+")
_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class HookPlace:
    """Where a webhook is: `is_ours` where whoever runs this machine named the host."""

    host: str
    port: int
    tls: bool
    path: bytes
    query: bytes
    is_ours: bool


def read_place(channel: Channel, text: str, own_hosts: Collection[str]) -> str:
    """Read where notices are to go. Raises: `BadInput` with the field `place`."""
    place = text.strip()
    match channel:
        case Channel.MAIL:
            if len(place) > _LONGEST_MAIL or not _MAIL.fullmatch(place):
                raise BadInput("bad_mail_address", field=_FIELD)
        case Channel.TELEGRAM:
            if not _CHAT.fullmatch(place):
                raise BadInput("bad_chat", field=_FIELD)
        case Channel.WEBHOOK:
            read_hook_place(place, own_hosts)
        case Channel.PAGE:
            raise BadInput("channel_has_no_place", field=_FIELD)
    return place


def read_hook_place(url: str, own_hosts: Collection[str]) -> HookPlace:
    """Read a webhook's address.

    Raises: `BadInput("bad_webhook")`, `BadInput("webhook_not_https")`,
    `BadInput("webhook_private")` for an address inside a network.
    """
    if len(url) > _LONGEST_URL or not _PRINTABLE.fullmatch(url):
        raise BadInput("bad_webhook", field=_FIELD)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadInput("bad_webhook", field=_FIELD) from None
    host = (parts.hostname or "").lower().rstrip(".")
    # What stands before an @ is a password in an address, which would be shown and logged.
    if parts.scheme not in _PORTS or not host or "@" in parts.netloc or parts.fragment:
        raise BadInput("bad_webhook", field=_FIELD)
    is_ours = host in own_hosts
    if parts.scheme != "https" and not is_ours:
        raise BadInput("webhook_not_https", field=_FIELD)
    if not is_ours and _is_private(host):
        raise BadInput("webhook_private", field=_FIELD, host=host)
    return HookPlace(
        host=host,
        port=_PORTS[parts.scheme] if port is None else port,
        tls=parts.scheme == "https",
        path=(parts.path or "/").encode("ascii"),
        query=parts.query.encode("ascii"),
        is_ours=is_ours,
    )


def _is_private(host: str) -> bool:
    """Tell whether a host is certainly not a public one; names are resolved when dialled."""
    try:
        found = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal"))
    return not found.is_global or found.is_multicast
