"""Licences from the command line: a person's own, and those that an operator issues."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from drawbridge.licences.model import Feature
from tests.kit.command_line import CommandLine
from tests.kit.processes import drawbridge


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


class Person:
    """Somebody whose Drawbridge asks for an operator's licences."""

    def __init__(self, line: CommandLine, key: str, server: str = "http://127.0.0.1:9") -> None:
        self._data = str(line.data)
        self._environment = {"DRAWBRIDGE_LICENCE_KEY": key, "DRAWBRIDGE_LICENCE_SERVER": server}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command."""
        words = ("licence", *arguments, "--data", self._data)
        return drawbridge(*words, environment=self._environment)

    def told(self, *arguments: str) -> Any:  # noqa: ANN401  whatever JSON it printed
        """Run a command that must work; give the JSON that it printed."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def refused(self, *arguments: str) -> str:
        """Run a command that must fail; give the error's code."""
        done = self.run(*arguments, "--json")
        assert done.returncode != 0
        return str(json.loads(done.stderr)["code"])


def test_a_person_enters_a_licence_and_sees_what_is_missing(
    line: CommandLine, operator: Operators
) -> None:
    person = Person(line, operator.told("init")["public_key"])
    made = operator.told("issue", "Ann")
    assert person.told("show")["state"] == "absent"
    assert person.refused("renew") == "licence_none_held"
    assert person.refused("add", "rubbish") == "licence_unreadable"
    told = person.told("add", made["licence"])
    assert (told["state"], told["reason"]) == ("waiting", "licence_not_activated")
    assert told["licence"]["holder"] == "Ann"
    assert "0 of 1" in person.run("show").stdout
    assert person.told("renew") == {"wish": 1, "done": False}
    assert person.refused("archive", "nothing") == "unknown_key"
    assert person.refused("release") == "not_confirmed"


def test_a_forged_list_in_a_file_is_refused(
    line: CommandLine, operator: Operators, tmp_path: Path
) -> None:
    person = Person(line, operator.told("init")["public_key"])
    other = Operators(line, tmp_path / "other")
    other.told("init")
    file = tmp_path / "list"
    file.write_text(other.run("revocations")[1])
    assert person.refused("revocations", str(file)) == "licence_forged"
    file.write_text(operator.run("revocations")[1])
    assert person.told("revocations", str(file)) == {"taken": True}
