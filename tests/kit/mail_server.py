"""A mail server on loopback that takes mails, or refuses them as a test tells it.

It speaks as much SMTP as a client needs to hand a mail in: EHLO, AUTH PLAIN, MAIL, RCPT, DATA.
"""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailBox:
    """What arrived, and what the server answers."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    password: str = ""
    # What is answered instead of taking it, by the command's name.
    refusals: dict[str, str] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client."""
        writer.write(b"220 here\r\n")
        try:
            while line := await reader.readline():
                command = line.decode().strip()
                name = command.partition(" ")[0].upper()
                writer.write(self._answer(name, command).encode() + b"\r\n")
                if name == "DATA" and "DATA" not in self.refusals:
                    self._take(await reader.readuntil(b"\r\n.\r\n"))
                    writer.write(b"250 taken\r\n")
                await writer.drain()
                if name == "QUIT":
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    def _answer(self, name: str, command: str) -> str:
        if name in self.refusals:
            return self.refusals[name]
        if name == "EHLO":
            return "250-here\r\n250 AUTH PLAIN"
        if name == "AUTH":
            _, user, password = (
                base64.b64decode(command.rsplit(maxsplit=1)[-1]).decode().split("\0")
            )
            self.logins.append((user, password))
            return "235 welcome" if password == self.password else "535 go away"
        return {"DATA": "354 go on", "QUIT": "221 bye"}.get(name, "250 good")

    def _take(self, data: bytes) -> None:
        message = message_from_bytes(data.removesuffix(b".\r\n"), policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)


@asynccontextmanager
async def mail_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[MailBox]:
    """Run a mail server for the time of a test."""
    box = MailBox()
    server = await asyncio.start_server(box.serve, "127.0.0.1", 0, ssl=tls)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
