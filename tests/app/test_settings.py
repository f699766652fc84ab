"""Settings are checked before anything starts; nothing listens openly without TLS."""

from pathlib import Path

import pytest

from drawbridge.app.settings import port_in, read_settings
from drawbridge.core.errors import BadInput


@pytest.mark.parametrize(
    ("variable", "value", "code"),
    [
        ("DRAWBRIDGE_PORT", "0", "bad_port"),
        ("DRAWBRIDGE_PORT", "65536", "bad_port"),
        ("DRAWBRIDGE_PORT", "80a", "bad_port"),
        ("DRAWBRIDGE_PORT", "٨٠", "bad_port"),
        ("DRAWBRIDGE_HOST", "localhost", "not_an_address"),
        ("DRAWBRIDGE_HOST", "", ""),
        ("DRAWBRIDGE_PAPER", "192.0.2.1:80", "paper_not_local"),
        ("DRAWBRIDGE_PAPER", "example.com:80", "paper_not_local"),
        ("DRAWBRIDGE_PAPER", "127.0.0.1:x", "bad_port"),
        ("DRAWBRIDGE_PROXY", "0.0.0.0:8620", "proxy_not_local"),
        ("DRAWBRIDGE_EGRESS_ADDRESSES", "127.0.0.1,nonsense", "not_an_address"),
        ("DRAWBRIDGE_TLS_CERTIFICATE", "/x.pem", "tls_needs_both"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(variable: str, value: str, code: str) -> None:
    given = {"DRAWBRIDGE_DATA": "/data", variable: value}
    if not code:
        assert read_settings(given).host == "127.0.0.1"
        return
    with pytest.raises(BadInput, match=code) as refusal:
        read_settings(given)
    assert str(refusal.value.facts["field"]).startswith("DRAWBRIDGE_")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104  It must be refused.
def test_an_open_address_needs_tls_or_a_trusted_proxy(host: str) -> None:
    """Scenario 73."""
    given = {"DRAWBRIDGE_DATA": "/data", "DRAWBRIDGE_HOST": host}
    with pytest.raises(BadInput, match="tls_needed"):
        read_settings(given)
    own = {"DRAWBRIDGE_TLS_CERTIFICATE": "/c.pem", "DRAWBRIDGE_TLS_KEY": "/k.pem"}
    assert read_settings(given | own).web_address.startswith("https://")
    assert read_settings(given | {"DRAWBRIDGE_TRUSTED_PROXY": "192.0.2.9"}).host == host


def test_everything_binds_to_loopback_when_nothing_is_set() -> None:
    """Scenario 73."""
    settings = read_settings({"HOME": "/home/ada"})
    assert settings.host == "127.0.0.1"
    assert settings.paper == "127.0.0.1:8520"


def test_a_child_reads_back_what_its_parent_was_set_to(tmp_path: Path) -> None:
    given = {
        "DRAWBRIDGE_DATA": str(tmp_path),
        "DRAWBRIDGE_HOST": "::1",
        "DRAWBRIDGE_PORT": "9000",
        "DRAWBRIDGE_PAPER": "[::1]:9001",
        "DRAWBRIDGE_EGRESS_ADDRESSES": "192.0.2.7, 2001:db8::1",
    }
    settings = read_settings(given)
    assert settings.egress_addresses == ("192.0.2.7", "2001:db8::1")
    assert port_in(settings.paper) == 9_001
    assert read_settings(settings.environment()) == settings
