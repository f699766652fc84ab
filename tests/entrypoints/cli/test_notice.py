"""Notices from the command line."""

from pathlib import Path

import pytest

from tests.kit.command_line import CommandLine


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    made = CommandLine(tmp_path, capsys)
    made.furnish()
    return made


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        (("set", "pigeon"), 2, "unknown_channel"),
        (("set", "webhook", "--to", "http://127.0.0.1/"), 2, "webhook_not_https"),
        (("set", "webhook", "--to", ""), 2, "bad_webhook"),
        (("set", "mail", "--to", "ada@example.com"), 5, "channel_not_set_up"),
        (("set", "page", "--kinds", "rain"), 2, "unknown_notice_kind"),
        (("summary", "25:00"), 2, "bad_hour"),
        (("test", "webhook"), 5, "channel_without_place"),
        (("test", "telegram"), 5, "channel_not_set_up"),
    ],
)
def test_what_does_not_lead_anywhere_is_refused(
    line: CommandLine, arguments: tuple[str, ...], exit_code: int, code: str
) -> None:
    given, told = line.refused("notice", *arguments)
    assert (given, told["code"]) == (exit_code, code)


def test_a_webhook_is_set_tested_and_switched_off(line: CommandLine) -> None:
    told = line.told("notice", "set", "webhook", "--to", "https://a.example/hook")
    assert told["secret"].startswith("whsec_")
    assert line.told("notice", "set", "webhook", "--kinds", "order_filled")["secret"] is None
    ways = {way["way"]: way for way in line.told("notice", "ways")["ways"]}
    assert ways["webhook"] == {
        "way": "webhook",
        "on": True,
        "to": "https://a.example/hook",
        "kinds": ["order_filled"],
    }
    assert line.told("notice", "test", "webhook")["state"] == "waiting", "no gateway runs"
    line.told("notice", "set", "webhook", "--off")
    ways = {way["way"]: way for way in line.told("notice", "ways")["ways"]}
    assert not ways["webhook"]["on"]
    code, out, _ = line.on_data("notice", "ways")
    assert code == 0
    assert "https://a.example/hook" in out


def test_notices_are_listed_and_counted_as_seen(line: CommandLine) -> None:
    line.told("stop")
    [notice] = line.told("notice", "list", "--read")
    assert (notice["kind"], notice["read"], notice["count"]) == ("stop_on", False, 1)
    assert line.told("notice", "list")[0]["read"]
    code, out, _ = line.on_data("notice", "list")
    assert code == 0
    assert "Trading has stopped" in out


def test_the_daily_summary_is_told_at_an_hour_or_never(line: CommandLine) -> None:
    assert line.told("notice", "summary", "6:30") == {"summary": "06:30"}
    assert line.told("notice", "ways")["summary"] == "06:30"
    assert line.told("notice", "summary") == {"summary": ""}
