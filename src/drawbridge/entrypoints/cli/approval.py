"""Commands about approvals: see what waits, answer it, and propose something with a token."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.entrypoints.cli.options import Data, Json, Owner
from drawbridge.entrypoints.cli.output import print_hint, print_json, print_line, print_table
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.accounts.api_tokens import ApiToken
    from drawbridge.app.build import House
    from drawbridge.approvals.model import Approval, ApprovalKind
    from drawbridge.entrypoints.cli.house import Place

app = typer.Typer(help=say("cli.approval.help"), no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help=say("cli.approval.id"))]
TokenFile = Annotated[
    Path, typer.Option("--token-file", metavar="FILE", help=say("cli.approval.token_file"))
]

_COLUMNS = ("what", "asked_by", "ends", "state", "id")


@app.command("list", help=say("cli.approval.list.help"))
def list_approvals(
    *,
    every: Annotated[bool, typer.Option("--all", help=say("cli.approval.list.all"))] = False,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """List what waits for an answer, or with `--all` also what has ended."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of

    async def work(place: "Place") -> None:
        person, approvals = await owner_of(place, owner), place.approvals
        found = await (approvals.list_newest(person) if every else approvals.list_open(person))
        now_ms = place.clock.now_ms()
        if json:
            print_json([_told(it, now_ms) for it in found])
        elif not found:
            print_line(say("approval.none"))
        else:
            columns = [say(f"cli.approval.column.{name}") for name in _COLUMNS]
            print_table(columns, [_row(it, now_ms) for it in found])

    in_place(data, work)


@app.command(help=say("cli.approval.approve.help"))
def approve(approval: Id, *, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """Say yes; what was proposed is done at once, a robot's order by the gateway."""
    _answer(approval, owner, data, is_yes=True, json=json)


@app.command(help=say("cli.approval.decline.help"))
def decline(approval: Id, *, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """Say no."""
    _answer(approval, owner, data, is_yes=False, json=json)


@app.command(help=say("cli.approval.propose.help"))
def propose(
    act: Annotated[str, typer.Argument(metavar="ACT", help=say("cli.approval.propose.act"))],
    subject: Annotated[
        str, typer.Argument(metavar="NAME", help=say("cli.approval.propose.name"))
    ] = "",
    *,
    token_file: TokenFile,
    data: Data = None,
    json: Json = False,
) -> None:
    """Ask the token's owner for something; nothing is done before they say yes."""
    from drawbridge.entrypoints.cli.house import in_house, key_named, robot_named

    kind, text = _kind(act), _token_of(token_file)

    async def work(house: "House") -> None:
        token = await house.proposals.prove(text, kind)
        found = ""
        if kind in _OF_ROBOTS:
            found = (await robot_named(house, token.owner, subject)).id
        elif kind == _OF_KEYS:
            found = (await key_named(house, token.owner, subject)).id
        approval = await house.proposals.propose(token, kind, found)
        _show(house, approval, json=json)

    in_house(data, work)


@app.command(help=say("cli.approval.show.help"))
def show(
    approval: Id,
    *,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", metavar="FILE", help=say("cli.approval.token_file")),
    ] = None,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Show one approval, also to who proposed it."""
    from drawbridge.entrypoints.cli.house import in_house, owner_of

    text = None if token_file is None else _token_of(token_file)

    async def work(house: "House") -> None:
        if text is None:
            person = await owner_of(house, owner)
        else:
            token: ApiToken = await house.proposals.prove(text)
            person = token.owner
        _show(house, await house.approvals.get(person, approval), json=json)

    in_house(data, work)


_OF_ROBOTS = frozenset({"start_robot", "stop_robot"})
_OF_KEYS = "check_key"


def _answer(approval: str, owner: str, data: Path | None, *, is_yes: bool, json: bool) -> None:
    from drawbridge.entrypoints.cli.house import has_gateway, in_place, owner_of

    async def work(place: "Place") -> None:
        from drawbridge.approvals.model import ApprovalKind

        person = await owner_of(place, owner)
        answered = await place.answering.answer(person, approval, is_yes=is_yes, by=person)
        _show(place, answered, json=json)
        is_waiting = is_yes and answered.kind is ApprovalKind.ORDERS
        if is_waiting and not await has_gateway(place):
            print_hint(say("cli.approval.no_gateway"))

    in_place(data, work)


def _kind(text: str) -> "ApprovalKind":
    """Read what is proposed. Raises: `BadInput("unknown_act")`."""
    from drawbridge.approvals.model import PROPOSALS, ApprovalKind
    from drawbridge.core.errors import BadInput

    known = sorted(kind.value for kind in PROPOSALS)
    if text.replace("-", "_") not in known:
        raise BadInput("unknown_act", field="ACT", given=text[:40], known=", ".join(known))
    return ApprovalKind(text.replace("-", "_"))


def _token_of(file: Path) -> str:
    """Read a token's file.

    Why from a file: what stands on a command line is seen by everybody on the machine.
    Raises: as `read_token`.
    """
    from drawbridge.app.remotes import HERE, Remote, read_token

    return read_token(Remote(HERE, "", file)).reveal()


def _show(place: "Place", approval: "Approval", *, json: bool) -> None:
    from drawbridge.approvals.words import state_of, subject_of

    now_ms = place.clock.now_ms()
    if json:
        print_json(_told(approval, now_ms))
        return
    print_line(f"{subject_of(approval)}: {state_of(approval, now_ms)}")
    print_line(approval.id)


def _row(approval: "Approval", now_ms: int) -> list[str]:
    from drawbridge.approvals.words import state_of, subject_of
    from drawbridge.wording.formats import moment

    return [
        subject_of(approval),
        approval.question.asked_by,
        moment(approval.expires_ms),
        state_of(approval, now_ms),
        approval.id,
    ]


def _told(approval: "Approval", now_ms: int) -> dict[str, object]:
    question = approval.question
    return {
        "id": approval.id,
        "kind": question.kind,
        "subject": question.subject,
        "facts": dict(question.facts),
        "asked_by": question.asked_by,
        "asked_ms": approval.asked_ms,
        "expires_ms": approval.expires_ms,
        "state": approval.state_at(now_ms),
        "answered_ms": approval.answered_ms,
        "outcome": approval.outcome,
    }
