"""Put together what carries notices out, from what whoever runs this machine has set.

Secrets are read from their files when they are needed: neither the environment of our processes
nor their memory keeps them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from drawbridge.app.notice_settings import NoticeSettings, is_here
from drawbridge.core.errors import DrawbridgeError, ExchangeDown
from drawbridge.core.secret import Secret
from drawbridge.gateway.egress import Egress
from drawbridge.gateway.mail import Mailer, MailServer, MailTls
from drawbridge.gateway.postman import Ways
from drawbridge.gateway.telegram import TelegramPost
from drawbridge.gateway.venues import Address
from drawbridge.gateway.webhooks import WebhookPost
from drawbridge.sealing.private_files import read_private

_PORTS: Final = {"https": 443, "http": 80}


def ways_out(settings: NoticeSettings, egress: Egress) -> Ways:
    """Make what carries notices out; what is not set up is left out."""
    token = settings.telegram_token_file
    telegram = None
    if token is not None:
        address = api_address(settings.telegram_url)
        telegram = TelegramPost(egress, secret_reader(token), address)
    return Ways(WebhookPost(egress, settings.webhook_hosts), _mailer(settings), telegram)


def secret_reader(path: Path) -> Callable[[], Secret]:
    """Give what reads a secret from its file, when it is needed.

    Raises: (when called) `ExchangeDown("notice_secret_unreadable")`, because whoever runs this
    machine may mend it while notices wait.
    """

    def read() -> Secret:
        try:
            return Secret(read_private(path).decode().strip())
        except (DrawbridgeError, UnicodeDecodeError) as error:
            code = getattr(error, "code", "not_text")
            raise ExchangeDown("notice_secret_unreadable", path=str(path), told=code) from None

    return read


def _mailer(settings: NoticeSettings) -> Mailer | None:
    if not settings.smtp_host:
        return None
    server = MailServer(
        host=settings.smtp_host,
        port=settings.mail_port,
        tls=MailTls(settings.smtp_tls),
        sender=settings.smtp_from,
        user=settings.smtp_user,
    )
    file = settings.smtp_password_file
    return Mailer(server, None if file is None else secret_reader(file))


def api_address(url: str) -> Address:
    """Give where the Bot API is, by its address as it was set."""
    parts = urlsplit(url)
    host, base = parts.hostname or "", parts.path.rstrip("/").encode("ascii", "replace")
    port = parts.port or _PORTS[parts.scheme]
    here = is_here(host)
    return Address(host, port, parts.scheme == "https", base, on_this_machine=here)
