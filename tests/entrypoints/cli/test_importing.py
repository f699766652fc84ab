"""Keys out of other programs' files from the command line, and copies with virtual keys."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from drawbridge.app.build import House
from drawbridge.core.operations import Scope
from drawbridge.vault.model import KeyStatus, Standing
from tests.kit import foreign_files
from tests.kit.command_line import CommandLine
from tests.kit.foreign_files import KEY, OKX_PASSPHRASE, OKX_SECRET, SECRET


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    made = CommandLine(tmp_path / "data", capsys)
    made.furnish()
    return made


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "config.json"
    file.write_text(foreign_files.FREQTRADE)
    return file


def enabled(line: CommandLine, told: dict[str, Any]) -> None:
    """Let all keys that were brought in be good."""

    async def check(house: House) -> None:
        for it in told["keys"]:
            standing = Standing(KeyStatus.ENABLED, scopes=frozenset({Scope.READ, Scope.TRADE_SPOT}))
            await house.vault.record_verdict(it["id"], standing)

    line.house(check)


@pytest.mark.parametrize(
    ("name", "text", "code", "exit_code"),
    [
        (None, "", "import_no_file", 2),
        ("a.json", "{}", "import_nothing_found", 2),
        ("a.json", "{", "import_unreadable_line", 2),
        ("a.csv", "name,key\nf\ufffdr,x\n", "import_text_lost", 2),
    ],
)
def test_a_file_that_cannot_be_brought_in_is_refused_and_nothing_is_added(
    line: CommandLine, tmp_path: Path, name: str | None, text: str, code: str, exit_code: int
) -> None:
    """Scenario 71."""
    file = tmp_path / (name or "absent.json")
    if name:
        file.write_text(text)
    told = line.refused("import", str(file), "--yes")
    assert (told[0], told[1]["code"]) == (exit_code, code)
    assert line.told("key", "list") == []


def test_without_a_yes_nothing_is_brought_in(line: CommandLine, config: Path) -> None:
    code, out, err = line.on_data("import", str(config), "--json")
    assert (code, out) == (2, "")
    assert json.loads(err)["code"] == "not_confirmed"
    assert line.told("key", "list") == []


def test_a_look_shows_what_is_there_and_no_secret(line: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "accounts.env"
    file.write_text(foreign_files.DOTENV)
    code, out, err = line.on_data("import", str(file), "--look")
    assert code == 0, err
    assert "Kq7K…7KqA" in out or f"{KEY[:4]}…{KEY[-4:]}" in out
    assert "OKX_API_KEY" in out
    for secret in (KEY, SECRET, OKX_SECRET, OKX_PASSPHRASE):
        assert secret not in out + err
    told = line.told("import", str(file), "--look")
    assert [it["state"] for it in told["found"]] == ["new", "new"]
    assert line.told("key", "list") == []


def test_keys_are_brought_in_once(line: CommandLine, config: Path) -> None:
    code, out, err = line.on_data("import", str(config), "--yes", "--no-wait", "--venue", "paper")
    assert code == 0, err
    assert SECRET not in out + err
    (key,) = line.told("key", "list")
    assert (key["exchange"], key["venue"], key["key"]) == ("binance", "paper", KEY)
    again = line.told("import", str(config), "--yes", "--no-wait")
    assert again["keys"][0]["id"] == key["id"]
    assert again["keys"][0]["added"] is False
    assert config.read_text() == foreign_files.FREQTRADE


def test_what_is_wrong_with_one_keeps_no_other_from_coming_in(
    line: CommandLine, tmp_path: Path
) -> None:
    accounts = [
        {"exchange": "binance", "key": KEY, "secret": SECRET},
        {"exchange": "binance", "key": "placeholder", "secret": "placeholder2"},
    ]
    file = tmp_path / "accounts.json"
    file.write_text(json.dumps(accounts))
    code, out, _ = line.on_data("import", str(file), "--yes", "--no-wait", "--json")
    told = json.loads(out)["keys"]
    assert code == 2
    assert [it["added"] for it in told] == [True, False]
    assert told[1]["problem"]["code"] == "wrong_format"
    assert len(line.told("key", "list")) == 1


def test_a_copy_holds_virtual_keys_and_stands_for_its_owner_alone(
    line: CommandLine, config: Path, tmp_path: Path
) -> None:
    """Scenario 77."""
    copy = tmp_path / "config.new.json"
    enabled(line, line.told("import", str(config), "--yes", "--no-wait", "--venue", "paper"))
    told = line.told(
        "import", str(config), "--copy", str(copy), "--may", "trade_spot", "--pair", "BTC/USDT"
    )
    (virtual,) = told["copy"]["virtual_keys"]
    assert told["copy"]["by_hand"] == []
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    text = copy.read_text()
    assert SECRET not in text
    assert KEY not in text
    assert virtual["public"] in text
    assert "127.0.0.1" in text
    assert "// where to trade" in text
    assert config.read_text() == foreign_files.FREQTRADE
    assert len(line.told("virtual-key", "list")) == 1


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        ("there", "import_copy_exists"),
        ("folder", "import_copy_failed"),
        ("none", "import_none_here"),
    ],
)
def test_a_copy_that_cannot_be_written_makes_no_virtual_key(
    line: CommandLine, tmp_path: Path, prepare: str, code: str
) -> None:
    copy = tmp_path / ("absent/copy.json" if prepare == "folder" else "copy.json")
    if prepare == "there":
        copy.write_text("mine")
    file = tmp_path / "keys.json"
    account = {"exchange": "binance", "key": KEY, "secret": KEY}
    file.write_text(json.dumps(account))
    told = line.refused("import", str(file), "--yes", "--no-wait", "--copy", str(copy))
    assert told[1]["code"] == code
    assert line.told("virtual-key", "list") == []
    assert copy.exists() is (prepare == "there")
    if prepare == "there":
        assert copy.read_text() == "mine"


def test_a_key_that_is_not_ready_gets_no_virtual_one(
    line: CommandLine, config: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.json"
    told = line.refused("import", str(config), "--yes", "--no-wait", "--copy", str(copy))
    assert told[1]["code"] == "virtual_key_not_usable"
    assert not copy.exists()
    assert line.told("virtual-key", "list") == []
