"""One file of settings for all processes; the environment goes before it."""

from pathlib import Path

import pytest

from drawbridge.app.settings import read_settings
from drawbridge.core.errors import DrawbridgeError
from drawbridge.wording.say import say_error


def written(folder: Path, text: str, mode: int = 0o644) -> dict[str, str]:
    file = folder / "drawbridge.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return {"DRAWBRIDGE_CONFIG": str(file)}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DRAWBRIDGE_PORT 8420", "config_unreadable"),
        ("DRAWBRIDGE_PORT = true", "config_bad_value"),
        ("DRAWBRIDGE_PORT = 1.5", "config_bad_value"),
        ("DRAWBRIDGE_NAMES = [1, 2]", "config_bad_value"),
        ('DRAWBRIDGE_CONFIG = "/other"', "config_unknown_name"),
        ("[web]\nport = 1", "config_unknown_name"),
        ("DRAWBRIDGE_PORT = 0", "bad_port"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(text: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(DrawbridgeError, match=code):
        read_settings(written(tmp_path, text))


def test_an_unknown_name_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(DrawbridgeError, match="config_unknown_name") as refusal:
        read_settings(written(tmp_path, 'DRAWBRIDGE_DATBASE = "x"'))
    assert "DRAWBRIDGE_DATABASE" in say_error(refusal.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DrawbridgeError, match="config_missing"):
        read_settings({"DRAWBRIDGE_CONFIG": str(tmp_path / "none.toml")})


def test_a_file_that_everybody_may_write_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DrawbridgeError, match="config_open_to_others"):
        read_settings(written(tmp_path, "DRAWBRIDGE_PORT = 8421", 0o666))


def test_the_file_holds_where_the_environment_is_silent(tmp_path: Path) -> None:
    text = """
    DRAWBRIDGE_DATA = "/data"
    DRAWBRIDGE_PORT = 8421
    DRAWBRIDGE_NAMES = ["bridge.internal", "bridge.test"]
    DRAWBRIDGE_LANGUAGE = "fr"
    """
    given = written(tmp_path, text) | {"DRAWBRIDGE_PORT": "8422", "DRAWBRIDGE_NAMES": ""}
    settings = read_settings(given)
    assert settings.data == Path("/data")
    assert settings.port == 8_422
    assert settings.names == ("bridge.internal", "bridge.test")
    assert settings.language == "fr"
    assert settings.config == tmp_path / "drawbridge.toml"
    assert read_settings(settings.environment()) == settings
