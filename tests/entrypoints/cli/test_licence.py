"""Licences from the command line: a person's own, and those that an operator issues."""

import json
from pathlib import Path
from typing import Any

import pytest

from drawbridge.licences.model import Feature
from tests.kit.command_line import CommandLine


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    made = CommandLine(tmp_path / "data", capsys)
    made.furnish()
    return made


class Operators:
    """An operator's folder, and the command line over it."""

    def __init__(self, line: CommandLine, folder: Path) -> None:
        self._line = line
        self._folder = str(folder)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command."""
        return self._line.run("licences", *arguments, "--folder", self._folder)

    def told(self, *arguments: str) -> Any:  # noqa: ANN401  whatever JSON it printed
        """Run a command that must work; give the JSON that it printed."""
        code, out, err = self.run(*arguments, "--json")
        assert code == 0, err
        return json.loads(out)

    def refused(self, *arguments: str) -> str:
        """Run a command that must fail; give the error's code."""
        code, _, err = self.run(*arguments, "--json")
        assert code != 0
        return str(json.loads(err)["code"])


@pytest.fixture
def operator(line: CommandLine, tmp_path: Path) -> Operators:
    return Operators(line, tmp_path / "operator")


def test_self_hosted_use_needs_no_licence(line: CommandLine) -> None:
    exit_code, told = line.refused("licence", "show")
    assert (exit_code, told["code"]) == (5, "licence_not_asked")


def test_an_operator_without_a_folder_is_told_how_to_begin(operator: Operators) -> None:
    for command in (("list",), ("issue", "Ann"), ("revoke", "lic_1", "--yes")):
        assert operator.refused(*command) == "licence_no_office"


def test_an_operators_keys_are_never_made_anew(operator: Operators) -> None:
    operator.told("init")
    assert operator.refused("init") == "key_file_exists"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("issue", "Ann", "--slots", "0"), "licence_bad_slots"),
        (("issue", " "), "licence_bad_holder"),
        (("issue", "Ann", "--feature", "magic"), "licence_no_feature"),
        (("issue", "Ann", "--lasts", "soon"), "bad_span"),
        (("revoke", "lic_unknown", "--yes"), "licence_unknown"),
        (("serve", "--port", "70000"), "bad_port"),
    ],
)
def test_what_makes_no_sense_is_refused(
    operator: Operators, arguments: tuple[str, ...], code: str
) -> None:
    operator.told("init")
    assert operator.refused(*arguments) == code


def test_licences_are_issued_listed_and_revoked(operator: Operators) -> None:
    operator.told("init")
    made = operator.told("issue", "Ann", "--slots", "3", "--feature", "robots", "--lasts", "365d")
    assert made["licence"].startswith("dblicence1.")
    [listed] = operator.told("list")
    assert (listed["holder"], listed["slots"], listed["used_slots"]) == ("Ann", 3, 0)
    assert listed["features"] == [Feature.ROBOTS]
    assert made["recovery_code"] not in json.dumps(listed)
    assert operator.told("revoke", made["id"], "--yes") == {
        "revoked": made["id"],
        "was_revoked": False,
    }
    code, out, _ = operator.run("list")
    assert (code, "Revoked" in out) == (0, True)
    assert operator.run("revocations")[1].startswith("dbrevoked1.")


def test_a_person_enters_a_licence_and_sees_what_is_missing(
    line: CommandLine, operator: Operators, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = operator.told("init")
    made = operator.told("issue", "Ann")
    monkeypatch.setenv("DRAWBRIDGE_LICENCE_KEY", key["public_key"])
    monkeypatch.setenv("DRAWBRIDGE_LICENCE_SERVER", "http://127.0.0.1:9")
    assert line.told("licence", "show")["state"] == "absent"
    assert line.refused("licence", "renew")[1]["code"] == "licence_none_held"
    assert line.refused("licence", "add", "rubbish")[1]["code"] == "licence_unreadable"
    told = line.told("licence", "add", made["licence"])
    assert (told["state"], told["reason"]) == ("waiting", "licence_not_activated")
    assert told["licence"]["holder"] == "Ann"
    code, out, _ = line.on_data("licence", "show")
    assert (code, "0 of 1" in out) == (0, True)
    assert line.told("licence", "renew") == {"wish": 1, "done": False}
    assert line.refused("licence", "archive", "nothing")[1]["code"] == "unknown_key"
    assert line.refused("licence", "release")[1]["code"] == "not_confirmed"


@pytest.mark.parametrize(
    ("key", "server", "code"),
    [
        ("", "https://licences.example", "licence_needs_both"),
        ("A" * 43, "", "licence_needs_both"),
        ("short", "https://licences.example", "licence_bad_key"),
        ("A" * 43, "http://licences.example", "licence_bad_server"),
        ("A" * 43, "https://licences.example:x", "licence_bad_server"),
        ("A" * 43, "ftp://127.0.0.1", "licence_bad_server"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch, key: str, server: str, code: str
) -> None:
    monkeypatch.setenv("DRAWBRIDGE_LICENCE_KEY", key)
    monkeypatch.setenv("DRAWBRIDGE_LICENCE_SERVER", server)
    assert line.refused("licence", "show")[1]["code"] == code


def test_a_forged_list_in_a_file_is_refused(
    line: CommandLine, operator: Operators, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = operator.told("init")
    monkeypatch.setenv("DRAWBRIDGE_LICENCE_KEY", key["public_key"])
    monkeypatch.setenv("DRAWBRIDGE_LICENCE_SERVER", "https://licences.example")
    other = Operators(line, tmp_path / "other")
    other.told("init")
    file = tmp_path / "list"
    file.write_text(other.run("revocations")[1])
    assert line.refused("licence", "revocations", str(file))[1]["code"] == "licence_forged"
    file.write_text(operator.run("revocations")[1])
    assert line.told("licence", "revocations", str(file)) == {"taken": True}
