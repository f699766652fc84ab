"""People on the command line: invited, listed, made something else, ended, let back in."""

from pathlib import Path

import pytest

from drawbridge.accounts.model import Owner
from drawbridge.accounts.roles import Role
from drawbridge.app.build import House
from tests.kit.command_line import CommandLine
from tests.kit.roles import let_in


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    line = CommandLine(tmp_path, capsys)
    line.given("seven quiet herons at dusk\n", "owner", "create", "--name", "Ada")
    return line


def _let_in(line: CommandLine, role: Role, name: str) -> Owner:
    async def work(house: House) -> Owner:
        [ada, *_] = await house.accounts.list_owners()
        return await let_in(house, ada, role, name)

    return line.house(work)


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        (["invite", "king"], 2, "unknown_role"),
        (["invite", "member", "--owner", "Mia"], 4, "role_forbids"),
        (["role", "Bob", "member"], 5, "no_such_owner"),
        (["role", "Mia", "king"], 2, "unknown_role"),
        (["role", "Ada", "member"], 5, "last_owner"),
        (["end", "Ada", "--yes"], 5, "last_owner"),
        (["end", "Bob", "--yes"], 5, "no_such_owner"),
        (["let-back", "Bob"], 5, "no_such_owner"),
    ],
)
def test_what_cannot_be_is_refused(
    line: CommandLine, arguments: list[str], exit_code: int, code: str
) -> None:
    _let_in(line, Role.MEMBER, "Mia")
    found, told = line.refused("people", *arguments)
    assert (found, told["code"]) == (exit_code, code)


def test_to_a_pipe_goes_the_link_alone_and_it_lets_one_person_in(line: CommandLine) -> None:
    code, out, err = line.on_data("people", "invite", "read_only")
    assert (code, "/join/" in out, out.count("\n")) == (0, True, 1)
    assert "lets them in as: Read-only" in err
    made = line.told("people", "invite", "operator")
    assert made["role"] == "operator"
    token = made["link"].rpartition("/")[2]
    assert line.house(lambda house: house.invitations.get(token)).id == made["id"]


def test_people_are_listed_changed_ended_and_let_back(line: CommandLine) -> None:
    mia = _let_in(line, Role.MEMBER, "Mia")
    changed = line.told("people", "role", "mia", "operator")
    assert (changed["id"], changed["role"]) == (mia.id, "operator")
    code, out, _ = line.on_data("people", "end", "Mia", "--yes")
    assert (code, out) == (0, "Mia can log in no more.\n")
    [_, listed] = line.told("people", "list")
    assert listed["ended_ms"] is not None
    code, out, _ = line.on_data("people", "list")
    assert (code, "Operator (ended)" in out) == (0, True)
    assert line.told("people", "let-back", "Mia")["ended_ms"] is None


@pytest.mark.parametrize("role", [Role.READ_ONLY, Role.OPERATOR])
def test_who_has_nothing_of_their_own_is_not_meant_and_cannot_be_named(
    line: CommandLine, role: Role
) -> None:
    _let_in(line, role, "Otto")
    assert line.told("key", "list") == []
    code, told = line.refused("key", "list", "--owner", "Otto")
    assert (code, told["code"]) == (4, "role_forbids")
    # What is their own is theirs all the same.
    assert line.told("owner", "language", "ja", "--owner", "Otto")["language"] == "ja"
    code, told = line.refused("owner", "token", "make", "Bot", "--may", "keys", "--owner", "Otto")
    assert (code, told["code"]) == (4, "role_lacks_scope")


def test_who_is_ended_is_nobody_on_the_command_line(line: CommandLine) -> None:
    _let_in(line, Role.MEMBER, "Mia")
    code, told = line.refused("key", "list")
    assert (code, told["code"], told["facts"]["known"]) == (2, "which_owner", ["Ada", "Mia"])
    line.told("people", "end", "Mia", "--yes")
    assert line.told("key", "list") == []
    code, told = line.refused("key", "list", "--owner", "Mia")
    assert (code, told["code"]) == (5, "no_such_owner")
