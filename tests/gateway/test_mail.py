"""Mails are handed in over TLS or on this machine, and their refusals told apart."""

from collections.abc import Callable
from pathlib import Path

import pytest

from drawbridge.core.errors import ExchangeDown, Forbidden
from drawbridge.core.secret import Secret
from drawbridge.gateway.mail import Mail, Mailer, MailServer, MailTls
from tests.kit.certificates import authority_and_server
from tests.kit.mail_server import MailBox, mail_server

MAIL = Mail("ada@example.com", "Robot “A” has paused", "It has: 50 €.\n.\nEnd", "notice-1", 0)
PASSWORD = "a planted password"


def _mailer(
    box: MailBox, *, user: str = "", password: Callable[[], Secret] | None = None
) -> Mailer:
    tls = MailTls.NONE
    server = MailServer("127.0.0.1", box.port, tls, "Drawbridge <db@example.com>", user)
    return Mailer(server, password)


@pytest.mark.parametrize(
    ("command", "answer", "family", "code"),
    [
        ("RCPT", "550 no such person", Forbidden, "mail_refused"),
        ("RCPT", "451 later", ExchangeDown, "mail_unreachable"),
        ("MAIL", "553 not you", Forbidden, "mail_refused"),
        ("DATA", "554 spam", Forbidden, "mail_refused"),
        ("DATA", "452 full", ExchangeDown, "mail_unreachable"),
        ("EHLO", "nonsense", ExchangeDown, "mail_unreachable"),
    ],
)
async def test_a_definite_no_is_told_apart_from_one_for_now(
    command: str, answer: str, family: type[Exception], code: str
) -> None:
    async with mail_server() as box:
        box.refusals[command] = answer
        if command == "EHLO":
            box.refusals["HELO"] = answer
        with pytest.raises(family, match=code):
            await _mailer(box).send(MAIL)
        assert box.mails == []


async def test_a_server_that_is_not_there_is_tried_later() -> None:
    async with mail_server() as box:
        pass
    with pytest.raises(ExchangeDown, match="mail_unreachable"):
        await _mailer(box).send(MAIL)


async def test_a_refused_login_tells_neither_name_nor_password() -> None:
    async with mail_server() as box:
        mailer = _mailer(box, user="ada", password=lambda: Secret(PASSWORD))
        with pytest.raises(ExchangeDown, match="mail_login_refused") as refused:
            await mailer.send(MAIL)
        assert PASSWORD not in str(refused.value)
        assert refused.value.__suppress_context__


async def test_a_server_without_tls_gets_nothing_where_tls_is_wanted() -> None:
    async with mail_server() as box:
        for tls in (MailTls.IMPLICIT, MailTls.STARTTLS):
            server = MailServer("127.0.0.1", box.port, tls, "db@example.com", "ada")
            with pytest.raises(ExchangeDown, match="mail_unreachable"):
                await Mailer(server, lambda: Secret(PASSWORD)).send(MAIL)
        assert box.mails == []
        assert box.logins == []


async def test_a_certificate_of_somebody_else_gets_nothing(tmp_path: Path) -> None:
    _, tls = authority_and_server(tmp_path, "127.0.0.1")
    async with mail_server(tls) as box:
        server = MailServer("127.0.0.1", box.port, MailTls.IMPLICIT, "db@example.com")
        with pytest.raises(ExchangeDown, match="mail_unreachable"):
            await Mailer(server, None).send(MAIL)
        assert box.mails == []


async def test_a_mail_arrives_whole_and_logged_in() -> None:
    async with mail_server() as box:
        box.password = PASSWORD
        await _mailer(box, user="ada", password=lambda: Secret(PASSWORD)).send(MAIL)
        [mail] = box.mails
        assert box.logins == [("ada", PASSWORD)]
        assert (mail["To"], mail["Subject"]) == (MAIL.to, MAIL.subject)
        assert mail["Message-ID"] == "<notice-1@drawbridge.invalid>"
        assert "50 €" in mail.get_content()


async def test_a_line_end_in_a_subject_begins_no_header() -> None:
    async with mail_server() as box:
        mail = Mail("ada@example.com", "A\r\nBcc: eve@example.com", "text", "notice-2", 0)
        await _mailer(box).send(mail)
        assert box.mails[0]["Bcc"] is None
        assert box.mails[0]["Subject"] == "A Bcc: eve@example.com"


async def test_a_mail_goes_out_over_tls(tmp_path: Path) -> None:
    authority, tls = authority_and_server(tmp_path, "127.0.0.1")
    async with mail_server(tls) as box:
        server = MailServer("127.0.0.1", box.port, MailTls.IMPLICIT, "db@example.com")
        await Mailer(server, None, trusted_pem=authority).send(MAIL)
        assert len(box.mails) == 1
