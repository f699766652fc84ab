"""`drawbridge settings`: what holds and where it came from, and no secret."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from drawbridge.app.settings_file import name_file
from drawbridge.entrypoints.cli.main import main
from tests.kit.remote_line import Surroundings


@pytest.fixture(autouse=True)
def no_file_is_named_any_more() -> Iterator[None]:
    yield
    name_file(None)


def written(folder: Path, text: str) -> Path:
    file = folder / "drawbridge.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_wrong_file_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, "DRAWBRIDGE_PROT = 8421")
    assert main(["--config", str(file), "settings", "--json"]) == 2
    told = json.loads(capsys.readouterr().err)
    assert told["code"] == "config_unknown_name"
    assert "DRAWBRIDGE_PORT" in told["message"]


def test_each_value_is_shown_with_where_it_came_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    password = tmp_path / "password"
    password.write_text("correct-horse", encoding="ascii")
    password.chmod(0o600)
    text = f"""
    DRAWBRIDGE_PORT = 8421
    DRAWBRIDGE_NAMES = ["bridge.internal"]
    DRAWBRIDGE_DATABASE = "postgresql://ada@localhost/x"
    DRAWBRIDGE_DATABASE_PASSWORD_FILE = "{password}"
    DRAWBRIDGE_TRANSIT_URL = "https://ada:hidden@vault.internal"
    """
    file = written(tmp_path, text)
    around = Surroundings(tmp_path)
    around.set("DRAWBRIDGE_PORT", "8422")
    try:
        done = main(["--config", str(file), "settings", "--json", "--data", str(tmp_path)])
        printed = capsys.readouterr().out
        assert main(["--config", str(file), "settings"]) == 0
    finally:
        around.put_back()
    assert done == 0
    told = json.loads(printed)
    assert told["DRAWBRIDGE_PORT"] == {"value": "8422", "source": "environment"}
    assert told["DRAWBRIDGE_NAMES"] == {"value": "bridge.internal", "source": "file"}
    assert told["DRAWBRIDGE_DATA"] == {"value": str(tmp_path), "source": "command"}
    assert told["DRAWBRIDGE_CONFIG"]["source"] == "command"
    assert told["DRAWBRIDGE_PAPER"] == {"value": "127.0.0.1:8520", "source": "usual"}
    assert told["DRAWBRIDGE_TRANSIT_URL"]["value"] == "https://ada@vault.internal"
    table = capsys.readouterr().out
    assert "bridge.internal" in table
    assert "correct-horse" not in printed + table
    assert "hidden" not in printed + table
