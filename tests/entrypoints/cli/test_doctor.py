"""The doctor: what it finds on machines in several states, and that it only looks."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drawbridge.app.build import House
from drawbridge.app.gateway_lock import only_gateway
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.unlock import read_vault_state
from tests.kit.command_line import CommandLine
from tests.kit.processes import drawbridge
from tests.kit.store import in_a_file, place_in, without_trigger, write_rows


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(tmp_path / "data", capsys)


def found(line: CommandLine, *arguments: str) -> dict[str, tuple[str, str]]:
    told: dict[str, Any] = line.told("doctor", *arguments)
    return {it["what"]: (it["health"], it["found"]) for it in told["findings"]}


def found_failed(line: CommandLine) -> dict[str, tuple[str, str]]:
    code, out, _ = line.on_data("doctor", "--json")
    assert code == 1
    return {it["what"]: (it["health"], it["found"]) for it in json.loads(out)["findings"]}


async def hold(house: House) -> KeyHolder:
    holder = KeyHolder(house.database, house.clock, house.settings.vault_key)
    await holder.start()
    return holder


async def hold_and_let_go(house: House) -> None:
    await (await hold(house)).stop()


def last_error(line: CommandLine) -> str:
    async def read(house: House) -> str:
        return (await read_vault_state(house.database)).error

    return line.house(read)


def test_a_machine_without_anything_is_told_where_to_begin_and_nothing_is_made(
    line: CommandLine,
) -> None:
    assert found(line)["data"] == ("warn", "absent")
    assert not line.data.exists()


@in_a_file
def test_a_stop_is_told(line: CommandLine) -> None:
    line.furnish()
    assert "stop" not in found(line)
    line.told("stop")
    assert found(line)["stop"] == ("warn", "stopped")


def test_a_file_that_notices_need_and_others_can_read_is_told(
    line: CommandLine, tmp_path: Path
) -> None:
    line.furnish()
    file = tmp_path / "bot"

    def told() -> tuple[str, str]:
        setting = {"DRAWBRIDGE_TELEGRAM_TOKEN_FILE": str(file)}
        arguments = ("doctor", "--json", "--data", str(line.data))
        findings = json.loads(drawbridge(*arguments, environment=setting).stdout)["findings"]
        [finding] = [it for it in findings if it["what"] == "notices"]
        return finding["health"], finding["found"]

    assert told() == ("fail", "no_secret")
    file.write_text("1:token")
    file.chmod(0o644)
    assert told() == ("fail", "no_secret")
    file.chmod(0o600)
    assert told() == ("ok", "good")


@in_a_file
def test_a_data_folder_without_a_database_is_left_as_it_is(line: CommandLine) -> None:
    line.data.mkdir(mode=0o755)

    health = found(line)

    assert health["data"] == ("warn", "open_to_others")
    assert health["database"] == ("warn", "absent")
    assert list(line.data.iterdir()) == []


def test_a_broken_audit_chain_fails_with_the_place(line: CommandLine) -> None:
    line.furnish()
    unguarded = without_trigger("audit_events_are_not_changed", "audit_events")
    write_rows(place_in(line.data), unguarded, "UPDATE audit_events SET at_ms = 1 WHERE n = 1")

    code, out, _ = line.on_data("doctor")

    assert code == 1
    assert any(text.startswith("fail  The audit log") for text in out.splitlines())
    assert line.refused("audit", "verify")[0] == 9


@in_a_file
def test_a_newer_database_fails_with_a_next_step(line: CommandLine) -> None:
    line.furnish()
    write_rows(place_in(line.data), "INSERT INTO migrations VALUES ('app/9999_future.sql')")

    code, out, _ = line.on_data("doctor")

    assert code == 1
    assert "fail  The database cannot be used." in out


def test_a_key_file_that_others_can_read_fails(line: CommandLine) -> None:
    line.furnish()
    (line.data / "vault.key").chmod(0o644)

    code, out, _ = line.on_data("doctor")

    assert code == 1
    assert "chmod 600" in out


@in_a_file
def test_a_furnished_folder_is_healthy_and_told_what_still_waits(line: CommandLine) -> None:
    line.furnish()

    health = found(line)

    assert health["owner"] == ("ok", "there")
    assert health["audit"] == ("ok", "whole")
    assert health["vault"] == ("warn", "closed")
    assert health["gateway"] == ("warn", "stopped")
    assert health["exchange"] == ("warn", "unreachable")


@in_a_file
def test_a_lost_key_file_fails_until_it_is_back(line: CommandLine) -> None:
    """What a gateway told before it ended is not told again when it has become untrue."""
    line.furnish()
    kept = (line.data / "vault.key").rename(line.data / "kept")
    line.house(hold_and_let_go)
    assert last_error(line) == "key_file_missing"

    code, out, _ = line.on_data("doctor")
    kept.rename(line.data / "vault.key")

    assert code == 1
    assert "fail  The vault could not be opened." in out
    assert "begin a new data folder" in out
    assert found(line)["vault"] == ("warn", "closed")


@contextlib.contextmanager
def locked(lock: Path) -> Iterator[None]:
    """Hold the lock as a running gateway does."""
    with asyncio.Runner() as runner:
        held = only_gateway(lock)
        runner.run(held.__aenter__())
        try:
            yield
        finally:
            runner.run(held.__aexit__(None, None, None))


@in_a_file
def test_a_vault_is_told_as_its_running_gateway_has_it(line: CommandLine) -> None:
    line.furnish()
    with locked(line.data / "gateway.lock"):
        assert found(line)["vault"] == ("warn", "locked")
        line.house(hold)
        assert found(line)["vault"] == ("ok", "open")
    # Killed before it could tell.
    assert found(line)["vault"] == ("warn", "closed")


@in_a_file
def test_a_key_file_that_came_back_is_read_at_the_next_start(line: CommandLine) -> None:
    line.furnish()
    kept = (line.data / "vault.key").rename(line.data / "kept")
    with locked(line.data / "gateway.lock"):
        line.house(hold)
        assert found_failed(line)["vault"] == ("fail", "failed")
        kept.rename(line.data / "vault.key")
        assert found(line)["vault"] == ("warn", "file_back")


def test_the_audit_chain_is_proven_with_its_last_hash(line: CommandLine) -> None:
    line.furnish()

    told = line.told("audit", "verify")

    assert told["events"] > 0
    assert len(bytes.fromhex(told["head"])) == 32
