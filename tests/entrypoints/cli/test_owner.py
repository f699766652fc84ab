"""An owner and their authenticator without a browser: from a pipe, and at a terminal."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyotp
import pytest

from tests.kit.command_line import CommandLine
from tests.kit.store import surroundings_of
from tests.kit.terminal import Terminal

PASSWORD = "seven quiet herons at dusk"


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(tmp_path, capsys)


@pytest.mark.parametrize(
    ("name", "given", "code", "field"),
    [
        ("", PASSWORD, "name_missing", "name"),
        ("x" * 65, PASSWORD, "name_too_long", "name"),
        ("A\x1b[2J", PASSWORD, "name_unreadable", "name"),
        ("Ann", "", "password_too_short", "password"),
        ("Ann", "\n", "password_too_short", "password"),
        ("Ann", "short\n", "password_too_short", "password"),
        ("Ann", "passwordpassword\n", "password_too_easy", "password"),
        ("Ann", "AnnAnnAnnAnn\n", "password_too_easy", "password"),
        ("Ann", "x" * 1_000_000, "password_too_long", "password"),
    ],
)
def test_a_bad_name_or_password_is_named_and_nobody_is_created(
    line: CommandLine, name: str, given: str, code: str, field: str
) -> None:
    done = line.given(given, "owner", "create", "--name", name, "--json")

    told = json.loads(done.stderr)
    assert (done.returncode, done.stdout) == (2, "")
    assert (told["code"], told["facts"]["field"]) == (code, field)
    assert line.house(lambda house: house.accounts.list_owners()) == ()


def test_an_owner_is_created_from_a_pipe_once(line: CommandLine) -> None:
    done = line.given(f"{PASSWORD}\n", "owner", "create", "--name", "Ann", "--json")
    again = line.given(f"{PASSWORD}\n", "owner", "create", "--name", "Bob", "--json")

    assert json.loads(done.stdout)["name"] == "Ann"
    assert PASSWORD not in done.stdout + done.stderr
    assert (again.returncode, json.loads(again.stderr)["code"]) == (5, "owner_exists")


def test_a_new_owner_is_told_the_next_steps(line: CommandLine) -> None:
    done = line.given(f"{PASSWORD}\n", "owner", "create", "--name", "Ann")

    assert done.stdout == "Ann is the owner now.\n"
    assert "drawbridge owner authenticator" in done.stderr
    assert "drawbridge vault create" in done.stderr


def test_no_password_and_no_code_can_be_given_as_an_argument(line: CommandLine) -> None:
    for command in (("owner", "create"), ("owner", "authenticator"), ("vault", "unlock")):
        told = line.run(*command, "--help")[1]
        assert not re.search(r"--(pass|code|secret)", told)


def test_an_authenticator_needs_an_owner(line: CommandLine) -> None:
    code, told = line.refused("owner", "authenticator")

    assert (code, told["code"]) == (5, "no_owner_yet")


@pytest.mark.parametrize(("given", "code"), [("", "code_needed"), ("000000\n", "code_wrong")])
def test_an_authenticator_does_not_count_without_its_code(
    line: CommandLine, given: str, code: str
) -> None:
    line.furnish()

    done = line.given(given, "owner", "authenticator", "--json")

    assert done.returncode == 3
    assert json.loads(done.stderr)["code"] == code
    assert not line.house(lambda house: house.accounts.list_owners())[0].second_factor


def test_a_script_sets_up_an_authenticator(line: CommandLine) -> None:
    line.furnish()
    command = [sys.executable, "-m", "drawbridge.entrypoints.cli.main", "owner", "authenticator"]
    data = ("--data", str(line.data))
    with subprocess.Popen(
        [*command, *data, "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **surroundings_of(data)},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        shown = json.loads(process.stdout.readline())
        process.stdin.write(pyotp.TOTP(shown["secret"]).now() + "\n")
        process.stdin.close()
        codes = json.loads(process.stdout.readline())["recovery_codes"]
        assert process.wait() == 0

    assert shown["secret"] in shown["uri"]
    assert len(set(codes)) == len(codes) > 5
    assert line.house(lambda house: house.accounts.list_owners())[0].second_factor
    assert line.refused("owner", "authenticator")[1]["code"] == "second_factor_already_set"


def test_two_passwords_that_differ_create_nobody(line: CommandLine) -> None:
    with Terminal("owner", "create", "--name", "Ann", "--data", str(line.data)) as terminal:
        terminal.see("not shown): ")
        terminal.type(PASSWORD)
        terminal.see("Once more: ")
        terminal.type(PASSWORD + "!")
        assert terminal.end() == 2

    assert "Type it twice alike" in terminal.shown
    assert line.house(lambda house: house.accounts.list_owners()) == ()


def test_a_person_at_a_terminal_is_led_from_name_to_recovery_codes(line: CommandLine) -> None:
    with Terminal("owner", "create", "--data", str(line.data)) as terminal:
        terminal.see("Name: ")
        terminal.type("Ann")
        for prompt in ("not shown): ", "Once more: "):
            terminal.see(prompt)
            terminal.type(PASSWORD)
        terminal.see("to go on: ")
        terminal.type("yes")
        shown = terminal.see("app shows now: ")
        secret = re.findall(r"Secret: ([A-Z2-7]+)", shown)[0]
        terminal.type("000000")
        terminal.see("app shows now: ")
        terminal.type(pyotp.TOTP(secret).now())
        assert terminal.end() == 0

    assert "\u2580" in shown, "a picture to scan"
    assert f"secret={secret}" in shown
    assert "Shown this one time" in terminal.shown
    assert PASSWORD not in terminal.shown
    assert line.house(lambda house: house.accounts.list_owners())[0].second_factor
