"""What processes of a cluster are told of each other."""

from pathlib import Path

import pytest

from drawbridge.app.settings import read_settings
from drawbridge.core.errors import BadInput

PROOFS = {
    "DRAWBRIDGE_CLUSTER_CERTIFICATE": "/etc/drawbridge/me.pem",
    "DRAWBRIDGE_CLUSTER_KEY": "/etc/drawbridge/me.key",
    "DRAWBRIDGE_CLUSTER_CA": "/etc/drawbridge/all.pem",
}


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("DRAWBRIDGE_WORKER", "worker-1:8920", "worker_not_an_address"),
        ("DRAWBRIDGE_WORKER", "0.0.0.0:8920", "worker_not_an_address"),
        ("DRAWBRIDGE_WORKER", "127.0.0.1:0", "bad_port"),
        ("DRAWBRIDGE_WORKER", "127.0.0.1", "worker_not_an_address"),
        ("DRAWBRIDGE_WORKER", "10.0.0.7:8920", "worker_needs_tls"),
        ("DRAWBRIDGE_EGRESS_GROUP", "Amsterdam 1", "bad_egress_group"),
        ("DRAWBRIDGE_EGRESS_GROUP", "a" * 33, "bad_egress_group"),
        ("DRAWBRIDGE_CLUSTER_KEY", "/etc/drawbridge/me.key", "cluster_needs_all_three"),
    ],
)
def test_what_leads_nowhere_or_in_the_clear_is_refused(name: str, value: str, code: str) -> None:
    with pytest.raises(BadInput, match=code) as refusal:
        read_settings({"DRAWBRIDGE_DATA": "/data", name: value})
    assert str(refusal.value.facts["field"]).startswith("DRAWBRIDGE_")


def test_a_worker_that_proves_itself_may_be_on_the_network() -> None:
    given = {"DRAWBRIDGE_DATA": "/data", "DRAWBRIDGE_WORKER": "[2001:db8::7]:8920", **PROOFS}
    settings = read_settings(given)
    assert settings.cluster.worker == "[2001:db8::7]:8920"
    assert settings.cluster.has_tls
    assert read_settings(settings.environment()) == settings


def test_the_local_key_is_in_the_data_folder_unless_all_share_another() -> None:
    assert read_settings({"DRAWBRIDGE_DATA": "/data"}).local_key == Path("/data/local.key")
    shared = {"DRAWBRIDGE_DATA": "/data", "DRAWBRIDGE_LOCAL_KEY": "/run/keys/local.key"}
    assert read_settings(shared).local_key == Path("/run/keys/local.key")
