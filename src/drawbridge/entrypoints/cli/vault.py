"""Commands about the vault: create, unlock, status, a new key for it, without a browser.

Nothing is opened here: the passphrase is sealed to the running gateway, which alone can.
"""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final

import typer

from drawbridge.core.errors import (
    BadInput,
    Conflict,
    Corrupted,
    DrawbridgeError,
    ExchangeDown,
    Forbidden,
    NotFound,
    NotProven,
    OutcomeUnknown,
)
from drawbridge.entrypoints.cli.options import Data, Json, Owner, Yes
from drawbridge.entrypoints.cli.output import print_hint, print_json, print_line
from drawbridge.wording.say import say, say_error

if TYPE_CHECKING:
    from drawbridge.app.build import House
    from drawbridge.audit.store import ToldEvent
    from drawbridge.core.secret import Secret
    from drawbridge.vault.rotations import Rotation
    from drawbridge.vault.unlock import VaultState, Wish

app = typer.Typer(help=say("cli.vault.help"), no_args_is_help=True)

_LOOK_EVERY_S: Final = 0.1
_LONGEST_S: Final = 60
# The gateway tells a refusal by its code; its family decides the exit code. Others: Conflict.
_FAMILIES: Final[Mapping[str, type[DrawbridgeError]]] = {
    "passphrase_wrong": NotProven,
    "key_file_missing": NotFound,
    "key_file_exposed": Forbidden,
    "key_file_damaged": Corrupted,
    "key_file_failed": Corrupted,
    "keeper_unreachable": ExchangeDown,
    "keeper_refused": Forbidden,
    "keeper_answer_unreadable": Corrupted,
}


@app.command(help=say("cli.vault.create.help"))
def create(
    *,
    key_file: Annotated[
        bool, typer.Option("--key-file", help=say("cli.vault.create.key_file"))
    ] = False,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Make the vault, under a passphrase or under a key file that opens by itself."""
    from drawbridge.app.presence import check_passphrase
    from drawbridge.entrypoints.cli.house import in_house, ruler_of
    from drawbridge.entrypoints.cli.typing_in import read_new_secret
    from drawbridge.vault.unlock import VaultStatus, Wish

    async def work(house: "House") -> None:
        person = (await ruler_of(house, owner)).id
        if not key_file:
            check_passphrase(house.settings)
        if (await _read_held_state(house)).status is not VaultStatus.ABSENT:
            raise Conflict("vault_exists")
        passphrase = None
        if not key_file:
            passphrase = read_new_secret(say("cli.prompt.new_passphrase"), "passphrase")
        await _carry_out(house, person, Wish.CREATE, passphrase)
        _tell_open("cli.vault.create.done", as_json=json)
        if not json:
            print_hint(say(f"cli.vault.create.{'file_hint' if key_file else 'passphrase_hint'}"))

    in_house(data, work)


@app.command(help=say("cli.vault.unlock.help"))
def unlock(*, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """Unlock the vault, as is needed after every start of a vault with a passphrase."""
    from drawbridge.entrypoints.cli.house import in_house, ruler_of
    from drawbridge.entrypoints.cli.typing_in import read_secret
    from drawbridge.vault.unlock import VaultStatus, Wish

    async def work(house: "House") -> None:
        person = (await ruler_of(house, owner)).id
        state = await _read_held_state(house)
        if state.status is VaultStatus.ABSENT:
            raise Conflict("vault_absent")
        if state.status is VaultStatus.LOCKED:
            passphrase = read_secret(say("cli.prompt.passphrase"))
            await _carry_out(house, person, Wish.UNLOCK, passphrase)
        _tell_open("cli.vault.unlock.done", as_json=json)
        if house.settings.is_cluster and state.needs_passphrase and not json:
            print_hint(say("cli.vault.unlock.cluster_hint"))

    in_house(data, work)


@app.command(help=say("cli.vault.rotate.help"))
def rotate(*, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """Let a new key of the vault lead; what is stored is sealed anew in the background."""
    from drawbridge.entrypoints.cli.house import in_house, ruler_of
    from drawbridge.entrypoints.cli.typing_in import read_secret
    from drawbridge.vault.unlock import Wish

    async def work(house: "House") -> None:
        person = (await ruler_of(house, owner)).id
        state = await _read_held_state(house)
        _check_open(state)
        passphrase = read_secret(say("cli.prompt.passphrase")) if state.needs_passphrase else None
        await _carry_out(house, person, Wish.ROTATE, passphrase)
        await _tell_rotation(house, "cli.vault.rotate.done", as_json=json)

    in_house(data, work)


@app.command("keep-in", help=say("cli.vault.keep.help"))
def keep_in(
    keeper: Annotated[
        str,
        typer.Argument(
            metavar="KEEPER",
            help=say("cli.vault.keep.keeper"),
        ),
    ],
    *,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Wrap the vault's key file under something else from now on."""
    from drawbridge.app.presence import check_passphrase
    from drawbridge.entrypoints.cli.house import in_house, ruler_of
    from drawbridge.entrypoints.cli.typing_in import read_new_secret, read_secret
    from drawbridge.sealing.keepers import KEEPERS
    from drawbridge.vault.unlock import KEY_FILE, PASSPHRASE, KeepWish, Wish

    known = (PASSPHRASE, KEY_FILE, *KEEPERS)
    if keeper not in known:
        raise BadInput("unknown_keeper", field="keeper", known=known)

    async def work(house: "House") -> None:
        person = (await ruler_of(house, owner)).id
        if keeper == PASSPHRASE:
            # Before the one that opens it now is typed in vain.
            check_passphrase(house.settings)
        state = await _read_held_state(house)
        _check_open(state)
        old = read_secret(say("cli.prompt.passphrase")) if state.needs_passphrase else None
        new = None
        if keeper == PASSPHRASE:
            new = read_new_secret(say("cli.prompt.new_passphrase"), "passphrase")
        await _carry_out(house, person, Wish.KEEP, KeepWish(keeper, old, new).written())
        if json:
            print_json({"keeper": keeper})
        else:
            print_line(say("cli.vault.keep.done"))
            print_hint(say("cli.vault.keep.hint"))

    in_house(data, work)


@app.command("destroy-old-key", help=say("cli.vault.destroy.help"))
def destroy_old_key(
    *, yes: Yes = False, owner: Owner = "", data: Data = None, json: Json = False
) -> None:
    """Destroy the key that led before, once everything is sealed to the new one."""
    from drawbridge.entrypoints.cli.house import in_house, ruler_of
    from drawbridge.entrypoints.cli.typing_in import confirm
    from drawbridge.vault.unlock import Wish

    async def work(house: "House") -> None:
        person = (await ruler_of(house, owner)).id
        _check_open(await _read_held_state(house))
        confirm(say("cli.vault.destroy.confirm"), yes=yes)
        await _carry_out(house, person, Wish.DESTROY, None)
        await _tell_rotation(house, "cli.vault.destroy.done", as_json=json)

    in_house(data, work)


@app.command(help=say("cli.vault.status.help"))
def status(*, data: Data = None, json: Json = False) -> None:
    """Tell how the vault stands, and the next step."""
    from drawbridge.app.doctor import look_at_vault
    from drawbridge.app.presence import is_worker_there
    from drawbridge.entrypoints.cli.house import in_house
    from drawbridge.vault.rotations import find_rotation

    async def work(house: "House") -> None:
        running = await is_worker_there(house)
        found = await look_at_vault(house, running=running)
        words = say(f"doctor.vault.{found.found}", **found.facts)
        if found.error:
            words = f"{words} {say_error(found.error)}"
        rotation = await find_rotation(house.database)
        if not json:
            print_line(words)
            if rotation is not None and rotation.destroyed_ms is None:
                print_line(_rotation_words(rotation))
            return
        code = found.error.code if found.error else ""
        standing = found.found if found.found in {"absent", "open"} else "locked"
        told = {"status": standing, "gateway": running, "code": code, "message": words}
        print_json({**told, "rotation": rotation})

    in_house(data, work)


async def _tell_rotation(house: "House", sentence: str, *, as_json: bool) -> None:
    from drawbridge.vault.rotations import find_rotation

    rotation = await find_rotation(house.database)
    if as_json:
        print_json({"rotation": rotation})
        return
    print_line(say(sentence))
    if rotation is not None and rotation.destroyed_ms is None:
        print_hint(say("cli.vault.rotate.hint"))


def _rotation_words(rotation: "Rotation") -> str:
    if rotation.resealed_ms is None:
        return say("cli.vault.rotate.resealing", count=rotation.resealed)
    return say("cli.vault.rotate.resealed", count=rotation.damaged)


def _check_open(state: "VaultState") -> None:
    """Refuse what only an open vault can do.

    Raises: `Conflict("vault_absent")`, `Forbidden("vault_locked")`.
    """
    from drawbridge.vault.unlock import VaultStatus

    if state.status is VaultStatus.ABSENT:
        raise Conflict("vault_absent")
    if state.status is VaultStatus.LOCKED:
        raise Forbidden("vault_locked", rule="vault")


def _tell_open(sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"status": "open"})
    else:
        print_line(say(sentence))


async def _read_held_state(house: "House") -> "VaultState":
    """Read how the vault stands, before anything is typed in vain.

    Raises: `Conflict("gateway_not_running")`.
    """
    from drawbridge.app.presence import is_worker_there
    from drawbridge.vault.unlock import read_vault_state

    if not await is_worker_there(house):
        raise Conflict("gateway_not_running")
    return await read_vault_state(house.database)


async def _carry_out(house: "House", owner: str, wish: "Wish", passphrase: "Secret | None") -> None:
    """Have the gateway do it, and wait for its answer. Raises: what the gateway tells."""
    from drawbridge.app.presence import is_worker_there

    before = await _last_answer(house, owner)
    await house.door.ask(owner, wish, passphrase)
    for _ in range(int(_LONGEST_S / _LOOK_EVERY_S)):
        answer = await _last_answer(house, owner)
        if answer is not None and (before is None or answer.n > before.n):
            await _raise_refusal(house, answer)
            return
        if not await is_worker_there(house):
            raise Conflict("gateway_not_running")
        await asyncio.sleep(_LOOK_EVERY_S)
    raise OutcomeUnknown("vault_not_answered")


async def _last_answer(house: "House", owner: str) -> "ToldEvent | None":
    """Find the gateway's last answer to a person; it is told together with the new state.

    Why: the wish itself is gone as soon as it is read, which is before it is answered.
    """
    from drawbridge.audit.store import list_events
    from drawbridge.audit.tags import Tag

    told = {
        Tag.VAULT_KEYRING_CREATED,
        Tag.VAULT_KEYRING_UNLOCKED,
        Tag.VAULT_KEYRING_REFUSED,
        Tag.VAULT_KEYRING_ROTATED,
        Tag.VAULT_KEYRING_OLD_DESTROYED,
        Tag.VAULT_KEYRING_KEPT_ELSEWHERE,
    }
    events = await list_events(house.database, owner)
    return next((event for event in events if event.tag in told), None)


async def _raise_refusal(house: "House", answer: "ToldEvent") -> None:
    from drawbridge.vault.unlock import read_vault_state

    code = str(answer.facts.get("reason", ""))
    if code:
        facts = (await read_vault_state(house.database)).error_facts
        raise _FAMILIES.get(code, Conflict)(code, **facts)
