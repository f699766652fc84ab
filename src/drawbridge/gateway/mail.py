"""Sending notices as mail: the standard library's SMTP client in a thread of its own.

It does not go through the dialling, because it brings its own connections; where it connects to
is set by whoever runs this machine, and by nobody else. A mail never holds a secret of ours.
"""

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum
from typing import Final

from drawbridge.core.errors import ExchangeDown, Forbidden
from drawbridge.core.secret import Secret

TIMEOUT_S: Final = 20
_TRANSIENT: Final = range(400, 500)


class MailTls(StrEnum):
    """How the way to the mail server is kept private; `NONE` for a server on this machine."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed in, and in whose name."""

    host: str
    port: int
    tls: MailTls
    sender: str
    user: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. `id` is the same when it is sent again."""

    to: str
    subject: str
    text: str
    id: str
    at_ms: int


class Mailer:
    """Hands mails in, one connection for each."""

    def __init__(
        self,
        server: MailServer,
        password: Callable[[], Secret] | None,
        trusted_pem: str | None = None,
    ) -> None:
        """Use this server; the password, if it wants one, is read when needed and not kept."""
        self._server = server
        self._password = password
        self._tls = ssl.create_default_context(cadata=trusted_pem)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2

    async def send(self, mail: Mail) -> None:
        """Hand a mail in.

        Raises: `ExchangeDown("mail_unreachable")`, `ExchangeDown("mail_login_refused")`: later
        perhaps; `Forbidden("mail_refused")`: the server will not take it.
        """
        try:
            await asyncio.to_thread(self._send, _message(mail, self._server.sender))
        except smtplib.SMTPAuthenticationError:
            # What the server answered may quote the name; that it refused is enough.
            raise ExchangeDown("mail_login_refused", host=self._server.host) from None
        except smtplib.SMTPRecipientsRefused as error:
            statuses = [status for status, _ in error.recipients.values()]
            raise self._refused(max(statuses, default=0)) from None
        except smtplib.SMTPResponseException as error:
            raise self._refused(error.smtp_code) from None
        except (OSError, smtplib.SMTPException) as error:
            told = type(error).__name__
            raise ExchangeDown("mail_unreachable", host=self._server.host, told=told) from None

    def _refused(self, status: int) -> ExchangeDown | Forbidden:
        host = self._server.host
        if status in _TRANSIENT or status <= 0:
            return ExchangeDown("mail_unreachable", host=host, told=status)
        return Forbidden("mail_refused", rule="mail", host=host, status=status)

    def _send(self, message: EmailMessage) -> None:
        server = self._server
        with self._connected() as connection:
            if server.tls is MailTls.STARTTLS:
                # Raises where the server offers no TLS: nothing is sent in the clear instead.
                connection.starttls(context=self._tls)
            if self._password is not None:
                connection.login(server.user, self._password().reveal())
            connection.send_message(message)

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.tls is MailTls.IMPLICIT:
            return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=self._tls)
        return smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)


def _message(mail: Mail, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.to
    # A line end would begin a header of its own; the library refuses it, and we take it out.
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.at_ms / 1_000, tz=UTC))
    message["Message-ID"] = f"<{mail.id}@drawbridge.invalid>"
    # Machines that answer by themselves leave such mails alone.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message
