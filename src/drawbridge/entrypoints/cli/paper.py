"""The paper exchange from the command line: run it, make a key of it, prove its books.

What these print with `--json` is kept stable for scripts.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.cli.options import (
    Json,
    State,
    read_list,
    read_span_ms,
    settings_for,
)
from drawbridge.entrypoints.cli.output import (
    print_fields,
    print_hint,
    print_json,
    print_line,
    print_table,
)
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.core.operations import Scope

app = typer.Typer(help=say("cli.paper.help"))

_ACCOUNT = "scripts"
_PORTS = range(65_536)


@app.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    *,
    state: State = None,
    port_base: Annotated[
        int | None, typer.Option("--port-base", metavar="N", help=say("cli.paper.port_base"))
    ] = None,
    exchange: Annotated[
        list[str] | None, typer.Option("--exchange", metavar="ID", help=say("cli.paper.only"))
    ] = None,
    every: Annotated[bool, typer.Option("--all", help=say("cli.paper.all"))] = False,
    replay: Annotated[
        list[str] | None,
        typer.Option("--replay", metavar="FILE:SYMBOL", help=say("cli.paper.replay")),
    ] = None,
    faults: Annotated[
        str, typer.Option("--faults", metavar="TEXT", help=say("cli.paper.faults.option"))
    ] = "",
    json: Json = False,
) -> None:
    """Run the paper exchange until Ctrl-C."""
    if context.invoked_subcommand is not None:
        return
    from drawbridge.app.lifetime import begin_log, tell_ready
    from drawbridge.app.settings import port_in
    from drawbridge.entrypoints.paper_server.hosting import Place, host, read_replays
    from drawbridge.paper.setting_up import Scenery

    settings = settings_for(None)
    base = port_in(settings.paper) if port_base is None else port_base
    if base not in _PORTS:
        raise BadInput("bad_port", field="port_base")
    if every and exchange:
        raise BadInput("all_or_some", field="exchange")
    place = Place(
        _folder(state),
        base,
        only=frozenset(exchange or ()),
        scenery=Scenery(replays=read_replays(replay or ())),
        faults=faults,
    )
    begin_log("paper")
    asyncio.run(host(place, with_parent=False, on_ready=tell_ready if json else _tell))


@app.command("key", help=say("cli.paper.key.help"))
def make_key(
    *,
    exchange: Annotated[
        str, typer.Option("--exchange", metavar="ID", help=say("cli.option.exchange"))
    ],
    scopes: Annotated[
        str, typer.Option("--scopes", metavar="LIST", help=say("cli.paper.key.scopes"))
    ] = "read,trade_spot",
    ip: Annotated[
        list[str] | None, typer.Option("--ip", metavar="CIDR", help=say("cli.paper.key.ip"))
    ] = None,
    expires: Annotated[
        str, typer.Option("--expires", metavar="SPAN", help=say("cli.paper.key.expires"))
    ] = "",
    label: Annotated[str, typer.Option("--label", help=say("cli.paper.key.label"))] = "",
    public_key: Annotated[
        Path | None,
        typer.Option("--public-key", metavar="FILE", help=say("cli.paper.key.public_key")),
    ] = None,
    account: Annotated[
        str, typer.Option("--account", metavar="NAME", help=say("cli.paper.key.account"))
    ] = _ACCOUNT,
    state: State = None,
    json: Json = False,
) -> None:
    """Make a paper key, also while the exchange runs, and show it once."""
    from drawbridge.app.clock import SystemClock, entropy
    from drawbridge.catalogue.registry import get_card
    from drawbridge.entrypoints.paper_server.hosting import papered
    from drawbridge.paper.accounts import KeyWish, switches_for
    from drawbridge.paper.keys import Surroundings
    from drawbridge.paper.keys import make_key as make

    clock = SystemClock()
    card = get_card(exchange.strip().lower())
    wish = KeyWish(
        exchange_id=card.id,
        label=label,
        switches=switches_for(card, _scopes(scopes)),
        ip_list=tuple(ip or ()),
        expires_ms=clock.now_ms() + read_span_ms(expires, "expires") if expires else None,
        public_key=_read_public_key(public_key),
    )
    at = Surroundings(clock, entropy)
    made = asyncio.run(make(_folder(state), papered(), _account(account), wish, at))
    # The one moment at which the secret is shown; it is not kept in a form that shows it again.
    shown = {
        "api_key": made.api_key,
        "api_secret": made.api_secret.reveal() if made.api_secret else None,
        "passphrase": made.passphrase.reveal() if made.passphrase else None,
    }
    if json:
        print_json(shown)
        return
    print_fields({say(f"field.{name}"): text for name, text in shown.items() if text})
    print_hint(say("cli.paper.key.once"))


@app.command("faults", help=say("cli.paper.faults.help"))
def change_faults(
    text: Annotated[str | None, typer.Argument(help=say("cli.paper.faults.text"))] = None,
    *,
    state: State = None,
    json: Json = False,
) -> None:
    """Let a running paper exchange misbehave from now on, or tell how it does."""
    from drawbridge.paper.trouble import told_faults, wish_faults

    folder = _folder(state)
    if text is not None:
        asyncio.run(wish_faults(folder, text))
    told = asyncio.run(told_faults(folder)) if text is None else text
    if json:
        print_json({"faults": told})
    else:
        print_line(told or say("cli.paper.faults.none"))


@app.command(help=say("cli.paper.ledger.help"))
def ledger(*, state: State = None, json: Json = False) -> None:
    """Print all balances and the proof that no money was made or lost."""
    from drawbridge.app.clock import SystemClock
    from drawbridge.core.errors import Corrupted
    from drawbridge.core.money import plain
    from drawbridge.entrypoints.paper_server.hosting import papered
    from drawbridge.paper.world import read_books

    books = asyncio.run(read_books(_folder(state), papered(), SystemClock().now_ms()))
    balanced = not any(proof.difference for proof in books.proofs)
    proofs = [
        {
            "currency": proof.currency,
            "issued": proof.issued,
            "people": proof.people,
            "house": proof.house,
            "fees": proof.fees,
            "difference": proof.difference,
        }
        for proof in books.proofs
    ]
    if json:
        accounts = {
            account: {it.currency: {"free": it.free, "held": it.held} for it in balances}
            for account, balances in books.balances.items()
        }
        print_json({"balances": accounts, "proof": proofs, "balanced": balanced})
    else:
        columns = [say(f"cli.paper.ledger.{name}") for name in _BALANCE]
        rows = [
            [account, it.currency, plain(it.free), plain(it.held)]
            for account, balances in books.balances.items()
            for it in balances
        ]
        print_table(columns, rows)
        print_line()
        columns = [say(f"cli.paper.ledger.{name}") for name in _PROOF]
        print_table(columns, [[_cell(it[name]) for name in _PROOF] for it in proofs])
        print_line(say("cli.paper.ledger.balanced" if balanced else "cli.paper.ledger.broken"))
    if not balanced:
        raise Corrupted("books_do_not_balance")


_BALANCE = ("account", "currency", "free", "held")
_PROOF = ("currency", "issued", "people", "house", "fees", "difference")


def _cell(value: object) -> str:
    from decimal import Decimal

    from drawbridge.core.money import plain

    return plain(value) if isinstance(value, Decimal) else str(value)


def _folder(state: Path | None) -> Path:
    if state is not None:
        return state.expanduser().absolute()
    from drawbridge.app.data_folder import paper_state

    return paper_state(settings_for(None))


def _scopes(text: str) -> frozenset["Scope"]:
    from drawbridge.core.operations import Scope

    known = [scope.value for scope in Scope if scope is not Scope.OTHER]
    names = read_list(text)
    for name in names:
        if name not in known:
            raise BadInput("unknown_scope", field="scopes", scope=name[:40], known=known)
    if not names:
        raise BadInput("scopes_missing", field="scopes", known=known)
    return frozenset(Scope(name) for name in names)


def _account(text: str) -> str:
    name = text.strip()
    if not name or not name.isprintable() or len(name) > _MAX_NAME:
        raise BadInput("bad_account", field="account", most=_MAX_NAME)
    return name


_MAX_NAME = 64
_MAX_KEY_FILE = 65_536


def _read_public_key(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        with path.open("rb") as file:
            return file.read(_MAX_KEY_FILE).decode("ascii")
    except (OSError, UnicodeDecodeError):
        raise BadInput("file_unreadable", field="public_key", path=str(path)) from None


def _tell(ready: Mapping[str, object]) -> None:
    print_line(say("cli.paper.site", address=ready["account_site"]))
    exchanges = ready["exchanges"]
    if isinstance(exchanges, Mapping):
        for name, at in exchanges.items():
            print_line(say("cli.paper.exchange", exchange=name, address=at["rest"]))
    print_line(say("up.stop_hint"))
