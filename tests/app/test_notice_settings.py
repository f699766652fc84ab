"""Settings of notices: refused by name, and nothing secret goes out in the clear."""

from pathlib import Path

import pytest

from drawbridge.app.notice_settings import read_notice_settings
from drawbridge.app.notice_ways import secret_reader, ways_out
from drawbridge.core.errors import BadInput, ExchangeDown
from drawbridge.gateway.egress import Egress
from drawbridge.notices.model import Channel

MAIL = {"DRAWBRIDGE_SMTP_HOST": "mail.example.com", "DRAWBRIDGE_SMTP_FROM": "db@example.com"}


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"DRAWBRIDGE_SMTP_TLS": "maybe"}, "DRAWBRIDGE_SMTP_TLS", "bad_smtp_tls"),
        ({"DRAWBRIDGE_SMTP_PORT": "x"}, "DRAWBRIDGE_SMTP_PORT", "bad_port"),
        ({"DRAWBRIDGE_SMTP_PORT": "70000"}, "DRAWBRIDGE_SMTP_PORT", "bad_port"),
        ({"DRAWBRIDGE_SMTP_FROM": ""}, "DRAWBRIDGE_SMTP_FROM", "smtp_needs_sender"),
        ({"DRAWBRIDGE_SMTP_FROM": "a\n@b"}, "DRAWBRIDGE_SMTP_FROM", "smtp_needs_sender"),
        ({"DRAWBRIDGE_SMTP_TLS": "none"}, "DRAWBRIDGE_SMTP_TLS", "smtp_needs_tls"),
        ({"DRAWBRIDGE_SMTP_USER": "ada"}, "DRAWBRIDGE_SMTP_PASSWORD_FILE", "smtp_needs_both"),
        ({"DRAWBRIDGE_TELEGRAM_URL": "http://x.org"}, "DRAWBRIDGE_TELEGRAM_URL", "bad_telegram"),
        ({"DRAWBRIDGE_TELEGRAM_URL": "https://x:y"}, "DRAWBRIDGE_TELEGRAM_URL", "bad_telegram"),
        ({"DRAWBRIDGE_TELEGRAM_URL": "nowhere"}, "DRAWBRIDGE_TELEGRAM_URL", "bad_telegram"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(given: dict[str, str], field: str, code: str) -> None:
    with pytest.raises(BadInput, match=code) as refused:
        read_notice_settings({**MAIL, **given})
    assert refused.value.facts["field"] == field


def test_a_secret_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    file = tmp_path / "token"
    read = secret_reader(file)
    with pytest.raises(ExchangeDown, match="notice_secret_unreadable"):
        read()
    file.write_text("1:token\n")
    file.chmod(0o644)
    with pytest.raises(ExchangeDown, match="key_file_exposed"):
        read()
    file.chmod(0o600)
    assert read().reveal() == "1:token"


def test_what_is_not_set_up_is_not_offered() -> None:
    settings = read_notice_settings({})
    assert settings.reach.open_channels == {Channel.WEBHOOK}
    ways = ways_out(settings, Egress())
    assert (ways.mailer, ways.telegram) == (None, None)


@pytest.mark.parametrize(("tls", "port"), [("implicit", 465), ("starttls", 587)])
def test_what_is_set_up_is_offered_and_read_back(tls: str, port: int) -> None:
    given = {
        **MAIL,
        "DRAWBRIDGE_SMTP_TLS": tls,
        "DRAWBRIDGE_SMTP_USER": "ada",
        "DRAWBRIDGE_SMTP_PASSWORD_FILE": "/secrets/mail",
        "DRAWBRIDGE_TELEGRAM_TOKEN_FILE": "/secrets/bot",
        "DRAWBRIDGE_WEBHOOK_HOSTS": "Hub.local, 10.0.0.7",
    }
    settings = read_notice_settings(given)
    assert settings.mail_port == port
    assert settings.reach.own_hosts == {"hub.local", "10.0.0.7"}
    assert settings.reach.open_channels == {Channel.WEBHOOK, Channel.MAIL, Channel.TELEGRAM}
    assert read_notice_settings(settings.environment()) == settings
    ways = ways_out(settings, Egress())
    assert ways.mailer is not None
    assert ways.telegram is not None
