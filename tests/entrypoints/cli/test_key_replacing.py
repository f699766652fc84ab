"""Replacing a key from the command line, as far as it goes without a gateway."""

import json

import pytest

from tests.kit.command_line import CommandLine

_NEW = json.dumps({"api_key": "n" * 64, "api_secret": "m" * 64})


@pytest.fixture
def line(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    line = CommandLine(tmp_path_factory.mktemp("data"), capsys)
    line.furnish()
    line.add_key("Main")
    return line


def test_what_is_not_being_replaced_is_told_as_such(line: CommandLine) -> None:
    assert line.refused("key", "replacement", "Main")[1]["code"] == "no_replacement"
    assert line.refused("key", "replacement", "Other")[1]["code"] == "unknown_key"
    refused = line.refused("key", "replacement", "Main", "--do", "nothing")
    assert refused[1]["code"] == "bad_replacement_act"


def test_a_new_key_is_taken_in_shown_and_given_up(line: CommandLine) -> None:
    done = line.given(_NEW, "key", "replace", "Main", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["label"], told["state"], told["acts"]) == ("Main", "checking", ["give_up"])
    assert told["other_public_key"] == "n" * 64
    assert "m" * 64 not in done.stdout + done.stderr
    shown = line.told("key", "list")
    assert [key["label"] for key in shown] == ["Main"]
    assert line.refused("key", "delete", "Main", "--yes")[1]["code"] == "key_being_replaced"
    code, out, _ = line.on_data("key", "replacement", "Main", "--do", "give_up")
    assert code == 0
    assert "given up" in out
    assert line.told("key", "delete", "Main", "--yes")["deleted"]
