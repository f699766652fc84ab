"""Put together who may keep the vault's wrapping key, from what whoever runs this machine has set.

Tokens and credentials are read from their files when they are needed, as for notices.
"""

import configparser
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from drawbridge.app.keeper_settings import KeeperSettings
from drawbridge.app.notice_settings import is_here
from drawbridge.core.clock import Clock
from drawbridge.core.errors import Conflict, DrawbridgeError
from drawbridge.core.secret import Secret
from drawbridge.gateway.aws_signing import AwsIdentity, AwsPlace
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.key_services import Kms, Transit
from drawbridge.gateway.venues import Address
from drawbridge.sealing.keepers import (
    AWS_KMS,
    OS_KEYRING,
    SYSTEMD,
    TRANSIT,
    Keeper,
    OsKeyring,
    SystemdCredential,
)
from drawbridge.sealing.private_files import read_private

_PORTS: Final = {"https": 443, "http": 80}
_ASKED: Final = ("aws_access_key_id", "aws_secret_access_key")


def keepers_of(settings: KeeperSettings, egress: Egress, clock: Clock) -> dict[str, Keeper]:
    """Make those that are set up."""
    found: dict[str, Keeper] = {
        OS_KEYRING: OsKeyring(),
        SYSTEMD: SystemdCredential(settings.credentials),
    }
    token, identity = settings.transit_token_file, settings.kms_credentials_file
    if settings.transit_url and token is not None:
        found[TRANSIT] = Transit(
            egress=egress,
            address=_address(settings.transit_url),
            mount=settings.transit_mount,
            key=settings.transit_key,
            token=lambda: _secret(token, TRANSIT),
        )
    if settings.kms_key and settings.kms_region and identity is not None:
        url = settings.kms_url or f"https://kms.{settings.kms_region}.amazonaws.com"
        found[AWS_KMS] = Kms(
            egress=egress,
            address=_address(url),
            place=AwsPlace(urlsplit(url).netloc, settings.kms_region, "kms"),
            key=settings.kms_key,
            identity=lambda: _identity(identity),
            clock=clock,
        )
    return found


def _identity(path: Path) -> AwsIdentity:
    """Read credentials as AWS's own tools write them; the first profile counts.

    Raises: `Conflict("keeper_secret_unreadable")`.
    """
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(_secret(path, AWS_KMS).reveal())
        profile = parser[parser.sections()[0]]
        access_key, secret = (profile[name] for name in _ASKED)
    except (configparser.Error, KeyError, IndexError):
        # `from None`: what could not be parsed would be quoted.
        raise Conflict("keeper_secret_unreadable", keeper=AWS_KMS, path=str(path)) from None
    return AwsIdentity(access_key, Secret(secret), profile.get("aws_session_token", ""))


def _secret(path: Path, keeper: str) -> Secret:
    try:
        return Secret(read_private(path).decode("ascii").strip())
    except (DrawbridgeError, UnicodeDecodeError):
        raise Conflict("keeper_secret_unreadable", keeper=keeper, path=str(path)) from None


def _address(url: str) -> Address:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    here = is_here(host)
    base = parts.path.encode("ascii", "replace")
    # Whoever runs this machine named it, so it may stand in their own network.
    return Address(
        host, port, parts.scheme == "https", base, on_this_machine=here, is_inside=not here
    )
