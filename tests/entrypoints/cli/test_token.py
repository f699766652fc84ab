"""Tokens for programs on the command line: made, listed, revoked."""

from pathlib import Path

import pytest

from tests.kit.command_line import CommandLine

DAY_MS = 86_400_000


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    line = CommandLine(tmp_path, capsys)
    line.given("seven quiet herons at dusk\n", "owner", "create", "--name", "Ann")
    return line


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        (["make", "Bot", "--may", "withdraw"], 2, "unknown_token_scope"),
        (["make", "Bot", "--lives", "soon"], 2, "bad_span"),
        (["make", "Bot", "--lives", "367d"], 2, "token_life"),
        (["make", ""], 2, "name_missing"),
        (["make", "Bot", "--owner", "Bob"], 5, "no_such_owner"),
        (["revoke", "Bot"], 5, "unknown_token"),
    ],
)
def test_what_cannot_be_is_refused(
    line: CommandLine, arguments: list[str], exit_code: int, code: str
) -> None:
    found, told = line.refused("owner", "token", *arguments)
    assert (found, told["code"]) == (exit_code, code)


def test_a_token_is_made_shown_once_listed_and_revoked(line: CommandLine) -> None:
    made = line.told("owner", "token", "make", "Bot", "--may", "robots, limits", "--lives", "30d")
    text = made.pop("token")
    assert text.startswith("dbr_")
    assert made["scopes"] == ["limits", "read", "robots"]
    assert made["expires_ms"] - made["created_ms"] == 30 * DAY_MS
    assert line.told("owner", "token", "list") == [made]
    code, out, err = line.on_data("owner", "token", "list")
    assert (code, "Bot" in out, text in out + err) == (0, True, False)
    proven = line.house(lambda house: house.tokens.prove(text, "127.0.0.1"))
    assert proven.id == made["id"]
    assert line.told("owner", "token", "revoke", "bot") == {"id": made["id"], "revoked": True}
    assert line.told("owner", "token", "list") == []


def test_to_a_pipe_goes_the_token_alone(line: CommandLine) -> None:
    code, out, err = line.on_data("owner", "token", "make", "Bot")
    assert (code, out.startswith("dbr_"), out.count("\n")) == (0, True, 1)
    assert "one time only" in err
    code, out, _ = line.on_data("owner", "token", "revoke", "Bot")
    assert (code, out) == (0, "The token “Bot” is revoked.\n")
    code, out, _ = line.on_data("owner", "token", "list")
    assert (code, out) == (0, "There are no tokens yet.\n")
