"""Where the vault's wrapping key may be kept, as whoever runs this machine has set it.

Tokens and credentials stand in files of their own, closed to everybody else. Which keeper is used
is told by the key file; here is only where each is. They are made in `keeper_ways.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from drawbridge.app.notice_settings import is_here
from drawbridge.core.errors import BadInput


@dataclass(frozen=True, slots=True)
class KeeperSettings:
    """How keepers are reached; empty is not set up.

    `credentials` is where systemd put those of this service: every process of ours inherits that.
    """

    transit_url: str = ""
    transit_mount: str = "transit"
    transit_key: str = "drawbridge"
    transit_token_file: Path | None = None
    kms_key: str = ""
    kms_region: str = ""
    kms_url: str = ""
    kms_credentials_file: Path | None = None
    credentials: Path | None = None

    def environment(self) -> dict[str, str]:
        """Write the settings as the environment of a child process."""
        return {
            "DRAWBRIDGE_TRANSIT_URL": self.transit_url,
            "DRAWBRIDGE_TRANSIT_MOUNT": self.transit_mount,
            "DRAWBRIDGE_TRANSIT_KEY": self.transit_key,
            "DRAWBRIDGE_TRANSIT_TOKEN_FILE": str(self.transit_token_file or ""),
            "DRAWBRIDGE_KMS_KEY": self.kms_key,
            "DRAWBRIDGE_KMS_REGION": self.kms_region,
            "DRAWBRIDGE_KMS_URL": self.kms_url,
            "DRAWBRIDGE_KMS_CREDENTIALS_FILE": str(self.kms_credentials_file or ""),
        }


def read_keeper_settings(given: Mapping[str, str]) -> KeeperSettings:
    """Read the settings. Raises: `BadInput` naming the variable."""
    settings = KeeperSettings(
        transit_url=given.get("DRAWBRIDGE_TRANSIT_URL", "").rstrip("/"),
        transit_mount=given.get("DRAWBRIDGE_TRANSIT_MOUNT") or "transit",
        transit_key=given.get("DRAWBRIDGE_TRANSIT_KEY") or "drawbridge",
        transit_token_file=_path(given, "DRAWBRIDGE_TRANSIT_TOKEN_FILE"),
        kms_key=given.get("DRAWBRIDGE_KMS_KEY", ""),
        kms_region=given.get("DRAWBRIDGE_KMS_REGION", ""),
        kms_url=given.get("DRAWBRIDGE_KMS_URL", "").rstrip("/"),
        kms_credentials_file=_path(given, "DRAWBRIDGE_KMS_CREDENTIALS_FILE"),
        credentials=_path(given, "CREDENTIALS_DIRECTORY"),
    )
    _check_url(settings.transit_url, "DRAWBRIDGE_TRANSIT_URL")
    _check_url(settings.kms_url, "DRAWBRIDGE_KMS_URL")
    return settings


def _check_url(url: str, field: str) -> None:
    if not url:
        return
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise BadInput("bad_keeper_url", field=field) from None
    host = parts.hostname or ""
    # What opens the vault comes back from there: never in the clear over a network.
    is_private = parts.scheme == "https" or (parts.scheme == "http" and is_here(host))
    if not host or parts.query or not is_private:
        raise BadInput("bad_keeper_url", field=field)


def _path(given: Mapping[str, str], name: str) -> Path | None:
    text = given.get(name, "")
    return Path(text).expanduser().absolute() if text else None
