"""What whoever runs this machine sets for notices: mail server, Telegram bot, allowed hosts.

Passwords and tokens stand in files of their own, closed to everybody else; only where these are
is among the settings. What is made of all this stands in `notice_ways.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from drawbridge.core.errors import BadInput
from drawbridge.notices.model import Channel, Reach

_PORTS: Final = range(1, 65_536)
_TLS: Final[Mapping[str, int]] = {"implicit": 465, "starttls": 587, "none": 25}
_TELEGRAM: Final = "https://api.telegram.org"


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """The ways out that are set up. An empty `smtp_host` is no mail server."""

    smtp_host: str = ""
    smtp_port: int = 0
    smtp_tls: str = "implicit"
    smtp_user: str = ""
    smtp_password_file: Path | None = None
    smtp_from: str = ""
    telegram_token_file: Path | None = None
    telegram_url: str = _TELEGRAM
    webhook_hosts: tuple[str, ...] = ()

    @property
    def reach(self) -> Reach:
        """Give what people may choose from."""
        open_channels = {Channel.WEBHOOK}
        if self.smtp_host:
            open_channels.add(Channel.MAIL)
        if self.telegram_token_file is not None:
            open_channels.add(Channel.TELEGRAM)
        return Reach(frozenset(open_channels), frozenset(self.webhook_hosts))

    @property
    def mail_port(self) -> int:
        """Give the mail server's port: the one that was set, or the usual one."""
        return self.smtp_port or _TLS[self.smtp_tls]

    def environment(self) -> dict[str, str]:
        """Write the settings as the environment of a child process."""
        return {
            "DRAWBRIDGE_SMTP_HOST": self.smtp_host,
            "DRAWBRIDGE_SMTP_PORT": str(self.smtp_port or ""),
            "DRAWBRIDGE_SMTP_TLS": self.smtp_tls,
            "DRAWBRIDGE_SMTP_USER": self.smtp_user,
            "DRAWBRIDGE_SMTP_PASSWORD_FILE": str(self.smtp_password_file or ""),
            "DRAWBRIDGE_SMTP_FROM": self.smtp_from,
            "DRAWBRIDGE_TELEGRAM_TOKEN_FILE": str(self.telegram_token_file or ""),
            "DRAWBRIDGE_TELEGRAM_URL": self.telegram_url,
            "DRAWBRIDGE_WEBHOOK_HOSTS": ",".join(self.webhook_hosts),
        }


def read_notice_settings(given: Mapping[str, str]) -> NoticeSettings:
    """Read the settings. Raises: `BadInput` naming the variable."""
    tls = given.get("DRAWBRIDGE_SMTP_TLS") or "implicit"
    if tls not in _TLS:
        raise BadInput("bad_smtp_tls", field="DRAWBRIDGE_SMTP_TLS", known=tuple(_TLS))
    password = given.get("DRAWBRIDGE_SMTP_PASSWORD_FILE", "")
    token = given.get("DRAWBRIDGE_TELEGRAM_TOKEN_FILE", "")
    hosts = given.get("DRAWBRIDGE_WEBHOOK_HOSTS", "").lower().split(",")
    settings = NoticeSettings(
        smtp_host=given.get("DRAWBRIDGE_SMTP_HOST", "").strip(),
        smtp_port=_port(given.get("DRAWBRIDGE_SMTP_PORT", "")),
        smtp_tls=tls,
        smtp_user=given.get("DRAWBRIDGE_SMTP_USER", ""),
        smtp_password_file=Path(password).expanduser().absolute() if password else None,
        smtp_from=given.get("DRAWBRIDGE_SMTP_FROM", "").strip(),
        telegram_token_file=Path(token).expanduser().absolute() if token else None,
        telegram_url=given.get("DRAWBRIDGE_TELEGRAM_URL") or _TELEGRAM,
        webhook_hosts=tuple(host.strip() for host in hosts if host.strip()),
    )
    _check_telegram(settings.telegram_url)
    _check_mail(settings)
    return settings


def _check_mail(settings: NoticeSettings) -> None:
    if not settings.smtp_host:
        return
    if "@" not in settings.smtp_from or not settings.smtp_from.isprintable():
        raise BadInput("smtp_needs_sender", field="DRAWBRIDGE_SMTP_FROM")
    # The password and people's notices would cross the network in the clear.
    if settings.smtp_tls == "none" and not is_here(settings.smtp_host):
        raise BadInput("smtp_needs_tls", field="DRAWBRIDGE_SMTP_TLS", host=settings.smtp_host)
    if bool(settings.smtp_user) != (settings.smtp_password_file is not None):
        raise BadInput("smtp_needs_both", field="DRAWBRIDGE_SMTP_PASSWORD_FILE")


def _check_telegram(url: str) -> None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise BadInput("bad_telegram_url", field="DRAWBRIDGE_TELEGRAM_URL") from None
    host = parts.hostname or ""
    is_private = parts.scheme == "https" or (parts.scheme == "http" and is_here(host))
    # The bot's token is in every request.
    if not host or parts.query or not is_private:
        raise BadInput("bad_telegram_url", field="DRAWBRIDGE_TELEGRAM_URL")


def is_here(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _port(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()) or int(text) not in _PORTS:
        raise BadInput("bad_port", field="DRAWBRIDGE_SMTP_PORT")
    return int(text)
