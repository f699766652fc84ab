"""Commands about the owner: create one, set up their authenticator, without a browser."""

from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.core.errors import NotProven
from drawbridge.entrypoints.cli import token
from drawbridge.entrypoints.cli.options import Data, Json, Owner
from drawbridge.entrypoints.cli.output import print_hint, print_json, print_line, print_qr
from drawbridge.wording.language import LANGUAGES
from drawbridge.wording.say import say, say_error

if TYPE_CHECKING:
    from drawbridge.accounts.model import Enrolment
    from drawbridge.app.build import House
    from drawbridge.core.secret import Secret

app = typer.Typer(help=say("cli.owner.help"), no_args_is_help=True)
app.add_typer(token.app, name="token")


@app.command(help=say("cli.owner.create.help"))
def create(
    *,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help=say("cli.owner.create.name"))
    ] = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Create the owner, and offer an authenticator to whoever sits at a terminal."""
    from drawbridge.core.errors import Conflict
    from drawbridge.entrypoints.cli.house import in_house
    from drawbridge.entrypoints.cli.typing_in import (
        is_answered_yes,
        is_typed,
        read_line,
        read_new_secret,
    )

    async def work(house: "House") -> None:
        # Asked before anything is typed, and again by the service that decides.
        if await house.accounts.has_owner():
            raise Conflict("owner_exists")
        chosen = name if name or not is_typed() else read_line(say("cli.prompt.name"))
        password = read_new_secret(say("cli.prompt.password"), "password")
        owner = await house.accounts.create_owner(chosen, password, first=True)
        if json:
            print_json({"id": owner.id, "name": owner.name})
            return
        print_line(say("cli.owner.create.done", name=owner.name))
        if is_typed() and is_answered_yes(say("cli.owner.authenticator.offer")):
            await _enrol(house, owner.id, as_json=False)
        else:
            print_hint(say("cli.owner.create.authenticator"))
        print_hint(say("cli.owner.create.vault"))

    in_house(data, work)


@app.command(help=say("cli.owner.authenticator.help"))
def authenticator(*, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """Set up an authenticator: show it, take its first code, show the recovery codes."""
    from drawbridge.entrypoints.cli.house import in_house, person_of

    async def work(house: "House") -> None:
        await _enrol(house, await person_of(house, owner), as_json=json)

    in_house(data, work)


@app.command(help=say("cli.owner.language.help"))
def language(
    tag: Annotated[
        str,
        typer.Argument(
            metavar="[LANGUAGE]", help=say("cli.owner.language.tag", examples="ja, pt-BR")
        ),
    ] = "",
    *,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Choose the owner's language, or list all with the one that is chosen."""
    from drawbridge.entrypoints.cli.house import in_house, person_of

    async def work(house: "House") -> None:
        chosen_by = await person_of(house, owner)
        if tag:
            await house.languages.choose(chosen_by, tag)
        chosen = await house.languages.language_of(chosen_by)
        if json:
            print_json({"language": chosen or None, "languages": list(LANGUAGES)})
        elif tag:
            [who] = [it.name for it in await house.accounts.list_owners() if it.id == chosen_by]
            spoken = LANGUAGES[chosen].name
            print_line(say("cli.owner.language.done", name=who, language=spoken))
        else:
            for one in LANGUAGES.values():
                print_line(f"{'*' if one.tag == chosen else ' '} {one.tag:8} {one.name}")

    in_house(data, work)


@app.command(help=say("cli.owner.telegram.help"))
def telegram(
    *,
    unlink: Annotated[
        bool, typer.Option("--unlink", help=say("cli.owner.telegram.unlink"))
    ] = False,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Show a code that links a Telegram chat, or end the link."""
    from drawbridge.entrypoints.cli.house import in_house, person_of

    async def work(house: "House") -> None:
        person = await person_of(house, owner)
        await (_end_link if unlink else _show_code)(house, person, as_json=json)

    in_house(data, work)


async def _end_link(house: "House", owner: str, *, as_json: bool) -> None:
    from drawbridge.app.telegram_notices import end_notices

    link = await house.telegram.find(owner)
    await house.telegram.unlink(owner)
    if link is not None:
        await end_notices(house.notices, owner, link.chat)
    if as_json:
        print_json({"unlinked": link is not None})
    else:
        print_line(say(f"cli.owner.telegram.{'none' if link is None else 'unlinked'}"))


async def _show_code(house: "House", owner: str, *, as_json: bool) -> None:
    from drawbridge.accounts.telegram_links import link_address

    link = await house.telegram.find(owner)
    code = await house.telegram.draw_code(owner)
    address = link_address(await house.telegram.bot_name(), code)
    if as_json:
        print_json({"code": code.reveal(), "address": address or None})
        return
    if link is not None:
        print_hint(say("cli.owner.telegram.linked", name=link.name))
    print_line(say("cli.owner.telegram.code", code=code.reveal()))
    if address:
        print_line(say("cli.owner.telegram.address", address=address))
        print_qr(address)


async def _enrol(house: "House", owner: str, *, as_json: bool) -> None:
    # The one moment at which the authenticator's secret and the recovery codes are shown.
    _show(await house.accounts.enrol_second_factor(owner), as_json=as_json)
    codes = [code.reveal() for code in await _confirmed(house, owner)]
    if as_json:
        print_json({"recovery_codes": codes})
        return
    print_line(say("cli.owner.authenticator.done"))
    for code in codes:
        print_line(f"  {code}")
    print_hint(say("cli.owner.authenticator.once"))


def _show(enrolment: "Enrolment", *, as_json: bool) -> None:
    uri, secret = enrolment.uri.reveal(), enrolment.secret.reveal()
    if as_json:
        print_json({"uri": uri, "secret": secret})
        return
    print_line(say("cli.owner.authenticator.scan"))
    print_qr(uri)
    print_line(uri)
    print_line(say("cli.owner.authenticator.secret", secret=secret))


async def _confirmed(house: "House", owner: str) -> tuple["Secret", ...]:
    """Take the first code: on a terminal again after a slip, until the throttle ends it."""
    from drawbridge.entrypoints.cli.typing_in import is_typed, read_line

    while True:
        code = read_line(say("cli.prompt.code"))
        if not code:
            raise NotProven("code_needed", field="code")
        try:
            return await house.accounts.confirm_second_factor(owner, code)
        except NotProven as error:
            if error.code != "code_wrong" or not is_typed():
                raise
            print_hint(say_error(error))
