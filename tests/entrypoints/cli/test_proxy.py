"""TLS for bots from the command line."""

from pathlib import Path

import pytest

from tests.kit.command_line import CommandLine


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(tmp_path / "data", capsys)


def test_a_name_that_could_be_somebody_elses_is_refused(line: CommandLine) -> None:
    code, told = line.refused("proxy", "tls", "--name", "api.example.com")
    assert (code, told["code"]) == (2, "public_name")


def test_a_certificate_is_made_once_and_each_client_is_told_of(line: CommandLine) -> None:
    first = line.told("proxy", "tls", "--name", "bridge.internal")
    assert first["made"]
    assert first["names"] == ["localhost", "bridge.internal"]
    again = line.told("proxy", "tls")
    assert not again["made"]
    assert {**again, "made": True} == first
    assert all(str(first["authority"]) in text for text in first["clients"].values())
    code, out, err = line.on_data("proxy", "tls")
    assert (code, err) == (0, "")
    assert f"NODE_EXTRA_CA_CERTS={first['authority']}" in out
    assert "PRIVATE" not in out
