"""Approvals from the command line."""

from pathlib import Path

import pytest

from tests.kit.command_line import CommandLine


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    made = CommandLine(tmp_path, capsys)
    made.furnish()
    return made


@pytest.fixture
def token(line: CommandLine, tmp_path: Path) -> Path:
    """Make a token that may propose, as a person does for an assistant."""
    text = line.told("owner", "token", "make", "Jeeves", "--may", "limits,robots")["token"]
    file = tmp_path / "claude.token"
    file.touch(mode=0o600)
    file.write_text(f"{text}\n")
    return file


def test_what_is_not_there_is_not_answered(line: CommandLine) -> None:
    code, told = line.refused("approval", "approve", "approval_x")
    assert (code, told["code"]) == (5, "unknown_approval")


def test_what_cannot_be_proposed_is_refused(line: CommandLine, token: Path) -> None:
    file = str(token)
    code, told = line.refused("approval", "propose", "withdraw", "--token-file", file)
    assert (code, told["code"]) == (2, "unknown_act")
    code, told = line.refused("approval", "propose", "start-robot", "X", "--token-file", file)
    assert (code, told["code"]) == (5, "unknown_robot")
    code, told = line.refused("approval", "propose", "check-key", "X", "--token-file", file)
    assert told["code"] == "token_lacks_scope"
    code, told = line.refused("approval", "propose", "stop-everything", "--token-file", "/nowhere")
    assert told["code"] == "remote_token_unreadable"


def test_a_proposal_is_declined_and_another_one_approved(line: CommandLine, token: Path) -> None:
    asked = ("approval", "propose", "stop-everything", "--token-file", str(token))
    first = line.told(*asked)
    assert line.told("approval", "decline", first["id"])["state"] == "declined"
    assert line.refused("resume")[1]["code"] == "not_stopped"
    second = line.told(*asked)
    [waiting] = line.told("approval", "list")
    assert waiting["id"] == second["id"] != first["id"]

    told = line.told("approval", "approve", second["id"])

    assert (told["state"], told["outcome"]) == ("approved", "done")
    assert line.told("resume") == {"stopped": False}
    assert line.told("approval", "list") == []
    assert len(line.told("approval", "list", "--all")) == 2
    code, refused = line.refused("approval", "approve", second["id"])
    assert refused["code"] == "approval_answered"
    code, out, _ = line.on_data("approval", "list", "--all")
    assert code == 0
    assert "Stop all trading" in out
    assert "Declined" in out
