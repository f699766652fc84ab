"""Commands that become one process of an installation, for whoever starts them apart.

Each prints one line of JSON when it is ready, works until SIGTERM, and reads the same settings, so
that one file of them serves all roles on all machines.
"""

import typer

from drawbridge.entrypoints.cli import licences
from drawbridge.entrypoints.cli.options import Data, settings_for
from drawbridge.wording.say import say

app = typer.Typer(help=say("cli.serve.help"), no_args_is_help=True)


@app.command(help=say("cli.serve.web.help"))
def web(*, data: Data = None) -> None:
    """Serve pages and API; this process can open nothing."""
    from drawbridge.app.processes import Role, become, process_of

    become(process_of(Role.WEB, settings_for(data)))


@app.command(help=say("cli.serve.gateway.help"))
def gateway(*, data: Data = None) -> None:
    """Take bots' requests and hand them on to the workers."""
    from drawbridge.app.processes import Role, become, process_of

    become(process_of(Role.GATEWAY, settings_for(data)))


@app.command(help=say("cli.serve.worker.help"))
def worker(*, data: Data = None) -> None:
    """Hold the vault's key, and work for all accounts or a share of them."""
    from drawbridge.app.processes import Role, become, process_of

    become(process_of(Role.WORKER, settings_for(data)))


@app.command(help=say("cli.serve.telegram.help"))
def telegram(*, data: Data = None) -> None:
    """Run the bot of the chats."""
    from drawbridge.app.processes import Role, become, has_bot, process_of
    from drawbridge.core.errors import Conflict

    settings = settings_for(data)
    if not has_bot():
        raise Conflict("telegram_not_installed")
    become(process_of(Role.TELEGRAM, settings))


@app.command(help=say("cli.serve.paper.help"))
def paper(*, data: Data = None) -> None:
    """Run the paper exchange."""
    from drawbridge.app.processes import Role, become, process_of

    become(process_of(Role.PAPER, settings_for(data)))


# The operator's own server stands in their commands; it is one role among the others as well.
app.command("licences", help=say("cli.licences.serve.help"))(licences.serve)
