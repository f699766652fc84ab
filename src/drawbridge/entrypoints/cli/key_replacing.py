"""`drawbridge key replace` and `key replacement`: a new secret in a key's place, and its course."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from drawbridge.core.errors import Conflict, ExchangeDown, NotFound
from drawbridge.entrypoints.cli.options import Data, Json, KeyName, NoWait, Owner, Proving
from drawbridge.entrypoints.cli.output import print_hint, print_json, print_line
from drawbridge.wording.say import say, say_reason

if TYPE_CHECKING:
    from drawbridge.app.build import House
    from drawbridge.rotation.replacement import ReplacementState
    from drawbridge.rotation.replacements import Told

_LONGEST_S: Final = 90
_ONWARD: Final = " \u203a "


def replace(
    key: KeyName,
    *,
    proof: Proving = "order",
    owner: Owner = "",
    no_wait: NoWait = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Take in the key that is to replace one, and follow it until it is in use or waits."""
    from drawbridge.catalogue.registry import get_card
    from drawbridge.entrypoints.cli.house import has_gateway, in_house, key_named, owner_of
    from drawbridge.entrypoints.cli.remote_choice import stay_here
    from drawbridge.entrypoints.cli.typing_in import print_cleaned, read_fields

    # Before a secret is typed that could not be taken.
    stay_here(data)

    async def work(house: "House") -> int:
        person = await owner_of(house, owner)
        found = await key_named(house, person, key)
        fields = read_fields(get_card(found.exchange))
        begun = await house.replacements.enter(person, found.id, fields, proof)
        fields.clear()
        print_cleaned(begun.notes)
        if no_wait:
            return await _print(house, person, found.id, as_json=json)
        if not await has_gateway(house):
            print_hint(say("cli.key.no_gateway"))
            return await _print(house, person, found.id, as_json=json)
        has_ended = await _follow(house, person, found.id, quiet=json)
        code = await _print(house, person, found.id, as_json=json)
        return code if has_ended else ExchangeDown.exit_code

    raise typer.Exit(in_house(data, work))


def replacement(
    key: KeyName,
    *,
    do: Annotated[
        str, typer.Option("--do", metavar="ACT", help=say("cli.key.replacement.do"))
    ] = "",
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Show how far a key's replacement is, or do something about it."""
    from drawbridge.entrypoints.cli.house import in_house, key_named, owner_of
    from drawbridge.rotation.replacement import read_act

    async def work(house: "House") -> int:
        person = await owner_of(house, owner)
        found = await key_named(house, person, key)
        if do:
            await house.replacements.do(person, found.id, read_act(do))
        return await _print(house, person, found.id, as_json=json)

    raise typer.Exit(in_house(data, work))


async def _follow(house: "House", owner: str, key_id: str, *, quiet: bool) -> bool:
    """Look at the rows until the new key is in use or a person is waited for; False if not yet."""
    from drawbridge.entrypoints.cli.house import looks

    shown: ReplacementState | None = None
    async for _ in looks(house, _LONGEST_S):
        told = await _find(house, owner, key_id)
        state = told.replacement.state
        if state is shown:
            continue
        shown = state
        if told.replacement.goes_on:
            if not quiet:
                print_hint(say(f"replacing.state.{state.value}"))
        else:
            return True
    print_hint(say("cli.key.replacement.still"))
    return False


async def _print(house: "House", owner: str, key_id: str, *, as_json: bool) -> int:
    from drawbridge.rotation.replacement import ReplacementState

    told = await _find(house, owner, key_id)
    it = told.replacement
    if as_json:
        print_json(_facts(told))
    else:
        print_line(f"{told.key.label}: {say(f'replacing.state.{it.state.value}')}")
        if it.reason:
            print_line(say_reason(it.reason, it.facts))
        if it.proof:
            print_line(say(f"replacing.proof.{it.proof.value}"))
        if it.state is ReplacementState.RETIRING:
            _print_where(told)
        for act in it.acts:
            print_line(f"  --do {act.value:12} {say(f'replacing.act.{act.value}')}")
    return Conflict.exit_code if it.state is ReplacementState.FAILED else 0


def _print_where(told: "Told") -> None:
    """Say where at the exchange the old key is deleted, and which one it is."""
    from drawbridge.catalogue.registry import get_card
    from drawbridge.core.secret import masked

    page = get_card(told.key.exchange).key_page
    if told.stand_in is not None:
        print_line(say("replacing.old_key", key=masked(told.stand_in.public_key)))
    for part in (_ONWARD.join(page.menu_path), page.url):
        if part:
            print_line(f"  {part}")


async def _find(house: "House", owner: str, key_id: str) -> "Told":
    told = await house.replacements.find(owner, key_id)
    if told is None:
        key = await house.vault.get_key(owner, key_id)
        raise NotFound("no_replacement", label=key.label)
    return told


def _facts(told: "Told") -> dict[str, object]:
    it = told.replacement
    return {
        "id": it.id,
        "key": it.key_id,
        "label": told.key.label,
        "state": it.state.value,
        "proof": it.proof.value,
        "reason": it.reason,
        "facts": it.facts,
        "acts": [act.value for act in it.acts],
        "public_key": told.key.public_key,
        "other_public_key": told.stand_in.public_key if told.stand_in else None,
        "begun_ms": it.begun_ms,
        "switched_ms": it.switched_ms,
        "ended_ms": it.ended_ms,
    }
