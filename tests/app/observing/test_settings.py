"""Where operators look: refused where it is no address, and a port of its own for each process."""

import pytest

from drawbridge.app.observing.logs import LogStyle
from drawbridge.app.observing.settings import ObservingSettings, read_observing_settings
from drawbridge.core.errors import BadInput


@pytest.mark.parametrize(
    "text", ["9464", "localhost:9464", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", ":9464"]
)
def test_what_is_no_address_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadInput, match="ops_not_an_address") as told:
        read_observing_settings({"DRAWBRIDGE_OPS": text})
    assert told.value.facts["field"] == "DRAWBRIDGE_OPS"


def test_nothing_listens_when_nothing_is_set() -> None:
    assert read_observing_settings({}).place is None


def test_an_address_is_read_in_both_families() -> None:
    assert read_observing_settings({"DRAWBRIDGE_OPS": "127.0.0.1:0"}).place == ("127.0.0.1", 0)
    assert read_observing_settings({"DRAWBRIDGE_OPS": "[::1]:9464"}).place == ("::1", 9464)


def test_a_child_reads_back_what_its_parent_was_set_to() -> None:
    settings = ObservingSettings(LogStyle.JSON, "127.0.0.1:9464")
    assert read_observing_settings(settings.environment()) == settings


def test_each_process_of_one_machine_listens_on_a_port_of_its_own() -> None:
    settings = ObservingSettings(ops="[::1]:9464")
    told = [settings.beside(step)["DRAWBRIDGE_OPS"] for step in range(3)]
    assert told == ["[::1]:9464", "[::1]:9465", "[::1]:9466"]
    free = ObservingSettings(ops="127.0.0.1:0")
    assert free.beside(2) == {"DRAWBRIDGE_OPS": "127.0.0.1:0"}
    assert ObservingSettings().beside(1) == {"DRAWBRIDGE_OPS": ""}
