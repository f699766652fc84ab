"""The doctor: what it finds on machines in several states, and that it only looks."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from drawbridge.app.build import House
from drawbridge.app.gateway_lock import only_gateway
from drawbridge.cluster.model import Worker
from drawbridge.core.clock import HOUR_MS
from drawbridge.core.shards import SHARDS
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.unlock import read_vault_state
from tests.kit.command_line import CommandLine
from tests.kit.processes import drawbridge
from tests.kit.store import ON_SERVER, in_a_file, place_in, without_trigger, write_rows
from tests.kit.workers import stand, stand_three

_WORKER: Final = Worker("worker_one", egress_addresses=("192.0.2.1",), version="0.1.0")


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(tmp_path / "data", capsys)


def found(line: CommandLine) -> dict[str, tuple[str, str]]:
    """Give what the doctor finds; it fails where anything that it finds does."""
    code, out, _ = line.on_data("doctor", "--json")
    findings = json.loads(out)["findings"]
    assert code == any(it["health"] == "fail" for it in findings)
    return {it["what"]: (it["health"], it["found"]) for it in findings}


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


@in_a_file("a server has its rows before anybody asks")
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


def test_a_newer_database_fails_with_a_next_step(line: CommandLine) -> None:
    line.furnish()
    write_rows(place_in(line.data), "UPDATE alembic_app SET version_num = '9999'")

    code, out, _ = line.on_data("doctor")

    assert code == 1
    assert "fail  The database cannot be used." in out


def test_a_key_file_that_others_can_read_fails(line: CommandLine) -> None:
    line.furnish()
    (line.data / "vault.key").chmod(0o644)

    code, out, _ = line.on_data("doctor")

    assert code == 1
    assert "chmod 600" in out


def test_a_furnished_folder_is_healthy_and_told_what_still_waits(line: CommandLine) -> None:
    line.furnish()

    health = found(line)

    assert health["owner"] == ("ok", "there")
    assert health["audit"] == ("ok", "whole")
    assert health["vault"] == ("warn", "closed")
    nobody = ("workers", ("fail", "none")) if ON_SERVER else ("gateway", ("warn", "stopped"))
    assert nobody in health.items()
    assert health["exchange"] == ("warn", "unreachable")


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
def at_work(line: CommandLine) -> Iterator[None]:
    """Be there as a running gateway is: with its lock, or with all of the accounts."""
    if ON_SERVER:
        line.house(works)
        yield
        line.house(fell_silent)
        return
    with asyncio.Runner() as runner:
        held = only_gateway(line.data / "gateway.lock")
        runner.run(held.__aenter__())
        try:
            yield
        finally:
            runner.run(held.__aexit__(None, None, None))


async def works(house: House) -> None:
    """Let one worker have all accounts, for longer than a test takes."""
    await stand(house.database, _WORKER, range(SHARDS), silent_ms=-HOUR_MS)


async def fell_silent(house: House) -> None:
    """Let it not have been heard of for long."""
    await stand(house.database, _WORKER, silent_ms=HOUR_MS)


async def three(house: House) -> None:
    """Let three workers stand, one of them on its way out, with a shard that nobody has."""
    await stand_three(house.database)


def test_a_vault_is_told_as_its_running_gateway_has_it(line: CommandLine) -> None:
    line.furnish()
    with at_work(line):
        assert found(line)["vault"] == ("warn", "locked")
        line.house(hold)
        assert found(line)["vault"] == ("ok", "open")
    # Killed before it could tell.
    assert found(line)["vault"] == ("warn", "closed")


def test_a_key_file_that_came_back_is_read_at_the_next_start(line: CommandLine) -> None:
    line.furnish()
    kept = (line.data / "vault.key").rename(line.data / "kept")
    with at_work(line):
        line.house(hold)
        assert found(line)["vault"] == ("fail", "failed")
        kept.rename(line.data / "vault.key")
        assert found(line)["vault"] == ("warn", "file_back")


def test_the_audit_chain_is_proven_with_its_last_hash(line: CommandLine) -> None:
    line.furnish()

    told = line.told("audit", "verify")

    assert told["events"] > 0
    assert len(bytes.fromhex(told["head"])) == 32


def test_a_cluster_is_told_worker_by_worker(line: CommandLine) -> None:
    line.furnish()
    line.house(three)

    code, out, _ = line.on_data("doctor", "--json")

    findings = json.loads(out)["findings"]
    told = [(it["what"], it["health"], it["found"]) for it in findings]
    assert code == 1
    assert ("shards", "fail", "unheld") in told
    workers = [found for what, _, found in told if what == "worker"]
    assert sorted(workers) == ["draining", "working", "working"]
    assert not any(what == "gateway" for what, _, _ in told)
    words = " ".join(it["message"] for it in findings)
    assert "192.0.2.1" in words
    assert "held by no worker" in words
    assert ("queue", "ok", "jobs") in told
    assert "clocks of the database and of this machine agree" in words


def test_a_cluster_in_which_every_account_is_held_is_healthy(line: CommandLine) -> None:
    line.furnish()
    with at_work(line):
        health = found(line)
        assert health["shards"] == ("ok", "held") if ON_SERVER else "shards" not in health
        assert line.on_data("doctor")[0] == 0
    assert found(line)["vault"] == ("warn", "closed")
