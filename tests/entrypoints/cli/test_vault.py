"""The vault without a browser: the passphrase travels sealed, the gateway opens."""

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from drawbridge.app.build import House, open_house
from drawbridge.app.settings import Settings
from drawbridge.app.store_settings import StoreSettings
from drawbridge.core.secret import Secret
from tests.kit.command_line import CommandLine
from tests.kit.processes import Process, drawbridge, free_port
from tests.kit.store import files_of, in_a_file, store_in
from tests.kit.terminal import Terminal

PASSPHRASE = "nine grey geese on a pond"


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    made = CommandLine(tmp_path, capsys)
    made.house(create_owner)
    return made


@pytest.fixture
def gateway(line: CommandLine) -> Iterator[Process]:
    process = start_gateway(line)
    yield process
    process.stop()


async def create_owner(house: House) -> None:
    await house.accounts.create_owner("Ann", Secret("seven quiet herons at dusk"), first=True)


def start_gateway(line: CommandLine) -> Process:
    environment = Settings(line.data, store=store_in(line.data)).environment()
    return Process("drawbridge.app.gateway_process", ["--with-parent"], environment)


def refused(line: CommandLine, given: str, *arguments: str) -> tuple[int, str]:
    done = line.given(given, *arguments, "--json")
    assert done.stdout == ""
    assert PASSPHRASE not in done.stderr
    return done.returncode, json.loads(done.stderr)["code"]


@pytest.mark.parametrize("command", ["create --key-file", "unlock"])
def test_without_a_gateway_nothing_is_asked_and_the_next_step_is_told(
    line: CommandLine, command: str
) -> None:
    code, told = line.refused("vault", *command.split())

    assert (code, told["code"]) == (5, "gateway_not_running")
    assert "drawbridge up" in told["message"]


@in_a_file("several workers take no passphrase")
@pytest.mark.usefixtures("gateway")
def test_what_cannot_be_is_refused_with_its_exit_code(line: CommandLine) -> None:
    assert refused(line, "", "vault", "unlock") == (5, "vault_absent")
    assert refused(line, "", "vault", "create") == (2, "passphrase_too_short")
    assert refused(line, "short\n", "vault", "create") == (2, "passphrase_too_short")
    assert line.told("vault", "status")["status"] == "absent"

    assert line.given(f"{PASSPHRASE}\n", "vault", "create").returncode == 0

    assert refused(line, f"{PASSPHRASE}\n", "vault", "create") == (5, "vault_exists")


@in_a_file("several workers take no passphrase")
def test_a_vault_is_made_and_unlocked_after_a_restart(line: CommandLine, gateway: Process) -> None:
    made = line.given(f"{PASSPHRASE}\n", "vault", "create")
    assert (made.returncode, made.stdout) == (0, "The vault is made, and it is open.\n")
    assert "nobody can replace it" in made.stderr
    assert line.told("vault", "status")["status"] == "open"
    assert gateway.stop() == 0
    assert line.told("vault", "status")["gateway"] is False

    again = start_gateway(line)
    try:
        assert line.told("vault", "status")["status"] == "locked"
        assert refused(line, "", "vault", "unlock") == (2, "passphrase_missing")
        wrong = refused(line, "eleven grey geese\n", "vault", "unlock")
        assert wrong == (3, "passphrase_wrong")
        unlocked = line.given(f"{PASSPHRASE}\n", "vault", "unlock", "--json")
        assert json.loads(unlocked.stdout) == {"status": "open"}
        # Nothing is asked of somebody whose vault is open already.
        assert line.told("vault", "unlock") == {"status": "open"}
    finally:
        again.stop()


def test_a_vault_with_a_key_file_opens_by_itself(line: CommandLine, gateway: Process) -> None:
    assert line.told("vault", "create", "--key-file") == {"status": "open"}
    gateway.stop()

    again = start_gateway(line)
    try:
        assert again.ready == {"vault": "open"}
    finally:
        again.stop()


@pytest.mark.usefixtures("gateway")
def test_what_cannot_be_done_with_the_vaults_key_is_refused(line: CommandLine) -> None:
    code, told = line.refused("vault", "rotate")
    assert (code, told["code"]) == (5, "vault_absent")
    line.told("vault", "create", "--key-file")
    for arguments, exit_code, slug in (
        (["destroy-old-key"], 2, "not_confirmed"),
        (["destroy-old-key", "--yes"], 5, "vault_no_old_key"),
        (["keep-in", "a friend"], 2, "unknown_keeper"),
        (["keep-in", "transit"], 5, "keeper_not_set"),
        (["keep-in", "systemd"], 5, "keeper_missing"),
    ):
        code, told = line.refused("vault", *arguments)
        assert (code, told["code"]) == (exit_code, slug)


@in_a_file("several workers take no passphrase")
@pytest.mark.usefixtures("gateway")
def test_the_vault_gets_a_new_key_and_another_wrapping_by_command(line: CommandLine) -> None:
    line.told("vault", "create", "--key-file")
    made = line.told("vault", "rotate")["rotation"]
    assert (made["old"] != made["new"], made["destroyed_ms"]) == (True, None)
    code, told = line.refused("vault", "rotate")
    assert (code, told["code"]) == (5, "vault_old_key_kept")
    code, out, _ = line.on_data("vault", "status")
    assert (code, "sealed to a new key" in out) == (0, True)
    done = line.given(f"{PASSPHRASE}\n", "vault", "keep-in", "passphrase", "--json")
    assert json.loads(done.stdout) == {"keeper": "passphrase"}
    assert refused(line, "eleven grey geese\n", "vault", "keep-in", "key-file") == (
        3,
        "passphrase_wrong",
    )


@in_a_file("several workers take no passphrase")
def test_a_refusal_of_the_gateway_is_told_with_its_facts(
    line: CommandLine, gateway: Process
) -> None:
    assert line.given(f"{PASSPHRASE}\n", "vault", "create").returncode == 0
    gateway.stop()
    again = start_gateway(line)
    try:
        (line.data / "vault.key").unlink()
        done = line.given(f"{PASSPHRASE}\n", "vault", "unlock", "--json")
    finally:
        again.stop()

    told = json.loads(done.stderr)
    assert (done.returncode, told["code"]) == (5, "key_file_missing")
    assert str(line.data / "vault.key") in told["message"]


@in_a_file("several workers take no passphrase")
@pytest.mark.usefixtures("gateway")
def test_a_passphrase_typed_at_a_terminal_is_not_shown(line: CommandLine) -> None:
    with Terminal("vault", "create", "--data", str(line.data)) as terminal:
        for prompt in ("not shown): ", "Once more: "):
            terminal.see(prompt)
            terminal.type(PASSPHRASE)
        assert terminal.end() == 0

    assert "The vault is made" in terminal.shown
    assert PASSPHRASE not in terminal.shown
    stored = b"".join(it.read_bytes() for it in files_of(line.data))
    assert PASSPHRASE.encode() not in stored


@in_a_file("several workers take no passphrase")
def test_up_tells_how_a_locked_vault_is_unlocked(line: CommandLine, gateway: Process) -> None:
    assert line.given(f"{PASSPHRASE}\n", "vault", "create").returncode == 0
    gateway.stop()

    with Terminal("up", "--port", str(free_port()), "--data", str(line.data)) as terminal:
        terminal.see("The vault is locked. Open the page, or run “drawbridge vault unlock”.")
        terminal.interrupt(signal.SIGTERM)
        assert terminal.end() == 0


@pytest.mark.parametrize("command", [("create",), ("keep-in", "passphrase")])
def test_among_several_workers_no_passphrase_is_asked_for(
    tmp_path: Path, postgres_url: str, command: tuple[str, ...]
) -> None:
    """Refused before anything is typed, whether or not a worker is there."""
    settings = Settings(tmp_path, store=StoreSettings(postgres_url))

    async def begin() -> None:
        async with open_house(settings) as house:
            await create_owner(house)

    asyncio.run(begin())
    done = drawbridge("vault", *command, "--json", environment=settings.environment())
    assert (done.returncode, done.stdout) == (5, "")
    assert json.loads(done.stderr)["code"] == "passphrase_in_cluster"
